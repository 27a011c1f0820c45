"""Who did what, and when: a row for every change."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from landgis.store import database
from landgis.store.database import Connection


def add_audit(conn: Connection, act: str, park_codes: Sequence[str], detail: Mapping[str, Any]) -> None:
    """Note who did what, inside the transaction that does it."""
    conn.execute(
        database.statement("audit_add"), {"act": act, "park_codes": list(park_codes), "detail": Jsonb(dict(detail))}
    )
