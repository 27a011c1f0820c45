"""Ranks inside groups: a row's group, and every value's place among those of its group."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_THREADS: Final = 2
#: Below this many values a second thread costs more than it saves.
_WORTH_A_THREAD: Final = 200_000


def group_codes(frame: pd.DataFrame, columns: Iterable[str]) -> NDArray[np.int64]:
    """Give each row the number of its group by several columns; −1 where one of them is unknown."""
    code = np.zeros(len(frame), dtype=np.int64)
    unknown = np.zeros(len(frame), dtype=bool)
    for name in columns:
        part, known = pd.factorize(frame[name])
        unknown |= part < 0
        code = code * (len(known) + 1) + part
    code[unknown] = -1
    codes, _ = pd.factorize(np.where(unknown, -1, code))
    first = codes[unknown][0] if unknown.any() else len(codes)
    shifted = np.where(codes > first, codes - 1, codes)
    return np.where(unknown, -1, shifted).astype(np.int64)


def percentile_in_group(values: Floats, group: Ints) -> Floats:
    """Rank every value among those of its group, as a share of the group's known values (0-1].

    Parameters
    ----------
    values
        Subjects x indicators, float64; NaN is unknown and stays NaN.
    group
        One integer per subject from 0 on; −1 belongs to no group and gives NaN.

    Returns
    -------
    array
        The same shape. Ties get the mean of their ranks: the same numbers as ``groupby(group).rank(pct=True)`` of pandas.

    Notes
    -----
    Each column is sorted once as one array of 64-bit keys: group, then as many leading bits of the value as fit, then the row. Rows
    whose leading bits agree are compared by their full values afterwards, so nothing is lost. Columns go to two threads (sorting
    releases the interpreter's lock).
    """
    values = np.asarray(values, dtype=np.float64)
    out = np.empty(values.shape[::-1]).T
    if not values.size:
        return out
    group = np.asarray(group, dtype=np.int64)
    row_bits = max(int(len(group) - 1).bit_length(), 1)
    group_bits = max(int(group.max()).bit_length(), 1)
    with np.errstate(over="ignore"):
        frame = (group.astype(np.uint64) << np.uint64(64 - group_bits)) | np.arange(len(group), dtype=np.uint64)
    inside = group >= 0
    rows = None if inside.all() else inside

    def one(column: int) -> None:
        _rank_column(np.ascontiguousarray(values[:, column]), frame, rows, group_bits, row_bits, out[:, column])

    if values.size < _WORTH_A_THREAD:
        for column in range(values.shape[1]):
            one(column)
    else:
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(one, range(values.shape[1])))
    return out


def _rank_column(
    value: Floats,
    frame: NDArray[np.uint64],
    inside: NDArray[np.bool_] | None,
    group_bits: int,
    row_bits: int,
    out: Floats,
) -> None:
    """Write the percentile ranks of one column into `out`."""
    known = ~np.isnan(value)
    if inside is not None:
        known &= inside
    if not known.all():
        out[~known] = np.nan
        if not known.any():
            return
        frame, shown = frame[known], value[known]
    else:
        shown = value
    # Order-preserving integers: negative numbers have their bits turned over; adding 0.0 makes −0 and 0 one.
    bits = (shown + 0.0).view(np.int64)
    order = (bits ^ ((bits >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))).view(np.uint64) ^ np.uint64(1 << 63)
    order -= order.min()
    dropped = max(int(order.max()).bit_length() - (64 - group_bits - row_bits), 0)
    order >>= np.uint64(dropped)
    order <<= np.uint64(row_bits)
    order |= frame
    order.sort()
    row = (order & np.uint64((1 << row_bits) - 1)).astype(np.intp)
    order >>= np.uint64(row_bits)
    tied = order[1:] == order[:-1]
    any_tie = bool(tied.any())
    if any_tie and dropped:
        tied = _compare_in_full(value, row, tied)
        any_tie = bool(tied.any())
    order >>= np.uint64(64 - group_bits - row_bits)
    size = np.bincount(order.astype(np.intp))
    size = size[size > 0]
    first = np.cumsum(size) - size
    count = len(row)
    if any_tie:
        start = np.flatnonzero(np.concatenate(([True], ~tied)))
        length = np.diff(start, append=count)
        rank = np.repeat(start + (length + 1) / 2, length)
    else:
        rank = np.arange(1.0, count + 1.0)
    rank -= np.repeat(first.astype(np.float64), size)
    rank /= np.repeat(size.astype(np.float64), size)
    out[row] = rank


def _compare_in_full(value: Floats, row: NDArray[np.intp], tied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Put rows whose leading bits agree into the order of their full values, in place; tell which are truly tied."""
    member = np.zeros(len(row), dtype=bool)
    member[1:] = tied
    member[:-1] |= tied
    at = np.flatnonzero(member)
    run = np.cumsum(np.concatenate(([True], ~tied[at[1:] - 1] | (np.diff(at) != 1))))
    full = value[row[at]]
    same_run = run[1:] == run[:-1]
    if (full[1:][same_run] != full[:-1][same_run]).any():
        right = np.lexsort((full, run))
        row[at], full = row[at][right], full[right]
    exact = np.zeros_like(tied)
    exact[at[1:][same_run & (full[1:] == full[:-1])] - 1] = True
    return exact
