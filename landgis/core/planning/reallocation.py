"""A plan with everything it sets in motion: sites for projects, who gives way and goes where, what it costs and brings.

The sites are planned with what each parcel costs at least, as if its firm were the only one to move; then all who give way are placed
together. Where somebody finds no place, a site in the way, or the parcel itself, is taken out and the rest planned anew, the most
promising first. The bound is that of the first plan: it
holds for every plan with any placement, so the gap counts what the two steps leave on the table.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from heapq import heappop, heappush
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landgis.core.planning.assembly import PARCEL_RULES, describe, lay_ground
from landgis.core.planning.candidates import Candidates, plot_of
from landgis.core.planning.plan import GAP, Plan, Step, make_plan
from landgis.core.planning.sites import never
from landgis.core.planning.swap import Placement, offers, place
from landgis.terms.crs import metres_per_degree
from landgis.terms.rules import Ruleset
from landgis.terms.units import FACTORS, M2_PER_MU

Move = tuple[int, str | None]
#: A demand, what its site brings at least cost, and its parcels.
Chosen = tuple[str, float, tuple[int, ...]]

#: So many plans are tried where somebody finds no place or the moves cost too much; up to so many parcels in the way are tried singly.
_PLANS: Final = 12
_SINGLY: Final = 3

SITE_COLUMNS: Final = (
    "site", "park_code", "demand", "worth_wan", "cost_low_wan", "cost_wan", "cost_high_wan", "links_wan", "area_m2", "width_m", "depth_m",
    "compactness", "owners", "ready_on", "remarks",
)  # fmt: skip
MEMBER_COLUMNS: Final = (
    "site", "park_code", "parcel_id", "parcel_no", "deed", "area_m2", "cost_low_wan", "cost_wan", "cost_high_wan", "tax_wan", "free_on",
    "part",
)  # fmt: skip
MOVE_COLUMNS: Final = (
    "place", "parcel_id", "deed", "to_parcel_id", "to_building_id", "frees", "step", "enter_on", "left_on", "cost_wan", "pay_wan",
)  # fmt: skip


#: One yuan in 万元: a solver's rounding is less.
_YUAN: Final = 1e-4


@dataclass(frozen=True)
class Ground:
    """What a plan stands on: who and what could be had, which parcels are one piece, and the rules."""

    candidates: Candidates
    borders: pd.DataFrame
    links: pd.DataFrame
    rules: Ruleset
    swap_rules: Ruleset | None
    on: date


@dataclass(frozen=True)
class Conditions:
    """What is asked of a plan besides its demands.

    Attributes
    ----------
    limits
        By column of the candidates (``cost_wan``: the budget, 万元; ``staff_days``), how much the plan may use.
    pinned, forbidden
        Parcels that must be part of a site, that none may have.
    served
        Demands that must be served.
    sites
        Demands whose site is settled: demand to parcels.
    pinned_moves, forbidden_moves
        As `landgis.core.planning.swap.place` takes them.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    pinned: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    served: tuple[str, ...] = ()
    sites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    pinned_moves: tuple[Move, ...] = ()
    forbidden_moves: tuple[Move, ...] = ()
    noted: tuple[str, ...] = ()
    gap: float = GAP


@dataclass(frozen=True)
class Reallocation:
    """A plan, ready to be told.

    Attributes
    ----------
    sites, members, moves
        `SITE_COLUMNS`, `MEMBER_COLUMNS`, `MOVE_COLUMNS`, in order; ``remarks`` are codes of `landgis.terms.plans.REMARK`. ``part`` is the
        shape of a member of which only a part is had, EPSG:4490, None of a whole parcel.
    objective_wan, bound_wan, gap, is_proved
        Worth served minus what the moves cost; as `landgis.core.planning.plan.Plan` tells them. The gap of a plan that serves nobody and is
        proved is 0, else NaN.
    limits
        By name: ``most``, ``used``, ``worth_per_unit``.
    unmet
        What is pinned and could not be met.
    pool
        The sites considered: ``demand``, ``parcels``.
    has_site
        The demands for which at least one site is known.
    """

    sites: pd.DataFrame
    members: pd.DataFrame
    moves: pd.DataFrame
    objective_wan: float
    bound_wan: float
    gap: float
    is_proved: bool
    limits: pd.DataFrame
    unmet: tuple[int | str, ...]
    pool: pd.DataFrame
    has_site: frozenset[str]


def reallocate(
    ground: Ground,
    demands: pd.DataFrame,
    worth: pd.DataFrame,
    conditions: Conditions | None = None,
    *,
    pool: pd.DataFrame | None = None,
    stop: Callable[[], bool] = never,
    progress: Callable[[Step], None] = lambda step: None,
) -> Reallocation:
    """Plan sites for demands, and place those who give way.

    Parameters
    ----------
    ground, conditions
        See there.
    demands
        As `landgis.core.planning.plan.make_plan` takes them, labels texts; ``depth_min_m``, ``far_min`` and ``pollution_class`` are
        remarked on.
    worth
        As `landgis.core.planning.plan.worth_by_park` gives it.
    pool
        Of an earlier plan.
    stop, progress
        As in `landgis.core.planning.plan.make_plan`.

    Raises
    ------
    InputError, RuleError, SetupError
        As the two steps do.
    """
    asked = conditions or Conditions()
    planning = _Planning(ground, demands, worth, asked)
    return planning.go(pool, stop, progress)


class _Planning:
    def __init__(self, ground: Ground, demands: pd.DataFrame, worth: pd.DataFrame, asked: Conditions) -> None:
        self.ground, self.asked, self.demands, self.worth = ground, asked, demands, worth
        self.parcels = ground.candidates.parcels
        settled = {one for parcels in asked.sites.values() for one in parcels}
        self.free = self.parcels[~self.parcels.index.isin(settled)]
        self.open = demands[~demands.index.isin(list(asked.sites))]
        self.worth_of = {str(park): {str(k): float(v) for k, v in of.items()} for park, of in worth.to_dict().items()}
        self.needed_by = dict(zip(map(str, demands.index), pd.to_datetime(demands["start_on"]), strict=True))
        self.border_min_m = float(ground.rules.value("border_min", "m"))
        self.longest = int(ground.rules.value("longest_chain", "count"))

    def go(self, pool: pd.DataFrame | None, stop: Callable[[], bool], progress: Callable[[Step], None]) -> Reallocation:
        asked, settled = self.asked, self._settled()
        mine = {one for _, _, parcels in settled for one in parcels}
        limits = {name: most - self._used(name, settled) for name, most in asked.limits.items()}
        nobody: frozenset[int] = frozenset()
        queue: list[tuple[float, int, frozenset[int], dict[str, float]]] = [(0.0, 0, nobody, limits)]
        seen = {(nobody, limits.get("cost_wan"))}
        best: Reallocation | None = None
        bound, first = np.inf, None
        for tried in range(_PLANS):
            if not queue or (tried and stop()):
                break
            _, _, barred, limits = heappop(queue)
            plan = self._plan(limits, barred, pool, stop, progress)
            pool, reach = plan.pool, plan.objective_wan + sum(one[1] for one in settled)
            if first is None:
                first, bound = plan, plan.bound_wan + sum(one[1] for one in settled)
            if best is not None and reach <= best.objective_wan + 1e-6:
                continue
            sites = [*settled, *self._chosen(plan)]
            placed = self._place(sites, stop)
            told = self._tell(sites, placed, plan, bound)
            over = max((told.limits["used"] - told.limits["most"]).max(), 0.0) if len(told.limits) else 0.0
            stuck = {int(str(one)) for one in placed.unplaced} - mine
            if not placed.unplaced and over <= 1e-6:
                if best is None or told.objective_wan > best.objective_wan:
                    best = told
                continue
            for more, less in self._ways_out(sites, stuck, over):
                cheaper = limits | {"cost_wan": limits["cost_wan"] - less} if less else limits
                node = (barred | more, cheaper.get("cost_wan"))
                if node not in seen and cheaper.get("cost_wan", 0.0) >= 0:
                    seen.add(node)
                    heappush(queue, (-reach, len(seen), barred | more, cheaper))
        if best is None:
            assert first is not None
            best = self._tell([], _nobody(), first, bound)
        return best

    def _ways_out(
        self, sites: Sequence[Chosen], stuck: set[int], over: float
    ) -> Iterator[tuple[frozenset[int], float]]:
        """Give what to take out of a plan that cannot be carried out: a site that stands where a stuck firm could go, or its own land."""
        taken = {one for _, _, parcels in sites for one in parcels}
        in_the_way = frozenset(one for firm in stuck for one in self._needs(firm, taken)) - stuck
        if len(in_the_way) <= _SINGLY:
            yield from ((frozenset({one}), 0.0) for one in sorted(in_the_way))
        elif in_the_way:
            yield in_the_way, 0.0
        if stuck:
            yield frozenset(stuck), 0.0
        if over > 1e-6 and not stuck and "cost_wan" in self.asked.limits:
            yield frozenset(), over

    def _needs(self, firm: int, taken: set[int]) -> set[int]:
        """Say which of the parcels taken a chain that frees a firm's land could use."""
        found: set[int] = set()
        reached = {firm}
        for _ in range(self.longest):
            plots = {plot for one in reached for plot in self.offered.get(one, ())}
            parcels = {number for kind, number in map(plot_of, plots) if kind == "parcel"}
            found |= parcels & taken
            reached = parcels - taken
        return found - {firm}

    @cached_property
    def offered(self) -> dict[int, list[str]]:
        """Every plot that each firm may be offered."""
        candidates, rules = self.ground.candidates, self.ground.swap_rules
        if rules is None or not len(candidates.movers) or not len(candidates.plots):
            return {}
        given = offers(candidates.movers, candidates.plots, rules)
        return {int(str(firm)): list(rows["plot"]) for firm, rows in given.groupby("mover")}

    def _plan(
        self,
        limits: Mapping[str, float],
        barred: frozenset[int],
        pool: pd.DataFrame | None,
        stop: Callable[[], bool],
        progress: Callable[[Step], None],
    ) -> Plan:
        asked = self.asked
        rules = tuple(one for one in self.ground.rules.lists["rules"].values if one in PARCEL_RULES)
        settled = {one for parcels in asked.sites.values() for one in parcels}
        return make_plan(
            self.free,
            self.open,
            self.ground.borders,
            self.ground.links,
            worth=self.worth.loc[self.open.index],
            limits={name: max(most, 0.0) for name, most in limits.items()},
            border_min_m=self.border_min_m,
            rules=rules,
            noted=asked.noted,
            pinned=[one for one in asked.pinned if one not in settled and one not in barred],
            forbidden=[*asked.forbidden, *barred],
            served=[one for one in asked.served if one in self.open.index],
            gap=asked.gap,
            pool=pool,
            stop=stop,
            progress=progress,
        )

    def _settled(self) -> list[Chosen]:
        """Give the settled sites: demand, what they bring at least cost, parcels."""
        found = []
        for demand, parcels in self.asked.sites.items():
            park = str(self.parcels.loc[parcels[0], "park_code"])
            cost = float(self.parcels.loc[list(parcels), "cost_wan"].sum())
            found.append((demand, self.worth_of[park][demand] - cost, parcels))
        return found

    def _chosen(self, plan: Plan) -> list[Chosen]:
        return [
            (str(demand), float(row["worth_wan"] - row["cost_wan"]), tuple(row["parcels"]))
            for demand, row in plan.sites.iterrows()
        ]

    def _used(self, name: str, sites: Sequence[Chosen]) -> float:
        return sum(float(self.parcels.loc[list(parcels), name].sum()) for _, _, parcels in sites)

    def _place(self, sites: Sequence[Chosen], stop: Callable[[], bool]) -> Placement:
        movers, plots = self.ground.candidates.movers, self.ground.candidates.plots
        if self.ground.swap_rules is None or not len(movers) or not sites:
            return _nobody()
        taken = {one: demand for demand, _, parcels in sites for one in parcels}
        leave_by = pd.Series(
            [self.needed_by.get(taken.get(int(one), ""), pd.NaT) for one in movers.index],
            index=movers.index,
            dtype="datetime64[us]",
        )
        must = movers.index.isin(list(taken))
        # Only who may be given another place makes room of its own accord.
        kept = must | movers["use_class"].notna().to_numpy(dtype=bool)
        movers = movers.assign(must_leave=must, leave_by=leave_by)[kept]
        gone = {f"parcel:{one}" for one in taken if one not in movers.index}
        plots = plots[~plots.index.isin(list(gone))]
        return place(
            movers,
            plots,
            self.ground.swap_rules,
            self.ground.on,
            longest=self.longest,
            pinned=self.asked.pinned_moves,
            forbidden=self.asked.forbidden_moves,
            stop=stop,
        )

    def _tell(
        self,
        sites: Sequence[Chosen],
        placed: Placement,
        plan: Plan,
        bound: float,
    ) -> Reallocation:
        members = self._members(sites, placed)
        rows = [self._site(number, demand, members, plan) for number, (demand, _, _) in enumerate(sites, 1)]
        table = pd.DataFrame(rows, columns=list(SITE_COLUMNS))
        objective = float((table["worth_wan"] - table["cost_wan"]).sum()) if len(table) else 0.0
        bound = max(bound, objective)
        gap = 0.0 if bound - objective < _YUAN else (bound - objective) / abs(objective) if objective else np.nan
        limits = plan.limits.copy()
        for name in limits.index:
            limits.loc[name, "most"] = self.asked.limits[str(name)]
            used = self.parcels.loc[members["parcel_id"], str(name)].sum() if len(members) else 0.0
            limits.loc[name, "used"] = float(table["cost_wan"].sum()) if name == "cost_wan" else float(used)
        unmet: tuple[int | str, ...] = tuple(one for one in self.asked.pinned if one not in set(members["parcel_id"]))
        unmet += tuple(one for one in self.asked.served if one not in set(table["demand"]))
        known = frozenset(map(str, plan.pool["demand"])) | frozenset(table["demand"])
        proved = bool(gap <= self.asked.gap)
        return Reallocation(
            table, members, _moves(placed), objective, bound, gap, proved, limits, unmet, plan.pool, known
        )

    def _members(self, sites: Sequence[Chosen], placed: Placement) -> pd.DataFrame:
        moves = placed.moves.to_dict("records")
        last = {int(one["mover"]): one for one in moves if one["mover"] == one["chain"]}
        prepare = float(self.ground.rules.value("prepare_cost", "元/m²")) * float(FACTORS["yuan"])
        of = {int(str(one)): row for one, row in self.parcels.to_dict("index").items()}
        rows = []
        for number, (_, _, parcels) in enumerate(sites, 1):
            for one in sorted(parcels):
                parcel = of[one]
                low, high = float(parcel["cost_low_wan"]), float(parcel["cost_high_wan"])
                paid, deed, free = float(parcel["cost_wan"]), str(parcel["deed"]), pd.Timestamp(parcel["free_on"])
                if one in last:
                    deed, free = str(last[one]["deed"]), pd.Timestamp(last[one]["left_on"])
                    chain = [move for move in moves if move["chain"] == one]
                    paid = sum(float(move["cost_wan"]) for move in chain) + prepare * float(parcel["geom_area_m2"])
                    if deed != "exit":
                        low, high = (paid + self._spread(chain, level) for level in ("low", "high"))
                rows.append(
                    (number, parcel["park_code"], one, parcel["parcel_no"], deed, float(parcel["geom_area_m2"]), low, paid, high,
                     float(parcel["tax_wan"]), free, parcel["geom"] if deed == "upgrade" else None)
                )  # fmt: skip
        return pd.DataFrame(rows, columns=list(MEMBER_COLUMNS))

    def _spread(self, chain: Sequence[Mapping[Hashable, Any]], level: str) -> float:
        """Say by how much the moves of a chain could cost less or more, by the estimates of moving and stoppage."""
        theirs = self.ground.candidates.movers.loc[[move["mover"] for move in chain if move["deed"] != "exit"]]
        return float((theirs[f"move_{level}_wan"] - theirs["move_wan"]).sum())

    def _site(self, number: int, demand: str, members: pd.DataFrame, plan: Plan) -> tuple[Any, ...]:
        own = members[members["site"] == number]
        parcels = self.parcels.loc[own["parcel_id"]]
        park = str(parcels["park_code"].iloc[0])
        wanted = {str(name): value for name, value in self.demands.loc[[demand]].to_dict("records")[0].items()}
        fabric = lay_ground(parcels, self.ground.borders, self.ground.links, self.border_min_m)
        least = float(parcels["cost_wan"].sum())
        links = float(dict(zip(plan.sites.index, plan.sites["links_wan"], strict=True)).get(demand, 0.0))
        facts = describe(fabric, np.arange(len(parcels)), least + links)
        depth = depth_m(parcels)
        low, mid, high = (float(own[f"cost_{one}wan"].sum(skipna=False)) for one in ("low_", "", "high_"))
        ready = max(own["free_on"])
        remarks = _remarks(parcels, wanted, depth)
        return (
            number, park, demand, self.worth_of[park][demand], low + links, mid + links, high + links, links, facts[1], facts[2],
            depth, facts[3], facts[4], ready, remarks,
        )  # fmt: skip


def depth_m(parcels: gpd.GeoDataFrame) -> float:
    """Measure how deep a site is: the longer side of the smallest rectangle around it, metres."""
    joined = shapely.union_all(np.asarray(parcels.geometry, dtype=object))
    origin = shapely.get_coordinates(joined)[0]
    scale = metres_per_degree(np.array([origin[1]]))[0]
    box = shapely.minimum_rotated_rectangle(shapely.transform(joined, lambda points: (points - origin) * scale))
    sides = np.linalg.norm(np.diff(shapely.get_coordinates(box), axis=0), axis=1)
    return float(sides.max(initial=0.0))


def with_site(conditions: Conditions, demand: str, parcels: Sequence[int]) -> Conditions:
    """Settle the site of a demand."""
    return replace(conditions, sites={**conditions.sites, demand: tuple(parcels)})


def _remarks(parcels: gpd.GeoDataFrame, wanted: Mapping[str, Any], depth: float) -> tuple[str, ...]:
    """Say what must still be looked at; see `landgis.terms.plans.REMARK`."""
    found = []
    if depth < _asked(wanted, "depth_min_m"):
        found.append("depth_short")
    if (parcels["plan_far_max"] < _asked(wanted, "far_min")).any():
        found.append("far_not_allowed")
    if not np.isnan(_asked(wanted, "pollution_class")) and parcels["plan_class"].isna().any():
        found.append("class_unknown")
    if (parcels["deed"] == "upgrade").any():
        found.append("to_be_divided")
    if not parcels["is_clean"].astype("boolean").fillna(False).all():
        found.append("title_not_clean")
    return tuple(found)


def _asked(wanted: Mapping[str, Any], name: str) -> float:
    value = wanted.get(name)
    return np.nan if value is None or pd.isna(value) else float(value)


def _moves(placed: Placement) -> pd.DataFrame:
    rows = []
    for number, row in enumerate(placed.moves.to_dict("records"), 1):
        kind, to = (None, None) if row["plot"] is None else plot_of(row["plot"])
        rows.append(
            (number, row["mover"], row["deed"], to if kind == "parcel" else None, to if kind == "floor" else None, row["chain"],
             row["step"], row["enter_on"], row["left_on"], row["cost_wan"], row["pay_wan"])
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(MOVE_COLUMNS))


def _nobody() -> Placement:
    empty = pd.DataFrame(
        columns=["mover", "deed", "plot", "chain", "step", "enter_on", "left_on", "cost_wan", "pay_wan"]
    )
    return Placement(empty, 0.0, 0.0, 0.0, True, ())


def sum_up(found: Reallocation, demands: pd.DataFrame, rules: Ruleset, on: date) -> dict[str, Any]:
    """Count what a plan brings: land freed, blocks, costs, tax and jobs, and when it has paid for itself.

    Parameters
    ----------
    demands
        Every demand planned for; reads ``tax_wan``, ``jobs``, ``invest_wan``.
    rules
        A ruleset of the kind ``planning``.

    Returns
    -------
    dict
        ``demands, demands_served, moves, moves_by_deed, parcels_by_deed, freed_m2, reserve_m2, blocks, block_mu, cost_low_wan, cost_wan,
        cost_high_wan, worth_wan, tax_gained_wan, tax_lost_wan`` (a year; NaN as None where a firm's tax is unknown), ``jobs_gained,
        invest_wan, break_even_year`` (None: not within 60 years, or not known), ``flip_cost_factor`` (costs times this, and doing nothing
        is as good; None without cost).
    """
    sites, members = found.sites, found.members
    served = demands.loc[sites["demand"]] if len(sites) else demands.iloc[:0]
    least_block = float(rules.value("block_area", "亩"))
    cost, worth = float(sites["cost_wan"].sum()), float(sites["worth_wan"].sum())
    exits = members[members["deed"] == "exit"]
    lost = float(exits["tax_wan"].sum(skipna=False)) if len(exits) else 0.0
    gained = float(served["tax_wan"].sum())
    reserve = members.loc[members["deed"] == "reserve", "area_m2"].sum()
    return {
        "demands": len(demands),
        "demands_served": len(sites),
        "moves": len(found.moves),
        "moves_by_deed": {str(k): int(v) for k, v in found.moves["deed"].value_counts().items()},
        "parcels_by_deed": {str(k): int(v) for k, v in members["deed"].value_counts().items()},
        "freed_m2": round(float(members["area_m2"].sum() - reserve), 2),
        "reserve_m2": round(float(reserve), 2),
        "blocks": int((sites["area_m2"] >= least_block * float(M2_PER_MU)).sum()),
        "block_mu": least_block,
        "cost_low_wan": _known(sites["cost_low_wan"].sum(skipna=False)),
        "cost_wan": cost,
        "cost_high_wan": _known(sites["cost_high_wan"].sum(skipna=False)),
        "worth_wan": worth,
        "tax_gained_wan": gained,
        "tax_lost_wan": _known(lost),
        "jobs_gained": int(served["jobs"].fillna(0).sum()),
        "invest_wan": float(served["invest_wan"].fillna(0).sum()),
        "break_even_year": _break_even(sites, exits, served, cost, rules, on),
        "flip_cost_factor": worth / cost if cost > 0 else None,
    }


def _break_even(
    sites: pd.DataFrame, exits: pd.DataFrame, served: pd.DataFrame, cost: float, rules: Ruleset, on: date
) -> int | None:
    """Give the year in which the tax won, less the tax lost, has paid the cost back, discounted; None where it never does."""
    if not len(sites) or exits["tax_wan"].isna().any():
        return None
    rate, ramp = float(rules.value("value_rate", "ratio")), float(rules.value("value_ramp", "month")) / 12
    ready = (pd.to_datetime(sites["ready_on"]) - pd.Timestamp(on)).dt.days.to_numpy(dtype=float) / 365.25 + ramp
    gone = (pd.to_datetime(exits["free_on"]) - pd.Timestamp(on)).dt.days.to_numpy(dtype=float) / 365.25
    tax = served["tax_wan"].to_numpy(dtype=float)
    lost = exits["tax_wan"].to_numpy(dtype=float)
    balance = -cost
    for year in range(60):
        part = np.clip(year + 1 - ready, 0, 1) @ tax - np.clip(year + 1 - gone, 0, 1) @ lost
        balance += float(part) / (1 + rate) ** (year + 1)
        if balance >= 0:
            return on.year + year
    return None


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
