"""Cases: what people do about a suspicion. Every act is added; who writes says which act was the last one seen (``If-Match``)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field

from landgis.api.context import Context, Here, Outside
from landgis.api.problems import BothWords, refusals
from landgis.api.routes.jobs import from_own_page, may_ask
from landgis.api.routes.runs import NO_NUL, Clock
from landgis.terms.accounts import common_parks
from landgis.terms.cases import BY_CHECKER, Act, Event
from landgis.terms.errors import AccessError, InputError, Words
from landgis.workflows import cases
from landgis.workflows.clock import today

router = APIRouter(prefix="/api/cases", tags=["cases"])

Trigger = Literal[
    "found_on",
    "notice_served_on",
    "extension_signed_on",
    "temporary_use_from",
    "hearing_notice_served_on",
    "decision_served_on",
]
Track = Literal["fee", "take_back", "agreement"]
CaseNumber = Annotated[int, Path(ge=1, le=2**62, examples=[1], description="The case's number.")]
_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
_Text = Annotated[str, Field(min_length=1, max_length=4000, pattern=NO_NUL)]

_DONE: dict[str, Any] = {
    "happened_on": "2026-07-02", "done_by": "示例经办人", "note": "现场未见施工", "evidence": "示例调查笔录 1 号",
}  # fmt: skip
_EVENT: dict[str, Any] = {
    "place": 1, "act": "opened", "title": {"zh": "立案", "en": "opened"}, **_DONE, "responsible": "示例责任人", "role": "示例职务",
    "checker": "示例复核人", "track": "fee", "sets_going": "found_on", "due_on": None, "made_at": "2026-07-02T08:00:00Z",
    "made_by": "landgis_app", "is_taken_back": False,
}  # fmt: skip
_CASE: dict[str, Any] = {
    "case_no": 1, "park_code": "S01", "parcel_no": "P00017", "run": 1, "parcel_id": 17, "state": "opened",
    "state_title": {"zh": "立案", "en": "opened"}, "since": "2026-07-02", "responsible": "示例责任人", "role": "示例职务",
    "checker": "示例复核人", "track": "fee", "track_title": {"zh": "征缴闲置费（调查核实后）", "en": "idle fee, after investigation"},
    "is_open": True, "is_recognised": False, "is_freed": False, "is_returned": False,
    "next": [{"act": "investigated", "zh": "发出调查通知书", "en": "notice of investigation served", "triggers": ["notice_served_on"]}],
    "clocks": [], "due_on": "2026-08-01", "overdue_days": 0, "place": 1, "events": [_EVENT],
}  # fmt: skip


class CaseClock(Clock):
    """A clock of the procedure, and when it was stopped by what was done; one that gives the holder time is never overdue."""

    stopped_on: date | None
    is_overdue: bool


class CaseEvent(BaseModel):
    """One thing done about a case; ``place`` is its number in the case, and who checks may have taken it back."""

    place: int
    act: str
    title: BothWords
    happened_on: date
    done_by: str
    note: str
    evidence: str | None
    responsible: str | None
    role: str | None
    checker: str | None
    track: str | None
    sets_going: str | None
    due_on: date | None
    made_at: datetime
    made_by: str
    is_taken_back: bool


class NextAct(BothWords):
    """An act that may follow, and the clocks its day can set going."""

    act: str
    triggers: list[str]


class Case(BaseModel):
    """A case as it stands today. ``due_on``: the earliest day by which somebody has to do something, null where no day is known."""

    model_config = {"json_schema_extra": {"examples": [_CASE]}}

    case_no: int
    park_code: str
    parcel_no: str
    run: int
    parcel_id: int
    state: str
    state_title: BothWords
    since: date
    responsible: str
    role: str | None
    checker: str
    track: str | None
    track_title: BothWords | None
    is_open: bool
    is_recognised: bool
    is_freed: bool
    is_returned: bool = Field(
        description="Who checks took the last act back: the case stands where it stood before it."
    )
    next: list[NextAct]
    clocks: list[CaseClock]
    due_on: date | None
    overdue_days: int
    place: int
    events: list[CaseEvent]


class Done(BaseModel):
    """What somebody did: who, when, why, and what shows it."""

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"act": "investigated", **_DONE}]}}

    happened_on: date
    done_by: _Line | None = Field(
        None, description="Who did it; with a login it is the person who is logged in, and nobody else."
    )
    note: _Text = Field(description="The reason.")
    evidence: _Text | None = None
    responsible: _Line | None = None
    role: _Line | None = None
    checker: _Line | None = None
    track: Track | None = None
    due_on: date | None = Field(None, description="When the next step is due, where people agreed on a day.")


class Recorded(Done):
    """An act on a case that is open."""

    act: Act
    sets_going: Trigger | None = Field(
        None, description="The clock of the procedure that its day sets going, if not the usual one."
    )


class Opened(Done):
    """A new case about a parcel that a run judged; without a track, the run's own suspicion of idle land sets it."""

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [{"run": 1, "parcel_id": 17, **_DONE, "responsible": "示例责任人", "checker": "示例复核人"}]
        },
    }  # fmt: skip

    run: int | None = Field(None, ge=1, le=2**62, description="The run, the latest by default.")
    parcel_id: int = Field(ge=1, le=2**62)
    responsible: _Line
    checker: _Line


def may_record(here: Outside, request: Request) -> None:
    """Let those record who manage or check; who of them may do what is decided by the act."""
    from_own_page(here, request)
    here.allow("manager", "checker")


_writing: dict[str, Any] = {
    "responses": refusals(
        {
            403: "Asked by a page of somebody else, by a role that may not, or under another person's name.",
            409: "It cannot follow on where the case stands, or the parcel has a case already.",
            412: "Somebody recorded something since; ``since`` holds what.",
        }
    ),
}


@router.get("")
def all_cases(
    here: Here,
    park: Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")] = None,
    parcel_no: Annotated[str | None, Query(max_length=100, pattern=NO_NUL, description="Of this parcel only.")] = None,
) -> list[Case]:
    """List the cases as they stand today, the longest overdue first, then what is due next."""
    with here.connection() as conn:
        found = cases.list_all(conn, today(), park=park, parcel_no=parcel_no, parks=here.scope)
    return [Case(**one) for one in found]


@router.get("/checkers")
def checkers(
    here: Here, park: Annotated[str, Query(max_length=64, pattern=NO_NUL, description="The park.")]
) -> list[str]:
    """List the names of the accounts that may check a case in a park; none where no login is asked for."""
    if not common_parks((park,), here.scope):
        return []
    with here.connection() as conn:
        return cases.list_checkers(conn, park)


@router.post("", status_code=201, dependencies=[Depends(may_ask)], **_writing)
def open_one(here: Here, asked: Opened, response: Response) -> Case:
    """Open a case."""
    given = Event("opened", **asked.model_dump(exclude={"run", "parcel_id"}) | _by(here, asked))
    with here.connection() as conn:
        made = cases.open_case(
            conn, asked.run, asked.parcel_id, given, today(), parks=here.scope, has_accounts=here.person is not None
        )
    return _marked(response, made)


@router.get("/{case_no}")
def one_case(here: Here, case_no: CaseNumber, response: Response) -> Case:
    """Give one case; its ``ETag`` is the place of its last event."""
    with here.connection() as conn:
        return _marked(response, cases.show(conn, case_no, today(), parks=here.scope))


@router.post("/{case_no}/events", dependencies=[Depends(may_record)], **_writing)
def record(
    here: Here,
    case_no: CaseNumber,
    asked: Recorded,
    response: Response,
    if_match: Annotated[
        str,
        Header(
            pattern=r'^"\d{1,9}"$',
            examples=['"1"'],
            description="The place of the last event seen, as ``ETag`` gives it.",
        ),
    ],
) -> Case:
    """Record what was done; 412 where somebody recorded something since."""
    here.allow("checker" if asked.act in BY_CHECKER else "manager")
    after, given = int(if_match.strip('"')), Event(**asked.model_dump() | _by(here, asked))
    with here.connection() as conn:
        told = cases.record(
            conn, case_no, after, given, today(), parks=here.scope, has_accounts=here.person is not None
        )
        return _marked(response, told)


def _by(here: Context, asked: Done) -> dict[str, str]:
    """Give who did it: the person who is logged in, or else the name that is given."""
    if here.person is not None:
        if asked.done_by not in (None, here.person.shown_name):
            raise AccessError(
                Words("不能以他人的名义登记。", "Nobody records under another person's name."),
                at=f"{asked.done_by} ≠ {here.person.shown_name}",
                mend=Words("经办人填本人姓名，或留空。", "Give your own name, or none."),
            )
        return {"done_by": here.person.shown_name}
    if asked.done_by is None:
        raise InputError(
            Words("没有写经办人。", "It is not said who did it."),
            at="done_by",
            mend=Words("写上经办人的姓名。", "Give the name."),
        )
    return {"done_by": asked.done_by}


def _marked(response: Response, told: dict[str, Any]) -> Case:
    response.headers["ETag"] = f'"{told["place"]}"'
    return Case(**told)
