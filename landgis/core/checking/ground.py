"""What is odd about the ground that parcels cover: slivers, gaps, holes, the same ground twice, outside the park, moved since last time."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landgis.core.checking.overlap import near_pairs, overlaps
from landgis.terms import crs
from landgis.terms.issues import Issues
from landgis.terms.tolerances import Tolerances

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Shapes nearer to each other than this touch: coordinates of a GeoPackage and of a survey are no finer.
_TOUCH_M: Final = 0.01
_TABLE: Final = "parcel"
#: A ring has three corners and comes back to the first.
_RING_CORNERS: Final = 4


def doubt_ground(frame: pd.DataFrame, issues: Issues, limits: Tolerances) -> None:
    """Look through the ground of parcels.

    Parameters
    ----------
    frame
        Parcels as `quality.check` leaves them: valid shapes in EPSG:4490 (degrees), ``geom_area_m2``.
    issues
        Where the doubts are noted.
    limits
        Widths in m, areas in m², shares 0-1.
    """
    if not len(frame):
        return
    flat = crs.in_plane(frame["geom"].to_numpy(dtype=object))
    park = pd.factorize(frame["park_code"])[0]
    _slivers(frame, flat, issues, limits)
    first, second = near_pairs(flat, park, limits.gap_width_m)
    _overlaps(frame, flat, first, second, issues, limits)
    _gaps(frame, flat, first, second, issues, limits)
    _holes(frame, flat, park, issues, limits)


def _slivers(frame: pd.DataFrame, flat: Shapes, issues: Issues, limits: Tolerances) -> None:
    # The plane is true to area and not to length: at 60° N it makes 1 m some 0.5 m by 2 m. What may be thin is measured again.
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.flatnonzero(shapely.area(flat) < limits.sliver_width_m * shapely.length(flat))
    if not len(near):
        return
    shapes = frame["geom"].to_numpy(dtype=object)[near]
    scale = crs.metres_per_degree(shapely.get_y(shapely.centroid(shapes)))
    length = [
        shapely.length(shapely.transform(one, lambda xy, by=by: xy * by)) for one, by in zip(shapes, scale, strict=True)
    ]
    area = frame["geom_area_m2"].to_numpy(dtype=float)[near]
    width = 2 * area / np.array(length)
    thin = width < limits.sliver_width_m
    issues.add(
        "409-sliver", frame.iloc[near[thin]], table=_TABLE, column="geom", raw=width[thin], width=width[thin],
        area=area[thin], most=limits.sliver_width_m,
    )  # fmt: skip


def _overlaps(frame: pd.DataFrame, flat: Shapes, first: Ints, second: Ints, issues: Issues, limits: Tolerances) -> None:
    first, second, area = overlaps(flat, first, second, limits.overlap_m2)
    if not len(first):
        return
    size = shapely.area(flat)
    shared = area / (size[first] + size[second] - area)
    shapes = frame["geom"].to_numpy(dtype=object)
    at = shapely.point_on_surface(shapely.intersection(shapes[first], shapes[second]))
    # Both are told: whoever works through the list meets the other's number at either.
    mine, other = np.concatenate([first, second]), np.concatenate([second, first])
    both, part = np.concatenate([area, area]), np.concatenate([shared, shared])
    lon, lat = (np.concatenate([one, one]) for one in (shapely.get_x(at), shapely.get_y(at)))
    order = np.lexsort((-both, mine))
    numbers = frame["parcel_no"].fillna("?").to_numpy()
    twice = part > limits.same_ground
    for code, these in (("406-overlap", order[~twice[order]]), ("411-same-ground", order[twice[order]])):
        issues.add(
            code,
            frame.iloc[mine[these]],
            table=_TABLE,
            column="geom",
            raw=both[these],
            place=(lon[these], lat[these]),
            other=list(numbers[other[these]]),
            area=both[these],
            percent=100 * part[these],
            most=limits.overlap_m2 if code == "406-overlap" else limits.same_ground,
        )


def _gaps(frame: pd.DataFrame, flat: Shapes, first: Ints, second: Ints, issues: Issues, limits: Tolerances) -> None:
    """Find neighbours that face each other across a strip too narrow to be anything."""
    wide = limits.gap_width_m
    apart = shapely.distance(flat[first], flat[second])
    kept = (apart > _TOUCH_M) & (apart <= wide)
    first, second, apart = first[kept], second[kept], apart[kept]
    if not len(first):
        return
    # So much of the one's border runs within the width of the other: half of it is the length of the strip, seen from one side.
    facing = shapely.length(shapely.intersection(shapely.boundary(flat[first]), shapely.buffer(flat[second], wide)))
    long = facing >= limits.gap_length_m
    first, second, apart, facing = first[long], second[long], apart[long], facing[long]
    line = shapely.shortest_line(
        frame["geom"].to_numpy(dtype=object)[first], frame["geom"].to_numpy(dtype=object)[second]
    )
    at = shapely.centroid(line)
    numbers = frame["parcel_no"].fillna("?").to_numpy()
    issues.add(
        "410-gap",
        frame.iloc[first],
        table=_TABLE,
        column="geom",
        raw=apart,
        place=(shapely.get_x(at), shapely.get_y(at)),
        other=list(numbers[second]),
        width=apart,
        length=facing,
        most=wide,
    )


def _holes(frame: pd.DataFrame, flat: Shapes, park: Ints, issues: Issues, limits: Tolerances) -> None:
    """Find holes that no other parcel of the park fills."""
    involved = np.flatnonzero(shapely.get_num_coordinates(flat) >= 2 * _RING_CORNERS)
    parts, of_part = shapely.get_parts(flat[involved], return_index=True)
    of_shape = involved[of_part]
    holed = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    if not len(holed):
        return
    tree = shapely.STRtree(flat)
    empty_m2 = np.zeros(len(flat))
    for part in holed:
        owner = of_shape[part]
        for ring in range(shapely.get_num_interior_rings(parts[part])):
            hole = shapely.polygons(shapely.get_interior_ring(parts[part], ring))
            near = tree.query(hole, predicate="intersects")
            near = near[(near != owner) & (park[near] == park[owner])]
            left = shapely.difference(hole, shapely.union_all(flat[near])) if len(near) else hole
            empty_m2[owner] += shapely.area(left)
    open_ = empty_m2 > limits.hole_m2
    if open_.any():
        area = empty_m2[open_]
        issues.add("412-hole", frame[open_], table=_TABLE, column="geom", raw=area, area=area)


def doubt_extent(frame: pd.DataFrame, extents: pd.DataFrame, issues: Issues, limits: Tolerances) -> None:
    """Doubt parcels that lie outside the extent of their park; a park without one says nothing.

    Parameters
    ----------
    extents
        ``park_code, geom`` (EPSG:4490, degrees).
    """
    drawn = extents[~shapely.is_missing(extents["geom"].to_numpy(dtype=object))].drop_duplicates("park_code")
    codes = frame["park_code"].to_numpy()
    for code, extent in zip(drawn["park_code"], drawn["geom"], strict=True):
        mine = np.flatnonzero(codes == code)
        shapes = frame["geom"].to_numpy(dtype=object)[mine]
        shapely.prepare(extent)
        beyond = mine[~shapely.covers(extent, shapes)]
        shapely.destroy_prepared(extent)
        if not len(beyond):
            continue
        shapes = frame["geom"].to_numpy(dtype=object)[beyond]
        outside = shapely.difference(shapes, extent)
        area = shapely.area(shapely.transform(outside, crs.equal_area))
        share = area / shapely.area(crs.in_plane(shapes))
        much = share > limits.outside_share
        at = shapely.point_on_surface(outside[much])
        issues.add(
            "506-outside-park",
            frame.iloc[beyond[much]],
            table=_TABLE,
            column="geom",
            raw=area[much],
            place=(shapely.get_x(at), shapely.get_y(at)),
            area=area[much],
            percent=100 * share[much],
            most=100 * limits.outside_share,
        )


def doubt_before(frame: pd.DataFrame, standing: pd.DataFrame, issues: Issues, limits: Tolerances) -> None:
    """Hold parcels against those that stand: areas that jumped, numbers that moved, ground that has another number or two.

    Parameters
    ----------
    standing
        ``park_code, parcel_no, geom_area_m2, geom`` (EPSG:4490, degrees) of the parcels that stand before this batch.
    """
    if not len(frame) or not len(standing):
        return
    key = ["park_code", "parcel_no"]
    mine = pd.MultiIndex.from_frame(frame[key].astype("str"))
    theirs = pd.MultiIndex.from_frame(standing[key].astype("str"))
    place = theirs.get_indexer(mine)
    shapes, others = frame["geom"].to_numpy(dtype=object), standing["geom"].to_numpy(dtype=object)
    met = np.flatnonzero(place >= 0)
    changed = met[~shapely.equals_identical(shapes[met], others[place[met]])]
    _same_number(frame, standing, changed, place, issues, limits)
    absent = np.flatnonzero(~theirs.isin(mine))
    # What stands unchanged was looked at when it came; only new and changed shapes can lie on what is not in this batch.
    fresh = np.concatenate([np.flatnonzero(place < 0), changed])
    if len(fresh) and len(absent):
        _other_number(frame.iloc[fresh], standing.iloc[absent], issues, limits)


def _same_number(
    frame: pd.DataFrame, standing: pd.DataFrame, changed: Ints, place: Ints, issues: Issues, limits: Tolerances
) -> None:
    if not len(changed):
        return
    before = standing["geom_area_m2"].to_numpy(dtype=float)[place[changed]]
    after = frame["geom_area_m2"].to_numpy(dtype=float)[changed]
    jump = (after - before) / before
    far = np.abs(jump) > limits.jump_share
    issues.add(
        "902-area-jumped",
        frame.iloc[changed[far]],
        table=_TABLE,
        column="geom",
        raw=after[far],
        before=before[far],
        after=after[far],
        percent=100 * jump[far],
        most=100 * limits.jump_share,
    )
    old, new = (
        crs.in_plane(rows["geom"].to_numpy(dtype=object)[at])
        for rows, at in ((standing, place[changed]), (frame, changed))
    )
    kept = shapely.area(shapely.intersection(old, new)) / shapely.area(old)
    away = kept < limits.moved_share
    issues.add(
        "903-moved-away",
        frame.iloc[changed[away]],
        table=_TABLE,
        column="geom",
        raw=kept[away],
        percent=100 * kept[away],
        most=100 * limits.moved_share,
    )


def _other_number(fresh: pd.DataFrame, absent: pd.DataFrame, issues: Issues, limits: Tolerances) -> None:
    shapes, others = fresh["geom"].to_numpy(dtype=object), absent["geom"].to_numpy(dtype=object)
    one, two = shapely.STRtree(others).query(shapes)
    kept = fresh["park_code"].to_numpy(dtype=object)[one] == absent["park_code"].to_numpy(dtype=object)[two]
    if not kept.any():
        return
    near, two = np.unique(two[kept], return_inverse=True)
    absent = absent.iloc[near]
    flat = crs.in_plane(np.concatenate([shapes, others[near]]))
    one, two, area = overlaps(flat, one[kept], two + len(fresh), limits.overlap_m2)
    two, size = two - len(fresh), shapely.area(flat)
    shared = area / (size[one] + size[two + len(fresh)] - area)
    numbers = absent["parcel_no"].fillna("?").to_numpy()
    same = shared > limits.same_ground
    for code, these in (("904-renumbered", same), ("905-overlaps-standing", ~same)):
        issues.add(
            code,
            fresh.iloc[one[these]],
            table=_TABLE,
            column="geom",
            raw=area[these],
            other=list(numbers[two[these]]),
            area=area[these],
            percent=100 * shared[these],
            most=limits.overlap_m2,
        )
