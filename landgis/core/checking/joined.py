"""Outlines in one layer, figures in another: rows of one parcel or enterprise, which come from several layers, become one."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landgis.terms.frames import ENTERPRISE, PARCEL, Column, Table
from landgis.terms.issues import SOURCE_COLUMNS, Issues, shown
from landgis.terms.tolerances import SOURCES_SHARE

Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
#: File and layer, and a table that it feeds with more than outlines and names.
Layer = tuple[str, str, str]

_LAYER: Final = ["source_file", "source_layer"]


@dataclass(frozen=True)
class Joined:
    """Frames with a row for each parcel and enterprise, what is told of it (`ISSUE_COLUMNS`), and how many rows went into others."""

    frames: dict[str, pd.DataFrame]
    issues: pd.DataFrame
    rows_joined: int


def without_shape(parcels: pd.DataFrame) -> pd.DataFrame:
    """Give the parcels whose shape no layer has: whatever layer has one of the same number is asked before the stock."""
    key = list(PARCEL.key)
    bare = parcels[parcels["geom"].isna() & parcels[key].notna().all(axis=1)]
    if bare.empty:
        return bare
    drawn = parcels.loc[parcels["geom"].notna(), key]
    return bare[~pd.MultiIndex.from_frame(bare[key]).isin(pd.MultiIndex.from_frame(drawn))]


def in_need(table: Table, frame: pd.DataFrame, telling: Set[Layer] = frozenset()) -> pd.DataFrame:
    """Give the rows that mean no more than they tell: what stands of the rest is to stand on.

    These are parcels `without_shape`, and the rows of layers that have no column but an outline or a name: all but the `telling` ones.
    """
    bare = frame[_is_silent(table, frame, telling) & frame[list(table.key)].notna().all(axis=1).to_numpy()]
    return bare if table is ENTERPRISE else pd.concat([without_shape(frame), bare[bare["geom"].notna()]])


def _is_silent(table: Table, frame: pd.DataFrame, telling: Set[Layer]) -> Flags:
    """Tell which rows are of a layer that says nothing but outlines or names; mostly none is, and then no row is looked at."""
    layers = frame[_LAYER].drop_duplicates().astype(object).itertuples(index=False, name=None)
    silent = [layer for layer in layers if (*layer, table.name) not in telling]
    return pd.MultiIndex.from_frame(frame[_LAYER]).isin(silent) if silent else np.zeros(len(frame), dtype=bool)


def joined(
    frames: Mapping[str, pd.DataFrame],
    standing: Mapping[str, pd.DataFrame] | None = None,
    telling: Set[Layer] = frozenset(),
) -> Joined:
    """Put rows of one key into one where they come from different layers, and let stand what a row says nothing of.

    Parameters
    ----------
    frames
        By table, in the columns of ``terms.frames``, with `SOURCE_COLUMNS`; nothing is changed in them.
    standing
        By table the rows of the stock, in the columns of their table, for those that are `in_need`.
    telling
        The layers that have more of a table than outlines and names: what is empty in their rows is unknown.

    Returns
    -------
    Joined
        Of parcels the row with a shape comes first, else the one read first; what it does not know is taken from the others. Where two
        know it and differ (numbers by more than 1 %) the first is kept and that is told (``508``). A further row *with* a shape is left
        for the checks, as are rows of one layer. An enterprise that several rows of one layer name alike is named once. A parcel whose
        shape no layer has takes from `standing` what its row does not say, the shape first of all (``509``); so do an outline and a name
        that come alone (``510``).
    """
    issues, given = Issues(), dict(frames)
    lost = 0
    for table in (PARCEL, ENTERPRISE):
        if table.name in given:
            given[table.name], absorbed = _joined(table, given[table.name], issues)
            lost += _only_there(absorbed, {**given, table.name: given[table.name]})
            old = (standing or {}).get(table.name)
            if old is not None and len(old):
                given[table.name] = _with_standing(table, given[table.name], old, telling, issues)
    return Joined(given, issues.frame(), lost)


def _joined(table: Table, frame: pd.DataFrame, issues: Issues) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the rows of one table; also give those that went into others."""
    key = list(table.key)
    twice = (frame.duplicated(key, keep=False) & frame[key].notna().all(axis=1)).to_numpy()
    if not twice.any():
        return frame, frame.iloc[:0]
    frame = frame.reset_index(drop=True)
    has_shape = frame["geom"].notna().to_numpy() if "geom" in frame else np.zeros(len(frame), dtype=bool)
    order = np.flatnonzero(twice)[np.argsort(~has_shape[twice], kind="stable")]
    groups = frame.loc[order].groupby(key, sort=False)
    first = pd.Series(order, index=order).groupby(groups.ngroup(), sort=False).transform("first").to_numpy()
    rank = groups.cumcount().to_numpy()
    layers = frame[_LAYER].astype("str").agg("\n".join, axis=1).to_numpy(dtype=object)
    elsewhere = layers[order] != layers[first]
    goes = (rank > 0) & ~has_shape[order] & elsewhere
    if table is ENTERPRISE:
        goes |= (rank > 0) & ~elsewhere & _same(table, frame, first, order)
    for step in range(1, int(rank.max()) + 1):
        these = goes & elsewhere & (rank == step)
        for column in table.columns:
            if column.name not in key and these.any():
                _take(table, frame, column, first[these], order[these], issues)
    gone = order[goes]
    for (file, layer), rows in frame.loc[order[goes & elsewhere]].groupby(_LAYER, sort=False):
        at = pd.DataFrame({"source_file": [file], "source_layer": [layer]})
        issues.add("507-rows-joined", at, table=table.name, count=len(rows), table_zh=table.zh, table_en=table.en)
    return frame.drop(index=gone).reset_index(drop=True), frame.loc[gone]


def _same(table: Table, frame: pd.DataFrame, one: Places, other: Places) -> Flags:
    """Tell which of some pairs of rows say the same."""
    same = np.ones(len(one), dtype=bool)
    for column in table.columns:
        if column.kind != "geometry":
            mine, theirs = frame[column.name].iloc[one], frame[column.name].iloc[other]
            same &= np.array([shown(a) == shown(b) for a, b in zip(mine, theirs, strict=True)], dtype=bool)
    return same


def _take(table: Table, frame: pd.DataFrame, column: Column, at: Places, other: Places, issues: Issues) -> None:
    mine, theirs = frame[column.name].iloc[at], frame[column.name].iloc[other]
    known, more = mine.notna().to_numpy(dtype=bool), theirs.notna().to_numpy(dtype=bool)
    taken = ~known & more
    if taken.any():
        values = frame[column.name].copy()
        values.iloc[at[taken]] = theirs[taken].array
        frame[column.name] = values
    both = known & more
    if column.kind == "number":
        one, two = mine.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
        both &= np.abs(one - two) > SOURCES_SHARE * np.abs(one)
    elif both.any():
        both &= np.array([shown(a) != shown(b) for a, b in zip(mine, theirs, strict=True)], dtype=bool)
    if column.kind != "geometry" and both.any():
        rows = frame.iloc[at[both]]
        issues.add(
            "508-layers-differ",
            rows,
            table=table.name,
            column=column,
            raw=mine[both],
            other=[shown(value) for value in theirs[both]],
            layer=frame["source_layer"].iloc[other[both]].tolist(),
        )


def _with_standing(
    table: Table, frame: pd.DataFrame, standing: pd.DataFrame, telling: Set[Layer], issues: Issues
) -> pd.DataFrame:
    key = list(table.key)
    bare = in_need(table, frame, telling)
    there = pd.MultiIndex.from_frame(standing[key])
    found = there.get_indexer(pd.MultiIndex.from_frame(bare[key]))
    at, theirs = bare.index[found >= 0], found[found >= 0]
    if not len(at):
        return frame
    no_shape = set(without_shape(frame).index) if table is PARCEL else set()
    frame, kept = frame.copy(), np.zeros(len(at), dtype=bool)
    for column in table.columns:
        if column.name in key:
            continue
        values, old = frame[column.name].copy(), standing[column.name].iloc[theirs]
        takes = (values.loc[at].isna().to_numpy() & old.notna().to_numpy()).astype(bool)
        if column.name == "geom_area_m2":
            continue  # measured anew
        if takes.any():
            kept |= takes
            values.loc[at[takes]] = old[takes].array
            frame[column.name] = values
    for code, these in (
        ("509-shape-of-stock", [one for one in at[kept] if one in no_shape]),
        ("510-rest-stands", [one for one in at[kept] if one not in no_shape]),
    ):
        for (file, layer), rows in frame.loc[these].groupby(_LAYER, sort=False):
            source = pd.DataFrame({"source_file": [file], "source_layer": [layer]})
            issues.add(code, source, table=table.name, count=len(rows), table_zh=table.zh, table_en=table.en)
    return frame


def _only_there(absorbed: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> int:
    """Count the rows of files that went into others and are nowhere else: the others still tell where they came from."""
    if not len(absorbed):
        return 0
    rows = pd.MultiIndex.from_frame(absorbed[list(SOURCE_COLUMNS)].astype(object))
    kept: Any = np.zeros(len(rows), dtype=bool)
    for frame in frames.values():
        kept |= rows.isin(pd.MultiIndex.from_frame(frame[list(SOURCE_COLUMNS)].astype(object)))
    return len(rows[~kept].unique())
