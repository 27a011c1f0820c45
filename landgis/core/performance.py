"""Per-mu evaluation 亩均: scores, total, grade A-D or T."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.conditions import YES, Lacks, every, judge
from landgis.core.measure import enterprise_measures, parcel_measures
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import GRADE_COLUMNS, Stock
from landgis.terms.measures import MEASURES
from landgis.terms.rules import Cut, Indicator, Population, Ruleset, Scheme

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Totals that agree to so many decimals are tied.
TIE_DECIMALS: Final = 9
_THREADS: Final = 2
#: Below this many values a second thread costs more than it saves.
_WORTH_A_THREAD: Final = 200_000


def grade(
    stock: Stock,
    rules: Ruleset,
    on: date,
    *,
    year: int | None = None,
    measures: pd.DataFrame | None = None,
    bonus: pd.Series | None = None,
    deduction: pd.Series | None = None,
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
        `landgis.core.measure.parcel_measures` of the stock where they are at hand; read by schemes whose subject is the parcel.
    bonus, deduction
        Points by subject, added and taken off after scoring; a bonus is limited where the ruleset has ``bonus_max``.
    with_parts
        Lay the parts out in ``scores``. Without them the grades are the same; the year before needs no more.

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
    scheme = _scheme(rules)
    year = on.year - 1 if year is None else year
    if scheme.subject == "enterprise":
        subjects = enterprise_measures(stock, on, year)
    else:
        subjects = parcel_measures(stock, on) if measures is None else measures
        subjects = subjects if year == on.year - 1 else subjects.iloc[:0]
    return grade_subjects(subjects, rules, year, bonus=bonus, deduction=deduction, with_parts=with_parts)


def grade_subjects(
    subjects: pd.DataFrame,
    rules: Ruleset,
    year: int,
    *,
    bonus: pd.Series | None = None,
    deduction: pd.Series | None = None,
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
    bonus, deduction
        Points by subject; who is not listed has none.
    with_parts
        Lay the parts out in ``scores``; else its lists are empty.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.GRADE_COLUMNS`; same index, same order. ``scores`` is a list of parts whose ``score`` sum to ``total``;
        ``population`` is "park/population"; ``rank`` 1 is best; ``share`` is rank ÷ ranked subjects; ``reason`` is empty or a code
        with data (see `landgis.terms.reasons.read_reason`): why there is no grade, or what overrode the ranking.

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
    Populations are ranked apart, and parks are never ranked together. A cut ``top`` takes the first floor(share x n), ``last`` the
    last floor(share x n); whoever ties with the last of a better class is in it. A protection (grade T) needs proof: unknown does not
    protect; the protected are not ranked.
    Sources: 浙政发〔2018〕5号; 台州市黄岩区 2022年度; 江苏淮安 2024.
    """
    scheme = _scheme(rules)
    count = len(subjects)
    park = subjects["park_code"].astype("object").to_numpy()
    member, unplaced = _populations(subjects, scheme, rules)
    override = _overrides(subjects, scheme, rules)
    fixed = np.array([*(item.grade for item in scheme.overrides), ""], dtype=object)[override]
    protected = fixed == "T"
    gone = subjects["is_gone"].to_numpy(dtype=bool) if "is_gone" in subjects else np.zeros(count, dtype=bool)

    total, rank, share = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    grades, reason = np.full(count, None, dtype=object), np.full(count, None, dtype=object)
    label, parts = np.full(count, "", dtype=object), np.fromiter(([] for _ in range(count)), dtype=object, count=count)
    extra = _adjustment(subjects.index, bonus, deduction, scheme, rules)
    for place, population in enumerate(scheme.populations):
        inside = member == place
        label[inside] = [f"{name}/{population.code}" for name in park[inside]]
        rows = np.flatnonzero(inside & ~protected & ~gone)
        if not len(rows):
            continue
        frame = subjects.iloc[rows]
        group, _ = pd.factorize(park[rows])
        scores = score(frame, population, scheme, rules, np.asarray(group, dtype=np.int64))
        enough = scores.known >= float(rules.value(scheme.known_weight_min, "ratio")) - 1e-12
        sums = scores.total + extra[rows]
        sums[~enough] = np.nan
        total[rows] = sums
        reason[rows[~enough]] = _want(frame[~enough], population, scheme, scores.known[~enough])
        if with_parts:
            parts[rows] = _parts(scores, population, extra[rows])
        ranks, sizes = rank_totals(sums, np.asarray(group, dtype=np.int64))
        rank[rows], share[rows] = ranks, ranks / sizes
        small = ~np.isnan(ranks) & (sizes < int(rules.value(scheme.population_min, "count")))
        if any(cut.at_least is None and (cut.top is not None or cut.last is not None) for cut in scheme.cuts):
            reason[rows[small]] = [f"population_too_small count={int(size)}" for size in sizes[small]]
        else:
            small[:] = False
        graded = ~np.isnan(ranks) & ~small
        grades[rows[graded]] = cut_grades(sums[graded], ranks[graded], sizes[graded], scheme.cuts)
    reason[unplaced] = "population_unknown"
    label[unplaced] = [f"{name}/" for name in park[unplaced]]
    reason[gone] = "gone"
    changed = (override >= 0) & ~gone
    grades[changed] = fixed[changed]
    reason[changed] = np.array([*(item.code for item in scheme.overrides), ""], dtype=object)[override[changed]]

    by_parcel = scheme.subject == "parcel"
    out = pd.DataFrame(index=subjects.index)
    out["parcel_id"] = subjects.index if by_parcel else pd.Series(pd.NA, index=subjects.index, dtype="Int64")
    out["uscc"] = pd.Series(
        [None] * count if by_parcel else subjects["uscc"].to_list(), index=out.index, dtype="object"
    )
    out["year"], out["ruleset"], out["population"], out["scores"] = year, rules.code, label, parts
    out["total"], out["rank"], out["share"] = total, pd.array(rank, dtype="Float64").astype("Int64"), share
    out["grade"] = pd.Series(grades, index=out.index, dtype="object")
    out["reason"] = pd.Series(reason, index=out.index, dtype="object")
    return out[list(GRADE_COLUMNS)]


@dataclass(frozen=True, slots=True)
class Scores:
    """The parts of a population's scores: arrays of subjects x indicators, and per subject the total and the known weight (0-1)."""

    values: Floats
    parts: Floats
    capped: NDArray[np.bool_]
    blank: NDArray[np.bool_]
    policy: tuple[str, ...]
    total: Floats
    known: Floats


def score(
    subjects: pd.DataFrame, population: Population, scheme: Scheme, rules: Ruleset, park: Ints | None = None
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

    Returns
    -------
    Scores
        A subject of whom nothing is known has the total NaN.
    """
    indicators = population.indicators
    park = np.zeros(len(subjects), dtype=np.int64) if park is None else park
    values = np.column_stack([_values(subjects, item) for item in indicators])
    weights = np.array([float(item.weight) for item in indicators])
    if scheme.method == "ratio_to_base":
        bases = np.array([float(item.base or 1) for item in indicators])
        parts = np.maximum(values / bases * weights, 0.0)
    else:
        signs = np.array([1.0 if item.better == "higher" else -1.0 for item in indicators])
        group = group_codes(subjects, ("park_code", *scheme.within))
        parts = percentile_in_group(values * signs, group) * weights
        parts[_sparse(values, group, int(rules.value(scheme.population_min, "count")))] = np.nan
    limit = weights * float(rules.value(scheme.cap, "ratio")) if scheme.cap else np.full(len(weights), np.inf)
    capped = parts > limit
    parts = np.minimum(parts, limit)
    blank = np.isnan(parts)
    known = np.where(blank, 0.0, weights).sum(axis=1) / weights.sum()
    policy = tuple(item.missing or scheme.missing for item in indicators)
    for place, treatment in enumerate(policy):
        rows = blank[:, place]
        if treatment == "zero":
            parts[rows, place] = 0.0
        elif treatment == "population_mean_score":
            parts[rows, place] = _means(parts[:, place], park)[park[rows]]
    left = np.where(np.isnan(parts), 0.0, weights).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = parts * (weights.sum() / left)[:, None]
    total = np.where(known > 0, np.nansum(parts, axis=1), np.nan)
    return Scores(values, parts, capped, blank, policy, total, known)


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
    rank, size = np.full(len(total), np.nan), np.zeros(len(total))
    known = np.flatnonzero(~np.isnan(total))
    if len(known):
        points, where = -np.round(total[known], TIE_DECIMALS), park[known]
        order = np.lexsort((points, where))
        points, where = points[order], where[order]
        new_park = np.concatenate(([True], where[1:] != where[:-1]))
        new_rank = new_park | np.concatenate(([True], points[1:] != points[:-1]))
        place = np.arange(len(known))
        begin = np.maximum.accumulate(np.where(new_park, place, 0))
        rank[known[order]] = np.maximum.accumulate(np.where(new_rank, place, 0)) - begin + 1
        size[known] = np.bincount(park[known])[park[known]]
    with np.errstate(invalid="ignore"):
        return rank, np.where(size > 0, size, np.nan)


def cut_grades(total: Floats, rank: Floats, size: Floats, cuts: Sequence[Cut]) -> NDArray[Any]:
    """Turn totals and ranks into grades, best cut first.

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
    found = np.full(len(total), None, dtype=object)
    rest = next(
        (cut.grade for cut in cuts if cut.top is None and cut.last is None and cut.at_least is None), cuts[-1].grade
    )
    sizes = size.astype(np.int64)
    for cut in cuts:
        open_ = pd.isna(found)
        if cut.top is not None:
            found[open_ & (rank <= _part_of(sizes, cut.top))] = cut.grade
        elif cut.last is not None:
            found[open_ & (rank > sizes - _part_of(sizes, cut.last))] = cut.grade
        elif cut.at_least is not None:
            found[open_ & (np.round(total, TIE_DECIMALS) >= float(cut.at_least))] = cut.grade
    found[pd.isna(found)] = rest
    return found


def group_codes(frame: pd.DataFrame, columns: Iterable[str]) -> NDArray[np.int64]:
    """Give each row the number of its group by several columns; −1 where one of them is unknown."""
    code = np.zeros(len(frame), dtype=np.int64)
    unknown = np.zeros(len(frame), dtype=bool)
    for name in columns:
        part, known = pd.factorize(frame[name])
        unknown |= part < 0
        code = code * (len(known) + 1) + part
    code[unknown] = -1
    codes, _ = pd.factorize(np.where(unknown, -1, code))
    first = codes[unknown][0] if unknown.any() else len(codes)
    shifted = np.where(codes > first, codes - 1, codes)
    return np.where(unknown, -1, shifted).astype(np.int64)


def percentile_in_group(values: Floats, group: Ints) -> Floats:
    """Rank every value among those of its group, as a share of the group's known values (0-1].

    Parameters
    ----------
    values
        Subjects x indicators, float64; NaN is unknown and stays NaN.
    group
        One integer per subject from 0 on; −1 belongs to no group and gives NaN.

    Returns
    -------
    array
        The same shape. Ties get the mean of their ranks: the same numbers as ``groupby(group).rank(pct=True)`` of pandas.

    Notes
    -----
    Each column is sorted once as one array of 64-bit keys: group, then as many leading bits of the value as fit, then the row. Rows
    whose leading bits agree are compared by their full values afterwards, so nothing is lost. Columns go to two threads (sorting
    releases the interpreter's lock).
    """
    values = np.asarray(values, dtype=np.float64)
    out = np.empty(values.shape[::-1]).T
    if not values.size:
        return out
    group = np.asarray(group, dtype=np.int64)
    row_bits = max(int(len(group) - 1).bit_length(), 1)
    group_bits = max(int(group.max()).bit_length(), 1)
    with np.errstate(over="ignore"):
        frame = (group.astype(np.uint64) << np.uint64(64 - group_bits)) | np.arange(len(group), dtype=np.uint64)
    inside = group >= 0
    rows = None if inside.all() else inside

    def one(column: int) -> None:
        _rank_column(np.ascontiguousarray(values[:, column]), frame, rows, group_bits, row_bits, out[:, column])

    if values.size < _WORTH_A_THREAD:
        for column in range(values.shape[1]):
            one(column)
    else:
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(one, range(values.shape[1])))
    return out


def _rank_column(
    value: Floats,
    frame: NDArray[np.uint64],
    inside: NDArray[np.bool_] | None,
    group_bits: int,
    row_bits: int,
    out: Floats,
) -> None:
    """Write the percentile ranks of one column into `out`."""
    known = ~np.isnan(value)
    if inside is not None:
        known &= inside
    if not known.all():
        out[~known] = np.nan
        if not known.any():
            return
        frame, shown = frame[known], value[known]
    else:
        shown = value
    # Order-preserving integers: negative numbers have their bits turned over; adding 0.0 makes −0 and 0 one.
    bits = (shown + 0.0).view(np.int64)
    order = (bits ^ ((bits >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))).view(np.uint64) ^ np.uint64(1 << 63)
    order -= order.min()
    dropped = max(int(order.max()).bit_length() - (64 - group_bits - row_bits), 0)
    order >>= np.uint64(dropped)
    order <<= np.uint64(row_bits)
    order |= frame
    order.sort()
    row = (order & np.uint64((1 << row_bits) - 1)).astype(np.intp)
    order >>= np.uint64(row_bits)
    tied = order[1:] == order[:-1]
    any_tie = bool(tied.any())
    if any_tie and dropped:
        tied = _compare_in_full(value, row, tied)
        any_tie = bool(tied.any())
    order >>= np.uint64(64 - group_bits - row_bits)
    size = np.bincount(order.astype(np.intp))
    size = size[size > 0]
    first = np.cumsum(size) - size
    count = len(row)
    if any_tie:
        start = np.flatnonzero(np.concatenate(([True], ~tied)))
        length = np.diff(start, append=count)
        rank = np.repeat(start + (length + 1) / 2, length)
    else:
        rank = np.arange(1.0, count + 1.0)
    rank -= np.repeat(first.astype(np.float64), size)
    rank /= np.repeat(size.astype(np.float64), size)
    out[row] = rank


def _compare_in_full(value: Floats, row: NDArray[np.intp], tied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Put rows whose leading bits agree into the order of their full values, in place; tell which are truly tied."""
    member = np.zeros(len(row), dtype=bool)
    member[1:] = tied
    member[:-1] |= tied
    at = np.flatnonzero(member)
    run = np.cumsum(np.concatenate(([True], ~tied[at[1:] - 1] | (np.diff(at) != 1))))
    full = value[row[at]]
    same_run = run[1:] == run[:-1]
    if (full[1:][same_run] != full[:-1][same_run]).any():
        right = np.lexsort((full, run))
        row[at], full = row[at][right], full[right]
    exact = np.zeros_like(tied)
    exact[at[1:][same_run & (full[1:] == full[:-1])] - 1] = True
    return exact


def _scheme(rules: Ruleset) -> Scheme:
    if rules.scheme is None:
        raise RuleError(
            Words("规则集没有评价办法。", "The ruleset has no evaluation scheme."),
            at=rules.code,
            mend=Words("使用类别含 performance 的规则集。", "Use a ruleset of the kind performance."),
        )
    return rules.scheme


def _values(subjects: pd.DataFrame, indicator: Indicator) -> Floats:
    return subjects[indicator.measure].to_numpy(dtype=float, na_value=np.nan)


def _populations(subjects: pd.DataFrame, scheme: Scheme, rules: Ruleset) -> tuple[Ints, NDArray[np.bool_]]:
    """Give the population of each subject, and who can be put into none for want of scale and revenue."""
    member = np.full(len(subjects), -1, dtype=np.int64)
    if not any(item.scale for item in scheme.populations):
        return np.zeros(len(subjects), dtype=np.int64), np.zeros(len(subjects), dtype=bool)
    revenue = subjects["revenue_wan"].to_numpy(dtype=float, na_value=np.nan)
    line = float(rules.value(scheme.above_scale_revenue, "万元"))
    by_revenue = np.where(np.isnan(revenue), "", np.where(revenue >= line, "above", "below"))
    known = subjects["scale"].astype("object").to_numpy()
    scale = np.where(pd.isna(known), by_revenue, known)
    for place, population in enumerate(scheme.populations):
        member[scale == population.scale] = place
    return member, scale == ""


def _overrides(subjects: pd.DataFrame, scheme: Scheme, rules: Ruleset) -> NDArray[np.intp]:
    """Give the first override that holds for each subject, −1 where none does."""
    found = np.full(len(subjects), -1, dtype=np.intp)
    for place, item in enumerate(scheme.overrides):
        truth = every((judge(subjects, part, rules).truth for part in item.conditions), len(subjects))
        found[(truth == YES) & (found < 0)] = place
    return found


def _adjustment(
    index: pd.Index, bonus: pd.Series | None, deduction: pd.Series | None, scheme: Scheme, rules: Ruleset
) -> Floats:
    points = np.zeros(len(index))
    if bonus is not None:
        given = bonus.reindex(index).fillna(0.0).to_numpy(dtype=float)
        points += np.minimum(given, float(rules.value(scheme.bonus_max, "score"))) if scheme.bonus_max else given
    if deduction is not None:
        points -= deduction.reindex(index).fillna(0.0).to_numpy(dtype=float)
    return points


def _want(subjects: pd.DataFrame, population: Population, scheme: Scheme, known: Floats) -> list[str]:
    """Say for whom too little is known which columns would help."""
    lacks = Lacks(len(subjects))
    nobody = (
        (subjects["users"] == 0).to_numpy(dtype=bool) if "users" in subjects else np.zeros(len(subjects), dtype=bool)
    )
    for name in (*scheme.within, *(item.measure for item in population.indicators)):
        measure, blank = MEASURES[name], subjects[name].isna().to_numpy(dtype=bool)
        lacks.add(blank & nobody & measure.by_users, ("parcel_use",))
        lacks.add(blank & ~(nobody & measure.by_users), measure.needs)
    codes = np.where(known == 0, "nothing_known", "too_little_known").tolist()
    return [
        f"{code} missing={','.join(names)}" if names else "group_too_small"
        for code, names in zip(codes, lacks.tuples(), strict=True)
    ]


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
        total = np.bincount(park[known], weights=part[known], minlength=groups)
        return np.asarray(total / np.bincount(park[known], minlength=groups), dtype=float)


def _part_of(sizes: Ints, share: Fraction) -> Ints:
    known, place = np.unique(sizes, return_inverse=True)
    return np.array([floor(share * int(size)) for size in known], dtype=np.int64)[place]


def _parts(scores: Scores, population: Population, extra: Floats) -> NDArray[Any]:
    """Lay the parts out for reading: their scores sum to the total."""
    templates = [
        {
            "indicator": item.measure,
            "value": None,
            "unit": item.unit,
            "base": None if item.base is None else float(item.base),
            "weight": float(item.weight),
            "score": 0.0,
            "capped": False,
            "missing": None,
        }
        for item in population.indicators
    ]
    values = scores.values.astype(object)
    values[np.isnan(scores.values)] = None
    missing = np.where(scores.blank, np.array(scores.policy, dtype=object), np.array([None], dtype=object))
    columns = (values.tolist(), np.nan_to_num(scores.parts).tolist(), scores.capped.tolist(), missing.tolist())
    out = np.empty(len(values), dtype=object)
    for row, parts in enumerate(zip(*columns, strict=True)):
        out[row] = [
            {**template, "value": value, "score": part, "capped": cap, "missing": gap}
            for template, value, part, cap, gap in zip(templates, *parts, strict=True)
        ]
    for changed in np.flatnonzero(extra):
        out[changed].append({"indicator": "adjustment", "score": float(extra[changed])})
    return out
