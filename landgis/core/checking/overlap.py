"""Which parcels cover the same ground."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def near_pairs(flat: Shapes, group: Ints, within_m: float = 0.0) -> tuple[Ints, Ints]:
    """Find pairs of shapes of one group whose bounding boxes come as near as that.

    Parameters
    ----------
    flat
        Shapes in a plane (m).
    group
        Only shapes of the same number are paired.

    Returns
    -------
    tuple of arrays
        Places of the one, places of the other; the one always stands before the other.
    """
    boxes = shapely.bounds(flat) + np.array([-within_m, -within_m, within_m, within_m])
    asked = shapely.box(*boxes.T) if within_m else flat
    first, second = shapely.STRtree(flat).query(asked)
    first, second = _chosen((first < second) & (group[first] == group[second]), first, second)
    return first, second


def overlaps(flat: Shapes, first: Ints, second: Ints, least_m2: float) -> tuple[Ints, Ints, Numbers]:
    """Find which pairs of polygons cover more than `least_m2` of the same ground.

    Parameters
    ----------
    flat
        Valid polygons or multipolygons in the equal-area plane (m).
    first, second
        The pairs to look at, as `near_pairs` gives them.
    least_m2
        Smaller overlaps are not told.

    Returns
    -------
    tuple of arrays
        Places of the one, places of the other, common area in m².

    Notes
    -----
    In a cadastre nearly every pair of neighbours touches, and an exact intersection of each would cost most of the time of the
    whole check. Two shapes that merely touch can nearly always be told apart by a line along one of their own edges: then the
    common ground lies in the strip beyond that line, and is no larger than the strip's depth times the diagonal of the common
    bounding box. Only pairs that no edge tells apart are intersected.
    """
    none = np.empty(0, dtype=np.int64)
    if not len(first):
        return none, none, np.empty(0)
    corners = _Corners(flat)
    size = np.minimum(corners.high[first], corners.high[second]) - np.maximum(corners.low[first], corners.low[second])
    large = (size > 0).all(axis=1) & (size[:, 0] * size[:, 1] > least_m2)
    first, second, size = _chosen(large, first, second, size)
    depth = least_m2 / np.hypot(size[:, 0], size[:, 1])
    first, second, depth = _chosen(~corners.told_apart(first, second, depth), first, second, depth)
    first, second = _chosen(~corners.told_apart(second, first, depth), first, second)
    # What is left are shapes that lie around each other's corners, mostly touching too: a relation costs less than an area.
    larger = corners.count[first] >= corners.count[second]
    one, other = np.where(larger, first, second), np.where(larger, second, first)
    prepared = flat[np.unique(one)]
    shapely.prepare(prepared)
    inside = shapely.relate_pattern(flat[one], flat[other], "T********")
    shapely.destroy_prepared(prepared)
    first, second = _chosen(inside, first, second)
    area = shapely.area(shapely.intersection(flat[first], flat[second]))
    first, second, area = _chosen(area > least_m2, first, second, area)
    return first, second, area


def _chosen(flags: Flags, *arrays: Any) -> tuple[Any, ...]:  # noqa: ANN401 - arrays of any type
    return tuple(array[flags] for array in arrays)


class _Corners:
    """The corners of many polygons in a plane (m), to look for lines that tell two of them apart."""

    #: Pairs with more corners than this are left to the exact intersection.
    MOST = 64
    #: Corners worked on at once: some tens of MB.
    AT_ONCE = 200_000

    def __init__(self, flat: Shapes) -> None:
        self.xy = shapely.get_coordinates(flat)
        self.count = shapely.get_num_coordinates(flat)
        self.start = np.cumsum(self.count) - self.count
        self.middle = np.add.reduceat(self.xy, self.start, axis=0) / self.count[:, None]
        self.low = np.minimum.reduceat(self.xy, self.start, axis=0)
        self.high = np.maximum.reduceat(self.xy, self.start, axis=0)

    def told_apart(self, one: Ints, other: Ints, depth: Numbers) -> Flags:
        """Tell for which pairs an edge of the one leaves the other beyond its line, but for a strip of this depth (m)."""
        apart = np.zeros(len(one), dtype=bool)
        corners = np.maximum(self.count[one], self.count[other])
        order = np.argsort(corners, kind="stable")
        order = order[: np.searchsorted(corners[order], self.MOST, side="right")]
        done = 0
        while done < len(order):
            # As many pairs as fit, all padded to the corners of the largest among them.
            size = max(1, self.AT_ONCE // int(corners[order[done]]))
            part = order[done : done + size]
            part = part[corners[part] <= 2 * corners[part[0]]]
            apart[part] = self._told_apart(one[part], other[part], depth[part], int(corners[part[-1]]))
            done += len(part)
        return apart

    def _told_apart(self, one: Ints, other: Ints, depth: Numbers, most: int) -> Flags:
        # Far from the plane's origin a coordinate has no digits left for the depth: all is measured from the one's middle.
        origin = self.middle[one][:, None]
        x, y = np.moveaxis(self._padded(one, most) - origin, -1, 0)
        u, v = np.moveaxis(self._padded(other, most) - origin, -1, 0)
        towards = self.middle[other] - self.middle[one]
        across, along = y[:, 1:] - y[:, :-1], x[:, :-1] - x[:, 1:]
        length = np.hypot(across, along)
        inverse = 1 / np.where(length > 0, length, np.inf)
        across, along = across * inverse, along * inverse
        line = across * x[:, :-1] + along * y[:, :-1]
        # A ring may run either way round: a normal points out where the line lies on its far side from the middle.
        turn = np.where(line < 0, -1.0, 1.0)
        gap = (across * towards[:, :1] + along * towards[:, 1:] - line) * turn
        # Of all edges the one that the other's middle lies farthest beyond is the likeliest to stand between them.
        best = (np.arange(len(one)), np.where(length > 0, gap, -np.inf).argmax(axis=1))
        across, along = (across[best] * turn[best])[:, None], (along[best] * turn[best])[:, None]
        own = (across * x + along * y).max(axis=1)
        beyond = (across * u + along * v).min(axis=1)
        return np.asarray(own - beyond <= depth)

    def _padded(self, places: Ints, most: int) -> Numbers:
        steps = np.minimum(np.arange(most), self.count[places, None] - 1)
        return np.asarray(self.xy[self.start[places, None] + steps])
