"""The printed sheet of a run: to scale, as a filter shows it, as PDF or PNG."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response

from landgis.api.context import Here
from landgis.api.routes.runs import NO_NUL, RunNumber, Wanted
from landgis.workflows import drawing

router = APIRouter(prefix="/api/runs", tags=["sheets"])

_KINDS: Final = {"pdf": "application/pdf", "png": "image/png"}
#: What people write on a sheet is a line, not a page.
_Line = Annotated[str, Query(max_length=120, pattern=NO_NUL)]


@router.get(
    "/{run}/sheet.{kind}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in _KINDS.values()}, "description": "One lying sheet."}},
)
def sheet(
    here: Here,
    run: RunNumber,
    kind: Literal["pdf", "png"],
    bbox: Annotated[
        str | None,
        Query(max_length=120, examples=["115.1,32.9,115.3,33.1"], description="West, south, east, north in degrees."),
    ] = None,
    park: Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")] = None,
    filter: Wanted = "",
    paper: Literal["a4", "a3"] = "a4",
    title: _Line = "",
    secrecy: Annotated[str, Query(max_length=40, pattern=NO_NUL, description="密级.")] = "",
    approval: Annotated[str, Query(max_length=60, pattern=NO_NUL, description="审图号.")] = "",
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Language of the sheet.")] = None,
) -> Response:
    """Draw the run on a sheet with title, legend, north, scale, dates and filter; refused where the server has no Chinese font."""
    with here.reading() as conn:
        body = drawing.draw_sheet(
            conn,
            run,
            kind,
            bbox=drawing.read_bbox(bbox) if bbox else None,
            park=park,
            wanted=filter,
            paper=paper,
            language=lang or here.settings.language,
            title=title,
            secrecy=secrecy,
            approval=approval,
        )
    name = f'inline; filename="landgis-run-{run}-{paper}.{kind}"'
    return Response(body, media_type=_KINDS[kind], headers={"Content-Disposition": name, "Cache-Control": "no-store"})
