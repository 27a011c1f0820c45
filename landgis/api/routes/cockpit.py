"""A run as a whole: the figures of the cockpit, each with the filter that gives its parcels."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from landgis.api.context import Here
from landgis.api.problems import BothWords
from landgis.api.routes.cases import Case
from landgis.api.routes.runs import LEDGERS, NO_NUL, Answer, RunNumber
from landgis.api.sending import made_file
from landgis.workflows import cockpit
from landgis.workflows.clock import today

router = APIRouter(prefix="/api/runs", tags=["cockpit"])

#: Tables that are no ledger come as these.
LISTS: Final = {kind: LEDGERS[kind] for kind in ("csv", "xlsx")}
Park = Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")]

_LAND: dict[str, Any] = {
    "parcels": 12, "area_m2": 310200.5, "freeable_m2": 310200.5, "upgrade_m2": 0, "filter": "answer = 'exit'",
}  # fmt: skip


class Counted(BaseModel):
    """Land added up, with the CQL2 text that gives its parcels; null is unknown."""

    parcels: int | None
    area_m2: float | None
    freeable_m2: float | None
    upgrade_m2: float | None
    filter: str | None


class AnsweredLand(Counted):
    """Land of one answer."""

    answer: Answer


class ClassLand(Counted):
    """Land of one class of stock; ``stock_class`` null is land whose class nobody recorded."""

    stock_class: str | None


class Stage(Counted):
    """How far disposal has come; ``why`` says why a stage is unknown."""

    stage: Literal["suspected", "opened", "recognised", "planned", "freed"]
    why: BothWords | None


class RankedPark(Counted):
    """A park beside the others; ``freeable_share`` (0-1) is what could be freed of its land."""

    park_code: str
    name: str
    freeable_share: float
    suspected: Counted
    freeable: Counted
    upgradable: Counted
    answers: dict[str, Counted]


class Demands(BaseModel):
    """The demands that now stand, and what they ask for at least; ``served`` and ``unmet`` are null, with ``why``, until a plan says."""

    count: int
    area_min_m2: float | None
    plan: int | None
    served: int | None
    unmet: int | None
    why: BothWords | None


class CasesOfState(BothWords):
    """How many cases stand there."""

    state: str
    cases: int


class CasesOfPerson(BaseModel):
    """Who looks after open cases, and how many of them are overdue."""

    responsible: str
    role: str | None
    open: int
    overdue: int


class HandledCases(BaseModel):
    """The cases as they stand today; ``late`` holds the longest overdue, at most 50."""

    open: int
    overdue: int
    states: list[CasesOfState]
    people: list[CasesOfPerson]
    late: list[Case]


class Cockpit(BaseModel):
    """A run as a whole."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "as_of": "2026-06-30", "made_at": "2026-11-23T08:00:00Z", "park": None, "rulesets": ["cn-triage"],
                    "titles": [{"zh": "存量工业用地分类处置（建议）", "en": "…"}],
                    "total": {**_LAND, "filter": ""}, "answers": [{"answer": "exit", **_LAND}],
                    "classes": [{"stock_class": "underused", **_LAND, "filter": "stock_class = 'underused'"}],
                    "stages": [
                        {"stage": "freed", "parcels": None, "area_m2": None, "freeable_m2": None, "upgrade_m2": None,
                         "filter": None, "why": {"zh": "…", "en": "…"}}
                    ],
                    "parks": [],
                    "demands": {
                        "count": 3, "area_min_m2": 40000.0, "plan": None, "served": None, "unmet": None,
                        "why": {"zh": "…", "en": "…"},
                    },
                    "cases": {"open": 0, "overdue": 0, "states": [], "people": [], "late": []},
                }
            ]
        }
    }  # fmt: skip

    run: int
    as_of: date
    made_at: datetime
    park: str | None
    rulesets: list[str]
    titles: list[BothWords] = Field(description="Those of the rulesets.")
    total: Counted
    answers: list[AnsweredLand]
    classes: list[ClassLand]
    stages: list[Stage]
    parks: list[RankedPark]
    demands: Demands
    cases: HandledCases


class Block(BaseModel):
    """Parcels that border on each other; ``bbox`` is west, south, east, north in degrees."""

    parcel_ids: list[int]
    parcel_nos: list[str]
    park_codes: list[str]
    parcels: int
    area_m2: float
    bbox: list[float]
    filter: str


class Candidates(BaseModel):
    """The land among which was looked."""

    parcels: int
    area_m2: float


class Blocks(BaseModel):
    """Contiguous land, the largest block first."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "park": None, "answers": ["exit", "swap"], "block_mu": 50,
                    "candidates": {"parcels": 25, "area_m2": 506000.0},
                    "blocks": [
                        {"parcel_ids": [17, 18], "parcel_nos": ["P-204", "P-205"], "park_codes": ["sample-01"], "parcels": 2,
                         "area_m2": 41000.0, "bbox": [115.2, 33.0, 115.21, 33.01], "filter": "parcel_id IN (17,18)"}
                    ],
                }
            ]
        }
    }  # fmt: skip

    run: int
    park: str | None
    answers: list[Answer]
    block_mu: float
    candidates: Candidates
    blocks: list[Block]


class Indicator(BaseModel):
    """One indicator of a zone; ``lacking`` counts the parcels for want of which the value is unknown (null)."""

    park_code: str
    indicator: str
    title: BothWords
    value: float | None
    unit: str
    ideal: float | None
    lacking: int
    missing: list[str]
    missing_titles: list[BothWords]
    article: str | None


class Zones(BaseModel):
    """How the zones of a run use their land, on the stock it judged."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1,
                    "as_of": "2026-06-30",
                    "ruleset": "cn-zone-use-2010",
                    "title": {"zh": "…", "en": "…"},
                    "indicators": [],
                }
            ]
        }
    }

    run: int
    as_of: date
    ruleset: str
    title: BothWords
    indicators: list[Indicator] = Field(description="Park by park, indicator by indicator.")


@router.get("/{run}/cockpit")
def run_cockpit(here: Here, run: RunNumber, park: Park = None) -> Cockpit:
    """Tell a run as a whole: land by answer and class, how far disposal has come, and its parks."""
    with here.reading() as conn:
        return Cockpit(**cockpit.cockpit(conn, run, today(), park=park))


@router.get(
    "/{run}/cockpit/{table}.{kind}",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in LISTS.values()}, "description": "The table as a file."}},
)
def cockpit_table(
    here: Here,
    run: RunNumber,
    table: Annotated[Literal["stock", "stages", "parks", "cases"], Path(examples=["parks"])],
    kind: Literal["csv", "xlsx"],
    park: Park = None,
    lang: Annotated[Literal["zh", "en"], Query(description="Language of heads and words.")] = "zh",
) -> FileResponse:
    """Give a table of the cockpit as a file: stock, stages, parks in order, or the cases that are open."""
    with here.reading() as conn:
        return made_file(
            f"landgis-run-{run}-{table}.{kind}",
            lambda path: cockpit.write_table(conn, run, today(), table, path, park=park, language=lang),
            LISTS[kind],
        )


@router.get("/{run}/blocks")
def run_blocks(
    here: Here,
    run: RunNumber,
    park: Park = None,
    block_mu: Annotated[float, Query(ge=0.1, le=1e6, description="The least size of a block, mu.")] = cockpit.BLOCK_MU,
    answer: Annotated[list[Answer] | None, Query(description="Among these answers; exit and swap by default.")] = None,
) -> Blocks:
    """Find contiguous land: blocks of parcels that share borders."""
    with here.reading() as conn:
        found = cockpit.contiguous(conn, run, park=park, block_mu=block_mu, answers=answer or cockpit.FREED_BY)
    return Blocks(**found)


@router.get("/{run}/zones")
def run_zones(here: Here, run: RunNumber, park: Park = None) -> Zones:
    """Tell how each zone uses its land: rates, structure, intensity, yield and potential."""
    with here.reading() as conn:
        return Zones(**cockpit.zones(conn, run, here.zones, park=park))
