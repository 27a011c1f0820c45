"""Plans that were made: told, held side by side, promised and given back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from landgis.exports.ledger import Language
from landgis.exports.plans import plan_features, write_plan
from landgis.store import plans
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.terms.plans import DEMAND_REASON, LEFT_OUT, LIMIT, REMARK
from landgis.workflows.asked import Place


def show(conn: Connection, plan: int | None, *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Tell a plan, the latest where none is named: head, summary, sites, members, moves, demands.

    Returns
    -------
    dict
        ``plan, parent, run, on, objective, bound, gap, is_proved, demands, demands_served, moves, freed_m2, seconds, …`` (see
        `landgis.core.planning.reallocation.sum_up`), ``asked, limits, unmet, left_out, rules, sites, members, moved, demand_states``. Money
        is 万元 of ``currency``.
    """
    with scoped(conn, parks):
        head = plans.read_plan(conn, plan)
        number = head["plan"]
        sites, moves = plans.list_sites(conn, number), plans.list_moves(conn, number)
        members = plans.read_members(conn, number)
        demands = plans.list_plan_demands(conn, number)
    return {
        **_head(head),
        "rules": [one["code"] for one in head["rulesets"]],
        "sites": [_dated(one) | {"remark_titles": [asdict(REMARK[it]) for it in one["remarks"]]} for one in sites],
        "members": plain(pd.DataFrame(members.drop(columns=["geom", "plan"]))),
        "moved": [_dated({k: v for k, v in one.items() if not k.endswith("_point")}) for one in moves],
        "left_out": [one | {"reason_title": asdict(LEFT_OUT[one["reason"]])} for one in head["told"]["left_out"]],
        "limits": [one | {"title": asdict(LIMIT[one["name"]])} for one in head["told"]["limits"]],
        "demand_states": [one | {"reason_title": asdict(DEMAND_REASON[one["reason"]])} for one in demands],
    }


def list_all(
    conn: Connection, limit: int = 100, *, run: int | None = None, parks: Sequence[str] = ALL_PARKS
) -> list[dict[str, Any]]:
    """List the plans in scope, latest first, each with its summary."""
    with scoped(conn, parks):
        return [_head(one) for one in plans.list_plans(conn, limit, run)]


def features(conn: Connection, plan: int, *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Give a plan as GeoJSON: sites, their parcels by deed, and moves as lines."""
    with scoped(conn, parks):
        plans.read_plan(conn, plan)
        return plan_features(plans.list_sites(conn, plan), plans.read_members(conn, plan), plans.list_moves(conn, plan))


def file(
    conn: Connection, plan: int | None, path: Path, *, language: Language, parks: Sequence[str] = ALL_PARKS
) -> dict[str, Any]:
    """Write a plan, the latest where none is named, to ``.xlsx`` or ``.gpkg``; give ``plan, file``."""
    told = show(conn, plan, parks=parks)
    drawn = features(conn, told["plan"], parks=parks)
    write_plan(told, drawn, path, language)
    return {"plan": told["plan"], "file": str(path)}


def compare(conn: Connection, numbers: Sequence[int], *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Hold plans side by side, doing nothing among them.

    Returns
    -------
    dict
        ``scenarios``: one row each, the first is the status quo (``plan`` 0); ``flips``: for each pair the factor on all costs at which
        the choice between them flips (None: one is better at any price), and which is the better below it; ``parcels``: the parcels whose
        use differs, with the site's demand in each plan.
    """
    with scoped(conn, parks):
        heads = [plans.read_plan(conn, number) for number in dict.fromkeys(numbers)]
        used = {head["plan"]: plans.read_members(conn, head["plan"]) for head in heads}
        of = {
            head["plan"]: {one["site"]: one["demand_no"] for one in plans.list_sites(conn, head["plan"])}
            for head in heads
        }
    told = [_status_quo(heads[0] if heads else None), *(_head(head) for head in heads)]
    flips = []
    for at, one in enumerate(told):
        for other in told[at + 1 :]:
            cost, worth = other["cost_wan"] - one["cost_wan"], other["worth_wan"] - one["worth_wan"]
            factor = worth / cost if cost and worth / cost > 0 else None
            better = other if cost < 0 or (not cost and worth > 0) or (factor is None and worth > 0) else one
            dearer = other if cost > 0 else one
            flips.append(
                {
                    "plans": [one["plan"], other["plan"]],
                    "flip_cost_factor": factor,
                    "better_below": dearer["plan"] if factor is not None else better["plan"],
                }
            )
    uses: dict[Place, dict[str, str]] = {}
    for plan, members in used.items():
        for park, number, place in zip(members["park_code"], members["parcel_no"], members["site"], strict=True):
            uses.setdefault((park, number), {})[str(plan)] = of[plan].get(place, "")
    differing = [
        {"park_code": park, "parcel_no": number, "demand": {str(plan): by.get(str(plan)) for plan in used}}
        for (park, number), by in sorted(uses.items())
        if len({by.get(str(plan)) for plan in used}) > 1
    ]
    return {"scenarios": told, "flips": flips, "parcels": differing}


def adopt(conn: Connection, plan: int, *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Adopt a plan: promise its parcels, all or none. Two who adopt at once never get the same parcel.

    Raises
    ------
    ConflictError
        A parcel is promised already.
    """
    with scoped(conn, parks):
        return {"plan": plan, "promised": plans.adopt_plan(conn, plan)}


def withdraw(conn: Connection, plan: int, *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Withdraw an adopted plan: its parcels are free for others.

    Raises
    ------
    ConflictError
        It is not adopted.
    """
    with scoped(conn, parks):
        return {"plan": plan, "released": plans.withdraw_plan(conn, plan)}


def _head(head: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(head["told"])
    return {
        "plan": head["plan"],
        "parent": head["parent"],
        "run": head["run"],
        "on": head["as_of"].isoformat(),
        "made_at": head["made_at"].isoformat(),
        "parks": head["park_codes"],
        "currency": head["currency"],
        "objective": head["objective_wan"],
        "bound": head["bound_wan"],
        "gap": head["gap"],
        "is_proved": head["is_proved"],
        "is_adopted": head["is_adopted"],
        **told,
        "seconds": round(head["seconds"], 3),
        "asked": head["asked"],
    }


def _status_quo(beside: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the scenario in which nothing is done: no cost, no gain, and it pays for itself at once."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("demands_served", "moves", "freed_m2", "reserve_m2", "blocks", "cost_low_wan", "cost_wan", "cost_high_wan", "worth_wan",
         "tax_gained_wan", "tax_lost_wan", "jobs_gained", "invest_wan", "objective"), 0
    )  # fmt: skip
    told = {} if beside is None else beside["told"]
    empty = {"parent": None, "break_even_year": None, "flip_cost_factor": None}
    return {"plan": 0, "demands": told.get("demands", 0), **nothing, **empty}


def plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Give rows as plain values: days as ISO texts, tuples as lists, unknown as None."""
    found = []
    for row in rows.astype(object).to_dict("records"):
        found.append({str(name): _value(value) for name, value in row.items()})
    return found


def _value(value: Any) -> Any:  # noqa: ANN401  a cell of any kind
    if isinstance(value, tuple | list):
        return [_value(one) for one in value]
    if value is None or pd.isna(value):
        return None
    if isinstance(value, date):  # a Timestamp is one
        return value.isoformat()[:10]
    if isinstance(value, np.generic):
        value = value.item()
    return finite(value) if isinstance(value, float) else value


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def finite(value: float) -> float | None:
    """Give a number as JSON can hold it: None where it is without bound."""
    return float(value) if np.isfinite(value) else None
