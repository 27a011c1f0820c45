"""The pages people look at."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from landgis.api.context import Here
from landgis.workflows import publish

router = APIRouter(tags=["pages"])


@router.get("/", include_in_schema=False)
async def home() -> RedirectResponse:
    """Lead to the map."""
    return RedirectResponse("/map")


@router.get("/map", response_class=HTMLResponse)
def map_page(
    here: Here,
    request: Request,
    run: Annotated[
        int | None, Query(ge=1, le=2**62, description="The run to draw; the latest where none is named.")
    ] = None,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Language of the page.")] = None,
) -> HTMLResponse:
    """Show the map of a run."""
    settings = here.settings
    with here.reading() as conn:
        page = publish.map_page(
            conn,
            run,
            language=lang or settings.language,
            base_maps=settings.base_maps,
            web=settings.web_folder,
            nonce=request.scope["landgis.nonce"],
        )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@router.get("/openapi.json", include_in_schema=False)
def schema(request: Request) -> JSONResponse:
    """Describe this service, at the address many clients try first."""
    return JSONResponse(request.app.openapi())
