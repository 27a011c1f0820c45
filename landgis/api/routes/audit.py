"""The record of who did what, for those who work and those who check."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from landgis.api.context import Here, Outside
from landgis.api.problems import BothWords, refusals
from landgis.api.routes.cockpit import LISTS
from landgis.api.routes.runs import NO_NUL
from landgis.api.sending import made_file
from landgis.terms.audit import Noted
from landgis.workflows import audit as workflow

_ENTRY: dict[str, Any] = {
    "audit": 7, "at": "2026-07-02T08:00:00Z", "who": "li", "act": "ingest", "title": {"zh": "导入", "en": "import"},
    "park_codes": ["S01"], "detail": {"batch": 3, "file": "ledger.xlsx", "stored": 8},
    "said": {"zh": "批次 3；文件 ledger.xlsx；写入行数 8", "en": "batch 3; file ledger.xlsx; rows stored 8"},
}  # fmt: skip


class Entry(BaseModel):
    """One thing somebody did. ``who``: the account, or the database's role where nobody is logged in."""

    model_config = {"json_schema_extra": {"examples": [_ENTRY]}}

    audit: int = Field(description="Its number.")
    at: datetime
    who: str
    act: str
    title: BothWords
    park_codes: list[str]
    detail: dict[str, Any]
    said: BothWords


def may_read(here: Outside) -> None:
    """Let those read who work or check."""
    here.allow("manager", "checker")


def sought(
    who: Annotated[str | None, Query(max_length=100, pattern=NO_NUL, description="Of this account only.")] = None,
    act: Annotated[Noted | None, Query(description="Of this act only.")] = None,
    park: Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")] = None,
    since: Annotated[date | None, Query(description="From this day of Beijing on.")] = None,
    until: Annotated[date | None, Query(description="To this day, included.")] = None,
) -> workflow.Sought:
    """Say which entries are meant."""
    return workflow.Sought(who, act, park, since, until)


Asked = Annotated[workflow.Sought, Depends(sought)]
router = APIRouter(
    prefix="/api/audit", tags=["jobs"], dependencies=[Depends(may_read)], responses=refusals({403: "By a role that may not."})
)  # fmt: skip


@router.get("")
def entries(
    here: Here,
    asked: Asked,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="Only those older than this entry.")] = None,
) -> list[Entry]:
    """List what people did, the latest first; read on with ``before``."""
    with here.connection() as conn:
        found = workflow.entries(conn, asked, most=limit, before=before, parks=here.scope)
    return [Entry(**one) for one in found]


@router.get(
    "/record.{kind}",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in LISTS.values()}, "description": "The record as a file."}},
)
def record(
    here: Here,
    asked: Asked,
    kind: Literal["csv", "xlsx"],
    lang: Annotated[Literal["zh", "en"], Query(description="Language of heads and words.")] = "zh",
) -> FileResponse:
    """Give what people did as a file."""
    with here.connection() as conn:
        return made_file(
            f"landgis-record.{kind}",
            lambda path: workflow.write_entries(conn, asked, path, language=lang, parks=here.scope),
            LISTS[kind],
        )
