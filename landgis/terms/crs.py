"""Store in CGCS2000 (4490), measure in the park's Gauss-Krüger zone or on the ellipsoid, draw in 3857."""

from collections.abc import Iterator
from typing import Final, Literal

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


Datum = Literal["CGCS2000", "Xian 1980", "Beijing 1954"]

#: By width in degrees the numbers of the zones that China uses.
ZONES: Final = {3: range(25, 46), 6: range(13, 24)}
# What is added to a zone's number, for the width and with the number before the easting or without.
_CODES: Final[dict[Datum, dict[tuple[int, bool], int]]] = {
    "CGCS2000": {(3, True): 4488, (3, False): 4509, (6, True): 4478, (6, False): 4489},
    "Xian 1980": {(3, True): 2324, (3, False): 2345, (6, True): 2314, (6, False): 2325},
    "Beijing 1954": {(3, True): 2376, (3, False): 2397, (6, True): 21400, (6, False): 21440},
}
#: Rough borders of China, degrees: by latitude (from, to) the longitudes (from, to) between which its land lies.
_CHINA: Final = (
    ((17.5, 22.0), (106.0, 119.0)), ((22.0, 25.0), (97.0, 122.5)), ((25.0, 28.0), (97.0, 122.5)), ((28.0, 32.0), (78.0, 123.0)),
    ((32.0, 36.0), (76.0, 123.0)), ((36.0, 40.0), (73.0, 125.5)), ((40.0, 43.0), (73.0, 131.5)), ((43.0, 46.0), (79.0, 134.0)),
    ((46.0, 49.5), (82.0, 135.5)), ((49.5, 54.0), (119.0, 132.5)),
)  # fmt: skip


def zone_epsg(datum: Datum, width_deg: int, zone: int, *, prefixed: bool) -> int:
    """Give the EPSG code of a Gauss-Krüger zone of China.

    >>> zone_epsg("CGCS2000", 3, 40, prefixed=True), zone_epsg("Xian 1980", 6, 21, prefixed=False)
    (4528, 2346)
    """
    return _CODES[datum][width_deg, prefixed] + zone


def in_china(longitude: float, latitude: float) -> bool:
    """Tell whether a place (degrees) lies in the rough borders of China.

    >>> in_china(120.72, 31.32), in_china(135.0, 31.32), in_china(31.32, 120.72)
    (True, False, False)
    """
    return any(south <= latitude <= north and west <= longitude <= east for (south, north), (west, east) in _CHINA)


def _latitude_of(northing_m: float) -> float:
    """Give the latitude (degrees) about which a northing lies: within a tenth of a degree, which is enough to know the place."""
    return northing_m / 110_900


def plausible_zones(easting_m: float, northing_m: float) -> Iterator[int]:
    """Give the EPSG codes of the CGCS2000 zones in which plane coordinates (metres) would lie in China, the narrow zones first.

    With the zone's number before the easting there is one at most. Without it, every zone that is not left by more than half a degree
    and whose meridian runs near enough; a meridian that has a zone of 3 and of 6 degrees is told once, as both are the same plane.

    >>> list(plausible_zones(40_568_533, 3_466_677)), list(plausible_zones(20_854_199, 3_474_000))
    ([4528], [4498])
    >>> 4549 in plausible_zones(568_533, 3_466_677), list(plausible_zones(568_533, 130_000))
    (True, [])
    """
    latitude = _latitude_of(northing_m)
    per_degree = 111_320 * float(np.cos(np.radians(latitude)))
    prefixed = easting_m >= 1_000_000
    meridians: set[int] = set()
    for width, zones in ZONES.items():
        for zone in zones:
            if prefixed and int(easting_m // 1_000_000) != zone:
                continue
            meridian = zone * 3 if width == 3 else zone * 6 - 3
            apart = (easting_m % 1_000_000 - 500_000) / per_degree
            # Data at a zone's edge often come in its neighbour's.
            if abs(apart) > width / 2 + (1.5 if prefixed else 0.5) or meridian in meridians:
                continue
            if in_china(meridian + apart, latitude):
                meridians.add(meridian)
                yield zone_epsg("CGCS2000", width, zone, prefixed=prefixed)


def gcj02(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Shift longitude and latitude (WGS 84, degrees, shape (n, 2)) as Chinese web maps (GCJ-02) do: by 300 to 700 m.

    Source: the function that is public since 2010 (eviltransform), on the Krasovsky ellipsoid.

    >>> gcj02(np.array([[116.397, 39.908]])).round(4).tolist()
    [[116.4032, 39.9094]]
    """
    a, e2 = 6_378_245.0, 0.00669342162296594323
    x, y = lonlat[:, 0] - 105, lonlat[:, 1] - 35
    waves = 20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves * 2 / 3
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves * 2 / 3
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    latitude = np.radians(lonlat[:, 1])
    magic = 1 - e2 * np.sin(latitude) ** 2
    north_deg = np.degrees(north / (a * (1 - e2) / magic**1.5))
    east_deg = np.degrees(east / (a / np.sqrt(magic) * np.cos(latitude)))
    return np.asarray(lonlat + np.column_stack([east_deg, north_deg]), dtype=np.float64)


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
    first, number, is_ring = _rings(lonlat, of_shape)
    alone = is_ring[number]
    area_m2[of_shape[first[is_ring]]] = _ring_areas(lonlat[alone], number[alone])
    several = of_shape[first[~is_ring]]
    parts, of_shape = shapely.get_parts(array[several], return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    ring_m2 = _ring_areas(*shapely.get_coordinates(rings, return_index=True))
    is_outer = np.append(True, of_part[1:] != of_part[:-1])[: len(rings)]
    area_m2[several] = np.bincount(of_shape[of_part], np.where(is_outer, ring_m2, -ring_m2), minlength=len(several))
    return area_m2


def in_plane(shapes: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Bring polygons from longitude and latitude (degrees) to the equal-area plane (metres).

    Parameters
    ----------
    shapes
        Array of shapely polygons and multipolygons.

    Returns
    -------
    ndarray
        Same order; what is one ring is a plain polygon there, whichever it was: with those all that follows is quicker.
    """
    array = np.asarray(shapes, dtype=object)
    lonlat, of_shape = shapely.get_coordinates(array, return_index=True)
    first, number, is_ring = _rings(lonlat, of_shape)
    plain = np.zeros(len(array), dtype=bool)
    plain[of_shape[first[is_ring]]] = True
    corners = np.cumsum(np.append(0, np.bincount(number)[is_ring]))
    flat = np.empty(len(array), dtype=object)
    flat[plain] = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, equal_area(lonlat[is_ring[number]]), (corners, np.arange(len(corners)))
    )
    flat[~plain] = shapely.transform(array[~plain], equal_area)
    return flat


def _rings(
    lonlat: npt.NDArray[np.float64], of_shape: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Give where the corners of each shape begin, the run of each corner, and which of these runs are a single ring.

    A ring ends where it began. Nearly every parcel is one ring: its last corner is its first, and none between them is.
    """
    first, last, number = _runs(of_shape)
    at_first = (lonlat == lonlat[first[number]]).all(axis=1)
    return first, number, (np.bincount(number, at_first) == 2) & at_first[last]


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
