"""Who comes in: every request is let in as somebody, in that person's scope, before anything else looks at it."""

import asyncio
import base64
import binascii
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Mapping
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from landgis.api.context import Context
from landgis.api.problems import refusal
from landgis.store import accounts
from landgis.store.database import AsyncPool
from landgis.terms.errors import AccessError, LandgisError, LoginError, Words
from landgis.workflows.accounts import digest_of

COOKIE: Final = "landgis_session"
#: What anybody may have: whether the service lives, the way in, and what holds no data.
_OPEN: Final = frozenset({"/", "/healthz", "/readyz", "/login", "/logout"})
_OPEN_FOLDERS: Final = ("/static/", "/vendor/")
#: So long an answer of the database about a person holds: a tile costs no journey of its own, and who is shut out still sees so long.
FRESH_S: Final = 5.0
_HELD_MOST: Final = 10_000
#: So many keys are made of passwords at once; each takes 32 MB and a core for a quarter of a second.
_KEYS_AT_ONCE: Final = 2
#: Browsers keep answers of their own: whoever comes to the same browser next must not be given them without our being asked, and what was
#: given before there was any account must not be shown after. What is still right comes as 304.
_KEPT: Final = "private, no-cache"


class Door:
    """Lets people in; for one event loop. It has connections of its own, so that nobody waits for it behind tiles."""

    def __init__(self, context: Context, pool: AsyncPool) -> None:
        self.service, self.pool = context, pool
        self.nobody = context.within(())
        self.keys = asyncio.Semaphore(_KEYS_AT_ONCE)
        self._is_asking = False
        self._held: OrderedDict[Hashable, tuple[asyncio.Task[Any], float]] = OrderedDict()

    async def asks(self) -> bool:
        """Tell whether a login is asked for: as the setting says, or else from the first account on."""
        mode = self.service.settings.login
        if mode == "auto" and not self._is_asking:  # accounts are never deleted
            self._is_asking = bool(await self._fresh("accounts", lambda: accounts.ask_has_accounts(self.pool)))
        return mode == "on" or self._is_asking

    async def let_in(self, scope: Scope, *, is_seen: bool = True) -> Context:
        """Give the service as whoever sent a request may see it.

        Parameters
        ----------
        is_seen
            Whether this keeps the session from ending for idleness.

        Raises
        ------
        LoginError
            It takes a login, and the request brings no session or token that is in force.
        AccessError
            None of the account's parks is served here.
        """
        if not await self.asks():
            return self.service
        secret = _secret(scope)
        found = await self._of(digest_of(secret), is_seen) if secret else None
        if found is None:
            raise LoginError(
                Words("尚未登录，或登录已过期。", "Nobody is logged in, or the session has ended."),
                mend=Words("请登录。", "Log in."),
            )
        if not found.scope:
            raise AccessError(
                Words("本系统没有您可查看的园区。", "None of your parks is served here."),
                mend=Words(
                    "请管理员核对账号的园区与 LANDGIS_PARKS。",
                    "Have the administrator compare your parks with LANDGIS_PARKS.",
                ),
            )
        return found

    def forget(self, digest: bytes) -> None:
        """Ask the database anew about a session, which has just ended."""
        for is_seen in (True, False):
            self._held.pop((digest, is_seen), None)

    async def _of(self, digest: bytes, is_seen: bool) -> Context | None:
        async def ask() -> Context | None:
            person = await accounts.ask_person(self.pool, digest, is_seen=is_seen)
            return None if person is None else self.service.of(person)

        found: Context | None = await self._fresh((digest, is_seen), ask)
        return found

    async def _fresh(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401  what `ask` gives
        """Give what `ask` gave a moment ago, or gives now; those who come together wait for one answer."""
        task, until = self._held.get(key, (None, 0.0))
        if task is None or time.monotonic() > until:
            task = asyncio.create_task(ask())
            self._held[key] = task, time.monotonic() + FRESH_S
            self._held.move_to_end(key)
            while len(self._held) > _HELD_MOST:
                self._held.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except LandgisError:
            if self._held.get(key, (None, 0.0))[0] is task:
                del self._held[key]
            raise


class Entrance:
    """ASGI wrapper that lets a request in as somebody, or sends it to the login; what lies inside reads ``landgis.context``.

    A request that did not pass here has no context, and nothing inside works without one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        door: Door = scope["app"].state.door
        if scope["path"] in _OPEN or scope["path"].startswith(_OPEN_FOLDERS):
            scope["landgis.context"] = door.nobody
            await self._app(scope, receive, send)
            return
        try:
            context = await door.let_in(scope)
        except LandgisError as error:
            request = Request(scope)
            wants_page = scope["method"] == "GET" and "text/html" in request.headers.get("accept", "")
            if isinstance(error, LoginError) and wants_page:
                await to_login(request)(scope, receive, send)
            else:
                await refusal(request, error)(scope, receive, send)
            return
        scope["landgis.context"] = context

        async def kept_apart(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("cache-control") != "no-store":
                    headers["Cache-Control"] = _KEPT
                headers.add_vary_header("Cookie, Authorization")
            await send(message)

        await self._app(scope, receive, kept_apart)


def to_login(request: Request) -> RedirectResponse:
    """Lead a person to the login, and from there back to the same address; the browser carries the part behind # along itself."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/login?next={quote(request.url.path + query, safe='')}", 303)


def session_of(scope: Scope) -> str | None:
    """Give the number of the session that the browser sent, in force or not."""
    cookies: Mapping[str, str] = Request(scope).cookies
    return cookies.get(COOKIE)


def _secret(scope: Scope) -> str | None:
    """Give the token or the session's number that a request brings; a token as Bearer, or as the password of Basic."""
    sent: bytes | None = next((value for name, value in scope["headers"] if name == b"authorization"), None)
    if sent is None:
        return session_of(scope)
    kind, _, value = sent.decode("latin-1").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def is_https(request: Request) -> bool:
    """Tell whether the browser asked over https, as far as we were told by somebody we believe."""
    told = request.headers.get("x-forwarded-proto", "") if _proxied(request) else ""
    return (told or request.url.scheme) == "https"


def address_of(request: Request) -> str:
    """Give the address of the browser, as far as we were told by somebody we believe."""
    own = request.client.host if request.client else ""
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() if _proxied(request) else ""
    try:
        return str(ipaddress.ip_address(told or own))
    except ValueError:
        return own[:64]


def _proxied(request: Request) -> bool:
    return bool(request.app.state.door.service.settings.proxy)


def describe_ways_in(app: FastAPI) -> None:
    """Tell in the description by what a request may say whose it is; none of it where the service asks for no login."""
    made = app.openapi

    def described() -> dict[str, Any]:
        schema = made()
        schema["components"]["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Made by the page `/login`."},
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "Made by `landgis account token`; reads only.",
            },
            "token_as_password": {
                "type": "http",
                "scheme": "basic",
                "description": "A token as the password, under any user name.",
            },
        }
        schema["security"] = [{}, {"session": []}, {"token": []}, {"token_as_password": []}]
        return schema

    app.openapi = described  # type: ignore[method-assign]
