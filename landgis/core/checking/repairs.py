"""Repairs that somebody asked for: corners drawn twice become one, the same ground under two numbers is taken once.

Neither is done unasked: a border that moves by a hand's breadth is the owners' matter, and of two rows of one ground only somebody who
knows the place can say that one is too many. Each is told with the area before and after, and left undone where it moves more than a
repair may.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landgis.core.checking.overlap import near_pairs, overlaps
from landgis.terms import crs
from landgis.terms.frames import PARCEL
from landgis.terms.issues import Issues
from landgis.terms.tolerances import Tolerances

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: What may be asked for.
REPAIRS: Final = ("duplicates", "snap")
#: An edge that bends to one corner may come near another; after so many rounds what is left is left.
_ROUNDS: Final = 4
_TABLE: Final = "parcel"
#: What two rows of the same ground need not have in common.
_OWN: Final = ("parcel_no", "geom", "geom_area_m2")


@dataclass(frozen=True)
class Repaired:
    """The frames after the repairs, and what was done and left undone; columns as in ``terms.frames.ISSUE_COLUMNS``."""

    frames: dict[str, pd.DataFrame]
    issues: pd.DataFrame


def repair(frames: Mapping[str, pd.DataFrame], asked: "frozenset[str]", limits: Tolerances) -> Repaired:
    """Do the repairs that were asked for.

    Parameters
    ----------
    frames
        As `quality.check` leaves them: valid shapes in EPSG:4490 (degrees), ``geom_area_m2``. Only parcels are repaired.
    asked
        Of `REPAIRS`: ``duplicates`` takes the later of two parcels of one park that cover the same ground (`same_ground`) out, where its
        row says nothing that the other does not; ``snap`` lays corners of neighbours on each other that are no further apart than
        ``snap_m``, and on edges as near.
    limits
        ``snap_m`` (m), ``same_ground`` (0-1), and what a repair may change of an area: ``repair_share`` (0-1) or ``repair_m2`` (m²).

    Returns
    -------
    Repaired
        Parcels in their order, with a fresh index; a parcel that was taken out is in the issues as refused.
    """
    issues = Issues()
    kept = dict(frames)
    parcel = kept.get(_TABLE)
    if parcel is not None and len(parcel):
        if "duplicates" in asked:
            parcel = _without_duplicates(parcel, issues, limits)
        if "snap" in asked:
            parcel = _snapped(parcel, issues, limits)
        kept[_TABLE] = parcel
    return Repaired(kept, issues.frame())


def _fine(before: Numbers, after: Numbers, limits: Tolerances) -> Flags:
    change = np.abs(after - before)
    return np.asarray((after > 0) & ((change <= limits.repair_share * before) | (change <= limits.repair_m2)))


# --- the same ground twice ----------------------------------------------------------------------------------------------------


def _without_duplicates(frame: pd.DataFrame, issues: Issues, limits: Tolerances) -> pd.DataFrame:
    flat = crs.in_plane(frame["geom"].to_numpy(dtype=object))
    first, second = near_pairs(flat, pd.factorize(frame["park_code"])[0])
    first, second, common = overlaps(flat, first, second, limits.overlap_m2)
    size = shapely.area(flat)
    together = size[first] + size[second] - common
    same = common / np.where(together > 0, together, 1) > limits.same_ground
    first, second, common, together = first[same], second[same], common[same], together[same]
    order = np.lexsort((second, first))
    gone: set[int] = set()
    dropped: list[tuple[int, int, float, float, str]] = []
    left: list[tuple[int, int, float, float, str]] = []
    for place in order:
        one, other = int(first[place]), int(second[place])
        if one in gone or other in gone:
            continue
        # What both cover, before; what the kept one covers, after.
        before, after = float(together[place]), float(size[one])
        differs = _says_more(frame, one, other)
        if differs or not _fine(np.array([before]), np.array([after]), limits)[0]:
            left.append((one, other, before, after, differs))
        else:
            gone.add(other)
            dropped.append((one, other, before, after, ""))
    numbers = frame["parcel_no"].to_numpy()
    percents = {
        (int(one), int(two)): 100 * c / t for one, two, c, t in zip(first, second, common, together, strict=True)
    }
    for code, found in (("414-duplicate-dropped", dropped), ("415-duplicate-kept", left)):
        if not found:
            continue
        issues.add(
            code,
            frame.iloc[[one[1] for one in found]],
            table=_TABLE,
            column="geom",
            raw=[one[2] for one in found],
            new=[one[3] for one in found] if code == "414-duplicate-dropped" else None,
            other=[numbers[one[0]] for one in found],
            percent=[percents[one[0], one[1]] for one in found],
            before=[one[2] for one in found],
            after=[one[3] for one in found],
            differs=[one[4] or "-" for one in found],
            most=limits.same_ground,
            percent_most=100 * limits.repair_share,
            m2_most=limits.repair_m2,
        )
    return frame.drop(index=frame.index[sorted(gone)]).reset_index(drop=True) if gone else frame


def _says_more(frame: pd.DataFrame, kept: int, other: int) -> str:
    """Name the columns in which a row says something that the kept one does not."""
    names = [column.name for column in PARCEL.columns if column.name not in _OWN and column.name in frame]
    more = []
    for name in names:
        one, two = frame[name].iloc[kept], frame[name].iloc[other]
        known = two is not None and (isinstance(two, list) or not pd.isna(two))
        if known and (one is None or (not isinstance(one, list) and pd.isna(one)) or one != two):
            more.append(name)
    return ", ".join(more)


# --- corners drawn twice ------------------------------------------------------------------------------------------------------


def _snapped(frame: pd.DataFrame, issues: Issues, limits: Tolerances) -> pd.DataFrame:
    shapes = frame["geom"].to_numpy(dtype=object)
    before = crs.ellipsoid_area_m2(shapes)
    after, result, moved_m = before.copy(), shapes.copy(), np.zeros(len(shapes))
    too_far = np.full(len(shapes), np.nan)
    for _, places in frame.groupby("park_code", sort=False).indices.items():
        snapping = _Snapping(shapes[places], limits.snap_m)
        while True:
            found = snapping.shapes()
            changed = ~shapely.equals_identical(found, shapes[places]) & ~snapping.frozen
            area = before[places].copy()
            area[changed] = crs.ellipsoid_area_m2(found[changed])
            bad = changed & ~(shapely.is_valid(found) & _fine(before[places], area, limits))
            if not bad.any():
                break
            # It keeps its corners; whatever was to move with them is laid on them instead, or stays too.
            too_far[places[bad]] = area[bad]
            snapping.frozen |= bad
        result[places], after[places] = found, area
        moved_m[places] = snapping.moved_m(found)
    changed = ~shapely.equals_identical(result, shapes)
    left = ~np.isnan(too_far)
    for code, these, new in (("416-snapped", changed, after), ("417-not-snapped", left, too_far)):
        if these.any():
            issues.add(
                code,
                frame[these],
                table=_TABLE,
                column="geom",
                raw=before[these],
                new=new[these] if code == "416-snapped" else None,
                moved=moved_m[these],
                most=limits.snap_m,
                before=before[these],
                after=new[these],
                percent_most=100 * limits.repair_share,
                m2_most=limits.repair_m2,
            )
    return frame.assign(geom=pd.Series(result, dtype=object), geom_area_m2=after)


class _Snapping:
    """The corners of one park's parcels, and which of them are laid on which.

    A corner moves for every parcel that has it, and onto a corner that stands already: what was one line stays one line, and no place
    is made up. Where a corner lies on an edge without one, the edge takes it.
    """

    def __init__(self, shapes: Shapes, most_m: float) -> None:
        self.given, self.most_m = shapes, most_m
        self.frozen: Flags = np.zeros(len(shapes), dtype=bool)
        latitude = shapely.total_bounds(shapes)[[1, 3]].mean()
        self.scale = crs.metres_per_degree(np.array([latitude]))[0]

    def shapes(self) -> Shapes:
        """Give the shapes with their corners laid on each other; those that are frozen as they are."""
        current = self.given
        for _ in range(_ROUNDS):
            laid = self._edges_bent(self._corners_joined(current))
            if shapely.equals_identical(laid, current).all():
                break
            current = laid
        return current

    def moved_m(self, found: Shapes) -> Numbers:
        """Give how far the furthest corner of each shape lies from what it was, in m."""
        return np.asarray(
            shapely.hausdorff_distance(
                *(shapely.transform(one, lambda xy: xy * self.scale) for one in (self.given, found))
            )
        )

    def _corners(self, shapes: Shapes) -> tuple[Numbers, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Give the different corners (degrees), which of them each coordinate is, and whose each coordinate is."""
        xy, owner = shapely.get_coordinates(shapes, return_index=True)
        corners, which = np.unique(xy, axis=0, return_inverse=True)
        return corners, which.reshape(-1), owner

    def _corners_joined(self, shapes: Shapes) -> Shapes:
        corners, which, owner = self._corners(shapes)
        points = shapely.points(corners * self.scale)
        one, two = shapely.STRtree(points).query(points, predicate="dwithin", distance=self.most_m)
        near = one != two
        if not near.any():
            return shapes
        neighbours: dict[int, list[int]] = defaultdict(list)
        for a, b in zip(one[near].tolist(), two[near].tolist(), strict=True):
            neighbours[a].append(b)
        owners: dict[int, set[int]] = defaultdict(set)
        wanted = np.isin(which, np.fromiter(neighbours, np.int64))
        for corner, whose in zip(which[wanted].tolist(), owner[wanted].tolist(), strict=True):
            owners[corner].add(whose)
        fixed = {corner for corner, whose in owners.items() if self.frozen[list(whose)].any()}
        # What cannot move stands first, then what most parcels share, then what was drawn first.
        order = sorted(neighbours, key=lambda c: (c not in fixed, -len(owners[c]), min(owners[c]), c))
        onto: dict[int, int] = {}
        for corner in order:
            if corner in onto:
                continue
            onto[corner] = corner
            for other in sorted(
                neighbours[corner], key=lambda o: float(np.hypot(*((corners[o] - corners[corner]) * self.scale)))
            ):
                # Two corners of one parcel are two: a curve drawn finely is none that was drawn twice.
                if other not in onto and other not in fixed and not owners[other] & owners[corner]:
                    onto[other] = corner
        target = np.arange(len(corners))
        target[list(onto)] = list(onto.values())
        if (target == np.arange(len(corners))).all():
            return shapes
        moved = corners[target[which]]
        laid = shapely.set_coordinates(shapes.copy(), moved)
        return np.where(self._touched(owner, target[which] != which, len(shapes)), _without_repeats(laid), shapes)

    @staticmethod
    def _touched(owner: npt.NDArray[np.int64], flags: Flags, count: int) -> Flags:
        touched = np.zeros(count, dtype=bool)
        touched[owner[flags]] = True
        return touched

    def _edges_bent(self, shapes: Shapes) -> Shapes:
        """Have edges take the corners of others that lie on them, or as near as `most_m`."""
        corners, which, owner = self._corners(shapes)
        parts, of_shape = shapely.get_parts(shapes, return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        ring_of = np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))
        start = np.flatnonzero(ring_of[:-1] == ring_of[1:])  # every coordinate but the last of its ring begins an edge
        xy = shapely.get_coordinates(rings) * self.scale
        edges = shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1))
        points = shapely.points(corners * self.scale)
        corner, edge = shapely.STRtree(edges).query(points, predicate="dwithin", distance=self.most_m)
        whose = of_shape[of_part[ring_of[start[edge]]]]
        has = which.astype(np.int64) * len(shapes) + owner
        wanted = ~np.isin(corner * len(shapes) + whose, has) & ~self.frozen[whose]
        corner, edge, whose = corner[wanted], edge[wanted], whose[wanted]
        along = shapely.line_locate_point(edges[edge], points[corner])
        # Next to an end it is that end's affair, and was joined with it where it could be.
        inner = (along > self.most_m) & (along < shapely.length(edges[edge]) - self.most_m)
        if not inner.any():
            return shapes
        taken: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for one in np.flatnonzero(inner):
            taken[int(start[edge[one]])].append((float(along[one]), int(corner[one])))
        bent = shapes.copy()
        degrees = shapely.get_coordinates(rings)
        for bending in np.unique(whose[inner]).tolist():
            polygons = []
            for part in _run(of_shape, bending):
                lines = []
                for ring in _run(of_part, part):
                    points_of: list[Any] = []
                    for place in _run(ring_of, ring):
                        points_of.append(degrees[place])
                        points_of += [corners[there] for _, there in sorted(taken.get(int(place), ()))]
                    lines.append(np.array(points_of))
                polygons.append(shapely.Polygon(lines[0], lines[1:]))
            bent[bending] = shapely.MultiPolygon(polygons)
        return bent


def _run(of: npt.NDArray[np.int64], number: int) -> range:
    """Give the places of a number among numbers that rise."""
    return range(int(np.searchsorted(of, number, "left")), int(np.searchsorted(of, number, "right")))


def _without_repeats(shapes: Shapes) -> Shapes:
    """Drop corners that were laid on the one before them."""
    return np.asarray(shapely.remove_repeated_points(shapes, 0.0), dtype=object)
