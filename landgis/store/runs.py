"""Batches, runs and what they found: rows are added, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
from psycopg import sql
from psycopg.types.json import Jsonb

from landgis.store import database, reading
from landgis.store.audit import add_audit
from landgis.store.database import AsyncPool, Connection
from landgis.store.loading import Wire, insert_rows, plainly
from landgis.store.results import seal
from landgis.terms.draws import Draws
from landgis.terms.errors import ConflictError, NotFoundError, Words
from landgis.terms.frames import SEVERITY
from landgis.terms.rules import Ruleset

_FINDING: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("parcel_id", "bigint"), ("ruleset", "text"), ("test", "text"), ("finding", "text"),
    ("value", "number"), ("threshold", "number"), ("margin", "number"), ("margin_share", "number"), ("unit", "text"),
    ("article", "text"), ("missing", "texts"),
)  # fmt: skip
_GRADE: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("parcel_id", "bigint"), ("uscc", "text"), ("year", "integer"), ("ruleset", "text"),
    ("population", "text"), ("measured", "numbers"), ("bases", "numbers"), ("scores", "numbers"), ("bonus", "number"),
    ("deduction", "number"), ("total", "number"), ("total_low", "number"), ("total_high", "number"),
    ("reliability", "number"), ("rank", "integer"), ("share", "number"), ("grade", "text"), ("possible", "text"),
    ("reason", "text"),
)  # fmt: skip
_ACTIVITY: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("uscc", "text"), ("parcel_id", "bigint"), ("probability", "number"), ("stopped", "text"),
    ("zombie", "text"), ("tests", "json"), ("signs", "json"),
)  # fmt: skip
_TRIAGE: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("parcel_id", "bigint"), ("answer", "text"), ("gate", "integer"), ("reason", "text"),
    ("track", "text"), ("suspected", "integer"), ("tests", "text"), ("grade", "text"), ("freeable_m2", "number"),
    ("upgrade_m2", "number"), ("modes", "text"), ("urgency", "text"), ("urgency_low", "number"), ("urgency_high", "number"),
    ("shortfall_low", "number"), ("shortfall_high", "number"), ("exit_ease_low", "number"), ("exit_ease_high", "number"),
    ("uscc", "text"),
)  # fmt: skip

_IDLE: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("parcel_id", "bigint"), ("contract_no", "text"), ("state", "text"), ("finding", "text"), ("track", "text"),
    ("start_due", "date"), ("start_basis", "text"), ("start_proof", "text"), ("overdue_days", "number"),
    ("overdue_limit_days", "number"), ("stopped_days", "number"), ("stopped_limit_days", "number"), ("developed_share", "number"),
    ("invested_share", "number"), ("changes_on", "date"), ("changes_to", "text"), ("fee_low_wan", "number"),
    ("fee_high_wan", "number"), ("remarks", "texts"), ("missing", "texts"), ("asks", "texts"), ("clocks", "json"),
)  # fmt: skip


_SHARES: Final = ("grade_a", "grade_b", "grade_c", "grade_d", "grade_t", "grade_none")
_STABILITY: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("parcel_id", "bigint"), ("uscc", "text"), *((name, "number") for name in _SHARES),
    ("rank_p05", "integer"), ("rank_p95", "integer"),
    *((name, "number") for name in ("exit", "swap", "upgrade", "leave", "data_first")),
)  # fmt: skip

_LOOKED: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("parcel_id", "bigint"), ("lon", "number"), ("lat", "number"), ("enterprises", "text"), ("usccs", "text"),
    ("initials", "text"), ("measures", "numbers"),
)  # fmt: skip

#: The results of a run by table, with their columns.
RESULTS: Final[Mapping[str, tuple[tuple[str, Wire], ...]]] = {"finding": _FINDING, "grade": _GRADE, "triage": _TRIAGE}


@dataclass(frozen=True)
class Assessment:
    """What one assessment says, ready to be stored.

    ``findings``, ``idle``, ``activity``, ``grades`` and ``triage`` have the columns of `landgis.terms.frames` and ``park_code``;
    ``triage`` also ``tests`` and the ``uscc`` of the main user.
    ``looked`` is what the parcels are looked for by, its ``measures`` in the order of the names in `measures`.
    ``extents`` is park to (west, south, east, north); ``detail_zoom`` the zoom from which single parcels are drawn.
    """

    batch: int
    park_codes: Sequence[str]
    as_of: date
    rulesets: Sequence[Ruleset]
    snapshot: str
    version: str
    findings: pd.DataFrame
    idle: pd.DataFrame
    activity: pd.DataFrame
    grades: pd.DataFrame
    triage: pd.DataFrame
    extents: Mapping[str, Sequence[float]]
    detail_zoom: int
    looked: pd.DataFrame
    measures: Sequence[str]
    stability: pd.DataFrame | None = None

    @property
    def results(self) -> dict[str, pd.DataFrame]:
        """What is stored, by table."""
        return {"finding": self.findings, "grade": self.grades, "triage": self.triage}


def add_rulesets(conn: Connection, rulesets: Sequence[Ruleset]) -> None:
    """Keep the very text of rulesets, inside the transaction of the caller; one that is kept already stays as it is."""
    for ruleset in rulesets:
        database.row(
            conn,
            "ruleset_add",
            sha256=ruleset.sha256,
            code=ruleset.code,
            document=ruleset.document,
            confidence=ruleset.confidence,
            effective_from=ruleset.effective_from,
            effective_to=ruleset.effective_to,
            content=ruleset.text,
        )


def add_run(conn: Connection, made: Assessment) -> int:
    """Add a run with all it found, inside the transaction of the caller; give its number."""
    add_rulesets(conn, made.rulesets)
    added = database.row(
        conn,
        "run_add",
        batch=made.batch,
        park_codes=list(made.park_codes),
        as_of=made.as_of,
        rulesets=[ruleset.sha256 for ruleset in made.rulesets],
        snapshot=made.snapshot,
        version=made.version,
        parcels=len(made.triage),
        extents=Jsonb({park: list(extent) for park, extent in made.extents.items()}),
        detail_zoom=made.detail_zoom,
        measures=list(made.measures),
        result=Jsonb({table: seal(table, rows, RESULTS[table]).as_dict() for table, rows in made.results.items()}),
    )
    assert added is not None
    run = int(added["run"])
    for table, frame, kinds in (
        *((table, frame, RESULTS[table]) for table, frame in made.results.items()),
        ("idle", made.idle, _IDLE),
        ("activity", made.activity, _ACTIVITY),
        ("looked", made.looked, _LOOKED),
    ):
        insert_rows(conn, table, [name for name, _ in kinds], frame, plainly(kinds), {"run": sql.Literal(run)})
    if made.detail_zoom:
        conn.execute(database.statement("cells_add"), {"run": run, "zoom": made.detail_zoom - 1})
    add_audit(conn, "assess", made.park_codes, {"run": run, "rulesets": [ruleset.code for ruleset in made.rulesets]})
    return run


def add_stability(conn: Connection, run: int, draws: Draws, park_codes: Sequence[str], shares: pd.DataFrame) -> None:
    """Add how stable a run is, inside the transaction of the caller; a run has one stability and keeps it.

    Raises
    ------
    ConflictError
        The run has one already that was drawn in another way.
    """
    head = {"draws": draws.count, "seed": draws.seed, "concentration": draws.concentration, "noise": draws.noise}
    found = database.row(conn, "stability_head", run=run)
    if found is not None:
        if {name: found[name] for name in head} != head:
            raise ConflictError(
                Words("这次评估已有稳健性分析，参数不同。", "The run has a stability that was drawn in another way."),
                at=f"run {run}: " + " ".join(f"{name}={found[name]:g}" for name in head),
                why=Words("结果只增不改。", "Results are added, never overwritten."),
                mend=Words("沿用已有的参数。", "Use the draws it has."),
            )
        return
    conn.execute(database.statement("stability_add"), {"run": run, "park_codes": list(park_codes), **head})
    names = [name for name, _ in _STABILITY]
    insert_rows(conn, "stability_parcel", names, shares, plainly(_STABILITY), {"run": sql.Literal(run)})
    add_audit(conn, "stability", park_codes, {"run": run, **head})


def find_stability(conn: Connection, run: int) -> dict[str, Any] | None:
    """Give how a run's stability was drawn: ``run, draws, seed, concentration, noise, made_at``; None where it was not."""
    return database.row(conn, "stability_head", run=run)


def list_stability(
    conn: Connection, run: int, *, after: int = 0, limit: int = 1, parcel_id: int | None = None
) -> list[dict[str, Any]]:
    """List a run's stability parcel by parcel, from the one behind `after`; of one parcel if named."""
    return database.rows(conn, "stability_parcels", run=run, after=after, limit=limit, parcel_id=parcel_id)


def read_grades(conn: Connection, run: int) -> pd.DataFrame:
    """Read a run's evaluations, latest year first.

    Returns
    -------
    DataFrame
        ``park_code, parcel_id, uscc, year, ruleset, population, measured`` (a list, None is unknown), ``total, rank, grade, reason``.
    """
    query = sql.SQL(database.statement("run_grades").decode()).format(run=sql.Literal(run))
    return reading.frame(
        conn,
        query,
        {
            "park_code": "text", "parcel_id": "integer", "uscc": "text", "year": "integer", "ruleset": "text",
            "population": "text", "measured": "texts", "total": "number", "rank": "integer", "grade": "text",
            "reason": "text",
        },
    )  # fmt: skip


def find_same_run(
    conn: Connection, snapshot: str, rulesets: Sequence[Ruleset], as_of: date, version: str
) -> int | None:
    """Find a run over the very same stock, rules and day, by the same version of the program: it would say the same."""
    hashes = [ruleset.sha256 for ruleset in rulesets]
    found = database.row(conn, "run_same", snapshot=snapshot, rulesets=hashes, as_of=as_of, version=version)
    return int(found["run"]) if found and found["run"] is not None else None


def read_run(conn: Connection, run: int | None) -> dict[str, Any]:
    """Read a run, the latest in scope where none is named: number, day, parks, rulesets, extents, counts.

    Returns
    -------
    dict
        ``run, batch, as_of, made_at, park_codes, parks`` (code, name, bbox), ``rulesets`` (code, sha256, document, confidence),
        ``parcels, detail_zoom, answers`` (park_code, answer, parcels, area_m2, freeable_m2, upgrade_m2), ``tests`` (ruleset, test,
        park_code, suspected, clear, unknown).

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    found = read_head(conn, run)
    return found | read_sums(conn, found["run"])


def read_sums(conn: Connection, run: int) -> dict[str, Any]:
    """Add up what a run found: ``answers`` and ``tests``, as `read_run`."""
    return {
        "answers": database.rows(conn, "run_answers", run=run),
        "tests": database.rows(conn, "run_tests", run=run),
    }


def read_head(conn: Connection, run: int | None) -> dict[str, Any]:
    """Read a run without what it found; as `read_run`, without ``answers`` and ``tests``."""
    found = database.row(conn, "run_one", run=run)
    if found is None:
        raise NotFoundError(
            Words(
                "没有这次评估。" if run else "还没有评估。",
                f"There is no run {run}." if run else "There is no run yet.",
            ),
            at="" if run is None else str(run),
            why=Words("或者评估不含您的账号可看的园区。", "Or it is of parks that your account does not see."),
            mend=Words(
                "先导入资料，再评估：网页的“导入”与“任务”，或命令行的 landgis ingest 与 landgis assess。",
                "Import a file, then assess: the pages Import and Jobs, or `landgis ingest` and `landgis assess`.",
            ),
        )
    return found


def find_judged(conn: Connection, run: int, parcel_no: str, park: str | None) -> list[dict[str, Any]]:
    """Find the parcels of a run that bear a number: ``parcel_id, park_code, parcel_no``, at most one a park."""
    return database.rows(conn, "judged_number", run=run, parcel_no=parcel_no, park=park)


def read_seal(conn: Connection, run: int) -> dict[str, Any]:
    """Read what a run rests on and what it said: ``batch, park_codes, as_of, snapshot, version, result`` (None for an early run).

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    read_head(conn, run)
    found = database.row(conn, "run_seal", run=run)
    assert found is not None
    return found


def list_runs(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """List the runs in scope, latest first: ``run, batch, as_of, made_at, park_codes, rulesets, parcels``."""
    return database.rows(conn, "runs", limit=limit)


def find_widest(conn: Connection) -> int | None:
    """Give the latest of the runs that judged most of the parks in scope: what a page shows where no run is named."""
    found = database.row(conn, "run_widest")
    return None if found is None else int(found["run"])


def ruleset_texts(conn: Connection, run: int) -> list[str]:
    """Give the very text of the rulesets a run used, in their order."""
    return [found["content"] for found in database.rows(conn, "run_rulesets", run=run)]


def used_texts(conn: Connection, ruleset: Ruleset) -> list[str]:
    """Give the other texts that runs have used under this ruleset's code, oldest first."""
    return [
        found["content"] for found in database.rows(conn, "ruleset_texts", code=ruleset.code, sha256=ruleset.sha256)
    ]


def list_stored_rulesets(conn: Connection) -> list[dict[str, Any]]:
    """List the rulesets that runs have used, latest first: ``code, sha256, stored_at, content``."""
    return database.rows(conn, "rulesets_stored")


def read_judged(conn: Connection, run: int, parcel_id: int) -> dict[str, Any]:
    """Read all a run knows of one parcel: facts as judged, users, findings, grades, answer, and the source of the row.

    Raises
    ------
    NotFoundError
        The run did not judge such a parcel, or it lies outside the scope.
    """
    parcel = database.row(conn, "judged_parcel", run=run, parcel_id=parcel_id)
    if parcel is None:
        raise NotFoundError(
            Words("这次评估没有这个地块。", "The run did not judge such a parcel."), at=f"run {run}, parcel {parcel_id}"
        )
    return parcel | {
        "enterprises": database.rows(conn, "judged_enterprises", run=run, parcel_id=parcel_id),
        "findings": database.rows(conn, "judged_findings", run=run, parcel_id=parcel_id),
        "idle": database.rows(conn, "judged_idle", run=run, parcel_id=parcel_id),
        "activity": database.rows(conn, "judged_activity", run=run, parcel_id=parcel_id),
        "grades": database.rows(conn, "judged_grades", run=run, parcel_id=parcel_id),
    }


def search(conn: Connection, run: int, text: str, limit: int) -> list[dict[str, Any]]:
    """Find judged parcels by number, holder, place, enterprise, credit code or the initials of these.

    `text` is matched as it is, wildcards included in it mean nothing.
    """
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return database.rows(conn, "search", run=run, pattern=f"%{literal}%", exact=literal, limit=limit)


def read_ledger(
    conn: Connection, run: int, parks: Sequence[str] | None = None, ids: Sequence[int] | None = None
) -> pd.DataFrame:
    """Read a run parcel by parcel, shape as judged: the frame behind ledgers and downloads.

    Parameters
    ----------
    parks, ids
        Of these parks, of these parcels; None for all.

    Returns
    -------
    DataFrame
        ``parcel_id, park_code, parcel_no, location, owner_name, enterprises, area_m2, cert_area_m2, landuse_code, landuse_scheme,
        answer, gate, reason, track, suspected, tests, grade, possible, reliability, total, total_low, total_high, freeable_m2,
        upgrade_m2, geom``.
    """
    query = sql.SQL(database.statement("ledger").decode()).format(
        run=sql.Literal(run),
        parks=sql.Literal(list(parks or [])),
        ids=sql.Literal(None if ids is None else list(ids)),
    )
    return reading.frame(
        conn,
        query,
        {
            "parcel_id": "integer", "park_code": "text", "parcel_no": "text", "location": "text", "owner_name": "text",
            "enterprises": "text", "area_m2": "number", "cert_area_m2": "number", "landuse_code": "text",
            "landuse_scheme": "text", "answer": "text", "gate": "integer", "reason": "text", "track": "text",
            "suspected": "integer", "tests": "text", "grade": "text", "possible": "text", "reliability": "number",
            "total": "number", "total_low": "number", "total_high": "number", "freeable_m2": "number", "upgrade_m2": "number",
            "geom": "geometry",
        },
    )  # fmt: skip


def run_detail_zoom(conn: Connection, run: int) -> int:
    """Give the zoom from which a run's parcels are drawn as such.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    found = database.row(conn, "run_detail_zoom", run=run)
    if found is None:
        raise _no_run(run)
    return int(found["detail_zoom"])


def read_tile(conn: Connection, run: int, z: int, x: int, y: int) -> bytes:
    """Read one vector tile of a run: single parcels, or cells where they cannot be told apart; empty where there is nothing.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    found = conn.execute("SELECT api.tile(%s, %s, %s, %s)", (run, z, x, y)).fetchone()
    return _tile(run, found[0] if found else None)


async def read_tile_at_once(
    pool: AsyncPool, parks: Sequence[str], run: int, z: int, x: int, y: int, *, timeout_s: float
) -> bytes:
    """Read one vector tile as `read_tile` does, in a transaction of its own that sees these parks and no others.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    StoreError
        No connection came free, the database went away, or the time was up.
    """
    place = {"run": run, "z": z, "x": x, "y": y}
    return _tile(
        run,
        await database.told_at_once(pool, "tile", parks=",".join(parks), timeout_ms=int(timeout_s * 1000), **place),
    )


def _tile(run: int, body: bytes | None) -> bytes:
    if body is None:
        raise _no_run(run)
    return body


def _no_run(run: int) -> NotFoundError:
    return NotFoundError(Words("没有这次评估。", f"There is no run {run}."), at=str(run))


def list_batches(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """List the batches in scope, latest first."""
    return database.rows(conn, "batches", limit=limit)


def list_issues(
    conn: Connection, batch: int, limit: int, after: int = 0, severity: str | None = None
) -> list[dict[str, Any]]:
    """List a batch's issues in the order in which they were found, from the one behind `after`; of one severity if it is named."""
    return database.rows(conn, "issues", batch=batch, limit=limit, after=after, severity=severity)


def count_issues(conn: Connection, batch: int) -> dict[str, int]:
    """Count a batch's issues by severity."""
    found = {one["severity"]: one["issues"] for one in database.rows(conn, "issue_counts", batch=batch)}
    return {severity: found.get(severity, 0) for severity in SEVERITY}
