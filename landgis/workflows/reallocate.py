"""Findings become sites and swaps for the projects that need land."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

import landgis
from landgis.core.judging.measure import parcel_measures
from landgis.core.planning.adjacency import links, neighbours
from landgis.core.planning.assembly import assemble
from landgis.core.planning.candidates import candidates, demand_values, distance_class_m, divide
from landgis.core.planning.plan import Step, worth_by_park
from landgis.core.planning.reallocation import Conditions, Ground, Reallocation, depth_m, reallocate, sum_up
from landgis.core.planning.sites import make_ready, never
from landgis.store import plans, runs
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.results import read_results
from landgis.store.runs import RESULTS
from landgis.store.stock import read_demands, read_stock
from landgis.terms.errors import InputError, NotFoundError, RuleError, Words
from landgis.terms.frames import Stock
from landgis.terms.plans import CONDITION
from landgis.terms.rulereader import load_ruleset, parse_ruleset, with_needed
from landgis.terms.rules import Ruleset, compose_rulesets
from landgis.workflows.asked import Asked, Place, Shown
from landgis.workflows.plans import finite, plain, show
from landgis.workflows.steps import Tell, quietly

#: The rulesets of a plan where none are named; what they need is added.
PLAN_RULES: Final = ("cn-planning",)
#: A demand in one of these states has its land already, or wants none.
_CLOSED: Final = ("supplied", "started", "producing", "left")
#: How often somebody who watches is told, seconds.
_EVERY_S: Final = 1.0


def make(
    conn: Connection,
    asked: Asked,
    *,
    run: int | None = None,
    rules: Sequence[str | Ruleset] = PLAN_RULES,
    resume: int | None = None,
    parent: int | None = None,
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
    stop: Callable[[], bool] = never,
) -> dict[str, Any]:
    """Plan sites and moves for all demands at once, and store the plan.

    Parameters
    ----------
    run
        The run whose answers the plan rests on; the latest in scope where none is named. The plan is made as of that run's day.
    rules
        One ruleset of the kind ``planning``, and where it does not name them those of the kinds ``compensation`` and ``swap``.
    resume
        A plan to go on from: its sites are tried first.
    parent
        The plan this one is a change of.
    parks
        The scope of the one who asks.
    stop
        Asked now and then; true ends the work with the best plan so far.

    Returns
    -------
    dict
        As `show` gives it.

    Raises
    ------
    NotFoundError
        There is no such run, plan, parcel or demand in this scope, or no demand at all.
    RuleError
        No ruleset of the kind ``planning`` is given.
    InputError
        What is pinned cannot be had.
    """
    began = time.monotonic()
    ended = _stopper(asked.time_limit_s, stop, began)
    case = _read(conn, asked, run, rules, parks, tell)
    if not len(case.wanted):
        raise NotFoundError(
            Words("没有可规划的需求。", "There is no demand that could be planned for."),
            at=", ".join(f"{label}: {why}" for label, why in list(case.reasons.items())[:5]),
            mend=Words("先用 landgis demand import 导入，或补齐面积与税收。",
                       "Import some with `landgis demand import`, or fill in areas and taxes."),
        )  # fmt: skip
    prepare(tell)
    with tell(Words("规划成片地块", "Planning sites")):
        pool = None
        if resume is not None:
            with scoped(conn, parks):
                plans.read_plan(conn, resume)
                pool = plans.read_pool(conn, resume)
        found = reallocate(
            case.ground, case.wanted, case.worth, case.conditions(asked), pool=pool, stop=ended, progress=_told(tell)
        )
    with tell(Words("写入方案", "Storing the plan")), scoped(conn, parks):
        plan = plans.add_plan(conn, _new_plan(case, asked, found, parent or None, time.monotonic() - began))
    return show(conn, plan, parks=parks)


def site(
    conn: Connection,
    demand: str,
    asked: Asked | None = None,
    *,
    park: str | None = None,
    run: int | None = None,
    rules: Sequence[str | Ruleset] = PLAN_RULES,
    alternatives: int = 5,
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
    stop: Callable[[], bool] = never,
) -> dict[str, Any]:
    """Find the cheapest site for one demand, the next best, what each member's refusal costs, or what to give up; store nothing.

    Returns
    -------
    dict
        ``demand, run, on, currency, sites`` (cheapest first, with their parcels), ``members`` (of the first, with ``refusal_wan``),
        ``bound_wan, gap, is_proved, left_out`` (by rule), ``not_to_be_had`` (by reason), ``relaxations`` (what to give up, with the
        cheapest site then; ``given`` is how much is left of a single condition), ``seconds``.

    Raises
    ------
    NotFoundError
        There is no such demand or run in this scope, or several parks have the number.
    InputError
        The demand asks no area.
    """
    began = time.monotonic()
    given = asked or Asked()
    ended = _stopper(given.time_limit_s, stop, began)
    case = _read(conn, given, run, rules, parks, tell, must_be_worth=False)
    label = _label_of(case.demands, demand, park)
    if label not in case.wanted.index:
        raise InputError(
            Words("这个需求不能选址。", "No site can be looked for."),
            at=f"{label}: {case.reasons.get(label, '')}",
            mend=Words("补齐用地面积，或查看项目状态。", "Give its area, or look at the state of the project."),
        )
    wanted = {str(name): value for name, value in case.wanted.loc[[label]].to_dict("records")[0].items()}
    conditions = case.conditions(given)
    ground = case.ground
    prepare(tell)
    with tell(Words("寻找成片地块", "Looking for sites")):
        found = assemble(
            ground.candidates.parcels,
            wanted,
            ground.borders,
            ground.links,
            border_min_m=float(ground.rules.value("border_min", "m")),
            rules=ground.rules.lists["rules"].values,
            noted=conditions.noted,
            alternatives=alternatives,
            pinned=conditions.pinned,
            forbidden=conditions.forbidden,
            stop=ended,
        )
    parcels = ground.candidates.parcels
    sites = found.sites.assign(depth_m=[depth_m(parcels.loc[list(one)]) for one in found.sites["parcels"]])
    members = found.members.join(parcels[["parcel_no", "park_code", "deed", "free_on"]])
    named = case.numbers
    return {
        "demand": label,
        "name": case.demands.loc[label, "name"],
        "run": case.run["run"],
        "on": ground.on.isoformat(),
        "currency": case.currency,
        "sites": [row | {"parcels": [named[int(one)] for one in row["parcels"]]} for row in plain(sites)],
        "members": plain(members.rename_axis("parcel_id").reset_index()),
        "bound_wan": finite(found.bound_wan),
        "gap": finite(found.gap),
        "is_proved": found.is_proved,
        "left_out": plain(found.left_out),
        "not_to_be_had": plain(ground.candidates.left_out),
        "relaxations": [
            row
            | {
                "park_code": parcels.at[row["parcels"][0], "park_code"],
                "parcels": [named[int(one)] for one in row["parcels"]],
                "condition_titles": [asdict(CONDITION[one]) for one in row["conditions"]],
            }
            for row in plain(found.relaxations)
        ],
        "seconds": round(time.monotonic() - began, 3),
    }


def prepare(tell: Tell = quietly) -> None:
    """Have the planner compiled, which a machine does once, or load what was compiled; its time is no part of a plan's.

    Raises
    ------
    SetupError
        The planning extra is not installed.
    """
    with tell(
        Words(
            "载入规划程序（本机首次使用时先编译，约半分钟）",
            "Loading the planner (compiled once on a machine, which takes half a minute)",
        )
    ):
        make_ready()


def change(
    conn: Connection,
    plan: int,
    alter: Callable[[Asked, Shown], Asked],
    *,
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
    stop: Callable[[], bool] = never,
) -> dict[str, Any]:
    """Make a child of a plan: the same run and rules, its conditions altered, going on from its sites. The parent stays as it is.

    Raises
    ------
    NotFoundError
        There is no such plan in this scope, or it does not hold what is to be pinned or forbidden.
    """
    with scoped(conn, parks):
        head = plans.read_plan(conn, plan)
        held = Shown(plans.list_sites(conn, plan), plans.read_members(conn, plan), plans.list_moves(conn, plan))
        texts = {text.code: text for text in map(_parsed, plans.ruleset_texts(conn, plan))}
    asked = alter(Asked.read(head["asked"]), held)
    return make(
        conn, asked, run=head["run"], rules=list(texts.values()), resume=plan, parent=plan, parks=parks, tell=tell, stop=stop
    )  # fmt: skip


@dataclass(frozen=True)
class _Case:
    """All that a plan is thought from."""

    run: dict[str, Any]
    stock: Stock
    rulesets: tuple[Ruleset, ...]
    ground: Ground
    currency: str
    demands: pd.DataFrame
    demand_batch: int | None
    wanted: pd.DataFrame
    worth: pd.DataFrame
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def numbers(self) -> dict[int, str]:
        """Parcel numbers by id."""
        return {int(one): str(no) for one, no in self.stock.parcel["parcel_no"].items()}

    def conditions(self, asked: Asked) -> Conditions:
        """Bring what was asked by number to the parcels of this stock; the demands' own bars are in ``wanted``."""
        limits: dict[str, float] = {}
        if asked.budget_wan is not None:
            limits["cost_wan"] = asked.budget_wan
        if asked.staff_days is not None:
            limits["staff_days"] = asked.staff_days
        noted = self.ground.rules.lists["noted"].values if "noted" in self.ground.rules.lists else ()
        return Conditions(
            limits=limits,
            pinned=self._ids(asked.pinned),
            forbidden=self._ids(asked.forbidden),
            served=tuple(map(_label, asked.served)),
            sites={_label(demand): self._ids(parcels) for demand, parcels in asked.sites},
            pinned_moves=self._moves(asked.pinned_moves),
            forbidden_moves=self._moves(asked.forbidden_moves),
            noted=(*noted, *asked.noted),
            gap=asked.gap,
        )

    def _ids(self, places: Sequence[Place]) -> tuple[int, ...]:
        return tuple(self._id(place) for place in places)

    def _id(self, place: Place) -> int:
        parcel = self.stock.parcel
        found = parcel.index[(parcel["park_code"] == place[0]) & (parcel["parcel_no"] == place[1])]
        if not len(found):
            raise NotFoundError(Words("没有这个地块。", "There is no such parcel."), at=_label(place))
        return int(found[0])

    def _moves(self, moves: Sequence[tuple[Place, Place | None]]) -> tuple[tuple[int, str | None], ...]:
        return tuple((self._id(one), None if to is None else f"parcel:{self._id(to)}") for one, to in moves)


def _read(
    conn: Connection,
    asked: Asked,
    run: int | None,
    rules: Sequence[str | Ruleset],
    parks: Sequence[str],
    tell: Tell,
    *,
    must_be_worth: bool = True,
) -> _Case:
    with scoped(conn, parks, snapshot=True), tell(Words("读取评估与需求", "Reading run and demands")):
        head = runs.read_head(conn, run)
        seal = runs.read_seal(conn, head["run"])
        codes = sorted(park["park_code"] for park in head["parks"])
        if asked.parks is not None:
            away = sorted(set(asked.parks) - set(codes))
            if away:
                raise NotFoundError(
                    Words("评估里没有这个园区。", "The run holds no such park."),
                    at=", ".join(away),
                    mend=Words(f"可用：{'、'.join(codes)}。", f"There are: {', '.join(codes)}."),
                )
            codes = sorted(asked.parks)
        stock, _ = read_stock(conn, codes, seal["batch"])
        answers = read_results(conn, "triage", head["run"], RESULTS["triage"]).set_index("parcel_id")
        demands, batch = read_demands(conn, codes)
        promised = plans.list_promised(conn)
        served = plans.list_served(conn)
    on: date = head["as_of"]
    rulesets = tuple(with_needed([load_ruleset(item) if isinstance(item, str) else item for item in rules]))
    book = compose_rulesets(rulesets, on)
    if book.planning is None:
        raise RuleError(
            Words("没有给出成片方案的规则集。", "No ruleset for sites and plans is given."),
            at=", ".join(item.code for item in rulesets),
            mend=Words("加上 cn-planning。", "Add cn-planning."),
        )
    with tell(Words("可用地块与相邻关系", "Parcels that could be had, and their borders")):
        parcel = stock.parcel
        key = pd.MultiIndex.from_frame(parcel[["park_code", "parcel_no"]])
        taken = parcel.index[key.isin([(one["park_code"], one["parcel_no"]) for one in promised])].to_numpy()
        found = candidates(
            stock,
            answers,
            parcel_measures(stock, on),
            book.planning,
            book.compensation,
            on,
            level=asked.level,
            promised=np.asarray(taken, dtype=np.int64),
        )
        shapes = divide(parcel, found)
        borders = neighbours(shapes)
        across = _links(shapes, borders, book.planning)
    demands.index = pd.Index([f"{row.park_code}/{row.demand_no}" for row in demands.itertuples()], dtype=object)
    value = demand_values(demands, book.planning)
    wanted, reasons = _wanted(demands, value, book.planning, served, must_be_worth)
    bars = {
        _label(demand): tuple(map(int, parcel.index[key.isin(list(parcels))].tolist()))
        for demand, parcels in asked.barred
    }
    wanted["barred"] = _objects([bars.get(str(one)) for one in wanted.index], wanted.index)
    currency = "CNY"
    if book.planning.lists["cost"].values == ("assessed",):
        currency = ", ".join(sorted(parcel["assessed_currency"].dropna().unique())) or "CNY"
    worth = worth_by_park(wanted, stock.park, match_share=float(book.planning.value("match_share", "ratio")))
    ground = Ground(found, borders, across, book.planning, book.swap, on)
    return _Case(head, stock, book.rulesets, ground, currency, demands, batch, wanted, worth, reasons)


def _links(shapes: gpd.GeoDataFrame, borders: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    widest = float(rules.value("link_gap_max", "m"))
    if widest <= 0:
        return pd.DataFrame({"parcel_a": [], "parcel_b": [], "cost_wan": []})
    found = links(shapes, gap_max_m=widest, facing_min_m=float(rules.value("link_facing_min", "m")), borders=borders)
    return found.assign(cost_wan=float(rules.value("link_cost", "万元")))


def _wanted(
    demands: pd.DataFrame, value: "pd.Series[Any]", rules: Ruleset, served: set[Place], must_be_worth: bool
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Lay out the demands that can be planned for, as the planner takes them, and why the others cannot."""
    least = demands["area_min_m2"].fillna(demands["area_ideal_m2"])
    keys = list(zip(demands["park_code"], demands["demand_no"], strict=True))
    reason = np.select(
        [
            demands["status"].isin(_CLOSED).to_numpy(dtype=bool),
            np.array([key in served for key in keys], dtype=bool),
            ~(least > 0).to_numpy(dtype=bool),
            value.isna().to_numpy() & must_be_worth,
        ],
        ["closed", "promised", "no_area", "no_tax"],
        "",
    )
    reasons = {str(label): str(why) for label, why in zip(demands.index, reason, strict=True) if why}
    wanted = demands.assign(
        area_min_m2=least,
        value_wan=value,
        start_on=demands["ready_by"].fillna(demands["start_on"]),
        sensitive_min_m=distance_class_m(demands["sensitive_min_m"].to_numpy(dtype=float), rules),
        parks=_objects(
            [tuple(one) if isinstance(one, list) and one else None for one in demands["allowed_parks"]], demands.index
        ),
        use_kind=demands["use_kind"].astype(object).where(demands["use_kind"].notna(), None),
    )[reason == ""]
    return wanted, reasons


def _new_plan(case: _Case, asked: Asked, found: Reallocation, parent: int | None, seconds: float) -> plans.NewPlan:
    parcel, ground = case.stock.parcel, case.ground
    numbers, park_of = case.numbers, {int(one): str(code) for one, code in parcel["park_code"].items()}
    holder = {int(one): name for one, name in parcel["owner_name"].items()}
    building = case.stock.building["parcel_id"]
    sites = found.sites.assign(
        demand_park=[one.partition("/")[0] for one in found.sites["demand"]],
        demand_no=[one.partition("/")[2] for one in found.sites["demand"]],
        ready_on=pd.to_datetime(found.sites["ready_on"]),
        remarks=_objects([list(one) for one in found.sites["remarks"]], found.sites.index),
    )
    moves = found.moves
    floors = [None if pd.isna(one) else int(building.loc[int(one)]) for one in moves["to_building_id"]]
    to = [
        floor if floor is not None else None if pd.isna(one) else int(one)
        for floor, one in zip(floors, moves["to_parcel_id"], strict=True)
    ]
    laid = pd.DataFrame(
        {
            "place": moves["place"],
            "park_code": [park_of[int(one)] for one in moves["parcel_id"]],
            "parcel_id": moves["parcel_id"],
            "parcel_no": [numbers[int(one)] for one in moves["parcel_id"]],
            "holder": pd.Series([holder[int(one)] for one in moves["parcel_id"]], dtype="str"),
            "deed": moves["deed"],
            "to_parcel_id": pd.array(to, dtype="Int64"),
            "to_parcel_no": pd.Series([None if one is None else numbers[one] for one in to], dtype="str"),
            "to_building_id": pd.array([None if pd.isna(one) else int(one) for one in moves["to_building_id"]], dtype="Int64"),
            "frees_parcel_no": [numbers[int(one)] for one in moves["frees"]],
            "step": moves["step"],
            "enter_on": pd.to_datetime(moves["enter_on"]),
            "left_on": pd.to_datetime(moves["left_on"]),
            "cost_wan": moves["cost_wan"].astype(float),
            "pay_wan": moves["pay_wan"].astype(float),
        }
    )  # fmt: skip
    chosen = set(found.sites["demand"])
    said = []
    for label in map(str, case.demands.index):
        if label in chosen:
            said.append(("served", ""))
        elif label in case.wanted.index:
            said.append(("unserved", "not_chosen" if label in found.has_site else "no_site"))
        else:
            said.append(("left_out", case.reasons[label]))
    value = case.wanted["value_wan"].reindex(case.demands.index)
    told = sum_up(found, case.wanted, ground.rules, ground.on) | {
        "limits": plain(found.limits.rename_axis("name").reset_index()),
        "unmet": [numbers.get(one, str(one)) if isinstance(one, int) else one for one in found.unmet],
        "left_out": plain(ground.candidates.left_out),
    }
    return plans.NewPlan(
        parent=parent,
        run=case.run["run"],
        demand_batch=case.demand_batch,
        park_codes=sorted(parcel["park_code"].unique()),
        as_of=ground.on,
        rulesets=case.rulesets,
        version=landgis.__version__,
        asked=asdict(asked),
        currency=case.currency,
        objective_wan=found.objective_wan,
        bound_wan=found.bound_wan,
        gap=finite(found.gap),
        is_proved=found.is_proved,
        seconds=seconds,
        told=told,
        pool=[
            {"demand": demand, "parcels": [int(one) for one in parcels]}
            for demand, parcels in zip(found.pool["demand"], found.pool["parcels"], strict=True)
        ],
        demands=case.demands[["park_code", "demand_no", "name"]].assign(
            value_wan=value, state=[one for one, _ in said], reason=[why for _, why in said]
        ),
        sites=sites,
        members=found.members.assign(free_on=pd.to_datetime(found.members["free_on"])),
        moves=laid,
    )


def _stopper(limit_s: float | None, stop: Callable[[], bool], began: float) -> Callable[[], bool]:
    return lambda: stop() or (limit_s is not None and time.monotonic() - began > limit_s)


def _told(tell: Tell) -> Callable[[Step], None]:
    """Tell of the planner's steps, not more often than somebody can read."""
    last = [-np.inf]

    def progress(step: Step) -> None:
        now = time.monotonic()
        if now - last[0] < _EVERY_S:
            return
        last[0] = now
        so_far = f"{step.objective_wan:,.0f}" if np.isfinite(step.objective_wan) else "–"
        bound = f"{step.bound_wan:,.0f}" if np.isfinite(step.bound_wan) else "–"
        with tell(
            Words(
                f"{step.doing.zh}：目前 {so_far}，上界 {bound} 万元",
                f"{step.doing.en}: {so_far} so far, bound {bound} (10 000)",
            )
        ):
            pass

    return progress


def _label_of(demands: pd.DataFrame, number: str, park: str | None) -> str:
    rows = demands[(demands["demand_no"] == number) | (demands.index == number)]
    if park is not None:
        rows = rows[rows["park_code"] == park]
    if len(rows) != 1:
        raise NotFoundError(
            Words("没有这个需求。", "There is no such demand.")
            if not len(rows)
            else Words("不止一个园区有这个编号。", "Several parks have this number."),
            at=number,
            mend=Words("用 --park 指明园区；编号见 landgis demand list。", "Name the park; `landgis demand list` lists them."),
        )  # fmt: skip
    return str(rows.index[0])


def _label(place: Place) -> str:
    return f"{place[0]}/{place[1]}"


def _parsed(text: str) -> Ruleset:
    return parse_ruleset(text, "plan")


def _objects(values: Sequence[Any], index: pd.Index) -> "pd.Series[Any]":
    """Give a column of values of any kind, tuples and lists among them."""
    held = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):  # equal tuples would be taken for rows of a matrix
        held[at] = value
    return pd.Series(held, index=index, dtype=object)
