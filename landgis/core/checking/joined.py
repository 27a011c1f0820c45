"""Outlines in one layer, figures in another: rows of one parcel or enterprise, which come from several layers, become one."""

from collections.abc import Mapping
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


def joined(frames: Mapping[str, pd.DataFrame], standing: pd.DataFrame | None = None) -> Joined:
    """Put rows of one key into one where they come from different layers, and give figures the shape that stands.

    Parameters
    ----------
    frames
        By table, in the columns of ``terms.frames``, with `SOURCE_COLUMNS`; nothing is changed in them.
    standing
        Parcels of the stock, in the columns of their table: those of `without_shape` that stand there.

    Returns
    -------
    Joined
        Of parcels the row with a shape comes first, else the one read first; what it does not know is taken from the others. Where two
        know it and differ (numbers by more than 1 %) the first is kept and that is told (``508``). A further row *with* a shape is left
        for the checks, as are rows of one layer. An enterprise that several rows of one layer name alike is named once. A parcel whose
        shape no layer has takes from `standing` what its row does not say, the shape first of all (``509``).
    """
    issues, given = Issues(), dict(frames)
    lost = 0
    for table in (PARCEL, ENTERPRISE):
        if table.name in given:
            given[table.name], absorbed = _joined(table, given[table.name], issues)
            lost += _only_there(absorbed, {**given, table.name: given[table.name]})
    if PARCEL.name in given and standing is not None and len(standing):
        given[PARCEL.name] = _with_standing(given[PARCEL.name], standing, issues)
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
        issues.add("507-rows-joined", at, table=table.name, count=len(rows), zh=table.zh, en=table.en)
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


def _with_standing(frame: pd.DataFrame, standing: pd.DataFrame, issues: Issues) -> pd.DataFrame:
    key = list(PARCEL.key)
    bare = without_shape(frame)
    there = pd.MultiIndex.from_frame(standing[key])
    found = there.get_indexer(pd.MultiIndex.from_frame(bare[key]))
    at, theirs = bare.index[found >= 0], found[found >= 0]
    if not len(at):
        return frame
    frame = frame.copy()
    for column in PARCEL.columns:
        if column.name in key:
            continue
        values, old = frame[column.name].copy(), standing[column.name].iloc[theirs]
        takes = values.loc[at].isna().to_numpy(dtype=bool)
        if takes.any():
            values.loc[at[takes]] = old[takes].array
            frame[column.name] = values
    for (file, layer), rows in frame.loc[at].groupby(_LAYER, sort=False):
        source = pd.DataFrame({"source_file": [file], "source_layer": [layer]})
        issues.add("509-shape-of-stock", source, table=PARCEL.name, count=len(rows))
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
