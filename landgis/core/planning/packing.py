"""Which of many sites to take: no parcel twice, no demand twice, within limits. Linear relaxation and integer programme, by HiGHS.

Columns are sites for a demand; rows are parcels and demands (each at most once) and limits (money, staff, …).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from landgis.core.planning.cuts import broken, held_by
from landgis.core.planning.sites import NO_CUTS, Cuts, require
from landgis.terms.errors import SetupError, Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: What HiGHS takes.
Whole = NDArray[np.int32]


@dataclass(frozen=True)
class Column:
    """One site for one demand: its parcels (sorted positions), its worth minus cost (万元), and what it uses of every limit."""

    demand: int
    members: Ints
    value: float
    uses: tuple[float, ...]

    @property
    def key(self) -> tuple[int, bytes]:
        """What makes it the same column."""
        return self.demand, self.members.tobytes()


@dataclass(frozen=True)
class Prices:
    """What the relaxation charges for a parcel, a demand, a unit of each limit and by its cuts; and its value."""

    parcel: Floats
    demand: Floats
    limit: Floats
    cuts: Cuts
    value: float

    def mixed(self, other: "Prices", share: float) -> "Prices":
        """Give prices between these and others."""
        return Prices(
            share * other.parcel + (1 - share) * self.parcel,
            share * other.demand + (1 - share) * self.demand,
            share * other.limit + (1 - share) * self.limit,
            self.cuts.mixed(other.cuts, share),
            self.value,
        )


class Relaxation:
    """The linear relaxation over the columns there are so far."""

    def __init__(self, parcels: int, demands: int, limits: Floats) -> None:
        self._highs: Any = require("highspy")
        self._shape = parcels, demands, len(limits)
        rows = parcels + demands + len(limits)
        self._solver = quiet(self._highs)
        upper = np.concatenate([np.ones(parcels + demands), limits])
        add_rows(self._solver, sparse.csr_array((rows, 0)), upper)
        self.columns: list[Column] = []
        self._known: set[tuple[int, bytes]] = set()
        self._cuts = NO_CUTS.parcels

    def add(self, columns: Sequence[Column]) -> int:
        """Add columns that are not there yet; give how many."""
        fresh = []
        for column in columns:
            if column.key not in self._known:
                self._known.add(column.key)
                fresh.append(column)
        if fresh:
            matrix = self._matrix(fresh)
            add_columns(self._solver, np.array([one.value for one in fresh]), [matrix, held_by(self._cuts, matrix)])
            self.columns += fresh
        return len(fresh)

    def nearest(self, count: int) -> list[Column]:
        """Give the columns of the best reduced cost."""
        reduced = np.asarray(self._solver.getSolution().col_dual)
        return [self.columns[at] for at in np.argsort(reduced, kind="stable")[:count].tolist()]

    def cut(self) -> int:
        """Add the cuts of parcels that the last answer breaks; give how many."""
        matrix = self._matrix(self.columns)
        fresh = broken(matrix[: self._shape[0]], np.asarray(self._solver.getSolution().col_value))
        self._cuts = np.concatenate([self._cuts, fresh])
        add_rows(self._solver, held_by(fresh, matrix), np.ones(len(fresh)))
        return len(fresh)

    def _matrix(self, columns: Sequence[Column]) -> Any:  # noqa: ANN401  scipy's sparse has no types
        start, index, value = lay_out(columns, *self._shape)
        return sparse.csc_array((value, index, start), shape=(sum(self._shape), len(columns)))

    def solve(self) -> Prices:
        """Solve and give the prices.

        Raises
        ------
        SetupError
            HiGHS gives no optimum: an empty choice always goes and every column has a bound, so something is wrong with it.
        """
        parcels, demands, limits = self._shape
        if not self.columns:
            return Prices(np.zeros(parcels), np.zeros(demands), np.zeros(limits), NO_CUTS, 0.0)
        optimal = self._highs.HighsModelStatus.kOptimal
        self._solver.run()
        if self._solver.getModelStatus() != optimal:
            self._solver.clearSolver()  # begin again, without the last basis
            self._solver.run()
        if self._solver.getModelStatus() != optimal:
            raise SetupError(
                Words("求解器未给出松弛解。", "The solver gives no answer to the relaxation."),
                at=f"HiGHS: {self._solver.modelStatusToString(self._solver.getModelStatus())}",
                why=Words("没有对偶价格就没有界。", "Without its prices there is no bound."),
                mend=Words("重装 highspy，或报告此问题。", "Install highspy anew, or report this."),
            )
        dual = np.maximum(-np.asarray(self._solver.getSolution().row_dual), 0.0)
        value = -float(self._solver.getInfo().objective_function_value)
        parcel, demand, limit, cut = np.split(dual, np.cumsum(self._shape))
        return Prices(parcel, demand, limit, Cuts(self._cuts, cut), value)


@dataclass(frozen=True)
class Chosen:
    """The columns taken, their value, and the bound over the columns given."""

    columns: tuple[Column, ...]
    value: float
    bound: float


def choose(
    columns: Sequence[Column],
    parcels: int,
    demands: int,
    limits: Floats,
    *,
    gap: float,
    stop: Callable[[], bool],
    seconds: float = np.inf,
) -> Chosen:
    """Take the best columns that go together, proved within a relative gap unless it is stopped or its seconds are over."""
    if not columns:
        return Chosen((), 0.0, 0.0)
    highs: Any = require("highspy")
    solver = quiet(highs)
    solver.setOptionValue("mip_rel_gap", gap)
    if np.isfinite(seconds):
        solver.setOptionValue("time_limit", float(seconds))
    start, index, value = lay_out(columns, parcels, demands, len(limits))
    upper = np.concatenate([np.ones(parcels + demands), limits])
    met, place = np.unique(index, return_inverse=True)
    model = highs.HighsLp()
    count = len(columns)
    worth = np.array([one.value for one in columns])
    model.num_col_, model.num_row_ = count, len(met)
    model.col_cost_, model.col_lower_, model.col_upper_ = -worth, np.zeros(count), np.ones(count)
    model.row_lower_, model.row_upper_ = np.full(len(met), -np.inf), upper[met]
    model.a_matrix_.format_ = highs.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = start, place.astype(np.int32), value
    model.integrality_ = [highs.HighsVarType.kInteger] * count
    solver.passModel(model)

    def ask(event: Any) -> None:  # noqa: ANN401  highspy has no types
        if stop():
            event.interrupt()

    solver.cbMipInterrupt.subscribe(ask)
    solver.run()
    info = solver.getInfo()
    # Stopped before it had an answer: a greedy one. It is not handed over at the start, because HiGHS 1.16 then may give it back
    # beside the value of a better one.
    taken = _greedy(columns, worth, upper, start, index, value)
    if info.primal_solution_status == highs.SolutionStatus.kSolutionStatusFeasible.value:
        found = np.asarray(solver.getSolution().col_value) > 0.5
        taken = found if worth[found].sum() >= worth[taken].sum() else taken
    picked = tuple(columns[at] for at in np.flatnonzero(taken).tolist())
    total = float(worth[taken].sum())
    return Chosen(picked, total, max(-float(info.mip_dual_bound), total))


def _greedy(
    columns: Sequence[Column], worth: Floats, upper: Floats, start: Whole, index: Whole, value: Floats
) -> NDArray[np.bool_]:
    """Take columns by worth as long as they fit: a first answer."""
    left = upper.copy()
    taken = np.zeros(len(columns), dtype=bool)
    for at in np.argsort(-worth, kind="stable"):
        rows, amounts = index[start[at] : start[at + 1]], value[start[at] : start[at + 1]]
        if worth[at] > 0 and (left[rows] >= amounts - 1e-9).all():
            left[rows] -= amounts
            taken[at] = True
    return taken


def lay_out(columns: Sequence[Column], parcels: int, demands: int, limits: int) -> tuple[Whole, Whole, Floats]:
    """Lay columns out (CSC): where each starts, its rows, their amounts."""
    sizes = np.array([len(one.members) + 1 + limits for one in columns])
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    extra = parcels + demands + np.arange(limits)
    index = np.concatenate([np.concatenate([one.members, [parcels + one.demand], extra]) for one in columns])
    value = np.ones(len(index), dtype=np.float64)
    for at in range(limits):
        value[start[1:] - limits + at] = [one.uses[at] for one in columns]
    return start, index.astype(np.int32), value


def add_columns(solver: Any, worth: Floats, blocks: Sequence[Any]) -> None:  # noqa: ANN401  highspy has no types
    """Add columns of so much worth; `blocks` are their rows, sparse, one below another."""
    held = sparse.vstack(blocks).tocsc()
    held.sort_indices()
    count = len(worth)
    solver.addCols(
        count, -worth, np.zeros(count), np.full(count, np.inf), held.nnz, held.indptr[:-1].astype(np.int32),
        held.indices.astype(np.int32), held.data,
    )  # fmt: skip


def add_rows(solver: Any, rows: Any, upper: Floats) -> None:  # noqa: ANN401  neither has types
    """Add rows (CSR) that are at most so much."""
    count = len(upper)
    solver.addRows(
        count, np.full(count, -np.inf), upper, rows.nnz, rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32),
        rows.data.astype(np.float64),
    )  # fmt: skip


def quiet(highs: Any) -> Any:  # noqa: ANN401  highspy has no types
    """Give a solver that says nothing."""

    class Quiet(highs.Highs):  # type: ignore[misc]
        # It greets on standard output when callbacks are switched on, which its constructor does: silence has to come before.
        def enableCallbacks(self) -> None:
            self.silent()
            super().enableCallbacks()

    # The number of threads is left alone: HiGHS has one scheduler a process, and refuses to run where another number is asked of it.
    return Quiet()
