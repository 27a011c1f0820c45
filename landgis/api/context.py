"""What a request needs of its service: settings, connections, tiles."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from landgis.api.answers import Answers
from landgis.api.tiles import Place, Tile, TileCache
from landgis.settings import Settings
from landgis.store.database import AsyncPool, Connection, Pool, no_connection, refusals, scoped
from landgis.store.runs import read_tile_at_once
from landgis.terms.errors import InputError, Words
from landgis.terms.tiles import DEEPEST_ZOOM
from landgis.workflows.explain import Cases
from landgis.workflows.held import Held


@dataclass(frozen=True)
class Context:
    """One service's settings, connections for answers and for tiles, a turn for each of the former, what is held."""

    settings: Settings
    pool: Pool
    tile_pool: AsyncPool
    turns: asyncio.Semaphore
    tiles: TileCache
    cases: Cases = field(default_factory=Cases)
    answers: Answers = field(default_factory=Answers)
    zones: Held[tuple[int, str | None], dict[str, Any]] = field(default_factory=lambda: Held(16))
    sums: Held[int, dict[str, Any]] = field(default_factory=lambda: Held(64))

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection, without any scope."""
        with refusals(), self.pool.connection() as conn:
            yield conn

    @contextmanager
    def reading(self, timeout_s: float | None = None) -> Iterator[Connection]:
        """Lend a connection inside one transaction in the service's scope."""
        limit = self.settings.statement_timeout_s if timeout_s is None else timeout_s
        with self.connection() as conn, scoped(conn, self.settings.scope, timeout_s=limit):
            yield conn

    async def tile(self, place: Place) -> Tile:
        """Give a tile in the service's scope: a held one, or else one that is drawn now and held."""
        held = self.tiles.get(place)
        if held:
            return held
        _, z, x, y = place
        if z > DEEPEST_ZOOM or x >> z or y >> z:
            raise InputError(Words("瓦片行列号超出该级别。", "No such tile at this zoom."), at=f"{z}/{x}/{y}")
        scope, limit = self.settings.scope, self.settings.tile_timeout_s
        return self.tiles.put(place, await read_tile_at_once(self.tile_pool, scope, *place, timeout_s=limit))


async def _outside(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


#: For a route that waits for no connection in a thread of its own, or must not keep a turn while a file is sent.
Outside = Annotated[Context, Depends(_outside)]


async def _in_turn(outside: Outside) -> AsyncIterator[Context]:
    """Let a request in when there is a connection for it: those who wait, wait here and not in a thread, of which there are few."""
    try:
        await asyncio.wait_for(outside.turns.acquire(), outside.settings.pool_timeout_s)
    except TimeoutError as error:
        raise no_connection() from error
    try:
        yield outside
    finally:
        outside.turns.release()


#: For every other route; the turn ends when the answer is made, not when it has been sent.
Here = Annotated[Context, Depends(_in_turn, scope="function")]
