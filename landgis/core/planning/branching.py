"""One large site, by branch and cut: parcels and their owners whole, in one piece, compact; the cheapest, or that there is none.

A linear programme takes parcels in parts. What it takes too loosely is cut off: a set of parcels smaller than what is asked is no site, so
that whoever takes one of them takes one of those around, too; and of two parcels that are both taken, whatever lies around the one
without the other is taken from, too. Where it still takes parts, a parcel is put in or left out: the first one put in, all others
are bound to it, and whoever is not near enough to it, by owners and outline, is out.
"""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from landgis.core.planning.packing import add_rows, quiet
from landgis.core.planning.sites import Ground, Wants, require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: A cut is worth it where the programme breaks it by so much of a parcel.
_BROKEN: Final = 0.1
#: How often the programme is cut at first, and at every branch.
_FIRST_ROUNDS: Final = 40
_ROUNDS: Final = 4
#: A round of cuts that brings less than this share is the last.
_LITTLE: Final = 1e-4
#: More cuts than this are looked through, and those that bind nothing go.
_CUTS: Final = 200
#: Areas at which the outline's limit, a root, is replaced by its tangent.
_TANGENTS: Final = 3
#: A part of a parcel below this is none.
_NOTHING: Final = 1e-5
#: What rounding may take from a bound, as a share.
_ROUNDING: Final = 1e-6

Cut = tuple[tuple[int, ...], tuple[int, ...]]


def pieces(ground: Ground, fits: NDArray[np.bool_], least_m2: float) -> Iterator[Ints]:
    """Give the connected pieces of the parcels that fit which are large enough."""
    parcel = ground.parcel
    both = fits[parcel] & fits[ground.neighbour]
    graph = sparse.csr_array((np.ones(both.sum()), (parcel[both], ground.neighbour[both])), shape=(len(ground),) * 2)
    number, label = connected_components(graph, directed=False)
    area = np.bincount(label, ground.area_m2 * fits, minlength=number)
    for piece in np.flatnonzero(area >= least_m2).tolist():
        yield np.flatnonzero((label == piece) & fits)


class _Branch(NamedTuple):
    """What a site costs at least that has some parcels and not others, and of which parts the programme makes that up."""

    wan: float
    number: int
    taken: tuple[int, ...]
    dropped: tuple[int, ...]
    part: Floats


class Branching:
    """The programme of one demand within one piece of its parcels, made once and asked under many prices."""

    def __init__(self, ground: Ground, wants: Wants, demand: int, parcels: Ints) -> None:
        self.parcels = parcels
        self._area, self._least = ground.area_m2[parcels], float(wants.area_min_m2[demand])
        number = np.full(len(ground), -1)
        number[parcels] = np.arange(len(parcels))
        one, other = number[ground.parcel], number[ground.neighbour]
        inside = (one >= 0) & (other >= 0)
        order = np.argsort(one[inside], kind="stable")
        ends = np.searchsorted(one[inside][order], np.arange(1, len(parcels)))
        self._near = [part.tolist() for part in np.split(other[inside][order], ends)]
        self._columns, self._rows = len(parcels), 0
        self._low: list[float] = []
        self._high: list[float] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        once = inside & (one < other)
        self._lay_area(wants, demand)
        self._lay_owners(ground, wants, demand)
        self._lay_links(ground, one, other, once)
        self._lay_outline(ground, wants, demand, (one, other, once & (ground.border_m > 0)))
        self._lay_width(wants, demand, number)
        if np.isfinite(wants.cost_max_wan[demand]):
            self._sum(np.arange(len(parcels)), ground.cost_wan[parcels], -np.inf, float(wants.cost_max_wan[demand]))
        self._highs: Any = require("highspy")
        self._solver = self._pass()

    def ask(self, price: Floats, link_factor: float) -> None:
        """Begin anew under other prices: of each parcel of the piece, 万元, negative for one that is wanted in; and a factor on links."""
        costs = np.zeros(self._columns)
        costs[: len(price)] = price
        costs[self._blocks] = self._link_wan * link_factor
        self._solver.changeColsCost(self._columns, np.arange(self._columns, dtype=np.int32), costs)
        self._first_link = self._link_wan * link_factor if len(self._blocks) else 0.0
        self._nothing = float(np.minimum(price, 0.0).sum())  # what no site is cheaper than, whatever it is
        self._open: list[_Branch] = [_Branch(self._nothing, 0, (), (), np.zeros(len(price)))]
        self._left, self._turn = np.inf, count(1)

    def go_on(self, most: float, made_of: Callable[[Floats], float], stop: Callable[[], bool], nodes: int) -> float:
        """Look for the cheapest site, from where the last call ended.

        Parameters
        ----------
        most
            Sites as dear as this are not wanted.
        made_of
            Told the parts of parcels that the programme takes; gives what the cheapest site costs, at these prices, that was ever made
            of them, infinite before the first.
        stop
            Asked at every branch.
        nodes
            How often to branch at most.

        Returns
        -------
        float
            No site is cheaper than this, or than the cheapest made; infinite where none can be cheaper than that one and `most`.
        """
        while self._open and self._open[0].wan < most and nodes > 0 and not stop():
            nodes -= 1
            branch = heapq.heappop(self._open)
            if not branch.number:
                self._push((), (), most, _FIRST_ROUNDS)
                continue
            most = min(most, made_of(branch.part))
            free = np.flatnonzero((branch.part > _NOTHING) & (branch.part < 1 - _NOTHING))
            taken, dropped = branch.taken, branch.dropped
            if len(free):
                # First where the site is, then what would tell most.
                parts, area = branch.part[free], self._area[free]
                tells = np.minimum(parts, 1 - parts) * area if taken else parts * np.sqrt(area)
                split = int(free[np.argmax(tells)])
                self._push((*taken, split), dropped, most, _ROUNDS)
                self._push(taken, (*dropped, split), most, _ROUNDS)
            elif self._add(self._around(np.round(branch.part))):
                self._push(taken, dropped, most, _ROUNDS)
            elif most > branch.wan + 2 * _ROUNDING * abs(branch.wan) + 1e-6:
                # Whole parcels in one piece, but with dearer links than the least, or not what the programme asks only loosely.
                self._left = min(self._left, branch.wan)
        left = min([self._left, *(branch.wan for branch in self._open[:1])])
        return left if left < most else np.inf

    def _push(self, taken: tuple[int, ...], dropped: tuple[int, ...], most: float, rounds: int) -> None:
        """Open a branch, where anything cheaper than so much is left in it."""
        wan, part = self._cut(taken, dropped, most, rounds)
        if wan < most:
            heapq.heappush(self._open, _Branch(wan, next(self._turn), taken, dropped, part))

    def _sum(self, columns: Ints, values: Floats, low: float, high: float) -> None:
        """Add a row."""
        self._entries.append((np.full(len(columns), self._rows), columns, values))
        self._rows += 1
        self._low.append(low)
        self._high.append(high)

    def _only_with(self, column: Ints, other: Ints) -> None:
        """Add rows: what is in one column is in the other, too."""
        rows = self._rows + np.arange(len(column))
        self._entries += [(rows, column, np.ones(len(rows))), (rows, other, -np.ones(len(rows)))]
        self._rows += len(rows)
        self._low += [-np.inf] * len(rows)
        self._high += [0.0] * len(rows)

    def _new(self, number: int) -> Ints:
        """Add columns."""
        self._columns += number
        return np.arange(self._columns - number, self._columns)

    def _lay_area(self, wants: Wants, demand: int) -> None:
        self._unit = float(self._area.mean())  # rows are in parcels and in their sides: near to one
        self._most_m2 = min(float(wants.area_max_m2[demand]), float(self._area.sum()))
        every = np.arange(len(self.parcels))
        self._sum(every, self._area / self._unit, self._least / self._unit, self._most_m2 / self._unit)

    def _lay_owners(self, ground: Ground, wants: Wants, demand: int) -> None:
        held = np.flatnonzero(ground.owner[self.parcels] >= 0)
        owners, who = np.unique(ground.owner[self.parcels][held], return_inverse=True)
        if len(owners) > wants.owners_max[demand]:
            dealt_with = self._new(len(owners))
            self._only_with(held, dealt_with[who])
            self._sum(dealt_with, np.ones(len(owners)), -np.inf, float(wants.owners_max[demand]))

    def _lay_links(self, ground: Ground, one: Ints, other: Ints, once: NDArray[np.bool_]) -> None:
        """Charge a site in so many blocks, parcels held together by borders, with one link less."""
        borders, links = once & (ground.border_m > 0), once & (ground.border_m <= 0)
        shape = (len(self.parcels),) * 2
        graph = sparse.csr_array((np.ones(borders.sum()), (one[borders], other[borders])), shape=shape)
        number, block = connected_components(graph, directed=False)
        self._link_wan = float(ground.link_wan[links].min(initial=np.inf)) if number > 1 else 0.0
        self._blocks = self._new(number) if number > 1 else np.empty(0, dtype=np.int64)
        if number > 1:
            self._only_with(np.arange(len(self.parcels)), self._blocks[block])
            self._sum(self._blocks, np.ones(number), 1.0, np.inf)

    def _lay_outline(
        self, ground: Ground, wants: Wants, demand: int, borders: tuple[Ints, Ints, NDArray[np.bool_]]
    ) -> None:
        """Hold the outlines of the parcels, without what two share that are both in, to what the area allows."""
        compact = float(wants.compactness_min[demand])
        if compact <= 0:
            return
        one, other, are_borders = borders
        shared = self._new(int(are_borders.sum()))
        self._only_with(shared, one[are_borders])
        self._only_with(shared, other[are_borders])
        columns, side = np.concatenate([np.arange(len(self.parcels)), shared]), np.sqrt(self._unit)
        for area in np.geomspace(self._least, max(self._most_m2, self._least), _TANGENTS).tolist():
            slope = np.sqrt(np.pi / compact / area)
            own = ground.outline_m[self.parcels] - slope * self._area
            lengths = np.concatenate([own, -2 * ground.border_m[are_borders]])
            self._sum(columns, lengths / side, -np.inf, float(slope * area / side))

    def _lay_width(self, wants: Wants, demand: int, number: Ints) -> None:
        """Take one of the cores whole."""
        width = int(wants.width[demand])
        if width < 0:
            return
        cores = [number[list(core)] for core in wants.cores[width]]
        cores = [core for core in cores if (core >= 0).all()]
        several = [core for core in cores if len(core) > 1]
        whole = self._new(len(several))
        for column, core in zip(whole, several, strict=True):
            self._only_with(np.full(len(core), column), core)
        alone = np.array([core[0] for core in cores if len(core) == 1], dtype=np.int64)
        self._sum(np.concatenate([alone, whole]), np.ones(len(cores)), 1.0, np.inf)

    def _pass(self) -> Any:  # noqa: ANN401  highspy has no types
        row, column, value = (np.concatenate([entry[part] for entry in self._entries]) for part in range(3))
        matrix = sparse.csc_array((value, (row, column)), shape=(self._rows, self._columns))
        model = self._highs.HighsLp()
        model.num_col_, model.num_row_ = self._columns, self._rows
        zeros = np.zeros(self._columns)
        model.col_cost_, model.col_lower_, model.col_upper_ = zeros, zeros, zeros + 1
        model.row_lower_, model.row_upper_ = np.array(self._low), np.array(self._high)
        model.a_matrix_.format_ = self._highs.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data
        solver = quiet(self._highs)
        solver.passModel(model)
        return solver

    def _cut(self, taken: tuple[int, ...], dropped: tuple[int, ...], most: float, rounds: int) -> tuple[float, Floats]:
        """Solve with some parcels in and some out, and cut, until little is won or `most` is reached; infinite where nothing goes."""
        low, high = np.zeros(self._columns), np.ones(self._columns)
        low[list(taken)], high[list(dropped)] = 1.0, 0.0
        self._forget()
        self._solver.changeColsBounds(self._columns, np.arange(self._columns, dtype=np.int32), low, high)
        part = np.zeros(len(self.parcels))
        last = -np.inf
        for turn in range(rounds):
            self._solver.run()
            status = self._solver.getModelStatus()
            if status == self._highs.HighsModelStatus.kInfeasible:
                return np.inf, part
            if status != self._highs.HighsModelStatus.kOptimal:
                return self._nothing, np.zeros(len(part))
            value = float(self._solver.getInfo().objective_function_value) - self._first_link
            value -= _ROUNDING * abs(value)
            part = np.clip(np.asarray(self._solver.getSolution().col_value)[: len(self.parcels)], 0.0, 1.0)
            if value >= most or turn + 1 == rounds or value - last < _LITTLE * abs(value):
                break
            last = value
            if not self._add(self._around(part) + (self._around(part, taken[0]) if taken else [])):
                break
        return value, part

    def _forget(self) -> None:
        """Let cuts go that bind nothing, where there are many."""
        rows = self._solver.getNumRow()
        dual = np.asarray(self._solver.getSolution().row_dual)
        if rows - self._rows > _CUTS and len(dual) == rows:
            idle = self._rows + np.flatnonzero(np.abs(dual[self._rows :]) < 1e-9)
            self._solver.deleteRows(len(idle), idle.astype(np.int32))

    def _add(self, cuts: list[Cut]) -> int:
        """Add cuts: all of the first parcels only where one of the others is taken, too."""
        if cuts:
            columns = np.concatenate([[*whole, *around] for whole, around in cuts]).astype(np.int64)
            values = np.concatenate([[1.0] * len(whole) + [-1.0] * len(around) for whole, around in cuts])
            sizes = [len(whole) + len(around) for whole, around in cuts]
            start = np.concatenate([[0], np.cumsum(sizes)])
            rows = sparse.csr_array((values, columns, start), shape=(len(cuts), self._columns))
            add_rows(self._solver, rows, np.array([len(whole) - 1.0 for whole, _ in cuts]))
        return len(cuts)

    def _around(self, part: Floats, root: int = -1) -> list[Cut]:
        """Find sets of which more is taken than of all around: smaller than a site, or (with a root that is taken) without the root.

        Each is grown from a parcel by the neighbour of which most is taken; of the sets met on the way, the first and the last that
        the programme breaks and the one that it breaks most are given.
        """
        taken = part.tolist()
        seen: set[int] = {root}
        cuts: list[Cut] = []
        for first in np.argsort(-part, kind="stable").tolist():
            if taken[first] < _BROKEN:
                break
            if first in seen:
                continue
            order, inside, area = [first], {first}, float(self._area[first])
            around: dict[int, float] = {}
            total = 0.0
            broken: list[tuple[float, int, tuple[int, ...]]] = []
            while root >= 0 or area < self._least:
                total -= around.pop(order[-1], 0.0)
                for near in self._near[order[-1]]:
                    if near not in around and near not in inside:
                        around[near] = taken[near]
                        total += taken[near]
                if taken[first] - total > _BROKEN:
                    broken.append((total, len(order), tuple(around)))
                if not around:
                    break
                order.append(max(around, key=around.__getitem__))
                inside.add(order[-1])
                area += float(self._area[order[-1]])
                if order[-1] == root:
                    break
            for _, size, outside in (
                {one[1]: one for one in (min(broken), broken[0], broken[-1])}.values() if broken else ()
            ):
                seen.update(order[:size])
                most = max(order[:size], key=taken.__getitem__)
                cuts.append(((most,) if root < 0 else (most, root), outside))
        return cuts
