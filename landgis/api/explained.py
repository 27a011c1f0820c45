"""The parts of an explanation as the service describes them."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from landgis.api.problems import BothWords


class Cell(BaseModel):
    """Where one number came from: our column, and the file's row, field and unit; ``said`` names a code in words."""

    table: str
    column: str
    title: BothWords
    key: str
    value: Any
    said: BothWords | None
    unit: str
    batch: int
    file: str | None
    sha256: str | None
    layer: str | None
    row: int | None
    field: str | None
    file_unit: str | None


class Fact(BaseModel):
    """Something known or computed of the parcel; ``said`` names a code in words."""

    name: str
    title: BothWords
    value: Any
    unit: str
    said: BothWords | None
    needs: list[str]
    cells: list[Cell]


State = Literal["met", "not_met", "unknown", "not_asked"]


class Asked(BaseModel):
    """One condition of a test or a gate, between which numbers it decided. ``noted``: unknown, and the ruleset lets it pass."""

    code: str
    title: BothWords
    measure: str
    operator: str
    value: Any
    said: BothWords | None
    threshold: float | None
    is_asked: bool
    unit: str
    values: list[str]
    wanted: bool | None
    state: State
    noted: bool
    article: str
    confidence: str


class TestTrace(BaseModel):
    """The conditions of one test of low efficiency."""

    test: str
    conditions: list[Asked]


class GateTrace(BaseModel):
    """One gate: all of ``all`` and, if there are any, one of ``any`` must hold."""

    gate: int
    code: str
    title: BothWords
    answer: str
    article: str
    state: State
    decided: bool
    all: list[Asked]
    any: list[Asked]


class OpenMode(BaseModel):
    """A mode of disposal that is open, or may be."""

    mode: str
    title: BothWords
    stat_category: str
    stat_title: BothWords
    state: Literal["open", "unknown"]
    article: str
    confidence: str
    source: str


class ScorePart(BaseModel):
    """One part of a score: its weight and level, 0 to 1."""

    code: str
    title: BothWords
    weight: float
    level: float | None


class Score(BaseModel):
    """A score between 0 and 1, from the least to the most it can be."""

    score: str
    title: BothWords
    article: str
    low: float | None
    high: float | None
    parts: list[ScorePart]


class Point(BaseModel):
    """One thing that speaks for or against doing something about the parcel."""

    code: str
    title: BothWords
    measure: str | None
    measure_title: BothWords | None
    value: Any
    said: BothWords | None
    threshold: float | None
    unit: str | None
    hinders: bool | None


class Points(BaseModel):
    """What speaks for, what against, and what is open."""

    model_config = {"populate_by_name": True}

    for_: list[Point] = Field(alias="for")
    against: list[Point]
    open: list[Point]


class Coded(BaseModel):
    """A code and its words."""

    code: str
    title: BothWords


class Lack(BaseModel):
    """What is missing, who should supply it, and what asks for it; ``decides``: the answer may hang on it."""

    name: str
    title: BothWords
    suppliers: list[Coded]
    wanted_by: list[Coded]
    decides: bool


class Moved(BaseModel):
    """One measure moved: to ``after`` itself, or just below or above it; with the grade an indicator would bring."""

    measure: str
    title: BothWords
    before: Any
    after: Any
    side: Literal["", "below", "above"]
    unit: str
    grade: str | None = None
    said: BothWords


class Changed(BaseModel):
    """A change of one or two measures and the answer it would give; ``cost`` orders them, smallest first."""

    changes: list[Moved]
    answer: str
    gate: int
    cost: float
    title: BothWords


class Changes(BaseModel):
    """The smallest changes that would alter the answer; none where no one or two would."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "items": [
                        {"changes": [{"measure": "tax_wan_per_mu", "title": {"zh": "上年度亩均税收", "en": "tax per mu, last year"},
                                      "before": 4.2, "after": 5.0, "side": "", "unit": "万元/亩",
                                      "said": {"zh": "4.2 → 5 万元/亩", "en": "4.2 → 5 万元/亩"}}],
                         "answer": "leave", "gate": 6, "cost": 0.16,
                         "title": {"zh": "上年度亩均税收 4.2 → 5 万元/亩：保留", "en": "tax per mu, last year 4.2 → 5 万元/亩: leave"}}
                    ]
                }
            ]
        }
    }  # fmt: skip

    items: list[Changed]
