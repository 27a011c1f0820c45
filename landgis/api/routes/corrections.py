"""The register of corrections: the cells put right by hand, listed, added, withdrawn, written to a file and read from one."""

import secrets
import shutil
from datetime import datetime
from pathlib import Path as File
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from landgis.api.context import Context, Here, Outside
from landgis.api.problems import BothWords, refusals
from landgis.api.routes.jobs import BODY_OF_A_FILE, Kept, in_scope, may_ask, receive
from landgis.api.sending import made_file
from landgis.workflows import corrections as workflow

router = APIRouter(prefix="/api/corrections", tags=["stock"])

Number = Annotated[int, Path(ge=1, le=2**62, examples=[1], description="The correction's number.")]
#: A text of any length that the database can keep.
Words = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = refusals(
    {
        403: "Asked by a page of somebody else.",
        409: "It is withdrawn already, or another write to the park is under way.",
    }
)


class Correction(BaseModel):
    """A correction that stands. ``old`` and ``new`` are texts in our unit, null is unknown; ``row_key`` is the row's key in its park."""

    correction: int
    park_code: str
    table_name: str
    row_key: list[str]
    field: str
    old: str | None
    new: str | None
    reason: str
    evidence: str | None
    made_at: datetime
    made_by: str


class Correcting(BaseModel):
    """One cell, the value that stands there, and the right one."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "park_code": "S01", "table_name": "parcel", "key": ["P00012"], "field": "cert_area_m2", "old": "103333.3",
                    "new": "10333.3", "reason": "小数点错位", "evidence": "不动产权证 1 号",
                }
            ]
        }
    }  # fmt: skip

    park_code: Kept
    table_name: Kept
    key: list[Kept] = Field(min_length=1, max_length=8)
    field: Kept
    old: Words | None = Field(None, description="What stands there, in our unit; null is unknown.")
    new: Words | None = Field(None, description="The right value, in our unit; null is unknown.")
    reason: Words
    evidence: Words | None = None


class Withdrawing(BaseModel):
    """Why a correction is taken back."""

    model_config = {"json_schema_extra": {"examples": [{"reason": "证书复核"}]}}

    reason: Words


class NotTaken(BothWords):
    """A row of a list that was not taken, and why."""

    row: int | None


class Registered(BaseModel):
    """What became of corrections: their numbers, the batch that applied them (null: none applied), how many wait for their row."""

    corrections: list[int]
    batch: int | None
    waiting: int
    refused: list[NotTaken]


@router.get("")
def corrections(here: Here) -> list[Correction]:
    """List the corrections that stand in the service's parks, oldest first."""
    with here.connection() as conn:
        return [Correction(**one) for one in workflow.list_all(conn, parks=here.scope)]


@router.post("", status_code=201, dependencies=[Depends(may_ask)], responses=_REFUSED)
def add(here: Here, given: Correcting) -> Registered:
    """Put one cell right, now and in every import while the old value still stands there."""
    in_scope(here, [given.park_code])
    with here.connection() as conn:
        return Registered(**workflow.add(conn, given.model_dump(), parks=here.scope).as_dict())


@router.post("/{correction}/withdraw", dependencies=[Depends(may_ask)], responses=_REFUSED)
def withdraw(here: Here, correction: Number, given: Withdrawing) -> Registered:
    """Take a correction back; the old value returns where the new one still stands. Both rows stay on record."""
    with here.connection() as conn:
        return Registered(**workflow.withdraw(conn, correction, given.reason, parks=here.scope).as_dict())


@router.get(
    "/register.{ending}",
    response_class=FileResponse,
    responses={200: {"description": "The corrections that stand, a row each; an import of it adds nothing."}},
)
def register(here: Here, ending: Annotated[Literal["xlsx", "csv"], Path(examples=["xlsx"])]) -> FileResponse:
    """Write the corrections that stand to a file, as an import takes them."""
    with here.connection() as conn:
        return made_file(f"corrections.{ending}", lambda path: workflow.export_list(conn, path, parks=here.scope))


@router.post(
    "/import", status_code=201, openapi_extra=BODY_OF_A_FILE, dependencies=[Depends(may_ask)], responses=_REFUSED
)
async def take_in(
    here: Outside,
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=200, examples=["corrections.xlsx"])],
) -> Registered:
    """Register the corrections of a list (.xlsx, .csv) that is sent as the body; those that stand already are passed over."""
    folder = here.settings.inbox_folder / secrets.token_hex(8)
    try:
        path = await receive(request, folder, name, here.settings.upload_mb << 20)
        return await run_in_threadpool(_registered, here, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _registered(here: Context, path: File) -> Registered:
    with here.connection() as conn:
        return Registered(**workflow.import_list(conn, path, parks=here.scope).as_dict())
