"""Exchanges and moves 置换 of equal value and same use that free a block, and who leaves instead."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from landgis.core.planning.packing import Column, choose
from landgis.core.planning.sites import never
from landgis.terms.rules import Ruleset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: So many pairs of a firm and a plot are looked at together.
_PAIRS: Final = 1_000_000

OFFER_COLUMNS: Final = ("mover", "plot", "deed", "cost_wan", "pay_wan", "value_gap", "area_ratio")
MOVE_COLUMNS: Final = ("mover", "deed", "plot", "chain", "step", "enter_on", "left_on", "cost_wan", "pay_wan")


@dataclass(frozen=True)
class Placement:
    """Who goes where.

    Attributes
    ----------
    moves
        One row per firm that gives way, in the order the moves are made: ``mover``, ``deed`` (exit, swap, factory), ``plot`` (None for
        an exit), ``chain`` (the firm whose parcel the chain frees) and ``step`` (1 moves first), ``enter_on`` and ``left_on`` (dates),
        ``cost_wan``, ``pay_wan`` (the difference in value settled in money; above zero the firm receives it).
    cost_wan, bound_wan, gap
        What all moves cost, what they cost at least, and the difference as a share.
    is_proved
        Whether this is the cheapest there is.
    unplaced
        Firms that must give way and for whom there is neither plot nor exit.
    """

    moves: pd.DataFrame
    cost_wan: float
    bound_wan: float
    gap: float
    is_proved: bool
    unplaced: tuple[Hashable, ...]


def offers(movers: pd.DataFrame, plots: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    """List every plot that every firm may be offered.

    Parameters
    ----------
    movers
        One row per firm and parcel, labels unique. Reads ``value_wan`` (land and buildings), ``area_m2``, ``use_class``,
        ``county_code``, ``is_clean`` (no seizure, no mortgage, or consent recorded), ``move_wan`` (moving and stoppage),
        ``floor_need_m2`` and ``exit_wan`` (for a standard factory).
    plots
        One row per plot or factory unit, labels unique. Reads ``kind`` (land, factory), ``value_wan``, ``area_m2`` (of a factory: its
        floor), ``use_class``, ``county_code``, ``is_clean``, ``cost_wan`` (making it ready), ``held_by`` (the mover who is there now;
        None = empty).
    rules
        A ruleset of the kind ``swap``: ``value_tolerance`` τ and ``area_tolerance`` α.

    Returns
    -------
    DataFrame
        `OFFER_COLUMNS`. ``deed`` is swap or factory.

    Raises
    ------
    RuleError
        The ruleset lacks τ or α.

    Notes
    -----
    A swap needs |Va − Vb| ≤ τ·max(Va, Vb), an area ratio Ab ÷ Aa within 1 ± α, the same use and county, and clean titles on both sides;
    what is unknown is no yes. The difference is settled in money, so that nobody is worse off. In a factory a firm is paid out
    (``exit_wan``) and needs the floor, in its county. Nobody is offered the plot it holds. Source: 国土资源部令第53号 第12条.
    """
    tau, alpha = float(rules.value("value_tolerance", "ratio")), float(rules.value("area_tolerance", "ratio"))
    left, right = _numbers(movers), _numbers(plots)
    clean = movers["is_clean"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    clean_plot = plots["is_clean"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    is_factory = (plots["kind"] == "factory").to_numpy(dtype=bool)
    held = movers.index.get_indexer(pd.Index(plots["held_by"]))
    known = ~np.isnan(left["value_wan"])
    use, use_there = _same_codes(movers["use_class"], plots["use_class"])
    county, county_there = _same_codes(movers["county_code"], plots["county_code"])
    found: list[tuple[Ints, Ints, Flags]] = []
    # Swaps: within a county and use, plots stand by value, and a firm looks at those of about its own.
    swaps = np.flatnonzero(clean & (use >= 0) & known)
    land = np.flatnonzero(clean_plot & ~is_factory & (use_there >= 0) & ~np.isnan(right["value_wan"]))
    least = left["value_wan"] * (1 - tau) - 1e-6
    most = (left["value_wan"] + 1e-6) / (1 - tau) if tau < 1 else np.full(len(movers), np.inf)
    for at, to in _windows(swaps, land, county, county_there, use, use_there, right["value_wan"], least, most):
        va, vb = left["value_wan"][at], right["value_wan"][to]
        fits = (np.abs(va - vb) <= tau * np.maximum(va, vb) + 1e-9) & (held[to] != at)
        fits &= np.abs(right["area_m2"][to] / left["area_m2"][at] - 1) <= alpha + 1e-9
        found.append((at[fits], to[fits], np.ones(int(fits.sum()), dtype=bool)))
    # Factories: within a county, those with floor enough.
    floors = np.flatnonzero(~np.isnan(left["floor_need_m2"]))
    units = np.flatnonzero(clean_plot & is_factory & ~np.isnan(right["area_m2"]))
    none, none_there = np.zeros(len(movers), dtype=np.int64), np.zeros(len(plots), dtype=np.int64)
    most = np.full(len(movers), np.inf)
    for at, to in _windows(
        floors, units, county, county_there, none, none_there, right["area_m2"], left["floor_need_m2"], most
    ):
        fits = held[to] != at
        found.append((at[fits], to[fits], np.zeros(int(fits.sum()), dtype=bool)))
    empty = np.empty(0, dtype=np.int64)
    at = np.concatenate([empty, *(one[0] for one in found)])
    to = np.concatenate([empty, *(one[1] for one in found)])
    is_swap = np.concatenate([empty.astype(bool), *(one[2] for one in found)])
    cost = left["move_wan"][at] + right["cost_wan"][to] + np.where(is_swap, 0.0, left["exit_wan"][at])
    order = np.lexsort((to, at))
    order = order[~np.isnan(cost[order])]
    at, to, is_swap, cost = at[order], to[order], is_swap[order], cost[order]
    va, vb = left["value_wan"][at], right["value_wan"][to]
    return pd.DataFrame(
        {
            "mover": movers.index[at],
            "plot": plots.index[to],
            "deed": np.where(is_swap, "swap", "factory").astype(object),
            "cost_wan": cost,
            "pay_wan": np.where(is_swap, va - vb, left["exit_wan"][at]),
            "value_gap": np.where(is_swap, (va - vb) / np.maximum(va, vb), np.nan),
            "area_ratio": right["area_m2"][to] / left["area_m2"][at],
        }
    )


def _same_codes(one: pd.Series, other: pd.Series) -> tuple[Ints, Ints]:
    """Give the values of two columns numbers, alike in both; -1 where nothing is known."""
    both = pd.factorize(np.concatenate([one.to_numpy(dtype=object), other.to_numpy(dtype=object)]))[0].astype(np.int64)
    return both[: len(one)], both[len(one) :]


def _windows(
    movers: Ints,
    plots: Ints,
    county: Ints,
    county_there: Ints,
    use: Ints,
    use_there: Ints,
    size: Floats,
    least: Floats,
    most: Floats,
) -> Iterator[tuple[Ints, Ints]]:
    """Give pairs of a mover and a plot of one county and use whose size lies between the mover's bounds, piece by piece."""
    group = (np.maximum(use.max(initial=0), use_there.max(initial=0)) + 1) * np.append(county, county_there)
    key, key_there = group[: len(county)] + use, group[len(county) :] + use_there
    plots = plots[np.lexsort((size[plots], key_there[plots]))]
    movers = movers[county[movers] >= 0]
    first, last = (
        np.searchsorted(key_there[plots], key[movers]),
        np.searchsorted(key_there[plots], key[movers], "right"),
    )
    for each in np.unique(key[movers]):
        mine = key[movers] == each
        low, high = first[mine][0], last[mine][0]
        here, who = plots[low:high], movers[mine]
        begin = np.searchsorted(size[here], least[who])
        many = np.maximum(np.searchsorted(size[here], most[who], "right") - begin, 0)
        ends = np.cumsum(many)
        start = 0
        while start < len(who):
            stop = max(int(np.searchsorted(ends, ends[start] - many[start] + _PAIRS, "right")), start + 1)
            count = many[start:stop]
            inside = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
            yield np.repeat(who[start:stop], count), here[np.repeat(begin[start:stop], count) + inside]
            start = stop


def place(
    movers: pd.DataFrame,
    plots: pd.DataFrame,
    rules: Ruleset,
    on: date,
    *,
    longest: int = 3,
    pinned: Sequence[tuple[Hashable, Hashable | None]] = (),
    forbidden: Sequence[tuple[Hashable, Hashable | None]] = (),
    gap: float = 1e-6,
    stop: Callable[[], bool] = never,
) -> Placement:
    """Place everybody who must give way, at the least cost: by exit, swap or factory, in chains where plots are held by others.

    Parameters
    ----------
    movers
        As `offers` takes them, and ``must_leave`` (True: its parcel is wanted; False: it may move to make room for another),
        ``leave_by`` (date; empty = any), ``move_days``, ``exit_days``, ``exit_wan`` (NaN: it cannot exit).
    plots
        As `offers` takes them, and ``free_on`` (date from which an empty plot can be entered; empty = unknown, it is not offered). A
        plot ``held_by`` a mover is free when that mover has left; one held by somebody who must leave is wanted itself and no offer.
    rules
        A ruleset of the kind ``swap``.
    on
        The day; no move begins before it.
    longest
        How many firms a chain moves at most.
    pinned, forbidden
        Moves that must be made where the firm moves at all, and that may not be: mover and plot, or None for an exit.
    gap
        The share of the cost within which the answer counts as proved.
    stop
        Asked now and then; true ends with the best so far.

    Returns
    -------
    Placement
        See there.

    Raises
    ------
    RuleError
        The ruleset lacks τ or α.
    SetupError
        The extra ``plan`` is not installed.

    Notes
    -----
    A chain starts with a firm that must leave and ends in an empty plot or an exit: B is out before A goes in. All chains up to
    ``longest`` are listed; which of them to take is an integer programme: every such firm once, nobody moved twice, no plot twice.
    Where nobody has to make room for another it is a matching of firms and plots, and solved as one: exact, too.
    A chain that would not free the parcel by ``leave_by`` is not listed.
    """
    must = movers["must_leave"].to_numpy(dtype=bool)
    offered, movers = _asked_for(offers(movers, plots, rules), movers, pinned, forbidden)
    if not _has_chains(movers, plots, offered, longest):
        return _assign(movers, plots, offered, on)
    chains = _chains(movers, plots, offered, on, longest)
    most = max((chain.cost_wan for chain in chains), default=0.0) + 1.0
    reward = most * (int(must.sum()) + 1)  # placing one more is worth any cost
    columns = [
        Column(chain.movers[-1], np.array(chain.rows(len(plots)), dtype=np.int64), reward - chain.cost_wan, ())
        for chain in chains
    ]
    chosen = choose(columns, len(plots) + len(movers), len(movers), np.empty(0), gap=gap / max(reward, 1.0), stop=stop)
    of = {column.key: chain for column, chain in zip(columns, chains, strict=True)}
    # Of chains over the same plots and firms the cheapest stands for all.
    for column, chain in zip(columns, chains, strict=True):
        if chain.cost_wan < of[column.key].cost_wan:
            of[column.key] = chain
    taken = [of[column.key] for column in chosen.columns]
    rows = [row for chain in taken for row in chain.moves(movers, plots)]
    moves = pd.DataFrame(rows, columns=list(MOVE_COLUMNS)).sort_values(
        ["enter_on", "step"], kind="stable", ignore_index=True
    )
    moves["plot"] = moves["plot"].astype(object).where(moves["plot"].notna(), None)
    placed = {chain.movers[-1] for chain in taken}
    unplaced = tuple(movers.index[at] for at in np.flatnonzero(must).tolist() if at not in placed)
    cost = float(sum(chain.cost_wan for chain in taken))
    bound = max(cost - (chosen.bound - chosen.value), 0.0)
    share = (cost - bound) / cost if cost else 0.0
    return Placement(moves, cost, bound, share, share <= gap + 1e-9, unplaced)


def _asked_for(
    offered: pd.DataFrame,
    movers: pd.DataFrame,
    pinned: Sequence[tuple[Hashable, Hashable | None]],
    forbidden: Sequence[tuple[Hashable, Hashable | None]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take out what is forbidden, and what stands against a pin; a firm that may not exit has no days for it."""
    stays = np.ones(len(offered), dtype=bool)
    exits = movers["exit_days"].astype(float).copy()
    for mover, plot in forbidden:
        if plot is None:
            exits.loc[exits.index == mover] = np.nan
        else:
            stays &= ~((offered["mover"] == mover) & (offered["plot"] == plot)).to_numpy(dtype=bool)
    for mover, plot in pinned:
        mine, there = (offered["mover"] == mover).to_numpy(dtype=bool), (offered["plot"] == plot).to_numpy(dtype=bool)
        if plot is None:
            stays &= ~mine
        else:
            exits.loc[exits.index == mover] = np.nan
            stays &= mine == there
    return offered[stays], movers.assign(exit_days=exits)


def _has_chains(movers: pd.DataFrame, plots: pd.DataFrame, offered: pd.DataFrame, longest: int) -> bool:
    """Say whether anybody who must leave is offered a plot that somebody would have to make room in."""
    must = set(movers.index[movers["must_leave"].to_numpy(dtype=bool)])
    held = plots["held_by"].dropna()
    may_move = set(held.index[held.isin(movers.index) & ~held.isin(must)])
    return longest > 1 and bool((offered["mover"].isin(must) & offered["plot"].isin(may_move)).any())


def _assign(movers: pd.DataFrame, plots: pd.DataFrame, offered: pd.DataFrame, on: date) -> Placement:
    """Place everybody at once where nobody has to make room: the cheapest matching of firms and plots, exits beside."""
    who = np.flatnonzero(movers["must_leave"].to_numpy(dtype=bool))
    row = np.full(len(movers), -1, dtype=np.int64)
    row[who] = np.arange(len(who))
    days = {
        name: movers[name].to_numpy(dtype=float, na_value=np.nan) for name in ("move_days", "exit_days", "exit_wan")
    }
    start = np.datetime64(on, "D")
    by = movers["leave_by"].to_numpy(dtype="datetime64[D]")
    free = pd.to_datetime(plots["free_on"]).to_numpy(dtype="datetime64[D]")
    mover, plot = (
        movers.index.get_indexer(pd.Index(offered["mover"])),
        plots.index.get_indexer(pd.Index(offered["plot"])),
    )
    enter = np.maximum(start, free[plot])
    lasts = np.ceil(days["move_days"][mover])
    left = enter + np.nan_to_num(lasts).astype("timedelta64[D]")
    is_free = plots["held_by"].isna().to_numpy(dtype=bool)[plot] & ~np.isnat(free[plot])
    fits = (row[mover] >= 0) & is_free & ~np.isnan(lasts) & (np.isnat(by[mover]) | (left <= by[mover]))
    exit_left = start + np.nan_to_num(np.ceil(days["exit_days"])).astype("timedelta64[D]")
    exits = ~np.isnan(days["exit_wan"]) & ~np.isnan(days["exit_days"]) & (np.isnat(by) | (exit_left <= by))
    cost = offered["cost_wan"].to_numpy(dtype=float)
    most = max(cost[fits].max(initial=0.0), days["exit_wan"][who][exits[who]].max(initial=0.0)) + 1.0
    unplaced = most * (len(who) + 1)  # placing one more is worth any cost
    aside = np.where(exits[who], days["exit_wan"][who], unplaced)
    offer = np.flatnonzero(fits)
    # A firm's own column stands for its exit, or for staying unplaced. Every firm is matched once, so 1 more on each changes nothing.
    costs = sparse.csr_matrix(
        (
            np.concatenate([cost[offer], aside]) + 1.0,
            (
                np.concatenate([row[mover[offer]], np.arange(len(who))]),
                np.concatenate([plot[offer], len(plots) + np.arange(len(who))]),
            ),
        ),
        shape=(len(who), len(plots) + len(who)),
    )
    matched, goes = (
        csgraph.min_weight_full_bipartite_matching(costs) if len(who) else (np.empty(0, int), np.empty(0, int))
    )
    to = np.empty(len(who), dtype=np.int64)
    to[matched] = goes
    at_offer = pd.Series(offer, index=pd.MultiIndex.from_arrays([mover[offer], plot[offer]]))
    swapped = who[to < len(plots)]
    chosen = at_offer.loc[list(zip(swapped.tolist(), to[to < len(plots)].tolist(), strict=True))].to_numpy(
        dtype=np.int64
    )
    gone = who[(to >= len(plots)) & exits[who]]
    moved = pd.DataFrame(
        {
            "mover": [*movers.index[swapped], *movers.index[gone]],
            "deed": [*offered["deed"].iloc[chosen], *["exit"] * len(gone)],
            "plot": [*offered["plot"].iloc[chosen], *[None] * len(gone)],
            "chain": [*movers.index[swapped], *movers.index[gone]],
            "step": 1,
            "enter_on": pd.to_datetime(np.concatenate([enter[chosen], np.full(len(gone), start)])),
            "left_on": pd.to_datetime(np.concatenate([left[chosen], exit_left[gone]])),
            "cost_wan": np.concatenate([cost[chosen], days["exit_wan"][gone]]),
            "pay_wan": np.concatenate([offered["pay_wan"].to_numpy(dtype=float)[chosen], days["exit_wan"][gone]]),
        },
        columns=list(MOVE_COLUMNS),
    ).sort_values(["enter_on", "step"], kind="stable", ignore_index=True)
    moved["plot"] = moved["plot"].astype(object).where(moved["plot"].notna(), None)
    total = float(moved["cost_wan"].sum())
    staying = tuple(movers.index[who[(to >= len(plots)) & ~exits[who]]])
    return Placement(moved, total, total, 0.0, True, staying)


@dataclass(frozen=True)
class _Chain:
    """Firms that move one after the other, the first to move first; the last is the one who must leave."""

    movers: tuple[int, ...]
    plots: tuple[int, ...]  # where each goes, -1 for an exit
    offers: tuple[dict[str, Any], ...]
    enter: tuple[pd.Timestamp, ...]
    left: tuple[pd.Timestamp, ...]

    @property
    def cost_wan(self) -> float:
        return float(sum(offer["cost_wan"] for offer in self.offers))

    def rows(self, plots: int) -> list[int]:
        """Give what no other chain may use: the plots entered, and the firms that are moved besides."""
        return sorted([*(at for at in self.plots if at >= 0), *(plots + at for at in self.movers[:-1])])

    def moves(self, movers: pd.DataFrame, plots: pd.DataFrame) -> list[tuple[Any, ...]]:
        freed = movers.index[self.movers[-1]]
        return [
            (
                movers.index[who], offer["deed"], plots.index[to] if to >= 0 else None, freed, step, enter, left,
                offer["cost_wan"], offer["pay_wan"],
            )
            for step, (who, to, offer, enter, left) in enumerate(
                zip(self.movers, self.plots, self.offers, self.enter, self.left, strict=True), 1
            )
        ]  # fmt: skip


def _chains(movers: pd.DataFrame, plots: pd.DataFrame, offered: pd.DataFrame, on: date, longest: int) -> list[_Chain]:
    """List every chain that frees a parcel in time."""
    must = movers["must_leave"].to_numpy(dtype=bool)
    by = movers["leave_by"].to_numpy(dtype="datetime64[us]")
    holder = movers.index.get_indexer(pd.Index(plots["held_by"]))
    is_held = plots["held_by"].notna().to_numpy(dtype=bool)
    free_on = pd.to_datetime(plots["free_on"]).to_list()
    days = {
        name: movers[name].to_numpy(dtype=float, na_value=np.nan) for name in ("move_days", "exit_days", "exit_wan")
    }
    start = pd.Timestamp(on)
    records: list[list[tuple[int, dict[str, Any]]]] = [[] for _ in range(len(movers))]
    who = movers.index.get_indexer(pd.Index(offered["mover"]))
    where = plots.index.get_indexer(pd.Index(offered["plot"]))
    told = offered[["deed", "cost_wan", "pay_wan"]].to_dict("records")
    for mover, plot, offer in zip(who.tolist(), where.tolist(), told, strict=True):
        records[mover].append((plot, {str(name): value for name, value in offer.items()}))

    found: list[_Chain] = []

    def grow(path: tuple[int, ...], goes: tuple[int, ...], took: tuple[dict[str, Any], ...]) -> None:
        """Let the firm at the path's end go somewhere; the path runs from who must leave to who makes room."""
        last = path[-1]
        if not np.isnan(days["exit_wan"][last]) and not np.isnan(days["exit_days"][last]):
            paid = {"deed": "exit", "cost_wan": days["exit_wan"][last], "pay_wan": days["exit_wan"][last]}
            finish(path, (*goes, -1), (*took, paid), start)
        if np.isnan(days["move_days"][last]):
            return
        for plot, offer in records[last]:
            if plot in goes:
                continue
            if not is_held[plot]:
                if not pd.isna(free_on[plot]):
                    finish(path, (*goes, plot), (*took, offer), max(start, free_on[plot]))
            elif holder[plot] >= 0 and not must[holder[plot]] and holder[plot] not in path and len(path) < longest:
                grow((*path, int(holder[plot])), (*goes, plot), (*took, offer))

    def finish(
        path: tuple[int, ...], goes: tuple[int, ...], took: tuple[dict[str, Any], ...], when: pd.Timestamp
    ) -> None:
        enter, left = [], []
        for mover, plot in zip(reversed(path), reversed(goes), strict=True):
            enter.append(when)
            lasts = days["exit_days"][mover] if plot < 0 else days["move_days"][mover]
            when = when + pd.Timedelta(days=int(np.ceil(lasts)))
            left.append(when)
        if np.isnat(by[path[0]]) or when <= pd.Timestamp(by[path[0]]):
            found.append(_Chain(path[::-1], goes[::-1], took[::-1], tuple(enter), tuple(left)))

    for first in np.flatnonzero(must).tolist():
        grow((first,), (), ())
    return found


def _numbers(frame: pd.DataFrame) -> dict[str, Floats]:
    names = ("value_wan", "area_m2", "move_wan", "floor_need_m2", "exit_wan", "cost_wan")
    return {name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in names if name in frame}
