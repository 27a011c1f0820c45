"""A run is looked at: its fields, columns for a page, parcels by filter, classes of colour, and weights to try."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.showing.classes import METHODS, Method, upper_bounds
from landgis.store import looking
from landgis.store.database import Connection
from landgis.terms.codes import uses_in_words
from landgis.terms.errors import InputError, Words
from landgis.terms.fields import Field
from landgis.terms.filters import Filter, read_filter
from landgis.terms.frames import GRADE
from landgis.terms.rules import Cut
from landgis.workflows.explain import rulebook
from landgis.workflows.held import Held

#: What a page needs of every parcel before it can colour, count and sort; the rest comes column by column or row by row when asked for.
PAGE_FIELDS: Final = ("parcel_id", "park_code", "answer", "area_m2")


def fields(conn: Connection, run: int) -> dict[str, Field]:
    """Give the fields of a run by name.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    return looking.run_fields(conn, run)


def fields_in_words(conn: Connection, run: int, held: Held[int, dict[str, Words]]) -> dict[str, Field]:
    """Give the fields of a run with words for the codes of each; what a land-use code means hangs on the scheme the run's parcels name.

    Parameters
    ----------
    held
        The codes told last, by run: to find them all parcels are looked at.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    found = fields(conn, run)
    uses = held.get(run, lambda: uses_in_words(looking.list_uses(conn, run)))
    return {**found, "landuse_code": replace(found["landuse_code"], codes=uses or None)}


def columns(conn: Connection, run: int, names: Sequence[str] = PAGE_FIELDS) -> bytes:
    """Give fields of all parcels of a run as one JSON text, column by column, in the order of ``parcel_id``.

    Returns
    -------
    bytes
        ``{"run", "parcels", "columns": {name: column}}``. A column is ``{"steps": [...]}`` (whole numbers, each less the one before),
        ``{"texts": [...], "at": [...]}`` (each text once, and which one stands where; -1: unknown), ``{"values": [...]}`` (null:
        unknown); of a place ``{"lon": column, "lat": column}`` in millionths of a degree.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        There is no such field.
    """
    known = fields(conn, run)
    chosen = [_named(known, name) for name in dict.fromkeys(names)]
    frame = looking.read_columns(conn, run, chosen)
    said: dict[str, Any] = {}
    for field in chosen:
        if field.kind == "place":
            said[field.name] = {
                name: {"steps": _steps(np.round(frame[name].to_numpy() * 1e6).astype(np.int64))}
                for name in ("lon", "lat")
            }
        elif field.kind == "text":
            codes, texts = pd.factorize(frame[field.name], sort=True)
            said[field.name] = {"texts": [str(text) for text in texts], "at": codes.tolist()}
        elif field.name == "parcel_id":
            said[field.name] = {"steps": _steps(frame[field.name].to_numpy(dtype=np.int64))}
        else:
            said[field.name] = {"values": _plain(frame[field.name])}
    answer = {"run": run, "parcels": len(frame), "columns": said}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _steps(values: NDArray[np.int64]) -> list[int]:
    found: list[int] = np.diff(values, prepend=np.int64(0)).tolist()
    return found


def _plain(column: "pd.Series[Any]") -> list[float | int | None]:
    """Write whole values without a point: it is a tenth of the answer."""
    known = column.astype(float)
    return [None if np.isnan(value) else int(value) if value.is_integer() else float(value) for value in known]


def _named(known: Mapping[str, Field], name: str) -> Field:
    if name not in known:
        raise InputError(
            Words("没有这个字段。", "There is no such field."),
            at=name,
            mend=Words("可用字段见 /api/runs/{run}/fields。", "/api/runs/{run}/fields lists the fields."),
        )
    return known[name]


def _wanted(known: Mapping[str, Field], text: str) -> Filter | None:
    return read_filter(text, known) if text.strip() else None


def parcels(
    conn: Connection, run: int, wanted: str = "", *, sort: str = "parcel_id", after: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """List the parcels a filter shows, a page of them.

    Parameters
    ----------
    wanted
        A filter; empty for all.
    sort
        A field's name; a ``-`` before it sorts downwards. Unknown stands last either way.
    after
        The last parcel of the page before.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        The filter cannot be read, or there is no such field.
    """
    known = fields(conn, run)
    field = _named(known, sort.removeprefix("-"))
    if field.kind == "place":
        raise InputError(Words("不能按位置排序。", "A place has no order."), at=sort)
    return looking.list_filtered(
        conn, run, _wanted(known, wanted), sort=field, descending=sort.startswith("-"), after=after, limit=limit
    )


def narrowed(wanted: str, park: str | None, answer: str | None) -> str:
    """Narrow a filter to a park and an answer, where they are named.

    >>> narrowed("gate = 1 OR gate = 2", "P'1", None)
    "(gate = 1 OR gate = 2) AND park_code = 'P''1'"
    """
    parts = [f"({wanted})"] if wanted.strip() else []
    for name, value in (("park_code", park), ("answer", answer)):
        if value is not None:
            parts.append(f"{name} = '" + value.replace("'", "''") + "'")
    return " AND ".join(parts)


def shown_ids(conn: Connection, run: int, wanted: str) -> list[int]:
    """Give the numbers of the parcels a filter shows.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        The filter cannot be read.
    """
    return looking.filtered_ids(conn, run, _wanted(fields(conn, run), wanted))


def classes(conn: Connection, run: int, name: str, method: str, count: int) -> dict[str, Any]:
    """Cut a number of a run into classes for a map; give ``field, method, bounds`` (the upper ones) and ``least``.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        There is no such field, it is no number, or there is no such method.
    """
    field = _named(fields(conn, run), name)
    if field.kind != "number":
        raise InputError(Words("只有数值字段可以分级。", "Only a number has classes."), at=name)
    chosen = next((one for one in METHODS if one == method), None)
    if chosen is None:
        raise InputError(
            Words("没有这种分级方法。", "There is no such method."),
            at=method,
            mend=Words(f"可用：{'、'.join(METHODS)}。", f"Use one of: {', '.join(METHODS)}."),
        )
    return _classes(looking.read_columns(conn, run, [field])[name], name, chosen, count)


def _classes(column: "pd.Series[Any]", name: str, method: Method, count: int) -> dict[str, Any]:
    known = column.dropna().astype(float)
    return {
        "field": name,
        "method": method,
        "least": float(known.min()) if len(known) else None,
        "bounds": upper_bounds(known.tolist(), method, count),
    }


def weights(conn: Connection, run: int) -> dict[str, Any]:
    """Give all that is needed to weigh a run's evaluation otherwise, as a trial: nothing is stored and nothing official changes.

    Returns
    -------
    dict
        ``run, ruleset`` and ``populations``: each ``code, title, indicators`` (``measure, title, weight, unit``), ``cuts`` (``grade,
        top, last, at_least, rounding``); ``subjects``: columns ``group`` (of ``groups``: "park/population"), ``scores`` (one list per
        indicator place), ``extra`` (bonus less deduction), ``total, rank, grade`` and ``fixed`` (whether the grade is not the cut's);
        ``parcels``: for every parcel of the run, in the order of ``parcel_id``, the number of the subject that speaks for it, -1 where
        nobody does. ``populations`` is empty where the run evaluated nobody or the scheme's weights are not published.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    looking.run_fields(conn, run)
    rules = rulebook(conn, run).performance
    if rules is None or rules.scheme is None or rules.scheme.method == "unpublished":
        return {"run": run, "ruleset": None, "populations": [], "groups": [], "subjects": {}, "parcels": []}
    scheme = rules.scheme
    rows = looking.read_scores(conn, run)
    rows = rows[rows["total"].notna()].reset_index(drop=True)
    users = looking.read_main_users(conn, run)
    by_firm = {key: place for place, key in enumerate(zip(rows["park_code"], rows["uscc"], strict=True))}
    by_parcel = {int(number): place for place, number in rows["parcel_id"].items() if pd.notna(number)}
    speaking = [
        by_parcel.get(int(number), by_firm.get((park, code), -1) if isinstance(code, str) else -1)
        for number, park, code in users.itertuples(index=False)
    ]
    codes, groups = pd.factorize(rows["population"])
    widest = max((len(one) for one in rows["scores"]), default=0)
    scores = [[_score(one, place) for one in rows["scores"]] for place in range(widest)]
    fixed = rows["reason"].fillna("").str.len().gt(0) | rows["grade"].isna()
    return {
        "run": run,
        "ruleset": rules.code,
        "populations": [
            {
                "code": population.code,
                "title": {"zh": population.title.zh, "en": population.title.en},
                "indicators": [
                    {"measure": item.measure, "weight": float(item.weight or 0), "unit": item.unit}
                    for item in population.indicators
                ],
            }
            for population in scheme.populations
            if population.indicators
        ],
        "cuts": [_cut(cut) for cut in scheme.cuts],
        "grades": list(GRADE),
        "groups": [str(group) for group in groups],
        "subjects": {
            "group": codes.tolist(),
            "scores": scores,
            "extra": (rows["bonus"].fillna(0) - rows["deduction"].fillna(0)).tolist(),
            "total": rows["total"].tolist(),
            "rank": [None if pd.isna(rank) else int(rank) for rank in rows["rank"]],
            "grade": [grade if isinstance(grade, str) else None for grade in rows["grade"]],
            "fixed": fixed.tolist(),
        },
        "parcels": speaking,
    }


def _score(scores: Sequence[float | None], place: int) -> float | None:
    value = scores[place] if place < len(scores) else None
    return None if value is None else round(float(value), 6)


def _cut(cut: Cut) -> dict[str, Any]:
    shares = {
        name: None if share is None else [share.numerator, share.denominator]
        for name, share in (("top", cut.top), ("last", cut.last))
    }
    least = None if cut.at_least is None else float(cut.at_least)
    return {"grade": cut.grade, **shares, "at_least": least, "rounding": cut.rounding}


def scenarios(conn: Connection, run: int) -> list[dict[str, Any]]:
    """List the scenarios of a run, latest first.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    looking.run_fields(conn, run)
    return looking.list_scenarios(conn, run)


def keep_scenario(conn: Connection, run: int, name: str, weights: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Keep weights somebody tried, under a name.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        A population or an indicator is not one of the run's, a weight is negative, or all of a population are 0.
    ConflictError
        The run has a scenario of this name.
    """
    looking.run_fields(conn, run)
    rules = rulebook(conn, run).performance
    scheme = rules.scheme if rules else None
    known = {one.code: {item.measure for item in one.indicators} for one in scheme.populations} if scheme else {}
    for code, given in weights.items():
        strange = set(given) - known.get(code, set())
        if code not in known or strange or not given:
            raise InputError(
                Words("权重里有这次评估没有的指标。", "A weight is of no indicator of this run."),
                at=", ".join([code, *sorted(strange)]),
                mend=Words("指标见 /api/runs/{run}/weights。", "/api/runs/{run}/weights lists them."),
            )
        if min(given.values()) < 0 or sum(given.values()) <= 0 or not np.isfinite(list(given.values())).all():
            raise InputError(
                Words("权重不能为负，且不能全为 0。", "Weights are not negative, and not all of them 0."), at=code
            )
    return looking.add_scenario(conn, run, name.strip(), weights)
