"""A job that assesses parks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from landgis.store.database import Connection
from landgis.terms.draws import Draws
from landgis.workflows.assess import assess
from landgis.workflows.steps import Tell


def _assess(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    draws = Draws(**asked["draws"]) if asked.get("draws") else None
    on = date.fromisoformat(asked["on"])
    return assess(conn, asked["parks"], asked["rules"], on, parks=scope, draws=draws, tell=tell)


#: What is done for a kind of job; the answer is plain data.
WORK: Final = {"assess": _assess}
