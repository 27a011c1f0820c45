"""A column of texts looked at as a whole: most questions about it have the same answer for every row."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_TEXT: Final = pd.StringDtype("pyarrow", na_value=np.nan)
# Control signs but tab and line ends, and signs that turn the direction of the text around them.
_UNSEEN: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"


def texts_of(column: "pd.Series[Any]") -> pa.LargeStringArray:
    """Give a column of texts as one Arrow array, without a copy where it is one already; unknown is null."""
    array = pa.array(column, pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def as_series(texts: pa.LargeStringArray, index: "pd.Index[Any] | None" = None) -> "pd.Series[Any]":
    """Give Arrow texts as a column of pandas, without a copy."""
    series: pd.Series[Any] = texts.to_pandas(types_mapper={pa.large_string(): _TEXT}.get)
    return series if index is None else series.set_axis(index)


def as_one(column: "pd.Series[Any]") -> pa.LargeStringArray:
    """Give all texts of a column, one after the other, as a single one; without a copy.

    >>> as_one(pd.Series(["a", None, "b#"])).to_pylist(), as_one(pd.Series([None], dtype="str")).to_pylist()
    (['ab#'], [''])
    """
    texts = texts_of(column)
    if texts.null_count == len(texts):
        return pa.array([""], pa.large_string())
    ends = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, texts.offset * 8)[[0, -1]]
    return pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends), texts.buffers()[2])


def matches(column: "pd.Series[Any]", pattern: str) -> bool:
    """Tell whether a pattern is found anywhere in a column, for a third of what it costs to look into each text.

    As with `holds` True only says that it is worth looking into each.
    """
    return bool(pc.match_substring_regex(as_one(column), pattern)[0].as_py())


def holds(column: "pd.Series[Any]", *parts: str) -> bool:
    """Tell whether one of these stands in a text of a column; False costs a tenth of looking into each text.

    It may stand across two texts: True only says that it is worth looking into each.

    >>> holds(pd.Series(["a#b", None]), "#N/A"), holds(pd.Series(["a#N/Ab", None]), "#N/A")
    (False, True)
    """
    whole = as_one(column)[0].as_buffer().to_pybytes()
    # A single sign is found many times as fast as a text, and mostly there is none.
    return any(sign in whole for sign in {part.encode()[:1] for part in parts}) and any(
        part.encode() in whole for part in parts
    )


def hold_unseen(column: "pd.Series[Any]") -> "pd.Series[bool]":
    """Tell which texts hold a sign that nobody sees; unknown holds none."""
    if not matches(column, _UNSEEN):
        return pd.Series(False, index=column.index)
    return column.str.contains(_UNSEEN, regex=True).fillna(False).astype(bool)


def cleaned(column: "pd.Series[Any]") -> "pd.Series[Any]":
    r"""Take unseen signs out of the texts that hold any; one that holds nothing else becomes unknown.

    >>> cleaned(pd.Series(["a\x00 ", "\x07", " b"], dtype="str")).to_list()
    ['a', nan, ' b']
    """
    unseen = hold_unseen(column)
    clean = column[unseen].str.replace(_UNSEEN, "", regex=True).str.strip()
    return column.mask(unseen, clean.mask(clean == ""))
