"""Which value of one indicator would give a subject another grade, all others as they stand; proved by grading its population again."""

from math import ceil, floor, log10

import numpy as np
import pandas as pd

from landgis.core.judging.performance import cut_grades, cut_places, rank_totals, scheme_of, score
from landgis.core.judging.ranking import Floats
from landgis.terms.rules import Population, Ruleset

#: A value is told with so many figures, rounded away from the one it has.
_FIGURES = 4
#: Just below another's total: more than what counts as tied.
_BELOW = 2e-9


def other_grades(grades: pd.DataFrame, rules: Ruleset, subject: int) -> list[tuple[str, float, float, str]]:
    """Say what one indicator alone would have to be for another grade.

    Parameters
    ----------
    grades
        As `landgis.core.judging.performance.grade` gives them, with parts, of the subject's whole park.
    rules
        The ruleset that made them.
    subject
        A label of `grades`.

    Returns
    -------
    list of (measure, value now, value then, grade)
        For every known indicator and every grade it alone could reach, the value nearest to the present one: four figures, rounded away
        from it, in the indicator's unit. Empty where the grade does not come from the ranking (an override, none), and for methods
        other than ``ratio_to_base``: a percentile moves with everybody's.

    Raises
    ------
    RuleError
        The ruleset has no scheme.
    """
    scheme = scheme_of(rules)
    own = grades.loc[subject]
    if scheme.method != "ratio_to_base" or pd.isna(own["grade"]) or own["reason"] or own["measured"] is None:
        return []
    population = next(one for one in scheme.populations if one.code == str(own["population"]).rpartition("/")[2])
    beside = _Population(
        grades[(grades["population"] == own["population"]) & grades["measured"].notna()], population, rules
    )
    at = int(beside.rows.index.get_indexer(pd.Index([subject]))[0])
    found = []
    for place, item in enumerate(population.indicators):
        for grade, value in beside.reach(at, place):
            found.append((item.measure, float(beside.values[at, place]), value, grade))
    return found


class _Population:
    """All who are ranked with a subject, ready to be ranked again."""

    def __init__(self, rows: pd.DataFrame, population: Population, rules: Ruleset) -> None:
        self.rows, self.population, self.rules, self.scheme = rows, population, rules, scheme_of(rules)
        self.values = np.vstack(rows["measured"].to_list())
        self.bases = np.vstack(rows["bases"].to_list()) if rows["bases"].notna().all() else None
        self.extra = (rows["bonus"] - rows["deduction"]).fillna(0.0).to_numpy(dtype=float)
        self.ranked = rows["total"].notna().to_numpy(dtype=bool)

    def totals(self, at: int, place: int, value: float) -> Floats:
        """Score everybody again where one subject has another value."""
        values = self.values.copy()
        values[at, place] = value
        frame = pd.DataFrame(values, columns=[item.measure for item in self.population.indicators])
        scored = score(frame, self.population, self.scheme, self.rules, bases=self.bases)
        return np.where(self.ranked, scored.total + self.extra, np.nan)

    def grade(self, at: int, place: int, value: float) -> str:
        """Give the subject's grade with another value."""
        total = self.totals(at, place, value)
        rank, size = rank_totals(total, np.zeros(len(total), dtype=np.int64))
        return str(cut_grades(total[[at]], rank[[at]], size[[at]], self.scheme.cuts)[0])

    def reach(self, at: int, place: int) -> list[tuple[str, float]]:
        """Give for each other grade the nearest value of one indicator that brings it."""
        now = float(self.values[at, place])
        if np.isnan(now):
            return []
        # A total is a straight line over one indicator, up to its cap: two points give it.
        base = (
            float(self.population.indicators[place].base or 1) if self.bases is None else float(self.bases[at, place])
        )
        start, end = (float(self.totals(at, place, value)[at]) for value in (0.0, base / 2))
        own, slope = float(self.rows["total"].iloc[at]), (end - start) / (base / 2)
        rivals = np.sort(np.delete(self.rows["total"].to_numpy(dtype=float), at))
        rivals = rivals[~np.isnan(rivals)]
        bounds = [float(cut.at_least) for cut in self.scheme.cuts if cut.at_least is not None]
        tried = np.unique(np.concatenate([rivals, rivals - _BELOW, bounds, np.array(bounds) - _BELOW]))
        rank = len(rivals) - np.searchsorted(np.round(rivals, 9), np.round(tried, 9), "right") + 1.0
        size = np.full(len(tried), len(rivals) + 1, dtype=np.int64)
        places = cut_places(tried, rank, size, self.scheme.cuts)
        found = []
        for cut_place in np.unique(places):
            grade = self.scheme.cuts[int(cut_place)].grade
            mine = tried[places == cut_place]
            total = float(mine[np.argmin(np.abs(mine - own))])
            value = _rounded((total - start) / slope, now) if slope > 0 else now
            if value >= 0 and grade != str(self.rows["grade"].iloc[at]) and self.grade(at, place, value) == grade:
                found.append((grade, value))
        return found


def _rounded(value: float, away_from: float) -> float:
    """Round to four figures, away from another number.

    >>> _rounded(11.99501, 9.1), _rounded(11.99501, 13.0)
    (12.0, 11.99)
    """
    if value <= 0:
        return value
    step = 10.0 ** (floor(log10(value)) + 1 - _FIGURES)
    return round((ceil if value > away_from else floor)(round(value / step, 6)) * step, 12)
