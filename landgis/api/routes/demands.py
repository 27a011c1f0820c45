"""Demands: the projects that need land."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query
from pydantic import BaseModel, Field

from landgis.api.context import Here
from landgis.api.problems import refusals
from landgis.api.routes.jobs import may_ask
from landgis.workflows.assess import records
from landgis.workflows.demands import add_demands, list_demands

router = APIRouter(prefix="/api/demands", tags=["plans"])

_ONE: dict[str, Any] = {
    "park_code": "S01", "demand_no": "D001", "name": "示例项目 01", "area_min_m2": 6803, "area_ideal_m2": 8004,
    "area_max_m2": 10005, "width_min_m": 40, "ready_by": "2027-06-30", "tax_wan": 312, "priority": 1, "status": "negotiating",
}  # fmt: skip

#: What is told of an issue.
_TOLD = ("code", "severity", "row", "field", "raw", "new", "zh", "en")


class Demand(BaseModel):
    """What one project asks of its land. What is empty is not asked; areas are m², money is 万元."""

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [_ONE]}}

    park_code: str = Field(min_length=1, max_length=100)
    demand_no: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=500)
    investor: str | None = None
    industry_code: str | None = None
    area_min_m2: float | None = None
    area_ideal_m2: float | None = None
    area_max_m2: float | None = None
    width_min_m: float | None = None
    far_min: float | None = None
    invest_wan: float | None = None
    output_wan: float | None = None
    tax_wan: float | None = None
    jobs: int | None = None
    energy_tce: float | None = None
    start_on: date | None = None
    priority: int | None = None
    status: Literal["negotiating", "signed", "supplied", "started", "producing", "left"] | None = None
    depth_min_m: float | None = None
    compactness_min: float | None = None
    use_kind: Literal["industrial", "warehouse", "research"] | None = None
    pollution_class: int | None = None
    chain: str | None = None
    chain_link: Literal["fill", "strengthen", "extend"] | None = None
    ready_by: date | None = None
    emission_t: float | None = None
    power_kva: float | None = None
    sensitive_min_m: float | None = None
    allowed_parks: list[str] | None = None
    owners_max: int | None = None
    cost_max_wan: float | None = None


class Taken(BaseModel):
    """What became of the demands that were sent: each was stored, refused with an issue, or stands unchanged."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "batch": 2, "rows_in": 1, "stored": 1, "refused": 0, "unchanged": 0,
                    "issues": [{"code": "301-out-of-range", "row": 1, "field": "area_min_m2", "zh": "…", "en": "…"}],
                }
            ]
        }
    }  # fmt: skip

    batch: int | None
    rows_in: int
    stored: int
    refused: int
    unchanged: int
    issues: list[dict[str, Any]] = Field(description="What was changed, doubted or refused, as in a batch's issues.")


@router.get("")
def demands(
    here: Here, park: Annotated[str | None, Query(max_length=100, description="Of one park.")] = None
) -> list[Demand]:
    """List the demands that now stand, first by priority."""
    with here.connection() as conn:
        found = list_demands(conn, [park] if park else None, here.scope)
    return [Demand.model_validate(row) for row in found]


@router.post(
    "",
    dependencies=[Depends(may_ask)],
    responses=refusals(
        {
            403: "Sent by a page of somebody else.",
            409: "Somebody else is writing to one of these parks.",
        }
    ),
)
def add(here: Here, asked: Annotated[list[Demand], Body(min_length=1, max_length=1000)]) -> Taken:
    """Send demands, new or changed; they are checked like the rows of a file and stored as one batch."""
    rows = [one.model_dump(mode="json", exclude_none=True) for one in asked]
    with here.connection() as conn:
        done = add_demands(conn, rows, parks=here.scope)
    return Taken(
        batch=done.stored.batch,
        rows_in=done.rows_in,
        stored=done.stored.stored,
        refused=done.stored.refused,
        unchanged=done.stored.unchanged,
        issues=records(done.issues[list(_TOLD)]),
    )
