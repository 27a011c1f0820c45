"""Plans: sites, moves and promises. Rows are added, never changed; a promise can end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from psycopg import errors, sql
from psycopg.types.json import Jsonb

from landgis.store import database
from landgis.store.audit import add_audit
from landgis.store.database import Connection
from landgis.store.loading import Wire, insert_rows, plainly
from landgis.store.runs import add_rulesets
from landgis.terms.crs import STORED
from landgis.terms.errors import AccessError, ConflictError, NotFoundError, Words
from landgis.terms.rules import Ruleset

_DEMAND: Final[tuple[tuple[str, Wire], ...]] = (
    ("park_code", "text"), ("demand_no", "text"), ("name", "text"), ("value_wan", "number"), ("state", "text"), ("reason", "text"),
)  # fmt: skip
_SITE: Final[tuple[tuple[str, Wire], ...]] = (
    ("site", "integer"), ("park_code", "text"), ("demand_park", "text"), ("demand_no", "text"),
    *((name, "number") for name in (
        "worth_wan", "cost_low_wan", "cost_wan", "cost_high_wan", "links_wan", "area_m2", "width_m", "depth_m", "compactness")),
    ("owners", "integer"), ("ready_on", "date"), ("remarks", "texts"),
)  # fmt: skip
_MEMBER: Final[tuple[tuple[str, Wire], ...]] = (
    ("site", "integer"), ("park_code", "text"), ("parcel_id", "bigint"), ("parcel_no", "text"), ("deed", "text"),
    *((name, "number") for name in ("area_m2", "cost_low_wan", "cost_wan", "cost_high_wan", "tax_wan")), ("free_on", "date"),
    ("part", "geometry"),
)  # fmt: skip
_MOVE: Final[tuple[tuple[str, Wire], ...]] = (
    ("place", "integer"), ("park_code", "text"), ("parcel_id", "bigint"), ("parcel_no", "text"), ("holder", "text"), ("deed", "text"),
    ("to_parcel_id", "bigint"), ("to_parcel_no", "text"), ("to_building_id", "bigint"), ("frees_parcel_no", "text"),
    ("step", "integer"), ("enter_on", "date"), ("left_on", "date"), ("cost_wan", "number"), ("pay_wan", "number"),
)  # fmt: skip


@dataclass(frozen=True)
class NewPlan:
    """A plan ready to be stored: its head, and ``demands``, ``sites``, ``members``, ``moves`` with the columns of their tables."""

    parent: int | None
    run: int
    demand_batch: int | None
    park_codes: Sequence[str]
    as_of: date
    rulesets: Sequence[Ruleset]
    version: str
    asked: Mapping[str, Any]
    currency: str
    objective_wan: float
    bound_wan: float
    gap: float | None
    is_proved: bool
    seconds: float
    told: Mapping[str, Any]
    pool: Sequence[Mapping[str, Any]]
    demands: pd.DataFrame
    sites: pd.DataFrame
    members: pd.DataFrame
    moves: pd.DataFrame


def add_plan(conn: Connection, made: NewPlan) -> int:
    """Add a plan with all it holds, inside the transaction of the caller; give its number."""
    add_rulesets(conn, made.rulesets)
    added = database.row(
        conn,
        "plan_add",
        parent=made.parent,
        run=made.run,
        demand_batch=made.demand_batch,
        park_codes=list(made.park_codes),
        as_of=made.as_of,
        rulesets=[ruleset.sha256 for ruleset in made.rulesets],
        version=made.version,
        asked=Jsonb(dict(made.asked)),
        currency=made.currency,
        objective_wan=made.objective_wan,
        bound_wan=made.bound_wan,
        gap=made.gap,
        is_proved=made.is_proved,
        seconds=made.seconds,
        members=len(made.members),
        told=Jsonb(dict(made.told)),
        pool=Jsonb(list(made.pool)),
    )
    assert added is not None
    plan = int(added["plan"])
    for table, frame, kinds in (
        ("plan_demand", made.demands, _DEMAND),
        ("plan_site", made.sites, _SITE),
        ("plan_member", made.members, _MEMBER),
        ("plan_move", made.moves, _MOVE),
    ):
        insert_rows(conn, table, [name for name, _ in kinds], frame, plainly(kinds), {"plan": sql.Literal(plan)})
    add_audit(conn, "plan", made.park_codes, {"plan": plan, "run": made.run, "parent": made.parent})
    return plan


def read_plan(conn: Connection, plan: int | None) -> dict[str, Any]:
    """Read a plan's head, the latest in scope where none is named.

    Returns
    -------
    dict
        ``plan, parent, run, demand_batch, park_codes, as_of, version, asked, currency, objective_wan, bound_wan, gap, is_proved,
        seconds, members, told, made_at, made_by, is_adopted, rulesets`` (code, sha256, document).

    Raises
    ------
    NotFoundError
        There is no such plan in this scope.
    """
    found = database.row(conn, "plan_one", plan=plan)
    if found is None:
        raise NotFoundError(
            Words("没有这个方案。" if plan else "还没有方案。", f"There is no plan {plan}." if plan else "There is no plan yet."),
            at="" if plan is None else str(plan),
            mend=Words("先运行 landgis plan make。", "Run `landgis plan make` first."),
        )  # fmt: skip
    return found


def list_plans(conn: Connection, limit: int, run: int | None = None) -> list[dict[str, Any]]:
    """List the plans in scope, latest first; of one run if named."""
    return database.rows(conn, "plans", limit=limit, run=run)


def ruleset_texts(conn: Connection, plan: int) -> list[str]:
    """Give the very text of the rulesets a plan used, in their order."""
    return [found["content"] for found in database.rows(conn, "plan_rulesets", plan=plan)]


def read_pool(conn: Connection, plan: int) -> pd.DataFrame:
    """Read the sites a plan considered: ``demand`` (its label) and ``parcels`` (ids, a tuple)."""
    found = database.row(conn, "plan_pool", plan=plan)
    rows = [] if found is None else found["pool"]
    return pd.DataFrame({"demand": [one["demand"] for one in rows], "parcels": [tuple(one["parcels"]) for one in rows]})


def list_plan_demands(conn: Connection, plan: int) -> list[dict[str, Any]]:
    """List every demand a plan was asked for: ``park_code, demand_no, name, value_wan, state, reason``."""
    return database.rows(conn, "plan_demands", plan=plan)


def list_sites(conn: Connection, plan: int) -> list[dict[str, Any]]:
    """List a plan's sites with the columns of ``land.plan_site`` and the project's ``name``."""
    return database.rows(conn, "plan_sites", plan=plan)


def read_members(conn: Connection, plan: int) -> gpd.GeoDataFrame:
    """Read the parcels of a plan's sites: the columns of ``land.plan_member`` and ``geom``, the shape of what is had, EPSG:4490."""
    found = database.rows(conn, "plan_members", plan=plan)
    names = ["plan", *(name for name, _ in _MEMBER if name != "part")]
    table = pd.DataFrame([{name: row[name] for name in names} for row in found], columns=names)
    shapes = shapely.from_wkb(np.array([row["wkb"] for row in found], dtype=object))
    return gpd.GeoDataFrame(table.assign(geom=shapes), geometry="geom", crs=STORED)


def list_moves(conn: Connection, plan: int) -> list[dict[str, Any]]:
    """List who gives way in a plan, in order: columns of ``land.plan_move``; ``from_point``, ``to_point`` (None: it goes away)."""
    found = database.rows(conn, "plan_moves", plan=plan)
    return [
        {name: value for name, value in row.items() if not name.endswith("_wkb")}
        | {
            "from_point": shapely.from_wkb(row["from_wkb"]),
            "to_point": None if row["to_wkb"] is None else shapely.from_wkb(row["to_wkb"]),
        }
        for row in found
    ]


def list_promised(conn: Connection) -> list[dict[str, Any]]:
    """List the parcels that are promised now: ``park_code, parcel_no, plan, use``."""
    return database.rows(conn, "promised")


def list_served(conn: Connection) -> set[tuple[str, str]]:
    """List the demands that plans adopted now serve, by park and number."""
    return {(row["demand_park"], row["demand_no"]) for row in database.rows(conn, "promised_demands")}


def adopt_plan(conn: Connection, plan: int) -> int:
    """Promise every parcel of a plan, inside the transaction of the caller, or none; give how many.

    Two who adopt at once are held apart by the constraint of ``land.promise``: the second waits until the first is done, and is refused
    if they share a parcel.

    Raises
    ------
    NotFoundError
        There is no such plan in this scope.
    AccessError
        Some of its parcels lie outside the scope.
    ConflictError
        A parcel is promised already, by this plan or another.
    """
    head = _read_whole(conn, plan)
    try:
        with conn.transaction():
            given = conn.execute(database.statement("promise_add"), {"plan": plan}).rowcount
    except errors.ExclusionViolation as error:
        raise _promised_already(conn, plan) from error
    add_audit(conn, "adopt", head["park_codes"], {"plan": plan, "parcels": given})
    return given


def withdraw_plan(conn: Connection, plan: int) -> int:
    """End the promises of a plan, inside the transaction of the caller; give how many there were.

    Raises
    ------
    NotFoundError
        There is no such plan in this scope.
    AccessError
        Some of its parcels lie outside the scope.
    ConflictError
        It is not adopted.
    """
    head = _read_whole(conn, plan)
    ended = len(database.rows(conn, "promise_end", plan=plan))
    if not ended:
        raise ConflictError(Words("方案没有被采纳。", "The plan is not adopted."), at=str(plan))
    add_audit(conn, "withdraw", head["park_codes"], {"plan": plan, "parcels": ended})
    return ended


def _read_whole(conn: Connection, plan: int) -> dict[str, Any]:
    """Read the head of a plan of which all lies in scope."""
    head = read_plan(conn, plan)
    seen = len(database.rows(conn, "plan_members", plan=plan))
    if seen != head["members"]:
        raise AccessError(
            Words("方案涉及您权限以外的园区。", "The plan reaches into parks outside your scope."),
            at=f"plan {plan}: {seen} / {head['members']}",
            mend=Words("由能看到全部园区的人办理。", "Let somebody do it who sees all its parks."),
        )
    return head


def _promised_already(conn: Connection, plan: int) -> ConflictError:
    mine = {(row["park_code"], row["parcel_no"]) for row in database.rows(conn, "plan_members", plan=plan)}
    taken = [row for row in list_promised(conn) if (row["park_code"], row["parcel_no"]) in mine]
    named = ", ".join(f"{row['park_code']} {row['parcel_no']} (plan {row['plan']})" for row in taken[:5])
    return ConflictError(
        Words("方案中有地块已经承诺出去。", "Parcels of the plan are promised already."),
        at=named or str(plan),
        why=Words("一块地只能给一个项目。", "A parcel can be given to one project only."),
        mend=Words("先撤回另一个方案，或重新规划：已承诺的地块会被排除。",
                   "Withdraw the other plan, or plan again: what is promised is left out."),
    )  # fmt: skip
