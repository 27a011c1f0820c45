"""Parks, batches and their issues."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from landgis.api.context import Here
from landgis.store import runs, stock

router = APIRouter(prefix="/api", tags=["stock"])


class Park(BaseModel):
    """One industrial park in scope."""

    model_config = {
        "json_schema_extra": {"examples": [{"park_code": "sample-01", "name": "示例园区 01", "parcels": 158}]}
    }

    park_code: str
    name: str
    parcels: int


EXAMPLE: dict[str, Any] = {
    "batch": 1, "file": "sample.gpkg", "sha256": "9f2c…", "profile": "landgis-template", "park_codes": ["sample-01"],
    "made_at": "2026-11-23T08:00:00Z", "rows_in": 600, "stored": 598, "refused": 2, "unchanged": 0, "kind": "import", "undoes": None,
    "ended": 0,
}  # fmt: skip


class Batch(BaseModel):
    """One import: a file and what became of its rows."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    batch: int
    file: str
    sha256: str
    profile: str
    park_codes: list[str]
    made_at: datetime
    rows_in: int
    stored: int
    refused: int
    unchanged: int
    kind: str
    undoes: int | None
    ended: int


class IssueTold(BaseModel):
    """One thing that was changed, doubted or refused."""

    issue: int
    code: str
    severity: Literal["refused", "doubted", "changed"]
    table_name: str
    park_code: str | None
    file: str
    layer: str | None
    row: int | None
    year: int | None = None
    field: str | None
    raw: str | None
    new: str | None
    rule: str | None
    zh: str
    en: str


class Issue(IssueTold):
    """One thing that was changed, doubted or refused in a batch."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "issue": 1, "code": "3105", "severity": "doubted", "table_name": "parcel", "park_code": "sample-01",
                    "file": "sample.gpkg", "layer": "parcel", "row": 204, "field": "cert_area_m2", "raw": "28000", "new": None,
                    "rule": "area_differs", "zh": "登记面积与图形面积相差 1.6 %。",
                    "en": "Registered area differs from drawn area by 1.6 %.", "lon": 115.21, "lat": 33.02,
                }
            ]
        }
    }  # fmt: skip

    lon: float | None
    lat: float | None


@router.get("/parks")
def parks(here: Here) -> list[Park]:
    """List the parks in scope, with the parcels they now hold."""
    with here.reading() as conn:
        return [Park(**found) for found in stock.park_sizes(conn)]


@router.get("/batches")
def batches(here: Here, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[Batch]:
    """List the imports, latest first."""
    with here.reading() as conn:
        return [Batch(**found) for found in runs.list_batches(conn, limit)]


@router.get("/batches/{batch}/issues")
def issues(
    here: Here,
    batch: Annotated[int, Path(ge=1, le=2**62, examples=[1])],
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The last issue number already seen.")] = 0,
) -> list[Issue]:
    """List a batch's issues in order; page on with `after`."""
    with here.reading() as conn:
        return [Issue(**found) for found in runs.list_issues(conn, batch, limit, after)]
