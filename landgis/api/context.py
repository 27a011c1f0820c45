"""What a request needs of its service: settings, connections, tiles, and the scope of who asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self

from fastapi import Depends, Request

from landgis.api.answers import Answers
from landgis.api.tiles import Place, Tile, TileCache
from landgis.settings import Settings
from landgis.store.database import AsyncPool, Connection, Pool, act_as, no_connection, refusals, scoped
from landgis.store.runs import read_tile_at_once
from landgis.terms.accounts import ROLE, Person, common_parks
from landgis.terms.errors import AccessError, InputError, Words
from landgis.terms.tiles import DEEPEST_ZOOM
from landgis.workflows.explain import Cases
from landgis.workflows.held import Held


@dataclass(frozen=True)
class Context:
    """One service's settings, connections for answers and for tiles, a turn for each of the former, what is held, and for whom.

    ``scope`` is the parks that whoever asks may see: those of the account that are the installation's too. ``person`` is None where the
    service asks for no login.
    """

    settings: Settings
    pool: Pool
    tile_pool: AsyncPool
    turns: asyncio.Semaphore
    tiles: TileCache
    scope: tuple[str, ...]
    person: Person | None = None
    cases: Cases = field(default_factory=Cases)
    answers: Answers = field(default_factory=Answers)
    zones: Held[tuple[int, str | None], dict[str, Any]] = field(default_factory=lambda: Held(16))
    sums: Held[int, dict[str, Any]] = field(default_factory=lambda: Held(64))
    uses: Held[int, dict[str, Words]] = field(default_factory=lambda: Held(64))

    def within(self, scope: tuple[str, ...], person: Person | None = None) -> Self:
        """Give the same service in another scope; what is held for one scope is given to no other."""
        return replace(
            self,
            scope=scope,
            person=person,
            cases=Cases(self.cases.held.within(scope)),
            answers=self.answers.within(scope),
            zones=self.zones.within(scope),
            sums=self.sums.within(scope),
            uses=self.uses.within(scope),
        )

    def of(self, person: Person) -> Self:
        """Give the service as a person may see it."""
        return self.within(common_parks(person.park_codes, self.settings.served_parks), person)

    @property
    def role(self) -> str | None:
        """The role of who asks; None where the service asks for no login."""
        return self.person.role if self.person else None

    def allow(self, *roles: str) -> None:
        """Let only these roles go on; all, where the service asks for no login.

        Raises
        ------
        AccessError
            The account has another role.
        """
        if self.person is None or self.person.role in roles:
            return
        zh, en = ("、".join(ROLE[role].zh for role in roles), ", ".join(roles))
        raise AccessError(
            Words("您的角色不能做这项操作。", "Your role may not do this."),
            at=f"{self.person.account}: {self.person.role}",
            why=Words(f"需要角色：{zh}。", f"It takes the role {en}."),
            mend=Words(
                "请有此角色的同事办理，或请管理员改角色。",
                "Have a colleague do it, or the administrator change the role.",
            ),
        )

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection, without any scope; what is written through it is noted under the person who asks."""
        with refusals(), self.pool.connection() as conn:
            if self.person is not None:
                act_as(conn, self.person.account)
            yield conn

    @contextmanager
    def reading(self, timeout_s: float | None = None) -> Iterator[Connection]:
        """Lend a connection inside one transaction in the scope of who asks."""
        limit = self.settings.statement_timeout_s if timeout_s is None else timeout_s
        with self.connection() as conn, scoped(conn, self.scope, timeout_s=limit):
            yield conn

    async def tile(self, place: Place) -> Tile:
        """Give a tile in the scope of who asks: a held one, or else one that is drawn now and held."""
        held = self.tiles.get((self.scope, place))
        if held:
            return held
        _, z, x, y = place
        if z > DEEPEST_ZOOM or x >> z or y >> z:
            raise InputError(Words("瓦片行列号超出该级别。", "No such tile at this zoom."), at=f"{z}/{x}/{y}")
        limit = self.settings.tile_timeout_s
        body = await read_tile_at_once(self.tile_pool, self.scope, *place, timeout_s=limit)
        return self.tiles.put((self.scope, place), body)


async def _outside(request: Request) -> Context:
    context: Context = request.scope["landgis.context"]  # put there by `landgis.api.entrance`, and nowhere else
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
