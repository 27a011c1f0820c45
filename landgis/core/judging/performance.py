"""Per-mu evaluation 亩均: scores, total, grade A-D or T."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.conditions import NO, UNKNOWN, YES, Lacks, every, judge, some
from landgis.core.judging.measure import enterprise_measures, parcel_measures
from landgis.core.judging.ranking import Floats, Ints, group_codes, percentile_in_group
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import GRADE, GRADE_COLUMNS, Stock
from landgis.terms.measures import MEASURES
from landgis.terms.rules import Cut, Indicator, Population, Quota, Ruleset, Scheme

Flags = NDArray[np.bool_]

#: Totals that agree to so many decimals are tied.
TIE_DECIMALS: Final = 9
#: How much of a year's figures counts for the reliability where the year's row is marked as in doubt. Our own advice, no law.
DOUBTFUL_TRUST: Final = 0.5
_NUMBERS: Final = ("total", "total_low", "total_high", "reliability", "rank", "share")
_SHARES: Final = (
    "year", "population", "ranked", "grade", "subjects", "share", "by_ties", "quota_min", "quota_max", "is_kept",
)  # fmt: skip
_SCALE_NEEDS: Final = ("enterprise.scale", "enterprise_year.revenue_wan")


def grade(
    stock: Stock,
    rules: Ruleset,
    on: date,
    *,
    year: int | None = None,
    measures: pd.DataFrame | None = None,
    with_parts: bool = True,
) -> pd.DataFrame:
    """Evaluate every subject of a stock, enterprises or parcels as the ruleset's scheme says.

    Parameters
    ----------
    stock
        The stock.
    rules
        A ruleset of the kind ``performance``.
    on
        The day; the year evaluated is the last full year before it where no `year` is given.
    year
        The year evaluated, for enterprises.
    measures
        `landgis.core.judging.measure.parcel_measures` of the stock where they are at hand; read by schemes whose subject is the parcel.
    with_parts
        Give the parts and what is missing could change. Without them the grades are the same; the year before needs no more.

    Returns
    -------
    DataFrame
        As `grade_subjects`; the index is ``enterprise_id`` or ``parcel_id``. Parcels are measured as they stand on the day: of another
        year there is nothing to evaluate, and the frame has no row.

    Raises
    ------
    RuleError
        The ruleset has no scheme, or lacks a number the scheme needs.
    """
    scheme = scheme_of(rules)
    year = on.year - 1 if year is None else year
    before = None
    if scheme.subject == "enterprise":
        subjects = enterprise_measures(stock, on, year)
        if any(item.base_times for population in scheme.populations for item in population.indicators):
            before = enterprise_measures(stock, on, year - 1)
    else:
        subjects = parcel_measures(stock, on) if measures is None else measures
        subjects = subjects if year == on.year - 1 else subjects.iloc[:0]
    return grade_subjects(subjects, rules, year, before=before, with_parts=with_parts)


def grade_subjects(
    subjects: pd.DataFrame,
    rules: Ruleset,
    year: int,
    *,
    before: pd.DataFrame | None = None,
    with_parts: bool = True,
) -> pd.DataFrame:
    """Score, rank and grade subjects.

    Parameters
    ----------
    subjects
        One row per subject with its measures and ``park_code``; index ``enterprise_id`` or ``parcel_id``.
    rules
        A ruleset of the kind ``performance``.
    year
        The year the measures speak of.
    before
        The same measures of the year before; read where a base is a multiple of their mean. None makes such a base unknown.
    with_parts
        Give the parts and what the missing could change; else these columns stay empty.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.GRADE_COLUMNS`; same index, same order. ``measured`` and ``scores`` hold an array for each scored
        subject, in the order of its population's indicators (NaN: unknown; `parts_of` puts the ruleset's facts beside them);
        ``scores``, ``bonus`` and less ``deduction`` sum to ``total``. ``total_low`` and ``total_high`` are the total with every
        missing value at its worst and at its best, ``possible`` the grades it could still be, best first ("BC"), and
        ``reliability`` (0-1) the share of the weight that stands on a known value. ``population`` is "park/population"; ``rank`` 1
        is best; ``share`` is rank ÷ ranked subjects; ``reason`` is empty or a code with data (see
        `landgis.terms.reasons.read_reason`): why there is no grade, or what overrode the ranking.

    Raises
    ------
    RuleError
        The ruleset has no scheme, or lacks a number the scheme needs.

    Notes
    -----
    ratio_to_base: score = value ÷ base x weight, not below 0, not above cap x weight where there is a cap.
    percentile_in_group: score = percentile rank (0-1) in the subject's group of its own park x weight.
    Missing values: ``zero``; ``population_mean_score`` (the mean of the known scores of that indicator in the population);
    ``exclude_and_rescale`` (the known parts carry the whole weight). Where less than ``known_weight_min`` of the weight is known,
    there is a reason instead of a grade.
    What a missing value could be: at worst it scores nothing, at best as much as the cap allows; where there is no cap, as much as
    the best of its population (where nobody's is known, the highest total is not known either). The grade it could still be is
    read off with all others as they stand; an override that is unknown adds its grade. A figure marked as in doubt counts for the
    reliability by `DOUBTFUL_TRUST`.
    Bonus and deduction of the year's row count where the scheme says so; who is not listed has none.
    A base may be a multiple of the population's mean of the year before in the same park. Where that is not known there is no total.
    Populations are ranked apart, and parks are never ranked together. A cut ``top`` takes the first floor(share x n), ``last`` the
    last floor(share x n), or the ceiling where the scheme rounds up; whoever ties with the last of a better class is in it. An
    override needs proof: unknown fixes nothing. Whom it fixes without a rank (grade T, as a rule) is not scored and takes no place.
    The method ``unpublished`` measures and scores nothing.
    Sources: 浙政发〔2018〕5号; 台州市黄岩区 2022年度; 江苏淮安 2024.
    """
    scheme = scheme_of(rules)
    count = len(subjects)
    park = subjects["park_code"].astype("object").to_numpy()
    member, open_, lacks = _populations(subjects, scheme, rules)
    override, could = _overrides(subjects, scheme, rules)
    apart = np.isin(override, [place for place, item in enumerate(scheme.overrides) if not item.is_ranked])
    gone = subjects["is_gone"].to_numpy() if "is_gone" in subjects else np.zeros(count, dtype=bool)
    ranked_before = None if before is None else _populations(before, scheme, rules)[0]

    number = {name: np.full(count, np.nan) for name in _NUMBERS}
    number["bonus"], number["deduction"] = _points(subjects, scheme, rules)
    told = {name: np.full(count, None) for name in ("measured", "bases", "scores", "grade", "reason")}
    label = np.array([f"{name}/" for name in park], dtype=object)
    could[open_ & (override < 0)] |= _mask(cut.grade for cut in scheme.cuts)
    for place, population in enumerate(scheme.populations):
        inside = member == place
        label[inside] += population.code
        rows = np.flatnonzero(inside & ~apart & ~gone)
        frame = subjects.iloc[rows]
        if scheme.method == "unpublished":
            told["reason"][rows] = "not_published"
            told["measured"][rows] = _arrays(_values(frame, population))
        elif len(rows):
            group = pd.factorize(park[rows])[0]
            bases = _bases(population, frame, before, None if ranked_before is None else ranked_before == place)
            scores = score(frame, population, scheme, rules, group, bases)
            _rank_and_cut(rows, group, scores, scheme, rules, number, told)
            lost = np.isnan(number["total"][rows])
            told["reason"][rows[lost]] = _want(frame[lost], population, scheme, scores.known[lost], bases[lost])
            if with_parts:
                told["measured"][rows], told["scores"][rows] = _arrays(scores.values), _arrays(scores.parts)
                if any(item.base_times for item in population.indicators):
                    told["bases"][rows] = _arrays(bases)
                number["reliability"][rows] = scores.known * _trust(frame)
                reach = _reach(rows, group, scores, scheme, rules, number)
                could[rows] |= np.where(override[rows] >= 0, 0, reach)
    told["reason"][(member < 0) & ~open_] = "outside"
    told["reason"][open_] = [f"population_unknown missing={','.join(names)}" for names in lacks.tuples()[open_]]
    told["reason"][gone] = "gone"
    changed = ~gone & ((member >= 0) | open_)
    for place, item in enumerate(scheme.overrides):
        rows = changed & (override == place)
        told["grade"][rows], told["reason"][rows] = item.grade, item.code
    for name in ("bonus", "deduction"):
        number[name][np.isnan(number["total"])] = np.nan
    told["possible"] = _letters(np.where(gone | ((member < 0) & ~open_) | (not with_parts), 0, could))

    by_parcel = scheme.subject == "parcel"
    out = pd.DataFrame(index=subjects.index)
    out["parcel_id"] = subjects.index if by_parcel else pd.Series(pd.NA, index=subjects.index, dtype="Int64")
    out["uscc"] = pd.Series(
        [None] * count if by_parcel else subjects["uscc"].to_list(), index=out.index, dtype="object"
    )
    out["year"], out["ruleset"], out["population"] = year, rules.code, label
    for name, texts in told.items():
        out[name] = pd.Series(texts, index=out.index, dtype="object")
    for name, values in number.items():
        out[name] = values
    out["rank"] = out["rank"].astype("Int64")
    return out[list(GRADE_COLUMNS)]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a population scored: arrays of subjects x indicators, and per subject the total, its bounds and the known weight (0-1).

    A part is NaN where the value is missing and the scheme leaves it out.
    """

    values: Floats
    parts: Floats
    total: Floats
    low: Floats
    high: Floats
    known: Floats


def score(
    subjects: pd.DataFrame,
    population: Population,
    scheme: Scheme,
    rules: Ruleset,
    park: Ints | None = None,
    bases: Floats | None = None,
) -> Scores:
    """Score one population.

    Parameters
    ----------
    subjects
        One row per subject with the indicators' measures.
    population, scheme, rules
        By which indicators and how.
    park
        Which subjects belong to one park, as small integers; one park for all where it is not given. Means and percentiles stay inside.
    bases
        Subjects x indicators; those of the ruleset where they are not given.

    Returns
    -------
    Scores
        A subject of whom nothing is known has the total NaN.
    """
    indicators = population.indicators
    park = np.zeros(len(subjects), dtype=np.int64) if park is None else park
    values = _values(subjects, population)
    weights = np.array([float(item.weight or 0) for item in indicators])
    bases = _bases(population, subjects, None, None) if bases is None else bases
    if scheme.method == "ratio_to_base":
        parts = np.maximum(values / bases * weights, 0.0)
    else:
        group = group_codes(subjects, ("park_code", *scheme.within))
        is_better = np.array([item.better == "higher" for item in indicators])
        parts = percentile_in_group(np.where(is_better, values, -values), group) * weights
        parts[_sparse(values, group, int(rules.value(scheme.population_min, "count")))] = np.nan
    limit = weights * score_limit(scheme, rules)
    parts = np.minimum(parts, limit)
    blank = np.isnan(parts)
    known = np.where(blank, 0.0, weights).sum(axis=1) / weights.sum()
    low = np.nansum(parts, axis=1)
    ceiling = np.where(np.isinf(limit), _best(parts, park), limit[None, :])
    high = low + np.where(blank, ceiling, 0.0).sum(axis=1)
    for place, item in enumerate(indicators):
        rows = blank[:, place]
        treatment = item.missing or scheme.missing
        if treatment == "zero":
            parts[rows, place] = 0.0
        elif treatment == "population_mean_score":
            parts[rows, place] = _means(parts[:, place], park)[park[rows]]
    left = np.where(np.isnan(parts), 0.0, weights).sum(axis=1)
    with np.errstate(divide="ignore"):  # of whom nothing is known, nothing is left
        parts = parts * (weights.sum() / left)[:, None]
    based = (known > 0) & ~np.isnan(bases).any(axis=1)
    total = np.where(based, np.nansum(parts, axis=1), np.nan)
    return Scores(values, parts, total, low, np.fmax(high, np.where(np.isnan(high), np.nan, total)), known)


def parts_of(
    rules: Ruleset,
    population: str,
    measured: Sequence[float | None],
    scores: Sequence[float | None],
    bases: Sequence[float | None] | None = None,
) -> list[dict[str, Any]]:
    """Put the ruleset's facts beside what a run kept of a subject's parts.

    Parameters
    ----------
    rules
        The ruleset of the run, read from the text it kept.
    population
        As in the column ``population``: "park/population".
    measured, scores, bases
        As in these columns; None is unknown. Without `bases` they are those of the ruleset.

    Returns
    -------
    list of dict
        In the order of the indicators: ``indicator, value, unit, base, weight, score, capped, missing`` (how a missing value was
        treated, None where it is there).
    """
    scheme = scheme_of(rules)
    code = population.rpartition("/")[2]
    indicators = next((item.indicators for item in scheme.populations if item.code == code), ())
    given = [None if item.base is None else float(item.base) for item in indicators] if bases is None else bases
    limit = score_limit(scheme, rules)
    rows = zip(indicators, measured, scores, given, strict=False)
    return [_part(item, value, points, base, limit, scheme) for item, value, points, base in rows]


def _part(
    item: Indicator, value: float | None, points: float | None, base: float | None, limit: float, scheme: Scheme
) -> dict[str, Any]:
    # A percentile rank is never 0: a score of 0 or none says that the value had too few beside it.
    by_base = scheme.method == "ratio_to_base"
    is_missing = value is None or points is None or (not by_base and points == 0)
    return {
        "indicator": item.measure,
        "value": value,
        "unit": item.unit,
        "base": base,
        "weight": float(item.weight or 0),
        "score": points or 0.0,
        "capped": bool(not is_missing and base and value is not None and value / base > limit),
        "missing": (item.missing or scheme.missing) if is_missing else None,
    }


def score_limit(scheme: Scheme, rules: Ruleset) -> float:
    """Give the most a score can be, as a multiple of its weight; infinite where there is no cap."""
    if scheme.cap:
        return float(rules.value(scheme.cap, "ratio"))
    return np.inf if scheme.method == "ratio_to_base" else 1.0


def _best(parts: Floats, park: Ints) -> Floats:
    """Give every subject the best known score of each indicator in its park; NaN where nobody's is known."""
    best = np.full(parts.shape, -np.inf)
    np.maximum.at(best, park, np.where(np.isnan(parts), -np.inf, parts))
    best[np.isinf(best)] = np.nan
    return best[park]


def rank_totals(total: Floats, park: Ints) -> tuple[Floats, Floats]:
    """Rank totals inside each park, best first.

    Parameters
    ----------
    total, park
        Points of each subject (NaN: not ranked) and its park as an integer from 0 on.

    Returns
    -------
    rank, size
        Rank from 1, ties on the better rank, and how many were ranked in the park; NaN for who was not.
    """
    rank, size = np.full(len(total), np.nan), np.full(len(total), np.nan)
    known = np.flatnonzero(~np.isnan(total))
    if len(known):
        points, where = -np.round(total[known], TIE_DECIMALS), park[known]
        order = np.lexsort((points, where))
        points, where = points[order], where[order]
        new_park = np.diff(where, prepend=where[0]) != 0
        new_rank = new_park | (np.diff(points, prepend=points[0]) != 0)
        place = np.arange(len(known))
        begin = np.maximum.accumulate(np.where(new_park, place, 0))
        rank[known[order]] = np.maximum.accumulate(np.where(new_rank, place, 0)) - begin + 1
        size[known] = np.bincount(park[known])[park[known]]
    return rank, size


def cut_grades(total: Floats, rank: Floats, size: Floats, cuts: Sequence[Cut]) -> NDArray[Any]:
    """Turn totals and ranks into grades.

    Parameters
    ----------
    total, rank, size
        Per subject: points, rank (1 best, ties share the better rank), and how many were ranked with it.
    cuts
        The ruleset's cuts, best grade first; one without a bound takes the rest.

    Returns
    -------
    array of str
        One grade per subject.
    """
    return np.array([cut.grade for cut in cuts])[cut_places(total, rank, size.astype(np.int64), cuts)]


def cut_places(total: Floats, rank: NDArray[Any], size: Ints, cuts: Sequence[Cut]) -> Ints:
    """Give the place among the cuts of the one that takes each subject: the first whose bound it meets, else the one without.

    Parameters
    ----------
    total, rank, size
        As for `cut_grades`, of any shape that fits together; `size` in one dimension.

    Returns
    -------
    array of int
        Where no cut is without a bound, the last takes the rest.
    """
    bounds = [(cut.top, cut.last, cut.at_least) for cut in cuts]
    rest = next(
        (place for place, bound in enumerate(bounds) if not any(one is not None for one in bound)), len(cuts) - 1
    )
    found = np.full(np.shape(rank), rest)
    points = np.round(total, TIE_DECIMALS)
    for place, cut in reversed(list(enumerate(cuts))):  # of the bounds that are met the first is written last
        if cut.top is not None:
            met = rank <= part_of(size, cut.top, cut.rounding)
        elif cut.last is not None:
            met = rank > size - part_of(size, cut.last, cut.rounding)
        elif cut.at_least is not None:
            met = points >= float(cut.at_least)
        else:
            continue
        found[met] = place
    return found


def grade_shares(grades: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    """Count each population by grade, beside what the cuts and quotas ask.

    Parameters
    ----------
    grades
        Reads ``year``, ``population``, ``rank`` and ``grade`` of `landgis.terms.frames.GRADE_COLUMNS`.
    rules
        The ruleset that made them.

    Returns
    -------
    DataFrame
        A row for each year, population and grade of the scheme: ``year, population, ranked`` (how many were ranked), ``grade,
        subjects`` (how many have it, those it was fixed for included), ``share`` (of the ranked; NaN for whom it was fixed unranked),
        ``by_ties`` (how many more the class holds, or fewer where it is negative, because ties were kept together), ``quota_min`` and
        ``quota_max`` (0-1, NaN: none) and ``is_kept`` (None: no quota).

    Raises
    ------
    RuleError
        The ruleset has no scheme.
    """
    scheme = scheme_of(rules)
    cuts = {cut.grade: cut for cut in scheme.cuts}
    quotas = {quota.grade: quota for quota in scheme.quotas}
    fixed = {item.grade for item in scheme.overrides}
    rows = []
    evaluated = grades[grades["grade"].notna() | grades["rank"].notna()]
    for (year, population), group in evaluated.groupby(["year", "population"]):
        is_ranked = group["rank"].notna()
        rank = group["rank"][is_ranked].to_numpy()
        for grade in (grade for grade in GRADE if grade in cuts or grade in quotas or grade in fixed):
            mine = group["grade"] == grade
            ranked, quota = int((mine & is_ranked).sum()), quotas.get(grade)
            rows.append(
                {
                    "year": year,
                    "population": population,
                    "ranked": len(rank),
                    "grade": grade,
                    "subjects": int(mine.sum()),
                    "share": ranked / len(rank) if len(rank) and (grade in cuts or ranked) else np.nan,
                    "by_ties": _by_ties(rank, cuts.get(grade)),
                    "quota_min": np.nan if quota is None or quota.at_least is None else float(quota.at_least),
                    "quota_max": np.nan if quota is None or quota.at_most is None else float(quota.at_most),
                    "is_kept": None if quota is None else _is_kept(ranked, len(rank), quota),
                }
            )
    return pd.DataFrame(rows, columns=list(_SHARES))


def _is_kept(count: int, size: int, quota: Quota) -> bool:
    return (quota.at_least is None or count >= quota.at_least * size) and (
        quota.at_most is None or count <= quota.at_most * size
    )


def _by_ties(rank: Floats, cut: Cut | None) -> int:
    """Count by how many a class is larger than its cut, because who ties with the last of a better class is in that class."""
    size = np.array([len(rank)])
    if cut is not None and cut.top is not None:
        bound = int(part_of(size, cut.top, cut.rounding)[0])
        return int((rank <= bound).sum()) - bound
    if cut is not None and cut.last is not None:
        bound = int(part_of(size, cut.last, cut.rounding)[0])
        return int((rank > len(rank) - bound).sum()) - bound
    return 0


def scheme_of(rules: Ruleset) -> Scheme:
    """Give the scheme of a ruleset.

    Raises
    ------
    RuleError
        It has none.
    """
    if rules.scheme is None:
        raise RuleError(
            Words("规则集没有评价办法。", "The ruleset has no evaluation scheme."),
            at=rules.code,
            mend=Words("使用类别含 performance 的规则集。", "Use a ruleset of the kind performance."),
        )
    return rules.scheme


def _values(subjects: pd.DataFrame, population: Population) -> Floats:
    """Give the values of the indicators, subjects x indicators."""
    return subjects[[item.measure for item in population.indicators]].to_numpy(dtype=float)


def _bases(population: Population, subjects: pd.DataFrame, before: pd.DataFrame | None, inside: Flags | None) -> Floats:
    """Give the bases, subjects x indicators: the ruleset's, or a multiple of the mean of the year before in the subject's park."""
    found = np.empty((len(subjects), len(population.indicators)))
    for place, item in enumerate(population.indicators):
        if item.base_times is None:
            found[:, place] = float(item.base or 1)
        elif before is None:
            found[:, place] = np.nan
        else:
            past = before[["park_code", item.measure, item.base_mean_by]][inside].dropna()
            by = past[item.base_mean_by].astype(float)
            sums = (
                pd.DataFrame({"part": past[item.measure].astype(float) * by, "by": by}).groupby(past["park_code"]).sum()
            )
            mean = (sums["part"] / sums["by"]).reindex(subjects["park_code"]).to_numpy(dtype=float)
            found[:, place] = np.where(mean > 0, float(item.base_times) * mean, np.nan)
    return found


def _populations(subjects: pd.DataFrame, scheme: Scheme, rules: Ruleset) -> tuple[Ints, Flags, Lacks]:
    """Give the population of each subject (−1: none), whose is not known, and which columns would tell."""
    count = len(subjects)
    member, open_, lacks = np.full(count, -1), np.zeros(count, dtype=bool), Lacks(count)
    scale = _scale(subjects, scheme, rules)
    for place, population in enumerate(scheme.populations):
        truth = np.minimum(
            every((judge(subjects, item, rules).truth for item in population.all_of), count),
            some((judge(subjects, item, rules).truth for item in population.any_of), count),
        )
        if population.scale:
            truth = np.minimum(truth, np.where(scale == "", UNKNOWN, np.where(scale == population.scale, YES, NO)))
        waiting = (member < 0) & ~open_
        doubt = waiting & (truth == UNKNOWN)
        lacks.add(doubt & (scale == "") & bool(population.scale), _SCALE_NEEDS)
        for item in (*population.all_of, *population.any_of):
            lacks.add_condition(subjects, item, rules, doubt)
        member[waiting & (truth == YES)] = place
        open_ |= doubt
    return member, open_, lacks


def _scale(subjects: pd.DataFrame, scheme: Scheme, rules: Ruleset) -> NDArray[Any]:
    """Give the size class of each subject, by its revenue where it is not recorded; empty where neither is known."""
    if not scheme.above_scale_revenue:
        return np.full(len(subjects), "")
    revenue = subjects["revenue_wan"].to_numpy()
    line = float(rules.value(scheme.above_scale_revenue, "万元"))
    by_revenue = np.where(np.isnan(revenue), "", np.where(revenue >= line, "above", "below"))
    known = subjects["scale"].astype("object").to_numpy()
    return np.where(pd.isna(known), by_revenue, known)


def _rank_and_cut(
    rows: NDArray[np.intp],
    group: Ints,
    scores: Scores,
    scheme: Scheme,
    rules: Ruleset,
    number: Mapping[str, Floats],
    told: Mapping[str, NDArray[Any]],
) -> None:
    """Write totals, ranks and grades of a population into its rows."""
    enough = scores.known >= float(rules.value(scheme.known_weight_min, "ratio")) - 1e-12
    total = np.where(enough, scores.total + number["bonus"][rows] - number["deduction"][rows], np.nan)
    rank, size = rank_totals(total, group)
    number["total"][rows], number["rank"][rows], number["share"][rows] = total, rank, rank / size
    small, ranked = _too_few(total, group, scheme, rules), ~np.isnan(rank)
    told["reason"][rows[small & ranked]] = [f"population_too_small count={int(n)}" for n in size[small & ranked]]
    graded = ranked & ~small
    told["grade"][rows[graded]] = cut_grades(total[graded], rank[graded], size[graded], scheme.cuts)


def _too_few(total: Floats, group: Ints, scheme: Scheme, rules: Ruleset) -> Flags:
    """Say where a subject would be graded by quota among too few; one that is not ranked counts itself in."""
    ranked = ~np.isnan(total)
    beside = np.bincount(group[ranked], minlength=int(group.max(initial=-1)) + 1)[group] + ~ranked
    by_quota = any(cut.top is not None or cut.last is not None for cut in scheme.cuts)
    return np.asarray(by_quota & (beside < int(rules.value(scheme.population_min, "count"))))


def _reach(
    rows: NDArray[np.intp], group: Ints, scores: Scores, scheme: Scheme, rules: Ruleset, number: Mapping[str, Floats]
) -> Ints:
    """Write the bounds of the totals; give as bits the grades between the worst and the best, all others as they stand."""
    extra, total = number["bonus"][rows] - number["deduction"][rows], number["total"][rows]
    low, high = scores.low + extra, scores.high + extra
    number["total_low"][rows], number["total_high"][rows] = low, high
    order = [grade for grade in GRADE if any(cut.grade == grade for cut in scheme.cuts)]
    worst, best = (_place(total, bound, group, scheme.cuts, order) for bound in (low, high))
    steps = np.arange(len(order))
    between = (steps >= best[:, None]) & (steps <= worst[:, None])
    bits = (between << np.array([list(GRADE).index(grade) for grade in order])).sum(axis=1)
    return np.where(_too_few(total, group, scheme, rules), 0, bits)


def _overrides(subjects: pd.DataFrame, scheme: Scheme, rules: Ruleset) -> tuple[NDArray[np.intp], Ints]:
    """Give the first override that holds for each subject (−1: none), and as bits the grades it and those left open could fix."""
    found, could = np.full(len(subjects), -1), np.zeros(len(subjects), dtype=np.int64)
    for place, item in enumerate(scheme.overrides):
        truth = every((judge(subjects, part, rules).truth for part in item.conditions), len(subjects))
        could[(truth >= UNKNOWN) & (found < 0)] |= _mask((item.grade,))
        found[(truth == YES) & (found < 0)] = place
    return found, could


def _mask(grades: Iterable[str]) -> int:
    return sum(1 << list(GRADE).index(grade) for grade in set(grades))


def _letters(masks: Ints) -> NDArray[Any]:
    """Write bits as grades, best first; None where there is none."""
    known, place = np.unique(masks, return_inverse=True)
    said = ["".join(grade for at, grade in enumerate(GRADE) if mask >> at & 1) or None for mask in known.tolist()]
    return np.array([*said, None], dtype=object)[place]


def _place(total: Floats, bound: Floats, park: Ints, cuts: Sequence[Cut], order: Sequence[str]) -> Ints:
    """Give the place in `order` of the grade each subject would have with another total; 0 where that is not known."""
    rank, size = np.full(len(total), np.nan), np.full(len(total), np.nan)
    ranked = ~np.isnan(total)
    ours, theirs = np.round(total, TIE_DECIMALS), np.round(bound, TIE_DECIMALS)
    for code in range(int(park.max(initial=-1)) + 1):
        rows = np.flatnonzero(park == code)
        rivals = np.sort(ours[rows[ranked[rows]]])
        above = len(rivals) - np.searchsorted(rivals, theirs[rows], side="right")
        rank[rows] = 1 + above - (ours[rows] > theirs[rows])
        size[rows] = len(rivals) + ~ranked[rows]
    of_cut = np.array([order.index(cut.grade) for cut in cuts])
    place = of_cut[cut_places(bound, rank, size.astype(np.int64), cuts)]
    place[np.isnan(bound)] = 0
    return place


def _trust(subjects: pd.DataFrame) -> Floats:
    if "data_status" not in subjects:
        return np.ones(len(subjects))
    return np.where(subjects["data_status"] == "doubtful", DOUBTFUL_TRUST, 1.0)


def _points(subjects: pd.DataFrame, scheme: Scheme, rules: Ruleset) -> tuple[Floats, Floats]:
    """Give bonus and deduction of each subject, the bonus limited where the scheme limits it; zero where they do not count."""
    if not scheme.adjusted_article:
        return np.zeros(len(subjects)), np.zeros(len(subjects))
    bonus, deduction = (np.nan_to_num(subjects[name].to_numpy()) for name in ("bonus_score", "deduction_score"))
    return np.minimum(bonus, float(rules.value(scheme.bonus_max, "score"))) if scheme.bonus_max else bonus, deduction


def _want(subjects: pd.DataFrame, population: Population, scheme: Scheme, known: Floats, bases: Floats) -> NDArray[Any]:
    """Say of those who have no total why, and which columns would help."""
    lacks = Lacks(len(subjects))
    nobody = (subjects["users"] == 0).to_numpy() if "users" in subjects else np.zeros(len(subjects), dtype=bool)
    for name in (*scheme.within, *(item.measure for item in population.indicators)):
        measure, blank = MEASURES[name], subjects[name].isna().to_numpy()
        lacks.add(blank & nobody & measure.by_users, ("parcel_use",))
        lacks.add(blank & ~(nobody & measure.by_users), measure.needs)
    codes = np.where(known == 0, "nothing_known", "too_little_known").tolist()
    said = np.empty(len(subjects), dtype=object)
    said[:] = [
        f"{code} missing={','.join(names)}" if names else "group_too_small"
        for code, names in zip(codes, lacks.tuples(), strict=True)
    ]
    for unknown, item in zip(np.isnan(bases).T, population.indicators, strict=True):
        said[unknown] = f"base_unknown missing={','.join(MEASURES[item.measure].needs)}"
    return said


def _sparse(values: Floats, group: Ints, least: int) -> NDArray[np.bool_]:
    """Mark values whose group knows too few to rank among."""
    groups = int(group.max(initial=-1)) + 1
    found = np.empty(values.shape, dtype=bool)
    for column in range(values.shape[1]):
        known = (group >= 0) & ~np.isnan(values[:, column])
        count = np.append(np.bincount(group[known], minlength=groups), 0)
        found[:, column] = count[group] < least
    return found


def _means(part: Floats, park: Ints) -> Floats:
    known = ~np.isnan(part)
    groups = int(park.max(initial=-1)) + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.bincount(park[known], part[known], groups) / np.bincount(park[known], minlength=groups)


def part_of(sizes: Ints, share: Fraction, rounding: str = "down") -> Ints:
    """Give a share of each size in whole subjects."""
    known, place = np.unique(sizes, return_inverse=True)
    whole = ceil if rounding == "up" else floor
    return np.array([whole(share * int(size)) for size in known])[place]


def _arrays(rows: Floats) -> NDArray[Any]:
    """Give each row of a table as an array of its own."""
    out = np.empty(len(rows), dtype=object)
    out[:] = list(rows)
    return out
