"""Jobs: long work that waits its turn in the database; rows are added, never changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import procrastinate
from psycopg import conninfo
from psycopg.types.json import Jsonb

from landgis.store import database
from landgis.store.audit import add_audit
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.terms.errors import ConflictError, NotFoundError, Words

#: States after which nothing happens any more.
FINAL: Final = frozenset({"done", "refused", "failed", "cancelled"})
#: The one task of the queue: work on the job of this number.
TASK: Final = "landgis.work"
_QUEUE_PATH: Final = "SET LOCAL search_path = queue, public"


@dataclass(frozen=True)
class Job:
    """Long work somebody asked for, and how far it is.

    ``state`` is queued, running, stopping, again (queued once more after its worker died) or one of `FINAL`; ``detail`` the answer of
    the workflow, or the refusal; ``step`` the last thing that was said of it.
    """

    job: int
    kind: str
    park_codes: list[str]
    scope: list[str]
    asked: dict[str, Any]
    asked_at: datetime
    asked_by: str
    state: str
    at: datetime
    started_at: datetime | None
    step: Words | None
    detail: dict[str, Any] | None


def open_queue(url: str) -> procrastinate.App:
    """Give the queue of a database for a worker; it is to be opened with ``open_async``."""
    given = conninfo.conninfo_to_dict(url)
    options = f"{given.get('options') or ''} -c search_path=queue,public".strip()
    address = conninfo.make_conninfo(url, options=options, application_name="landgis-worker")
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4))


def add_job(
    conn: Connection, kind: str, asked: Mapping[str, Any], scope: Sequence[str], park_codes: Sequence[str] | None = None
) -> int:
    """Ask for work: note it and queue it, both or neither; give its number.

    Parameters
    ----------
    kind, asked
        The workflow and its arguments, as plain data.
    scope
        The parks of the one who asks; the work is bound by them.
    park_codes
        The parks it will work on; None where that is not known before, which makes it the whole scope.
    """
    parks = sorted(park_codes or scope)
    with scoped(conn, scope):
        added = database.row(conn, "job_add", kind=kind, park_codes=parks, scope=list(scope), asked=Jsonb(dict(asked)))
        assert added is not None
        job = int(added["job"])
        add_event(conn, job, "queued")
        add_audit(conn, "job", parks, {"job": job, "kind": kind})
        conn.execute(_QUEUE_PATH)
        # A queued job is not taken while another with its lock runs; `hold_parks` keeps those apart that share only some parks.
        task = _APP.configure_task(TASK, lock=",".join(parks), connection=conn)
        task.defer(job=job)
    return job


def cancel_job(conn: Connection, scope: Sequence[str], job: int) -> None:
    """Ask that a job be given up: a waiting one is at once, a running one as soon as its worker has stopped it.

    Raises
    ------
    NotFoundError
        There is no such job in this scope.
    ConflictError
        It is over already.
    """
    with scoped(conn, scope):
        found = read_job(conn, job)
        if found.state in FINAL:
            raise ConflictError(
                Words("任务已经结束。", "The job is over already."),
                at=str(job),
                mend=Words("无需取消。", "Nothing is left to cancel."),
            )
        add_audit(conn, "job_cancel", found.park_codes, {"job": job})
        waiting = found.state in ("queued", "again")
        add_event(conn, job, "cancelled" if waiting else "stopping")
        conn.execute(_QUEUE_PATH)
        for queued in database.rows(conn, "queue_number", job=job):
            _APP.job_manager.cancel_job_by_id(queued["id"], abort=True, connection=conn)


def add_event(
    conn: Connection, job: int, state: str, words: Words | None = None, detail: Mapping[str, Any] | None = None
) -> bool:
    """Note what happened to a job, inside the transaction of the caller; False where it was over already."""
    zh, en = (words.zh, words.en) if words else (None, None)
    given = None if detail is None else Jsonb(dict(detail), dumps=_plain_json)
    return database.row(conn, "job_event_add", job=job, state=state, zh=zh, en=en, detail=given) is not None


def read_job(conn: Connection, job: int) -> Job:
    """Read one job in scope.

    Raises
    ------
    NotFoundError
        There is no such job in this scope.
    """
    found = database.rows(conn, "jobs", job=job, limit=1)
    if not found:
        raise NotFoundError(Words("没有这项任务。", f"There is no job {job}."), at=str(job))
    return _job(found[0])


def list_jobs(conn: Connection, limit: int) -> list[Job]:
    """List the jobs in scope, latest first."""
    return [_job(found) for found in database.rows(conn, "jobs", job=None, limit=limit)]


def list_awaited(conn: Connection) -> list[str]:
    """List the paths of the files that jobs in scope which are not over were sent."""
    return [found["path"] for found in database.rows(conn, "files_awaited", final=list(FINAL))]


def list_events(conn: Connection, job: int, after: int = 0) -> list[dict[str, Any]]:
    """List what happened to a job behind the event `after`: event, at, state, zh, en, detail."""
    return database.rows(conn, "job_events", job=job, after=after)


def hold_parks(conn: Connection, park_codes: Sequence[str]) -> None:
    """Wait until no other job works on one of these parks, and keep them as long as this connection lives."""
    if ALL_PARKS[0] in park_codes:
        conn.execute(b"SELECT pg_advisory_lock(hashtextextended('landgis.job.parks', 0))")
        return
    conn.execute(b"SELECT pg_advisory_lock_shared(hashtextextended('landgis.job.parks', 0))")
    for code in sorted(set(park_codes)):  # in one order, so that two never wait for each other
        conn.execute(b"SELECT pg_advisory_lock(hashtextextended('landgis.job.park.' || %s, 0))", [code])


def _job(found: Mapping[str, Any]) -> Job:
    given = dict(found)
    zh, en = given.pop("zh"), given.pop("en")
    return Job(**given, step=Words(zh, en) if zh else None)


def _plain_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


#: Only asks; it has no connections of its own.
_APP: Final = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
