"""The pages beside the map are laid out: what each of them is told at its start."""

from datetime import datetime
from pathlib import Path
from typing import Any

from landgis.exports.ledger import Language
from landgis.exports.pages import Place, render_page
from landgis.store import runs, stock
from landgis.store.database import Connection

#: So many runs a page offers to choose from.
_RUNS: int = 100


def jobs_page(conn: Connection, job: int | None, now: datetime, *, language: Language, web: Path, nonce: str) -> str:
    """Give the page of the jobs, one of them open if it is named; `now` sets the day an assessment is proposed for."""
    given = {"job": job, "today": now.date().isoformat(), "parks": _parks(conn)}
    return render_page(Place("jobs", language, given), web=web, nonce=nonce)


def cockpit_page(
    conn: Connection, run: int | None, park: str | None, block_mu: float, *, language: Language, web: Path, nonce: str
) -> str:
    """Give the page of a run as a whole, the latest where none is named."""
    given = {"run": run, "park": park, "blockMu": block_mu, "runs": _runs(conn)}
    return render_page(Place("cockpit", language, given), web=web, nonce=nonce)


def _parks(conn: Connection) -> list[dict[str, Any]]:
    return [{"park_code": found["park_code"], "name": found["name"]} for found in stock.park_sizes(conn)]


def _runs(conn: Connection) -> list[dict[str, Any]]:
    return [
        {"run": found["run"], "as_of": found["as_of"].isoformat(), "parcels": found["parcels"]}
        for found in runs.list_runs(conn, _RUNS)
    ]
