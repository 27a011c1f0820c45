"""Large sites, of which there are far too many to look at: sites that are grown, and a bound without contiguity.

What a set must be besides large enough (one piece, compact, wide, of few owners) is left aside for the bound: parcels are dealt out to
demands by area and price, whole or in parts. No plan is worth more than that, and it is known at once.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from landgis.core.packing import quiet
from landgis.core.sites import Ground, Sets, Wants, answers, cost_of, require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Seconds for the programme that deals parcels out.
_SECONDS: Final = 10.0
#: More pairs of parcel and demand than this are not dealt out.
_PAIRS: Final = 300_000
#: What a metre of open outline is charged with while a set grows, as a share of the price of a strip as wide as a parcel.
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
    row_of = np.repeat(np.arange(len(ground)), np.diff(ground.start))
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
    """Grow sets for every demand from some parcels, by price and by outline, and keep those that meet it and pay.

    Parameters
    ----------
    ground, wants, worth, price, link_factor, stop
        As `landgis.core.sites.Search.best` takes them.
    roots, turn
        From how many parcels for each demand; another turn takes others.
    """
    demand, reduced, cost, members = [], [], [], []
    strip = float(np.abs(price).sum() / ground.area_m2.sum() * np.sqrt(ground.area_m2.mean()))
    for d in range(len(wants)):
        fits = wants.eligible[d] & np.isfinite(worth[d, ground.park])
        order = np.flatnonzero(fits)
        order = order[np.argsort((price / ground.area_m2)[order], kind="stable")]
        step = max(len(order) // max(roots, 1), 1)
        for root in order[turn % step :: step][:roots].tolist():
            if stop():
                break
            for charge in _CHARGES:
                for found in _grown(ground, wants, d, root, fits, price, strip * charge):
                    wan = cost_of(ground, found)
                    links = wan - float(ground.cost_wan[found].sum())
                    gain = float(worth[d, ground.park[root]] - price[found].sum() - link_factor * links)
                    if gain > 1e-6 and answers(ground, wants, d, found, wan):
                        demand.append(d)
                        reduced.append(gain)
                        cost.append(wan)
                        members.append(found)
                        break
    return Sets(np.array(demand, dtype=np.int64), np.array(reduced, dtype=float), np.array(cost, dtype=float), members)


def _grown(
    ground: Ground, wants: Wants, d: int, root: int, fits: NDArray[np.bool_], price: Floats, metre: float
) -> Iterator[Ints]:
    """Take the neighbour in that is cheapest for its area, its open outline charged; give every set that is large enough."""
    inside, area = {root}, float(ground.area_m2[root])
    shared: dict[int, float] = {}
    newest = root
    while area <= wants.area_max_m2[d]:
        if area >= wants.area_min_m2[d]:
            yield np.array(sorted(inside), dtype=np.int64)
        for at in range(int(ground.start[newest]), int(ground.start[newest + 1])):
            j = int(ground.neighbour[at])
            if fits[j] and j not in inside:
                shared[j] = shared.get(j, 0.0) + float(ground.border_m[at])
        if not shared:
            return
        newest = min(
            shared,
            key=lambda j: (price[j] + metre * (ground.outline_m[j] - 2 * shared[j])) / ground.area_m2[j],
        )
        del shared[newest]
        inside.add(newest)
        area += float(ground.area_m2[newest])
