"""Store in CGCS2000 (4490), measure in the park's Gauss-Krüger zone or on the ellipsoid, draw in 3857."""

from typing import Any, Final

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


def equal_area(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring longitude and latitude (degrees, shape (n, 2)) to the ellipsoid's cylindrical equal-area plane (metres).

    An area in that plane is the area on the ellipsoid; only the sides differ, lines of the plane for geodesics, which for parcels is
    below one part in a million. Source: Snyder, Map Projections: A Working Manual, eqs. 3-12 and 10-17.
    """
    sine = np.sin(np.radians(lonlat[:, 1]))
    q = (1 - _E2) * (sine / (1 - _E2 * sine**2) - np.log((1 - _E * sine) / (1 + _E * sine)) / (2 * _E))
    return np.column_stack([_A * np.radians(lonlat[:, 0]), _A * q / 2])


def ellipsoid_area_m2(shapes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Measure polygons given in longitude and latitude (EPSG:4490) on the ellipsoid.

    Parameters
    ----------
    shapes
        Array of shapely geometries, degrees; None gives NaN.

    Returns
    -------
    ndarray
        Area in m², same shape.
    """
    array = _array(shapes)
    lonlat = shapely.get_coordinates(array)
    count = shapely.get_num_coordinates(array)
    polygonal = np.isin(shapely.get_type_id(array), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    if not polygonal.all() or not count.all():
        return np.asarray(shapely.area(shapely.transform(array, equal_area)), dtype=np.float64)
    start = np.cumsum(count) - count
    first, last = lonlat[start], lonlat[start + count - 1]
    closing = (lonlat == np.repeat(first, count, axis=0)).all(axis=1)
    # One ring comes back to its first corner once, at its end: most parcels are one ring. Building them anew in the plane,
    # only to measure them, would take most of the time.
    one_ring = (np.add.reduceat(closing.astype(np.int64), start) == 2) & (first == last).all(axis=1)
    areas = _shoelace(equal_area(lonlat), start, count)
    areas[~one_ring] = shapely.area(shapely.transform(array[~one_ring], equal_area))
    return areas


def _shoelace(
    xy: npt.NDArray[np.float64], start: npt.NDArray[np.int64], count: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Measure closed rings that stand one after the other."""
    # From each ring's own first corner: the way to the plane's origin would cost seven digits.
    xy = xy - np.repeat(xy[start], count, axis=0)
    cross = np.zeros(len(xy))
    # The step into a ring's first corner comes from another ring; it is 0, since that corner now is (0, 0).
    cross[1:] = xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]
    return np.asarray(np.abs(np.add.reduceat(cross, start)) / 2, dtype=np.float64)


def _array(shapes: npt.ArrayLike) -> npt.NDArray[Any]:
    return np.asarray(shapes, dtype=object)
