"""A run is made again: by the rules it used, from the stock as it stood; it gives the same bytes, or it is said what differs and why."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

import landgis
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.loading import Wire
from landgis.store.results import KEYS, Sealed, read_results, row_bytes, seal
from landgis.store.runs import RESULTS, read_seal
from landgis.store.stock import read_stock
from landgis.terms.errors import Words
from landgis.workflows.assess import judge
from landgis.workflows.explain import rulebook
from landgis.workflows.steps import Tell, quietly

#: So many differences are listed; all of them are counted.
_LISTED: Final = 1000
_WHY: Final = {
    "same": Words("重算结果与所存逐字节相同。", "Made again, it gives the same bytes."),
    "stock": Words(
        "库中该批次的存量与评估时所读的不同。", "The stock as of the run's batch is not the one that the run read."
    ),
    "rows": Words(
        "库中所存结果与评估时的摘要不符：写入后被改动。",
        "The stored results are not those that were sealed: they were changed since.",
    ),
    "version": Words("程序版本不同，结果随之改变。", "Another version of the program, and with it other results."),
    "program": Words(
        "存量、规则、程序版本都相同，结果却不同：程序有改动未记版本，请报告。",
        "Stock, rules and version are the same and the results are not: the program was changed without a new version; report it.",
    ),
}


def verify(conn: Connection, run: int, *, parks: Sequence[str] = ALL_PARKS, tell: Tell = quietly) -> dict[str, Any]:
    """Make a run again and compare.

    Returns
    -------
    dict
        ``run, on, version`` (then) and ``version_now``; ``same`` (the same bytes); ``stock_same``; ``tables`` (by table ``rows``, and the
        hashes ``sealed`` when it was made (None for an early run), ``stored`` now, and ``again``); ``why`` (code and words);
        ``differ`` (how many rows), ``parcels`` (how many parcels) and ``differences``, the first of them: ``park_code, parcel_no, uscc,
        table, what`` (test, year or answer), ``column, stored, again``.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    with scoped(conn, parks, snapshot=True):
        with tell(Words("读取当时的存量与结果", "Reading the stock as it stood, and the results")):
            kept = read_seal(conn, run)
            stock, _ = read_stock(conn, kept["park_codes"], kept["batch"])
            sealed = {table: Sealed.read(one) for table, one in (kept["result"] or {}).items()}
            stored = {
                table: read_results(conn, table, run, sealed[table].columns if table in sealed else columns)
                for table, columns in RESULTS.items()
            }
            book = rulebook(conn, run)
    made = judge(stock, kept["batch"], book, kept["as_of"], tell)
    tables, differences = {}, []
    with tell(Words("比对", "Comparing")):
        for table, again in made.results.items():
            columns = sealed[table].columns if table in sealed else _told(table, stored[table])
            hashes = [seal(table, rows, columns).sha256 for rows in (stored[table], again)]
            tables[table] = {
                "rows": len(stored[table]),
                "sealed": sealed[table].sha256 if table in sealed else None,
                "stored": hashes[0],
                "again": hashes[1],
            }
            if hashes[0] != hashes[1]:
                differences.append(_differences(table, stored[table], again, columns))
    intact = all(one["sealed"] in (None, one["stored"]) for one in tables.values())
    same = intact and not differences
    stock_same = made.snapshot == kept["snapshot"]
    why = (
        "same" if same
        else "rows" if not intact
        else "stock" if not stock_same
        else "version" if kept["version"] != landgis.__version__
        else "program"
    )  # fmt: skip
    listed = pd.concat(differences, ignore_index=True) if differences else pd.DataFrame(columns=["parcel_id"])
    named = stock.parcel["parcel_no"].reindex(listed["parcel_id"]).to_numpy(dtype=object)
    listed = listed.assign(parcel_no=named).astype(object)
    return {
        "run": run,
        "on": kept["as_of"].isoformat(),
        "version": kept["version"],
        "version_now": landgis.__version__,
        "same": same,
        "stock_same": stock_same,
        "tables": tables,
        "why": {"code": why, "zh": _WHY[why].zh, "en": _WHY[why].en},
        "differ": len(listed),
        "parcels": int(listed["parcel_id"].nunique()),
        "differences": listed.where(listed.notna(), None).head(_LISTED).to_dict("records"),
    }


def _told(table: str, stored: pd.DataFrame) -> tuple[tuple[str, Wire], ...]:
    """Leave out columns that the run did not know of yet: in an early run they are empty throughout."""
    return tuple((name, kind) for name, kind in RESULTS[table] if name in KEYS[table] or stored[name].notna().any())


def _differences(
    table: str, stored: pd.DataFrame, again: pd.DataFrame, columns: Sequence[tuple[str, Wire]]
) -> pd.DataFrame:
    """List the cells in which two results differ; a row that only one of them has differs in ``row``."""
    sides = [rows.set_index(_key(table, rows)) for rows in (stored, again)]
    first, second = (row_bytes(rows, columns) for rows in sides)
    lone = first.index.symmetric_difference(second.index)
    both = first.index.intersection(second.index)
    changed = both[(first.reindex(both) != second.reindex(both)).to_numpy()]
    found = [
        {**_place(sides[0 if key in first.index else 1].loc[key]), "table": table, "column": "row",
         "stored": "✓" if key in first.index else None, "again": None if key in first.index else "✓"}
        for key in lone
    ]  # fmt: skip
    cells = {column: [row_bytes(rows.loc[changed], [column]) for rows in sides] for column in columns}
    for column, (one, two) in cells.items():
        for key in changed[(one != two).to_numpy()]:
            values = [_said(rows.at[key, column[0]]) for rows in sides]
            place = _place(sides[0].loc[key])
            found.append({**place, "table": table, "column": column[0], "stored": values[0], "again": values[1]})
    return pd.DataFrame(found)


def _key(table: str, rows: pd.DataFrame) -> "pd.Index[Any]":
    parts = [rows[name].astype(object).where(rows[name].notna(), "").astype(str) for name in KEYS[table]]
    return pd.Index(["\x1f".join(values) for values in zip(*parts, strict=True)])


def _place(row: "pd.Series[Any]") -> dict[str, Any]:
    """Say of which parcel or firm a row speaks, and of what."""
    what = row.get("test") or row.get("year") or row.get("answer")
    return {
        "park_code": row["park_code"],
        "parcel_id": None if pd.isna(row["parcel_id"]) else int(row["parcel_id"]),
        "uscc": None if "uscc" not in row or pd.isna(row["uscc"]) else str(row["uscc"]),
        "what": str(what),
    }


def _said(value: Any) -> str | None:  # noqa: ANN401  any scalar or list of a frame
    """Write a value exactly, so that the last bit of a number is seen to differ."""
    if isinstance(value, list | tuple | np.ndarray):
        return repr(list(value))
    if value is None or pd.isna(value):
        return None
    return repr(float(value)) if isinstance(value, float) else str(value)
