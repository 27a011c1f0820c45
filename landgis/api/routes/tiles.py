"""Vector tiles of a run."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from starlette.types import Receive, Scope, Send

from landgis.api.context import Outside
from landgis.api.tiles import Tile, send_tile
from landgis.terms.tiles import DEEPEST_ZOOM

router = APIRouter(tags=["tiles"])


class _TileResponse(Response):
    """A tile that knows how to send itself."""

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
async def tile(
    here: Outside,
    run: Annotated[int, Path(ge=1, le=2**62, examples=[1])],
    z: Annotated[int, Path(ge=0, le=DEEPEST_ZOOM, examples=[14])],
    x: Annotated[int, Path(ge=0, examples=[13686])],
    y: Annotated[int, Path(ge=0, examples=[6689])],
) -> _TileResponse:
    """One Web Mercator tile: layer ``parcel`` from the run's detail zoom on, layer ``cell`` (counts) below it."""
    return _TileResponse(await here.tile((run, z, x, y)))
