"""How wide a parcel is, and which parcels together are wide enough: the largest circle inside.

The inscribed width of a shape is the diameter of the largest circle in it. Of a set of parcels it can only grow as the set grows, so
"wide enough" has least sets: a *core* is a set of parcels that together hold a circle of the width while no part of it does.
A site is wide enough when it contains a core, and a search needs no geometry to see that.
"""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.terms.crs import metres_per_degree

Floats = NDArray[np.float64]
Shapes = NDArray[Any]

#: A circle may be so much smaller than asked (radius, metres): the slips of digitising decide nothing.
_SLIP_M: Final = 0.02
#: Gaps between parcels up to this are no gaps.
_CLOSE_M: Final = 0.02


def inscribed_width_m(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Measure the inscribed width of every parcel.

    Parameters
    ----------
    parcels
        Polygons or multipolygons in EPSG:4490 as active geometry.

    Returns
    -------
    Series
        Same index: the diameter of the largest circle inside (m), to the centimetre; NaN without a shape.
    """
    shapes = np.asarray(parcels.geometry, dtype=object)
    return pd.Series(_widths(shapes), index=parcels.index, name="width_m")


def site_width_m(shapes: Shapes) -> float:
    """Measure the inscribed width of parcels taken together (EPSG:4490): slips of digitising between them closed."""
    plane = _flat(shapes, np.zeros(len(shapes), dtype=np.int64))
    joined = shapely.union_all(shapely.buffer(plane, _CLOSE_M, join_style="mitre"))
    return max(float(_diameters(shapely.get_parts(joined)).max(initial=0.0)) - 2 * _CLOSE_M, 0.0)


def cores(parcels: gpd.GeoDataFrame, width_m: float) -> tuple[tuple[int, ...], ...]:
    """Find the least sets of parcels that together hold a circle.

    Parameters
    ----------
    parcels
        As `inscribed_width_m` takes them.
    width_m
        The circle's diameter, metres.

    Returns
    -------
    tuple
        The cores, each the positions of its parcels in order; of no core is another one a part.

    Notes
    -----
    A parcel as wide as asked is a core of its own. Among the others the middles of fitting circles are the union of the parcels drawn
    in by the radius; cut along the lines where a parcel comes into the circle's reach, every piece of it stands for one set of
    parcels, and the least of these sets are the cores. Circles are polygons of 128 corners: exact to 3 cm in 100 m.
    """
    shapes = np.asarray(parcels.geometry, dtype=object)
    known = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    # Where something is left when a parcel is drawn in by the radius, the circle fits: far cheaper than to look for the largest.
    middles = shapely.buffer(_flat(shapes[known], np.arange(len(known))), -(width_m / 2 - _SLIP_M), quad_segs=32)
    is_wide = ~shapely.is_empty(middles)
    found: set[tuple[int, ...]] = {(int(at),) for at in known[is_wide]}
    narrow = known[~is_wide]
    for cluster in _clusters(shapes, narrow):
        if len(cluster) > 1:
            found |= _cores_of(_flat(shapes[cluster], np.zeros(len(cluster), dtype=np.int64)), cluster, width_m)
    return tuple(sorted(found))


def _widths(shapes: Shapes) -> Floats:
    widths = np.full(len(shapes), np.nan)
    known = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    parts, of = shapely.get_parts(_flat(shapes[known], np.arange(len(known))), return_index=True)
    np.fmax.at(widths, known[of], _diameters(parts))
    return widths


def _diameters(polygons: Shapes) -> Floats:
    width = np.zeros(len(polygons))
    some = ~shapely.is_empty(polygons)
    width[some] = 2 * shapely.length(shapely.maximum_inscribed_circle(polygons[some], tolerance=0.005))
    return width


def _flat(shapes: Shapes, group: NDArray[np.int64]) -> Shapes:
    """Lay shapes (degrees) into planes of metres, one for each group, about its own middle."""
    lonlat, of = shapely.get_coordinates(shapes, return_index=True)
    belongs = group[of]
    count = np.maximum(np.bincount(belongs), 1)
    middle = np.column_stack([np.bincount(belongs, lonlat[:, axis]) / count for axis in (0, 1)])
    metres = (lonlat - middle[belongs]) * metres_per_degree(middle[:, 1])[belongs]
    return np.asarray(shapely.set_coordinates(shapes.copy(), metres))


def _clusters(shapes: Shapes, which: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Give the groups of shapes that touch each other, directly or through others."""
    near = _CLOSE_M / metres_per_degree(np.array([0.0]))[0, 1]
    i, j = shapely.STRtree(shapes[which]).query(shapes[which], predicate="dwithin", distance=near)
    label = np.arange(len(which))
    while True:
        least = label.copy()
        np.minimum.at(least, i, label[j])
        least = least[least]
        if (least == label).all():
            break
        label = least
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return [which[part] for part in np.split(order, cuts) if len(part)]


def _cores_of(plane: Shapes, positions: NDArray[np.int64], width_m: float) -> set[tuple[int, ...]]:
    radius = width_m / 2 - _SLIP_M
    joined = shapely.union_all(shapely.buffer(plane, _CLOSE_M, join_style="mitre"))
    middles = shapely.buffer(joined, -(radius + _CLOSE_M), quad_segs=32)
    if shapely.is_empty(middles):
        return set()
    # Where a parcel comes into reach of the circle: cut the middles along that line.
    reach = shapely.boundary(shapely.buffer(plane, radius - _SLIP_M / 2, quad_segs=32))
    reach = shapely.intersection(reach, shapely.buffer(middles, 1.0))  # beyond the middles, so that lines do cross
    lines = shapely.union_all(np.append(reach, shapely.boundary(middles)))
    cells = shapely.get_parts(shapely.polygonize([lines]))
    points = shapely.point_on_surface(cells)
    points = np.append(points, shapely.point_on_surface(shapely.get_parts(middles)))
    points = points[shapely.intersects(points, middles)]
    of, parcel = shapely.STRtree(plane).query(points, predicate="dwithin", distance=radius - _SLIP_M / 2)
    sets = {frozenset(positions[parcel[of == at]].tolist()) for at in np.unique(of)}
    return {tuple(sorted(one)) for one in sets if not any(other < one for other in sets)}
