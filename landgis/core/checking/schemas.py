"""What a table may hold, as a pandera schema made from its description in `landgis.terms.frames`.

A check bears the code of the issue it leads to (`landgis.terms.issues`). Nothing is repaired or refused here:
`landgis.core.checking.quality` does.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from landgis.terms.frames import DTYPES, STOCK, Column, Table
from landgis.terms.texts import cleaned, hold_unseen, holds

Flags = npt.NDArray[np.bool_]
#: Which of its checks a schema makes: of the values of each column by themselves, of what a row must have, of its key.
Part = Literal["values", "required", "key"]

#: Longest key and longest text that are stored; a longer key cannot be indexed.
KEY_MOST: Final = 200
TEXT_MOST: Final = 4_000

_UNDECODED: Final = "\ufffd"

#: The first days of spreadsheets and databases, which stand where nobody wrote a date; of a time before land was registered there is none.
_NO_DAYS: Final = pd.to_datetime(["1601-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01"])
_FIRST_DAY: Final = pd.Timestamp(1600, 1, 1)
#: Land is let for 70 years in China, for 99 elsewhere: a later end, mostly 9999-12-31, says that there is none.
_NEVER: Final = pd.Timestamp(2200, 1, 1)

#: What pandera itself looks for, by the issue it leads to.
_OWN_CODES: Final = {
    SchemaErrorReason.SERIES_CONTAINS_NULLS: "301-missing",
    SchemaErrorReason.DUPLICATES: "316-duplicate",
}


@dataclass(frozen=True)
class Failure:
    """Rows of a frame that fail one check: the issue it leads to, the column, which rows, and what its words need.

    Of a key that stands there before, ``column`` is its last. ``test`` says what was asked, in signs; ``limit`` how long a text may be.
    """

    code: str
    column: Column
    rows: Flags
    test: str | None = None
    limit: int | None = None


def schema(table: Table, *parts: Part) -> pa.DataFrameSchema:
    """Give the schema of a table: names, types and checks of its columns, what must be known, and its key.

    Parameters
    ----------
    table
        One of `landgis.terms.frames.STOCK`.
    parts
        Only these of its checks; all where none is named: what the stock holds.
    """
    return _made(table.name, parts)


@cache
def _made(name: str, parts: tuple[Part, ...]) -> pa.DataFrameSchema:
    table = next(one for one in STOCK if one.name == name)
    wanted = parts or ("values", "required", "key")
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                None if column.kind == "geometry" else DTYPES[column.kind],
                _checks(table, column) if "values" in wanted else None,
                nullable=not (column.required and "required" in wanted),
                title=column.zh,
                description=column.en,
                metadata={"unit": column.unit},
            )
            for column in table.columns
            if parts in ((), ("values",)) or (column.required and "required" in wanted)
        },
        unique=list(table.key) if "key" in wanted else None,
        report_duplicates="exclude_first",
        name=table.name,
        title=table.zh,
        description=table.en,
    )


def failures(frame: pd.DataFrame, table: Table, *parts: Part) -> list[Failure]:
    """Hold a frame against the schema of its table; give what fails, column by column.

    Parameters
    ----------
    frame
        Its index counts from 0. Nothing is changed in it.
    table, parts
        As for `schema`.

    Raises
    ------
    SchemaErrors
        A column is absent or of another type: no fault of the data, but of whoever made the frame.
    """
    try:
        # The environment has no say here: pandera would let it turn checks off.
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema(table, *parts).validate(frame, lazy=True, inplace=True)
    except SchemaErrors as found:
        if any(_code(one) is None for one in found.schema_errors):
            raise
        return [_failure(table, one, len(frame)) for one in found.schema_errors]
    return []


def _failure(table: Table, error: SchemaError, count: int) -> Failure:
    column = table.by_name[error.column_name or table.key[-1]]
    of = error.check if isinstance(error.check, pa.Check) else None
    rows = _failing(error, count)
    if of is None:
        return Failure(str(_code(error)), column, rows)
    return Failure(str(of.error), column, rows, of.description, (of.statistics or {}).get("limit"))


def _code(error: SchemaError) -> str | None:
    """Give the issue that an error of pandera leads to; None where it is none of the data."""
    if error.reason_code is SchemaErrorReason.DATAFRAME_CHECK:
        return str(error.check.error)
    return _OWN_CODES.get(error.reason_code)


def _failing(error: SchemaError, count: int) -> Flags:
    """Tell which rows fail. A check's own answer is at hand; pandera's table of cases, a row a cell, is asked only where there is none."""
    passed = error.check_output
    places = error.failure_cases["index"] if passed is None else passed.index[~passed.to_numpy(dtype=bool)]
    rows = np.zeros(count, dtype=bool)
    rows[places.to_numpy(dtype=np.int64)] = True
    return rows


# --- the checks of one column -------------------------------------------------------------------------------------------------


def _checks(table: Table, column: Column) -> list[pa.Check]:
    if column.domain:
        return [pa.Check.isin(list(column.domain), **_told("306-not-in-domain"))]
    if column.kind in ("number", "integer"):
        return [_bounds(column)]
    if column.kind == "date":
        return [
            pa.Check(_is_no_placeholder, ignore_na=False, **_told("304-placeholder", "placeholder date")),
            pa.Check.less_than(_NEVER, **_told("304-placeholder", f"date < {_NEVER:%Y}")),
        ]
    if column.kind == "text":
        limit = KEY_MOST if column.name in table.key else TEXT_MOST
        return [
            pa.Check(_is_decoded, ignore_na=False, **_told("320-broken-text")),
            pa.Check(_is_clean, ignore_na=False, **_told("307-text-cleaned")),
            pa.Check(_is_short, ignore_na=False, limit=limit, **_told("308-text-too-long")),
        ]
    return []


def _told(code: str, test: str | None = None) -> dict[str, Any]:
    # One failing case is enough for pandera to show: which rows fail is read from the check's own answer.
    return {"error": code, "description": test, "n_failure_cases": 1}


def _bounds(column: Column) -> pa.Check:
    least = column.minimum if column.above is None else column.above
    parts = [f">= {column.minimum:g}"] if column.minimum is not None else []
    parts += [f"> {column.above:g}"] if column.above is not None else []
    parts += [f"<= {column.maximum:g}"] if column.maximum is not None else []
    return pa.Check.in_range(
        -np.inf if least is None else least,
        np.inf if column.maximum is None else column.maximum,
        include_min=column.minimum is not None,
        include_max=column.maximum is not None,
        **_told("305-out-of-bounds", ", ".join(parts) or "finite"),
    )


def _is_no_placeholder(days: "pd.Series[Any]") -> "pd.Series[bool]":
    return ~(days.isin(_NO_DAYS) | (days < _FIRST_DAY))


def _is_decoded(texts: "pd.Series[Any]") -> "pd.Series[bool] | bool":
    return not holds(texts, _UNDECODED) or ~_flags(texts.str.contains(_UNDECODED, regex=False))


def _is_clean(texts: "pd.Series[Any]") -> "pd.Series[bool]":
    return ~hold_unseen(texts)


def _is_short(texts: "pd.Series[Any]", limit: int) -> "pd.Series[bool]":
    """Tell which texts are no longer than this, without the signs that are taken out of them."""
    long = _flags(texts.str.len() > limit)
    if long.any():
        long[long] = _flags(cleaned(texts[long]).str.len() > limit)
    return ~long


def _flags(values: "pd.Series[Any]") -> "pd.Series[bool]":
    """Give a column of yes and no as flags; unknown is no."""
    return values.fillna(False).astype(bool)
