"""Cases in and out of the database: rows are added, never changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import errors

from landgis.store import database
from landgis.store.audit import add_audit
from landgis.store.database import Connection


def add_case(conn: Connection, park_code: str, parcel_no: str, run: int, parcel_id: int) -> int:
    """Add a case about a parcel, inside the transaction of the caller; give its number."""
    added = database.row(conn, "case_add", park_code=park_code, parcel_no=parcel_no, run=run, parcel_id=parcel_id)
    assert added is not None
    return int(added["case_no"])


def add_event(conn: Connection, case_no: int, place: int, park_code: str, event: Mapping[str, Any]) -> bool:
    """Add the next event of a case, inside the transaction of the caller; False: somebody else added one in this place.

    Two who come at once are held apart by the key of ``land.case_event``: the second waits until the first is done.
    """
    try:
        with conn.transaction():
            conn.execute(
                database.statement("case_event_add"),
                {"case_no": case_no, "place": place, "park_code": park_code, **event},
            )
    except errors.UniqueViolation:
        return False
    add_audit(conn, "case", [park_code], {"case": case_no, "place": place, "act": event["act"]})
    return True


def lock_parcel(conn: Connection, park_code: str, parcel_no: str) -> None:
    """Let only one at a time open a case about a parcel, until the transaction of the caller ends."""
    conn.execute(
        b"SELECT pg_advisory_xact_lock(hashtextextended('landgis.case.' || %s, 0))", [f"{park_code}|{parcel_no}"]
    )


def list_cases(
    conn: Connection, *, case_no: int | None = None, park: str | None = None, parcel_no: str | None = None
) -> list[dict[str, Any]]:
    """List the cases in scope, latest first; one, or those of a park or a parcel, if named.

    Returns
    -------
    list of dict
        ``case_no, park_code, parcel_no, run, parcel_id, made_at, made_by``, and ``events``, in order: the columns of ``land.case_event``.
    """
    found = database.rows(conn, "cases", case_no=case_no, park=park, parcel_no=parcel_no)
    return _with_events(conn, found)


def list_land(conn: Connection, run: int) -> list[dict[str, Any]]:
    """List the parcels of a run that have a case: ``case_no, park_code, parcel_id, area_m2, freeable_m2, upgrade_m2``."""
    return database.rows(conn, "case_land", run=run)


def _with_events(conn: Connection, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    events: dict[int, list[dict[str, Any]]] = {one["case_no"]: [] for one in found}
    for event in database.rows(conn, "case_events", cases=list(events)):
        events[event.pop("case_no")].append(event)
    return [one | {"events": events[one["case_no"]]} for one in found]
