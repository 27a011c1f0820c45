"""A list of issues as somebody needs it who mends them: the row's key, the value that stands, and the file's own rows."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from landgis.core.checking.corrections import TABLES, own_key, value_text
from landgis.readers.conform import Conformed
from landgis.readers.mended import KEY_SIGN
from landgis.terms.issues import MENDING_COLUMNS, SOURCE_COLUMNS, point_in

_PLACE = ["table_name", "file", "layer", "row"]


def for_mending(
    issues: pd.DataFrame, given: Conformed, stored: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, dict[tuple[str, str], pd.DataFrame]]:
    """Give issues with what it takes to mend them, and the rows of the file behind them.

    Parameters
    ----------
    issues
        Columns as ``terms.frames.ISSUE_COLUMNS``.
    given, stored
        The rows as conformed, and as they may be stored: a refused row stands only among the former.

    Returns
    -------
    DataFrame, dict
        The issues with `MENDING_COLUMNS`: ``key`` (empty where a row of the file makes several of ours and no year tells which is meant),
        ``unit`` and ``stands`` of the field as it is or would be stored, the rest empty, to be filled in. And by file and layer the rows as
        the file has them, indexed by their number.
    """
    listed = issues.assign(**dict.fromkeys(MENDING_COLUMNS, None)).astype(dict.fromkeys(MENDING_COLUMNS, object))
    for name, part in issues[issues["row"].notna()].groupby("table_name", sort=False):
        if str(name) not in TABLES:
            continue
        rows = _rows_of(str(name), part, given, stored)
        for place, issue in part.iterrows():
            year = None if pd.isna(issue["year"]) else int(issue["year"])
            row = rows.get((issue["file"], issue["layer"], int(issue["row"]), year))
            if row is not None:
                for column, value in _cell(str(name), str(issue["field"]), row).items():
                    listed.at[place, column] = value
    return listed, _own_rows(issues, given)


def placed(issues: pd.DataFrame, given: Conformed) -> pd.DataFrame:
    """Give issues that were found before a row had its shape a point in it, so that a map can go there."""
    nowhere = issues[issues["lon"].isna() & issues["row"].notna()]
    lon, lat = issues["lon"].copy(), issues["lat"].copy()
    for name, part in nowhere.groupby("table_name", sort=False):
        frame = given.frames.get(str(name))
        if frame is None or "geom" not in frame:
            continue
        near = frame.loc[frame["source_row"].isin(part["row"]), [*SOURCE_COLUMNS, "geom"]]
        near = near[~near.duplicated(list(SOURCE_COLUMNS))]
        x, y = point_in(near["geom"])
        found = pd.DataFrame({"lon": x, "lat": y}, index=pd.MultiIndex.from_frame(near[list(SOURCE_COLUMNS)]))
        at = found.reindex(pd.MultiIndex.from_frame(part[["file", "layer", "row"]]))
        lon.loc[part.index], lat.loc[part.index] = at["lon"].to_numpy(), at["lat"].to_numpy()
    return issues.assign(lon=lon, lat=lat)


def _rows_of(
    name: str, part: pd.DataFrame, given: Conformed, stored: Mapping[str, pd.DataFrame]
) -> dict[tuple[str, str, int, int | None], "pd.Series[Any]"]:
    """Give the rows of one table behind issues, by file, layer, row and year; those of which there are several are left out.

    A row of a year is found without it too, where the file's row makes no other.
    """
    found: dict[tuple[str, str, int, int | None], pd.Series[Any]] = {}
    for frames in (given.frames, stored):
        frame = frames.get(name)
        if frame is None:
            continue
        near = frame[frame["source_row"].isin(part["row"])]
        single = ~near.duplicated(list(SOURCE_COLUMNS), keep=False)
        yearly = ~near.duplicated([*SOURCE_COLUMNS, "year"], keep=False) if "year" in near else single
        for (_, row), is_single, is_yearly in zip(near.iterrows(), single, yearly, strict=True):
            at = row["source_file"], row["source_layer"], int(row["source_row"])
            if is_single:
                found[*at, None] = row
            if is_yearly and "year" in near and not pd.isna(row["year"]):
                found[*at, int(row["year"])] = row
    return found


def _cell(name: str, field: str, row: "pd.Series[Any]") -> dict[str, str | None]:
    table = TABLES[name]
    key = [value_text(table.by_name[one], row[one]) for one in own_key(table)]
    cell: dict[str, str | None] = {"key": KEY_SIGN.join(part or "" for part in key) if all(key) else None}
    column = table.by_name.get(field)
    if column is not None and column.kind != "geometry":
        cell |= {"unit": column.unit or None, "stands": value_text(column, row[field])}
    return cell


def _own_rows(issues: pd.DataFrame, given: Conformed) -> dict[tuple[str, str], pd.DataFrame]:
    found: dict[tuple[str, str], pd.DataFrame] = {}
    for (_, file, layer), (rows, _) in given.cells.items():
        wanted = issues.loc[(issues["file"] == file) & (issues["layer"] == layer), "row"].dropna().unique()
        there = rows[rows.index.isin(wanted.astype("int64"))]
        if len(there):
            found[file, layer] = there
    return found
