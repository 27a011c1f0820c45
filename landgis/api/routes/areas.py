"""What a run says of a drawn area, and what moved between two runs."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from landgis.api.context import Here
from landgis.api.routes.cockpit import LISTS
from landgis.api.routes.runs import Answer, RunNumber
from landgis.api.sending import made_file
from landgis.workflows import area

router = APIRouter(prefix="/api/runs", tags=["areas"])


class Drawn(BaseModel):
    """An area somebody drew or pasted."""

    model_config = {
        "json_schema_extra": {
            "examples": [{"area": "POLYGON((115.16 32.97, 115.17 32.97, 115.17 32.98, 115.16 32.98, 115.16 32.97))"}]
        }
    }

    area: str = Field(min_length=1, max_length=2_000_000, description="GeoJSON or WKT, polygons in degrees.")


class AreaAnswer(BaseModel):
    """Land of one answer: parcels mostly inside with all their land, and what of any parcel lies inside."""

    answer: Answer
    parcels: int
    land_m2: float
    inside_m2: float


class AreaDemand(BaseModel):
    """A demand; ``could_serve`` by the size of the largest piece to be freed alone, null where it asks no least size."""

    park_code: str
    demand_no: str
    name: str
    area_min_m2: float | None
    area_max_m2: float | None
    could_serve: bool | None


class Area(BaseModel):
    """What a run says of an area; ``parcels`` are those of which more than half lies in it."""

    run: int
    area_m2: float
    shape: dict[str, Any]
    touched: int
    inside_m2: float
    parcels: int
    land_m2: float
    suspected: int
    freeable_m2: float
    upgrade_m2: float
    scored: int
    mean_total: float | None
    answers: list[AreaAnswer]
    parcel_ids: list[int]
    block_m2: float
    demands: list[AreaDemand]


class DatedRun(BaseModel):
    """A run and the day it asks for."""

    run: int
    as_of: date


class Move(BaseModel):
    """Parcels that had one answer and have another; null where the run did not judge them."""

    park_code: str
    before: Answer | None
    after: Answer | None
    parcels: int
    area_m2: float
    parcel_nos: list[str]


class Moved(BaseModel):
    """What became of the parcels of one run in another."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "before": {"run": 1, "as_of": "2026-03-31"}, "after": {"run": 2, "as_of": "2026-06-30"},
                    "moves": [
                        {"park_code": "S01", "before": "leave", "after": "exit", "parcels": 1, "area_m2": 12000.0,
                         "parcel_nos": ["P00017"]}
                    ],
                }
            ]
        }
    }  # fmt: skip

    before: DatedRun
    after: DatedRun
    moves: list[Move]


@router.post("/{run}/area")
def tell_area(here: Here, run: RunNumber, drawn: Drawn) -> Area:
    """Tell what a run says of an area: parcels, land, indicators, and demands its land could serve; nothing is stored."""
    with here.reading() as conn:
        return Area(**area.tell_area(conn, run, drawn.area))


Before = Annotated[int, Query(ge=1, le=2**62, examples=[1], description="The run to compare with.")]


@router.get("/{run}/moved")
def moved(here: Here, run: RunNumber, before: Before) -> Moved:
    """Tell what became of the parcels of an earlier run in this one, park by park and answer by answer."""
    with here.reading() as conn:
        return Moved(**area.moved(conn, before, run))


@router.get(
    "/{run}/moved.{kind}",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in LISTS.values()}, "description": "The table as a file."}},
)
def moved_file(
    here: Here,
    run: RunNumber,
    kind: Literal["csv", "xlsx"],
    before: Before,
    lang: Annotated[Literal["zh", "en"], Query(description="Language of heads and words.")] = "zh",
) -> FileResponse:
    """Give what became of the parcels of an earlier run in this one as a file, park by park and answer by answer."""
    with here.reading() as conn:
        return made_file(
            f"landgis-run-{run}-from-{before}.{kind}",
            lambda path: area.write_moved(conn, before, run, path, language=lang),
            LISTS[kind],
        )
