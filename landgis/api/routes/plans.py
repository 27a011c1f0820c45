"""Plans: sites for projects, who gives way, and what is promised. A plan is made by a job, see ``POST /api/jobs/plan``."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from landgis.api.context import Here
from landgis.api.problems import refusals
from landgis.api.routes.jobs import may_ask
from landgis.api.sending import made_file
from landgis.workflows import plans as workflow

router = APIRouter(prefix="/api/plans", tags=["plans"])

_asking: dict[str, Any] = {
    "dependencies": [Depends(may_ask)],
    "responses": refusals(
        {
            403: "Asked by a page of somebody else, or the plan reaches into parks outside the scope.",
            409: "A parcel is promised already, or the plan is not adopted.",
        }
    ),
}
_FILES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}
PlanNumber = Annotated[int, Path(ge=1, le=2**62, examples=[1], description="The plan's number.")]

_HEAD: dict[str, Any] = {
    "plan": 1, "parent": None, "run": 1, "on": "2026-06-30", "made_at": "2026-11-28T08:00:00+00:00", "parks": ["S01"],
    "currency": "CNY", "objective": 11853.3, "bound": 11853.3, "gap": 0.0, "is_proved": True, "is_adopted": False, "demands": 3,
    "demands_served": 1, "moves": 3, "moves_by_deed": {"swap": 3}, "parcels_by_deed": {"swap": 1, "reserve": 1}, "freed_m2": 39570.7,
    "reserve_m2": 60476.6, "blocks": 1, "block_mu": 100.0, "cost_low_wan": 1735.3, "cost_wan": 2008.7, "cost_high_wan": 2301.0,
    "worth_wan": 13862.0, "tax_gained_wan": 6000.0, "tax_lost_wan": 0.0, "jobs_gained": 400, "invest_wan": 60000.0,
    "break_even_year": 2032, "flip_cost_factor": 6.9, "limits": [], "unmet": [], "seconds": 1.4, "asked": {"level": "mid"},
    "left_out": [{"reason": "leave", "parcels": 90, "area_m2": 2540000.0}],
}  # fmt: skip


class PlanHead(BaseModel):
    """What a plan comes to. Money is ten thousand of ``currency``; unknown is null; ``plan`` 0 is doing nothing.

    ``limits`` tells of each limit how much of it is used and what one more would bring at most; ``left_out`` which parcels are not to be
    had and why; ``flip_cost_factor`` times the costs, and doing nothing is as good.
    """

    model_config = {"json_schema_extra": {"examples": [_HEAD]}}

    plan: int
    parent: int | None
    run: int
    on: str
    made_at: str
    parks: list[str]
    currency: str
    objective: float
    bound: float
    gap: float | None
    is_proved: bool
    is_adopted: bool
    demands: int
    demands_served: int
    moves: int
    moves_by_deed: dict[str, int]
    parcels_by_deed: dict[str, int]
    freed_m2: float
    reserve_m2: float
    blocks: int
    block_mu: float
    cost_low_wan: float | None
    cost_wan: float
    cost_high_wan: float | None
    worth_wan: float
    tax_gained_wan: float
    tax_lost_wan: float | None
    jobs_gained: int
    invest_wan: float
    break_even_year: int | None
    flip_cost_factor: float | None
    limits: list[dict[str, Any]]
    unmet: list[str]
    left_out: list[dict[str, Any]]
    seconds: float
    asked: dict[str, Any]


class PlanInFull(PlanHead):
    """A plan with its sites, their parcels by deed, the moves in their order, and every demand with what became of it."""

    model_config = {
        "json_schema_extra": {
            "examples": [{**_HEAD, "rules": ["cn-planning"], "sites": [], "members": [], "moved": [], "demand_states": []}]
        }
    }  # fmt: skip

    rules: list[str]
    sites: list[dict[str, Any]]
    members: list[dict[str, Any]]
    moved: list[dict[str, Any]]
    demand_states: list[dict[str, Any]]


class Features(BaseModel):
    """GeoJSON in EPSG:4490: ``kind`` is site, member (with its ``deed``) or move (a line; a point where a firm goes away)."""

    model_config = {"json_schema_extra": {"examples": [{"type": "FeatureCollection", "features": []}]}}

    type: str
    features: list[dict[str, Any]]


class Compared(BaseModel):
    """Plans side by side; the first scenario is doing nothing. Below the factor on all costs ``better_below`` is the better of two."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "scenarios": [{"plan": 0, "demands_served": 0}, _HEAD],
                    "flips": [{"plans": [0, 1], "flip_cost_factor": 6.9, "better_below": 1}],
                    "parcels": [{"park_code": "S01", "parcel_no": "P00012", "demand": {"1": "D101"}}],
                }
            ]
        }
    }  # fmt: skip

    scenarios: list[dict[str, Any]]
    flips: list[dict[str, Any]]
    parcels: list[dict[str, Any]]


class Promised(BaseModel):
    """How many parcels a plan holds promised now, or how many it has given free."""

    model_config = {"json_schema_extra": {"examples": [{"plan": 1, "promised": 7, "released": 0}]}}

    plan: int
    promised: int = Field(0, description="Parcels promised by this call.")
    released: int = Field(0, description="Parcels given free by this call.")


@router.get("")
def plans(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    run: Annotated[int | None, Query(ge=1, le=2**62, description="Of one run.")] = None,
) -> list[PlanHead]:
    """List the plans in scope, latest first."""
    with here.connection() as conn:
        found = workflow.list_all(conn, limit, run=run, parks=here.scope)
    return [PlanHead(**one) for one in found]


@router.get("/compare")
def compare(
    here: Here, plan: Annotated[list[Annotated[int, Field(ge=1, le=2**62)]], Query(min_length=1, max_length=8)]
) -> Compared:
    """Hold plans side by side, doing nothing among them."""
    with here.connection() as conn:
        return Compared(**workflow.compare(conn, plan, parks=here.scope))


@router.get("/{plan}")
def one_plan(here: Here, plan: PlanNumber) -> PlanInFull:
    """Give one plan in full."""
    with here.connection() as conn:
        return PlanInFull(**workflow.show(conn, plan, parks=here.scope))


@router.get("/{plan}/features")
def plan_features(here: Here, plan: PlanNumber) -> Features:
    """Give a plan as GeoJSON."""
    with here.connection() as conn:
        return Features(**workflow.features(conn, plan, parks=here.scope))


@router.get(
    "/{plan}/plan.{kind}",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in _FILES.values()}, "description": "The plan as a file."}},
)
def plan_file(
    here: Here,
    plan: PlanNumber,
    kind: Literal["xlsx", "gpkg"],
    lang: Annotated[Literal["zh", "en"], Query(description="Language of heads and words.")] = "zh",
) -> FileResponse:
    """Give a plan as a workbook (figures, sites, parcels, moves, projects) or a GeoPackage (site, member, move, leave)."""
    with here.connection() as conn:
        return made_file(
            f"landgis-plan-{plan}.{kind}",
            lambda path: workflow.file(conn, plan, path, language=lang, parks=here.scope),
            _FILES[kind],
        )


@router.post("/{plan}/adopt", **_asking)
def adopt(here: Here, plan: PlanNumber) -> Promised:
    """Adopt a plan: all its parcels are promised, or none; 409 where one of them is promised already."""
    with here.connection() as conn:
        return Promised(**workflow.adopt(conn, plan, parks=here.scope))


@router.post("/{plan}/withdraw", **_asking)
def withdraw(here: Here, plan: PlanNumber) -> Promised:
    """Withdraw an adopted plan: its parcels are free for others."""
    with here.connection() as conn:
        return Promised(**workflow.withdraw(conn, plan, parks=here.scope))
