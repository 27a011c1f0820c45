"""Land a firm can give up and stay where it is: what one straight cut takes off its parcel, clear of every building.

Building up in place wins land only where that land has a border. A surveyor divides a parcel by a straight line along one of its
sides; so does this: of all such cuts the one that gives most, with all buildings on the other side of it.
"""

from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.affinity import rotate

from landgis.terms.crs import metres_per_degree

#: A side shorter than this gives no line to cut along (metres).
_SIDE_M: Final = 5.0
#: What hangs together by a narrower neck is no piece (metres).
_NECK_M: Final = 4.0
#: How exactly a cut is laid where the area, not a building, says where it goes (metres).
_LAID_M: Final = 0.01
#: Two parts whose areas differ by less are alike: the first side in turn decides (m²).
_ALIKE_M2: Final = 0.5

PART_COLUMNS: Final = ("geom", "kept")


def spare_parts(
    parcels: gpd.GeoDataFrame, building: gpd.GeoDataFrame, most_m2: pd.Series, *, setback_m: float, least_m2: float
) -> gpd.GeoDataFrame:
    """Find for every parcel the largest part that could be divided off.

    Parameters
    ----------
    parcels
        Polygons or multipolygons in EPSG:4490 as active geometry, index ``parcel_id``.
    building
        What stands on them: ``parcel_id`` and the outline as active geometry.
    most_m2
        By parcel, the most it can do without (m²); NaN where that is not known.
    setback_m
        How far the cut stays from every building (metres).
    least_m2
        The smallest part that is worth dividing off (m²).

    Returns
    -------
    GeoDataFrame
        Index a subset of `parcels`: `PART_COLUMNS`, the part and what is kept, EPSG:4490. A parcel is absent where no cut gives
        enough, where it is in pieces, and where it is not known what must be spared: no building is recorded, or one without an outline.

    Notes
    -----
    Part and rest are one polygon each. Of what lies between the buildings and the cut (gates, pipes, green land) no register tells:
    a part is a proposal to be looked at on the ground.
    """
    drawn = building[building["parcel_id"].notna()]
    unplaced = set(drawn.loc[drawn.geometry.isna() | drawn.geometry.is_empty, "parcel_id"])
    outlines = {one: np.asarray(rows.geometry, dtype=object) for one, rows in drawn.groupby("parcel_id")}
    rows, places = [], []
    for one, shape, most in zip(parcels.index, parcels.geometry, most_m2.reindex(parcels.index), strict=True):
        if most >= least_m2 and one in outlines and one not in unplaced and shapely.get_num_geometries(shape) == 1:
            cut = _largest(shapely.get_geometry(shape, 0), outlines[one], float(most), setback_m, least_m2)
            if cut is not None:
                rows.append(dict(zip(PART_COLUMNS, cut, strict=True)))
                places.append(one)
    return _frame(parcels, places, rows)


def no_parts(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give what `spare_parts` gives where nothing is divided."""
    return _frame(parcels, [], [])


def _frame(parcels: gpd.GeoDataFrame, places: list[Any], rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    index = pd.Index(places, dtype=parcels.index.dtype, name=parcels.index.name)
    found = gpd.GeoDataFrame(pd.DataFrame(rows, index=index, columns=list(PART_COLUMNS), dtype=object), geometry="geom")
    return found.set_crs(parcels.crs)


def _largest(
    shape: shapely.Polygon, outlines: NDArray[Any], most_m2: float, setback_m: float, least_m2: float
) -> tuple[shapely.Polygon, shapely.Polygon] | None:
    origin = shapely.get_coordinates(shape)[0]
    scale = metres_per_degree(origin[1:])[0]
    plane = shapely.transform(shape, lambda points: (points - origin) * scale)
    built = shapely.get_coordinates(shapely.transform(outlines, lambda points: (points - origin) * scale))
    best, largest = None, least_m2 - _ALIKE_M2
    for angle in _angles(plane):
        # Turned so that the part lies to the east of a cut that runs north and south.
        cut = _cut(rotate(plane, -angle, origin=(0, 0)), _turned(built, -angle), most_m2, setback_m)
        if cut is not None and cut[0].area > largest + _ALIKE_M2:
            best = tuple(rotate(one, angle, origin=(0, 0)) for one in cut)
            largest = cut[0].area
    if best is None:
        return None
    part, kept = (shapely.transform(one, lambda points: points / scale + origin) for one in best)
    return part, kept


def _angles(plane: shapely.Polygon) -> Iterator[float]:
    """Give the directions at right angles to the sides, out of the parcel and into it, each once; degrees."""
    corners = shapely.get_coordinates(plane.exterior)
    along = np.diff(corners, axis=0)
    along = along[np.linalg.norm(along, axis=1) >= _SIDE_M]
    out = np.degrees(np.arctan2(along[:, 1], along[:, 0])) + 90
    yield from np.unique(np.round(np.concatenate([out, out + 180]) % 360, 6) % 360).tolist()


def _turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]))


def _cut(
    plane: shapely.Polygon, built: NDArray[np.float64], most_m2: float, setback_m: float
) -> tuple[shapely.Polygon, shapely.Polygon] | None:
    """Cut off what lies east of all buildings, as much as may be."""
    west, south, east, north = plane.bounds

    def beyond(at: float) -> Any:  # noqa: ANN401 - a shapely geometry
        return shapely.intersection(plane, shapely.box(at, south - 1, east + 1, north + 1))

    low, high = float(built[:, 0].max()) + setback_m, east
    if low >= high or low <= west:
        return None
    if beyond(low).area > most_m2:
        while high - low > _LAID_M:
            middle = (low + high) / 2
            low, high = (middle, high) if beyond(middle).area > most_m2 else (low, middle)
        low = high
    part, kept = beyond(low), shapely.intersection(plane, shapely.box(west - 1, south - 1, low, north + 1))
    return (part, kept) if _is_one_piece(part) and _is_one_piece(kept) else None


def _is_one_piece(shape: Any) -> bool:  # noqa: ANN401 - a shapely geometry
    core = shapely.buffer(shape, -_NECK_M / 2)
    return isinstance(shape, shapely.Polygon) and isinstance(core, shapely.Polygon) and not core.is_empty
