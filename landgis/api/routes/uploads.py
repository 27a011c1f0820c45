"""Files that are looked at before they are taken in: sent, previewed, tried, then stored or thrown away."""

import re
import secrets
import shutil
from pathlib import Path as File
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from landgis.api.context import Context, Here, Outside
from landgis.api.problems import BothWords, refusals
from landgis.api.routes.jobs import (
    ASKING,
    BODY_OF_A_FILE,
    JobNumber,
    JobState,
    Kept,
    Repair,
    ask,
    in_scope,
    may_ask,
    receive,
)
from landgis.api.routes.parks import IssueTold
from landgis.api.sending import made_file
from landgis.store import queue, runs
from landgis.terms.errors import ConflictError, InputError, NotFoundError, Words
from landgis.workflows import drafts

router = APIRouter(prefix="/api/uploads", tags=["import"])
issues_router = APIRouter(prefix="/api/jobs", tags=["import"])

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What is wrong with a file stands beside it, under a name that no file that is sent can have.
_FINDINGS: Final = ".findings-"
#: So many files make one import at most: a shapefile has eight parts, a ledger a handful of sheets.
_FILES_MOST: Final = 40

UploadName = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", examples=["0" * 32], description="What the service calls what was sent.")
]
FileName = Annotated[str, Query(min_length=1, max_length=200, examples=["park.gpkg"], description="The file's name.")]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = refusals(
    {
        403: "Asked by a page of somebody else.",
        409: "There is a file of this name already, or the import is under way.",
    }
)


_UNDONE: Final[dict[int | str, dict[str, Any]]] = refusals({409: "The import is not done, or did not succeed."})


class SentFile(BaseModel):
    """A file that was sent."""

    name: str
    bytes: int


class Upload(BaseModel):
    """Files that wait to be looked at; they make one batch together."""

    model_config = {
        "json_schema_extra": {"examples": [{"upload": "0" * 32, "files": [{"name": "park.gpkg", "bytes": 118784}]}]}
    }

    upload: str
    files: list[SentFile]


class UnitAsked(BaseModel):
    """A column whose unit neither file nor profile says: which ``field`` it becomes, and the ``choices`` an import takes in `units`."""

    column: str
    field: BothWords
    choices: list[str]


class ProfileFit(BaseModel):
    """How far a profile knows the columns that were sent: ``known`` of the files' ``columns``, of the ``asked`` names it has.

    ``crs`` is the system it says the numbers are in; ``units`` are to be said with the import; ``problem`` says why one that was sent
    with the files cannot be used. The last is ``auto``: what the files themselves call for.
    """

    name: str
    title: BothWords | None
    known: list[str]
    asked: int
    columns: int
    crs: str | None
    units: list[UnitAsked]
    problem: BothWords | None


class Preview(BaseModel):
    """What is in the files: layers with columns, first rows, where they lie, and which systems their numbers fit; and the profiles."""

    model_config = {"json_schema_extra": {"examples": [{"files": ["park.gpkg"], "layers": [], "profiles": []}]}}

    files: list[str]
    layers: list[dict[str, Any]] = Field(description="As the workflow `preview` tells them.")
    profiles: list[ProfileFit]


class Importing(BaseModel):
    """How to take the files in."""

    model_config = {"json_schema_extra": {"examples": [{"profile": "landgis-template", "dry_run": True}]}}

    profile: str = Field(
        max_length=200,
        description="A profile's name, that of one sent with the files, or ``auto``: chosen by the files.",
    )
    park: str | None = Field(None, max_length=100, description="The park, where the files do not say it.")
    park_name: Kept | None = Field(None, description="What a new park is called; the import makes it.")
    crs: str | None = Field(
        None, max_length=100, description="The system of the numbers, where the files do not say it."
    )
    encoding: str | None = Field(None, max_length=40, description="The encoding, where the files do not say it.")
    dry_run: bool = Field(description="Check everything, store nothing, keep the files.")
    units: dict[Kept, Kept] | None = Field(
        None, max_length=200, description='In which units columns are, where the files do not say it: ``{"MJ": "亩"}``.'
    )
    repairs: list[Repair] = Field([], description="What is to be repaired of parcels besides invalid shapes.")
    full: bool = Field(False, description="The files hold all there is of their parks: what they lack ends.")


class Found(IssueTold):
    """One thing that is wrong; ``place`` is the outline of its row as GeoJSON in degrees, null where it has none."""

    place: dict[str, Any] | None


class Findings(BaseModel):
    """A page of what an import found wrong; ``next`` is the ``after`` of the following page, null on the last."""

    model_config = {
        "json_schema_extra": {"examples": [{"counts": {"refused": 1, "doubted": 2, "changed": 0}, "items": [], "next": None}]}
    }  # fmt: skip

    counts: dict[str, int]
    items: list[Found]
    next: int | None


@router.post("", status_code=201, openapi_extra=BODY_OF_A_FILE, dependencies=[Depends(may_ask)], responses=_REFUSED)
async def send(here: Outside, request: Request, name: FileName) -> Upload:
    """Send a first file as the body, to be looked at; a profile of your own (``.toml``) may be sent beside it."""
    upload = secrets.token_hex(16)
    await receive(request, here.settings.inbox_folder / upload, name, here.settings.upload_mb << 20)
    return _told(here, upload)


@router.post(
    "/{upload}/files",
    status_code=201,
    openapi_extra=BODY_OF_A_FILE,
    dependencies=[Depends(may_ask)],
    responses=_REFUSED,
)
async def add(here: Outside, request: Request, upload: UploadName, name: FileName) -> Upload:
    """Send another file that belongs to the first: the other parts of a shapefile, figures to outlines, a profile."""
    folder = _folder(here, upload)
    if sum(1 for _ in folder.iterdir()) >= _FILES_MOST:
        raise InputError(
            Words("一次导入的文件太多。", "There are too many files for one import."),
            at=f"> {_FILES_MOST}",
            mend=Words("打成一个压缩包，或分几次导入。", "Zip them, or import them in several goes."),
        )
    await receive(request, folder, name, here.settings.upload_mb << 20)
    return _told(here, upload)


@router.get("/{upload}")
def sent(here: Outside, upload: UploadName) -> Upload:
    """Say which files wait."""
    return _told(here, upload)


@router.delete("/{upload}", dependencies=[Depends(may_ask)], responses=_REFUSED, status_code=204)
def throw_away(here: Outside, upload: UploadName) -> None:
    """Throw the files away, and what was found in them."""
    shutil.rmtree(_folder(here, upload), ignore_errors=True)


@router.get("/{upload}/preview")
def look(
    here: Outside,
    upload: UploadName,
    crs: Annotated[str | None, Query(max_length=100, examples=["EPSG:4549"])] = None,
    encoding: Annotated[str | None, Query(max_length=40, examples=["GB18030"])] = None,
) -> Preview:
    """Say what is in the files, and how far each profile knows their columns; nothing is stored."""
    return Preview(**drafts.look(_folder(here, upload), crs=crs, encoding=encoding))


@router.post("/{upload}/import", **ASKING)
def take_in(here: Here, upload: UploadName, asked: Importing) -> JobState:
    """Ask for the import of the files: a try that stores nothing and keeps them, or the import itself, after which they are gone."""
    folder = _folder(here, upload)
    files, _ = drafts.files_of(folder)
    given: dict[str, Any] = {
        "paths": [str(path) for path in files],
        "upload": upload,
        "profile": drafts.profile_of(folder, asked.profile),
        "park": asked.park or None,
        "park_name": asked.park_name or None,
        "crs": asked.crs or None,
        "encoding": asked.encoding or None,
        "is_dry": asked.dry_run,
        "is_full": asked.full,
        "units": asked.units,
        "repairs": asked.repairs,
    }
    if asked.dry_run:
        given["findings"] = str(folder / f"{_FINDINGS}{secrets.token_hex(8)}")
    else:
        given["received"] = str(folder)
    return ask(here, "ingest", given, in_scope(here, [asked.park] if asked.park else None))


@issues_router.get("/{job}/issues", responses=_UNDONE)
def issues(
    here: Here,
    job: JobNumber,
    severity: Annotated[
        Literal["refused", "doubted", "changed"] | None, Query(description="Of this kind only.")
    ] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="``next`` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> Findings:
    """List what an import found wrong, row by row: those of a try while its files wait, those of a batch for good."""
    with here.reading() as conn:
        found = _import(queue.read_job(conn, job))
        if found.asked.get("findings"):
            in_scope(here, found.scope)  # a file may speak of every park of who sent it
            return Findings(
                **drafts.read_findings(File(found.asked["findings"]), severity=severity, after=after, limit=limit)
            )
        batch = _batch(found)
        counts, listed = runs.count_issues(conn, batch), runs.list_issues(conn, batch, limit + 1, after, severity)
    page = [Found(**one, place=_point(one)) for one in listed[:limit]]
    return Findings(counts=counts, items=page, next=page[-1].issue if len(listed) > limit else None)


@issues_router.get(
    "/{job}/issues.xlsx",
    response_class=FileResponse,
    responses={**_UNDONE, 200: {"content": {_XLSX: {}}, "description": "A workbook, a row an issue."}},
)
def issues_workbook(
    here: Here,
    job: JobNumber,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Language of the workbook.")] = None,
) -> FileResponse:
    """Give what an import found wrong as a workbook, for those who mend the file."""
    language, called = lang or here.settings.language, f"issues-{job}.xlsx"
    with here.reading() as conn:
        found = _import(queue.read_job(conn, job))
        if found.asked.get("findings"):
            in_scope(here, found.scope)
            return made_file(
                called,
                lambda path: drafts.write_findings(File(found.asked["findings"]), path, language=language),
                _XLSX,
            )
        return made_file(
            called, lambda path: drafts.write_batch_issues(conn, _batch(found), path, language=language), _XLSX
        )


def _point(issue: dict[str, Any]) -> dict[str, Any] | None:
    """Give the place that is kept of a stored batch's issue: a point, where the row's own outline is no longer at hand."""
    lon, lat = issue.get("lon"), issue.get("lat")
    return None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}


def _import(found: queue.Job) -> queue.Job:
    if found.kind != "ingest":
        raise NotFoundError(Words("这项任务不是导入。", "The job is no import."), at=str(found.job))
    if found.state != "done":
        raise ConflictError(
            Words("导入还没有完成，或没有成功。", "The import is not done, or did not succeed."),
            at=f"{found.job}: {found.state}",
            mend=Words("等任务完成；被拒时看任务的说明。", "Wait for the job; where it was refused, see what it says."),
        )
    return found


def _batch(found: queue.Job) -> int:
    batch = (found.detail or {}).get("batch")
    if batch is None:
        raise NotFoundError(
            Words("这次导入没有产生批次。", "The import made no batch."),
            at=str(found.job),
            why=Words(
                "没有行被写入，或是一次不保留文件的试导入。", "No row was stored, or it was a try that kept no file."
            ),
        )
    return int(batch)


def _folder(here: Context, upload: str) -> File:
    folder = here.settings.inbox_folder / upload
    if not re.fullmatch(r"[0-9a-f]{32}", upload) or not folder.is_dir():
        raise NotFoundError(
            Words("文件已入库、已丢弃，或从未送达。", "The files were stored, thrown away, or never sent."),
            at=upload[:64],
            mend=Words("重新送入文件。", "Send them again."),
        )
    return folder


def _told(here: Context, upload: str) -> Upload:
    files, profiles = drafts.files_of(_folder(here, upload))
    return Upload(
        upload=upload, files=[SentFile(name=one.name, bytes=one.stat().st_size) for one in (*files, *profiles)]
    )
