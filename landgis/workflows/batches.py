"""The imports looked at afterwards: list them, show one, say what it changed, put back what stood before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pandas as pd

from landgis.core.checking.changes import changes, lineage
from landgis.exports.ledger import Language, write_list
from landgis.exports.stock import write_stock
from landgis.store import batches, runs, stock
from landgis.store.database import ALL_PARKS, Connection, refresh_statistics, scoped
from landgis.terms.errors import Words
from landgis.terms.frames import CHANGE, CHANGE_COLUMNS, LINEAGE_COLUMNS, STOCK, empty
from landgis.workflows.assess import records
from landgis.workflows.steps import Tell, quietly

_TABLES: Final = {table.name: table for table in STOCK}


@dataclass(frozen=True)
class Difference:
    """What one batch changed: ``changes`` (`CHANGE_COLUMNS`) and, of parcels, ``lineage`` (`LINEAGE_COLUMNS`)."""

    batch: int
    head: dict[str, Any]
    changes: pd.DataFrame
    lineage: pd.DataFrame

    def as_dict(self, *, after: int = 0, limit: int | None = None) -> dict[str, Any]:
        """Give it as plain data: counts by table, and the changes from the one behind `after`, at most `limit` of them."""
        rows = self.changes.drop_duplicates(["table_name", "park_code", "key", "what"])
        counts: dict[str, dict[str, int]] = {}
        for said, count in rows.groupby(["table_name", "what"], sort=False).size().items():
            table, what = map(str, cast(tuple[str, str], said))
            counts.setdefault(table, {})[what] = int(count)
        stop = None if limit is None else after + limit
        return {
            "batch": self.batch,
            "kind": self.head["kind"],
            "file": self.head["file"],
            "counts": counts,
            "moved_m2": float(self.changes["moved_m2"].fillna(0).sum()),
            "total": len(self.changes),
            "changes": records(self.changes.iloc[after:stop]),
            "lineage": records(self.lineage),
        }


def list_batches(conn: Connection, *, limit: int = 100, parks: Sequence[str] = ALL_PARKS) -> list[dict[str, Any]]:
    """List the batches in scope, latest first."""
    with scoped(conn, parks):
        return runs.list_batches(conn, limit)


def show(conn: Connection, batch: int, *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Give a batch's head, its issues counted by code."""
    with scoped(conn, parks):
        return batches.read_batch(conn, batch)


def diff(conn: Connection, batch: int, *, parks: Sequence[str] = ALL_PARKS, tell: Tell = quietly) -> Difference:
    """Say what a batch changed: rows added and gone, fields before and after, borders that moved, parcels that came from others.

    Raises
    ------
    NotFoundError
        There is no such batch in this scope.
    """
    with tell(Words("读取批次前后的版本", "Reading the versions before and after")), scoped(conn, parks, snapshot=True):
        head = batches.read_batch(conn, batch)
        versions = batches.read_versions(conn, batch)
    with tell(Words("逐字段比较", "Comparing field by field")):
        found = [changes(one.table, one.began, one.ended) for one in versions]
        kin = [lineage(one.began, one.ended) for one in versions if one.table.name == "parcel"]
    return Difference(
        batch,
        head,
        pd.concat(found, ignore_index=True) if found else empty(CHANGE_COLUMNS),
        pd.concat(kin, ignore_index=True) if kin else empty(LINEAGE_COLUMNS),
    )


def write_difference(found: Difference, path: Path, *, language: Language) -> None:
    """Write every change to ``.xlsx`` or ``.csv``, a row each."""
    words = {code: getattr(said, language) for code, said in CHANGE.items()}
    tables = {name: getattr(table, language) for name, table in _TABLES.items()}
    table = found.changes.assign(
        what=found.changes["what"].map(words), table_name=found.changes["table_name"].map(tables)
    )
    write_list(table, path, "批次差异" if language == "zh" else "Changes")


def export_stock(
    conn: Connection,
    park_codes: Sequence[str] | None,
    path: Path,
    *,
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
) -> dict[str, Any]:
    """Write the stock of some parks as it stands to ``.gpkg`` or ``.xlsx``, under our own names; an import of it changes nothing.

    Raises
    ------
    NotFoundError
        There is no parcel in these parks, or they lie outside the scope.
    InputError, SetupError
        The format cannot hold it, or the file cannot be written.
    """
    with tell(Words("读取存量", "Reading the stock")), scoped(conn, parks, snapshot=True):
        codes = list(park_codes) if park_codes else stock.list_parks(conn)
        found, batch = stock.read_stock(conn, codes)
    frames = {table.name: pd.DataFrame(getattr(found, table.name)) for table in STOCK}
    with tell(Words(f"写出 {path.name}", f"Writing {path.name}")):
        write_stock(frames, path)
    rows = {name: len(frame) for name, frame in frames.items() if len(frame)}
    return {"file": str(path), "batch": batch, "parks": codes, "rows": rows}


def undo(conn: Connection, batch: int, *, parks: Sequence[str] = ALL_PARKS, tell: Tell = quietly) -> dict[str, Any]:
    """Put back what stood before a batch, as a new batch.

    Raises
    ------
    NotFoundError, AccessError
        No such batch in this scope, or it also speaks of parks outside it.
    ConflictError, InputError
        Later batches touched the same rows, it is undone already, or it holds corrections.
    """
    with tell(Words(f"撤销批次 {batch}", f"Undoing batch {batch}")):
        done = batches.undo_batch(conn, batch, parks)
        refresh_statistics(conn)
    return done
