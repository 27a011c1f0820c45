"""The best choice among very many sites: relaxation with cuts, what cannot be part of a better choice left aside, then the rest.

A site whose reduced cost is below (best so far − bound) is in no better choice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from landgis.core.planning.cuts import broken, held_by
from landgis.core.planning.packing import Chosen, Column, add_columns, add_rows, choose, lay_out, quiet
from landgis.core.planning.sites import never, require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: So many of the best priced sites come into the relaxation at once.
_AT_ONCE: Final = 1_500
#: With so few sites left the integer programme takes over.
_FEW: Final = 1_500
#: After which rounds a choice is made among so many of the nearest sites.
_CHOOSE_AFTER: Final = (3, 8)
_NEAREST: Final = 800
#: Rounds of cuts, and the share of the room a round has to take away to be worth another one.
_ROUNDS: Final = 30
_WORTH_IT: Final = 0.03
#: Seconds for a first choice out of the relaxation's own sites.
_FIRST_S: Final = 2.0


def settle(
    columns: Sequence[Column],
    parcels: int,
    demands: int,
    limits: Floats,
    *,
    best: Chosen,
    gap: float,
    stop: Callable[[], bool],
) -> Chosen:
    """Take the best columns that go together, as `landgis.core.planning.packing.choose` does, where there are very many of them.

    Parameters
    ----------
    columns, parcels, demands, limits, gap, stop
        As `landgis.core.planning.packing.choose` takes them.
    best
        The best choice so far, of whatever columns: what is not better is not looked for.

    Returns
    -------
    Chosen
        ``best`` or a better choice; the bound holds for every choice out of these columns.
    """
    if not columns:
        return Chosen(best.columns, best.value, best.value)
    table = _Table(columns, parcels, demands, limits)
    bound = np.inf
    room = np.inf
    for number in range(_ROUNDS):
        value = table.solve(stop)
        if value is None:
            break
        bound = min(bound, value)
        goal = gap / 2 * max(abs(best.value), 1.0)
        if number in _CHOOSE_AFTER:
            # A choice among the sites that the relaxation holds for the best: the more cuts, the nearer it is to one.
            near = table.nearest(_NEAREST)
            found = choose(
                [columns[at] for at in near], parcels, demands, limits, gap=gap / 2, stop=stop, seconds=_FIRST_S
            )
            best = found if found.value > best.value else best
        table.leave_aside(bound - best.value)
        if bound - best.value <= goal or len(table.alive) == 0:
            return Chosen(best.columns, best.value, max(bound, best.value))
        is_slow = bound - best.value > room * (1 - _WORTH_IT)
        room = bound - best.value
        if len(table.alive) <= _FEW or is_slow or stop() or not table.cut():
            break
    if stop():
        # Whoever stops gets an answer all the same: the best that is found in a moment.
        if not best.columns:
            few = [columns[at] for at in table.nearest(_NEAREST)]
            best = choose(few, parcels, demands, limits, gap=gap / 2, stop=never, seconds=_FIRST_S)
        return Chosen(best.columns, best.value, max(bound, best.value))
    left = [columns[at] for at in table.alive]
    found = choose(left, parcels, demands, limits, gap=gap / 2, stop=stop)
    best = found if found.value > best.value else best
    return Chosen(best.columns, best.value, max(best.value, min(bound, found.bound)))


@dataclass
class _Table:
    """All columns as a matrix, those that entered the relaxation, and the cuts."""

    columns: Sequence[Column]
    parcels: int
    demands: int
    limits: Floats
    alive: Ints = field(init=False)
    entered: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        start, index, value = lay_out(self.columns, self.parcels, self.demands, len(self.limits))
        shape = (self.parcels + self.demands + len(self.limits), len(self.columns))
        self._by_row = sparse.csc_array((value, index, start), shape=shape).tocsr()
        self._worth = np.array([one.value for one in self.columns])
        self._cuts = sparse.csr_array((0, len(self.columns)))
        self._highs: Any = require("highspy")
        self._solver = quiet(self._highs)
        self._demand = np.array([one.demand for one in self.columns])
        self._upper = np.concatenate([np.ones(self.parcels + self.demands), self.limits])
        self._dual = np.zeros(len(self._upper))
        add_rows(self._solver, sparse.csr_array((len(self._upper), 0)), self._upper)
        self.alive = np.arange(len(self.columns))
        self._is_in = np.zeros(len(self.columns), dtype=bool)
        self._reduced = self._worth.copy()
        self._share = np.empty(0)

    def solve(self, stop: Callable[[], bool]) -> float | None:
        """Solve the relaxation over all columns that are left; None where it was stopped."""
        while True:
            if self.entered:
                self._solver.run()
                if self._solver.getModelStatus() != self._highs.HighsModelStatus.kOptimal:
                    return None
                dual = np.maximum(-np.asarray(self._solver.getSolution().row_dual), 0.0)
                rows = self._by_row.shape[0]
                self._dual = dual
                self._reduced = self._worth - self._by_row.T @ dual[:rows] - self._cuts.T @ dual[rows:]
            reduced = np.where(self._is_in[self.alive], -np.inf, self._reduced[self.alive])
            better = self.alive[reduced > 1e-6]
            if not len(better):
                break
            if stop():
                return None
            self._enter(better[np.argsort(-self._reduced[better], kind="stable")[:_AT_ONCE]])
        if not self.entered:
            return 0.0
        self._share = np.asarray(self._solver.getSolution().col_value)
        # What the prices prove by themselves: a demand takes one column at most, whatever the solver's tolerance let pass.
        hidden = np.zeros(self.demands)
        np.maximum.at(hidden, self._demand[self.alive], self._reduced[self.alive])
        return float(self._dual @ self._upper) + float(hidden.sum())

    def nearest(self, count: int) -> Ints:
        """Give the columns of the best reduced cost."""
        return self.alive[np.argsort(-self._reduced[self.alive], kind="stable")[:count]]

    def leave_aside(self, room: float) -> None:
        """Drop what is in no better choice."""
        self.alive = self.alive[self._reduced[self.alive] >= -room - 1e-6]

    def cut(self) -> bool:
        """Add cuts that the relaxation breaks; say whether there were any."""
        once = self._by_row[: self.parcels + self.demands]
        triples = broken(once[:, self.entered], self._share)
        if not len(triples):
            return False
        fresh = held_by(triples, once)
        add_rows(self._solver, fresh[:, self.entered].tocsr(), np.ones(len(triples)))
        self._cuts = sparse.vstack([self._cuts, fresh]).tocsr()
        self._upper = np.append(self._upper, np.ones(len(triples)))
        return True

    def _enter(self, which: Ints) -> None:
        add_columns(self._solver, self._worth[which], [self._by_row[:, which], self._cuts[:, which]])
        self._is_in[which] = True
        self.entered += which.tolist()
