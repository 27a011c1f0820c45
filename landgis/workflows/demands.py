"""The projects that need land: taken in like any other table, and listed as they stand."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import pandas as pd

from landgis.readers.conform import conform
from landgis.readers.files import Layer
from landgis.readers.profiles import load_profile
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.stock import Source, list_parks, read_demands
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import DEMAND
from landgis.workflows.ingest import Ingested, store_given
from landgis.workflows.steps import Tell, quietly

#: The profile by which a list of demands is read where none is named.
DEMAND_PROFILE: Final = "landgis-demand"


def add_demands(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str = "api",
    parks: Sequence[str] = ALL_PARKS,
    is_dry: bool = False,
    tell: Tell = quietly,
) -> Ingested:
    """Take in demands given as values: by the same reader, checks and batch as those of a file.

    Parameters
    ----------
    rows
        Column of ``DEMAND`` to value; what is left out or empty is not asked. They are numbered from 1 in the issues.
    name
        What the batch calls its source.
    parks
        The scope of the one who gives them.
    is_dry
        Check everything and store nothing.

    Raises
    ------
    InputError
        There is no row, one has a key that is no column of ``demand``, or a text holds a NUL, which no database takes.
    StoreError, ConflictError
        The database refused; nothing is left behind.
    """
    strange = sorted({str(key) for row in rows for key in row} - set(DEMAND.by_name))
    if strange or not rows:
        raise InputError(
            Words("需求里有不认识的列，或一行也没有。", "A demand has an unknown column, or there is no row."),
            at=", ".join(strange[:5]),
            mend=Words("列名见 docs/terms.md 的“项目需求”。", "The columns are those of `demand` in docs/terms.md."),
        )
    said = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True, default=str)
    if "\\u0000" in said:
        raise InputError(
            Words("文字里有空字符。", "A text holds a NUL character."),
            mend=Words("去掉后再提交。", "Take it out and send again."),
        )
    profile = load_profile(DEMAND_PROFILE)
    table = pd.DataFrame(
        {column: [_text(row.get(column)) for row in rows] for column in DEMAND.by_name},
        index=pd.RangeIndex(1, len(rows) + 1),
        dtype="str",
    )
    given = conform([Layer(name, DEMAND.name, table, None, None)], profile)
    source = Source(name, sha256(said.encode()).hexdigest(), profile.name, given.rows_in, given.fields)
    return store_given(conn, given, source, parks, is_dry, tell)


def list_demands(
    conn: Connection, park_codes: Sequence[str] | None, parks: Sequence[str] = ALL_PARKS
) -> list[dict[str, Any]]:
    """List the demands that now stand in some parks (None: all in scope), first by priority; what is not asked is None."""
    with scoped(conn, parks):
        codes = [code for code in list_parks(conn) if park_codes is None or code in park_codes]
        found, _ = read_demands(conn, codes)
    found = found.sort_values(["priority", "park_code", "demand_no"], na_position="last", kind="stable")
    return [{name: _plain(row[name]) for name in DEMAND.by_name} for row in found.astype(object).to_dict("records")]


def _text(value: object) -> str | None:
    """Write a value as a file would have it: a list with ``;`` between, whole numbers without a point."""
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        return ";".join(map(str, value)) or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _plain(value: Any) -> Any:  # noqa: ANN401  a cell of any kind
    if isinstance(value, list | tuple):
        return list(value)
    if pd.isna(value):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value
