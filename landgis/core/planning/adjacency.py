"""Which parcels share a border, how many metres of it, and which are only a road apart.

Everything is done on sides, the straight pieces of the parcels' outlines, in longitude and latitude: parcels of many Gauss-Krüger
zones need no common plane. Where two sides are compared, it is in the tangent plane of the longer one.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.terms.crs import metres_per_degree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Corners nearer than this are one corner when equal sides are looked up: a tenth of a millimetre.
_GRID_DEG: Final = 1e-9
#: Two sides face each other across a gap when they diverge by at most 30°.
_FACING_COS: Final = float(np.cos(np.radians(30)))
#: A border shorter than this is a corner that was digitised twice.
_LEAST_BORDER_M: Final = 0.1
#: Leftover sides are compared in strips of this many, so that an index stays in the processor's cache.
_STRIP: Final = 200_000
#: So many sides the index of boxes looks up within a second; for more the compiled loop is worth being compiled.
_COMPILED_SIDES: Final = 200_000


def neighbours(parcels: gpd.GeoDataFrame, *, snap_m: float = 0.02) -> pd.DataFrame:
    """Find every two parcels that share a border, and how much of it.

    Parameters
    ----------
    parcels
        One row per parcel, each label of the index once; polygons or multipolygons in EPSG:4490 as active geometry, a coverage without
        overlaps. Empty or missing shapes have no neighbours.
    snap_m
        Sides that run along each other at most this far apart (metres) are one border: the slips of digitising.

    Returns
    -------
    DataFrame
        One row per pair: ``parcel_a``, ``parcel_b`` (labels of the index, a before b in its order), ``border_m`` (m). Sorted by both.

    Notes
    -----
    A long side that faces two short ones is a border with both (a T-junction), whether or not the long side has a corner there.
    Parcels that meet in a corner share no border. Equal sides are found by sorting; what they leave (the hull of the fabric and the
    T-junctions) is laid along each other side by side.
    """
    sides = _sides(np.asarray(parcels.geometry, dtype=object))
    first, second = _equal(sides)
    lengths = _length(sides.begin[first], sides.end[first])
    met = np.zeros(len(sides.parcel), dtype=bool)
    met[first] = met[second] = True
    rest = sides.take(~met)
    one, other, overlap_m = _along(rest, snap_m)
    a = np.concatenate([sides.parcel[first], rest.parcel[one]])
    b = np.concatenate([sides.parcel[second], rest.parcel[other]])
    low, high, border, _ = _by_pair(a, b, np.concatenate([lengths, overlap_m]), None, len(parcels))
    kept = border >= _LEAST_BORDER_M
    labels = parcels.index
    return pd.DataFrame({"parcel_a": labels[low[kept]], "parcel_b": labels[high[kept]], "border_m": border[kept]})


def links(
    parcels: gpd.GeoDataFrame,
    *,
    gap_max_m: float,
    facing_min_m: float,
    borders: pd.DataFrame | None = None,
    between: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Find the parcels that a road, a ditch or a gap divides, and nobody else's parcel.

    Parameters
    ----------
    parcels
        As `neighbours` takes them.
    gap_max_m
        The widest gap to bridge, metres.
    facing_min_m
        How many metres of the two outlines must face each other.
    borders
        What `neighbours` found: those pairs need no link. None leaves such pairs in.
    between
        What may lie in a gap: polygons or lines in EPSG:4490 with a column ``name``.

    Returns
    -------
    DataFrame
        One row per pair: ``parcel_a``, ``parcel_b``, ``gap_m`` (m, the narrowest place where they face each other), ``facing_m`` (m)
        and ``between`` (the name of what lies there, None where no layer says). Sorted by both.

    Notes
    -----
    Two sides face each other where one, thrown at right angles onto the other, covers part of it, they diverge by at most 30° and no
    parcel lies between their middles. Corner to corner across a crossing is no link.
    """
    shapes = np.asarray(parcels.geometry, dtype=object)
    sides = _sides(shapes)
    found = _facing(sides, gap_max_m, None)
    middles = shapely.linestrings(np.stack([found.from_point, found.to_point], axis=1))
    free = _crosses_nothing(middles, shapes)
    a, b = sides.parcel[found.first[free]], sides.parcel[found.second[free]]
    low, high, facing, gap = _by_pair(a, b, found.overlap_m[free], found.gap_m[free], len(parcels))
    kept = facing >= facing_min_m
    if borders is not None and len(borders):
        known = parcels.index.get_indexer(borders["parcel_a"]) * len(parcels)
        known = known + parcels.index.get_indexer(borders["parcel_b"])
        kept &= ~np.isin(low * len(parcels) + high, known)
    labels = parcels.index
    out = pd.DataFrame(
        {
            "parcel_a": labels[low[kept]],
            "parcel_b": labels[high[kept]],
            "gap_m": gap[kept],
            "facing_m": facing[kept],
        }
    )
    out["between"] = _named(low[kept], high[kept], a, b, middles[free], between, len(parcels))
    return out


@dataclass(frozen=True)
class _Sides:
    """The straight pieces of outlines: whose (position), from where, to where (degrees, shape (n, 2))."""

    parcel: Ints
    begin: Floats
    end: Floats

    def take(self, which: Flags | Ints) -> "_Sides":
        return _Sides(self.parcel[which], self.begin[which], self.end[which])


@dataclass(frozen=True)
class _Facing:
    """Pairs of sides that run along each other: how long, how far apart, and the two middles (degrees)."""

    first: Ints
    second: Ints
    overlap_m: Floats
    gap_m: Floats
    from_point: Floats
    to_point: Floats


def _sides(shapes: NDArray[Any]) -> _Sides:
    """Take outlines apart."""
    if (shapely.get_type_id(shapes) == 3).all() and not shapely.get_num_interior_rings(shapes).any():
        lonlat, whose = shapely.get_coordinates(shapes, return_index=True)
        ring = whose
    else:
        parts, of_shape = shapely.get_parts(shapes, return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        lonlat, ring = shapely.get_coordinates(rings, return_index=True)
        whose = of_shape[of_part[ring]]
    at = np.flatnonzero(ring[1:] == ring[:-1])
    return _Sides(whose[at].astype(np.int64), lonlat[at], lonlat[at + 1])


def _length(begin: Floats, end: Floats) -> Floats:
    """Measure sides at the latitude of their middles, metres."""
    step = (end - begin) * metres_per_degree((begin[:, 1] + end[:, 1]) / 2)
    return np.asarray(np.hypot(step[:, 0], step[:, 1]), dtype=np.float64)


def _equal(sides: _Sides) -> tuple[Ints, Ints]:
    """Find the pairs of sides of different parcels that have the same two ends."""
    begin, end = (np.rint(points / _GRID_DEG).astype(np.int64) for points in (sides.begin, sides.end))
    with np.errstate(over="ignore"):
        keys = [point[:, 0] * np.int64(0x1F123BB5159A55E5) + point[:, 1] for point in (begin, end)]
        low, high = np.minimum(*keys), np.maximum(*keys)
        mixed = (low * np.int64(-7046029254386353131)) ^ (high * np.int64(-4417276706812531889))
    order = np.argsort(mixed)
    mixed, low, high = mixed[order], low[order], high[order]
    first: list[Ints] = []
    second: list[Ints] = []
    apart = 1
    # Two parcels share a side; where shapes lie double more do, and every two of them are a pair.
    at = np.flatnonzero(mixed[1:] == mixed[:-1])
    while len(at):
        same = (low[at] == low[at + apart]) & (high[at] == high[at + apart])
        i, j = order[at[same]], order[at[same] + apart]
        other = sides.parcel[i] != sides.parcel[j]
        first.append(i[other])
        second.append(j[other])
        apart += 1
        at = at[at + apart < len(mixed)]
        at = at[mixed[at] == mixed[at + apart]]
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *first]), np.concatenate([none, *second])


def _along(sides: _Sides, within_m: float) -> tuple[Ints, Ints, Floats]:
    """Find the pairs of sides that run along each other, each once, and for how many metres.

    The compiled loop does the same as laying sides along each other; for few sides, to have it compiled, once on a machine, would take
    far longer.
    """
    if len(sides.parcel) < _COMPILED_SIDES or find_spec("numba") is None:
        found = _facing(sides, within_m, within_m)
        return found.first, found.second, found.overlap_m
    scale = metres_per_degree((sides.begin[:, 1] + sides.end[:, 1]) / 2)
    alongside = import_module("landgis.core.planning.alongside").alongside
    first, second, overlap_m = alongside(sides.parcel, sides.begin, sides.end, scale, float(within_m))
    return first, second, overlap_m


def _facing(sides: _Sides, reach_m: float, along_m: float | None) -> _Facing:
    """Lay sides along each other.

    With ``along_m`` both ends of the common piece must lie within so many metres: a border. Without it the sides may diverge by 30°
    and the narrowest place must lie within `reach_m`: a gap.
    """
    long = _length(sides.begin, sides.end)
    sides = sides.take(long > 1e-6)
    kept = np.flatnonzero(long > 1e-6)
    length = long[kept]
    scale = metres_per_degree((sides.begin[:, 1] + sides.end[:, 1]) / 2)
    pairs = _near(sides, reach_m / scale.min(initial=1e5))
    found = [_lay(sides, scale, length, i, j, reach_m, along_m) for i, j in pairs]
    empty = np.empty(0)
    parts = [
        np.concatenate([empty, *(getattr(one, name) for one in found)])
        for name in ("first", "second", "overlap_m", "gap_m")
    ]
    points = [
        np.concatenate([np.empty((0, 2)), *(getattr(one, name) for one in found)])
        for name in ("from_point", "to_point")
    ]
    first, second = (kept[part.astype(np.int64)] for part in parts[:2])
    return _Facing(first, second, parts[2], parts[3], points[0], points[1])


def _near(sides: _Sides, reach_deg: float) -> list[tuple[Ints, Ints]]:
    """Find the pairs of sides, each once and of different parcels, whose boxes come within reach; strip by strip."""
    low = np.minimum(sides.begin, sides.end) - reach_deg / 2
    high = np.maximum(sides.begin, sides.end) + reach_deg / 2
    boxes = shapely.linestrings(np.stack([low, high], axis=1))  # only their boxes count
    order = np.argsort(low[:, 0], kind="stable")
    found = []
    for start in range(0, len(order), _STRIP):
        strip = order[start : start + _STRIP]
        # Sides of earlier strips reach into this one only from the left.
        before = order[:start]
        asking = np.concatenate([strip, before[high[before, 0] >= low[strip[0], 0]]])
        i, j = shapely.STRtree(boxes[strip]).query(boxes[asking])
        kept = (asking[i] < strip[j]) | (i >= len(strip))
        i, j = asking[i[kept]], strip[j[kept]]
        other = sides.parcel[i] != sides.parcel[j]
        found.append((i[other], j[other]))
    return found


def _lay(
    sides: _Sides, scale: Floats, length: Floats, i: Ints, j: Ints, reach_m: float, along_m: float | None
) -> _Facing:
    """Throw the shorter side of each pair onto the longer."""
    shorter = length[i] < length[j]
    i, j = np.where(shorter, j, i), np.where(shorter, i, j)
    unit = (sides.end[i] - sides.begin[i]) * scale[i] / length[i][:, None]
    at = [(points[j] - sides.begin[i]) * scale[i] for points in (sides.begin, sides.end)]
    forth = [(point * unit).sum(axis=1) for point in at]
    aside = [point[:, 1] * unit[:, 0] - point[:, 0] * unit[:, 1] for point in at]
    run = forth[1] - forth[0]
    start = np.clip(np.minimum(*forth), 0.0, length[i])
    stop = np.clip(np.maximum(*forth), 0.0, length[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [(place - forth[0]) / run for place in (start, stop)]
        ends = [aside[0] + (aside[1] - aside[0]) * share for share in shares]
    near, far = np.minimum(*np.abs(ends)), np.maximum(*np.abs(ends))
    overlap = stop - start
    with np.errstate(invalid="ignore"):
        if along_m is None:
            same_side = ends[0] * ends[1] > 0
            parallel = np.abs(run) >= _FACING_COS * np.hypot(run, aside[1] - aside[0])
            kept = (overlap > 0) & parallel & same_side & (near <= reach_m)
        else:
            kept = (overlap > along_m) & (far <= along_m)
    i, j = i[kept], j[kept]
    middle = ((start + stop) / 2)[kept]
    across = ((ends[0] + ends[1]) / 2)[kept]
    on = unit[kept] * middle[:, None]
    off = on + np.column_stack([-unit[kept][:, 1], unit[kept][:, 0]]) * across[:, None]
    return _Facing(i, j, overlap[kept], near[kept], sides.begin[i] + on / scale[i], sides.begin[i] + off / scale[i])


def _by_pair(a: Ints, b: Ints, length_m: Floats, gap_m: Floats | None, count: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Add up lengths and take the least gap of each pair of parcels; sorted."""
    key = np.minimum(a, b) * count + np.maximum(a, b)
    order = np.argsort(key, kind="stable")
    key = key[order]
    begins = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    total = np.add.reduceat(length_m[order], begins) if len(key) else length_m
    least = total if gap_m is None else np.minimum.reduceat(gap_m[order], begins) if len(key) else gap_m
    return key[begins] // count, key[begins] % count, total, least


def _crosses_nothing(lines: NDArray[Any], shapes: NDArray[Any]) -> Flags:
    """Say which lines from outline to outline pass through no parcel."""
    free = np.ones(len(lines), dtype=bool)
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    inner = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * np.array([0.02, 0.98])[None, :, None]
    hit, _ = shapely.STRtree(shapes).query(shapely.linestrings(inner), predicate="intersects")
    free[hit] = False
    return free


def _named(
    low: Ints, high: Ints, a: Ints, b: Ints, middles: NDArray[Any], between: gpd.GeoDataFrame | None, count: int
) -> NDArray[Any]:
    """Name what the lines across each pair's gap meet, the first by name where there are several."""
    names = np.full(len(low), None, dtype=object)
    if between is None or not len(between):
        return names
    line, what = shapely.STRtree(np.asarray(between.geometry)).query(middles, predicate="intersects")
    met = between["name"].to_numpy(dtype=object)[what]
    pair = (np.minimum(a, b) * count + np.maximum(a, b))[line]
    place = {key: at for at, key in enumerate((low * count + high).tolist())}
    for key, name in sorted(zip(pair.tolist(), met.tolist(), strict=True), key=lambda one: str(one[1]), reverse=True):
        if key in place and name is not None:
            names[place[key]] = name
    return names
