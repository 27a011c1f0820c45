"""The ground of the made city: parks, blocks between roads, parcels inside blocks, footprints inside parcels.

A park is a grid of unequal blocks, turned by a few degrees, with roads of 20 to 40 m between them. A block is a rectangle of its own
plane, cut in two again and again until every piece is one parcel; a projective map bends the rectangle into the block's quadrilateral
and an affine one lays it on the ground. Both keep straight lines straight: where one long side faces two short ones, the corner in the
middle lies on the long side (a T-junction) to within the rounding of the numbers, and no gap or overlap can arise.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from landgis.terms.units import M2_PER_HA

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

LEAST_PARCEL_HA: Final = 0.34
MOST_PARCEL_HA: Final = 11.5
PARCELS_PER_BLOCK: Final = 8

# The four corners of a rectangle, counter-clockwise: which of (u0, u1) and (v0, v1) each takes.
_CORNER_U: Final = np.array([0, 1, 1, 0])
_CORNER_V: Final = np.array([0, 0, 1, 1])


@dataclass(frozen=True)
class Plane:
    """The planes of the blocks and the way from each to longitude and latitude.

    Attributes
    ----------
    size
        Width and height of every block in its own plane, metres, shape (blocks, 2).
    bend
        Projective maps from the unit square to metres about the block's middle, shape (blocks, 8).
    turn, middle
        Affine maps from those metres to degrees, shapes (blocks, 2, 2) and (blocks, 2).
    """

    size: Floats
    bend: Floats
    turn: Floats
    middle: Floats

    def lonlat(self, block: Ints, u: Floats, v: Floats) -> Floats:
        """Bring points of the blocks' planes (metres) to longitude and latitude (degrees), shape (n, 2)."""
        s, t = u / self.size[block, 0], v / self.size[block, 1]
        a, b, c, d, e, f, g, h = self.bend[block].T
        depth = g * s + h * t + 1.0
        metres = np.column_stack([(a * s + b * t + c) / depth, (d * s + e * t + f) / depth])
        return np.asarray(self.middle[block] + np.einsum("nij,nj->ni", self.turn[block], metres))


@dataclass(frozen=True)
class Pieces:
    """Parcels in the planes of their blocks: a rectangle each, from which a notch at one corner may be missing (an L).

    Attributes
    ----------
    block
        Number of the block.
    box
        ``u0, v0, u1, v1`` in metres, shape (n, 4).
    notch
        The corner (0-3, counter-clockwise from ``u0, v0``) where the notch is; -1 for a whole rectangle.
    notch_at
        The notch's inner point ``u, v``; meaningless where there is none.
    """

    block: Ints
    box: Floats
    notch: Ints
    notch_at: Floats

    def __len__(self) -> int:
        return len(self.block)

    def take(self, which: Ints | Flags) -> "Pieces":
        """Give some of the pieces, in that order."""
        return Pieces(self.block[which], self.box[which], self.notch[which], self.notch_at[which])

    def building_room(self) -> Floats:
        """Give the largest simple rectangle to build in: the box, or the long arm of an L, shape (n, 4)."""
        room = self.box.copy()
        left, right = np.isin(self.notch, (0, 3)), np.isin(self.notch, (1, 2))
        room[left, 0] = self.notch_at[left, 0]
        room[right, 2] = self.notch_at[right, 0]
        return room


@dataclass(frozen=True)
class Fabric:
    """The drawn city: everything in EPSG:4490, parcels ordered by park, block and piece.

    Attributes
    ----------
    park_of
        The park of every parcel.
    pieces, plane
        The parcels in their blocks' planes, and the way to the ground.
    parcels, blocks, parks
        Shapes. A park's shape is the outline of its blocks and outer roads.
    """

    park_of: Ints
    pieces: Pieces
    plane: Plane
    parcels: Shapes
    blocks: Shapes
    parks: Shapes


def draw_fabric(rng: np.random.Generator, parcels: int, parks: int, origin: tuple[float, float]) -> Fabric:
    """Draw a city of exactly `parcels` parcels around a place.

    Parameters
    ----------
    rng
        Where chance comes from; the same state draws the same city.
    parcels, parks
        How many; every park gets its share, give or take a third.
    origin
        Longitude and latitude of the city's middle, degrees.
    """
    weight = rng.uniform(0.75, 1.3, parks)
    count = _shares(weight, parcels)
    # Equal-area about the middle of the city: a hectare drawn is a hectare on the ellipsoid, wherever the block lies.
    equal_area = CRS.from_dict({"proj": "laea", "lat_0": origin[1], "lon_0": origin[0], "ellps": "GRS80", "units": "m"})
    ground = Transformer.from_crs(equal_area, CRS.from_epsg(4490), always_xy=True)
    grids = [_road_grid(rng, int(n)) for n in count]
    reach = max(float(np.abs(grid.corners).max()) for grid in grids) * 2.3 + 2_500
    columns = int(np.ceil(np.sqrt(parks)))
    planes, outlines = [], []
    for number, grid in enumerate(grids):
        row, column = divmod(number, columns)
        at = reach * np.array([column - (columns - 1) / 2, row - (-(-parks // columns) - 1) / 2])
        plane, outline = _lay(grid, float(np.radians(rng.uniform(2, 9) * rng.choice([-1, 1]))), at, ground)
        planes.append(plane)
        outlines.append(outline)
    plane = Plane(*(np.concatenate([getattr(p, name) for p in planes]) for name in ("size", "bend", "turn", "middle")))
    wanted = np.concatenate([grid.parcels for grid in grids])
    pieces = _cut(rng, plane.size, wanted)
    park_of_block = np.repeat(np.arange(parks), [len(grid.parcels) for grid in grids])
    cut_m = np.where(rng.random(len(wanted)) < 0.7, 1.0, 0.0)
    return Fabric(
        park_of=park_of_block[pieces.block],
        pieces=pieces,
        plane=plane,
        parcels=_shapes(pieces, plane, cut_m),
        blocks=_block_shapes(pieces, plane, cut_m),
        parks=np.array(outlines, dtype=object),
    )


def draw_boxes(plane: Plane, block: Ints, box: Floats) -> Shapes:
    """Draw rectangles of the blocks' planes (``u0, v0, u1, v1`` metres, shape (n, 4)) on the ground."""
    flat = np.repeat(block, 4)
    lonlat = plane.lonlat(flat, box[:, [0, 2, 2, 0]].ravel(), box[:, [1, 1, 3, 3]].ravel())
    rings = shapely.linearrings(lonlat, indices=np.repeat(np.arange(len(block)), 4))
    return np.asarray(shapely.polygons(rings), dtype=object)


@dataclass(frozen=True)
class _Grid:
    corners: Floats  # (blocks, 4, 2): metres about the park's middle, before the turn
    parcels: Ints  # how many parcels each block is cut into


def _shares(weight: Floats, total: int) -> Ints:
    """Share a whole number out by weight, at least one each; largest remainders first."""
    exact = weight / weight.sum() * (total - len(weight))
    share = np.floor(exact).astype(np.int64)
    rest = total - len(weight) - int(share.sum())
    share[np.argsort(share - exact, kind="stable")[:rest]] += 1
    return np.asarray(share + 1)


def _road_grid(rng: np.random.Generator, parcels: int) -> _Grid:
    blocks = max(1, round(parcels / PARCELS_PER_BLOCK))
    columns = max(1, round(float(np.sqrt(blocks * 1.15))))
    rows = -(-blocks // columns)
    x0, x1 = _streets(rng, columns, 430.0)
    y0, y1 = _streets(rng, rows, 390.0)
    row, column = np.divmod(np.arange(blocks), columns)
    corners = np.stack([
        np.column_stack([x0[column], y0[row]]), np.column_stack([x1[column], y0[row]]),
        np.column_stack([x1[column], y1[row]]), np.column_stack([x0[column], y1[row]]),
    ], axis=1)  # fmt: skip
    # Every corner moves inwards only, so that no road becomes narrower than it was laid out.
    corners += rng.uniform(0.0, 5.0, corners.shape) * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    area_ha = (x1 - x0)[column] * (y1 - y0)[row] / M2_PER_HA
    share = _shares(area_ha * np.exp(0.25 * rng.standard_normal(blocks)), parcels)
    return _Grid(corners - np.array([x1[-1], y1[-1]]) / 2, _within(share, area_ha))


def _within(share: Ints, area_ha: Floats) -> Ints:
    """Move parcels between blocks until no block must hold a parcel too small or too large; the sum stays."""
    least = np.ceil(area_ha / (0.8 * MOST_PARCEL_HA)).astype(np.int64)
    most = np.maximum(np.floor(area_ha / (1.6 * LEAST_PARCEL_HA)).astype(np.int64), least)
    total, share = int(share.sum()), np.clip(share, least, most)
    lack = total - int(share.sum())
    while lack:
        room = (most - share) if lack > 0 else (share - least)
        order = np.argsort(-room, kind="stable")[: abs(lack)]
        order = order[room[order] > 0]
        share[order] += np.sign(lack)
        lack = total - int(share.sum())
    return share


def _streets(rng: np.random.Generator, number: int, usual_m: float) -> tuple[Floats, Floats]:
    """Give where each block begins and ends along one axis: unequal blocks, every third road a main one."""
    width = np.clip(usual_m * np.exp(0.22 * rng.standard_normal(number)), 250.0, 650.0)
    road = np.where(np.arange(number) % 3 == 0, 30.0, rng.uniform(20.0, 30.0, number))
    begin = np.cumsum(np.concatenate([[0.0], width[:-1] + road[1:]]))
    return begin, begin + width


def _lay(grid: _Grid, angle: float, at: Floats, ground: Transformer) -> tuple[Plane, shapely.Polygon]:
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = grid.corners @ rotation.T + at
    middle = corners.mean(axis=1)
    # The derivative of the way to the ground at each block's middle, over 100 m.
    lonlat = _to_ground(ground, middle[:, None] + 100.0 * np.array([[0, 0], [1, 0], [0, 1]]))
    turn = np.stack([lonlat[:, 1] - lonlat[:, 0], lonlat[:, 2] - lonlat[:, 0]], axis=2) / 100.0
    edges = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    size = np.column_stack([(edges[:, 0] + edges[:, 2]) / 2, (edges[:, 1] + edges[:, 3]) / 2])
    low, high = grid.corners.min(axis=(0, 1)) - 40.0, grid.corners.max(axis=(0, 1)) + 40.0
    box = shapely.segmentize(shapely.box(*low, *high), 2_000.0)
    outline = shapely.Polygon(_to_ground(ground, shapely.get_coordinates(box) @ rotation.T + at))
    return Plane(size, _projective(corners - middle[:, None]), turn, lonlat[:, 0]), outline


def _to_ground(ground: Transformer, metres: Floats) -> Floats:
    lon, lat = ground.transform(metres[..., 0], metres[..., 1])
    return np.stack([lon, lat], axis=-1)


def _projective(quad: Floats) -> Floats:
    """Map the unit square to quadrilaterals, corners in order, shape (n, 4, 2). Source: Heckbert 1989, 2.2.3."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (quad[:, k].T for k in range(4))
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    det = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / det, (dx1 * dy3 - dx3 * dy1) / det
    return np.column_stack([x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h])


def _cut(rng: np.random.Generator, size: Floats, wanted: Ints) -> Pieces:
    """Cut every block into its number of parcels, the longer side first, all blocks of one depth at once."""
    block, left = np.arange(len(wanted)), wanted
    box = np.column_stack([np.zeros((len(wanted), 2)), size])
    done: list[tuple[Ints, Floats, Ints, Floats]] = []
    while len(block):
        single = left == 1
        done.append(_whole(block[single], box[single]))
        block, box, left = block[~single], box[~single], left[~single]
        notched = (
            (left == 2)
            & (rng.random(len(left)) < 0.16)
            & (_area_ha(box) > 9 * LEAST_PARCEL_HA)
            & (_area_ha(box) < MOST_PARCEL_HA)
        )
        done += _notch(rng, block[notched], box[notched])
        block, box, left = block[~notched], box[~notched], left[~notched]
        block, box, left = _halve(rng, block, box, left)
    pieces = Pieces(*(np.concatenate([part[k] for part in done]) for k in range(4)))
    order = np.lexsort((pieces.box[:, 0], pieces.box[:, 1], pieces.block))
    return pieces.take(order)


def _area_ha(box: Floats) -> Floats:
    return np.asarray((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) / M2_PER_HA)


def _whole(block: Ints, box: Floats) -> tuple[Ints, Floats, Ints, Floats]:
    return block, box, np.full(len(block), -1), np.zeros((len(block), 2))


def _notch(rng: np.random.Generator, block: Ints, box: Floats) -> list[tuple[Ints, Floats, Ints, Floats]]:
    """Cut a corner rectangle out of each box: an L and what fills its notch."""
    n = len(block)
    corner = rng.integers(0, 4, n)
    share = np.column_stack([rng.uniform(0.30, 0.42, n), rng.uniform(0.42, 0.6, n)])
    right, top = _CORNER_U[corner] == 1, _CORNER_V[corner] == 1
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    at = np.column_stack([
        np.where(right, box[:, 2] - share[:, 0] * width, box[:, 0] + share[:, 0] * width),
        np.where(top, box[:, 3] - share[:, 1] * height, box[:, 1] + share[:, 1] * height),
    ])  # fmt: skip
    filling = np.column_stack([
        np.where(right, at[:, 0], box[:, 0]), np.where(top, at[:, 1], box[:, 1]),
        np.where(right, box[:, 2], at[:, 0]), np.where(top, box[:, 3], at[:, 1]),
    ])  # fmt: skip
    return [(block, box, corner, at), _whole(block, filling)]


def _halve(rng: np.random.Generator, block: Ints, box: Floats, left: Ints) -> tuple[Ints, Floats, Ints]:
    n = len(block)
    first = np.clip(np.floor(left * rng.uniform(0.35, 0.65, n)).astype(np.int64), 1, left - 1)
    area, second = _area_ha(box), left - first
    # Areas spread log-normally about the even share; no child may be driven below or above what its parcels need.
    share = first / left * np.exp(0.3 * rng.standard_normal(n))
    low = np.maximum(LEAST_PARCEL_HA * first / area, 1 - MOST_PARCEL_HA * second / area)
    high = np.minimum(MOST_PARCEL_HA * first / area, 1 - LEAST_PARCEL_HA * second / area)
    share = np.clip(np.clip(share, 0.28, 0.72), low, high)
    across = (box[:, 2] - box[:, 0]) >= (box[:, 3] - box[:, 1])
    cut = np.where(across, box[:, 0] + share * (box[:, 2] - box[:, 0]), box[:, 1] + share * (box[:, 3] - box[:, 1]))
    near, far = box.copy(), box.copy()
    near[across, 2], far[across, 0] = cut[across], cut[across]
    near[~across, 3], far[~across, 1] = cut[~across], cut[~across]
    return np.concatenate([block, block]), np.concatenate([near, far]), np.concatenate([first, second])


def _shapes(pieces: Pieces, plane: Plane, is_cut: Floats) -> Shapes:
    """Draw parcels; the corner of a block is cut off where two roads meet and `is_cut` of the block is 1."""
    return _rings(pieces, plane, _corner_cut_m(pieces, plane, is_cut))


def _corner_cut_m(pieces: Pieces, plane: Plane, is_cut: Floats) -> Floats:
    box, size = pieces.box, plane.size[pieces.block]
    at_end = np.column_stack([box[:, :2] == 0.0, box[:, 2:] == size])  # u0, v0, u1, v1 on the block's border
    on_corner = at_end[:, 2 * _CORNER_U] & at_end[:, 1 + 2 * _CORNER_V]
    on_corner &= pieces.notch[:, None] != np.arange(4)
    shorter = np.minimum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    cut_m = np.clip(np.where(pieces.notch < 0, 0.12, 0.06) * shorter, 3.0, 16.0) * is_cut[pieces.block]
    return np.asarray(on_corner * cut_m[:, None], dtype=np.float64)


def _rings(pieces: Pieces, plane: Plane, cut_m: Floats) -> Shapes:
    """Draw one ring per piece. A corner gives one point; two where it is cut off; three around a notch."""
    n, corner = len(pieces), np.arange(4)
    u, v = pieces.box[:, 2 * _CORNER_U], pieces.box[:, 1 + 2 * _CORNER_V]
    notched, cut = pieces.notch[:, None] == corner, cut_m > 0
    inner_u = np.where(notched, pieces.notch_at[:, :1], u + cut_m * (1 - 2 * _CORNER_U))
    inner_v = np.where(notched, pieces.notch_at[:, 1:], v + cut_m * (1 - 2 * _CORNER_V))
    along_v = corner % 2 == 0  # counter-clockwise, corners 0 and 2 are reached along v and left along u
    points = np.empty((n, 4, 3, 2))
    points[:, :, 0, 0], points[:, :, 0, 1] = np.where(along_v, u, inner_u), np.where(along_v, inner_v, v)
    points[:, :, 1, 0], points[:, :, 1, 1] = np.where(notched, inner_u, u), np.where(notched, inner_v, v)
    points[:, :, 2, 0], points[:, :, 2, 1] = np.where(along_v, inner_u, u), np.where(along_v, v, inner_v)
    drawn = np.stack([notched | cut, notched | ~cut, notched | cut], axis=2)
    which = np.repeat(np.arange(n), drawn.sum(axis=(1, 2)))
    flat = points[drawn]
    lonlat = plane.lonlat(pieces.block[which], flat[:, 0], flat[:, 1])
    return np.asarray(shapely.polygons(shapely.linearrings(lonlat, indices=which)), dtype=object)


def _block_shapes(pieces: Pieces, plane: Plane, is_cut: Floats) -> Shapes:
    """Draw the blocks themselves, corners cut off as their corner parcels are."""
    cut_m = np.zeros((len(plane.size), 4))
    np.maximum.at(cut_m, pieces.block, _corner_cut_m(pieces, plane, is_cut))
    block = np.arange(len(plane.size))
    return _rings(Pieces(*_whole(block, np.column_stack([np.zeros((len(block), 2)), plane.size]))), plane, cut_m)
