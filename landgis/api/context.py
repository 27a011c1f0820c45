"""What a request needs of its service: settings, connections, tiles."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from landgis.api.tiles import TileCache
from landgis.settings import Settings
from landgis.store.database import Connection, Pool, refusals, scoped


@dataclass(frozen=True)
class Context:
    """One service's settings, pool, held tiles, and the zoom from which each run's parcels are drawn: it never changes."""

    settings: Settings
    pool: Pool
    tiles: TileCache
    detail_zooms: dict[int, int] = field(default_factory=dict)

    @contextmanager
    def reading(self, timeout_s: float | None = None) -> Iterator[Connection]:
        """Lend a connection inside one transaction in the service's scope."""
        limit = self.settings.statement_timeout_s if timeout_s is None else timeout_s
        with refusals(), self.pool.connection() as conn, scoped(conn, self.settings.scope, timeout_s=limit):
            yield conn


async def _context(request: Request) -> Context:  # async: a plain function would be sent to a thread
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(_context)]
