"""A run's parcels as they are looked for: filtered, sorted, page by page, or column by column."""

import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from landgis.store import database, reading
from landgis.store.database import Connection
from landgis.terms.errors import ConflictError, NotFoundError, Words
from landgis.terms.fields import DRAWN_FIELDS, Field, fields_of
from landgis.terms.filters import Between, Comparison, Filter, Inside, Joined, Like, Not, OneOf, Unknown
from landgis.terms.frames import Kind

#: These are whole numbers; all other numbers of a field are not.
_WHOLE: Final = ("parcel_id", "gate", "suspected", "rank", *DRAWN_FIELDS)


def run_fields(conn: Connection, run: int) -> dict[str, Field]:
    """Give the fields of a run by name: those every run has, the measures it kept, and those of its stability where it was drawn.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    found = database.row(conn, "run_measures", run=run)
    if found is None:
        raise NotFoundError(Words("没有这次评估。", f"There is no run {run}."), at=str(run))
    return fields_of(found["measures"], is_drawn=found["is_drawn"])


def list_uses(conn: Connection, run: int) -> list[tuple[str, str | None]]:
    """List the land-use codes of a run's parcels, each with its scheme."""
    return [(one["landuse_code"], one["landuse_scheme"]) for one in database.rows(conn, "run_uses", run=run)]


def read_columns(conn: Connection, run: int, fields: Sequence[Field]) -> pd.DataFrame:
    """Read some fields of all parcels of a run, in the order of ``parcel_id``; a place is ``lon`` and ``lat``."""
    kinds: dict[str, Kind] = {}
    chosen: list[sql.Composable] = []
    for field in fields:
        if field.kind == "place":
            kinds |= {"lon": "number", "lat": "number"}
            chosen += [sql.Identifier("j", "lon"), sql.Identifier("j", "lat")]
        else:
            kinds[field.name] = "text" if field.kind == "text" else "integer" if field.name in _WHOLE else "number"
            chosen.append(_column(field))
    query = sql.SQL(database.statement("judged_columns").decode()).format(
        columns=sql.SQL(", ").join(chosen), run=sql.Literal(run)
    )
    return reading.frame(conn, query, kinds)


def list_filtered(
    conn: Connection,
    run: int,
    wanted: Filter | None,
    *,
    sort: Field | None = None,
    descending: bool = False,
    after: int | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """List the parcels a filter shows, sorted; unknown last, equals by ``parcel_id``; from the one behind parcel `after` on.

    The page before is found again by what parcel `after` has in the sorted field: a run never changes, so no row is missed or doubled.
    """
    values: dict[str, object] = {"run": run, "limit": limit, "after": after}
    where = [condition(wanted, values)] if wanted is not None else []
    order: sql.Composable = sql.SQL("j.parcel_id")
    if sort is None or sort.name == "parcel_id":
        if after is not None:
            where.append(sql.SQL("j.parcel_id < %(after)s" if descending else "j.parcel_id > %(after)s"))
        order = sql.SQL("j.parcel_id DESC") if descending else order
    else:
        column = _column(sort)
        order = sql.SQL("{} {} NULLS LAST, j.parcel_id").format(column, sql.SQL("DESC" if descending else "ASC"))
        if after is not None:
            where.append(
                sql.SQL(
                    "CASE WHEN last.value IS NULL THEN {column} IS NULL AND j.parcel_id > %(after)s"
                    " ELSE {column} {beyond} last.value OR {column} IS NULL"
                    " OR ({column} = last.value AND j.parcel_id > %(after)s) END"
                ).format(column=column, beyond=sql.SQL("<" if descending else ">"))
            )
    query = sql.SQL(database.statement("judged_page").decode()).format(
        value=_column(sort) if sort is not None else sql.SQL("NULL::text"),
        where=sql.SQL(" AND ").join(sql.SQL("({})").format(part) for part in where) if where else sql.SQL("true"),
        order=order,
    )
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def filtered_ids(conn: Connection, run: int, wanted: Filter | None) -> list[int]:
    """Give the numbers of the parcels a filter shows."""
    values: dict[str, object] = {"run": run}
    where = sql.SQL("true") if wanted is None else condition(wanted, values)
    query = sql.SQL(database.statement("judged_ids").decode()).format(where=where)
    return [number for (number,) in conn.execute(query, values).fetchall()]


def _column(field: Field) -> sql.Composable:
    if field.at is not None:
        return sql.SQL("j.measures[{}]").format(sql.Literal(field.at + 1))
    column = sql.Identifier("j", field.name)
    return sql.SQL('{} COLLATE "C"').format(column) if field.kind == "text" else column


def condition(wanted: Filter, values: dict[str, object]) -> sql.Composable:
    """Turn a filter into a condition; every literal becomes a parameter among `values`."""

    def bound(value: object) -> sql.Composable:
        name = f"p{len(values)}"
        values[name] = value
        return sql.Placeholder(name)

    def side(field: Field, is_caseless: bool) -> sql.Composable:
        return _lowered(_column(field)) if is_caseless else _column(field)

    def literal(value: float | str, is_caseless: bool) -> sql.Composable:
        if isinstance(value, str):
            text = sql.SQL("{}::text").format(bound(value))
            return _lowered(text) if is_caseless else text
        return sql.SQL("{}::double precision").format(bound(value))

    match wanted:
        case Joined(word, parts):
            inner = sql.SQL(" AND " if word == "AND" else " OR ").join(condition(part, values) for part in parts)
            return sql.SQL("({})").format(inner)
        case Not(part):
            return sql.SQL("(NOT {})").format(condition(part, values))
        case Unknown(field):
            return sql.SQL("({} IS NULL)").format(_column(field))
        case Comparison(field, sign, value, is_caseless):
            compare = sql.SQL({"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[sign])
            return sql.SQL("({} {} {})").format(side(field, is_caseless), compare, literal(value, is_caseless))
        case OneOf(field, listed, is_caseless):
            every = sql.SQL(", ").join(literal(value, is_caseless) for value in listed)
            return sql.SQL("({} IN ({}))").format(side(field, is_caseless), every)
        case Between(field, low, high):
            return sql.SQL("({} BETWEEN {} AND {})").format(_column(field), literal(low, False), literal(high, False))
        case Like(field, pattern, is_caseless):
            return sql.SQL("({} LIKE {})").format(side(field, is_caseless), literal(pattern, is_caseless))
        case Inside(_, rings):
            lons, lats = zip(*(corner for ring in rings for corner in ring), strict=True)
            text = ", ".join("(" + ", ".join(f"{lon!r} {lat!r}" for lon, lat in ring) + ")" for ring in rings)
            west, east, south, north = (bound(edge) for edge in (min(lons), max(lons), min(lats), max(lats)))
            return sql.SQL(
                "(j.lon BETWEEN {} AND {} AND j.lat BETWEEN {} AND {}"
                " AND ST_Intersects(ST_MakeValid(ST_GeomFromText({})), ST_MakePoint(j.lon, j.lat)))"
            ).format(west, east, south, north, bound(f"POLYGON({text})"))


def _lowered(text: sql.Composable) -> sql.Composable:
    return sql.SQL("translate({}, {}, {})").format(
        text, sql.Literal(string.ascii_uppercase), sql.Literal(string.ascii_lowercase)
    )


def read_scores(conn: Connection, run: int) -> pd.DataFrame:
    """Read the scores of the year a run evaluated, subject by subject.

    Returns
    -------
    DataFrame
        ``park_code, parcel_id, uscc, population, scores`` (texts of numbers; None: left out), ``bonus, deduction, total, rank, grade,
        reason``, in the order of population and rank.
    """
    query = sql.SQL(database.statement("run_scores").decode()).format(run=sql.Literal(run))
    return reading.frame(
        conn,
        query,
        {
            "park_code": "text", "parcel_id": "integer", "uscc": "text", "population": "text", "scores": "texts",
            "bonus": "number", "deduction": "number", "total": "number", "rank": "integer", "grade": "text",
            "reason": "text",
        },
    )  # fmt: skip


def read_main_users(conn: Connection, run: int) -> pd.DataFrame:
    """Read the main user of every parcel of a run: ``parcel_id, park_code, uscc``, in the order of ``parcel_id``."""
    query = sql.SQL(database.statement("run_main_users").decode()).format(run=sql.Literal(run))
    return reading.frame(conn, query, {"parcel_id": "integer", "park_code": "text", "uscc": "text"})


def add_scenario(conn: Connection, run: int, name: str, weights: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Keep weights under a name; give the scenario.

    Raises
    ------
    ConflictError
        The run has a scenario of this name: kept ones are not changed.
    """
    with conn.transaction():
        added = database.row(conn, "scenario_add", run=run, title=name, weights=Jsonb(weights))
    if added is None:
        raise ConflictError(
            Words("已有同名方案。", "There is a scenario of this name."),
            at=name,
            why=Words("保存过的方案不改写。", "What was kept is not overwritten."),
            mend=Words("换一个名称。", "Choose another name."),
        )
    return added


def list_scenarios(conn: Connection, run: int) -> list[dict[str, Any]]:
    """List the scenarios of a run, latest first: ``scenario, run, name, weights, made_at, made_by``."""
    return database.rows(conn, "scenarios", run=run)
