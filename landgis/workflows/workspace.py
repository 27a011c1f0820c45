"""The pages beside the map are laid out: what each of them is told at its start."""

from datetime import datetime
from pathlib import Path
from typing import Any

from landgis.exports.ledger import Language
from landgis.exports.pages import Place, render_login, render_page, render_password
from landgis.store import runs, stock
from landgis.store.database import Connection

#: So many runs a page offers to choose from.
_RUNS: int = 100

#: The pages that need nothing of the database: the way in, and the own password.
login_page, password_page = render_login, render_password


def jobs_page(
    conn: Connection, job: int | None, now: datetime, *, language: Language, role: str | None, web: Path, nonce: str
) -> str:
    """Give the page of the jobs, one of them open if it is named; `now` sets the day an assessment is proposed for.

    As of every page, `role` is that of the account it is for, None where no login is asked for.
    """
    given = {"job": job, "today": now.date().isoformat(), "parks": _parks(conn)}
    return render_page(Place("jobs", language, given, role), web=web, nonce=nonce)


def cockpit_page(
    conn: Connection,
    run: int | None,
    park: str | None,
    block_mu: float,
    *,
    language: Language,
    role: str | None,
    web: Path,
    nonce: str,
) -> str:
    """Give the page of a run as a whole; where none is named, of the latest of those that judged most of the parks in scope."""
    given = {"run": run or runs.find_widest(conn), "park": park, "blockMu": block_mu, "runs": _runs(conn)}
    return render_page(Place("cockpit", language, given, role), web=web, nonce=nonce)


def cases_page(conn: Connection, *, language: Language, role: str | None, web: Path, nonce: str) -> str:
    """Give the page of the cases; which of them are shown is said by its address, which the page itself reads."""
    latest = runs.list_runs(conn, 1)
    given = {"run": latest[0]["run"] if latest else None, "parks": _parks(conn)}
    return render_page(Place("cases", language, given, role), web=web, nonce=nonce)


def audit_page(conn: Connection, *, language: Language, role: str | None, web: Path, nonce: str) -> str:
    """Give the page of who did what; which of it is shown is said by its address, which the page itself reads."""
    return render_page(Place("audit", language, {"parks": _parks(conn)}, role), web=web, nonce=nonce)


def import_page(
    conn: Connection,
    upload: str | None,
    job: int | None,
    *,
    language: Language,
    role: str | None,
    web: Path,
    nonce: str,
) -> str:
    """Give the wizard that takes files in, at what was sent or at the job that works on it if either is named."""
    known = {one["park_code"]: one["bbox"] for one in _latest(conn)}
    parks = [park | {"bbox": known.get(park["park_code"])} for park in _parks(conn)]
    given = {"upload": upload, "job": job, "parks": parks}
    return render_page(Place("import", language, given, role, has_map=True), web=web, nonce=nonce)


def _latest(conn: Connection) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = runs.read_head(conn, None)["parks"] if runs.list_runs(conn, 1) else []
    return found


def _parks(conn: Connection) -> list[dict[str, Any]]:
    return [{"park_code": found["park_code"], "name": found["name"]} for found in stock.park_sizes(conn)]


def _runs(conn: Connection) -> list[dict[str, Any]]:
    return [
        {"run": found["run"], "as_of": found["as_of"].isoformat(), "parcels": found["parcels"]}
        for found in runs.list_runs(conn, _RUNS)
    ]
