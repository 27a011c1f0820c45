"""Ready tiles in memory: a run never changes, so neither do its tiles."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX: Final = "/tiles/"
#: What a held tile takes beside its body: path, headers, the objects around them. Empty tiles take room too.
_AROUND_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile and the headers it is sent with."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    etag: bytes

    @property
    def size_bytes(self) -> int:
        """The memory it takes while it is held."""
        return len(self.body) + _AROUND_BYTES


class TileCache:
    """The most recently used tiles, up to so many bytes; safe between threads.

    One process serves one scope of parks, hence the path alone is the key; tiles of another scope live in another process.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes, self._held_bytes = size_bytes, 0
        self._tiles: OrderedDict[str, Tile] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str) -> Tile | None:
        """Give the tile of this path, if it is held."""
        with self._lock:
            tile = self._tiles.get(path)
            if tile is not None:
                self._tiles.move_to_end(path)
            return tile

    def put(self, path: str, body: bytes, etag: str, fresh_s: int) -> Tile:
        """Hold a tile; the ones not asked for longest make room."""
        headers = (
            (b"content-type", b"application/vnd.mapbox-vector-tile"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", f"private, max-age={fresh_s}".encode()),
            (b"etag", etag.encode()),
            (b"x-content-type-options", b"nosniff"),
        )
        tile = Tile(body, headers, etag.encode())
        with self._lock:
            old = self._tiles.pop(path, None)
            self._held_bytes += tile.size_bytes - (old.size_bytes if old else 0)
            self._tiles[path] = tile
            while self._held_bytes > self._size_bytes:
                self._held_bytes -= self._tiles.popitem(last=False)[1].size_bytes
        return tile


class HeldTiles:
    """ASGI wrapper that answers a held tile before routing, and passes everything else on."""

    def __init__(self, app: ASGIApp, cache: TileCache) -> None:
        self._app, self._cache = app, cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(_PREFIX):
            tile = self._cache.get(scope["path"])
            if tile is not None:
                await send_tile(tile, scope, send)
                return
        await self._app(scope, receive, send)


async def send_tile(tile: Tile, scope: Scope, send: Send) -> None:
    """Send a tile: 304 where the browser has it, 204 where it is empty, else 200."""
    known = any(name == b"if-none-match" and tile.etag in value for name, value in scope["headers"])
    status = 304 if known else 200 if tile.body else 204
    headers = (
        tile.headers
        if status == 200
        else [pair for pair in tile.headers if pair[0] not in (b"content-length", b"content-type")]
    )
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": tile.body if status == 200 else b""})
