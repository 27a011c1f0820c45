"""The pages people look at."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from landgis.api.context import Context, Here
from landgis.api.routes.runs import NO_NUL
from landgis.workflows import publish, workspace
from landgis.workflows.cockpit import BLOCK_MU

router = APIRouter(tags=["pages"])

Lang = Annotated[Literal["zh", "en"] | None, Query(description="Language of the page.")]


@router.get("/", include_in_schema=False)
async def home() -> RedirectResponse:
    """Lead to the map."""
    return RedirectResponse("/map")


@router.get("/map", response_class=HTMLResponse)
def map_page(
    here: Here,
    request: Request,
    run: Annotated[
        int | None,
        Query(ge=1, le=2**62, description="The run to draw; the latest of those of most parks where none is named."),
    ] = None,
    lang: Lang = None,
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
            held=here.sums,
            role=here.role,
        )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@router.get("/cockpit", response_class=HTMLResponse)
def cockpit_page(
    here: Here,
    request: Request,
    run: Annotated[
        int | None, Query(ge=1, le=2**62, description="The run; the latest of those of most parks where none is named.")
    ] = None,
    park: Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")] = None,
    block_mu: Annotated[float, Query(ge=0.1, le=1e6, description="The least size of a block, mu.")] = BLOCK_MU,
    lang: Lang = None,
) -> HTMLResponse:
    """Show a run as a whole. The same as data: `/api/runs/{run}/cockpit`, `/blocks` and `/zones`."""
    with here.reading() as conn:
        return _page(workspace.cockpit_page(conn, run, park, block_mu, **_laid_out(here, request, lang)))


@router.get("/cases", response_class=HTMLResponse)
def cases_page(here: Here, request: Request, lang: Lang = None) -> HTMLResponse:
    """Show the cases: who is responsible, who checks, what is due. The same as data: `/api/cases`."""
    with here.reading() as conn:
        return _page(workspace.cases_page(conn, **_laid_out(here, request, lang)))


@router.get("/import", response_class=HTMLResponse)
def import_page(
    here: Here,
    request: Request,
    upload: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$", description="Files that were sent.")] = None,
    job: Annotated[int | None, Query(ge=1, le=2**62, description="The job that takes them in.")] = None,
    lang: Lang = None,
) -> HTMLResponse:
    """Show the wizard that takes files in. The same as data: `/api/uploads` and `/api/jobs`."""
    with here.reading() as conn:
        return _page(workspace.import_page(conn, upload, job, **_laid_out(here, request, lang)))


@router.get("/jobs", response_class=HTMLResponse)
def jobs_page(
    here: Here,
    request: Request,
    job: Annotated[int | None, Query(ge=1, le=2**62, description="The job to open.")] = None,
    lang: Lang = None,
) -> HTMLResponse:
    """Show the jobs: what waits, runs, and became of the rest. The same as data: `/api/jobs`."""
    with here.reading() as conn:
        return _page(workspace.jobs_page(conn, job, datetime.now().astimezone(), **_laid_out(here, request, lang)))


@router.get("/audit", response_class=HTMLResponse)
def audit_page(here: Here, request: Request, lang: Lang = None) -> HTMLResponse:
    """Show who did what, and when. The same as data: `/api/audit`."""
    with here.reading() as conn:
        return _page(workspace.audit_page(conn, **_laid_out(here, request, lang)))


def _laid_out(here: Context, request: Request, lang: Literal["zh", "en"] | None) -> dict[str, Any]:
    settings = here.settings
    return {
        "language": lang or settings.language,
        "role": here.role,
        "web": settings.web_folder,
        "nonce": request.scope["landgis.nonce"],
    }


def _page(text: str) -> HTMLResponse:
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


@router.get("/openapi.json", include_in_schema=False)
def schema(request: Request) -> JSONResponse:
    """Describe this service, at the address many clients try first."""
    return JSONResponse(request.app.openapi())
