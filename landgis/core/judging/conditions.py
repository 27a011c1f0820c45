"""One condition of a ruleset over measures, in three values: met, not met, unknown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.terms.measures import MEASURES
from landgis.terms.rules import Condition, Ruleset

Truth = NDArray[np.int8]
Floats = NDArray[np.float64]

#: The three values. ``min`` is "and", ``max`` is "or" (Kleene).
NO: Final = np.int8(0)
UNKNOWN: Final = np.int8(1)
YES: Final = np.int8(2)

#: Two numbers nearer than this part of the threshold are equal: noise of a division never decides a finding.
SAME: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Judged:
    """What a condition says of every row, and between which numbers it decided (NaN for texts and booleans)."""

    truth: Truth
    value: Floats
    threshold: Floats


def judge(measures: pd.DataFrame, condition: Condition, rules: Ruleset) -> Judged:
    """Judge one condition for every row.

    Parameters
    ----------
    measures
        One row per subject, with the condition's measures as columns. A column that is not there is unknown for all.
    condition, rules
        The condition and the ruleset that holds its numbers.

    Returns
    -------
    Judged
        Arrays in the order of the rows.

    Raises
    ------
    RuleError
        The ruleset lacks the number.
    """
    count = len(measures)
    blank = np.full(count, np.nan)
    if condition.operator == "is":
        flag = _column(measures, condition.measure).astype("boolean")
        met = flag.fillna(False).to_numpy(dtype=bool) == condition.value
        return Judged(_three(met, flag.isna().to_numpy(dtype=bool)), blank, blank)
    if condition.operator in ("in", "not_in"):
        text = _column(measures, condition.measure)
        met = text.isin(condition.values).to_numpy(dtype=bool) == (condition.operator == "in")
        return Judged(_three(met, text.isna().to_numpy(dtype=bool)), blank, blank)
    value = pd.to_numeric(_column(measures, condition.measure)).to_numpy(dtype=float, na_value=np.nan)
    threshold = _threshold(measures, condition, rules)
    with np.errstate(invalid="ignore"):
        same = np.abs(value - threshold) <= SAME * np.abs(threshold)
    same &= np.isfinite(threshold)
    met = np.where(
        same,
        condition.operator in ("<=", ">="),
        (value < threshold) if condition.operator in ("<", "<=") else (value > threshold),
    )
    return Judged(_three(met, np.isnan(value) | np.isnan(threshold)), value, threshold)


def beyond(value: Floats, threshold: Floats, above: NDArray[np.bool_] | bool) -> dict[str, Floats]:
    """Measure how far values lie beyond their thresholds.

    Parameters
    ----------
    value, threshold
        In one unit; an infinite threshold asks nothing.
    above
        The condition holds above its threshold; else below.

    Returns
    -------
    dict
        ``value``; ``threshold``, unknown where nothing is asked; ``margin`` in their unit, positive on the side where the condition
        holds, negative by how much it falls short of that; ``margin_share``, the margin as a share of the threshold, unknown where
        that is zero.

    >>> beyond(np.array([3.0, 7.5]), np.array([5.0, 5.0]), above=False)["margin_share"].tolist()
    [0.4, -0.5]
    """
    asked = np.where(np.isfinite(threshold), threshold, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(above, value - asked, asked - value)
        share = np.where(asked != 0, margin / np.abs(asked), np.nan)
    return {"value": value, "threshold": asked, "margin": margin, "margin_share": share}


class Lacks:
    """Collects which columns of the stock each row lacks."""

    def __init__(self, count: int) -> None:
        self._bits = np.zeros(count, dtype=np.int64)
        self._needs: dict[tuple[str, ...], int] = {}

    def add(self, where: NDArray[np.bool_], needs: tuple[str, ...]) -> None:
        """Note that these rows lack these columns."""
        if needs and where.any():
            bit = self._needs.setdefault(needs, len(self._needs))
            self._bits[where] |= np.int64(1 << bit)

    def add_condition(
        self, measures: pd.DataFrame, condition: Condition, rules: Ruleset, where: NDArray[np.bool_]
    ) -> None:
        """Note what a condition lacks where it is unknown.

        A measure known through users lacks ``parcel_use`` where the parcel has none.
        """
        nobody = (measures["users"] == 0).to_numpy(dtype=bool) if "users" in measures else np.zeros(len(measures), bool)
        derived = {item.name: item for item in rules.derived}
        names = [condition.measure, condition.of]
        if condition.table:
            names += [rules.tables[condition.table].by, rules.tables[condition.table].scheme_by]
        unknown = where & (judge(measures, condition, rules).truth == UNKNOWN)
        if condition.table:
            # An edition the table does not have is known, and still the wrong one: its column is what must be mended.
            scheme = _column(measures, rules.tables[condition.table].scheme_by)
            other = scheme.notna() & ~scheme.isin(rules.tables[condition.table].values)
            self.add(unknown & other.to_numpy(dtype=bool), MEASURES[rules.tables[condition.table].scheme_by].needs)
            # A code its edition does not have, where that is unknown: the table itself lacks it.
            codes = _column(measures, rules.tables[condition.table].by)
            self.add(unknown & (scheme.notna() & ~other & codes.notna()).to_numpy(dtype=bool), (condition.table,))
        for name in filter(None, names):
            blank = unknown & _blank(measures, name)
            made_of = (derived[name].of, *derived[name].within) if name in derived else (*MEASURES[name].made_of, name)
            for part in made_of:
                measure = MEASURES[part]
                lacks = blank & _blank(measures, part)
                without_user = lacks & nobody & measure.by_users
                self.add(without_user, ("parcel_use",))
                self.add(lacks & ~without_user, measure.needs)
                blank = blank & ~lacks
            # All its parts are known: its group is too small.
            self.add(blank, (name,))

    def tuples(self) -> NDArray[Any]:
        """Give one tuple of column names per row, in the order they were noted."""
        patterns, place = np.unique(self._bits, return_inverse=True)
        named = np.empty(len(patterns), dtype=object)
        for at, pattern in enumerate(patterns.tolist()):
            parts = [needs for needs, bit in self._needs.items() if pattern >> bit & 1]
            named[at] = tuple(dict.fromkeys(name for needs in parts for name in needs))
        return named[place]


def _column(measures: pd.DataFrame, name: str) -> pd.Series:
    if name in measures:
        return measures[name]
    return pd.Series(np.nan, index=measures.index, dtype=float)


def _blank(measures: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    return _column(measures, name).isna().to_numpy(dtype=bool)


def _three(met: NDArray[np.bool_], unknown: NDArray[np.bool_]) -> Truth:
    return np.where(unknown, UNKNOWN, np.where(met, YES, NO)).astype(np.int8)


def _threshold(measures: pd.DataFrame, condition: Condition, rules: Ruleset) -> Floats:
    if condition.table:
        table = rules.tables[condition.table]
        codes, schemes = _column(measures, table.by), _column(measures, table.scheme_by)
        found = np.full(len(measures), np.nan)
        for edition, values in table.values.items():
            mine = (schemes == edition).fillna(False).to_numpy(dtype=bool) & codes.notna().to_numpy(dtype=bool)
            floors = codes.map({code: float(value) for code, value in values.items()}).to_numpy(
                dtype=float, na_value=np.nan
            )
            nothing_asked = -np.inf if condition.operator in ("<", "<=") else np.inf
            unlisted = nothing_asked if table.unlisted == "nothing_asked" else np.nan
            found[mine] = np.where(np.isnan(floors), unlisted, floors)[mine]
        return found
    number = float(rules.number(condition.number).value)
    if not condition.of:
        return np.full(len(measures), number)
    return number * _column(measures, condition.of).to_numpy(dtype=float, na_value=np.nan)


def every(parts: Iterable[Truth], count: int) -> Truth:
    """Say where all parts hold; with no part, everywhere."""
    found = np.full(count, YES, dtype=np.int8)
    for part in parts:
        np.minimum(found, part, out=found)
    return found


def some(parts: Iterable[Truth], count: int) -> Truth:
    """Say where one of the parts holds; with no part, everywhere (nothing more is asked)."""
    listed = list(parts)
    if not listed:
        return np.full(count, YES, dtype=np.int8)
    found = np.full(count, NO, dtype=np.int8)
    for part in listed:
        np.maximum(found, part, out=found)
    return found
