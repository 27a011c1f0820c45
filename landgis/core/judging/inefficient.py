"""Suspected low-efficiency land 低效, test by test."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.conditions import NO, UNKNOWN, YES, Lacks, Truth, beyond, every, judge
from landgis.core.judging.ranking import group_codes, percentile_in_group
from landgis.terms.frames import FINDING_COLUMNS, empty
from landgis.terms.measures import MEASURES
from landgis.terms.rules import Criterion, Derived, Ruleset

_SAID: Final = {int(YES): "suspected", int(NO): "clear", int(UNKNOWN): "unknown"}


def low_efficiency(measures: pd.DataFrame, rules: Ruleset, idle: pd.Series | None = None) -> pd.DataFrame:
    """Run every test of a ruleset over the measures of the parcels.

    Parameters
    ----------
    measures
        As `landgis.core.judging.measure.parcel_measures` gives them, indexed by ``parcel_id``.
    rules
        A ruleset of the kind ``low_efficiency``.
    idle
        Findings of idleness by ``parcel_id`` ("suspected", "clear", "unknown"), or None where idleness was not assessed.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.FINDING_COLUMNS`: one row per parcel and test, tests in the ruleset's order, parcels in the order of
        `measures`. ``value``, ``threshold``, ``unit`` and ``margin`` are those of the condition that decides, among those that compare
        numbers: the first that does not hold where the finding is clear, the first that is unknown where it is unknown, else the
        first. ``missing`` names the columns for want of which a finding is unknown. Suspected idle land has no rows where the ruleset
        keeps it out.

    Raises
    ------
    RuleError
        The ruleset lacks a number that a test needs.

    Notes
    -----
    A test suspects where all its conditions hold; it is clear as soon as one of them does not, whatever else is unknown.
    Idle land is kept out where the ruleset says so (国土资发〔2016〕147号: 闲置土地 is not 低效用地).
    """
    measures = with_derived(measures, rules)
    keep = np.ones(len(measures), dtype=bool)
    if rules.excludes_idle and idle is not None:
        keep = (idle.reindex(measures.index) != "suspected").to_numpy(dtype=bool)
    rows = measures[keep]
    parts = [_run(rows, test, rules) for test in rules.tests if test.conditions]
    return pd.concat(parts, ignore_index=True) if parts else empty(FINDING_COLUMNS)


def with_derived(measures: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    """Add the ruleset's derived measures: means and percentile ranks inside groups of one park.

    Parameters
    ----------
    measures
        One row per parcel, with ``park_code``.
    rules
        Its ``derived`` part says which.

    Returns
    -------
    DataFrame
        A copy with one more column per derived measure; one that is there already stands. Groups never reach across parks. A group with
        fewer known values than the ruleset's least gives unknown. A mean with a weight is Σ value·weight ÷ Σ weight over the known.
    """
    out = measures.copy(deep=False)
    for item in (item for item in rules.derived if item.name not in measures):
        out[item.name] = _derived(out, item, int(rules.value(item.least, "count")))
    return out


def _derived(measures: pd.DataFrame, item: Derived, least: int) -> NDArray[np.float64]:
    group = group_codes(measures, ("park_code", *item.within))
    value = measures[item.of].to_numpy(dtype=float, na_value=np.nan)
    known = (group >= 0) & ~np.isnan(value)
    groups = int(group.max(initial=-1)) + 1
    count = np.bincount(group[known], minlength=groups)
    enough = (group >= 0) & (np.append(count, 0)[group] >= least)
    if item.method == "percentile":
        ranks = percentile_in_group(value[:, None], group)[:, 0]
        return np.where(enough, ranks, np.nan)
    weight = measures[item.weight].to_numpy(dtype=float, na_value=np.nan) if item.weight else np.ones(len(value))
    total = np.bincount(group[known], weights=(value * weight)[known], minlength=groups)
    size = np.bincount(group[known], weights=weight[known], minlength=groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.append(total / size, np.nan)
    return np.where(enough, mean[group], np.nan)


def _run(measures: pd.DataFrame, test: Criterion, rules: Ruleset) -> pd.DataFrame:
    judged = [judge(measures, condition, rules) for condition in test.conditions]
    truth = every((item.truth for item in judged), len(measures))
    lacks = Lacks(len(measures))
    for condition in test.conditions:
        lacks.add_condition(measures, condition, rules, truth == UNKNOWN)
    numeric = [place for place, item in enumerate(test.conditions) if item.number or item.table]
    lead = _deciding([judged[place].truth for place in numeric], truth)
    units = {item.name: item.unit for item in MEASURES.values()}
    units |= {item.name: "ratio" if item.method == "percentile" else units[item.of] for item in rules.derived}
    of_lead = [test.conditions[place] for place in numeric] or [test.conditions[0]]
    value, threshold = (
        np.choose(lead, [getattr(judged[place], side) for place in numeric] or [np.full(len(measures), np.nan)])
        for side in ("value", "threshold")
    )
    above = np.array([item.operator in (">", ">=") for item in of_lead])[lead]
    return pd.DataFrame(
        {
            "parcel_id": measures.index,
            "ruleset": rules.code,
            "test": test.code,
            "finding": pd.Series(truth).map(_SAID).to_numpy(dtype=object),
            **beyond(value, threshold, above),
            "unit": np.array([units[item.measure] for item in of_lead], dtype=object)[lead],
            "article": test.article,
            "missing": lacks.tuples(),
        }
    )[list(FINDING_COLUMNS)]


def _deciding(parts: list[Truth], truth: Truth) -> NDArray[np.intp]:
    """Say which of some conditions speaks for the test: the first whose truth is the test's own, else the first of all."""
    lead = np.zeros(len(truth), dtype=np.intp)
    for place in reversed(range(len(parts))):
        lead[parts[place] == truth] = place
    return lead
