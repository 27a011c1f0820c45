"""Who did what, and when: a row for every change, added and read, never changed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from landgis.store import database
from landgis.store.database import Connection
from landgis.terms.audit import Noted


def add_audit(conn: Connection, act: Noted, park_codes: Sequence[str], detail: Mapping[str, Any]) -> None:
    """Note who did what, inside the transaction that does it."""
    conn.execute(
        database.statement("audit_add"), {"act": act, "park_codes": list(park_codes), "detail": Jsonb(dict(detail))}
    )


def list_audit(
    conn: Connection,
    *,
    most: int,
    before: int | None = None,
    who: str | None = None,
    act: str | None = None,
    park: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[dict[str, Any]]:
    """List what is noted in scope, the latest first, inside the transaction of the caller: ``audit, at, who, act, park_codes, detail``.

    Parameters
    ----------
    most
        So many entries at most.
    before
        Only entries older than this one.
    since, until
        Days of Beijing, both included.
    """
    return database.rows(conn, "audit", most=most, before=before, who=who, act=act, park=park, since=since, until=until)
