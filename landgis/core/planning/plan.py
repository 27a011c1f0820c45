"""All demands at once 一盘棋: disjoint sites for the demands that are worth most, under budget, staff and dates, with the bound.

Column generation whose pricing enumerates connected sets: the linear relaxation over the sites known so far prices parcels, demands
and limits; the search finds, under these prices, the sites that would improve it, or proves that there are none. Cuts over three parcels
take off what the relaxation promises too much, and the search charges their prices, too. A search of all sets keeps those that nearly
improve the relaxation: where they are all that an even better plan could hold, an integer programme over them proves the plan; where
they are not, every site that it could hold is listed first. Sites of very many parcels are grown and branched to besides, first for each
demand by itself (`landgis.core.planning.loosely`): there the list would have no end.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.planning.assembly import (
    PARCEL_RULES,
    SITE_COLUMNS,
    Fabric,
    describe,
    judge_parcels,
    lay_ground,
    limit,
)
from landgis.core.planning.loosely import Alone, deal_out, grow
from landgis.core.planning.packing import Chosen, Column, Prices, Relaxation, choose
from landgis.core.planning.settling import settle
from landgis.core.planning.sites import ALL_SETS, NO_CUTS, THREADS, Found, Search, Sets, Wants, answers, cost_of, never
from landgis.core.planning.width import cores
from landgis.terms.errors import InputError, Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: A plan within this share of its bound is proved unless another gap is asked for.
GAP: Final = 1e-4
#: How many new sites of each demand one round of pricing brings, and from which reduced cost on they improve the relaxation.
_EACH: Final = 30
_BETTER: Final = 1e-6
#: A search of all sets keeps near misses with them: at most so many of each demand, so far below, as a share of the value.
_NEAR_MISSES: Final = 200
_DEPTH: Final = 3e-4
#: How far the prices asked lie towards the best bound's: it calms them down.
_CALM: Final = 0.5
#: How near, as a share of the value, the bound must be for that.
_NEAR: Final = 0.05
#: A quick round that brings a new site to fewer than one demand in so many is the last of its kind.
_WORTH_A_ROUND: Final = 10
#: Sites of more than so many parcels of middling size are grown, too; from so many parcels, in so many turns before the search.
_LARGE: Final = 12.0
_GROWN_ROOTS: Final = 24
_GROWN_TURNS: Final = 8
#: How often a demand's large site is branched to in one turn, and in how many turns under the same prices.
_NODES: Final = 10
_TURNS_ALONE: Final = 60
#: How many sets of one root a round looks at: more when fewer bring nothing new; in the end all that could help.
_EFFORTS: Final = (3_000, 30_000, ALL_SETS)
#: With which of these it begins anew after a complete search, or after cuts.
_AGAIN: Final = 1
#: The share of the room between relaxation and plan that a round of cuts, and all rounds together, must take away to be worth it.
_WORTH_A_CUT: Final = 0.03
_WORTH_CUTTING: Final = 0.1
#: A choice is made among so many sites, and so many for each demand, for so many seconds; the first one only so near to the best.
_NEAREST: Final = 800
_NEAREST_EACH: Final = 8
_CHOOSE_S: Final = 10.0
_ROUGH: Final = 5e-3
#: So many times the gap asked for is nearly closed.
_NEARLY: Final = 5.0
#: So many sites are listed at most for the last proof.
_LISTED: Final = 400_000

PLAN_COLUMNS: Final = ("worth_wan", *SITE_COLUMNS)


@dataclass(frozen=True)
class Step:
    """What a progress callback is told: what is done, the best plan so far and the bound (万元; minus and plus infinity before)."""

    doing: Words
    objective_wan: float
    bound_wan: float


@dataclass(frozen=True)
class Plan:
    """A plan for many demands.

    Attributes
    ----------
    sites
        One row per demand served, index as in the demands: ``worth_wan`` and `landgis.core.planning.assembly.SITE_COLUMNS`.
    objective_wan
        Worth served minus cost, 万元.
    bound_wan, gap
        No plan is better than the bound; (bound − objective) ÷ objective.
    relaxed_wan
        What the prices of parcels, demands and limits prove, before the last proof by listing: never below the bound.
    is_proved
        Whether the gap is at most the one asked for.
    limits
        By name: ``most``, ``used``, ``worth_per_unit``: the limit's price among those that prove ``relaxed_wan``. With so much more of
        it (δ units) no plan is worth more than ``relaxed_wan`` + δ × ``worth_per_unit``. NaN where the plan was stopped before
        anything was proved.
    unmet
        Pinned parcels and demands that no plan within the limits could meet (labels); empty where all are met.
    pool
        Every site considered, ``demand`` and ``parcels`` (labels): the next plan starts from there.
    """

    sites: pd.DataFrame
    objective_wan: float
    bound_wan: float
    relaxed_wan: float
    gap: float
    is_proved: bool
    limits: pd.DataFrame
    unmet: tuple[Hashable, ...]
    pool: pd.DataFrame


def worth_by_park(demands: pd.DataFrame, parks: pd.DataFrame, *, match_share: float) -> pd.DataFrame:
    """Say what each demand is worth in each park: more where it belongs to a leading industry.

    Parameters
    ----------
    demands
        Indexed as the plan's; reads ``value_wan`` and ``industry_code`` (GB/T 4754; None = unknown, matches nothing).
    parks
        Reads ``park_code`` and ``leading_industries`` (codes of any length; a longer code of the demand belongs to a shorter one).
    match_share
        How much more a match is worth, as a share of the value.

    Returns
    -------
    DataFrame
        Index of `demands`, one column per park, 万元.
    """
    codes = [None if pd.isna(code) else str(code).removeprefix("C") for code in demands["industry_code"]]
    value = demands["value_wan"].to_numpy(dtype=float)
    worth = {}
    for park, leading in zip(parks["park_code"], parks["leading_industries"], strict=True):
        heads = tuple(str(code).removeprefix("C") for code in (leading if isinstance(leading, list | tuple) else ()))
        matches = np.array([code is not None and bool(heads) and code.startswith(heads) for code in codes], dtype=bool)
        worth[park] = value * np.where(matches, 1 + match_share, 1.0)
    return pd.DataFrame(worth, index=demands.index)


def make_plan(
    parcels: gpd.GeoDataFrame,
    demands: pd.DataFrame,
    borders: pd.DataFrame,
    links: pd.DataFrame | None = None,
    *,
    worth: pd.DataFrame | None = None,
    limits: Mapping[str, float] | None = None,
    border_min_m: float = 0.0,
    rules: Sequence[str] = tuple(PARCEL_RULES),
    noted: Sequence[str] = (),
    pinned: Sequence[Hashable] = (),
    forbidden: Sequence[Hashable] = (),
    served: Sequence[Hashable] = (),
    gap: float = GAP,
    pool: pd.DataFrame | None = None,
    stop: Callable[[], bool] = never,
    progress: Callable[[Step], None] = lambda step: None,
) -> Plan:
    """Plan sites for many demands at once.

    Parameters
    ----------
    parcels, borders, links, border_min_m, rules, noted, forbidden
        As `landgis.core.planning.assembly.assemble` takes them.
    demands
        One row per demand, labels unique: what `assemble` reads of a demand, and ``value_wan`` (what serving it is worth, 万元).
    worth
        As `worth_by_park` gives it, where the worth differs by park; NaN = not there.
    limits
        By the name of a column of `parcels` (``cost_wan``: the budget, links included; any other is summed over the parcels taken, its
        unknown is refused) how much of it the plan may use.
    pinned, served
        Parcels that must be part of a site; demands that must be served. What cannot be met is told in ``unmet``.
    gap
        The share of the bound within which the plan counts as proved, and the work ends.
    pool
        ``Plan.pool`` of an earlier plan of the same parcels: its sites are tried first. Sites that no longer fit are left aside.
    stop, progress
        Asked, and told, now and then; true ends the work with the best plan so far and its gap.

    Returns
    -------
    Plan
        See there. A demand that is not in ``sites`` is not served: it does not pay, or others pay better.

    Raises
    ------
    InputError
        A demand asks no least area or has no value; a limit names no column or one with unknowns; a pin is not there.
    SetupError
        The extra ``plan`` is not installed.
    """
    work = _Work(
        parcels, demands, borders, links, worth, dict(limits or {}), border_min_m, tuple(rules), tuple(noted),
        tuple(pinned), tuple(forbidden), tuple(served),
    )  # fmt: skip
    work.learn(pool)
    work.relax(gap, stop, progress)
    work.prove(gap, stop, progress)
    return work.plan(gap)


class _Work:
    """One plan in the making."""

    def __init__(
        self,
        parcels: gpd.GeoDataFrame,
        demands: pd.DataFrame,
        borders: pd.DataFrame,
        links: pd.DataFrame | None,
        worth: pd.DataFrame | None,
        limits: dict[str, float],
        border_min_m: float,
        rules: tuple[str, ...],
        noted: tuple[str, ...],
        pinned: tuple[Hashable, ...],
        forbidden: tuple[Hashable, ...],
        served: tuple[Hashable, ...],
    ) -> None:
        _check(parcels, demands, limits, pinned, forbidden, served)
        self.demands, self.limit_names = demands, tuple(limits)
        self.fabric: Fabric = lay_ground(parcels, borders, links, border_min_m)
        ground, kept = self.fabric.ground, self.fabric.parcels
        self.most = np.array(list(limits.values()), dtype=float)
        # What a parcel uses of every limit; links use money only.
        self.uses = np.array([kept[name].to_numpy(dtype=float) for name in limits]).reshape(len(limits), len(kept))
        self.is_money = np.array([name == "cost_wan" for name in limits], dtype=bool)
        self.wants = _wants(self.fabric, demands, rules, noted, forbidden)
        self.worth = np.full((len(demands), max(len(self.fabric.parks), 1)), 0.0)
        for at, park in enumerate(self.fabric.parks):
            self.worth[:, at] = demands["value_wan"] if worth is None else worth[park].reindex(demands.index)
        self.worth[np.isnan(self.worth)] = -np.inf
        # A pin is worth more than all that can be lost by it.
        finite = np.where(np.isfinite(self.worth), self.worth, 0.0)
        self.reward = float(
            np.abs(finite).max(axis=1, initial=0.0).sum() + ground.cost_wan.sum() + ground.link_wan.sum()
        )
        self.pinned, self.served = pinned, served
        self.pins = kept.index.get_indexer(pd.Index(list(pinned)))
        self.serve = demands.index.get_indexer(pd.Index(list(served)))
        self.rewarded = np.zeros(len(kept))
        self.rewarded[self.pins[self.pins >= 0]] = self.reward
        self.worth[self.serve] += self.reward
        self.search = Search(ground, self.wants)
        self.master = Relaxation(len(kept), len(demands), self.most)
        self.best, self.chosen_among = Chosen((), 0.0, np.inf), 0
        self.bound = self.relaxed = np.inf
        self.bound_prices: Prices | None = None
        self.hidden = np.zeros(len(demands))
        self.are_large, self.turn = False, 0
        self.prices = Prices(np.zeros(len(kept)), np.zeros(len(demands)), np.zeros(len(limits)), NO_CUTS, 0.0)

    def learn(self, pool: pd.DataFrame | None) -> None:
        """Take over the sites of an earlier plan that still fit."""
        if pool is None or not len(pool):
            return
        demand = self.demands.index.get_indexer(pd.Index(pool["demand"]))
        wants, ground = self.wants, self.fabric.ground
        found = []
        for d, labels in zip(demand.tolist(), pool["parcels"], strict=True):
            members = np.sort(self.fabric.parcels.index.get_indexer(pd.Index(list(labels))))
            if d < 0 or (members < 0).any():
                continue
            cost = cost_of(ground, members)
            if answers(ground, wants, d, members, cost):
                found.append(self._column(d, members, cost))
        self.master.add(found)

    def relax(self, gap: float, stop: Callable[[], bool], progress: Callable[[Step], None]) -> None:
        """Add sites and cuts until the relaxation is proved: first what is found quickly, then with more and more effort."""
        effort, calm = 0, 0.0
        self._loosely(gap, stop, progress)
        while not stop() and not self._is_closed(gap):
            self.prices = self.master.solve()
            asked = self.prices
            if self.bound_prices is not None and calm > 0 and _EFFORTS[effort] != ALL_SETS:
                asked = self.prices.mixed(self.bound_prices, calm)
            found = self._price(asked, stop, _EFFORTS[effort])
            beyond = self._bound(asked, found)
            columns = self._columns(found.sets)
            added = self.master.add(columns)
            is_all = found.is_complete and beyond - self.best.value <= self._share(gap) * abs(self.best.value)
            if is_all and not self._is_closed(gap):
                # What was not kept is in no better plan: the best of what was kept is the best.
                chosen = self._settle([*columns, *self.best.columns], gap, stop)
                self.bound = min(self.bound, max(self.best.value, chosen.bound, beyond))
            if self.are_large and not found.is_complete:
                added += self._grow(stop)
            progress(Step(Words("求松弛界", "relaxing"), self.best.value, self.bound))
            is_near = self.bound - self.prices.value <= gap * 0.1 * max(abs(self.prices.value), 1.0)
            # So near, listing what is left is no longer than another search, and is the last one.
            if self._is_closed(gap) or (found.is_complete and self._is_closed(_NEARLY * gap)):
                break
            if _EFFORTS[effort] == ALL_SETS:
                # With all near misses at hand, cuts and choice come first, and what the search then finds may be the last.
                is_better = bool((found.sets.reduced > _BETTER).any())
                if not self._cut(gap, stop, progress) and (is_near or not is_better):
                    break
            elif is_near or found.is_complete:
                if (is_near or not added) and not self._cut(gap, stop, progress):
                    break
                effort, calm = min(effort, _AGAIN), 0.0
            elif added * _WORTH_A_ROUND >= len(self.demands):
                # Only prices whose bound is near are worth staying near to.
                calm = _CALM if self.relaxed < self.prices.value * (1 + _NEAR) else 0.0
            elif calm > 0 and not added:
                calm = 0.0  # the prices between found nothing: ask with the true ones
            elif _EFFORTS[effort + 1] != ALL_SETS or not self._cut(gap, stop, progress):
                effort += 1

    def _cut(self, gap: float, stop: Callable[[], bool], progress: Callable[[Step], None]) -> bool:
        """Cut off what the relaxation promises too much, and choose among the sites near to it; say whether it was worth it."""
        first = value = self.master.solve().value
        while not stop() and value - self.best.value > self._share(gap) / 2 * abs(value) and self.master.cut():
            last, value = value, self.master.solve().value
            room = first - (self.best.value if self.best.columns else value)
            if last - value <= _WORTH_A_CUT * room:
                break
        room = first - self.best.value
        if value < first or self.chosen_among != len(self.master.columns):
            self._choose(gap, stop, progress)
        # A room that is closed may be less than nothing, by rounding.
        return first - value > max(_WORTH_CUTTING * room, 0.0)

    def _choose(self, gap: float, stop: Callable[[], bool], progress: Callable[[Step], None]) -> None:
        """Choose among the sites that the relaxation holds for the best: the tighter it is, the nearer to the best plan."""
        value = self.master.solve().value
        room = (value - self.best.value) / max(abs(value), 1.0)
        chosen = choose(
            self.master.nearest(max(_NEAREST, _NEAREST_EACH * len(self.demands))), len(self.fabric.ground), len(self.demands), self.most,
            gap=max(self._share(gap) / 2, room / 4 if self.best.columns else _ROUGH), stop=stop, seconds=_CHOOSE_S,
        )  # fmt: skip
        self.chosen_among = len(self.master.columns)
        if chosen.value > self.best.value or not self.best.columns:
            self.best = chosen
        progress(Step(Words("选取方案", "choosing"), self.best.value, self.bound))

    def _is_closed(self, gap: float) -> bool:
        room = self.bound - self.best.value
        return bool(self.best.columns) and room <= self._share(gap) * max(abs(self.best.value), 1.0)

    def _share(self, gap: float) -> float:
        """Give the gap that leaves as little open when the rewards of pins are counted in."""
        pinned = sum(float(self.rewarded[one.members].sum()) for one in self.best.columns)
        pinned += self.reward * float(np.isin(self.serve, [one.demand for one in self.best.columns]).sum())
        value = self.best.value
        return gap * min(abs(value - pinned) / abs(value), 1.0) if value else gap

    def prove(self, gap: float, stop: Callable[[], bool], progress: Callable[[Step], None]) -> None:
        """Choose among the sites known; list every other site that a better plan could hold; choose again."""
        if not self._is_closed(_NEARLY * gap):
            self._settle(self.master.columns, gap, stop)
            progress(Step(Words("选取方案", "choosing"), self.best.value, self.bound))
        # First the likelier part of the list: a better plan makes the list shorter.
        for share in (1.0,) if self._is_closed(_NEARLY * gap) else (0.3, 1.0):
            room = self.bound - self.best.value
            if stop() or self.bound_prices is None or self._is_closed(gap):
                return
            listed = self._list(room * share, stop)
            if listed is None:
                continue
            # Every plan better than the best so far is made of listed sites only, where all are listed.
            chosen = self._settle([*listed, *self.best.columns], gap, stop)
            if share == 1.0:
                self.bound = min(self.bound, max(self.best.value, chosen.bound))
            progress(Step(Words("证明", "proving"), self.best.value, self.bound))

    def plan(self, gap: float) -> Plan:
        """Lay the best plan out."""
        taken = sorted(self.best.columns, key=lambda one: one.demand)
        members = np.concatenate([np.empty(0, dtype=np.int64), *(one.members for one in taken)])
        labels = self.fabric.parcels.index
        label_of = labels.to_numpy(dtype=object)

        def laid_out(one: Column) -> tuple[Any, ...]:
            worth = self._plain_worth(one.demand, self.fabric.ground.park[one.members[0]])
            return worth, *describe(self.fabric, one.members, float(self._money(one)))

        with ThreadPoolExecutor(THREADS) as threads:  # widths are measured outside of Python
            rows = list(threads.map(laid_out, taken))
        index = self.demands.index[[one.demand for one in taken]]
        sites = pd.DataFrame(rows, columns=list(PLAN_COLUMNS), index=index)
        served = {one.demand for one in taken}
        unmet = [label for label, at in zip(self.pinned, self.pins, strict=True) if at not in set(members.tolist())]
        unmet += [label for label, at in zip(self.served, self.serve, strict=True) if at not in served]
        met = len(self.pinned) + len(self.served) - len(unmet)
        objective = float((sites["worth_wan"] - sites["cost_wan"]).sum()) if len(sites) else 0.0
        bound = max(self.bound - self.reward * met, objective)
        ratio = 0.0 if bound == objective else (bound - objective) / abs(objective) if objective else np.inf
        used = np.array([sum(one.uses[at] for one in taken) for at in range(len(self.most))], dtype=float)
        # The prices of the best bound, not the last ones asked: only they belong to something that is proved.
        each = np.full(len(used), np.nan) if self.bound_prices is None else self.bound_prices.limit
        names = pd.Index(self.limit_names)
        limits = pd.DataFrame({"most": self.most, "used": used, "worth_per_unit": each}, index=names)
        pool = pd.DataFrame(
            {
                "demand": [self.demands.index[one.demand] for one in self.master.columns],
                "parcels": [tuple(label_of[one.members]) for one in self.master.columns],
            }
        )
        relaxed = max(self.relaxed - self.reward * met, bound)
        return Plan(sites, objective, bound, relaxed, ratio, bool(ratio <= gap), limits, tuple(unmet), pool)

    def _price(self, prices: Prices, stop: Callable[[], bool], sets_of_a_root: int) -> Found:
        """Search for sites that would improve the relaxation, at so many sets of each root or everywhere.

        Everywhere takes long: then those that nearly would are kept, too. The next prices may want them, and where they are all that a
        better plan could hold, they prove it.
        """
        charged, factor = self._charged(prices)
        worth = self.worth - prices.demand[:, None]
        keep, line = _EACH, _BETTER
        if sets_of_a_root == ALL_SETS and self.best.columns:
            keep, line = _NEAR_MISSES, -_DEPTH * abs(self.best.value)
        return self.search.best(
            keep, worth, price=charged, link_factor=factor, cuts=prices.cuts, least=np.full(len(self.demands), line),
            stop=stop, node_limit=sets_of_a_root,
        )  # fmt: skip

    def _loosely(self, gap: float, stop: Callable[[], bool], progress: Callable[[Step], None]) -> None:
        """Where sites are too large for all of them to be looked at: a bound and a plan before anything is searched."""
        ground = self.fabric.ground
        if len(ground) and len(self.demands):
            self.are_large = bool(np.median(self.wants.area_min_m2) > _LARGE * np.median(ground.area_m2))
        if not self.are_large:
            return
        alone = Alone(ground, self.wants, self.worth)
        prices = Prices(np.zeros(len(ground)), np.zeros(len(self.demands)), np.zeros(len(self.most)), NO_CUTS, 0.0)
        alone.ask(self.worth, *self._charged(prices))
        for turn in range(_GROWN_TURNS):
            self.prices = self.master.solve()
            if stop() or not self._grow(stop):
                break
            if turn == 0:
                # A demand that nothing is seen to serve is not grown for again.
                self._alone(alone, prices, stop, 1)
        self.bound = min(self.bound, deal_out(ground, self.wants, self.worth, self.rewarded, self.uses, self.most))
        new = 1
        while new and not stop():
            self._choose(gap, stop, progress)
            new = 0
            for _ in range(_TURNS_ALONE):
                if stop() or self._is_closed(gap):
                    return
                added, is_complete = self._alone(alone, prices, stop, _NODES)
                new += added
                if added:
                    self._choose(gap, stop, progress)
                progress(Step(Words("求松弛界", "relaxing"), self.best.value, self.bound))
                if is_complete:
                    break
            prices = self.master.solve()
            alone.ask(self.worth - prices.demand[:, None], *self._charged(prices))

    def _alone(self, alone: Alone, prices: Prices, stop: Callable[[], bool], nodes: int) -> tuple[int, bool]:
        """Look for better sites of every demand by itself; give how many are new, and whether there are no others."""
        known = {one.demand: one.members for one in sorted(self.master.columns, key=lambda one: one.value)}
        found = alone.go_on(known, stop, nodes)
        self._bound(prices, found)
        if not (prices.demand.any() or prices.parcel.any() or prices.limit.any()):
            # What no site pays for at cost, none pays for in any plan.
            hopeless = np.isneginf(found.pending)
            hopeless[found.sets.demand] = False
            self.worth[hopeless] = -np.inf
        return self.master.add(self._columns(found.sets)), found.is_complete

    def _grow(self, stop: Callable[[], bool]) -> int:
        """Grow sites under the relaxation's prices; give how many are new."""
        self.turn += 1
        charged, factor = self._charged(self.prices)
        worth = self.worth - self.prices.demand[:, None]
        sets = grow(self.fabric.ground, self.wants, worth, charged, factor, stop, roots=_GROWN_ROOTS, turn=self.turn)
        return self.master.add(self._columns(sets))

    def _charged(self, prices: Prices) -> tuple[Floats, float]:
        """Give the price of each parcel and the factor on links under the relaxation's prices."""
        charged = self.fabric.ground.cost_wan + prices.parcel + prices.limit @ self.uses - self.rewarded
        return charged, 1.0 + float(prices.limit[self.is_money].sum())

    def _bound(self, prices: Prices, found: Found) -> float:
        """Take the bound that these prices prove: their worth and, for every demand, the most that a site could still add.

        Give what no plan is worth more than that holds a site which the search did not keep.
        """
        hidden = np.maximum(found.pending, 0.0)
        np.maximum.at(hidden, found.sets.demand, found.sets.reduced)
        hidden[hidden > 0] += 1e-6
        bound = float(prices.parcel.sum() + prices.demand.sum() + prices.limit @ self.most + prices.cuts.price.sum())
        bound += float(hidden.sum())
        bound += len(self.demands) * 1e-6
        if bound < self.relaxed:
            self.relaxed = bound
            self.bound = min(self.bound, bound)
            self.bound_prices, self.hidden = prices, hidden
        return float((bound - hidden + found.least).max(initial=-np.inf))

    def _list(self, room: float, stop: Callable[[], bool]) -> list[Column] | None:
        """List every site that lies within so much of the bound; None where there are too many."""
        prices = self.bound_prices
        if prices is None:
            return None
        charged, factor = self._charged(prices)
        worth = self.worth - (prices.demand + self.hidden)[:, None]
        least = np.full(len(self.demands), -room - 1e-6)
        found = self.search.all(
            worth, least, price=charged, link_factor=factor, cuts=prices.cuts, stop=stop, at_most=_LISTED
        )
        return self._columns(found.sets) if found.is_complete else None

    def _settle(self, columns: Sequence[Column], gap: float, stop: Callable[[], bool]) -> Chosen:
        """Take the best of these sites that go together; the bound of what is given back holds for them alone."""
        chosen = settle(
            columns,
            len(self.fabric.ground),
            len(self.demands),
            self.most,
            best=self.best,
            gap=self._share(gap) / 2,
            stop=stop,
        )
        if chosen.value > self.best.value or not self.best.columns:
            self.best = chosen
        return chosen

    def _columns(self, sets: Sets) -> list[Column]:
        return [
            self._column(int(d), members, float(cost))
            for d, members, cost in zip(sets.demand, sets.members, sets.cost_wan, strict=True)
        ]

    def _column(self, d: int, members: Ints, cost_wan: float) -> Column:
        park = self.fabric.ground.park[members[0]]
        uses = self.uses[:, members].sum(axis=1)
        uses[self.is_money] = cost_wan
        value = float(self.worth[d, park]) - cost_wan + float(self.rewarded[members].sum())
        return Column(d, members, value, tuple(uses.tolist()))

    def _money(self, one: Column) -> float:
        park = self.fabric.ground.park[one.members[0]]
        return float(self.worth[one.demand, park] + self.rewarded[one.members].sum() - one.value)

    def _plain_worth(self, d: int, park: int) -> float:
        return float(self.worth[d, park] - (self.reward if d in set(self.serve.tolist()) else 0.0))


def _wants(
    fabric: Fabric,
    demands: pd.DataFrame,
    rules: tuple[str, ...],
    noted: tuple[str, ...],
    forbidden: tuple[Hashable, ...],
) -> Wants:
    rows = [{str(name): value for name, value in row.items()} for row in demands.to_dict("records")]
    fits = np.empty((len(rows), len(fabric.ground)), dtype=bool)
    open_ = ~fabric.parcels.index.isin(list(forbidden))
    for at, row in enumerate(rows):
        fits[at] = open_
        for rule, (passed, unknown) in judge_parcels(fabric.parcels, row, rules).items():
            fits[at] &= passed | unknown if rule in noted else passed
    limits = {
        rule: np.array([limit(row, rule) for row in rows])
        for rule in ("area_min", "area_max", "compactness", "owners", "cost", "width")
    }
    classes = np.unique(limits["width"][limits["width"] > 0])
    width = np.where(limits["width"] > 0, np.searchsorted(classes, limits["width"]), -1).astype(np.int64)
    most = np.where(np.isinf(limits["owners"]), np.iinfo(np.int32).max, limits["owners"]).astype(np.int64)
    found = tuple(cores(fabric.parcels, float(asked)) for asked in classes)
    return Wants(
        limits["area_min"], limits["area_max"], limits["compactness"], most, limits["cost"], width, found, fits
    )


def _check(
    parcels: pd.DataFrame,
    demands: pd.DataFrame,
    limits: Mapping[str, float],
    pinned: Sequence[Hashable],
    forbidden: Sequence[Hashable],
    served: Sequence[Hashable],
) -> None:
    def refuse(at: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        raise InputError(Words(zh, en), at=at, mend=Words(mend_zh, mend_en))

    for name in ("area_min_m2", "value_wan"):
        lacking = demands.index[~(demands[name].astype(float) > (0 if name == "area_min_m2" else -np.inf))]
        if len(lacking):
            at = f"demand.{name}: {', '.join(map(str, lacking[:5]))}"
            refuse(at, "有需求缺少这一列。", "Some demands lack this.", "补齐后再规划。", "Fill it in, then plan.")
    for name in limits:
        known = name in parcels and bool(parcels.loc[parcels["cost_wan"].notna(), name].notna().all())
        if not known:
            refuse(
                f"parcel.{name}", "限额所依据的列缺失或有空值。", "A limit names a column that is missing or has unknowns.",
                "补齐该列，或取消该限额。", "Fill the column in, or drop the limit.",
            )  # fmt: skip
    away: list[Any] = [label for label in pinned if label not in parcels.index or label in set(forbidden)]
    away += [label for label in served if label not in demands.index]
    if away:
        refuse(
            ", ".join(map(str, away)), "指定必选的对象不在范围内。", "What is pinned is not there.",
            "取消指定，或放开该对象。", "Unpin it, or let it in.",
        )  # fmt: skip
