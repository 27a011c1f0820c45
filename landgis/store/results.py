"""What a run says as canonical bytes: the same findings give the same hash, whoever computes them, today or in three years."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
import pandas as pd
from psycopg import sql

from landgis.store import reading
from landgis.store.database import Connection
from landgis.store.loading import Wire, pieces, rows_as_bytes
from landgis.terms.frames import Kind

Columns = Sequence[tuple[str, Wire]]

#: What tells one row of a result from another, and the order in which its bytes are taken.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "finding": ("ruleset", "test", "parcel_id"),
    "grade": ("ruleset", "year", "park_code", "uscc", "parcel_id"),
    "triage": ("parcel_id",),
}

#: The parts of a key that have nearly as many values as there are rows.
_MANY: Final = ("parcel_id", "uscc")


@dataclass(frozen=True)
class Sealed:
    """The hash over one table of a run's results, with the columns it was taken over: a later one with more columns leaves it alone."""

    columns: Columns
    rows: int
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Give it as it is stored."""
        return {"columns": [list(column) for column in self.columns], "rows": self.rows, "sha256": self.sha256}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Sealed":
        """Read it as it was stored."""
        return cls(tuple((name, kind) for name, kind in kept["columns"]), kept["rows"], kept["sha256"])


def seal(table: str, rows: pd.DataFrame, columns: Columns) -> Sealed:
    """Hash the results of one table.

    Notes
    -----
    The bytes are those in which PostgreSQL takes the rows (binary COPY: every field with its length, an unknown as −1), one row behind
    the other in the order of `KEYS`. The order in which they were found does not matter.
    """
    digest = sha256(",".join(f"{name}:{kind}" for name, kind in columns).encode())
    for piece in _in_order(table, rows):
        digest.update(_bytes(rows_as_bytes(piece, columns)))
    return Sealed(tuple(columns), len(rows), digest.hexdigest())


def row_bytes(rows: pd.DataFrame, columns: Columns) -> "pd.Series[Any]":
    """Give the canonical bytes of each row, index as given."""
    parts = [part for piece in pieces(rows) for part in rows_as_bytes(piece, columns).to_pylist()]
    return pd.Series(parts, index=rows.index, dtype="object")


def read_results(conn: Connection, table: str, run: int, columns: Columns) -> pd.DataFrame:
    """Read what a run stored in one table, in these columns."""
    selected = [
        sql.SQL("to_json({})").format(sql.Identifier(name)) if kind in ("texts", "numbers") else sql.Identifier(name)
        for name, kind in columns
    ]
    query = sql.SQL("SELECT {} FROM {} WHERE run = {}").format(
        sql.SQL(", ").join(selected), sql.Identifier("land", table), sql.Literal(run)
    )
    found = reading.frame(conn, query, {name: _read_as(kind) for name, kind in columns})
    for name in (name for name, kind in columns if kind == "numbers"):
        found[name] = found[name].map(lambda one: None if one is None else np.array(one, dtype=np.float64))
    return found


def _read_as(kind: Wire) -> Kind:
    if kind == "bigint":
        return "integer"
    assert kind != "json"  # no sealed column is one
    return "texts" if kind == "numbers" else kind


def _in_order(table: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Cut rows into pieces in the order of their key: few codes first, so that a million parcels are not sorted as texts."""
    codes = [name for name in KEYS[table] if name not in _MANY]
    many = [name for name in KEYS[table] if name in _MANY]
    if not codes:
        yield from _sorted(rows, many)
        return
    groups = rows.groupby(codes, sort=False, dropna=False).indices
    for _, places in sorted(groups.items(), key=lambda item: str(item[0])):
        yield from _sorted(rows.iloc[places], many)


def _sorted(rows: pd.DataFrame, names: Sequence[str]) -> Iterator[pd.DataFrame]:
    numbers = [
        pd.factorize(rows[name], sort=True)[0]
        if name == "uscc"
        else pd.to_numeric(rows[name]).astype("Int64").fillna(-1).to_numpy(dtype=np.int64)
        for name in names
    ]
    if len(numbers) == 1 and (np.diff(numbers[0]) >= 0).all():
        yield from pieces(rows)
    else:
        yield from pieces(rows.iloc[np.lexsort(numbers[::-1])])


def _bytes(encoded: Any) -> memoryview:  # noqa: ANN401  an Arrow array
    offsets = np.frombuffer(encoded.buffers()[1], np.int64, len(encoded) + 1, encoded.offset * 8)
    return memoryview(encoded.buffers()[2] or b"")[offsets[0] : offsets[-1]]
