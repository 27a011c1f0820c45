"""Vector tiles of a run."""

import hashlib
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.types import Receive, Scope, Send

import landgis
from landgis.api.context import Here
from landgis.api.tiles import Tile, send_tile
from landgis.store.runs import read_tile, run_detail_zoom
from landgis.terms.errors import InputError, Words

router = APIRouter(tags=["tiles"])

_FRESH_S: Final = 600


class _TileResponse(Response):
    """A tile that knows how to send itself, held or fresh alike."""

    def __init__(self, tile: Tile) -> None:
        super().__init__()
        self._tile = tile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_tile(self._tile, scope, send)


@router.get(
    "/tiles/{run}/{z}/{x}/{y}.pbf",
    response_class=Response,
    responses={
        200: {"content": {"application/vnd.mapbox-vector-tile": {}}, "description": "A vector tile."},
        204: {"description": "Nothing of the run lies here."},
        304: {"description": "The browser has this tile."},
    },
)
def tile(
    here: Here,
    request: Request,
    run: Annotated[int, Path(ge=1, le=2**62, examples=[1])],
    z: Annotated[int, Path(ge=0, le=22, examples=[14])],
    x: Annotated[int, Path(ge=0, examples=[13686])],
    y: Annotated[int, Path(ge=0, examples=[6689])],
) -> _TileResponse:
    """One Web Mercator tile: layer ``parcel`` from the run's detail zoom on, layer ``cell`` (counts) below it."""
    if x >> z or y >> z:
        raise InputError(Words("瓦片行列号超出该级别。", "No such tile at this zoom."), at=f"{z}/{x}/{y}")
    with here.reading(here.settings.tile_timeout_s) as conn:
        if run not in here.detail_zooms:
            here.detail_zooms[run] = run_detail_zoom(conn, run)
        body = read_tile(conn, run, z, x, y, detail=z >= here.detail_zooms[run])
    scope = ",".join(here.settings.scope)
    etag = hashlib.sha256(f"{landgis.__version__} {scope} {run}/{z}/{x}/{y}".encode()).hexdigest()[:20]
    return _TileResponse(here.tiles.put(request.url.path, body, f'"{etag}"', _FRESH_S))
