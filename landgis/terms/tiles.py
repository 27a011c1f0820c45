"""Which Web Mercator tiles lie over an extent."""

import math
from collections.abc import Iterator

#: Web Mercator ends here; beyond it there are no tiles.
LATITUDE_MOST = 85.05112877980659
#: Deeper than this nobody asks: a tile is ten metres wide.
DEEPEST_ZOOM = 22


def tile_at(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Give column and row of the tile that holds a point (degrees).

    >>> tile_at(120.72, 31.32, 14)
    (13686, 6689)
    """
    count = 1 << zoom
    sine = math.sin(math.radians(min(max(latitude, -LATITUDE_MOST), LATITUDE_MOST)))
    x = (longitude + 180) / 360 * count
    y = (0.5 - math.atanh(sine) / (2 * math.pi)) * count
    return min(max(int(x), 0), count - 1), min(max(int(y), 0), count - 1)


def tiles_over(bbox: tuple[float, float, float, float], zoom: int) -> Iterator[tuple[int, int]]:
    """Give column and row of every tile that an extent (west, south, east, north) touches.

    >>> sorted(tiles_over((-1, -1, 1, 1), 1))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    west, south, east, north = bbox
    left, top = tile_at(west, north, zoom)
    right, bottom = tile_at(east, south, zoom)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            yield x, y
