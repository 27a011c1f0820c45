"""Why a parcel got its answer: facts, tests, gates, answer, and what speaks for and against it.

Nothing is thought anew here: every truth comes from the functions that answered. What is said is plain data, all words in both
languages, so that a page, a paper and a terminal can show the same object.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from landgis.core.judging.activity import Activity
from landgis.core.judging.conditions import NO, UNKNOWN, YES, Judged, Truth, every, judge, some
from landgis.core.judging.disposal import Scored, score
from landgis.core.judging.industries import UNLISTED
from landgis.core.judging.inefficient import with_derived
from landgis.core.judging.triage import Walk, parcel_grades, walk
from landgis.terms import frames
from landgis.terms.codes import EDITION, landuse_words
from landgis.terms.disposal import MODES, STAT_CATEGORY
from landgis.terms.errors import Domain, Words
from landgis.terms.measures import MEASURES, Measure
from landgis.terms.reasons import name_words
from landgis.terms.rules import Condition, Gate, Opening, Rulebook, Ruleset, ScoreRule
from landgis.terms.suppliers import SUPPLIERS, suppliers_of

_SAID: Final = {int(YES): "met", int(NO): "not_met", int(UNKNOWN): "unknown"}
#: Told of every parcel, whatever the rules ask.
_ALWAYS: Final = ("area_m2", "far", "coefficient", "tax_wan_per_mu", "stopped_months", "users")
#: Told elsewhere: in the answer, or in another unit.
_UNTOLD: Final = {"answer", "decided_by", "area_mu", "low_efficiency"}
#: Codes that have words: of the measure that holds them.
_CODES: Final[Mapping[str, Domain]] = {
    "grade": frames.GRADE,
    "grade_before": frames.GRADE,
    "idle": frames.FINDING,
    "track": {**frames.TRACK, "none": Words("无", "none")},
    "answer": frames.ANSWER,
    "build_status": frames.BUILD_STATUS,
    "stock_class": frames.STOCK_CLASS,
    "industry_standing": {UNLISTED: Words("不在目录", "on no list")},
    "industry_scheme": EDITION,
}
_NOT_SO: Final = Words("不成立", "not so")
_COMPARED: Final = {
    "<": Words("低于", "below"),
    "<=": Words("不高于", "at most"),
    ">": Words("高于", "above"),
    ">=": Words("不低于", "at least"),
}


@dataclass(frozen=True)
class Judgement:
    """All that one assessment of a stock found on its way to the answers.

    ``measures`` by ``parcel_id``; ``contracts`` as of `landgis.core.judging.idle.idle_land` and ``idle`` by parcel, None where the rulebook
    does not ask for idleness; ``findings`` of all tests that the gates hear of, ``beside`` those told next to them; ``grades`` of the
    evaluated year and of the year before, None where nothing is graded; ``answers`` as of `landgis.core.judging.triage.triage`;
    ``activity`` of firms and parcels, None where it was not asked.
    """

    measures: pd.DataFrame
    contracts: pd.DataFrame | None
    idle: pd.DataFrame | None
    findings: pd.DataFrame
    beside: tuple[pd.DataFrame, ...]
    grades: pd.DataFrame | None
    grades_before: pd.DataFrame | None
    answers: pd.DataFrame
    activity: Activity | None = None

    @cached_property
    def all_findings(self) -> pd.DataFrame:
        """Everything that is told of the parcels, test by test."""
        return pd.concat([self.findings, *self.beside], ignore_index=True) if self.beside else self.findings

    def walked(self, rules: Ruleset) -> Walk:
        """Lead every parcel through the gates again, keeping what each condition said."""
        now, before = (
            None if given is None else parcel_grades(given, self.measures)
            for given in (self.grades, self.grades_before)
        )
        return walk(self.measures, self.findings, rules, idle=self.idle, grades=now, grades_before=before)


class Trace:
    """What every condition of a rulebook said of every parcel of a judgement, ready to be told parcel by parcel."""

    def __init__(self, judgement: Judgement, book: Rulebook) -> None:
        assert book.triage is not None
        self.judgement, self.book, self.rules = judgement, book, book.triage
        self.walked = judgement.walked(self.rules)
        self.known = self.walked.known
        self.tested: dict[str, tuple[Ruleset, list[tuple[Condition, Judged]]]] = {}
        for ruleset in filter(None, (book.low_efficiency, book.control, book.standard_land)):
            derived = [item.name for item in ruleset.derived if item.name not in self.known]
            if derived:
                self.known = self.known.join(with_derived(judgement.measures, ruleset)[derived])
            for test in ruleset.tests:
                self.tested[test.code] = ruleset, [(item, judge(self.known, item, ruleset)) for item in test.conditions]
        self.scored: list[tuple[ScoreRule, Scored]] = [
            (rule, score(self.known, rule, self.rules)) for rule in self.rules.scores
        ]
        self.opened: list[tuple[Opening, Truth]] = [
            (
                opening,
                np.minimum(
                    every((judge(self.known, item, self.rules).truth for item in opening.all_of), len(self.known)),
                    some((judge(self.known, item, self.rules).truth for item in opening.any_of), len(self.known)),
                ),
            )
            for opening in self.rules.modes
        ]
        self.values = {name: column.array for name, column in self.known.items()}
        self._of_findings = judgement.all_findings.groupby("parcel_id", sort=False).indices

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The measures that any rule of the book asks for, in the order of the glossary; derived ones behind."""
        asked = set(_ALWAYS)
        for ruleset in self.book.rulesets:
            for item in ruleset.conditions:
                asked |= {item.measure, item.of}
                if item.table:
                    asked |= {ruleset.tables[item.table].by, ruleset.tables[item.table].scheme_by}
        derived = [item.name for ruleset in self.book.rulesets for item in ruleset.derived]
        asked -= _UNTOLD
        return tuple(name for name in (*MEASURES, *derived) if name in asked and name in self.known)

    def tell(self, parcel_id: int) -> dict[str, Any]:
        """Explain one parcel.

        Returns
        -------
        dict
            ``facts`` (name, title, value, unit, said, needs); ``tests`` (conditions of each finding of low efficiency); ``gates`` in their
            order (state ``met``, ``not_met``, ``unknown`` or ``not_asked``, and conditions); ``modes``; ``scores`` with their parts;
            ``points`` (``for`` and ``against`` doing something about the parcel, and ``open``); ``missing`` with who should supply it;
            ``reliability`` (share of what the tests and the gates asked that is known). All titles are {zh, en}.
        """
        at = int(self.known.index.get_indexer(pd.Index([parcel_id]))[0])
        rows = self._of_findings.get(parcel_id, np.array([], dtype=np.intp))
        findings: list[dict[str, Any]] = self.judgement.all_findings.iloc[rows].to_dict("records")  # type: ignore[assignment]
        tests = [
            {"test": code, "conditions": [self._condition(item, said, ruleset, at) for item, said in judged]}
            for code, (ruleset, judged) in self.tested.items()
        ]
        gates = [self._gate(place, gate, at) for place, gate in enumerate(self.rules.gates)]
        scores = [self._score(rule, scored, at) for rule, scored in self.scored]
        return {
            "facts": [self._fact(name, at) for name in self.asked],
            "tests": tests,
            "gates": gates,
            "modes": self._modes(at),
            "scores": scores,
            "points": self._points(findings, gates, scores),
            "missing": self._missing(findings, gates, at),
            "reliability": _reliability(findings, gates),
        }

    def _fact(self, name: str, at: int) -> dict[str, Any]:
        value = plain(self.values[name][at])
        measure = MEASURES.get(name)
        return {
            "name": name,
            "title": both(measure.words if measure else name_words(name, self.book.words)),
            "value": value,
            "unit": self._unit(name),
            "said": self._said(name, value, at),
            "needs": list(measure.needs) if measure else [],
        }

    def words_of(self, name: str, values: Iterable[object], at: int) -> Mapping[str, Words]:
        """Give the rulebook's words, for land uses with those of the codes in the parcel's own scheme."""
        if name != "landuse_code":
            return self.book.words
        scheme = plain(self.judgement.measures["landuse_scheme"].iloc[at])
        uses = {str(code): landuse_words(str(code), scheme) for code in values}
        return {
            **self.book.words,
            **{code: Words(f"{code} {use.zh}", f"{code} {use.en}") for code, use in uses.items() if use},
        }

    def _said(self, name: str, value: object, at: int) -> dict[str, str] | None:
        words = code_words(name, value, self.words_of(name, (value,), at))
        if words is None:
            return None
        sign = f"{value} " if name in ("grade", "grade_before") else ""
        return {"zh": sign + words.zh, "en": sign + words.en}

    def _unit(self, name: str) -> str:
        if name in MEASURES:
            return MEASURES[name].unit
        item = next(item for ruleset in self.book.rulesets for item in ruleset.derived if item.name == name)
        return "ratio" if item.method == "percentile" else MEASURES[item.of].unit

    def _gate(self, place: int, gate: Gate, at: int) -> dict[str, Any]:
        decided = int(self.walked.decided[at])
        state = "not_asked" if place > decided else _SAID[int(self.walked.truth[place][at])]
        judged = self.walked.judged[place]
        return {
            "gate": gate.gate,
            "code": gate.code,
            "title": both(gate.title),
            "answer": gate.answer,
            "article": gate.article,
            "state": state,
            "decided": bool(self.walked.alike[at]) and place == decided,
            "all": [self._condition(item, judged[item], self.rules, at) for item in gate.all_of],
            "any": [self._condition(item, judged[item], self.rules, at) for item in gate.any_of],
        }

    def _condition(self, item: Condition, said: Judged, rules: Ruleset, at: int) -> dict[str, Any]:
        value = plain(self.values[item.measure][at]) if item.measure in self.values else None
        threshold = plain(said.threshold[at]) if item.number or item.table else None
        truth = int(said.truth[at])
        source = rules.numbers.get(item.number) or rules.tables.get(item.table)
        listed = next((one for one in rules.lists.values() if one.values == item.values), None) if item.values else None
        cited = source or listed
        is_asked = threshold is None or bool(np.isfinite(said.threshold[at]))
        return {
            "code": item.code or item.measure,
            "title": both(item.title or condition_words(item, self.words_of(item.measure, item.values, at))),
            "measure": item.measure,
            "operator": item.operator,
            "value": value,
            "said": self._answer(item, value, at),
            "threshold": threshold if is_asked else None,
            "is_asked": is_asked,
            "unit": self._unit(item.measure) if item.number or item.table else "",
            "values": list(item.values),
            "wanted": item.value,
            "state": _SAID[truth],
            "noted": truth == int(UNKNOWN) and item.if_unknown == "note",
            "article": item.article or (cited.article if cited else ""),
            "confidence": (cited.confidence if cited else None) or rules.confidence,
        }

    def _answer(self, item: Condition, value: object, at: int) -> dict[str, str] | None:
        """Say what was found: of a condition whose own title denies what is measured, whether the title is so."""
        if item.title and item.value is False and isinstance(value, bool):
            return both(Words("否", "no") if value else Words("是", "yes"))
        return self._said(item.measure, value, at)

    def _modes(self, at: int) -> list[dict[str, Any]]:
        """Tell the modes that are open, or may be: of several entries for one mode the surest."""
        best: dict[str, tuple[int, Opening]] = {}
        for opening, truth in self.opened:
            if int(truth[at]) > (best[opening.mode][0] if opening.mode in best else int(NO)):
                best[opening.mode] = (int(truth[at]), opening)
        return [
            {
                "mode": code,
                "title": both(MODES[code].words),
                "stat_category": MODES[code].stat_category,
                "stat_title": both(STAT_CATEGORY[MODES[code].stat_category]),
                "state": "open" if truth == YES else "unknown",
                "article": opening.article,
                "confidence": opening.confidence or self.rules.confidence,
                "source": MODES[code].source,
            }
            for code, (truth, opening) in sorted(best.items())
        ]

    def _score(self, rule: ScoreRule, scored: Scored, at: int) -> dict[str, Any]:
        return {
            "score": rule.code,
            "title": both(rule.title),
            "article": rule.article,
            "low": plain(scored.low[at]),
            "high": plain(scored.high[at]),
            "parts": [
                {
                    "code": part.code,
                    "title": both(part.title),
                    "weight": plain(scored.weights[part][at]),
                    "level": plain(scored.levels[part][at]),
                }
                for part in rule.parts
            ],
        }

    def _points(
        self, findings: list[dict[str, Any]], gates: list[dict[str, Any]], scores: list[dict[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Lay out what speaks for doing something about the parcel, what against it, and what is open; each thing once."""
        sides: dict[str, dict[str, dict[str, Any]]] = {"for": {}, "against": {}, "open": {}}
        side_of = {"suspected": "for", "clear": "against", "unknown": "open"}
        for found in findings:
            sides[side_of[str(found["finding"])]][found["test"]] = {
                "code": found["test"],
                "title": both(self.book.words.get(found["test"], Words(found["test"], found["test"]))),
                "said": both(frames.FINDING[str(found["finding"])]) if pd.isna(found["value"]) else None,
                "value": plain(found["value"]),
                "threshold": plain(found["threshold"]),
                "unit": found["unit"],
            }
        of_state = {"met": "for", "not_met": "against", "unknown": "open"}
        for gate in gates:
            for asked in (*gate["all"], *gate["any"]) if gate["decided"] else gate["any"]:
                if asked["is_asked"]:
                    # A threshold's own words may be the other way round from what is measured: "mostly outside" of a share inside.
                    is_threshold = asked["threshold"] is not None
                    measured = {
                        "measure_title": both(name_words(asked["measure"], self.book.words)) if is_threshold else None
                    }
                    sides[of_state[asked["state"]]].setdefault(asked["code"], asked | measured)
        for part in (one for item in scores if item["score"] == "exit_ease" for one in item["parts"]):
            if part["level"] is not None and part["level"] < 1:
                level = {"value": part["level"], "unit": "ratio", "said": None if part["level"] else both(_NOT_SO)}
                sides["against"].setdefault(part["code"], {**part, **level, "hinders": True})
        told = ("code", "title", "measure", "measure_title", "value", "said", "threshold", "unit", "hinders")
        return {
            side: [{name: one.get(name) for name in told} for one in listed.values()] for side, listed in sides.items()
        }

    def _missing(self, findings: list[dict[str, Any]], gates: list[dict[str, Any]], at: int) -> list[dict[str, Any]]:
        """Name what is unknown, for which tests and gates it is wanted, and who should supply it; what decides comes first."""
        wanted: dict[str, dict[str, Any]] = {}

        def want(name: str, by: str, *, decides: bool) -> None:
            entry = wanted.setdefault(name, {"wanted_by": {}, "decides": False})
            entry["wanted_by"][by] = both(self.book.words.get(by, name_words(by)))
            entry["decides"] |= decides

        nobody = "users" in self.known and self.known["users"].iloc[at] == 0
        for gate in gates:
            for part in (*gate["all"], *gate["any"]):
                if part["state"] == "unknown" and gate["state"] != "not_asked":
                    for need in _needs(MEASURES.get(part["measure"]), part["measure"], bool(nobody)):
                        want(need, gate["code"], decides=gate["state"] == "unknown")
        for found in findings:
            if found["finding"] == "unknown":
                for need in found["missing"]:
                    want(need, found["test"], decides=False)
        return [
            {
                "name": name,
                "title": both(name_words(name, self.book.words)),
                "suppliers": [{"code": code, "title": both(SUPPLIERS[code])} for code in suppliers_of(name)],
                "wanted_by": [{"code": code, "title": title} for code, title in entry["wanted_by"].items()],
                "decides": entry["decides"],
            }
            for name, entry in sorted(wanted.items(), key=lambda item: not item[1]["decides"])
        ]


def code_words(name: str, value: object, words: Mapping[str, Words]) -> Words | None:
    """Give the words of a measure's code, where it has any; `words` has those of a list of industries and of land uses.

    >>> code_words("industry_standing", "unlisted", {}).en, code_words("far", 0.4, {})
    ('on no list', None)
    """
    own = words.get(str(value)) if name in ("industry_standing", "landuse_code") else None
    return _CODES.get(name, {}).get(str(value), own)


def condition_words(item: Condition, words: Mapping[str, Words]) -> Words:
    """Say what a condition asks, in words, where the ruleset gives it no title.

    >>> from landgis.terms.rules import Condition
    >>> condition_words(Condition("grade", "in", values=("A", "B")), {}).zh
    '评价等级为 A、B 之一'
    """
    name = MEASURES[item.measure].words if item.measure in MEASURES else name_words(item.measure, words)
    if item.operator == "is":
        return Words(f"{name.zh}：{'是' if item.value else '否'}", f"{name.en}: {'yes' if item.value else 'no'}")
    if item.operator in ("in", "not_in"):
        domain = {} if item.measure in ("grade", "grade_before") else _CODES.get(item.measure, {})
        said = [domain.get(value) or words.get(value) or Words(value, value) for value in item.values]
        zh, en = "、".join(one.zh for one in said), ", ".join(one.en for one in said)
        if len(said) == 1:
            return Words(
                f"{name.zh}{'为' if item.operator == 'in' else '不为'} {zh}",
                f"{name.en} is {'' if item.operator == 'in' else 'not '}{en}",
            )
        return (
            Words(f"{name.zh}为 {zh} 之一", f"{name.en} is one of {en}")
            if item.operator == "in"
            else Words(f"{name.zh}不为 {zh} 中任一", f"{name.en} is none of {en}")
        )
    side = _COMPARED[item.operator]
    of_words = name_words(item.of, words)
    of = Words(f"×{of_words.zh}", f" x {of_words.en}") if item.of else Words("", "")
    right = (
        name_words(item.number or item.table, words)
        if (item.number or item.table) in words
        else Words("标准", "the threshold")
    )
    return Words(f"{name.zh}{side.zh}{right.zh}{of.zh}", f"{name.en} {side.en} {right.en}{of.en}")


def both(words: Words) -> dict[str, str]:
    """Give words as plain data."""
    return {"zh": words.zh, "en": words.en}


def _needs(measure: Measure | None, name: str, nobody: bool) -> tuple[str, ...]:
    if measure is None or not measure.needs:
        return (name,)
    return ("parcel_use",) if measure.by_users and nobody else measure.needs


def _reliability(findings: list[dict[str, Any]], gates: list[dict[str, Any]]) -> float | None:
    """Give the share of the tests, and of the conditions of the gates that were asked, of which something is known."""
    states = ["unknown" if said == "unknown" else "met" for said in (found["finding"] for found in findings)]
    asked: dict[str, str] = {}
    for gate in gates:
        if gate["state"] != "not_asked":
            asked |= {part["code"]: part["state"] for part in (*gate["all"], *gate["any"]) if part["is_asked"]}
    states += asked.values()
    return round(1 - states.count("unknown") / len(states), 4) if states else None


def plain(value: Any) -> Any:  # noqa: ANN401  any scalar of a frame
    """Give a frame's scalar as JSON holds it; what is unknown, and an infinite threshold, is None."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return str(value)
