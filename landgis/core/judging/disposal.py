"""What can become of a parcel: the modes of disposal that are open to it, and the scores that put parcels in order."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.conditions import NO, UNKNOWN, YES, Truth, every, judge, some
from landgis.terms.disposal import MODES, SCORES
from landgis.terms.rules import Ruleset, ScorePart, ScoreRule

Floats = NDArray[np.float64]

#: Scores that agree to so many decimals are the same score.
_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class Scored:
    """One score of every row: between ``low`` (all that is unknown counts nothing) and ``high`` (it counts whole).

    ``levels`` gives each part's level, 0 to 1, NaN where it is unknown; ``weights`` its weight, 0 where the ruleset leaves an unknown
    part out. ``low`` is NaN where every part is left out.
    """

    low: Floats
    high: Floats
    levels: dict[ScorePart, Floats]
    weights: dict[ScorePart, Floats]


def disposal(known: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    """Give the open modes and the scores of every parcel.

    Parameters
    ----------
    known
        Everything a gate may ask for, and ``answer`` and ``decided_by`` (the code of the gate), one row per parcel.
    rules
        A ruleset of the kind ``triage``; where it defines no mode or no score, there is none.

    Returns
    -------
    DataFrame
        Same index: ``modes``, those that are open, each between bars ("" where none is, None where the ruleset names none); ``urgency``
        ("high", "middle", "low", None where the unknown could move it to another class); for each of
        `landgis.terms.disposal.SCORES` ``<score>_low`` and ``<score>_high`` (0-1, NaN where the ruleset does not define it).

    Raises
    ------
    RuleError
        The ruleset lacks a number that a condition needs.
    """
    out = pd.DataFrame(index=known.index)
    out["modes"] = pd.Series(_barred(mode_truths(known, rules), len(known)), index=known.index, dtype="object")
    out["urgency"] = pd.Series([None] * len(known), index=known.index, dtype="object")
    for code in SCORES:
        rule = next((item for item in rules.scores if item.code == code), None)
        found = None if rule is None else score(known, rule, rules)
        out[f"{code}_low"] = np.nan if found is None else found.low
        out[f"{code}_high"] = np.nan if found is None else found.high
        if rule is not None and found is not None and rule.high:
            out[code] = pd.Series(_classes(found, rule, rules), index=known.index, dtype="object")
    return out


def mode_truths(known: pd.DataFrame, rules: Ruleset) -> dict[str, Truth]:
    """Say for each mode that the ruleset names whether it is open, closed or unknown, in the order of the modes' codes."""
    found: dict[str, list[Truth]] = {code: [] for code in MODES}
    for opening in rules.modes:
        found[opening.mode].append(
            np.minimum(
                every((judge(known, item, rules).truth for item in opening.all_of), len(known)),
                some((judge(known, item, rules).truth for item in opening.any_of), len(known)),
            )
        )
    return {code: some(truths, len(known)) for code, truths in found.items() if truths}


def score(known: pd.DataFrame, rule: ScoreRule, rules: Ruleset) -> Scored:
    """Score every row: Σ weight x level ÷ Σ weight.

    Notes
    -----
    A part that counts by margin has the level |threshold − value| ÷ |threshold|, at most 1, where its condition holds; a threshold of 0
    gives 1. An unknown part widens the score; one with ``if_unknown = "note"`` is left out together with its weight.
    """
    levels, weights = {}, {}
    for part in rule.parts:
        levels[part], left_out = _level(known, part, rules)
        weights[part] = np.where(left_out, 0.0, float(part.weight))
    total = np.sum(list(weights.values()), axis=0)
    known_sum = np.sum([np.nan_to_num(levels[part]) * weights[part] for part in rule.parts], axis=0)
    open_sum = np.sum([np.isnan(levels[part]) * weights[part] for part in rule.parts], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = known_sum / total, (known_sum + open_sum) / total
    return Scored(
        np.minimum(np.round(low, _DECIMALS), 1.0), np.minimum(np.round(high, _DECIMALS), 1.0), levels, weights
    )


def _level(known: pd.DataFrame, part: ScorePart, rules: Ruleset) -> tuple[Floats, NDArray[np.bool_]]:
    """Give a part's level, NaN where it is unknown, and where the ruleset leaves it out."""
    if part.condition is None:
        return np.clip(known[part.level].to_numpy(dtype=float, na_value=np.nan), 0.0, 1.0), np.zeros(len(known), bool)
    judged = judge(known, part.condition, rules)
    level = np.where(judged.truth == YES, 1.0, np.where(judged.truth == NO, 0.0, np.nan))
    if part.by_margin:
        gap, size = np.abs(judged.threshold - judged.value), np.abs(judged.threshold)
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.where((judged.truth == YES) & (size > 0) & np.isfinite(size), np.minimum(gap / size, 1.0), level)
    return level, (judged.truth == UNKNOWN) & (part.condition.if_unknown == "note")


def _classes(found: Scored, rule: ScoreRule, rules: Ruleset) -> NDArray[np.object_]:
    high, middle = float(rules.value(rule.high, "ratio")), float(rules.value(rule.middle, "ratio"))

    def of(values: Floats) -> NDArray[np.object_]:
        named = np.where(values >= high, "high", np.where(values >= middle, "middle", "low")).astype(object)
        named[np.isnan(values)] = None
        return named

    low, most = of(found.low), of(found.high)
    low[low != most] = None
    return low


def _barred(truths: dict[str, Truth], count: int) -> NDArray[np.object_]:
    if not truths:
        return np.full(count, None, dtype=object)
    bits = np.zeros(count, dtype=np.int64)
    for place, truth in enumerate(truths.values()):
        bits[truth == YES] |= np.int64(1 << place)
    patterns, at = np.unique(bits, return_inverse=True)
    codes = list(truths)
    texts = [
        "".join(f"|{code}" for place, code in enumerate(codes) if pattern >> place & 1) for pattern in patterns.tolist()
    ]
    return np.array([f"{text}|" if text else "" for text in texts], dtype=object)[at]
