"""Jobs that make plans and find sites; run as a program it has the planner compiled, before somebody waits for a plan."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from landgis.store.database import Connection
from landgis.terms.errors import SetupError
from landgis.workflows.asked import Asked, Shown, forbidding, pinning
from landgis.workflows.reallocate import PLAN_RULES, change, make, prepare, site
from landgis.workflows.steps import Tell


def _plan(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    """Make a plan, or change one; the answer is what it comes to, without its sites and moves."""
    if asked.get("of"):
        pin, forbid = (_altering(asked.get(name)) for name in ("pin", "forbid"))

        def alter(before: Asked, held: Shown) -> Asked:
            after = forbidding(*forbid[:3])(pinning(*pin)(before, held), held)
            return replace(after, time_limit_s=asked["time_limit_s"])

        made = change(conn, asked["of"], alter, parks=scope, tell=tell)
    else:
        given = Asked.read({name: asked[name] for name in _CONDITIONS})
        rules = asked.get("rules") or PLAN_RULES
        made = make(conn, given, run=asked.get("run"), rules=rules, resume=asked.get("resume"), parks=scope, tell=tell)
    return {name: value for name, value in made.items() if name not in ("sites", "members", "moved", "demand_states")}


def _site(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    """Find the cheapest site for one demand; nothing is stored but the answer."""
    given = Asked.read({name: asked[name] for name in ("level", "noted", "time_limit_s")})
    rules = asked.get("rules") or PLAN_RULES
    return site(
        conn, asked["demand"], given, park=asked.get("park"), run=asked.get("run"), rules=rules, alternatives=asked["alternatives"],
        parks=scope, tell=tell,
    )  # fmt: skip


#: What a plan is asked for by the names of `landgis.workflows.asked.Asked`.
_CONDITIONS: Final = ("parks", "level", "budget_wan", "staff_days", "noted", "gap", "time_limit_s")


def _altering(given: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """Give parcels, sites, moves and demands to pin or to forbid."""
    given = given or {}
    named = {
        name: [(one["park_code"], one["number"]) for one in given.get(name, ())] for name in ("parcels", "demands")
    }
    return named["parcels"], given.get("sites", ()), given.get("moves", ()), named["demands"]


#: What is done for a kind of job; the answer is plain data.
WORK: Final = {"plan": _plan, "site": _site}

if __name__ == "__main__":
    os.nice(19)
    with suppress(SetupError):  # a service without the planning extra
        prepare()
