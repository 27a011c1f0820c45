"""Cuts of a choice: three rows, each to be used once; of the columns that hold two of them or all three at most one can be taken.

The relaxation breaks that freely (three halves make one and a half), and these cuts take away most of what it promises too much
(Chvátal's rank one; Jepsen et al. 2008 in routing).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How many cuts a round brings, how often a row is used in them, and by how much a cut has to be broken.
_CUTS: Final = 200
_CUTS_OF_A_ROW: Final = 6
_BROKEN: Final = 0.02


def broken(by_row: Any, share: Floats) -> Ints:  # noqa: ANN401  scipy's sparse has no types
    """Find the cuts that a choice in parts breaks most.

    Parameters
    ----------
    by_row
        Which column holds which row, sparse, shape (rows, columns).
    share
        How much of each column is taken.

    Returns
    -------
    Ints
        Three rows each, shape (found, 3).
    """
    is_part = np.flatnonzero((share > 1e-7) & (share < 1 - 1e-7))
    once = by_row[:, is_part].toarray() > 0
    rows = np.flatnonzero(once.any(axis=1))
    return rows[_triples(once[rows].astype(np.float64), share[is_part])]


def held_by(triples: Ints, by_row: Any) -> Any:  # noqa: ANN401  scipy's sparse has no types
    """Say which columns hold two rows of a cut or all three: ones, sparse, shape (cuts, columns)."""
    number = np.repeat(np.arange(len(triples)), 3)
    three = sparse.csr_array((np.ones(len(number)), (number, triples.ravel())), shape=(len(triples), by_row.shape[0]))
    held = (three @ by_row).tocsr()
    held.data = (held.data >= 2).astype(np.float64)
    held.eliminate_zeros()
    return held


def _triples(held: Floats, share: Floats) -> Ints:
    together = (held * share) @ held.T
    np.fill_diagonal(together, 0.0)
    found: list[Ints] = []
    for at in range(len(held)):
        # In a broken triple a row has something in common with both others, seen from one of the three.
        near = np.flatnonzero(together[at] > 1e-9)
        of_two = together[at, near]
        total = of_two[:, None] + of_two[None, :] + together[np.ix_(near, near)]
        i, j = np.nonzero(np.triu(total > 1 + _BROKEN, 1))
        found.append(np.column_stack([np.full(len(i), at), near[i], near[j]]))
    none = np.empty((0, 3), dtype=np.int64)
    triples = np.unique(np.sort(np.concatenate([none, *found]), axis=1), axis=0)
    twice = held[triples[:, 0]] + held[triples[:, 1]] + held[triples[:, 2]] >= 2
    over = twice @ share - 1
    used = np.zeros(len(held), dtype=np.int64)
    picked: list[int] = []
    for one in np.argsort(-over, kind="stable").tolist():
        if over[one] <= _BROKEN or len(picked) == _CUTS:
            break
        if (used[triples[one]] < _CUTS_OF_A_ROW).all():
            used[triples[one]] += 1
            picked.append(one)
    return triples[picked]
