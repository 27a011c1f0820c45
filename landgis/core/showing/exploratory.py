"""Scores for looking around: what another weighting would say. Never a legal grade, always beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.terms.errors import RuleError, Words

Floats = NDArray[np.float64]
Method = Literal["entropy", "critic", "user"]

METHODS: Final[tuple[Method, ...]] = get_args(Method)
#: Values beyond these quantiles are drawn in to them: weights by entropy follow outliers. Our own advice.
WINSOR: Final = (0.01, 0.99)
#: Fewer than so many subjects have no spread that a weight could be read off.
LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class Explored:
    """One population looked at by another weighting.

    ``weights`` by indicator, summing to 1; ``left_out`` says which indicators were constant or known of too few; ``score`` (0-1) and
    ``rank`` by subject, NaN where an indicator is not known; ``agreement`` with the legal grade, NaN where there is none.
    """

    weights: Mapping[str, float]
    left_out: tuple[str, ...]
    score: Floats
    rank: Floats
    spearman: float
    kendall: float


def explore(
    values: pd.DataFrame,
    better: Mapping[str, Literal["higher", "lower"]],
    method: Method,
    *,
    weights: Mapping[str, float] | None = None,
    grades: Sequence[str | None] = (),
) -> Explored:
    """Score one population by TOPSIS under weights by entropy, by CRITIC, or of one's own.

    Parameters
    ----------
    values
        One row per subject, one column per indicator, float64; NaN is unknown.
    better
        For each indicator whether higher or lower is better.
    method
        ``entropy``, ``critic``, or ``user`` with `weights`.
    weights
        By indicator, not negative; those not named weigh nothing.
    grades
        The legal grade of each subject, None where there is none.

    Returns
    -------
    Explored
        Who lacks an indicator that has a weight is not scored: a gap is not filled in for looking around.

    Raises
    ------
    RuleError
        A weight is negative or names no indicator, or all are zero.

    Notes
    -----
    Values are winsorised to `WINSOR`, turned so that higher is better, and brought to 0-1 between the least and the most.
    Entropy: p = x ÷ Σx, e = −Σ p ln p ÷ ln n (0 ln 0 = 0), weight ∝ 1 − e. CRITIC: weight ∝ standard deviation x Σ(1 − correlation).
    A constant indicator tells nobody apart and weighs nothing. TOPSIS: distances of the weighted values from the best and the worst
    of each indicator; score = d⁻ ÷ (d⁻ + d⁺). Sources: Hwang & Yoon 1981; Diakoulaki et al. 1995.
    Ranks move when the population does: entropy and CRITIC read their weights off it.
    """
    names = [str(name) for name in values.columns]
    if method == "user":
        _check(weights or {}, names)
    # An indicator known of hardly anybody, or one's own weight of zero, must not keep the others from being scored.
    usable = [name for name in names if values[name].notna().sum() >= LEAST]
    if method == "user":
        usable = [name for name in usable if (weights or {}).get(name)]
    known = values[usable].notna().all(axis=1).to_numpy(dtype=bool) & bool(usable)
    table = unit_table(values.loc[known, usable].to_numpy(dtype=float), [better[name] for name in usable])
    count = len(values)
    score, rank = np.full(count, np.nan), np.full(count, np.nan)
    found = np.zeros(len(usable))
    if len(table) >= LEAST:
        if method == "user":
            given = np.array([float((weights or {}).get(name, 0.0)) for name in usable]) * (np.ptp(table, axis=0) > 0)
            found = given / given.sum() if given.sum() > 0 else given
        else:
            found = entropy_weights(table) if method == "entropy" else critic_weights(table)
    if found.sum() > 0:
        score[known] = topsis(table, found)
        rank[known] = 1 + _greater(np.round(score[known], 12))
    spearman, kendall = agreement(score, grades) if len(grades) else (np.nan, np.nan)
    given_weights = dict(zip(usable, found.tolist(), strict=True))
    return Explored(
        {name: given_weights.get(name, 0.0) for name in names},
        tuple(name for name in names if not given_weights.get(name)),
        score,
        rank,
        spearman,
        kendall,
    )


def unit_table(values: Floats, better: Sequence[str]) -> Floats:
    """Winsorise each column, bring it to 0-1, best 1; a constant one is 0."""
    if not len(values):
        return values
    low, high = np.quantile(values, WINSOR, axis=0)
    drawn_in = np.clip(values, low, high)
    least, span = drawn_in.min(axis=0), np.ptp(drawn_in, axis=0)
    unit = (drawn_in - least) / np.where(span > 0, span, 1.0)
    lower = np.array([one == "lower" for one in better])
    return np.asarray(np.where(lower & (span > 0), 1.0 - unit, unit))


def entropy_weights(table: Floats) -> Floats:
    """Weigh each column of a table of 0-1 by how unevenly it is spread; all zero where every column is constant."""
    sums = table.sum(axis=0)
    part = table / np.where(sums > 0, sums, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(part > 0, part * np.log(part), 0.0).sum(axis=0) / np.log(len(table))
    spread = np.where(np.ptp(table, axis=0) > 0, 1.0 - entropy, 0.0)
    return spread / spread.sum() if spread.sum() > 0 else spread


def critic_weights(table: Floats) -> Floats:
    """Weigh each column of a table of 0-1 by its spread and by how little the others repeat it; constant columns weigh nothing."""
    moves = np.ptp(table, axis=0) > 0
    out = np.zeros(table.shape[1])
    if not moves.any():
        return out
    moving = table[:, moves]
    spread = moving.std(axis=0, ddof=1)
    conflict = (1.0 - np.atleast_2d(np.corrcoef(moving, rowvar=False))).sum(axis=0)
    told = spread * conflict
    # Columns that all repeat each other conflict with nobody: their spread alone is left.
    told = told if told.sum() > 1e-12 else spread
    out[moves] = told / told.sum()
    return out


def topsis(table: Floats, weights: Floats) -> Floats:
    """Score each row of a table of 0-1 by its distances from the best and the worst of each column."""
    weighted = table * weights
    best, worst = weighted.max(axis=0), weighted.min(axis=0)
    far, near = (np.sqrt(((weighted - point) ** 2).sum(axis=1)) for point in (best, worst))
    return np.asarray(near / (far + near))


def agreement(score: Floats, grades: Sequence[str | None]) -> tuple[float, float]:
    """Correlate scores with grades A to D, ties counted: Spearman's rho and Kendall's tau-b; NaN where one of them does not vary.

    Notes
    -----
    Exact. Few grades make tau-b cheap: the pairs of two grades are counted by sorting one and looking the other up.
    """
    letters = np.array([ord(grade) if grade and grade != "T" else 0 for grade in grades], dtype=float)
    both = ~np.isnan(score) & (letters > 0)
    value, grade = np.round(score[both], 12), -letters[both]  # A is the highest
    if len(np.unique(value)) < 2 or len(np.unique(grade)) < 2:
        return float("nan"), float("nan")
    spearman = float(np.corrcoef(_mean_ranks(value), _mean_ranks(grade))[0, 1])
    classes = {level: np.sort(value[grade == level]) for level in np.unique(grade)}
    concordance = 0
    for worse, nicer in combinations(classes, 2):
        below = np.searchsorted(classes[worse], classes[nicer], side="left").sum()
        not_above = np.searchsorted(classes[worse], classes[nicer], side="right").sum()
        concordance += int(below) - int(len(classes[worse]) * len(classes[nicer]) - not_above)
    pairs = len(value) * (len(value) - 1) // 2
    untied = [
        pairs - sum(int(n) * (int(n) - 1) // 2 for n in np.unique(one, return_counts=True)[1]) for one in (value, grade)
    ]
    return spearman, concordance / float(np.sqrt(float(untied[0]) * float(untied[1])))


def _check(weights: Mapping[str, float], names: Sequence[str]) -> None:
    strange = [name for name in weights if name not in names]
    if strange or not weights or min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise RuleError(
            Words("权重不能用。", "The weights cannot be used."),
            at=", ".join(f"{name}={value:g}" for name, value in weights.items()) or "–",
            why=Words(
                f"没有这些指标：{'、'.join(strange)}。" if strange else "权重须不为负，且不全为零。",
                f"There are no such indicators: {', '.join(strange)}."
                if strange
                else "Weights are not negative, and not all zero.",
            ),
            mend=Words(f"可用指标：{'、'.join(names)}。", f"The indicators are: {', '.join(names)}."),
        )


def _greater(values: Floats) -> NDArray[np.int64]:
    """Count for each value how many are greater."""
    return len(values) - np.searchsorted(np.sort(values), values, side="right")


def _mean_ranks(values: Floats) -> Floats:
    """Rank values from 1, ties on their mean."""
    ordered = np.sort(values)
    left, right = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (left + right + 1) / 2
