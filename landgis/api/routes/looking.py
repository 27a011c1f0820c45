"""What a page looks at a run by: fields, columns, classes of colour, weights to try, scenarios."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from landgis.api.context import Here
from landgis.api.problems import BothWords, refusals
from landgis.api.routes.jobs import may_ask
from landgis.api.routes.runs import NO_NUL, RunNumber
from landgis.workflows import looking

router = APIRouter(prefix="/api/runs", tags=["looking"])

_JSON: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/json": {}}, "description": "As described; with an ETag of its content."},
    304: {"description": "The browser has it."},
}


class AskedField(BaseModel):
    """A field that a filter may name, a table may be sorted by and a map be coloured by; ``codes`` where its texts are codes."""

    name: str
    kind: Literal["number", "text", "place"]
    unit: str
    title: BothWords
    codes: dict[str, BothWords] | None


class Classes(BaseModel):
    """Classes of a number: the least value, and the upper bound of each class."""

    model_config = {
        "json_schema_extra": {
            "examples": [{"field": "area_m2", "method": "jenks", "least": 310.5, "bounds": [5200.0, 18000.0, 96000.0]}]
        }
    }

    field: str
    method: Literal["quantile", "jenks", "equal"]
    least: float | None
    bounds: list[float]


class KeptWeights(BaseModel):
    """Weights to keep: population to indicator to weight."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"name": "税收优先", "weights": {"above": {"tax_wan_per_mu": 60, "value_added_wan_per_mu": 40}}}
            ]
        }
    }

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00]*\S[^\x00]*$")
    weights: dict[str, dict[str, float]] = Field(min_length=1, max_length=50)


class Scenario(BaseModel):
    """Weights somebody tried on a run and kept; never an official result."""

    scenario: int
    run: int
    name: str
    weights: dict[str, dict[str, float]]
    made_at: datetime
    made_by: str


@router.get("/{run}/fields")
def fields(here: Here, run: RunNumber) -> list[AskedField]:
    """List the fields a filter may name."""
    with here.reading() as conn:
        found = looking.fields_in_words(conn, run, here.uses)
    return [
        AskedField(
            name=field.name,
            kind=field.kind,
            unit=field.unit,
            title=BothWords(zh=field.words.zh, en=field.words.en),
            codes={code: BothWords(zh=words.zh, en=words.en) for code, words in field.codes.items()}
            if field.codes
            else None,
        )
        for field in found.values()
    ]


@router.get("/{run}/columns", response_class=Response, responses=_JSON)
def columns(
    here: Here,
    request: Request,
    run: RunNumber,
    names: Annotated[
        str,
        Query(max_length=2_000, pattern=NO_NUL, examples=["grade,area_m2"], description="Fields, with commas between."),
    ] = ",".join(looking.PAGE_FIELDS),
) -> Response:
    """Give fields of all parcels of the run, column by column: ``steps``, ``values``, or ``texts`` and ``at``."""
    asked = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))

    def make() -> bytes:
        with here.reading() as conn:
            return looking.columns(conn, run, asked)

    return here.answers.get(("columns", run, asked), make).sent(request)


@router.get("/{run}/classes")
def classes(
    here: Here,
    run: RunNumber,
    field: Annotated[str, Query(max_length=64, pattern=NO_NUL, examples=["area_m2"])],
    method: Literal["quantile", "jenks", "equal"] = "quantile",
    count: Annotated[int, Query(ge=2, le=7)] = 5,
) -> Classes:
    """Cut a number of the run into classes for a map."""
    with here.reading() as conn:
        return Classes(**looking.classes(conn, run, field, method, count))


@router.get("/{run}/weights", response_class=Response, responses=_JSON)
def weights(here: Here, request: Request, run: RunNumber) -> Response:
    """Give the indicators, weights and scores of the run's evaluation, for a trial of other weights."""

    def make() -> bytes:
        with here.reading() as conn:
            return json.dumps(looking.weights(conn, run), ensure_ascii=False, separators=(",", ":")).encode()

    return here.answers.get(("weights", run), make).sent(request)


@router.get("/{run}/scenarios")
def scenarios(here: Here, run: RunNumber) -> list[Scenario]:
    """List the scenarios kept on the run, latest first."""
    with here.reading() as conn:
        return [Scenario(**one) for one in looking.scenarios(conn, run)]


@router.post(
    "/{run}/scenarios",
    status_code=201,
    dependencies=[Depends(may_ask)],
    responses=refusals({403: "Asked by a page of somebody else.", 409: "There is a scenario of this name."}),
)
def keep_scenario(here: Here, run: RunNumber, kept: KeptWeights) -> Scenario:
    """Keep weights under a name; a trial, never an official result."""
    with here.reading() as conn:
        return Scenario(**looking.keep_scenario(conn, run, kept.name, kept.weights))
