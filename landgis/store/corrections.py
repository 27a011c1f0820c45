"""The register of corrections in and out of the database: rows are added, never changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from landgis.store import database
from landgis.store.audit import add_audit
from landgis.store.database import Connection
from landgis.terms.errors import ConflictError, NotFoundError, Words

#: The register's columns in their order.
COLUMNS = (
    "correction", "park_code", "table_name", "row_key", "field", "old", "new", "reason", "evidence", "made_at", "made_by",
)  # fmt: skip


def list_corrections(conn: Connection, codes: Sequence[str] | None = None) -> pd.DataFrame:
    """List the corrections that stand, inside the transaction of the caller, oldest first; those of some parks if named.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; withdrawn ones are left out.
    """
    found = database.rows(conn, "corrections", codes=None if codes is None else list(codes))
    return pd.DataFrame(found, columns=list(COLUMNS))


def standing_corrections(conn: Connection, parks: Sequence[str], codes: Sequence[str]) -> pd.DataFrame:
    """List the corrections of some parks that stand, in a transaction of its own."""
    with database.scoped(conn, parks):
        return list_corrections(conn, codes)


def add_corrections(conn: Connection, given: Iterable[Mapping[str, Any]]) -> list[int]:
    """Add corrections, inside the transaction of the caller; give their numbers."""
    numbers = []
    for one in given:
        added = database.row(conn, "correction_add", **{"evidence": None, "withdraws": None, **one})
        assert added is not None
        numbers.append(int(added["correction"]))
        add_audit(conn, "correct", [str(one["park_code"])], {"correction": numbers[-1], "field": one["field"]})
    return numbers


def withdraw(conn: Connection, correction: int, reason: str) -> dict[str, Any]:
    """Take a correction back by a row that says so, inside the transaction of the caller; give what it was.

    Raises
    ------
    NotFoundError
        There is no such correction in this scope.
    ConflictError
        It is withdrawn already.
    """
    found = database.row(conn, "correction_one", correction=correction)
    if found is None or found["withdraws"] is not None:
        raise NotFoundError(Words("没有这条更正。", f"There is no correction {correction}."), at=str(correction))
    if found["withdrawn_by"] is not None:
        raise ConflictError(
            Words("这条更正已经撤回。", "The correction is withdrawn already."),
            at=f"correction {correction}, withdrawn by {found['withdrawn_by']}",
        )
    same = ("park_code", "table_name", "row_key", "field")
    row = {name: found[name] for name in same} | {"old": found["new"], "new": found["old"]}
    add_corrections(conn, [row | {"reason": reason, "withdraws": correction}])
    return found
