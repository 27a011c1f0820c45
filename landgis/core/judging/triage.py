"""Exit, swap, upgrade or leave 退/换/升/留: the gates, and the one that decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.conditions import NO, UNKNOWN, YES, Judged, Lacks, Truth, every, judge, some
from landgis.core.judging.disposal import disposal
from landgis.core.judging.inefficient import with_derived
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import TRIAGE_COLUMNS
from landgis.terms.measures import MEASURES
from landgis.terms.reasons import read_reason
from landgis.terms.rules import ACTIVITY_TESTS, IDLE_TESTS, Condition, Gate, Potential, Ruleset

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
        As `landgis.core.judging.measure.parcel_measures` gives them, indexed by ``parcel_id``.
    findings
        Those of idleness and of low efficiency, `landgis.terms.frames.FINDING_COLUMNS`.
    rules
        A ruleset of the kind ``triage``.
    idle
        As `landgis.core.judging.idle.idle_by_parcel` gives it; None where idleness was not assessed, which makes it unknown.
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
        `landgis.core.judging.disposal.disposal`.

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
    out["reason"] = _reasons(walked, rules, findings, idle)
    by_idle = np.array([any(item.measure == "idle" for item in gate.all_of) for gate in rules.gates])
    out["track"] = _texts(known["track"].where(alike & by_idle[decided]))
    out["suspected"] = known["suspected"]
    out["grade"] = _texts(known["grade"])
    out["freeable_m2"] = np.where(out["answer"].isin(_FREES), known["area_m2"], np.where(alike, 0.0, np.nan))
    out["upgrade_m2"] = known["area_m2"] * known["upgrade_share"]
    return out.join(disposal(known, rules))[list(TRIAGE_COLUMNS)]


def _texts(column: pd.Series) -> pd.Series:
    """Give texts as objects, None where there is none."""
    return column.astype("object").where(column.notna(), None)


@dataclass(frozen=True)
class Walk:
    """The way of every parcel through the gates.

    ``known`` are the facts the gates asked, with ``answer`` and ``decided_by``. ``judged`` holds per gate what each of its conditions
    said; ``truth`` per gate what it says as a whole, unknown conditions that the ruleset only notes taken as not met. ``decided`` is the
    place of the first gate that is met, ``left_open`` marks unknown gates before it, ``alike`` where all of these answer the same.
    """

    known: pd.DataFrame
    judged: list[dict[Condition, Judged]]
    truth: Truth
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
    potential = rules.potential if rules.gates else None
    if potential is None:
        raise RuleError(
            Words("规则集没有分类处置的关口。", "The ruleset has no gates."),
            at=rules.code,
            mend=Words("使用类别含 triage 的规则集。", "Use a ruleset of the kind triage."),
        )
    known = _facts(measures, findings, rules, potential, idle, grades, grades_before)
    count = len(known)
    passed, truths = [], []
    for gate in rules.gates:
        judged = {item: judge(known, item, rules) for item in (*gate.all_of, *gate.any_of)}
        taken = {
            item: np.where(said.truth == UNKNOWN, NO, said.truth) if item.if_unknown == "note" else said.truth
            for item, said in judged.items()
        }
        passed.append(judged)
        truths.append(
            np.minimum(
                every((taken[item] for item in gate.all_of), count), some((taken[item] for item in gate.any_of), count)
            )
        )
    truth = np.stack(truths)
    decided = (truth == YES).argmax(axis=0)  # the last gate asks nothing
    asked = np.arange(len(truth))[:, None] <= decided
    unchecked = Lacks(count)
    for place, judged in enumerate(passed):
        for item, said in judged.items():
            if item.if_unknown == "note":
                unchecked.add(asked[place] & (said.truth == UNKNOWN), (item.measure,))

    answers, codes = (np.array([getattr(gate, name) for gate in rules.gates]) for name in ("answer", "code"))
    left_open = asked & (truth == UNKNOWN)
    alike = ~(left_open & (answers[:, None] != answers[decided])).any(axis=0)
    known["answer"] = pd.Categorical(np.where(alike, answers[decided], "data_first"))
    known["decided_by"] = pd.Categorical(pd.Series(codes[decided]).where(alike))
    return Walk(known, passed, truth, decided, left_open, alike, unchecked)


def parcel_grades(
    grades: pd.DataFrame, measures: pd.DataFrame, names: Sequence[str] = ("grade", "reason")
) -> pd.DataFrame:
    """Give the grade that speaks for each parcel: its own, or that of its main user.

    Parameters
    ----------
    grades
        As `landgis.core.judging.performance.grade` gives them.
    measures
        As `landgis.core.judging.measure.parcel_measures` gives them; reads ``enterprise_id``.
    names
        The columns of `grades` to give.

    Returns
    -------
    DataFrame
        Index of `measures`, columns `names`; None where there is none.
    """
    wanted = measures.index if grades["parcel_id"].notna().any() else pd.Index(measures["enterprise_id"])
    place = grades.index.get_indexer(wanted)
    found = {name: np.append(grades[name].to_numpy(), [None])[place] for name in names}
    return pd.DataFrame(found, index=measures.index, dtype="object")


def _facts(
    measures: pd.DataFrame,
    findings: pd.DataFrame,
    rules: Ruleset,
    potential: Potential,
    idle: pd.DataFrame | None,
    grades: pd.DataFrame | None,
    grades_before: pd.DataFrame | None,
) -> pd.DataFrame:
    """Put beside the measures what the run found so far."""
    known = with_derived(measures, rules)
    index = known.index
    place = index.get_indexer(pd.Index(findings["parcel_id"]))
    here = place >= 0
    suspects = (findings["finding"] == "suspected").to_numpy() & here
    is_low = ~findings["test"].isin(_APART).to_numpy()
    open_ = (findings["finding"] == "unknown").to_numpy() & is_low & here
    low = np.bincount(place[suspects & is_low], minlength=len(index)).astype(float)
    low[(low == 0) & (np.bincount(place[open_], minlength=len(index)) > 0)] = np.nan
    known["low_efficiency"] = low
    known["suspected"] = np.bincount(place[suspects], minlength=len(index))
    known["worst_shortfall"] = _worst_shortfall(findings, place, suspects & is_low, low)
    said = pd.DataFrame(columns=["idle", "track", "test", "days"]) if idle is None else idle
    said = said.reindex(index)
    known["idle"] = said["idle"].where(said["idle"] != "unknown")
    known["track"] = said["track"].astype("object").mask(said["idle"] == "clear", "none")
    known["idle_test"], known["idle_days"] = said["test"], said["days"].astype(float)
    for name, given in (("grade", grades), ("grade_before", grades_before)):
        said = pd.DataFrame(columns=["grade", "reason"]) if given is None else given
        known[[name, f"{name}_reason"]] = said.reindex(index)[["grade", "reason"]]
    known["upgrade_share"] = _upgrade_share(known, potential, rules)
    # The gates ask the same few texts again and again: compare their codes, not their letters.
    for name in {item.measure for gate in rules.gates for item in (*gate.all_of, *gate.any_of) if item.values}:
        known[name] = known[name].astype("category")
    return known


def _worst_shortfall(findings: pd.DataFrame, place: NDArray[np.intp], low: Flags, count: Floats) -> Floats:
    """Give the widest gap to its threshold of a test that suspects, as a share of the threshold; 1 where there is none to measure."""
    value = findings["value"].to_numpy(dtype=float)[low]
    threshold = np.abs(findings["threshold"].to_numpy(dtype=float)[low])
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.minimum(np.abs(threshold - value) / threshold, 1.0)
    worst = np.zeros(len(count))
    np.maximum.at(worst, place[low], np.where(np.isnan(gap), 1.0, gap))
    return np.where(np.isnan(count), np.nan, worst)


def _upgrade_share(known: pd.DataFrame, potential: Potential, rules: Ruleset) -> Floats:
    ideal = known[potential.measure].to_numpy() if potential.measure else np.full(len(known), np.nan)
    if potential.number:
        ideal = np.where(np.isnan(ideal), float(rules.value(potential.number, "ratio")), ideal)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ideal > 0, np.maximum((ideal - known["far"].to_numpy()) / ideal, 0.0), np.nan)


def _reasons(walked: Walk, rules: Ruleset, findings: pd.DataFrame, idle: pd.DataFrame | None) -> pd.Series:
    known = walked.known
    reason = np.empty(len(known), dtype=object)
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
    return pd.Series(reason, index=known.index, dtype="object")


def _of_gate(known: pd.DataFrame, gate: Gate, judged: dict[Condition, Judged], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Say which condition of a gate decided, with its numbers: the first of `any` that holds, and all texts of `all`."""
    reason = np.empty(len(rows), dtype=object)
    todo = np.ones(len(rows), dtype=bool)
    for item in gate.any_of:
        mine = todo & (judged[item].truth[rows] == YES)
        reason[mine] = item.code or gate.code
        reason[mine] += _data(known, item, judged[item], rows[mine])
        todo &= ~mine
    reason[todo] = gate.code
    for item in (item for item in gate.all_of if item.measure != "idle"):
        reason[todo] += _data(known, item, judged[item], rows[todo])
    if any(item.measure == "idle" for item in gate.all_of):
        said = known[["idle_test", "idle_days"]].iloc[rows].itertuples(index=False)
        reason += [f" test={test} days={days:.0f}" for test, days in said]
    return reason


def _data(known: pd.DataFrame, item: Condition, judged: Judged, rows: NDArray[np.intp]) -> list[str]:
    if item.number or item.table:
        measure = MEASURES.get(item.measure)
        unit = f" unit={measure.unit}" if measure else ""
        pairs = np.stack([judged.value[rows], judged.threshold[rows]], axis=1).tolist()
        return [f" {item.measure}={value:.6g} threshold={threshold:.6g}{unit}" for value, threshold in pairs]
    return [f" {item.measure}={str(value).replace(' ', '_')}" for value in known[item.measure].iloc[rows].tolist()]


def _of_missing(
    known: pd.DataFrame,
    rules: Ruleset,
    waits: Flags,
    left_open: NDArray[np.bool_],
    findings: pd.DataFrame,
    idle: pd.DataFrame | None,
) -> list[str]:
    """Name the columns for want of which the gates stayed open."""
    lacks = Lacks(len(known))
    for place, gate in enumerate(rules.gates):
        rows = waits & left_open[place]
        for item in (*gate.all_of, *gate.any_of):
            if item.if_unknown == "note":
                continue
            unknown = rows & known[item.measure].isna().to_numpy()
            if item.measure in ("idle", "track") and idle is not None:
                _add_found(lacks, unknown, idle["missing"].reindex(known.index).to_numpy())
            elif item.measure == "low_efficiency":
                _add_found(lacks, unknown, _low_missing(known, findings, unknown))
            else:
                if item.measure in ("grade", "grade_before"):
                    _add_found(lacks, unknown, _grade_missing(known, item.measure))
                lacks.add_condition(known, item, rules, rows)
    listed = lacks.tuples()[waits]
    return [f"data_missing missing={','.join(names)}" if names else "data_missing" for names in listed]


def _add_found(lacks: Lacks, rows: Flags, missing: NDArray[Any]) -> None:
    """Note missing columns that the findings themselves name."""
    place, found = pd.factorize(missing)
    for at, names in enumerate(found):
        lacks.add(rows & (place == at), names)


def _grade_missing(known: pd.DataFrame, name: str) -> NDArray[Any]:
    """Read from the reason why there is no grade which columns lack."""
    codes, reasons = pd.factorize(known[f"{name}_reason"])
    named = [read_reason(reason)[1].get("missing", "") for reason in reasons]
    lists = [tuple(text.split(",")) if text else () for text in named]
    return np.fromiter((*lists, ()), dtype=object)[codes]


def _low_missing(known: pd.DataFrame, findings: pd.DataFrame, rows: Flags) -> NDArray[Any]:
    merged = np.empty(len(known), dtype=object)
    merged.fill(())
    open_ = findings[(findings["finding"] == "unknown") & ~findings["test"].isin(_APART)]
    open_ = open_[open_["parcel_id"].isin(known.index[rows])]
    for parcel, names in open_[["parcel_id", "missing"]].itertuples(index=False):
        place = known.index.get_loc(parcel)
        merged[place] = tuple(dict.fromkeys((*merged[place], *names)))
    return merged
