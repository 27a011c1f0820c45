"""Our own list of issues, come back with the right values in it; and lists of corrections from other hands."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from landgis.readers.files import Layer
from landgis.terms.errors import InputError, Words
from landgis.terms.issues import LIST_WORDS, MENDING_COLUMNS

#: Columns of a list of corrections; `evidence` may be absent.
_NEEDED: Final = ("park_code", "table_name", "key", "field", "old", "new", "reason")
#: Our columns by what a workbook calls them in either language.
_COLUMN: Final = {said: name for name, words in LIST_WORDS.items() for said in (words.zh, words.en)}
#: What stands between the parts of a row's key.
KEY_SIGN: Final = " | "


def issue_list_in(layers: Sequence[Layer]) -> Layer | None:
    """Find our own list of issues among layers: by its columns, whatever the sheet is called; None where there is none."""
    needed = {"code", "table_name", "park_code", "field", *MENDING_COLUMNS}
    for layer in layers:
        rows = layer.rows.rename(columns=lambda header: _COLUMN.get(str(header), str(header)))
        if needed <= set(rows.columns):
            return replace(layer, rows=rows.assign(**{name: _codes(rows[name]) for name in ("table_name", "field")}))
    return None


def _codes(said: "pd.Series[Any]") -> "pd.Series[Any]":
    """Take the code out of what is said with its words before it, 登记面积（cert_area_m2）."""
    return said.str.replace(r"^.*[(（]([a-z0-9_]+)[)）]$", r"\1", regex=True)


def mended(layer: Layer) -> pd.DataFrame:
    """Read the cells that somebody filled in a list of issues.

    Returns
    -------
    DataFrame
        A row per filled cell: ``park_code, table_name, key`` (list), ``field, old, new, reason, evidence``, and where it stands in the
        list: ``source_file, source_layer, source_row``. ``old`` is what stood when the list was written.
    """
    rows = layer.rows[layer.rows["corrected"].notna()]
    reason = rows["mend_reason"].fillna("问题清单 issue list: " + rows["code"])
    given = rows.assign(
        old=rows["stands"], new=rows["corrected"], reason=reason, evidence=rows["mend_evidence"].fillna(layer.file)
    )
    return _items(layer, given)


def corrections_in(layers: Sequence[Layer]) -> pd.DataFrame:
    """Read a list of corrections, as `landgis correction export` writes one; columns as of `mended`.

    Raises
    ------
    InputError
        A column is missing.
    """
    layer = layers[0]
    missing = [name for name in _NEEDED if name not in layer.rows]
    if missing:
        raise InputError(
            Words(f"更正清单缺少列：{'、'.join(missing)}。", f"The list of corrections lacks: {', '.join(missing)}."),
            at=f"{layer.file}: {layer.name}",
            mend=Words(
                f"列为：{'、'.join(_NEEDED)}、evidence；old、new 用本系统的单位，空为不明。",
                f"Its columns: {', '.join(_NEEDED)}, evidence; old and new in our units, empty is unknown.",
            ),
        )
    return _items(layer, layer.rows)


def _items(layer: Layer, rows: pd.DataFrame) -> pd.DataFrame:
    names = ("park_code", "table_name", "key", "field", "old", "new", "reason", "evidence")
    found = pd.DataFrame({name: _texts(rows, name) for name in names}, index=rows.index, dtype=object)
    found["key"] = [[part.strip() for part in (key or "").split(KEY_SIGN.strip())] for key in found["key"]]
    return found.assign(source_file=layer.file, source_layer=layer.name, source_row=rows.index).reset_index(drop=True)


def _texts(rows: pd.DataFrame, name: str) -> list[Any]:
    if name not in rows:
        return [None] * len(rows)
    return [None if pd.isna(one) else str(one).strip() or None for one in rows[name]]
