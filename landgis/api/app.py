"""`create_app(settings)`: pool, routes, problems, static files. No logic."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from anyio import to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import landgis
from landgis.api import problems
from landgis.api.context import Context
from landgis.api.entrance import Door, Entrance, describe_ways_in
from landgis.api.routes import (
    areas,
    audit,
    batches,
    cases,
    cockpit,
    corrections,
    demands,
    evaluation,
    health,
    jobs,
    login,
    looking,
    pages,
    parks,
    plans,
    rules,
    runs,
    sheets,
    tiles,
    uploads,
)
from landgis.api.tiles import StraightToTiles, TileCache
from landgis.settings import Settings
from landgis.store.database import async_pool, open_pool
from landgis.workflows import publish
from landgis.workflows.clock import allow_reading

_DESCRIPTION: Final = (
    "Parcels of industrial parks, what a run found on them, and the map. Findings are suspicions (疑似), never verdicts. "
    "Areas are m² on the ellipsoid, coordinates CGCS2000 (EPSG:4490)."
)

#: What a page may load and do; where its scripts and images come from is added for each answer.
_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self';"
)
_FOR_ALL: Final = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))


def create_app(settings: Settings, database_url: str) -> FastAPI:
    """Make the service.

    Parameters
    ----------
    settings
        The installation's settings; nobody is shown another park than those they name.
    database_url
        As the application's role, which owns nothing and is bound by row-level security.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        allow_reading(settings.read_timeout_s)
        size, timeout_s = settings.pool_size, settings.pool_timeout_s
        with open_pool(database_url, size=size, timeout_s=timeout_s) as pool:
            async with (
                async_pool(database_url, size=size, timeout_s=timeout_s) as tile_pool,
                async_pool(database_url, size=2, timeout_s=timeout_s) as door_pool,
            ):
                # Threads for those whose turn it is, beside those for files.
                to_thread.current_default_thread_limiter().total_tokens += size
                cache = TileCache(settings.tile_cache_mb << 20)
                turns = asyncio.Semaphore(size)
                context = Context(settings, pool, tile_pool, turns, cache, scope=settings.served_parks)
                app.state.door = Door(context, door_pool)
                yield

    app = FastAPI(
        title="LandGIS",
        version=landgis.__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/docs/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
    )
    app.openapi_version = "3.0.3"
    problems.install(app)
    describe_ways_in(app)
    # Asked for most comes first: routes are tried in turn.
    for routes in (
        tiles,
        pages,
        health,
        parks,
        batches,
        corrections,
        looking,
        runs,
        evaluation,
        jobs,
        login,
        rules,
        demands,
        cases,
        cockpit,
        audit,
        uploads,
        sheets,
        areas,
        plans,
    ):
        app.include_router(routes.router)
    app.include_router(uploads.issues_router)
    app.mount("/static", StaticFiles(directory=settings.web_folder / "static"), name="static")
    app.mount("/vendor", StaticFiles(directory=settings.web_folder / "vendor"), name="vendor")
    app.add_middleware(_Compression, minimum_size=1024)
    app.add_middleware(StraightToTiles)
    app.add_middleware(Entrance)
    app.add_middleware(_Envelope, image_origins=publish.image_origins(settings.base_maps))
    return app


class _Compression(GZipMiddleware):
    """Compress pages, modules and answers; tiles are small and dense, and many."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/tiles/"):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Envelope:
    """Give every request a number and a nonce, and every answer the headers that keep a page to itself."""

    def __init__(self, app: ASGIApp, image_origins: Sequence[str]) -> None:
        self._app = app
        self._images = " ".join(("'self'", "data:", "blob:", *image_origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["landgis.request_id"] = secrets.token_hex(8)
        scope["landgis.nonce"] = nonce = secrets.token_urlsafe(16)

        async def enveloped(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = f"{_POLICY} script-src 'self' 'nonce-{nonce}'; img-src {self._images}"
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", policy.encode()),
                    (b"x-request-id", scope["landgis.request_id"].encode()),
                    *_FOR_ALL,
                ]
                if scope["path"].startswith(("/static/", "/vendor/")) and scope["query_string"].startswith(b"v="):
                    MutableHeaders(scope=message)["Cache-Control"] = (
                        "public, max-age=31536000, immutable"  # the address holds the content's hash
                    )
            await send(message)

        await self._app(scope, receive, enveloped)
