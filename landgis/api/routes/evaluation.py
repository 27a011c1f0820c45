"""A run's evaluation as a whole: shares by grade, stability, and exploratory scores beside it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from landgis.api.context import Here
from landgis.api.problems import BothWords
from landgis.api.routes.runs import NO_NUL, RunNumber
from landgis.workflows import evaluation

router = APIRouter(prefix="/api/runs", tags=["evaluation"])


class GradeShare(BaseModel):
    """How many of a population have a grade, beside what the cut and the quota ask; ``by_ties`` more because ties are kept together."""

    year: int
    population: str
    ranked: int
    grade: str
    subjects: int
    share: float | None
    by_ties: int
    quota_min: float | None
    quota_max: float | None
    is_kept: bool | None


class Shares(BaseModel):
    """The grades of a run, counted."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "ruleset": "huangyan-2022",
                    "shares": [
                        {"year": 2025, "population": "S01/above", "ranked": 132, "grade": "A", "subjects": 27, "share": 0.2045,
                         "by_ties": 1, "quota_min": None, "quota_max": None, "is_kept": None}
                    ],
                }
            ]
        }
    }  # fmt: skip

    run: int
    ruleset: str
    shares: list[GradeShare]


class Ranked(BaseModel):
    """One subject by another weighting, beside its legal rank and grade."""

    uscc: str | None
    parcel_id: int | None
    score: float
    rank: int
    legal_total: float | None
    legal_rank: int | None
    legal_grade: str | None


class Looked(BaseModel):
    """One population by another weighting; ``spearman`` and ``kendall`` (tau-b) are its agreement with the legal grade."""

    population: str
    year: int
    subjects: int
    scored: int
    weights: dict[str, float]
    left_out: list[str]
    spearman: float | None
    kendall: float | None
    items: list[Ranked]


class Exploratory(BaseModel):
    """A ranking for looking around. ``is_exploratory`` is always true: it is never the legal evaluation."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "ruleset": "huangyan-2022", "method": "entropy", "is_exploratory": True,
                    "caution": {"zh": "探索性排序，不是法定评价，不作处置依据。", "en": "Exploratory ranking: not the legal evaluation."},
                    "populations": [
                        {"population": "S01/below", "year": 2025, "subjects": 12, "scored": 12,
                         "weights": {"tax_wan_per_mu": 0.6, "tax_yuan_per_kwh": 0.4}, "left_out": [], "spearman": 0.91,
                         "kendall": 0.8, "items": []}
                    ],
                }
            ]
        }
    }  # fmt: skip

    run: int
    ruleset: str
    method: str
    is_exploratory: Literal[True]
    caution: BothWords
    populations: list[Looked]


class Stable(BaseModel):
    """A parcel under other weights and noisy figures: share of the draws in each grade and with each answer, and the band of ranks."""

    parcel_id: int
    park_code: str
    uscc: str | None
    grades: dict[str, float]
    answers: dict[str, float]
    rank_p05: int | None
    rank_p95: int | None


class Stability(BaseModel):
    """How a run's stability was drawn, and a page of its parcels; ``next`` is the ``after`` of the following page."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "run": 1, "draws": 1000, "seed": 1, "concentration": 50.0, "noise": 0.05, "made_at": "2026-11-23T08:00:00Z",
                    "items": [
                        {"parcel_id": 17, "park_code": "sample-01", "uscc": "91000000MA00000171",
                         "grades": {"A": 0, "B": 0, "C": 0.17, "D": 0.83, "T": 0, "none": 0},
                         "answers": {"exit": 0.83, "swap": 0, "upgrade": 0, "leave": 0.17, "data_first": 0},
                         "rank_p05": 41, "rank_p95": 44}
                    ],
                    "next": None,
                }
            ]
        }
    }  # fmt: skip

    run: int
    draws: int
    seed: int
    concentration: float
    noise: float
    made_at: datetime
    items: list[Stable]
    next: int | None


@router.get("/{run}/grades")
def grades(here: Here, run: RunNumber) -> Shares:
    """Count the grades of each population, beside what cuts and quotas ask."""
    with here.reading() as conn:
        return Shares(**evaluation.shares(conn, run))


@router.get("/{run}/exploratory")
def exploratory(
    here: Here,
    run: RunNumber,
    method: Annotated[
        Literal["entropy", "critic", "user"], Query(description="Where the weights come from.")
    ] = "entropy",
    weights: Annotated[
        str | None,
        Query(max_length=1000, pattern=NO_NUL, examples=["tax_wan_per_mu:2,rd_share:1"], description="For ``user``."),
    ] = None,
    park: Annotated[str | None, Query(max_length=64, pattern=NO_NUL, description="Of this park only.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Subjects of each population, best first.")] = 100,
) -> Exploratory:
    """Rank by TOPSIS under other weights, from the figures the run kept: for looking around, never the legal grade."""
    given = evaluation.read_weights(weights) if weights else None
    with here.reading() as conn:
        return Exploratory(**evaluation.explored(conn, run, method, weights=given, park=park, limit=limit))


@router.get("/{run}/stability")
def stability(
    here: Here,
    run: RunNumber,
    after: Annotated[int, Query(ge=0, le=2**62, description="``next`` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Stability:
    """Say how stable the run's grades and answers are, parcel by parcel; not found where it was not asked for."""
    with here.reading() as conn:
        return Stability(**evaluation.stability(conn, run, after=after, limit=limit))
