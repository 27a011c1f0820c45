"""Store in CGCS2000 (4490), measure in the park's Gauss-Krüger zone or on the ellipsoid, draw in 3857."""

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

STORED: Final = 4490
DRAWN: Final = 3857

# GRS 80, the ellipsoid of CGCS2000 (GB 22021-2008).
_A: Final = 6_378_137.0
_F: Final = 1 / 298.257222101
_E2: Final = _F * (2 - _F)
_E: Final = float(np.sqrt(_E2))


def gauss_kruger(longitude: float) -> int:
    """Give the EPSG code of the CGCS2000 3-degree zone without prefix for a longitude in degrees (75-135° E).

    >>> gauss_kruger(120.72)
    4549
    """
    return 4509 + round(longitude / 3)


def metres_per_degree(latitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the metres in one degree of longitude and of latitude at latitudes (degrees), shape (n, 2).

    The radii of the parallel and of the meridian on the ellipsoid: lengths of a kilometre come out right to a millimetre or so.

    >>> metres_per_degree(np.array([30.0])).round(1).tolist()
    [[96486.3, 110852.4]]
    """
    sine = np.sin(np.radians(latitude))
    root = np.sqrt(1 - _E2 * sine**2)
    parallel, meridian = _A / root * np.cos(np.radians(latitude)), _A * (1 - _E2) / root**3
    return np.radians(np.column_stack([parallel, meridian]))


def equal_area(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring longitude and latitude (degrees, shape (n, 2)) to the ellipsoid's cylindrical equal-area plane (metres).

    Source: Snyder, Map Projections: A Working Manual, eqs. 3-12 and 10-17.
    """
    sine = np.sin(np.radians(lonlat[:, 1]))
    q = (1 - _E2) * (sine / (1 - _E2 * sine**2) - np.log((1 - _E * sine) / (1 + _E * sine)) / (2 * _E))
    return np.column_stack([_A * np.radians(lonlat[:, 0]), _A * q / 2])


def ellipsoid_area_m2(shapes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Measure polygons given in longitude and latitude (EPSG:4490) on the ellipsoid, their sides taken as geodesics.

    Parameters
    ----------
    shapes
        Array of shapely polygons and multipolygons, degrees.

    Returns
    -------
    ndarray
        Area in m², same shape; NaN for None.

    Notes
    -----
    An area in the equal-area plane is the area on the ellipsoid, but a side that is straight there is no geodesic: between the two
    lies a sliver, h³/12 times the curvature, which for a side of a kilometre is some ten square metres. It is added side by side, to
    third order on the sphere: sin φ · Δλ · (cos²φ · Δλ² + 3 Δφ²) / 12.
    """
    array = np.asarray(shapes, dtype=object)
    area_m2 = np.where(shapely.is_missing(array), np.nan, 0.0)
    lonlat, of_shape = shapely.get_coordinates(array, return_index=True)
    # A ring ends where it began. Nearly every parcel is one ring: its last corner is its first, and none between them is.
    first, last, number = _runs(of_shape)
    at_first = (lonlat == lonlat[first[number]]).all(axis=1)
    is_ring = (np.bincount(number, at_first) == 2) & at_first[last]
    alone = is_ring[number]
    area_m2[of_shape[first[is_ring]]] = _ring_areas(lonlat[alone], number[alone])
    several = of_shape[first[~is_ring]]
    parts, of_shape = shapely.get_parts(array[several], return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    ring_m2 = _ring_areas(*shapely.get_coordinates(rings, return_index=True))
    is_outer = np.append(True, of_part[1:] != of_part[:-1])[: len(rings)]
    area_m2[several] = np.bincount(of_shape[of_part], np.where(is_outer, ring_m2, -ring_m2), minlength=len(several))
    return area_m2


def _ring_areas(lonlat: npt.NDArray[np.float64], of_ring: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Measure rings, each the corners of one number; numbers rise."""
    first, _, number = _runs(of_ring)
    side_m2 = _sides(lonlat, first[number]) * (number[1:] == number[:-1])
    return np.abs(np.bincount(number[1:], side_m2, minlength=len(first)))


def _runs(of: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Give where each run of equal numbers begins and ends, and the run of each number, counted from 0."""
    begins = np.append(True, of[1:] != of[:-1])[: len(of)]
    ends = np.append(begins[1:], True)[: len(of)]
    return np.flatnonzero(begins), np.flatnonzero(ends), np.cumsum(begins) - 1


def _sides(lonlat: npt.NDArray[np.float64], first: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Give what the side from each corner to the next adds to its ring's area, in m²; `first` is each corner's ring's first one."""
    xy = equal_area(lonlat)
    xy -= xy[first]  # from the plane's own origin the products would lose seven digits
    triangle = (xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]) / 2
    longitude, latitude = np.radians(lonlat).T
    along, up, middle = np.diff(longitude), np.diff(latitude), (latitude[1:] + latitude[:-1]) / 2
    sliver = np.sin(middle) * along * ((np.cos(middle) * along) ** 2 + 3 * up**2) / 12
    return np.asarray(triangle - _A * _A * sliver, dtype=np.float64)
