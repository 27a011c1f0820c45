"""Large sites, of which there are far too many to look at: sites that are grown or branched to, and what no plan is worth more than.

Each demand by itself: `landgis.core.planning.branching` says what its best site is worth at most, or that there is none. All demands
together: parcels are dealt out by area and price, whole or in parts, what a set must be besides large enough left aside for the most part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from landgis.core.planning.branching import Branching, pieces
from landgis.core.planning.packing import quiet
from landgis.core.planning.sites import Found, Ground, Sets, Wants, answers, cost_of, require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Seconds for the programme that deals parcels out.
_SECONDS: Final = 10.0
#: More pairs of parcel and demand than this are not dealt out.
_PAIRS: Final = 300_000
#: Nor are demands looked at by themselves that have more.
_ALONE: Final = 50_000
#: From so many parcels, those of which the programme takes most, a site is grown.
_ROOTS: Final = 3
#: What of its price a parcel is charged with that is taken already.
_TAKEN: Final = 0.02
#: What a metre of open outline is charged with while a set grows, as a share of the price of a strip as wide as a parcel; a new owner, as a
#: share of the price of a parcel.
_CHARGES: Final = (0.0, 0.15, 0.5, 1.5)


def deal_out(ground: Ground, wants: Wants, worth: Floats, rewarded: Floats, uses: Floats, limits: Floats) -> float:
    """Give what no plan is worth more than, parcels dealt out by area and price alone (万元).

    Parameters
    ----------
    ground, wants
        As a search takes them; links are not charged.
    worth
        What a demand brings in each park, shape (demands, parks); minus infinity where it may not be.
    rewarded
        What taking a parcel is worth beside that.
    uses, limits
        What each parcel uses of every limit, shape (limits, parcels), and how much of it there is.

    Returns
    -------
    float
        Infinite where there are too many pairs to deal out.
    """
    demand, parcel = np.nonzero(wants.eligible & np.isfinite(worth[:, ground.park]))
    if not 0 < len(demand) <= _PAIRS:
        return 0.0 if not len(demand) else np.inf
    where = demand * worth.shape[1] + ground.park[parcel]
    places, place = np.unique(where, return_inverse=True)  # a demand in a park
    pairs, sites, demands = len(demand), len(places), len(wants)
    of_demand, of_park = np.divmod(places, worth.shape[1])
    taken, at_site = np.arange(pairs), pairs + np.arange(sites)
    rows = [
        (place, taken, ground.area_m2[parcel]), (np.arange(sites), at_site, -wants.area_min_m2[of_demand]),
        (sites + place, taken, ground.area_m2[parcel]),
        (sites + np.arange(sites), at_site, -np.minimum(wants.area_max_m2[of_demand], ground.area_m2.sum())),
        (2 * sites + of_demand, at_site, np.ones(sites)), (2 * sites + demands + parcel, taken, np.ones(pairs)),
    ]  # fmt: skip
    first = 2 * sites + demands + len(ground)
    # An owner of n parcels counts an n-th for each: no more than once.
    known = ground.owner >= 0
    held = np.bincount(ground.owner[known], minlength=1)
    each = np.where(known, 1 / np.maximum(held[np.maximum(ground.owner, 0)], 1), 0.0)
    few = np.minimum(wants.owners_max[of_demand], len(ground)).astype(float)
    rows += [(first + place, taken, each[parcel]), (first + np.arange(sites), at_site, -few)]
    first += sites
    # Of the outline only what two parcels share that are both taken is taken off, and the rest is no longer than the most compact allows.
    number = np.full((len(wants), len(ground)), -1)
    number[demand, parcel] = taken
    row_of = ground.parcel
    once = np.flatnonzero((row_of < ground.neighbour) & (ground.border_m > 0))
    asking = np.flatnonzero(wants.compactness_min > 0)
    both = np.stack([number[asking][:, row_of[once]], number[asking][:, ground.neighbour[once]]])
    d_at, e_at = np.nonzero((both >= 0).all(axis=0))
    shares, shared = len(d_at), pairs + sites + np.arange(len(d_at))
    border = ground.border_m[once][e_at]
    one, other = both[:, d_at, e_at]
    compact = np.where(wants.compactness_min > 0, wants.compactness_min, 1.0)[of_demand]
    most = np.minimum(wants.area_max_m2[of_demand], ground.area_m2.sum())
    longest = np.where(
        wants.compactness_min[of_demand] > 0, np.sqrt(4 * np.pi * most / compact), ground.outline_m.sum()
    )
    rows += [
        (first + place, taken, ground.outline_m[parcel]), (first + place[one], shared, -2 * border),
        (first + np.arange(sites), at_site, -longest),
    ]  # fmt: skip
    first += sites
    rows += [
        (first + np.arange(shares), shared, np.ones(shares)),
        (first + np.arange(shares), one, -np.ones(shares)),
    ]
    first += shares
    rows += [
        (first + np.arange(shares), shared, np.ones(shares)),
        (first + np.arange(shares), other, -np.ones(shares)),
    ]
    first += shares
    rows += [(np.full(pairs, first + at), taken, uses[at][parcel]) for at in range(len(limits))]
    row, column, value = (np.concatenate([one[part] for one in rows]) for part in range(3))
    count, columns = first + len(limits), pairs + sites + shares
    matrix = sparse.csc_array((value, (row, column)), shape=(count, columns))
    low, high = (
        np.full(count, -np.inf),
        np.concatenate([np.zeros(2 * sites), np.ones(demands + len(ground)), np.zeros(2 * sites + 2 * shares), limits]),
    )
    low[:sites], high[:sites] = 0.0, np.inf
    highs: Any = require("highspy")
    solver, model = quiet(highs), highs.HighsLp()
    model.num_col_, model.num_row_ = columns, count
    gain = np.concatenate([rewarded[parcel] - ground.cost_wan[parcel], worth[of_demand, of_park], np.zeros(shares)])
    model.col_cost_, model.col_lower_, model.col_upper_ = -gain, np.zeros(columns), np.ones(columns)
    model.row_lower_, model.row_upper_ = low, high
    model.a_matrix_.format_ = highs.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data
    kinds = highs.HighsVarType
    model.integrality_ = [kinds.kContinuous] * pairs + [kinds.kInteger] * sites + [kinds.kContinuous] * shares
    solver.setOptionValue("time_limit", _SECONDS)
    solver.passModel(model)
    solver.run()
    bound = -float(solver.getInfo().mip_dual_bound)
    return bound + 1e-6 * abs(bound)


class Alone:
    """Every demand by itself, made ready once and asked under many prices."""

    def __init__(self, ground: Ground, wants: Wants, worth: Floats) -> None:
        self._ground, self._wants = ground, wants
        fits = wants.eligible & np.isfinite(worth[:, ground.park])
        self._is_too_much = bool(fits.sum() > _ALONE)
        self._programmes = [
            [Branching(ground, wants, d, piece) for piece in pieces(ground, fits[d], float(wants.area_min_m2[d]))]
            for d in range(0 if self._is_too_much else len(wants))
        ]

    def ask(self, worth: Floats, price: Floats, link_factor: float) -> None:
        """Begin anew under other prices: worth, price and factor as `landgis.core.planning.sites.Search.best` takes them."""
        self._worth_at_most = worth.max(axis=1) - np.minimum(price, 0.0).sum()
        self._asked: list[tuple[int, float, Branching, _Maker]] = []
        for d, programmes in enumerate(self._programmes):
            for programme in programmes:
                brings = float(worth[d, self._ground.park[programme.parcels[0]]])
                fits = np.zeros(len(self._ground), dtype=bool)
                fits[programme.parcels] = True
                maker = _Maker(self._ground, self._wants, d, fits, price, link_factor)
                programme.ask(price[programme.parcels], link_factor)
                self._asked.append((d, brings, programme, maker))

    def go_on(self, known: Mapping[int, Ints], stop: Callable[[], bool], nodes: int) -> Found:
        """Look for the best site of every demand from where the last call ended.

        Parameters
        ----------
        known
            A site of some demands: only better ones are looked for. It is among those that are given.
        stop, nodes
            True ends the search; how often to branch at most, for each piece of a demand's parcels.
        """
        pending = self._worth_at_most.copy() if self._is_too_much else np.full(len(self._wants), -np.inf)
        best = np.full(len(self._wants), 1e-6)
        for d, brings, _, maker in self._asked:
            if d in known and maker.fits[known[d]].all():
                maker.keep(known[d])
            best[d] = max(best[d], brings - maker.least)
        for d, brings, programme, maker in self._asked:
            left = programme.go_on(brings - best[d], maker.made_of, stop, nodes)
            best[d] = max(best[d], brings - maker.least)
            pending[d] = max(pending[d], brings - left)
        made = [(d, brings - site.wan, site) for d, brings, _, maker in self._asked for site in maker.made]
        return Found(_sets(made), pending, np.full(len(pending), np.inf), nodes * len(self._asked))


def grow(
    ground: Ground,
    wants: Wants,
    worth: Floats,
    price: Floats,
    link_factor: float,
    stop: Callable[[], bool],
    *,
    roots: int,
    turn: int,
) -> Sets:
    """Grow sets for every demand from some parcels, by price, outline and owners, and keep those that meet it and pay.

    Parameters
    ----------
    ground, wants, worth, price, link_factor, stop
        As `landgis.core.planning.sites.Search.best` takes them.
    roots, turn
        From how many parcels for each demand; another turn takes others.
    """
    made = []
    for d in range(len(wants)):
        fits = wants.eligible[d] & np.isfinite(worth[d, ground.park])
        maker = _Maker(ground, wants, d, fits, price, link_factor)
        order = np.flatnonzero(fits)
        order = order[np.argsort((price / ground.area_m2)[order], kind="stable")]
        step = max(len(order) // max(roots, 1), 1)
        for root in order[turn % step :: step][:roots].tolist():
            if stop():
                break
            for charge in _CHARGES:
                site = maker.grown(root, price, charge)
                gain = float(worth[d, ground.park[root]]) - site.wan
                if gain > 1e-6:
                    made.append((d, gain, site))
    return _sets(made)


def _sets(made: list[tuple[int, float, "_Site"]]) -> Sets:
    demand = np.array([d for d, _, _ in made], dtype=np.int64)
    reduced, cost = (
        np.array(some, dtype=float) for some in ([one[1] for one in made], [one[2].cost_wan for one in made])
    )
    return Sets(demand, reduced, cost, [site.members for _, _, site in made])


@dataclass(frozen=True)
class _Site:
    """A set, what it costs at the prices asked (infinite where it does not meet the demand), and what it costs."""

    members: Ints
    wan: float
    cost_wan: float


class _Maker:
    """Makes sites for a demand under prices: grown from a parcel, or of parts of parcels and bettered one by one."""

    def __init__(
        self, ground: Ground, wants: Wants, demand: int, fits: Flags, price: Floats, link_factor: float
    ) -> None:
        self._ground, self._wants, self._demand, self.fits = ground, wants, demand, fits
        self._price, self._link_factor = price, link_factor
        self._parcels = np.flatnonzero(fits)
        # What a metre and an owner are charged with, owners only where the parcels of a site may have too many.
        self._metre = float(np.abs(price).sum() / ground.area_m2.sum() * np.sqrt(ground.area_m2.mean()))
        are_few = wants.owners_max[demand] * ground.area_m2.mean() < wants.area_max_m2[demand]
        self._head = float(np.abs(price).mean()) if are_few else 0.0
        self.made: list[_Site] = []

    @property
    def least(self) -> float:
        """What the cheapest site kept costs at the prices."""
        return self.made[-1].wan if self.made else np.inf

    def keep(self, members: Ints) -> None:
        """Keep a set that is cheaper than those before, and what it is bettered to."""
        site: _Site | None = self._site(members)
        while site is not None and site.wan < self.least:
            self.made.append(site)
            site = self._bettered(site)

    def made_of(self, part: Floats) -> float:
        """Make sites of the parts of the parcels that a programme takes; give what the cheapest so far costs."""
        left = np.ones(len(self._ground))
        left[self._parcels] -= part
        price = np.where(self._price > 0, self._price * (left + _TAKEN), self._price)
        if (part > 0.5).any():
            self.keep(self._parcels[part > 0.5])
        for root in self._parcels[np.argsort(-part, kind="stable")[:_ROOTS]].tolist():
            for charge in _CHARGES[::2]:
                self.keep(self.grown(root, price, charge).members)
        return self.least

    def grown(self, root: int, price: Floats, charge: float) -> _Site:
        """Take the neighbour in that is cheapest for its area, its open outline and a new owner charged, until the demand is met."""
        ground, wants, d = self._ground, self._wants, self._demand
        inside, area = {root}, float(ground.area_m2[root])
        shared: dict[int, float] = {}
        owners = {-1}
        newest, metre, head = root, self._metre * charge, self._head * charge
        site = _Site(np.array([root]), np.inf, np.inf)

        def each_m2(j: int) -> float:
            wan = price[j] + metre * (ground.outline_m[j] - 2 * shared[j])
            return float(wan + (0.0 if int(ground.owner[j]) in owners else head)) / float(ground.area_m2[j])

        while area <= wants.area_max_m2[d]:
            if area >= wants.area_min_m2[d]:
                site = self._site(np.array(sorted(inside), dtype=np.int64))
                if site.wan < np.inf:
                    break
            for at in range(int(ground.start[newest]), int(ground.start[newest + 1])):
                j = int(ground.neighbour[at])
                if self.fits[j] and j not in inside:
                    shared[j] = shared.get(j, 0.0) + float(ground.border_m[at])
            if not shared:
                break
            owners.add(int(ground.owner[newest]))
            newest = min(shared, key=each_m2)
            del shared[newest]
            inside.add(newest)
            area += float(ground.area_m2[newest])
        return site

    def _site(self, members: Ints) -> _Site:
        cost = cost_of(self._ground, members)
        if not np.isfinite(cost) or not answers(self._ground, self._wants, self._demand, members, cost):
            return _Site(members, np.inf, cost)
        links = cost - float(self._ground.cost_wan[members].sum())
        return _Site(members, float(self._price[members].sum()) + self._link_factor * links, cost)

    def _bettered(self, site: _Site) -> _Site | None:
        """Leave one parcel out, take another in, or both: where the price falls most first, the first that is cheaper."""
        ground, inside = self._ground, set(site.members.tolist())
        beside = {
            int(j)
            for i in site.members
            for j in ground.neighbour[ground.start[i] : ground.start[i + 1]]
            if self.fits[j] and int(j) not in inside
        }
        area = float(ground.area_m2[site.members].sum())
        leave = [(-1, 0.0, 0.0), *((i, float(self._price[i]), float(ground.area_m2[i])) for i in sorted(inside))]
        take = [(-1, 0.0, 0.0), *((j, float(self._price[j]), float(ground.area_m2[j])) for j in sorted(beside))]
        least, most = self._wants.area_min_m2[self._demand] - area, self._wants.area_max_m2[self._demand] - area
        moves = sorted(
            (new - old, out, into)
            for out, old, less in leave
            for into, new, more in take
            if new < old and least <= more - less <= most
        )
        for _, out, into in moves:
            other = self._site(np.array(sorted((inside | {into}) - {out, -1}), dtype=np.int64))
            if other.wan < site.wan - 1e-9:
                return other
        return None
