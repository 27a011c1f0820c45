"""One batch looked at afterwards: what it added and ended, and how to put back what stood before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from psycopg import sql
from psycopg.types.json import Jsonb

from landgis.store import database, reading
from landgis.store.audit import add_audit
from landgis.store.database import Connection
from landgis.terms.errors import AccessError, ConflictError, InputError, NotFoundError, Words
from landgis.terms.frames import STOCK, Kind, Table

#: So many rows are named where an undo is refused.
_NAMED: Final = 5


@dataclass(frozen=True)
class Versions:
    """What one batch did to one table: the versions that began with it and those that ended, in the table's columns."""

    table: Table
    began: pd.DataFrame
    ended: pd.DataFrame


def read_batch(conn: Connection, batch: int) -> dict[str, Any]:
    """Read a batch's head, inside the transaction of the caller.

    Returns
    -------
    dict
        ``batch, file, sha256, profile, park_codes, made_at, made_by, rows_in, stored, refused, unchanged, kind, undoes, ended,
        undone_by, issues`` (count by code).

    Raises
    ------
    NotFoundError
        There is no such batch in this scope.
    """
    found = database.row(conn, "batch_one", batch=batch)
    if found is None:
        raise NotFoundError(
            Words("没有这个批次。", f"There is no batch {batch}."),
            at=str(batch),
            mend=Words("用 landgis batch list 查看。", "`landgis batch list` lists them."),
        )
    return found


def read_versions(conn: Connection, batch: int) -> list[Versions]:
    """Read what a batch did, table by table, inside the transaction of the caller; tables it did not touch are left out."""
    found = [
        Versions(table, _versions(conn, table, "lower(during)", batch), _versions(conn, table, "upper(during)", batch))
        for table in STOCK
    ]
    return [one for one in found if len(one.began) or len(one.ended)]


def undo_batch(conn: Connection, batch: int, parks: Sequence[str]) -> dict[str, Any]:
    """Put back what stood before a batch, as a new batch; nothing is deleted, and runs keep the stock they judged.

    Parameters
    ----------
    parks
        The scope of the one who undoes; every park of the batch has to be in it.

    Returns
    -------
    dict
        ``batch`` (the new one), ``undoes, parks, restored, ended`` (versions put back and put away).

    Raises
    ------
    NotFoundError
        There is no such batch in this scope.
    AccessError
        The batch also speaks of parks outside the scope.
    ConflictError
        Later batches touched the same rows, or the batch is undone already; nothing is changed.
    InputError
        The batch holds corrections: those are withdrawn one by one.
    """
    with database.scoped(conn, parks):
        head = read_batch(conn, batch)
        _may_undo(head, parks)
        for code in head["park_codes"]:
            conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('landgis.park.' || %s, 0))", [code])
        _untouched(conn, batch)
        restored = {table.name: _count(conn, table, "upper(during)", batch) for table in STOCK}
        ended = {table.name: _count(conn, table, "lower(during)", batch) for table in STOCK}
        made = database.row(
            conn,
            "batch_add",
            file=head["file"],
            sha256=head["sha256"],
            profile=head["profile"],
            park_codes=head["park_codes"],
            rows_in=sum(restored.values()),
            stored=sum(restored.values()),
            refused=0,
            unchanged=0,
            fields=Jsonb(_fields_behind(conn, batch)),
            kind="undo",
            undoes=batch,
            ended=sum(ended.values()),
        )
        assert made is not None
        number = int(made["batch"])
        for table in STOCK:
            if restored[table.name] or ended[table.name]:
                _put_back(conn, table, batch, number)
        add_audit(conn, "undo", head["park_codes"], {"batch": number, "undoes": batch})
    return {
        "batch": number,
        "undoes": batch,
        "parks": head["park_codes"],
        "restored": {name: count for name, count in restored.items() if count},
        "ended": {name: count for name, count in ended.items() if count},
    }


def _may_undo(head: Mapping[str, Any], parks: Sequence[str]) -> None:
    at = f"batch {head['batch']}"
    if head["undone_by"] is not None:
        raise ConflictError(
            Words("这个批次已经撤销。", "The batch is undone already."),
            at=f"{at}, undone by batch {head['undone_by']}",
            mend=Words(
                f"要恢复它，撤销批次 {head['undone_by']}。", f"To have it back, undo batch {head['undone_by']}."
            ),
        )
    if head["kind"] == "correction":
        raise InputError(
            Words("更正批次不能整批撤销。", "A batch of corrections is not undone as a whole."),
            at=at,
            why=Words(
                "更正登记仍在，下次导入会再次应用。",
                "The corrections would still stand in the register, and the next import would apply them again.",
            ),
            mend=Words(
                "用 landgis correction withdraw N 逐条撤回。", "Withdraw them: `landgis correction withdraw N`."
            ),
        )
    if "*" not in parks and not set(head["park_codes"]) <= set(parks):
        raise AccessError(
            Words("这个批次还涉及你权限之外的园区。", "The batch also speaks of parks outside your scope."),
            at=at,
            why=Words("一批只能整批撤销。", "A batch is undone as a whole or not at all."),
        )


def _untouched(conn: Connection, batch: int) -> None:
    """Refuse where a row that the batch added, changed or ended was touched again since."""
    touched: list[str] = []
    batches: set[int] = set()
    for table in STOCK:
        key = sql.SQL(", ").join(map(sql.Identifier, table.key))
        same = sql.SQL(" AND ").join(sql.SQL("later.{0} = mine.{0}").format(sql.Identifier(name)) for name in table.key)
        found = conn.execute(
            sql.SQL(
                "SELECT concat_ws(' ', {key}), by FROM ("
                " SELECT {key}, upper(during) AS by FROM {table} WHERE lower(during) = {batch} AND NOT upper_inf(during)"
                " UNION SELECT {mine}, lower(later.during) FROM {table} AS mine JOIN {table} AS later"
                " ON {same} AND lower(later.during) > {batch} WHERE upper(mine.during) = {batch}"
                ") AS touched ORDER BY 1, 2 LIMIT 1000"
            ).format(
                key=key,
                mine=sql.SQL(", ").join(sql.Identifier("mine", name) for name in table.key),
                table=sql.Identifier("land", table.name),
                batch=sql.Literal(batch),
                same=same,
            )
        ).fetchall()
        touched += [f"{table.name} {row}" for row, _ in found]
        batches |= {int(by) for _, by in found}
    if not touched:
        return
    named = "; ".join(touched[:_NAMED]) + (" …" if len(touched) > _NAMED else "")
    later = ", ".join(map(str, sorted(batches)))
    raise ConflictError(
        Words("后来的批次改动过同样的行，不能撤销。", "Later batches touched the same rows; it cannot be undone."),
        at=f"batch {batch}: {named}",
        why=Words(f"撤销会盖掉批次 {later} 的内容。", f"Undoing it would put away what batch {later} brought."),
        mend=Words(f"先撤销批次 {later}，从最后一个开始。", f"Undo batch {later} first, the last one first."),
    )


def _put_back(conn: Connection, table: Table, batch: int, number: int) -> None:
    names = ["row_hash", "source_file", "source_layer", "source_row", *(column.name for column in table.columns)]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    place = {"table": sql.Identifier("land", table.name), "columns": columns, "number": sql.Literal(number)}
    conn.execute(
        sql.SQL("UPDATE {table} SET during = int8range(lower(during), {number}) WHERE lower(during) = {batch}").format(
            **place, batch=sql.Literal(batch)
        )
    )
    conn.execute(
        sql.SQL(
            "INSERT INTO {table} (during, {columns}) SELECT int8range({number}, NULL), {columns} FROM {table}"
            " WHERE upper(during) = {batch} ORDER BY id"
        ).format(**place, batch=sql.Literal(batch))
    )


def _fields_behind(conn: Connection, batch: int) -> list[dict[str, Any]]:
    """Give the columns of the files behind the versions that ended with a batch, each with the batch and hash it was read from."""
    numbers: set[int] = set()
    for table in STOCK:
        found = conn.execute(
            sql.SQL("SELECT DISTINCT lower(during) FROM {} WHERE upper(during) = {}").format(
                sql.Identifier("land", table.name), sql.Literal(batch)
            )
        ).fetchall()
        numbers |= {int(number) for (number,) in found}
    return behind(conn, sorted(numbers))


def behind(conn: Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Give the columns of the files behind some batches, so that versions carried on by another still lead back to their cells."""
    return [
        {"batch": one["batch"], "sha256": one["sha256"]} | dict(entry)
        for one in database.rows(conn, "batch_fields", batches=list(numbers))
        for entry in one["fields"]
    ]


def _count(conn: Connection, table: Table, bound: str, batch: int) -> int:
    found = conn.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE {} = {}").format(
            sql.Identifier("land", table.name),
            sql.SQL(bound),
            sql.Literal(batch),
        )
    ).fetchone()
    return int(found[0]) if found else 0


def _versions(conn: Connection, table: Table, bound: str, batch: int) -> pd.DataFrame:
    kinds: dict[str, Kind] = {column.name: column.kind for column in table.columns}
    selected = [
        sql.SQL("to_json({})" if kind == "texts" else "{}").format(sql.Identifier(name)) for name, kind in kinds.items()
    ]
    return reading.frame(
        conn,
        sql.SQL("SELECT {} FROM {} WHERE {} = {} ORDER BY id").format(
            sql.SQL(", ").join(selected),
            sql.Identifier("land", table.name),
            sql.SQL(bound),
            sql.Literal(batch),
        ),
        kinds,
    )
