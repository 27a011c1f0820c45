"""A run is explained: for one parcel facts, tests, gates and answer, each number with the cell it came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from landgis.core.judging.counterfactual import counterfactuals
from landgis.core.judging.explanation import Judgement, Trace, both, plain
from landgis.core.judging.performance import parts_of
from landgis.store import runs
from landgis.store.database import Connection
from landgis.store.stock import Origins, read_origins, read_stock
from landgis.terms.codes import EDITION, SCHEME, landuse_words
from landgis.terms.disposal import URGENCY
from landgis.terms.errors import InputError, NotFoundError, Words
from landgis.terms.frames import (
    ANSWER,
    GRADE,
    IDLE_REMARK,
    IDLE_STATE,
    PROCEDURE,
    STOCK,
    SUPPLIER,
    TRACK,
    Column,
    Stock,
)
from landgis.terms.reasons import name_words, reason_words
from landgis.terms.rulereader import parse_ruleset
from landgis.terms.rules import Rulebook, compose_rulesets
from landgis.workflows.assess import think
from landgis.workflows.held import Held

#: So many parks of runs are held ready: a click on the next parcel of the same park need not think it through again.
_HELD: Final = 8
_TRIAGE: Final = (
    "answer", "gate", "reason", "track", "suspected", "tests", "grade", "modes", "freeable_m2", "upgrade_m2", "urgency",
    "urgency_low", "urgency_high", "shortfall_low", "shortfall_high", "exit_ease_low", "exit_ease_high",
)  # fmt: skip
#: Where a figure may also have come from when the column a measure names is empty.
_INSTEAD: Final = {"building.counted_area_m2": ("building.floor_area_m2", "building.storey_height_m")}
_TABLES: Final = {table.name: table for table in STOCK}


def rulebook(conn: Connection, run: int) -> Rulebook:
    """Give the rules of a run from the very texts it used, not from today's files."""
    return _rulebook(tuple(runs.ruleset_texts(conn, run)))


@lru_cache(maxsize=16)
def _rulebook(texts: tuple[str, ...]) -> Rulebook:
    return compose_rulesets(parse_ruleset(text, "land.ruleset") for text in texts)


class Rows:
    """The rows of a stock by the parcel on which they bear, each table laid out once, when it is first asked for."""

    def __init__(self, stock: Stock, on: date) -> None:
        self.stock, self.on = stock, on
        self._laid: dict[str, dict[int, dict[str, Any]]] = {}
        self._by: dict[str, dict[int, list[int]]] = {}

    def bearing(self, parcel_id: int, table: str, column: str, *, before: bool) -> list[tuple[int, dict[str, Any]]]:
        """Give id and row of what bears on a parcel: its own, its users', or the zones of the layer `column` that it meets.

        Yearly rows are those of the evaluated year, or of the year `before`.
        """
        rows = self._rows(table)
        if table == "parcel":
            ids: Iterable[int] = [parcel_id]
        elif table == "zone":
            zones = self.stock.zone
            meets = shapely.intersects(np.asarray(zones.geometry), self.stock.parcel.geometry.loc[parcel_id])
            ids = zones.index[meets & (zones["layer"] == column).to_numpy(dtype=bool)]
        elif "parcel_id" in getattr(self.stock, table):
            ids = self._grouped(table, "parcel_id").get(parcel_id, [])
        else:
            uses = self._grouped("parcel_use", "parcel_id").get(parcel_id, [])
            firms = dict.fromkeys(self._rows("parcel_use")[use]["enterprise_id"] for use in uses)
            year = self.on.year - (2 if before else 1)
            ids = (
                [firm for firm in firms if firm in rows]
                if table == "enterprise"
                else [
                    row_id
                    for firm in firms
                    for row_id in self._grouped(table, "enterprise_id").get(firm, [])
                    if rows[row_id].get("year", year) == year
                ]
            )
        return [(int(row_id), rows[row_id]) for row_id in ids]

    def _rows(self, table: str) -> dict[int, dict[str, Any]]:
        if table not in self._laid:
            frame: pd.DataFrame = getattr(self.stock, table)
            plain_rows = pd.DataFrame(frame.drop(columns="geom", errors="ignore")).to_dict("records")
            self._laid[table] = dict(zip(frame.index.tolist(), plain_rows, strict=True))  # type: ignore[arg-type]
        return self._laid[table]

    def _grouped(self, table: str, name: str) -> dict[int, list[int]]:
        if table not in self._by:
            grouped: dict[int, list[int]] = {}
            for row_id, row in self._rows(table).items():
                if not pd.isna(row[name]):
                    grouped.setdefault(int(row[name]), []).append(row_id)
            self._by[table] = grouped
        return self._by[table]


@dataclass(frozen=True)
class Case:
    """One park of a run, thought through again: the stock the run judged, all that was found in it, and where each row came from."""

    on: date
    stock: Stock
    book: Rulebook
    judgement: Judgement
    trace: Trace
    origins: Origins
    rows: Rows


@dataclass
class Cases:
    """The cases that were opened last; a service keeps one of these, and asks it only for what is in its scope."""

    held: Held[tuple[int, str], Case] = field(default_factory=lambda: Held(_HELD))

    def open(self, conn: Connection, run: int, park_code: str) -> Case:
        """Give a park of a run, thinking it through where it is not held."""
        return self.held.get((run, park_code), lambda: _opened(conn, run, park_code))


def _opened(conn: Connection, run: int, park_code: str) -> Case:
    head = runs.read_head(conn, run)
    stock, _ = read_stock(conn, [park_code], head["batch"])
    book = rulebook(conn, run)
    made = think(stock, book, head["as_of"])
    origins = read_origins(conn, [park_code], head["batch"])
    return Case(head["as_of"], stock, book, made, Trace(made, book), origins, Rows(stock, head["as_of"]))


def stable(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Put one row of a stability as a reader takes it: shares by grade ("none": no grade) and by answer, and the band of ranks."""
    return {
        **{name: kept[name] for name in ("parcel_id", "park_code", "uscc")},
        "grades": {grade: kept[f"grade_{grade.lower()}"] for grade in (*GRADE, "none")},
        "answers": {answer: kept[answer] for answer in ANSWER},
        "rank_p05": kept["rank_p05"],
        "rank_p95": kept["rank_p95"],
    }


def _stability(conn: Connection, run: int, parcel_id: int) -> dict[str, Any] | None:
    """Give a parcel's stability with how it was drawn; None where it was not asked for."""
    rows = runs.list_stability(conn, run, parcel_id=parcel_id)
    return {**(runs.find_stability(conn, run) or {}), **stable(rows[0])} if rows else None


def explain(conn: Connection, run: int, parcel_id: int, cases: Cases | None = None) -> dict[str, Any]:
    """Say why a run answered as it did for one parcel.

    The answer, findings and grades are those the run stored; facts, gates, modes and scores are thought again from the stock as the run
    saw it, by the rules it used. ``agrees`` tells whether today's program still gives the stored answer.

    Returns
    -------
    dict
        ``run, on, parcel, enterprises, triage, findings, grades, stability`` (None where it was not asked for), ``source, agrees``;
        what `landgis.core.judging.explanation.Trace.tell` gives, each fact with ``cells`` (table, column, key, value, and the file's row,
        field and unit); ``idle`` (each contract as the run stored it, the gravest first); ``activity`` (of the parcel and of each
        enterprise on it, with tests and signs); ``rulesets``. Everything is plain JSON.

    Raises
    ------
    NotFoundError
        The run did not judge such a parcel, or it lies outside the scope.
    """
    found = runs.read_judged(conn, run, parcel_id)
    case = (cases or Cases()).open(conn, run, found["park_code"])
    words = case.book.words
    triage = {name: found.pop(name) for name in _TRIAGE}
    lists = {name: found.pop(name) for name in ("enterprises", "findings", "idle", "activity", "grades", "source")}
    number, as_of = found.pop("run"), found.pop("as_of")
    told = case.trace.tell(parcel_id)
    again = case.judgement.answers.loc[parcel_id]
    confidences = {item.code: item.confidence for item in case.book.rulesets}
    whole: dict[str, Any] = _jsonable(
        {
            "run": number,
            "on": as_of,
            "parcel": found | _use_in_words(found["landuse_code"], found["landuse_scheme"]),
            "enterprises": lists["enterprises"],
            "stability": _stability(conn, run, parcel_id),
            "triage": {
                **triage,
                "title": both(ANSWER[triage["answer"]]),
                "track_title": both(TRACK[triage["track"]]) if triage["track"] else None,
                "urgency_title": both(URGENCY[triage["urgency"]]) if triage["urgency"] else None,
                "reason": both(reason_words(triage["reason"], words)),
            },
            "findings": [
                one
                | {
                    "title": both(words.get(one["test"], Words(one["test"], one["test"]))),
                    "confidence": confidences.get(one["ruleset"]),
                    "missing_titles": [both(name_words(name, words)) for name in one["missing"]],
                }
                for one in lists["findings"]
            ],
            "grades": [_graded(one, case.book) for one in lists["grades"]],
            "source": lists["source"],
            **told,
            "facts": [fact | {"cells": _cells(case, parcel_id, fact)} for fact in told["facts"]],
            "idle": [_idle_in_words(contract) for contract in lists["idle"]],
            "activity": [_activity_in_words(one, case.book) for one in lists["activity"]],
            "agrees": [again["answer"], again["gate"]] == [triage["answer"], triage["gate"]],
            "rulesets": [
                {
                    "code": item.code,
                    "title": both(item.title),
                    "document": item.document,
                    "confidence": item.confidence,
                    "sha256": item.sha256,
                }
                for item in case.book.rulesets
            ],
        }
    )
    return whole


def what_if(conn: Connection, run: int, parcel_id: int, cases: Cases | None = None) -> list[dict[str, Any]]:
    """Say which smallest changes would have given a parcel of a run another answer; refuses as `explain`.

    Worked out when somebody asks, in the park of the parcel: a second or two in a park of some hundred parcels.
    """
    found = runs.read_judged(conn, run, parcel_id)
    case = (cases or Cases()).open(conn, run, found["park_code"])
    return counterfactuals(case.trace, parcel_id)


def surroundings(
    conn: Connection, run: int, parcel_id: int, park_code: str, cases: Cases
) -> tuple[BaseGeometry, list[tuple[str, BaseGeometry]]]:
    """Give a parcel's shape, and number and shape of those around it, as the run saw them."""
    parcels = cases.open(conn, run, park_code).stock.parcel
    shape = parcels.geometry.loc[parcel_id]
    west, south, east, north = shape.bounds
    reach = max(east - west, north - south)
    near = parcels.cx[west - reach : east + reach, south - reach : north + reach].drop(index=parcel_id)
    return shape, list(zip(near["parcel_no"].astype(str), near.geometry, strict=True))


def find_parcel(conn: Connection, run: int | None, parcel_no: str, park: str | None = None) -> tuple[int, int]:
    """Give the run, the latest where none is named, and the number in it of the parcel that bears this parcel number.

    Raises
    ------
    NotFoundError
        There is no such run or parcel in this scope.
    InputError
        Several parks of the run have a parcel of this number.
    """
    number = int(runs.read_head(conn, run)["run"])
    found = runs.find_judged(conn, number, parcel_no, park)
    if not found:
        raise NotFoundError(
            Words(f"评估 {number} 中没有地块“{parcel_no}”。", f"Run {number} has no parcel {parcel_no!r}."),
            at=parcel_no,
            mend=Words("在地图中查找编号，或换一次评估。", "Look its number up on the map, or name another run."),
        )
    if len(found) > 1:
        parks = "、".join(one["park_code"] for one in found)
        raise InputError(
            Words("几个园区都有这个地块编号。", "Several parks have a parcel of this number."),
            at=f"{parcel_no}: {parks}",
            mend=Words("用 --park 指定园区。", "Name the park with --park."),
        )
    return number, int(found[0]["parcel_id"])


def _activity_in_words(found: dict[str, Any], book: Rulebook) -> dict[str, Any]:
    """Put words and articles to the tests and signs of an enterprise or parcel."""
    articles = {item.code: item.article for ruleset in book.rulesets for item in ruleset.tests}
    articles |= {item.code: item.article for ruleset in book.rulesets for item in ruleset.signs}
    confidences = {item.code: item.confidence for ruleset in book.rulesets for item in ruleset.signs}

    def told(entry: dict[str, Any], code: str) -> dict[str, Any]:
        return entry | {"title": both(book.words.get(code, Words(code, code))), "article": articles.get(code)}

    return found | {
        "tests": [
            told(entry, entry["test"])
            | {"missing_titles": [both(name_words(name, book.words)) for name in entry["missing"]]}
            for entry in found["tests"]
        ],
        "signs": [
            told(entry, entry["sign"]) | {"confidence": confidences.get(entry["sign"])} for entry in found["signs"]
        ],
    }


def _cells(case: Case, parcel_id: int, fact: dict[str, Any]) -> list[dict[str, Any]]:
    """Lead a fact back to the cells of the files it was computed from."""
    cells = []
    for need in fact["needs"]:
        table, _, column = need.partition(".")
        names = [column, *(name.partition(".")[2] for name in _INSTEAD.get(need, ()))]
        for name in names if column else ():
            rows = case.rows.bearing(parcel_id, table, name, before=fact["name"].endswith("_before"))
            cells += [_cell(case, table, "geom" if table == "zone" else name, row_id, row) for row_id, row in rows]
            if any(cell["value"] is not None for cell in cells) and name == column:
                break
    return cells


def _cell(case: Case, table: str, column: str, row_id: int, row: Mapping[str, Any]) -> dict[str, Any]:
    described = _TABLES[table].by_name[column]
    key = [part for part in map(_TABLES[table].by_name.__getitem__, _TABLES[table].key) if part.name != "park_code"]
    origin = case.origins.cell(table, row_id, column)
    if origin["field"] and "year" in row:
        origin["field"] = origin["field"].replace("{year}", str(row["year"]))
    return {
        "table": table,
        "column": column,
        "title": {"zh": described.zh, "en": described.en},
        "key": " · ".join(str(plain(row[part.name])) for part in key if not part.domain),
        "value": None if described.kind == "geometry" else plain(row[column]),
        "said": _in_words(described if described.kind != "geometry" else next(iter(key)), row),
        "unit": described.unit,
        "file_unit": origin.pop("unit"),
        **origin,
    }


def _in_words(column: Column, row: Mapping[str, Any]) -> dict[str, str] | None:
    """Say what a code of a row means: a land use with its code before it; None where it is no code, or we do not know."""
    code = plain(row[column.name])
    scheme = {"landuse_code": "landuse_scheme", "plan_code": "plan_scheme"}.get(column.name)
    if scheme is not None:
        words = landuse_words(code, plain(row[scheme]))
        return both(Words(f"{code} {words.zh}", f"{code} {words.en}")) if words else None
    words = column.domain.get(code) or {**SCHEME, **EDITION}.get(code) if isinstance(code, str) else None
    return both(words) if words else None


def _graded(kept: dict[str, Any], rules: Rulebook) -> dict[str, Any]:
    """Put the ruleset's facts beside what a run kept of an evaluation: the points of ``scores`` sum to ``total``."""
    measured, bases, scores, reason = kept.pop("measured"), kept.pop("bases"), kept.pop("scores"), kept["reason"]
    by = next((item for item in rules.rulesets if item.code == kept["ruleset"]), None)
    parts = parts_of(by, kept["population"], measured, scores, bases) if by and scores else []
    for name, sign in (("bonus", 1), ("deduction", -1)):
        if kept[name]:
            parts.append({"indicator": name, "score": sign * kept[name]})
    return kept | {"scores": parts, "reason": both(reason_words(reason, rules.words)) if reason else None}


def _idle_in_words(contract: dict[str, Any]) -> dict[str, Any]:
    """Say in words where a contract stands by the idle-land rule, what to ask whom for, and what comes due."""
    changes_to = contract["changes_to"]
    return contract | {
        "title": both(IDLE_STATE[contract["state"]]),
        "changes_to_title": both(IDLE_STATE[changes_to]) if changes_to else None,
        "remarks": [{"code": code, **both(IDLE_REMARK[code])} for code in contract["remarks"]],
        "asks": [
            {"column": name, "title": both(name_words(name)), "supplier": both(SUPPLIER[name])}
            for name in contract["asks"]
        ],
        "clocks": [
            clock | {"title": both(PROCEDURE[clock["step"]]), "trigger_title": both(PROCEDURE[clock["trigger"]])}
            for clock in contract["clocks"]
        ],
    }


def _use_in_words(code: str | None, scheme: str | None) -> dict[str, Any]:
    """Say what the parcel's land use means, and in which scheme; None where we do not know."""
    words, named = landuse_words(code, scheme), SCHEME.get(scheme or "")
    return {"landuse_title": both(words) if words else None, "landuse_scheme_title": both(named) if named else None}


def _jsonable(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Write the days as JSON can hold them, however deep they lie."""
    if isinstance(value, dict):
        return {name: _jsonable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
