"""Ready tiles in memory, and the straight way to them: a run never changes, so neither do its tiles."""

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from landgis.api.problems import refusal
from landgis.terms.errors import LandgisError

#: Run, zoom, column, row.
Place = tuple[int, int, int, int]
#: The parks in whose scope a tile was drawn, and its place.
Key = tuple[tuple[str, ...], Place]

#: A tile's address as every client writes it; so many digits fit their columns in the database.
_ADDRESS: Final = re.compile(r"/tiles/([1-9]\d{0,17})/(\d{1,2})/(\d{1,7})/(\d{1,7})\.pbf", re.ASCII)
#: What a held tile takes beside its body: place, headers, the objects around them. Empty tiles take room too.
_AROUND_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile and the headers it is sent with; the tag is of its content, so an equal tag means equal bytes."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    etag: bytes

    @property
    def size_bytes(self) -> int:
        """The memory it takes while it is held."""
        return len(self.body) + _AROUND_BYTES


class TileCache:
    """The most recently used tiles of all scopes, up to so many bytes; for one event loop."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes, self._held_bytes = size_bytes, 0
        self._tiles: OrderedDict[Key, Tile] = OrderedDict()

    def get(self, key: Key) -> Tile | None:
        """Give the tile of this scope and place, if it is held."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def put(self, key: Key, body: bytes) -> Tile:
        """Hold a tile; the ones not asked for longest make room."""
        etag = b'"%s"' % hashlib.blake2b(body, digest_size=10).hexdigest().encode()
        headers = (
            (b"content-type", b"application/vnd.mapbox-vector-tile"),
            (b"content-length", b"%d" % len(body)),
            (b"etag", etag),
        )
        tile = Tile(body, headers, etag)
        old = self._tiles.pop(key, None)
        self._held_bytes += tile.size_bytes - (old.size_bytes if old else 0)
        self._tiles[key] = tile
        while self._held_bytes > self._size_bytes:
            self._held_bytes -= self._tiles.popitem(last=False)[1].size_bytes
        return tile


class StraightToTiles:
    """ASGI wrapper that answers a tile's address ahead of all routing, which takes as long as a small tile.

    Every other address goes the usual way; `landgis.api.routes.tiles` gives the same tile there, and says what is wrong with it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] != "http" or scope["method"] != "GET" or not (at := _ADDRESS.fullmatch(scope["path"])):
            await self._app(scope, receive, send)
            return
        run, z, x, y = map(int, at.groups())
        try:
            tile = await scope["landgis.context"].tile((run, z, x, y))
        except LandgisError as error:
            await refusal(Request(scope), error)(scope, receive, send)
        else:
            await send_tile(tile, scope, send)


async def send_tile(tile: Tile, scope: Scope, send: Send) -> None:
    """Send a tile: 304 where the browser has it, 204 where it is empty, else 200."""
    known = any(name == b"if-none-match" and tile.etag in value for name, value in scope["headers"])
    status = 304 if known else 200 if tile.body else 204
    headers = [pair for pair in tile.headers if status == 200 or pair[0] not in (b"content-length", b"content-type")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": tile.body if status == 200 else b""})
