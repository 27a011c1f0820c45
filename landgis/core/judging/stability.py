"""How sure a rank or grade is when weights or data move."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Final
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.performance import TIE_DECIMALS, cut_places, scheme_of, score_limit
from landgis.core.judging.triage import parcel_grades, triage
from landgis.terms.draws import Draws
from landgis.terms.frames import ANSWER, GRADE
from landgis.terms.rules import Cut, Population, Ruleset, Scheme

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ranks = NDArray[np.int32]
Flags = NDArray[np.bool_]

#: So many draws are made at once by one thread; the noise of a block comes from a seed of its own, whichever thread makes it.
_BLOCK: Final = 50
_THREADS: Final = 2
#: The band of ranks that is told.
_BAND: Final = (0.05, 0.95)
#: The columns of a stability: the share of each grade, no grade last, and the band of ranks.
GRADE_SHARES: Final = (*(f"grade_{grade.lower()}" for grade in GRADE), "grade_none")
RANKS: Final = ("rank_p05", "rank_p95")


@dataclass(frozen=True, slots=True)
class _Group:
    """Who is scored together: values over bases (NaN: missing), and how what is missing counts; of them who is ranked.

    ``extra`` are the points beside the scores of those who are ranked.
    """

    ratio: Floats
    ranked: Flags
    extra: Floats
    policy: Sequence[str | None]
    ceiling: float
    is_noisy: bool
    cuts: Sequence[Cut]


def stability(grades: pd.DataFrame, rules: Ruleset, draws: Draws) -> pd.DataFrame:
    """Draw weights and noise, and count how often every subject has which grade, and between which ranks it stands.

    Parameters
    ----------
    grades
        As `landgis.core.judging.performance.grade` gives them, with the parts.
    rules
        The ruleset that made them.
    draws
        How to draw.

    Returns
    -------
    DataFrame
        Same index, same order: the share of the draws (0-1) in each grade, `GRADE_SHARES`, which sum to 1, and ``rank_p05``,
        ``rank_p95``: the ranks that 5 % and 95 % of the draws do not exceed, unknown for who is not ranked. The same grades, ruleset
        and draws give the same numbers to the last bit.

    Raises
    ------
    RuleError
        The ruleset has no scheme.

    Notes
    -----
    Each draw takes weights from a Dirichlet distribution around the scheme's, the same for all parks, and multiplies every value by
    1 + noise x a standard normal. Scores, caps, what is missing, ties and cuts are as in the scheme; bases, bonus, deduction and who
    is ranked at all stay. Who is not ranked, is among too few, or has a grade fixed by an override keeps in every draw what it has.
    Percentile ranks are drawn without noise: it would have to move every other rank as well.
    Memory: four bytes for each draw and subject of the largest population of a park.
    """
    scheme = scheme_of(rules)
    out = pd.DataFrame(0.0, index=grades.index, columns=list(GRADE_SHARES))
    out["grade_none"] = 1.0
    known = grades["grade"].notna()
    for grade, name in zip(GRADE, GRADE_SHARES, strict=False):
        out.loc[grades["grade"] == grade, name] = 1.0
    out.loc[known, "grade_none"] = 0.0
    shares, band = out.to_numpy(copy=True), np.full((len(out), 2), np.nan)
    ranked = grades["rank"].notna().to_numpy(dtype=bool)
    by_rank = ranked & grades["reason"].isna().to_numpy()
    labels = grades["population"].to_numpy(dtype=object)
    scored = grades["scores"].notna().to_numpy(dtype=bool)
    for label in dict.fromkeys(labels[ranked]):
        rows = np.flatnonzero((labels == label) & scored)
        code = label.rpartition("/")[2]
        population = next(item for item in scheme.populations if item.code == code)
        group = _group(grades.iloc[rows], population, scheme, score_limit(scheme, rules))
        rows = rows[group.ranked]
        counts, ranks = _draw(group, population, draws, label)
        here = by_rank[rows]
        shares[rows[here]] = 0.0
        for place, times in enumerate(counts):
            shares[rows[here], place] = times[here] / draws.count
        band[rows] = ranks
    out = pd.DataFrame(shares, index=grades.index, columns=list(GRADE_SHARES))
    for place, name in enumerate(RANKS):
        out[name] = pd.array(band[:, place], dtype="Float64").astype("Int64")
    return out


def parcel_stability(
    drawn: pd.DataFrame,
    grades: pd.DataFrame,
    measures: pd.DataFrame,
    findings: pd.DataFrame,
    rules: Ruleset,
    *,
    idle: pd.DataFrame | None = None,
    grades_before: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give every parcel the shares of the grade that speaks for it, and the share of the draws with each answer.

    Parameters
    ----------
    drawn
        As `stability` gives it.
    grades
        The grades that were drawn.
    measures, findings, rules, idle, grades_before
        As `landgis.core.judging.triage.triage` takes them.

    Returns
    -------
    DataFrame
        Index of `measures`: `GRADE_SHARES`, `RANKS`, and the share of the draws (0-1) with each answer of
        `landgis.terms.frames.ANSWER`.

    Raises
    ------
    RuleError
        The ruleset has no gates, or lacks a number that a gate needs.

    Notes
    -----
    The triage is asked once for each grade a parcel could have, and the answers are weighed by the shares of the grades: exact for what
    moves the grade. Findings and the grade of the year before stay as they are.
    """
    names = (*GRADE_SHARES, *RANKS)
    spoken = parcel_grades(pd.concat([grades[["parcel_id", "reason"]], drawn], axis=1), measures, (*names, "reason"))
    out = spoken[list(GRADE_SHARES)].astype(float)
    out.loc[out["grade_none"].isna()] = [0.0] * len(GRADE) + [1.0]  # nobody speaks for it
    for name in RANKS:
        out[name] = spoken[name].astype("Int64")
    answers = dict.fromkeys(ANSWER, np.zeros(len(measures)))
    for grade, name in zip((*GRADE, None), GRADE_SHARES, strict=True):
        share = out[name].to_numpy()
        if not share.any():
            continue
        given = pd.DataFrame(
            {"grade": grade, "reason": None if grade else spoken["reason"]}, index=measures.index, dtype="object"
        )
        said = triage(measures, findings, rules, idle=idle, grades=given, grades_before=grades_before)["answer"]
        for answer in ANSWER:
            answers[answer] = answers[answer] + share * (said == answer).to_numpy(dtype=float)
    return out.assign(**{answer: np.minimum(values, 1.0) for answer, values in answers.items()})


def _group(grades: pd.DataFrame, population: Population, scheme: Scheme, limit: float) -> _Group:
    indicators = population.indicators
    weights = np.array([float(item.weight or 0) for item in indicators])
    policy = [item.missing or scheme.missing for item in indicators]
    if scheme.method == "ratio_to_base":
        values = np.stack(grades["measured"].tolist())
        fixed = np.array([float(item.base or 1) for item in indicators])
        bases = np.stack([fixed if given is None else given for given in grades["bases"]])
        ratio = values / bases
    else:  # a stored score is the percentile rank times the weight, carried to the whole weight where parts are left out
        parts = np.stack(grades["scores"].tolist())
        present = np.where(np.isnan(parts), 0.0, weights).sum(axis=1)
        ratio = parts / weights * (present / weights.sum())[:, None]
    ranked = grades["rank"].notna().to_numpy(dtype=bool)
    extra = (grades["bonus"] - grades["deduction"]).to_numpy(dtype=float)[ranked]
    return _Group(ratio, ranked, extra, policy, limit, scheme.method == "ratio_to_base", scheme.cuts)


def _draw(group: _Group, population: Population, draws: Draws, label: str) -> tuple[Ints, Floats]:
    """Count the grades of a group over all draws; give also the band of its ranks."""
    weights = np.array([float(item.weight or 0) for item in population.indicators])
    # The same weights in every park; noise of each park's own.
    source = np.random.default_rng([draws.seed, crc32(population.code.encode())])
    drawn = source.dirichlet(draws.concentration * weights / weights.sum(), draws.count) * weights.sum()
    size = int(group.ranked.sum())
    ranks = np.empty((draws.count, size), dtype=np.int32)
    starts = range(0, draws.count, _BLOCK)

    def one(start: int) -> Ints:
        block = slice(start, min(start + _BLOCK, draws.count))
        noise = np.random.default_rng([draws.seed, crc32(label.encode()), start]) if draws.noise else None
        total = _totals(group, drawn[block], draws.noise, noise)
        for line, rank in zip(total, ranks[block], strict=True):
            _rank(line, rank)
        places = cut_places(total, ranks[block], np.array([size]), group.cuts)
        letters = np.array([list(GRADE).index(cut.grade) for cut in group.cuts])
        found = np.zeros((len(GRADE), size), dtype=np.int64)
        for place, letter in enumerate(letters):
            found[letter] += (places == place).sum(axis=0)
        return found

    with ThreadPoolExecutor(_THREADS) as threads:
        counts = sum(threads.map(one, starts), start=np.zeros((len(GRADE), size), dtype=np.int64))
    at = [ceil(share * draws.count) - 1 for share in _BAND]
    band = np.partition(ranks, at, axis=0)[at].T.astype(float)
    return counts, band


def _totals(group: _Group, weights: Floats, noise: float, source: np.random.Generator | None) -> Floats:
    """Give the totals of some draws, draws x ranked; indicators are added one by one, so that every machine rounds alike."""
    count, size = len(weights), len(group.ratio)
    total, lost = np.zeros((count, len(group.extra))), np.zeros((count, len(group.extra)))
    for place, policy in enumerate(group.policy):
        ratio, weight = group.ratio[:, place], weights[:, place, None]
        blank = np.isnan(ratio)
        if source is not None and group.is_noisy:
            noisy = source.standard_normal((count, size))
            noisy *= noise
            noisy += 1.0
            noisy *= ratio
            ratio = noisy
        unit = np.clip(ratio, 0.0, group.ceiling)
        if policy == "population_mean_score" and blank.any() and not blank.all():
            unit = np.where(blank, np.nanmean(unit, axis=-1, keepdims=True), unit)
        elif policy == "zero":
            unit = np.where(blank, 0.0, unit)
        unit = unit if group.ranked.all() else unit[..., group.ranked]
        left_out = np.isnan(unit)
        if left_out.any():
            lost += np.where(left_out, weight, 0.0)
            unit = np.where(left_out, 0.0, unit)
        total += weight * unit
    if lost.any():
        whole = weights.sum(axis=1, keepdims=True)
        total *= whole / (whole - lost)
    return np.round(total + group.extra, TIE_DECIMALS)


def _rank(total: Floats, rank: Ranks) -> None:
    """Write the ranks of totals, best first, ties on the better rank."""
    order = np.argsort(-total)
    points = total[order]
    place = np.arange(1, len(total) + 1, dtype=np.int32)
    place[1:][points[1:] == points[:-1]] = 0
    rank[order] = np.maximum.accumulate(place)
