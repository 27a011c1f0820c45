"""What a site is made of: the ground, what a demand asks of it, and the search for connected sets that give it.

Assembly (one demand) and plan (all at once) both stand on this room; it speaks in arrays, they speak in frames.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from landgis.terms.errors import SetupError, Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: No site is searched beyond so many parcels; a root that comes to it stays unproved.
DEEPEST: Final = 128
#: Threads of the search: as many as the machines it is measured on have.
THREADS: Final = 2
#: In how many turns they take what is to be searched.
_TURNS: Final = 32
#: A root of which so many sets were not enough is searched in so many parts, which threads share.
_LONG: Final = 30_000
_PARTS: Final = 16
#: How many sets of a root are looked at in the first round, and how much more in each later one.
_FIRST_LIMIT: Final = 4_000
_MORE: Final = 8
#: As a limit: none.
ALL_SETS: Final = int(np.iinfo(np.int64).max)


def require(name: str) -> Any:  # noqa: ANN401  a compiled module has no types
    """Load a module of the extra ``plan``.

    Raises
    ------
    SetupError
        It is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SetupError(
            Words("规划功能未安装。", "The planning extra is not installed."),
            at=str(error.name),
            why=Words("成片组合与规划需要 numba 与 highspy。", "Assembly and plans need numba and highspy."),
            mend=Words("安装：pip install 'landgis[plan]'。", "Install it: pip install 'landgis[plan]'."),
        ) from error


@dataclass(frozen=True)
class Ground:
    """The parcels of a search, as arrays in one order.

    Attributes
    ----------
    area_m2, cost_wan, outline_m
        Of every parcel; areas above zero, costs not below.
    owner, park
        Numbers; an owner below zero is nobody who has to be dealt with.
    start, neighbour, border_m, link_wan
        The graph, row by row (CSR), each pair from both sides. A link without a border has ``border_m`` 0 and what it costs; the cost
        of a border is 0.
    """

    area_m2: Floats
    cost_wan: Floats
    outline_m: Floats
    owner: Ints
    park: Ints
    start: Ints
    neighbour: Ints
    border_m: Floats
    link_wan: Floats

    def __len__(self) -> int:
        return len(self.area_m2)

    @property
    def parcel(self) -> Ints:
        """Of every entry of ``neighbour`` the parcel whose neighbour it is."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))


@dataclass(frozen=True)
class Wants:
    """What demands ask, as arrays in one order.

    Attributes
    ----------
    area_min_m2, area_max_m2, compactness_min, owners_max, cost_max_wan
        Limits of the whole set; compactness is 4πA ÷ outline².
    width
        The class of the inscribed width asked for, -1 for none.
    cores
        Of every class the least sets of parcels that together hold the circle: see `landgis.core.planning.width`.
    eligible
        Which parcels each demand may use, shape (demands, parcels).
    """

    area_min_m2: Floats
    area_max_m2: Floats
    compactness_min: Floats
    owners_max: Ints
    cost_max_wan: Floats
    width: Ints
    cores: tuple[tuple[tuple[int, ...], ...], ...]
    eligible: Flags

    def __len__(self) -> int:
        return len(self.area_min_m2)


@dataclass(frozen=True)
class Cuts:
    """Three parcels each, of which at most one site may hold two or all: who does is charged the price. Shapes (n, 3) and n."""

    parcels: Ints
    price: Floats

    def mixed(self, other: "Cuts", share: float) -> "Cuts":
        """Give prices between these and others; both are the first so many of the same cuts."""
        longer = self if len(self.price) > len(other.price) else other
        mine, theirs = (np.pad(one.price, (0, len(longer.price) - len(one.price))) for one in (self, other))
        return Cuts(longer.parcels, share * theirs + (1 - share) * mine)


NO_CUTS: Final = Cuts(np.empty((0, 3), dtype=np.int64), np.empty(0))


@dataclass(frozen=True)
class Sets:
    """Sets that were found: for which demand, with which reduced cost and at which cost, and their parcels (positions)."""

    demand: Ints
    reduced: Floats
    cost_wan: Floats
    members: list[Ints]

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Found:
    """What a search found.

    ``pending`` is, for every demand, the best reduced cost that could still hide where the search was cut short; minus infinity where
    everything was searched. Of what was searched, every set of a reduced cost above the demand's ``least`` is among the sets.
    ``looked_at`` counts the sets that were looked at.
    """

    sets: Sets
    pending: Floats
    least: Floats
    looked_at: int

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left out."""
        return bool(np.isneginf(self.pending).all())


def cost_of(ground: Ground, members: Ints) -> float:
    """Give what a set costs with the least links that hold it together, 万元; infinite where nothing holds it together."""
    inside = set(members.tolist())
    edges = sorted(
        (float(ground.link_wan[at]), i, int(ground.neighbour[at]))
        for i in inside
        for at in range(int(ground.start[i]), int(ground.start[i + 1]))
        if i < ground.neighbour[at] and int(ground.neighbour[at]) in inside
    )
    group = {i: i for i in inside}

    def top(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    links, left = 0.0, len(inside) - 1
    for wan, i, j in edges:
        one, other = top(i), top(j)
        if one != other:
            group[one] = other
            links += wan
            left -= 1
    return float(ground.cost_wan[members].sum()) + links if left == 0 else np.inf


def answers(ground: Ground, wants: Wants, demand: int, members: Ints, cost_wan: float) -> bool:
    """Say whether a set of this cost meets a demand."""
    area = float(ground.area_m2[members].sum())
    inside = np.zeros(len(ground), dtype=bool)
    inside[members] = True
    shared = sum(
        float(
            ground.border_m[ground.start[i] : ground.start[i + 1]][
                inside[ground.neighbour[ground.start[i] : ground.start[i + 1]]]
            ].sum()
        )
        for i in members
    )
    outline = float(ground.outline_m[members].sum()) - shared
    owners = set(ground.owner[members].tolist())
    width = int(wants.width[demand])
    return bool(
        wants.eligible[demand, members].all()
        and wants.area_min_m2[demand] <= area <= wants.area_max_m2[demand]
        and 4 * np.pi * area >= wants.compactness_min[demand] * outline**2
        and sum(owner >= 0 for owner in owners) <= wants.owners_max[demand]
        and cost_wan <= wants.cost_max_wan[demand]
        and (width < 0 or any(inside[list(core)].all() for core in wants.cores[width]))
    )


def never() -> bool:
    """Tell a search that it has all the time it needs."""
    return False


class Search:
    """A ground and its demands, made ready once and searched many times under other prices."""

    def __init__(self, ground: Ground, wants: Wants) -> None:
        self.ground, self.wants = ground, wants
        self._search = require("landgis.core.planning.connected").search
        self._order = np.argsort(wants.area_min_m2, kind="stable")
        of_class, ends, nodes = _flat_cores(wants.cores, len(ground))
        names = ("area_min_m2", "area_max_m2", "compactness_min", "owners_max", "cost_max_wan")
        asks = np.column_stack([getattr(wants, name)[self._order].astype(np.float64) for name in names])
        eligible = np.ascontiguousarray(wants.eligible[self._order].T, dtype=np.uint8)
        self._edge = np.column_stack([ground.border_m, ground.link_wan])
        self._limits = (eligible, np.ascontiguousarray(asks), wants.width[self._order], of_class, ends, nodes)
        self._has_links = bool((ground.link_wan > 0).any())
        # The roots that were long in the last search that looked far enough: the next such one parts them from the start.
        self._is_long = np.zeros(len(ground), dtype=bool)

    def best(
        self,
        keep: int,
        worth: Floats,
        *,
        price: Floats | None = None,
        link_factor: float = 1.0,
        cuts: Cuts = NO_CUTS,
        least: Floats | None = None,
        stop: Callable[[], bool] = never,
        node_limit: int | None = None,
        is_enough: bool = False,
    ) -> Found:
        """Find the best sets of every demand: worth minus the members' prices and their links.

        Parameters
        ----------
        keep
            How many of each demand.
        worth
            What each demand brings in each park (万元), shape (demands, parks).
        price
            What each parcel is charged, by default its cost; negative for one that is wanted in.
        link_factor
            By how much links are charged.
        cuts
            What sets are charged that hold several of some parcels.
        least
            The reduced cost below which a demand's sets are not wanted; by default none.
        stop
            Asked now and then; true ends the search, and what was not searched stands in ``pending``.
        node_limit
            Look at no more sets of one root: a quick, unproved search, unless it is `ALL_SETS`. By default the search goes on, with more
            and more sets of a root, until it is complete: what is found early spares the most where nothing is known of ``least``.
        is_enough
            End after the first round, of those that look at more and more sets of a root, that found something.
        """
        wanted = np.full(len(self.wants), -np.inf) if least is None else least.astype(np.float64)
        price = self.ground.cost_wan if price is None else price
        found = _Store(len(self.wants), keep)
        return self._rounds(
            found, worth[self._order], price, link_factor, cuts, wanted[self._order], stop, node_limit, is_enough
        )

    def all(
        self,
        worth: Floats,
        least: Floats,
        *,
        price: Floats,
        link_factor: float = 1.0,
        cuts: Cuts = NO_CUTS,
        stop: Callable[[], bool] = never,
        at_most: int = 2_000_000,
    ) -> Found:
        """Find every set of every demand whose reduced cost is at least ``least``; `at_most` so many, or it is not complete."""
        room = min(100_000, at_most)
        while True:
            found = _Store(len(self.wants), 0, room)
            out = self._rounds(found, worth[self._order], price, link_factor, cuts, least[self._order], stop, None)
            if not found.is_full or room >= at_most:
                return out
            room = min(room * 4, at_most)

    def _rounds(
        self,
        store: "_Store",
        worth: Floats,
        price: Floats,
        link_factor: float,
        cuts: Cuts,
        least: Floats,
        stop: Callable[[], bool],
        node_limit: int | None,
        is_enough: bool = False,
    ) -> Found:
        ground = self.ground
        ratio = price / ground.area_m2
        rank = np.empty(len(ground), dtype=np.int64)
        by_rank = np.argsort(ratio, kind="stable").astype(np.int64)
        rank[by_rank] = np.arange(len(ground))
        limit = _FIRST_LIMIT if node_limit is None and store.keep else node_limit or ALL_SETS
        tasks = _parted(by_rank, self._is_long & (limit >= _LONG or node_limit is None))
        of = np.column_stack([ground.area_m2, ground.cost_wan, price, ground.outline_m])
        cut_of = np.concatenate([[0], np.cumsum(np.bincount(cuts.parcels.ravel(), minlength=len(ground)))])
        cut_nodes = np.argsort(cuts.parcels.ravel(), kind="stable") // 3
        given = (
            rank,
            ground.start,
            ground.neighbour,
            self._edge,
            of,
            ground.owner,
            ground.park,
            *self._limits,
        )
        prices = (cut_of, cut_nodes, cuts.price, np.ascontiguousarray(worth), least)
        looked_at = 0
        while True:
            pending, looked, done = self._round(
                store, tasks, given, (*prices, link_factor if self._has_links else -1.0, limit), stop
            )
            looked_at += looked
            tasks = tasks[~done]
            if store.keep and limit // _MORE < _LONG <= limit:
                self._is_long[:] = False
                self._is_long[tasks[:, 0]] = True
                tasks = _parted(by_rank[self._is_long[by_rank]], self._is_long)
            if not len(tasks) or node_limit is not None or store.is_full or stop() or not store.keep:
                break
            # Roots that reached the deepest level would do so again.
            if limit > ALL_SETS // (_MORE * 2) or (is_enough and store.is_any):
                break
            limit *= _MORE
        sets = store.sets(self._order)
        left, floor = np.empty(len(self.wants)), np.empty(len(self.wants))
        left[self._order], floor[self._order] = pending, least
        if store.keep:
            worst = np.full(len(self.wants), np.inf)
            np.minimum.at(worst, sets.demand, sets.reduced)
            is_full = np.bincount(sets.demand, minlength=len(self.wants)) >= store.keep
            floor[is_full] = np.maximum(floor, worst)[is_full]
        return Found(sets, left, floor, looked_at)

    def _round(
        self,
        store: "_Store",
        tasks: Ints,
        given: tuple[Any, ...],
        prices: tuple[Any, ...],
        stop: Callable[[], bool],
    ) -> tuple[Floats, int, Flags]:
        """Search once, each task up to the limit; give what could still hide, how many sets were looked at, and which are done."""
        halt = np.zeros(1, dtype=np.uint8)
        pending = [np.full(len(self.wants), -np.inf) for _ in range(THREADS)]
        done = np.zeros(len(tasks), dtype=bool)
        # Each thread takes the next turn when it is done with one: some roots take far longer than others.
        turns = iter(range(min(_TURNS, len(tasks))))

        def run(thread: int) -> int:
            looked = 0
            for turn in turns:
                mine = np.ascontiguousarray(tasks[turn::_TURNS])
                ended = np.zeros(len(mine), dtype=np.uint8)
                looked += self._search(
                    mine, *given, *prices, halt, store.keep, *store.arrays(thread), ended, pending[thread]
                )
                done[turn::_TURNS] = ended
            return looked

        with ThreadPoolExecutor(THREADS) as pool:
            running = [pool.submit(run, thread) for thread in range(THREADS)]
            while wait(running, timeout=0.05).not_done:
                if stop():
                    halt[0] = 1
            looked = sum(one.result() for one in running)
        return np.maximum.reduce(pending), looked, done


def make_ready() -> None:
    """Have the loops of the search compiled, or what was compiled loaded, by looking for a site of one parcel for one demand."""
    one, first, none = np.ones(1), np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
    ground = Ground(one, one, 4 * one, first, first, np.zeros(2, dtype=np.int64), none, np.empty(0), np.empty(0))
    wants = Wants(one, one, np.zeros(1), first + 1, one, first - 1, (), np.ones((1, 1), dtype=bool))
    Search(ground, wants).best(1, np.ones((1, 1)))


def _parted(roots: Ints, is_long: Flags) -> Ints:
    """List what is to be searched: root, part, in how many parts; shape (tasks, 3)."""
    parts = np.where(is_long[roots], _PARTS, 1)
    first = np.cumsum(parts) - parts
    return np.column_stack(
        [np.repeat(roots, parts), np.arange(parts.sum()) - np.repeat(first, parts), np.repeat(parts, parts)]
    )


class _Store:
    """Where the threads write what they find."""

    def __init__(self, demands: int, keep: int, room: int = 1) -> None:
        self.keep, self.room = keep, room
        shape = (demands, max(keep, 1))
        self._best = [
            (
                np.concatenate([np.full((*shape, 1), -np.inf), np.zeros((*shape, 1))], axis=2),
                np.zeros(shape, dtype=np.int64),
                np.zeros((*shape, DEEPEST), dtype=np.int32),
            )
            for _ in range(THREADS)
        ]
        self._flat = [
            (
                np.empty(room * 12 + DEEPEST, dtype=np.int32),
                np.zeros(room + 1, dtype=np.int64),
                np.empty(room, dtype=np.int64),
                np.empty((room, 2)),
                np.zeros(2, dtype=np.int64),
            )
            for _ in range(THREADS)
        ]

    def arrays(self, thread: int) -> tuple[NDArray[Any], ...]:
        return (*self._best[thread], *self._flat[thread])

    @property
    def is_full(self) -> bool:
        return any(one[-1][1] for one in self._flat)

    @property
    def is_any(self) -> bool:
        """Whether anything was found."""
        return any(bool(one[1].any()) for one in self._best)

    def sets(self, order: Ints) -> Sets:
        """Give what was found, best first for each demand, the demands as they were before they were ordered."""
        demand, reduced, cost = [], [], []
        members: list[Ints] = []
        for numbers, size, nodes in self._best if self.keep else ():
            for d, at in zip(*np.nonzero(size), strict=True):
                demand.append(order[d])
                reduced.append(numbers[d, at, 0])
                cost.append(numbers[d, at, 1])
                members.append(np.sort(nodes[d, at, : size[d, at]]).astype(np.int64))
        for flat, end, of, numbers, used in self._flat if not self.keep else ():
            count = int(used[0])
            demand += order[of[:count]].tolist()
            reduced += numbers[:count, 0].tolist()
            cost += numbers[:count, 1].tolist()
            members += [np.sort(part).astype(np.int64) for part in np.split(flat[: end[count]], end[1:count]) if count]
        first = np.lexsort((-np.array(reduced, dtype=float), np.array(demand, dtype=np.int64)))
        ranked = [int(at) for at in first]
        if self.keep:
            # What both threads found, a root being looked at again, counts once.
            seen: dict[int, set[bytes]] = {}
            kept = []
            for at in ranked:
                of_demand, key = seen.setdefault(demand[at], set()), members[at].tobytes()
                if key not in of_demand and len(of_demand) < self.keep:
                    of_demand.add(key)
                    kept.append(at)
            ranked = kept
        return Sets(
            np.array([demand[at] for at in ranked], dtype=np.int64),
            np.array([reduced[at] for at in ranked], dtype=float),
            np.array([cost[at] for at in ranked], dtype=float),
            [members[at] for at in ranked],
        )


def _flat_cores(cores: tuple[tuple[tuple[int, ...], ...], ...], count: int) -> tuple[Ints, Ints, Ints]:
    """Lay the cores of all classes in one row, by the class and by their first parcel."""
    of_class = np.zeros((max(len(cores), 1), count + 1), dtype=np.int64)
    ends: list[int] = [0]
    nodes: list[int] = []
    for number, found in enumerate(cores):
        ordered = sorted(found)
        first = np.array([core[0] for core in ordered], dtype=np.int64)
        of_class[number] = len(ends) - 1 + np.searchsorted(first, np.arange(count + 1))
        for core in ordered:
            nodes += core
            ends.append(len(nodes))
    return of_class, np.array(ends, dtype=np.int64), np.array(nodes or [0], dtype=np.int64)
