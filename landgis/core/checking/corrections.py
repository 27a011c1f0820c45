"""The register of corrections applied to rows: a cell is put right only while the value it was made for still stands there."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from landgis.terms.errors import InputError, Words
from landgis.terms.frames import STOCK, Column, Table
from landgis.terms.issues import KIND_WORDS, Issues

TABLES: Final[Mapping[str, Table]] = {table.name: table for table in STOCK}
#: How a column of each kind writes what is unknown.
_UNKNOWN: Final[Mapping[str, Any]] = {
    "number": np.nan, "integer": pd.NA, "boolean": pd.NA, "date": pd.NaT, "text": np.nan, "texts": None, "geometry": None,
}  # fmt: skip
_TRUE: Final = ("true", "t", "1", "是", "有", "yes")
_FALSE: Final = ("false", "f", "0", "否", "无", "no")


@dataclass(frozen=True)
class Corrected:
    """Rows with the corrections that apply put in.

    ``applied`` and ``stale`` are the numbers of those that were put in and of those that no longer apply, ``changed`` the places of the
    rows that changed by table, ``issues`` what is said of each (`ISSUE_COLUMNS`).
    """

    frames: dict[str, pd.DataFrame]
    applied: frozenset[int]
    stale: frozenset[int]
    changed: dict[str, list[int]]
    issues: pd.DataFrame


def corrected(
    frames: Mapping[str, pd.DataFrame], register: pd.DataFrame, before: Set[int] = frozenset(), *, is_last: bool = True
) -> Corrected:
    """Apply a register of corrections to the rows it speaks of.

    Parameters
    ----------
    frames
        By table, in the columns of ``terms.frames``; nothing is changed in them.
    register
        The corrections that stand, in their order: ``correction`` (number), ``park_code``, ``table_name``, ``row_key`` (list), ``field``,
        ``old``, ``new`` (text in our unit, None is unknown), ``reason``.
    before
        Numbers that were applied to these rows already; they and those of the same cell are passed over.
    is_last
        Tell of those that no longer apply; an import asks twice, before and after the checks, and only the second time is the last.

    Returns
    -------
    Corrected
        A correction whose old value stands is applied (``601``). One whose new value the file has by now is not needed (``603``); where
        something else stands it no longer applies (``602``). Of several for one cell each goes on from the one before it, and what no
        longer applies is told once. A correction whose row is not there says nothing: a file may hold a part.
    """
    kept, issues, applied, stale = dict(frames), Issues(), set(before), set()
    changed: dict[str, list[int]] = {}
    for name, rows in register.groupby("table_name", sort=False):
        if name not in frames or not len(frames[str(name)]):
            continue
        table = TABLES[str(name)]
        frame = frames[table.name]
        places = _places(table, frame, rows)
        for (field, *_), cells in rows.groupby(["field", "park_code", rows["row_key"].map(tuple)], sort=False):
            at = places.get((cells["park_code"].iloc[0], *cells["row_key"].iloc[0]))
            if at is None or applied & set(cells["correction"]):
                continue
            used, frame = _one_cell(table.by_name[str(field)], frame, at, cells, issues, is_last)
            applied |= used
            if used:
                changed[table.name] = sorted({*changed.get(table.name, []), *at})
            else:
                stale |= set(cells["correction"])
        kept[table.name] = frame
    return Corrected(kept, frozenset(applied), frozenset(stale), changed, issues.frame())


def _places(table: Table, frame: pd.DataFrame, register: pd.DataFrame) -> dict[tuple[str, ...], list[int]]:
    """Give where in a frame the rows of a register stand, by key."""
    wanted = {(park, *key) for park, key in zip(register["park_code"], register["row_key"], strict=True)}
    own = own_key(table)
    texts = {name: _key_texts(table.by_name[name], frame[name]) for name in table.key}
    near = np.flatnonzero(texts[own[-1]].isin([key[-1] for key in wanted]).to_numpy(dtype=bool))
    places: dict[tuple[str, ...], list[int]] = {}
    for place in near.tolist():
        key = (str(texts["park_code"].iloc[place]), *(str(texts[name].iloc[place]) for name in own))
        if key in wanted:
            places.setdefault(key, []).append(place)
    return places


def own_key(table: Table) -> tuple[str, ...]:
    """Give the columns that tell a row inside its park; of a park the park's code itself.

    >>> own_key(TABLES["parcel"]), own_key(TABLES["park"]), own_key(TABLES["enterprise_year"])
    (('parcel_no',), ('park_code',), ('uscc', 'year'))
    """
    return table.key[1:] or table.key


def _key_texts(column: Column, values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.dt.strftime("%Y-%m-%d") if column.kind == "date" else values.astype("str")


def _one_cell(
    column: Column,
    frame: pd.DataFrame,
    at: list[int],
    cells: pd.DataFrame,
    issues: Issues,
    is_last: bool,
) -> tuple[set[int], pd.DataFrame]:
    given = value_text(column, frame[column.name].iloc[at[0]])
    stands = given
    used = []
    for correction in cells.to_dict("records"):
        if stands == _text(correction["old"]):
            stands = _text(correction["new"])
            used.append(correction)
    where = frame.iloc[at]
    last = cells.iloc[-1]
    if used:
        values = frame[column.name].copy()
        put = read_value(column, stands)
        for place in at:
            values.iloc[place] = _UNKNOWN[column.kind] if put is None else put
        frame = frame.assign(**{column.name: values})
        issues.add(
            "601-corrected",
            where,
            table=_table_of(cells),
            column=column,
            raw=given,
            new=stands,
            number=int(used[-1]["correction"]),
            before=_said(given),
            after=_said(stands),
            reason=str(used[-1]["reason"]),
        )
    elif is_last:
        code = "603-correction-done" if stands == _text(last["new"]) else "602-correction-stale"
        issues.add(
            code,
            where,
            table=_table_of(cells),
            column=column,
            raw=given,
            number=int(last["correction"]),
            old=_said(_text(last["old"])),
            stands=_said(stands),
        )
    return {int(one["correction"]) for one in used}, frame


def _table_of(cells: pd.DataFrame) -> str:
    return str(cells["table_name"].iloc[0])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _said(value: str | None) -> Words:
    return Words("不明", "unknown") if value is None else Words(value, value)


def value_text(column: Column, value: object) -> str | None:
    """Write a value of a column as the register keeps it, in our unit; None is unknown.

    >>> area = TABLES["parcel"].by_name["cert_area_m2"]
    >>> value_text(area, 28000.0), value_text(area, float("nan"))
    ('28000', None)
    """
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if column.kind == "number":
        return format(float(value), ".15g")  # type: ignore[arg-type]
    if column.kind == "integer":
        return str(int(value))  # type: ignore[call-overload]
    if column.kind == "date":
        return str(pd.Timestamp(value).date())  # type: ignore[arg-type]
    if column.kind == "boolean":
        return "true" if value else "false"
    return str(value)


def read_value(column: Column, text: str | None) -> Any:  # noqa: ANN401 - of the column's kind
    """Read a value of a column from text in our unit; codes also by their words.

    Raises
    ------
    InputError
        It is no value of this column: not of its kind, out of bounds, not among its codes.
    """
    if text is None or not text.strip():
        return None
    text = text.strip()
    try:
        value = _read(column, text)
    except (ValueError, OverflowError):
        value = None
    if value is None:
        raise InputError(
            Words(f"“{column.zh}”不能是“{text[:60]}”。", f"The {column.en} cannot be {text[:60]!r}."),
            at=column.name,
            why=_why(column),
            mend=Words("按本系统的单位和代码填写。", "Give it in our unit and codes; docs/terms.md lists them."),
        )
    return value


def _read(column: Column, text: str) -> Any:  # noqa: ANN401 - of the column's kind
    if column.domain:
        codes = {one: code for code, said in column.domain.items() for one in (code, said.zh, said.en)}
        return codes.get(text)
    if column.kind in ("number", "integer"):
        number = float(text.replace(",", ""))
        inside = (
            np.isfinite(number)
            and (column.minimum is None or number >= column.minimum)
            and (column.above is None or number > column.above)
            and (column.maximum is None or number <= column.maximum)
        )
        if not inside or (column.kind == "integer" and number != int(number)):
            return None
        return int(number) if column.kind == "integer" else number
    if column.kind == "date":
        day = pd.Timestamp(text)
        return None if pd.isna(day) or day.tz is not None else day.normalize()
    if column.kind == "boolean":
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
    if column.kind == "texts":
        return [part.strip() for part in text.split(";") if part.strip()] or None
    return text


def _why(column: Column) -> Words:
    if column.domain:
        return Words(
            f"可用：{'、'.join(said.zh for said in column.domain.values())}。",
            f"Use one of: {', '.join(column.domain)}.",
        )
    kind = KIND_WORDS[column.kind]
    unit = f"（{column.unit}）" if column.unit else ""
    return Words(f"应为{kind.zh}{unit}，且在允许的范围内。", f"It must be a {kind.en} {column.unit} within its bounds.")
