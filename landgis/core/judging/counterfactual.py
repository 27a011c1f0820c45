"""The smallest change that would alter an answer, found among the very thresholds that decided and proved by answering again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from landgis.core.judging.conditions import SAME, judge
from landgis.core.judging.explanation import Judgement, Trace, both, code_words, plain
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.regrading import other_grades
from landgis.core.judging.triage import parcel_grades, triage
from landgis.terms.errors import Words
from landgis.terms.frames import ANSWER, empty
from landgis.terms.measures import MEASURES, RATIOS
from landgis.terms.reasons import name_words
from landgis.terms.rules import Condition, Rulebook

#: Just beyond a threshold: twice what the comparison takes for noise.
_BEYOND: Final = 2 * SAME
#: Measures that hang together: when the first moves, the others move in proportion.
_TOGETHER: Final = {"far": ("counted_area_m2", "far_share"), "coefficient": ("footprint_m2",)}
#: What can be asked of a parcel but not changed on it, or is a sum of what can.
_FIXED: Final = (
    "low_efficiency",
    "upgrade_share",
    "worst_shortfall",
    "track",
    "area_m2",
    "area_mu",
    "users",
    "park_code",
)
_TOLD: Final = 6
_UNITS: Final = {
    "": Words("", ""), "ratio": Words("", ""), "month": Words(" 个月", " months"), "year": Words(" 年", " years"),
    "万元/亩": Words(" 万元/亩", " 10k yuan/mu"), "亩": Words(" 亩", " mu"), "count": Words("", ""),
}  # fmt: skip
_GRADES: Final = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Change:
    """One measure moved: to ``after`` itself, or just ``side`` ("below", "above") of it. ``value`` is what was tried.

    ``grade`` is the grade that comes with it, where it is an indicator of the evaluation.
    """

    measure: str
    before: Any
    after: Any
    side: str
    value: Any
    grade: str = ""

    @property
    def cost(self) -> float:
        """How large it is: the part of the larger number by which it moves; 1 for a yes, a no or a code; ½ for what is not known yet."""
        if self.before is None:
            return 0.5
        if isinstance(self.before, float) and isinstance(self.value, float):
            return abs(self.value - self.before) / max(abs(self.value), abs(self.before), 1e-12)
        return 1.0


def counterfactuals(trace: Trace, parcel_id: int) -> list[dict[str, Any]]:
    """Find the smallest changes that would give a parcel another answer.

    Parameters
    ----------
    trace
        Of the judgement that answered; all other parcels stay as they are.
    parcel_id
        The parcel.

    Returns
    -------
    list of dict
        Smallest first, at most six: ``changes`` (one, or two where no single one does: ``measure, title, before, after, side, unit,
        grade``), ``answer`` and ``gate`` it would then have, ``cost`` (0 is none) and ``title`` in words.

    Notes
    -----
    Tried are the thresholds of the tests and gates themselves: the number that meets it where the comparison is not strict, the nearest
    number beyond it where it is; yes for no; every code a gate asks for; and the value of each indicator of the evaluation that alone
    would bring another grade, all other firms as they stand. Where the answer is data first, only what is unknown is tried.
    Each one told was proved: the park was tested and led through the gates again with this parcel so changed, the means and ranks of its
    groups included.
    """
    trial = _Trial(trace, parcel_id)
    now = str(trace.judgement.answers["answer"].loc[parcel_id])
    levers = list(_levers(trace, parcel_id, only_unknown=now == "data_first"))
    found = trial.told([(lever,) for lever in levers], now)
    if not found:
        pairs = [pair for pair in combinations(levers, 2) if pair[0].measure != pair[1].measure]
        found = trial.told(pairs, now)
    return found


class _Trial:
    """One parcel, answered again with other measures."""

    def __init__(self, trace: Trace, parcel_id: int) -> None:
        self.trace, self.parcel_id = trace, parcel_id
        self.judgement, self.book = trace.judgement, trace.book
        derived = [item.name for ruleset in self.book.rulesets for item in ruleset.derived]
        names = [name for name in derived if name in trace.known and name not in self.judgement.measures]
        self.measures = self.judgement.measures.join(trace.known[names]) if names else self.judgement.measures

    def told(self, tried: Sequence[tuple[Change, ...]], now: str) -> list[dict[str, Any]]:
        """Tell the smallest of some changes that alter the answer, one for each set of measures and answer, each proved."""
        if not tried:
            return []
        answers = self._answers(tried)
        order = sorted(
            (place for place in range(len(tried)) if answers["answer"].iloc[place] not in (now, "data_first")),
            key=lambda place: sum(change.cost for change in tried[place]),
        )
        found: list[dict[str, Any]] = []
        seen: set[tuple[Any, ...]] = set()
        for place in order:
            changes, answer = tried[place], str(answers["answer"].iloc[place])
            kind = (answer, *(change.measure for change in changes))
            if kind in seen or any(set(one[1:]) < set(kind[1:]) for one in seen):
                continue
            proved = answered_again(self.judgement, self.book, self.parcel_id, changes)
            if str(proved["answer"]) != answer:
                continue
            seen.add(kind)
            found.append(self._tell(changes, answer, int(proved["gate"])))
            if len(found) == _TOLD:
                break
        return found

    def _answers(self, tried: Sequence[tuple[Change, ...]]) -> pd.DataFrame:
        """Answer for all changes at once, a row each; means and ranks of the groups stay."""
        count = len(tried)
        rows = _repeated(self.measures, self.parcel_id, count)
        idle = None if self.judgement.idle is None else _repeated(self.judgement.idle, self.parcel_id, count)
        now, before = (
            None if given is None else _repeated(parcel_grades(given, self.judgement.measures), self.parcel_id, count)
            for given in (self.judgement.grades, self.judgement.grades_before)
        )
        for place, changes in enumerate(tried):
            for change in changes:
                _apply(change, place, rows, idle, now, before)
        return _thought(rows, idle, now, before, self.book)

    def _tell(self, changes: tuple[Change, ...], answer: str, gate: int) -> dict[str, Any]:
        parts = [self._part(change) for change in changes]
        zh = "；".join(f"{part['title']['zh']} {part['said']['zh']}" for part in parts)
        en = "; ".join(f"{part['title']['en']} {part['said']['en']}" for part in parts)
        return {
            "changes": parts,
            "answer": answer,
            "gate": gate,
            "cost": round(sum(change.cost for change in changes), 6),
            "title": {"zh": f"{zh}：{ANSWER[answer].zh}", "en": f"{en}: {ANSWER[answer].en}"},
        }

    def _words(self, name: str, value: object) -> Words | None:
        at = int(self.measures.index.get_indexer(pd.Index([self.parcel_id]))[0])
        words = self.trace.words_of(name, (value,), at)
        return None if name in ("grade", "grade_before") else code_words(name, value, words)

    def _part(self, change: Change) -> dict[str, Any]:
        measure = MEASURES.get(change.measure)
        unit = measure.unit if measure else ""
        title = measure.words if measure else name_words(change.measure, self.book.words)
        before, after = (
            self._words(change.measure, value) or _said(value, unit, change.measure)
            for value in (change.before, change.after)
        )
        side = {"below": Words("低于 ", "below "), "above": Words("高于 ", "above ")}.get(change.side, Words("", ""))
        tail = _UNITS.get(unit, Words(f" {unit}", f" {unit}"))
        if change.grade:
            tail = Words(f"{tail.zh}（评为 {change.grade}）", f"{tail.en} (grade {change.grade})")
        return {
            "measure": change.measure,
            "title": both(title),
            "before": change.before,
            "after": change.after,
            "side": change.side,
            "unit": unit,
            "grade": change.grade or None,
            "said": {
                "zh": f"{before.zh} → {side.zh}{after.zh}{tail.zh}",
                "en": f"{before.en} → {side.en}{after.en}{tail.en}",
            },
        }


def answered_again(judgement: Judgement, book: Rulebook, parcel_id: int, changes: Iterable[Change]) -> "pd.Series[Any]":
    """Answer for one parcel again as it would stand after some changes, in its whole park."""
    at = int(judgement.measures.index.get_indexer(pd.Index([parcel_id]))[0])
    rows = judgement.measures.copy()
    idle = None if judgement.idle is None else judgement.idle.copy()
    now, before = (
        None if given is None else parcel_grades(given, judgement.measures)
        for given in (judgement.grades, judgement.grades_before)
    )
    for change in changes:
        _apply(change, at, rows, idle, now, before)
    return _thought(rows, idle, now, before, book).iloc[at]


def _thought(
    rows: pd.DataFrame,
    idle: pd.DataFrame | None,
    grades: pd.DataFrame | None,
    before: pd.DataFrame | None,
    book: Rulebook,
) -> pd.DataFrame:
    assert book.triage is not None
    low = book.low_efficiency
    findings = (
        empty(("parcel_id", "finding", "test", "value", "threshold", "missing"))
        if low is None
        else low_efficiency(rows, low, None if idle is None else idle["idle"])
    )
    return triage(rows, findings, book.triage, idle=idle, grades=grades, grades_before=before)


def _levers(trace: Trace, parcel_id: int, *, only_unknown: bool) -> Iterable[Change]:
    """List every single change that could make a condition of a test or a gate say something else."""
    row = trace.known.loc[[parcel_id]]
    asked: dict[str, list[tuple[Condition, Any]]] = {}
    low = trace.book.low_efficiency
    if low is not None:
        for test in low.tests:
            for item in test.conditions:
                asked.setdefault(item.measure, []).append((item, low))
    for gate in trace.rules.gates:
        for item in (*gate.all_of, *gate.any_of):
            asked.setdefault(item.measure, []).append((item, trace.rules))
    for name, conditions in asked.items():
        if name in _FIXED or name not in MEASURES:
            continue
        before = plain(row[name].iloc[0]) if name in row else None
        if only_unknown and before is not None:
            continue
        kind = MEASURES[name].kind
        if kind == "boolean":
            yield from (Change(name, before, value, "", value) for value in (True, False) if value != before)
        elif kind == "text":
            yield from _codes(name, before, [item for item, _ in conditions])
        else:
            limits = {
                (float(judge(row, item, rules).threshold[0]), item.operator)
                for item, rules in conditions
                if item.values == ()
            }
            yield from _numbers(name, before, limits)
    grades, performance = trace.judgement.grades, trace.book.performance
    if "grade" in asked and grades is not None and performance is not None and not only_unknown:
        subject = _subject(grades, trace.judgement.measures, parcel_id)
        if subject is not None:
            for name, now, then, grade in other_grades(grades, performance, subject):
                yield Change(name, now, then, "", then, grade)
    if "upgrade_share" in asked and "far" in row and not (only_unknown and plain(row["far"].iloc[0]) is not None):
        yield from _by_potential(trace, row, [item for item, _ in asked["upgrade_share"]])


def _subject(grades: pd.DataFrame, measures: pd.DataFrame, parcel_id: int) -> int | None:
    """Give whose grade speaks for a parcel: its own, or its main user's; None where there is none."""
    subject = parcel_id if grades["parcel_id"].notna().any() else plain(measures["enterprise_id"].loc[parcel_id])
    return int(subject) if subject is not None and subject in grades.index else None


def _numbers(name: str, before: float | None, limits: Iterable[tuple[float, str]]) -> Iterable[Change]:
    """Give for each threshold the nearest number on the other side of it; both sides where the number is unknown."""
    for limit, operator in sorted(limits):
        if not np.isfinite(limit):
            continue
        step = _BEYOND * abs(limit) if limit else _BEYOND
        below, above = (
            Change(name, before, limit, "below", limit - step),
            Change(name, before, limit, "above", limit + step),
        )
        exact = Change(name, before, limit, "", limit)
        strict_below = operator in ("<", ">=")  # the threshold itself lies above
        if before is None:
            yield from (below, exact) if strict_below else (exact, above)
        elif strict_below:
            yield exact if before < limit * (1 - SAME) else below
        else:
            yield exact if before > limit * (1 + SAME) else above


def _by_potential(trace: Trace, row: pd.DataFrame, conditions: Iterable[Condition]) -> Iterable[Change]:
    """Turn a threshold of what could still be built into the floor-area ratio that meets it."""
    before = plain(row["far"].iloc[0])
    ideal = (
        plain(row[trace.rules.potential.measure].iloc[0])
        if trace.rules.potential and trace.rules.potential.measure
        else None
    )
    if ideal is None and trace.rules.potential and trace.rules.potential.number:
        ideal = float(trace.rules.number(trace.rules.potential.number).value)
    if not ideal:
        return
    for item in conditions:
        limit = ideal * (1 - float(trace.rules.number(item.number).value))
        # A share at or above its threshold is a ratio at or below this one.
        yield from _numbers("far", before, [(limit, "<=" if item.operator in (">=", "<") else "<")])


def _codes(name: str, before: str | None, conditions: Iterable[Condition]) -> Iterable[Change]:
    if name == "idle":
        yield from (Change(name, before, value, "", value) for value in ("clear", "suspected") if value != before)
        return
    values = _GRADES if name in ("grade", "grade_before") else ()
    asked = dict.fromkeys((*values, *(value for item in conditions for value in item.values)))
    yield from (Change(name, before, value, "", value) for value in asked if value != before)
    if name == "industry_standing" and before in asked:
        yield Change(name, before, "unlisted", "", "unlisted")


def _apply(
    change: Change,
    at: int,
    rows: pd.DataFrame,
    idle: pd.DataFrame | None,
    grades: pd.DataFrame | None,
    before: pd.DataFrame | None,
) -> None:
    """Make a change in one row of copies that are ours."""
    if change.grade and grades is not None:
        _put(grades, "grade", at, change.grade)
        # Of a parcel that is its user's alone, the measure is the firm's; of one among several it stays as it is.
        here = plain(rows[change.measure].iloc[at]) if change.measure in rows else None
        if here is not None and abs(here - change.before) <= SAME * abs(here):
            _put(rows, change.measure, at, change.value)
    elif change.measure == "idle":
        if idle is not None:
            _put(idle, "idle", at, change.value)
            _put(idle, "track", at, "fee" if change.value == "suspected" else None)
            if change.value == "suspected":
                _put(idle, "test", at, "not_started")
    elif change.measure in ("grade", "grade_before"):
        frame = grades if change.measure == "grade" else before
        if frame is not None:
            _put(frame, "grade", at, change.value)
    else:
        old = plain(rows[change.measure].iloc[at])
        for name in _TOGETHER.get(change.measure, ()):
            if name in rows and old:
                _put(rows, name, at, float(rows[name].iloc[at]) * change.value / old)
        _put(rows, change.measure, at, change.value)


def _put(frame: pd.DataFrame, name: str, at: int, value: Any) -> None:  # noqa: ANN401  any scalar of a frame
    column = frame[name].copy()
    if isinstance(value, str) or value is None:
        column = column.astype("object")
    column.iloc[at] = value
    frame[name] = column


def _repeated(frame: pd.DataFrame, parcel_id: int, count: int) -> pd.DataFrame:
    rows = frame.loc[[parcel_id] * count].copy()
    rows.index = pd.RangeIndex(count)
    return rows


def _said(value: object, unit: str, name: str) -> Words:
    """Write a value as it is compared: no digit that decides is lost."""
    if value is None:
        return Words("不明", "unknown")
    if isinstance(value, bool):
        return Words("是", "yes") if value else Words("否", "no")
    if isinstance(value, float):
        shown = f"{100 * value:.4g}%" if unit == "ratio" and name not in RATIOS else f"{value:.4g}"
        return Words(shown, shown)
    return Words(str(value), str(value))
