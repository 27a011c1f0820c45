"""Exit, swap, upgrade or leave 退/换/升/留: the gates, and the one that decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.conditions import NO, UNKNOWN, YES, Judged, Lacks, Truth, every, judge, some
from landgis.core.disposal import disposal
from landgis.core.inefficient import with_derived
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import ANSWER, TRIAGE_COLUMNS
from landgis.terms.measures import MEASURES
from landgis.terms.reasons import read_reason
from landgis.terms.rules import ACTIVITY_TESTS, IDLE_TESTS, Condition, Gate, Ruleset

_BIT: Final = {answer: 1 << place for place, answer in enumerate(ANSWER)}
#: Tests that say nothing of low efficiency.
_APART: Final = (*IDLE_TESTS, *ACTIVITY_TESTS)
_FREES: Final = ("exit", "swap")

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def triage(
    measures: pd.DataFrame,
    findings: pd.DataFrame,
    rules: Ruleset,
    *,
    idle: pd.DataFrame | None = None,
    grades: pd.DataFrame | None = None,
    grades_before: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Answer for every parcel: exit, swap, upgrade, leave, or data first; by the first gate that holds.

    Parameters
    ----------
    measures
        As `landgis.core.measure.parcel_measures` gives them, indexed by ``parcel_id``.
    findings
        Those of idleness and of low efficiency, `landgis.terms.frames.FINDING_COLUMNS`.
    rules
        A ruleset of the kind ``triage``.
    idle
        As `landgis.core.idle.idle_by_parcel` gives it; None where idleness was not assessed, which makes it unknown.
    grades, grades_before
        `parcel_grades` of the evaluated year and of the year before; None makes them unknown.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.TRIAGE_COLUMNS`, index and order of `measures`. ``gate`` is the number of the gate that decided, 0 for
        data first. ``reason`` is a code with the numbers that decided, or with the columns that are missing; see
        `landgis.terms.reasons.read_reason` and `reason_words`. ``freeable_m2`` is the parcel's area where it would be freed (exit,
        swap), 0 where not, unknown for data first. ``upgrade_m2`` is the land that building up to the ideal floor-area ratio would
        win, A·(ideal − far) ÷ ideal, never below 0, unknown where the ratio is. ``modes``, ``urgency`` and the scores are those of
        `landgis.core.disposal.disposal`.

    Raises
    ------
    RuleError
        The ruleset has no gates, or lacks a number that a gate needs.

    Notes
    -----
    Every gate is met, not met or unknown. An unknown gate leaves open what it would have answered; where all that is left open and
    the first gate that is met give one and the same answer, that is the answer: a poor performer need not wait for a paper that
    could only send it out as well. Where they differ, the answer is data first, and the reason names what is missing. Unknown is
    never taken as not met, except where the ruleset says so for a condition (``if_unknown = "note"``): then the reason carries
    ``unchecked``.

    What each gate of ``cn-triage`` needs: 1 contract; 2 enterprise flags, industry, planned use, control layers, grade;
    3 grade, layers; 4 grade, months stopped, counted floor area, footprint, industry, findings of low efficiency;
    5 months stopped, grades of two years.
    """
    walked = walk(measures, findings, rules, idle=idle, grades=grades, grades_before=grades_before)
    known, alike, decided = walked.known, walked.alike, walked.decided
    out = pd.DataFrame(index=measures.index)
    out["parcel_id"] = measures.index
    out["answer"] = known["answer"].astype("object")
    out["gate"] = np.where(alike, np.array([gate.gate for gate in rules.gates])[decided], 0)
    reason = _reasons(walked, rules, findings, idle)
    out["reason"] = pd.Series(reason, index=out.index, dtype="object")
    by_idle = np.array([any(item.measure in ("idle", "track") for item in gate.all_of) for gate in rules.gates])
    track = known["track"].to_numpy(dtype=object).copy()
    track[~(alike & by_idle[decided]) | pd.isna(track)] = None
    out["track"] = pd.Series(track, index=out.index, dtype="object")
    out["suspected"] = known["suspected"].to_numpy(dtype=np.int64)
    grade = known["grade"].to_numpy(dtype=object).copy()
    grade[pd.isna(grade)] = None
    out["grade"] = pd.Series(grade, index=out.index, dtype="object")
    area = known["area_m2"].to_numpy(dtype=float)
    frees = np.isin(out["answer"].to_numpy(dtype=object), _FREES)
    out["freeable_m2"] = np.where(frees, area, np.where(alike, 0.0, np.nan))
    out["upgrade_m2"] = area * known["upgrade_share"].to_numpy(dtype=float)
    return out.join(disposal(known, rules))[list(TRIAGE_COLUMNS)]


@dataclass(frozen=True)
class Walk:
    """The way of every parcel through the gates.

    ``known`` are the facts the gates asked, with ``answer`` and ``decided_by``. ``judged`` holds per gate what each of its conditions
    said; ``truth`` per gate what it says as a whole, unknown conditions that the ruleset only notes taken as not met. ``decided`` is the
    place of the first gate that is met, ``left_open`` marks unknown gates before it, ``alike`` where all of these answer the same.
    """

    known: pd.DataFrame
    judged: list[dict[Condition, Judged]]
    truth: list[Truth]
    decided: NDArray[np.int64]
    left_open: Flags
    alike: Flags
    unchecked: Lacks


def walk(
    measures: pd.DataFrame,
    findings: pd.DataFrame,
    rules: Ruleset,
    *,
    idle: pd.DataFrame | None = None,
    grades: pd.DataFrame | None = None,
    grades_before: pd.DataFrame | None = None,
) -> Walk:
    """Lead every parcel through the gates; parameters and refusals as of `triage`."""
    if not rules.gates or rules.potential is None:
        raise RuleError(
            Words("规则集没有分类处置的关口。", "The ruleset has no gates."),
            at=rules.code,
            mend=Words("使用类别含 triage 的规则集。", "Use a ruleset of the kind triage."),
        )
    known = _facts(measures, findings, rules, idle, grades, grades_before)
    count = len(known)
    decided = np.full(count, -1, dtype=np.int64)
    possible = np.zeros(count, dtype=np.int64)
    left_open = np.zeros((len(rules.gates), count), dtype=bool)
    passed: list[dict[Condition, Judged]] = []
    truths: list[Truth] = []
    unchecked = Lacks(count)
    for place, gate in enumerate(rules.gates):
        waiting = decided < 0
        judged = {item: judge(known, item, rules) for item in (*gate.all_of, *gate.any_of)}
        taken = {item: said.truth for item, said in judged.items()}
        for item in (item for item in judged if item.if_unknown == "note"):
            unknown = taken[item] == UNKNOWN
            unchecked.add(waiting & unknown, (item.measure,))
            taken[item] = np.where(unknown, NO, taken[item])
        truth = np.minimum(
            every((taken[item] for item in gate.all_of), count), some((taken[item] for item in gate.any_of), count)
        )
        left_open[place] = waiting & (truth == UNKNOWN)
        now = waiting & (truth == YES)
        possible[left_open[place] | now] |= _BIT[gate.answer]
        decided[now] = place
        passed.append(judged)
        truths.append(truth)

    answers = np.array([gate.answer for gate in rules.gates], dtype=object)
    codes = np.array([gate.code for gate in rules.gates], dtype=object)
    alike = (possible & (possible - 1)) == 0
    known["answer"] = pd.Categorical(np.where(alike, answers[decided], "data_first"))
    known["decided_by"] = pd.Categorical(pd.Series(codes[decided]).where(alike, None))
    return Walk(known, passed, truths, decided, left_open, alike, unchecked)


def parcel_grades(
    grades: pd.DataFrame, measures: pd.DataFrame, names: Sequence[str] = ("grade", "reason")
) -> pd.DataFrame:
    """Give the grade that speaks for each parcel: its own, or that of its main user.

    Parameters
    ----------
    grades
        As `landgis.core.performance.grade` gives them.
    measures
        As `landgis.core.measure.parcel_measures` gives them; reads ``enterprise_id``.
    names
        The columns of `grades` to give.

    Returns
    -------
    DataFrame
        Index of `measures`, columns `names`; None where there is none.
    """
    wanted = measures.index
    if not grades["parcel_id"].notna().any():
        wanted = pd.Index(measures["enterprise_id"].fillna(-1).astype("int64"))
    place = grades.index.get_indexer(wanted)
    found = {name: np.append(grades[name].to_numpy(dtype=object), [None])[place] for name in names}
    return pd.DataFrame(found, index=measures.index, dtype="object")


def _facts(
    measures: pd.DataFrame,
    findings: pd.DataFrame,
    rules: Ruleset,
    idle: pd.DataFrame | None,
    grades: pd.DataFrame | None,
    grades_before: pd.DataFrame | None,
) -> pd.DataFrame:
    """Put beside the measures what the run found so far."""
    known = with_derived(measures, rules)
    index = known.index
    place = np.asarray(index.get_indexer(pd.Index(findings["parcel_id"])), dtype=np.intp)
    here = place >= 0
    suspects = (findings["finding"] == "suspected").to_numpy(dtype=bool) & here
    is_low = ~findings["test"].isin(_APART).to_numpy(dtype=bool)
    open_ = (findings["finding"] == "unknown").to_numpy(dtype=bool) & is_low & here
    low = np.bincount(place[suspects & is_low], minlength=len(index)).astype(float)
    low[(low == 0) & (np.bincount(place[open_], minlength=len(index)) > 0)] = np.nan
    known["low_efficiency"] = low
    known["suspected"] = np.bincount(place[suspects], minlength=len(index))
    known["worst_shortfall"] = _worst_shortfall(findings, place, suspects & is_low, low)
    blank = pd.Series([None] * len(index), index=index, dtype="object")
    said = blank if idle is None else idle["idle"].reindex(index).astype("object")
    known["idle"] = said.where(said != "unknown", None)
    known["track"] = (
        blank if idle is None else idle["track"].reindex(index).astype("object").mask(said == "clear", "none")
    )
    known["idle_test"] = blank if idle is None else idle["test"].reindex(index).astype("object")
    known["idle_days"] = np.nan if idle is None else idle["days"].reindex(index).astype(float)
    for name, given in (("grade", grades), ("grade_before", grades_before)):
        known[name] = blank if given is None else given["grade"].reindex(index).astype("object")
        known[f"{name}_reason"] = blank if given is None else given["reason"].reindex(index).astype("object")
    known["upgrade_share"] = _upgrade_share(known, rules)
    # The gates ask the same few texts again and again: compare their codes, not their letters.
    for name in {item.measure for gate in rules.gates for item in (*gate.all_of, *gate.any_of) if item.values}:
        known[name] = known[name].astype("category")
    return known


def _worst_shortfall(findings: pd.DataFrame, place: NDArray[np.intp], low: Flags, count: Floats) -> Floats:
    """Give the widest gap to its threshold of a test that suspects, as a share of the threshold; 1 where there is none to measure."""
    value = findings["value"].to_numpy(dtype=float, na_value=np.nan)[low]
    threshold = np.abs(findings["threshold"].to_numpy(dtype=float, na_value=np.nan)[low])
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.minimum(np.abs(threshold - value) / threshold, 1.0)
    worst = np.zeros(len(count))
    np.maximum.at(worst, place[low], np.where(np.isnan(gap), 1.0, gap))
    return np.where(np.isnan(count), np.nan, worst)


def _upgrade_share(known: pd.DataFrame, rules: Ruleset) -> Floats:
    ideal = np.full(len(known), np.nan)
    potential = rules.potential
    if potential is not None and potential.measure:
        ideal = known[potential.measure].to_numpy(dtype=float, na_value=np.nan)
    if potential is not None and potential.number:
        ideal = np.where(np.isnan(ideal), float(rules.value(potential.number, "ratio")), ideal)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ideal > 0, np.maximum((ideal - known["far"].to_numpy(dtype=float)) / ideal, 0.0), np.nan)


def _reasons(walked: Walk, rules: Ruleset, findings: pd.DataFrame, idle: pd.DataFrame | None) -> NDArray[Any]:
    known = walked.known
    reason = np.full(len(known), "", dtype=object)
    for place, gate in enumerate(rules.gates):
        rows = np.flatnonzero(walked.alike & (walked.decided == place))
        if len(rows):
            reason[rows] = _of_gate(known, gate, walked.judged[place], rows)
    waits = ~walked.alike
    if waits.any():
        reason[waits] = _of_missing(known, rules, waits, walked.left_open, findings, idle)
    tell = walked.unchecked.tuples()
    for row in np.flatnonzero(tell.astype(bool) & walked.alike):
        reason[row] += f" unchecked={','.join(tell[row])}"
    return reason


def _of_gate(known: pd.DataFrame, gate: Gate, judged: dict[Condition, Judged], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Say which condition of a gate decided, with its numbers: the first of `any` that holds, and all texts of `all`."""
    reason = np.full(len(rows), "", dtype=object)
    todo = np.ones(len(rows), dtype=bool)
    for item in gate.any_of:
        mine = todo & (judged[item].truth[rows] == YES)
        reason[mine] = _spoken(known, item, item.code or gate.code, judged[item], rows[mine])
        todo &= ~mine
    shown = [item for item in gate.all_of if item.measure != "idle"] if todo.any() else []
    reason[todo] = gate.code
    for item in shown:
        reason[todo] = [
            f"{had} {new}" for had, new in zip(reason[todo], _data(known, item, judged[item], rows[todo]), strict=True)
        ]
    if any(item.measure == "idle" for item in gate.all_of):
        said = zip(reason, known["idle_test"].iloc[rows], known["idle_days"].iloc[rows], strict=True)
        reason[:] = [f"{had} test={test} days={days:.0f}" for had, test, days in said]
    return reason


def _spoken(known: pd.DataFrame, item: Condition, code: str, judged: Judged, rows: NDArray[np.intp]) -> list[str]:
    return [f"{code} {data}" for data in _data(known, item, judged, rows)]


def _data(known: pd.DataFrame, item: Condition, judged: Judged, rows: NDArray[np.intp]) -> list[str]:
    if item.number or item.table:
        measure = MEASURES.get(item.measure)
        unit = f" unit={measure.unit}" if measure else ""
        pairs = zip(judged.value[rows].tolist(), judged.threshold[rows].tolist(), strict=True)
        return [f"{item.measure}={value:.6g} threshold={threshold:.6g}{unit}" for value, threshold in pairs]
    return [f"{item.measure}={str(value).replace(' ', '_')}" for value in known[item.measure].iloc[rows].tolist()]


def _of_missing(
    known: pd.DataFrame,
    rules: Ruleset,
    waits: Flags,
    left_open: NDArray[np.bool_],
    findings: pd.DataFrame,
    idle: pd.DataFrame | None,
) -> NDArray[Any]:
    """Name the columns for want of which the gates stayed open."""
    lacks = Lacks(len(known))
    for place, gate in enumerate(rules.gates):
        rows = waits & left_open[place]
        for item in (*gate.all_of, *gate.any_of):
            if item.if_unknown == "note":
                continue
            if item.measure in ("idle", "track") and idle is not None:
                unknown = rows & known[item.measure].isna().to_numpy(dtype=bool)
                _add_found(lacks, unknown, idle["missing"].reindex(known.index).to_numpy(dtype=object))
            elif item.measure == "low_efficiency":
                unknown = rows & known[item.measure].isna().to_numpy(dtype=bool)
                _add_found(lacks, unknown, _low_missing(known, findings, unknown))
            else:
                if item.measure in ("grade", "grade_before"):
                    _add_found(
                        lacks,
                        rows & known[item.measure].isna().to_numpy(dtype=bool),
                        _grade_missing(known, item.measure),
                    )
                lacks.add_condition(known, item, rules, rows)
    listed = lacks.tuples()[waits]
    return np.array(
        [f"data_missing missing={','.join(names)}" if names else "data_missing" for names in listed], dtype=object
    )


def _add_found(lacks: Lacks, rows: Flags, missing: NDArray[Any]) -> None:
    """Note missing columns that the findings themselves name."""
    found, place = pd.factorize(pd.Series(missing, dtype="object").where(rows, None))[::-1]
    for at, names in enumerate(found):
        lacks.add(np.asarray(place == at), tuple(names))


def _grade_missing(known: pd.DataFrame, name: str) -> NDArray[Any]:
    """Read from the reason why there is no grade which columns lack."""
    codes, reasons = pd.factorize(known[f"{name}_reason"])
    named = [read_reason(reason)[1].get("missing", "") for reason in reasons]
    lists = [tuple(text.split(",")) if text else () for text in named]
    return np.fromiter((*lists, ()), dtype=object, count=len(lists) + 1)[codes]


def _low_missing(known: pd.DataFrame, findings: pd.DataFrame, rows: Flags) -> NDArray[Any]:
    merged = np.empty(len(known), dtype=object)
    merged.fill(())
    open_ = findings[(findings["finding"] == "unknown") & ~findings["test"].isin(_APART)]
    place = known.index.get_indexer(pd.Index(open_["parcel_id"]))
    for at, names in zip(place.tolist(), open_["missing"], strict=True):
        if at >= 0 and rows[at]:
            merged[at] = tuple(dict.fromkeys((*merged[at], *names)))
    return merged
