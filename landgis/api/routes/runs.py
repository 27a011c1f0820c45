"""Runs, what they say of a parcel, and the ledger."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel

from landgis.api.context import Here
from landgis.api.explained import Changed, Changes, Fact, GateTrace, Lack, OpenMode, Points, Score, TestTrace
from landgis.api.problems import BothWords
from landgis.api.sending import made_file
from landgis.store import runs
from landgis.workflows import looking, publish
from landgis.workflows.audit import note_ledger
from landgis.workflows.explain import explain, what_if

router = APIRouter(prefix="/api/runs", tags=["runs"])

LEDGERS: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8",
    "gdb.zip": "application/zip",
    "zip": "application/zip",
}

#: PostgreSQL holds no text with the character 0 in it.
NO_NUL: Final = r"^[^\x00]*$"

#: Longer ones are refused by the reader of filters, which says why.
Wanted = Annotated[
    str,
    Query(
        max_length=20_000,
        examples=["answer = 'exit' AND area_m2 >= 10000"],
        description="CQL2 text over the fields of ``/api/runs/{run}/fields``; the same in the map's address and in the files.",
    ),
]

RunNumber = Annotated[int, Path(ge=1, le=2**62, examples=[1], description="The run's number.")]


class Run(BaseModel):
    """One assessment."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "batch": 1, "as_of": "2026-06-30", "made_at": "2026-11-23T08:00:00Z", "parcels": 600,
                    "park_codes": ["sample-01"], "rulesets": ["cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage"],
                }
            ]
        }
    }  # fmt: skip

    run: int
    batch: int
    as_of: date
    made_at: datetime
    park_codes: list[str]
    parcels: int
    rulesets: list[str]


class Land(BaseModel):
    """So many parcels, so much land."""

    parcels: int
    area_m2: float


class Answered(Land):
    """Land of one answer in one park, with what could be freed or won."""

    freeable_m2: float
    upgrade_m2: float


class UsedRuleset(BaseModel):
    """A ruleset as a run used it."""

    code: str
    sha256: str
    document: str
    confidence: str


class ParkExtent(BaseModel):
    """A park of the run and the extent of its parcels: west, south, east, north in degrees."""

    park_code: str
    name: str
    bbox: list[float]


class Tested(BaseModel):
    """How many parcels of a park a test suspects, clears, or cannot judge."""

    park_code: str
    ruleset: str
    test: str
    suspected: int
    clear: int
    unknown: int


class Summary(BaseModel):
    """A run summed up."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "batch": 1, "as_of": "2026-06-30", "made_at": "2026-11-23T08:00:00Z", "made_by": "landgis_app",
                    "parcels": 600, "detail_zoom": 0, "snapshot": "9f2c…",
                    "parks": [{"park_code": "sample-01", "name": "示例园区 01", "bbox": [115.2, 33.0, 115.3, 33.1]}],
                    "rulesets": [{"code": "cn-triage", "sha256": "1b7d…", "document": "…", "confidence": "advice"}],
                    "triage": {"exit": {"parcels": 12, "area_m2": 310200.5}},
                    "triage_by_park": {
                        "sample-01": {"exit": {"parcels": 12, "area_m2": 310200.5, "freeable_m2": 310200.5, "upgrade_m2": 0}}
                    },
                    "tests": [
                        {"park_code": "sample-01", "ruleset": "cn-idle-2012", "test": "not_started", "suspected": 2, "clear": 140,
                         "unknown": 1}
                    ],
                }
            ]
        }
    }  # fmt: skip

    run: int
    batch: int
    as_of: date
    made_at: datetime
    made_by: str
    parcels: int
    detail_zoom: int
    snapshot: str
    parks: list[ParkExtent]
    rulesets: list[UsedRuleset]
    triage: dict[str, Land]
    triage_by_park: dict[str, dict[str, Answered]]
    tests: list[Tested]


class Hit(BaseModel):
    """A parcel found by number, holder, place or enterprise."""

    parcel_id: int
    parcel_no: str
    park_code: str
    name: str | None
    answer: str
    bbox: list[float]


class Hits(BaseModel):
    """What a search found."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "items": [
                        {"parcel_id": 17, "parcel_no": "P-204", "park_code": "sample-01", "name": "示例企业 017", "answer": "exit",
                         "bbox": [115.2, 33.0, 115.201, 33.001]}
                    ]
                }
            ]
        }
    }  # fmt: skip

    items: list[Hit]


Answer = Literal["exit", "swap", "upgrade", "leave", "data_first"]


class JudgedParcel(BaseModel):
    """One parcel of a run with its answer."""

    parcel_id: int
    parcel_no: str
    park_code: str
    owner_name: str | None
    enterprises: str | None
    uscc: str | None
    location: str | None
    area_m2: float
    landuse_code: str | None
    answer: Answer
    gate: int
    track: str | None
    urgency: str | None
    suspected: int
    tests: str
    grade: str | None
    total: float | None
    rank: int | None
    rank_p05: int | None = None
    rank_p95: int | None = None
    idle_state: str | None
    freeable_m2: float | None
    upgrade_m2: float | None
    bbox: list[float]


class ParcelPage(BaseModel):
    """A page of a run's parcels; ``next`` is the ``after`` of the following page, null on the last."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "items": [
                        {"parcel_id": 17, "parcel_no": "P-204", "park_code": "sample-01", "owner_name": "示例企业 017",
                         "enterprises": "示例企业 017", "uscc": "91000000MA00000171", "location": None, "area_m2": 28000.0,
                         "landuse_code": "0601", "answer": "exit", "gate": 5, "track": None, "urgency": "high", "suspected": 1,
                         "tests": "|low_tax|", "grade": "D", "total": 31.5, "rank": 77, "idle_state": "clear",
                         "freeable_m2": 28000.0, "upgrade_m2": None, "bbox": [115.2, 33.0, 115.201, 33.001]}
                    ],
                    "next": None,
                }
            ]
        }
    }  # fmt: skip

    items: list[JudgedParcel]
    next: int | None


class Finding(BaseModel):
    """What one test says of the parcel: a suspicion, never a verdict.

    ``margin`` is how far the value lies beyond the threshold, in the unit, negative where it falls short of being suspected;
    ``margin_share`` the same as a share of the threshold.
    """

    ruleset: str
    test: str
    title: BothWords
    finding: Literal["suspected", "clear", "unknown"]
    value: float | None
    threshold: float | None
    margin: float | None
    margin_share: float | None
    unit: str | None
    article: str | None
    missing: list[str]
    missing_titles: list[BothWords]
    confidence: str | None


class Remark(BothWords):
    """What a reader of an idle finding must know beside it."""

    code: str


class Ask(BaseModel):
    """What to ask for, and who can supply it."""

    column: str
    title: BothWords
    supplier: BothWords


class Clock(BaseModel):
    """One clock of the procedure: what sets it going, how long it runs, and when it is due as far as that is known."""

    step: str
    title: BothWords
    trigger: str
    trigger_title: BothWords
    happened_on: date | None
    length: float | None
    unit: str | None
    due_on: date | None
    article: str | None


class Idle(BaseModel):
    """Where a contract stands by the idle-land rule on the day of the run, and when that changes if nothing else is recorded."""

    contract_no: str
    state: Literal["clear", "unknown", "agreement", "fee", "take_back"]
    title: BothWords
    finding: Literal["suspected", "clear", "unknown"]
    track: str | None
    start_due: date | None
    start_basis: str | None
    start_proof: str | None
    overdue_days: float | None
    overdue_limit_days: float | None
    stopped_days: float | None
    stopped_limit_days: float | None
    developed_share: float | None
    invested_share: float | None
    changes_on: date | None
    changes_to: str | None
    changes_to_title: BothWords | None
    fee_low_wan: float | None
    fee_high_wan: float | None
    remarks: list[Remark]
    missing: list[str]
    asks: list[Ask]
    clocks: list[Clock]


class Activity(BaseModel):
    """Whether an enterprise on the parcel, or all on it (``uscc`` null), still works: a suspicion, never a verdict.

    ``probability`` of having stopped is null where no sign is known; ``tests`` and ``signs`` say how it came about, each sign with its
    age in months, what is left of its weight, and its effect on the log-odds.
    """

    uscc: str | None
    probability: float | None
    stopped: Literal["suspected", "clear", "unknown"]
    zombie: Literal["suspected", "clear", "unknown", "out_of_scope"] | None
    tests: list[dict[str, Any]]
    signs: list[dict[str, Any]]


class Grade(BaseModel):
    """The evaluation of an enterprise on the parcel, or of the parcel; the parts in ``scores`` sum to ``total``.

    With what is missing at its worst and at its best the total would lie between ``total_low`` and ``total_high`` (null: no bound is
    known) and the grade would be one of ``possible``; ``reliability`` (0-1) is the share of the weight that stands on known figures.
    """

    uscc: str | None
    year: int | None
    ruleset: str
    population: str
    scores: list[dict[str, Any]]
    bonus: float | None
    deduction: float | None
    total: float | None
    total_low: float | None
    total_high: float | None
    reliability: float | None
    rank: int | None
    share: float | None
    grade: str | None
    possible: str | None
    reason: BothWords | None


class Triage(BaseModel):
    """The answer and the gate that decided."""

    answer: str
    title: BothWords
    gate: int
    reason: BothWords
    track: str | None
    suspected: int
    tests: str
    grade: str | None
    freeable_m2: float | None
    upgrade_m2: float | None
    track_title: BothWords | None
    modes: str | None
    urgency: Literal["high", "middle", "low"] | None
    urgency_title: BothWords | None
    urgency_low: float | None
    urgency_high: float | None
    shortfall_low: float | None
    shortfall_high: float | None
    exit_ease_low: float | None
    exit_ease_high: float | None


class TitledRuleset(UsedRuleset):
    """A ruleset as a run used it, with its title."""

    title: BothWords


class Why(BaseModel):
    """Why a run answered as it did for one parcel."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "on": "2026-06-30",
                    "parcel": {"parcel_id": 17, "parcel_no": "P-204", "park_code": "sample-01", "area_m2": 28000.0},
                    "enterprises": [{"uscc": "91000000MA00000171", "name": "示例企业 017", "role": "owner"}],
                    "triage": {
                        "answer": "exit", "title": {"zh": "退出", "en": "exit"}, "gate": 5,
                        "reason": {"zh": "连续两年 D 等", "en": "graded D two years running"}, "track": None, "suspected": 1,
                        "tests": "|tax_below_line|", "grade": "D", "freeable_m2": 28000.0, "upgrade_m2": None,
                    },
                    "findings": [
                        {"ruleset": "dongyang-2021", "test": "tax_below_line", "title": {"zh": "亩均税收低", "en": "low tax"},
                         "finding": "suspected", "value": 1.2, "threshold": 5.0, "margin": 3.8, "margin_share": 0.76, "unit": "万元/亩",
                         "article": "…", "missing": []}
                    ],
                    "idle": [],
                    "grades": [],
                    "stability": None,
                    "source": {"file": "sample.gpkg", "batch": 1, "layer": "parcel", "row": 204, "sha256": "9f2c…"},
                }
            ]
        }
    }  # fmt: skip

    run: int
    on: date
    parcel: dict[str, Any]
    enterprises: list[dict[str, Any]]
    triage: Triage
    findings: list[Finding]
    idle: list[Idle]
    activity: list[Activity]
    grades: list[Grade]
    stability: dict[str, Any] | None
    source: dict[str, Any]
    facts: list[Fact]
    tests: list[TestTrace]
    gates: list[GateTrace]
    modes: list[OpenMode]
    scores: list[Score]
    points: Points
    missing: list[Lack]
    reliability: float | None
    agrees: bool
    rulesets: list[TitledRuleset]


@router.get("")
def run_list(here: Here, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[Run]:
    """List the runs, latest first."""
    with here.reading() as conn:
        return [Run(**found) for found in runs.list_runs(conn, limit)]


@router.get("/{run}")
def run_summary(here: Here, run: RunNumber) -> Summary:
    """Sum a run up: parks, rules, land by answer, findings by test."""
    with here.reading() as conn:
        return Summary(**publish.summarise(conn, run))


@router.get("/{run}/search")
def search(
    here: Here,
    run: RunNumber,
    q: Annotated[str, Query(min_length=1, max_length=100, pattern=NO_NUL, examples=["示例企业 017"])],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Hits:
    """Find parcels by number, holder, place or enterprise."""
    with here.reading() as conn:
        return Hits(items=[Hit(**found) for found in runs.search(conn, run, q, limit)])


@router.get("/{run}/parcels")
def parcels(
    here: Here,
    run: RunNumber,
    filter: Wanted = "",
    park: Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")] = None,
    answer: Annotated[Answer | None, Query(description="Of this answer only.")] = None,
    sort: Annotated[
        str,
        Query(
            max_length=64, pattern=NO_NUL, examples=["-area_m2"], description="A field; a ``-`` before it: downwards."
        ),
    ] = "parcel_id",
    after: Annotated[int | None, Query(ge=0, le=2**62, description="``next`` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ParcelPage:
    """List the run's parcels that a filter shows, sorted, page by page; shapes are in the tiles and in the ledger."""
    with here.reading() as conn:
        found = looking.parcels(conn, run, looking.narrowed(filter, park, answer), sort=sort, after=after, limit=limit)
    return ParcelPage(
        items=[JudgedParcel(**one) for one in found], next=found[-1]["parcel_id"] if len(found) == limit else None
    )


@router.get("/{run}/parcels/{parcel_id}")
def why(
    here: Here,
    run: RunNumber,
    parcel_id: Annotated[int, Path(ge=1, le=2**62, examples=[17], description="As in a tile's ``id``.")],
) -> Why:
    """Say why: facts, users, tests with value, threshold and article, grades, gate, answer, source row."""
    with here.reading() as conn:
        return Why(**explain(conn, run, parcel_id, here.cases))


@router.get("/{run}/parcels/{parcel_id}/changes")
def changes(
    here: Here,
    run: RunNumber,
    parcel_id: Annotated[int, Path(ge=1, le=2**62, examples=[17], description="As in a tile's ``id``.")],
) -> Changes:
    """Say which smallest changes would have given the parcel another answer: thresholds met or just passed, each proved."""
    with here.reading() as conn:
        return Changes(items=[Changed(**one) for one in what_if(conn, run, parcel_id, here.cases)])


@router.get(
    "/{run}/parcels/{parcel_id}/dossier.html",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {}}, "description": "The paper, one file without scripts."}},
)
def dossier(
    here: Here,
    run: RunNumber,
    parcel_id: Annotated[int, Path(ge=1, le=2**62, examples=[17], description="As in a tile's ``id``.")],
    lang: Annotated[Literal["zh", "en"], Query(description="Language of the paper.")] = "zh",
) -> HTMLResponse:
    """Give the parcel's paper 一地一策, to be printed on A4 by the browser."""
    with here.reading() as conn:
        return HTMLResponse(publish.dossier(conn, run, parcel_id, language=lang, cases=here.cases))


@router.get(
    "/{run}/ledger.{kind}",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in LEDGERS.values()}, "description": "The ledger as a file."}},
)
def ledger(
    here: Here,
    run: RunNumber,
    kind: Literal["xlsx", "gpkg", "geojson", "csv", "gdb.zip", "zip"],
    filter: Wanted = "",
    lang: Annotated[Literal["zh", "en"], Query(description="Language of heads and words.")] = "zh",
) -> FileResponse:
    """Give the run's ledger, or what a filter shows of it: workbook, GeoPackage, GeoJSON, CSV, zipped geodatabase or shapefile."""
    with here.reading() as conn:
        made = made_file(
            f"landgis-run-{run}.{kind}",
            lambda path: publish.ledger(conn, run, path, language=lang, wanted=filter),
            LEDGERS[kind],
        )
        note_ledger(conn, run, kind, filter)
        return made
