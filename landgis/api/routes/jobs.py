"""Long work: ask for it, follow it, give it up."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path as File
from typing import Annotated, Any, Final, Literal

import anyio
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from landgis.api.context import Context, Here, Outside
from landgis.api.problems import BothWords, refusals
from landgis.api.routes.runs import NO_NUL
from landgis.jobs.inbox import discard_received
from landgis.store import queue
from landgis.store.plans import read_plan
from landgis.terms.errors import AccessError, ConflictError, InputError, NotFoundError, StoreError, Words
from landgis.terms.rulereader import load_ruleset
from landgis.workflows.assess import rulebook
from landgis.workflows.ingest import units_of

_POLL_S: Final = 0.5
_ALIVE_EVERY: Final = 30


def from_own_page(here: Outside, request: Request) -> None:
    """Let only pages of this service ask: under a known name, and not by a page of somebody else."""
    host, origin = request.url.hostname or "", request.headers.get("origin")
    if host not in here.settings.host_names:
        raise AccessError(
            Words("不接受以这个主机名提交的任务。", "Work is not taken under this name of the service."),
            at=host,
            why=Words("其他网站可能冒用浏览器提交。", "Another site could make a browser ask."),
            mend=Words("把本服务的主机名加入 LANDGIS_HOSTS。", "Add the service's name to LANDGIS_HOSTS."),
        )
    foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise AccessError(
            Words("请求来自其他网站。", "The request comes from another site."),
            at=origin or "",
            mend=Words("在本系统页面内提交。", "Ask from a page of this service."),
        )


def may_ask(here: Outside, request: Request) -> None:
    """Let only those who manage ask for work, from a page of this service."""
    from_own_page(here, request)
    here.allow("manager")


router = APIRouter(prefix="/api/jobs", tags=["jobs"])
ASKING: Final[dict[str, Any]] = {
    "dependencies": [Depends(may_ask)],
    "status_code": 202,
    "responses": refusals(
        {
            403: "Asked by a page of somebody else, or by a role that may not.",
            409: "The job is over already.",
        }
    ),
}

BODY_OF_A_FILE: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

JobNumber = Annotated[int, Path(ge=1, le=2**62, examples=[1], description="The job's number.")]


class JobState(BaseModel):
    """A job and how far it is. ``state``: queued, running, stopping, again, or, for good: done, refused, failed, cancelled."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "job": 1, "kind": "assess", "park_codes": ["sample-01"], "asked": {"on": "2026-06-30"},
                    "asked_at": "2026-11-23T08:00:00Z", "state": "running", "at": "2026-11-23T08:00:01Z",
                    "started_at": "2026-11-23T08:00:01Z", "step": {"zh": "读取存量", "en": "Reading the stock"}, "detail": None,
                }
            ]
        }
    }  # fmt: skip

    job: int
    kind: str
    park_codes: list[str]
    asked: dict[str, Any]
    asked_at: datetime
    state: str
    at: datetime
    started_at: datetime | None
    step: BothWords | None
    detail: dict[str, Any] | None = Field(description="The workflow's answer when done, the refusal when refused.")


#: A text that the database can keep: it takes no NUL.
Kept = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]


#: A repair of parcels that is done only where it is asked for.
Repair = Literal["duplicates", "snap"]


class Drawing(BaseModel):
    """How to draw the stability of a run."""

    count: int = Field(1000, ge=1, le=100_000)
    seed: int = Field(1, ge=0, le=2**62)
    concentration: float = Field(50.0, ge=0.001, le=1e9, description="How near to the scheme's weights.")
    noise: float = Field(0.05, ge=0, le=0.99, description="Relative standard deviation of the figures.")


class Assessing(BaseModel):
    """What an assessment needs to know."""

    model_config = {
        "json_schema_extra": {
            "examples": [{"on": "2026-06-30", "parks": ["sample-01"], "rules": ["cn-idle-2012", "cn-triage"]}]
        }
    }

    on: date = Field(description="The day for which we ask.")
    parks: list[Kept] | None = Field(None, description="The parks; all in scope where none is named.", min_length=1)
    rules: list[Kept] | None = Field(None, description="The rulesets; those of the installation where none is named.")
    draws: Drawing | None = Field(None, description="How to draw the run's stability; not drawn where it is not named.")


@router.post("/assess", **ASKING)
def ask_assess(here: Here, asked: Annotated[Assessing, Body()]) -> JobState:
    """Ask for an assessment; what the rulesets refuse is refused at once."""
    rules = list(asked.rules or here.settings.rule_codes)
    rulebook(rules, asked.on)
    given: dict[str, Any] = {"parks": asked.parks, "rules": rules, "on": asked.on.isoformat()}
    if asked.draws is not None:
        given["draws"] = asked.draws.model_dump()
    return ask(here, "assess", given, in_scope(here, asked.parks))


class Named(BaseModel):
    """A parcel or a demand: its park and its number there."""

    model_config = {"json_schema_extra": {"examples": [{"park_code": "S01", "number": "P00012"}]}}

    park_code: Kept
    number: Kept


class Altering(BaseModel):
    """What of a plan to pin or to forbid: parcels by number, sites and moves by their place in that plan, demands that must be served."""

    model_config = {
        "json_schema_extra": {"examples": [{"parcels": [{"park_code": "S01", "number": "P00012"}], "sites": [1]}]}
    }

    parcels: list[Named] = Field([], max_length=1000)
    sites: list[int] = Field([], max_length=1000)
    moves: list[int] = Field([], max_length=1000)
    demands: list[Named] = Field([], max_length=1000)


class Planning(BaseModel):
    """What a plan needs to know: made anew, or changed from another (``of``), whose run, rules and conditions it then keeps."""

    model_config = {"json_schema_extra": {"examples": [{"parks": ["S01"], "budget_wan": 20000, "time_limit_s": 60}]}}

    run: int | None = Field(None, ge=1, le=2**62, description="The run it rests on; the latest where none is named.")
    parks: list[Kept] | None = Field(None, min_length=1, description="The parks; all of the run where none is named.")
    rules: list[Kept] | None = Field(None, min_length=1, description="Rulesets, one of the kind planning.")
    level: Literal["low", "mid", "high"] = Field("mid", description="Which estimate of the costs.")
    budget_wan: float | None = Field(None, ge=0)
    staff_days: float | None = Field(None, ge=0)
    noted: list[Kept] = Field([], max_length=20, description="Rules of a parcel whose unknown is noted, not a bar.")
    gap: float = Field(1e-4, ge=0, le=1, description="Within this share of the bound it counts as proved.")
    time_limit_s: float = Field(120, ge=1, le=3600, description="Then the best plan so far is the answer.")
    resume: int | None = Field(None, ge=1, le=2**62, description="Go on from the sites of this plan.")
    of: int | None = Field(None, ge=1, le=2**62, description="The plan to change.")
    pin: Altering | None = None
    forbid: Altering | None = None


@router.post("/plan", **ASKING)
def ask_plan(here: Here, asked: Annotated[Planning, Body()]) -> JobState:
    """Ask for a plan; what it comes to is the job's answer, and ``/api/plans/{plan}`` tells all of it."""
    for code in asked.rules or ():
        load_ruleset(code)
    parks = in_scope(here, asked.parks)
    if asked.of is not None:
        with here.reading() as conn:
            parks = in_scope(here, read_plan(conn, asked.of)["park_codes"])
    return ask(here, "plan", asked.model_dump(mode="json"), parks)


class Siting(BaseModel):
    """What the search of a site for one demand needs to know."""

    model_config = {"json_schema_extra": {"examples": [{"demand": "D002", "park": "S01", "alternatives": 2}]}}

    demand: Kept = Field(description="The demand's number.")
    park: Kept | None = Field(None, description="The park it is registered in, where several have the number.")
    run: int | None = Field(None, ge=1, le=2**62, description="The run it rests on; the latest where none is named.")
    rules: list[Kept] | None = Field(None, min_length=1, description="Rulesets, one of the kind planning.")
    level: Literal["low", "mid", "high"] = Field("mid", description="Which estimate of the costs.")
    noted: list[Kept] = Field([], max_length=20, description="Rules of a parcel whose unknown is noted, not a bar.")
    alternatives: int = Field(5, ge=0, le=50, description="So many next best sites.")
    time_limit_s: float = Field(60, ge=1, le=3600, description="Then the best site so far is the answer.")


@router.post("/site", **ASKING)
def ask_site(here: Here, asked: Annotated[Siting, Body()]) -> JobState:
    """Ask for the cheapest site for one demand: the job's answer has it, the next best, and what each parcel's refusal costs."""
    for code in asked.rules or ():
        load_ruleset(code)
    return ask(here, "site", asked.model_dump(mode="json"), in_scope(here, None))


@router.post("/ingest", openapi_extra=BODY_OF_A_FILE, **ASKING)
async def ask_ingest(
    here: Outside,
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=200, description="The file's name.", examples=["park.gpkg"])],
    profile: Annotated[str, Query(max_length=100, pattern=r"^[\w-]+$", description="Profile of its columns.")],
    park: Annotated[str | None, Query(max_length=100, description="The park, where the file does not say it.")] = None,
    park_name: Annotated[Kept | None, Query(description="What a new park is called; the import makes it.")] = None,
    crs: Annotated[str | None, Query(max_length=100, examples=["EPSG:4549"])] = None,
    encoding: Annotated[str | None, Query(max_length=40, examples=["GB18030"])] = None,
    is_dry: Annotated[bool, Query(alias="dry_run", description="Check everything, store nothing.")] = False,
    is_full: Annotated[bool, Query(alias="full", description="The file holds all: what it lacks ends.")] = False,
    unit: Annotated[
        list[Kept] | None, Query(max_length=200, description="Unit of a column, COLUMN=UNIT.", examples=[["MJ=亩"]])
    ] = None,
    repair: Annotated[
        list[Repair] | None, Query(description="What is to be repaired of parcels besides invalid shapes.")
    ] = None,
) -> JobState:
    """Send a file as the body and ask for its import; the job's answer counts the issues by code."""
    parks = in_scope(here, [park] if park else None)
    units = units_of(unit or ())
    folder = here.settings.inbox_folder / secrets.token_hex(8)
    path = await receive(request, folder, name, here.settings.upload_mb << 20)
    given = {
        "paths": [str(path)], "received": str(path.parent), "profile": profile, "park": park, "park_name": park_name, "crs": crs,
        "encoding": encoding, "is_dry": is_dry, "is_full": is_full, "units": units, "repairs": repair or [],
    }  # fmt: skip
    return await run_in_threadpool(ask, here, "ingest", given, parks)


@router.get("")
def jobs(here: Here, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[JobState]:
    """List the jobs in scope, latest first."""
    with here.reading() as conn:
        return [_state(here, found) for found in queue.list_jobs(conn, limit)]


@router.get("/{job}")
def job(here: Here, job: JobNumber) -> JobState:
    """Give one job as it stands."""
    with here.reading() as conn:
        return _state(here, queue.read_job(conn, job))


@router.get(
    "/{job}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "What happens to the job, until it is over."}
    },
)
async def events(
    here: Here, request: Request, job: JobNumber, last_event_id: Annotated[int, Header(ge=0, le=2**62)] = 0
) -> StreamingResponse:
    """Follow a job as server-sent events; a reader that comes back goes on where it stopped (``Last-Event-ID``)."""
    await run_in_threadpool(_read, here, job)

    async def is_let_in() -> bool:
        try:
            await request.app.state.door.let_in(request.scope, is_seen=False)
        except AccessError:
            return False
        return True

    return StreamingResponse(
        _follow(here, job, last_event_id, is_let_in),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


@router.post("/{job}/cancel", **ASKING)
def cancel(here: Here, job: JobNumber) -> JobState:
    """Give a job up. One that runs is stopped, and the database rolls back what it had not finished."""
    with here.connection() as conn:
        queue.cancel_job(conn, here.scope, job)
    with here.reading() as conn:
        found = queue.read_job(conn, job)
    if found.state == "cancelled":
        discard_received(found)
    return _state(here, found)


def ask(here: Context, kind: str, asked: dict[str, Any], parks: Sequence[str]) -> JobState:
    """Queue work on some parks, and say how it stands."""
    with here.connection() as conn:
        number = queue.add_job(conn, kind, asked, here.scope, parks)
    return _read(here, number)


def _read(here: Context, number: int) -> JobState:
    with here.reading() as conn:
        return _state(here, queue.read_job(conn, number))


def _state(here: Context, found: queue.Job) -> JobState:
    asked = dict(found.asked)
    if "*" not in here.scope and not {*found.scope} <= {*here.scope}:
        asked.pop("upload", None)  # the files may speak of every park of who sent them
    if "paths" in asked:  # where the service keeps a file is its own affair
        asked.pop("received", None)
        asked.pop("findings", None)
        asked["profile"] = File(asked["profile"]).name
        asked["files"] = [File(path).name for path in asked.pop("paths")]
    return JobState(
        job=found.job, kind=found.kind, park_codes=found.park_codes, asked=asked, asked_at=found.asked_at,
        state=found.state, at=found.at, started_at=found.started_at, detail=found.detail,
        step=BothWords(zh=found.step.zh, en=found.step.en) if found.step else None,
    )  # fmt: skip


def in_scope(here: Context, parks: Sequence[str] | None) -> Sequence[str]:
    """Give the parks that are asked for, all in scope where none is named; one outside it is not found."""
    scope = here.scope
    for code in parks or ():
        if "*" not in scope and code not in scope:
            raise NotFoundError(Words("没有这个园区。", "There is no such park."), at=code)
    return parks or scope


async def receive(request: Request, folder: File, name: str, most: int) -> File:
    """Write the body to a file of this name in a folder; nothing is left of one that is too large or breaks off."""
    called = File(name.replace("\\", "/")).name.replace("\x00", "")
    if not called or called.startswith("."):
        raise InputError(Words("文件名不可用。", "The file's name cannot be used."), at=name[:200])
    path, size, is_whole = folder / called, 0, False
    if path.exists():
        raise ConflictError(Words("已有同名文件。", "There is a file of this name already."), at=called)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as sink:
            async for block in request.stream():
                size += len(block)
                if size > most:
                    raise InputError(
                        Words("文件太大。", "The file is too large."),
                        at=f"> {most >> 20} MB",
                        mend=Words(
                            "用命令行导入，或调大 LANDGIS_UPLOAD_MB。",
                            "Import it on the command line, or raise LANDGIS_UPLOAD_MB.",
                        ),
                    )
                sink.write(block)
        is_whole = size > 0
    except OSError as error:
        raise StoreError(
            Words("收到的文件写不下来。", "The file could not be written down."),
            at=str(error.strerror),
            mend=Words("检查服务器磁盘与 LANDGIS_INBOX。", "Check the server's disk and LANDGIS_INBOX."),
        ) from error
    finally:
        if not is_whole:
            _discard(path)
    if not is_whole:
        raise InputError(Words("没有收到文件内容。", "The body of the request is empty."), at=called)
    return path


def _discard(path: File) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


async def _follow(
    here: Context, number: int, after: int, is_let_in: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    quiet = 0
    while await is_let_in():
        found = await run_in_threadpool(_events, here, number, after)
        for event in found:
            after = event.pop("event")
            yield f"id: {after}\nevent: {event['state']}\ndata: {json.dumps(event, ensure_ascii=False, default=str)}\n\n"
            if event["state"] in queue.FINAL:
                return
        quiet = 0 if found else quiet + 1
        if quiet % _ALIVE_EVERY == _ALIVE_EVERY - 1:
            yield ": alive\n\n"
        await anyio.sleep(_POLL_S)


def _events(here: Context, number: int, after: int) -> list[dict[str, Any]]:
    with here.reading() as conn:
        return queue.list_events(conn, number, after)
