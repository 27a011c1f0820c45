"""From a TOML text to a `Ruleset`; the schema is in `docs/rulesets.md`.

Everything is checked when it is read: an unknown key, a number without unit or article, a measure nobody computes, two units that do
not fit, all are refused with file, key and mend. Nothing is defaulted. `find_faults` gives all there are, not the first alone.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from hashlib import sha256
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

from landgis.terms.disposal import MODES, SCORES
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import ANSWER, GRADE
from landgis.terms.measures import MEASURES, Measure
from landgis.terms.rules import (
    ACTIVITY_NEEDED,
    ACTIVITY_TESTS,
    CONFIDENCES,
    IDEAL_OF,
    IDLE_TESTS,
    KINDS,
    MISSING,
    OPERATORS,
    STATUSES,
    TESTING,
    UNITS,
    ZONE_INDICATORS,
    CodeList,
    Condition,
    Confidence,
    Criterion,
    Cut,
    Derived,
    Gate,
    Indicator,
    Kind,
    Lookup,
    Missing,
    Number,
    Opening,
    Operator,
    Override,
    Population,
    Potential,
    Quota,
    Rulebook,
    Ruleset,
    Scheme,
    ScorePart,
    ScoreRule,
    Sign,
    Standing,
    Status,
    ZoneIndicator,
    compose_rulesets,
    refusal,
    unit_refusal,
)
from landgis.terms.sections import Section
from landgis.terms.signreader import read_rates, read_sign

_Made = TypeVar("_Made")
#: What a mode or a score may ask for: everything a gate may, and the answer.
_AFTERWARDS = "parcel triage disposal"


def list_rulesets() -> tuple[str, ...]:
    """Give the codes of all packaged rulesets, sorted."""
    folder = resources.files("landgis").joinpath("rulesets")
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def load_ruleset(code: str) -> Ruleset:
    """Give a packaged ruleset by its code.

    Raises
    ------
    RuleError
        There is none of that code (the message lists those there are, the nearest first), or its text is malformed.
    """
    codes = list_rulesets()
    if code not in codes:
        near = get_close_matches(code, codes, n=1, cutoff=0.4)
        guess_zh, guess_en = (f"是否指 {near[0]}？", f"Did you mean {near[0]}? ") if near else ("", "")
        raise refusal(
            code,
            f"没有规则集“{code}”。",
            f"There is no ruleset {code!r}.",
            None,
            None,
            f"{guess_zh}现有：{'、'.join(codes)}。",
            f"{guess_en}There are: {', '.join(codes)}.",
        )
    name = f"{code}.toml"
    ruleset = parse_ruleset(resources.files("landgis").joinpath("rulesets", name).read_text(encoding="utf-8"), name)
    if ruleset.code != code:
        raise refusal(
            f"{name} [ruleset] code",
            f"文件名与代码“{ruleset.code}”不一致。",
            f"The file's name and its code {ruleset.code!r} differ.",
            None,
            None,
            "使两者一致。",
            "Make them the same.",
        )
    return ruleset


def compose(codes: Iterable[str], on: date | None = None) -> Rulebook:
    """Make the rulebook of one assessment from packaged rulesets, and those they need.

    Parameters
    ----------
    codes
        Codes of packaged rulesets.
    on
        The day of the assessment; where given, every ruleset must be in force on it.

    Raises
    ------
    RuleError
        A code is unknown, two rulesets are of one kind, or one is not in force on the day.
    """
    return compose_rulesets(with_needed(load_ruleset(code) for code in dict.fromkeys(codes)), on)


def with_needed(rulesets: Iterable[Ruleset]) -> list[Ruleset]:
    """Add the packaged rulesets that these need, unless another of their kind is among them."""
    found = list(rulesets)
    for code in dict.fromkeys(code for item in found for code in item.needs):
        needed = load_ruleset(code)
        if not any(set(needed.kinds) & set(item.kinds) for item in found):
            found.append(needed)
    return found


def parse_ruleset(text: str, name: str) -> Ruleset:
    """Read a ruleset from its TOML text.

    Parameters
    ----------
    text
        The TOML text.
    name
        What to call it in messages: the file's name.

    Raises
    ------
    RuleError
        The text is no TOML, a key is unknown or missing, a number lacks unit or article, a measure, operator or unit is not known,
        or two units do not fit.
    """
    ruleset, faults = _read(text, name)
    if faults:
        raise faults[0]
    assert ruleset is not None
    return ruleset


def find_faults(text: str, name: str) -> list[RuleError]:
    """Check a ruleset's text: everything that `parse_ruleset` would refuse, in the order of the file's parts."""
    return _read(text, name)[1]


def _read(text: str, name: str) -> tuple[Ruleset | None, list[RuleError]]:
    try:
        tree: dict[str, Any] = tomllib.loads(text, parse_float=Fraction)
    except tomllib.TOMLDecodeError as error:
        fault = refusal(
            name,
            "规则集不是合法的 TOML。",
            "The ruleset is no valid TOML.",
            str(error),
            str(error),
            "改正该行。",
            "Mend that line.",
        )
        return None, [fault]
    parser = _Parser(Section(tree, name, ()), text)
    ruleset = None
    with parser.noting():
        ruleset = parser.ruleset()
    return ruleset, parser.faults


class _FollowsError(RuleError):
    """A fault that is only the shadow of another one already noted: a name whose own section is at fault."""


class _Parser:
    """From the sections of one text to a `Ruleset`."""

    def __init__(self, root: Section, text: str) -> None:
        self.root, self.text_ = root, text
        self.measures: dict[str, Measure] = dict(MEASURES)
        self.numbers: dict[str, Number] = {}
        self.lists: dict[str, CodeList] = {}
        self.tables: dict[str, Lookup] = {}
        self.faults: list[RuleError] = []
        self._faulty: set[str] = set()

    @contextmanager
    def noting(self, name: str = "") -> Iterator[None]:
        """Note a fault of one part, and go on with the next; whoever asks for `name` later is no fault of its own."""
        try:
            yield
        except RuleError as fault:
            self._faulty.add(name)
            if not isinstance(fault, _FollowsError):
                self.faults.append(fault)

    def _each(self, sections: Iterable[Section], read: Callable[[Section], _Made]) -> tuple[_Made, ...]:
        """Read one part after the other, noting what is at fault."""
        made: list[_Made] = []
        for section in sections:
            with self.noting(section.peek("name")):
                made.append(read(section))
        return tuple(made)

    def ruleset(self) -> Ruleset | None:
        """Read everything; None where a fault was noted."""
        root = self.root
        head: dict[str, Any] = {}
        with self.noting():
            head = self._head(cast(Section, root.section("ruleset")))
        kinds: tuple[Kind, ...] = head.get("kinds", ())
        apart = (
            "tests",
            "scheme",
            "gates",
            "derived",
            "potential",
            "standings",
            "zone",
            "signs",
            "rates",
            "modes",
            "scores",
        )
        parts: dict[str, Any] = {key: root.left.pop(key) for key in apart if key in root.left}
        with self.noting():
            self._read_lists(root)
        with self.noting():
            self._read_tables(root)
        for name in list(root.left):
            with self.noting(name):
                self.numbers[name] = self._number(cast(Section, root.section(name)))
        rest = Section(parts, root.name, ())
        derived = self._each(rest.sections("derived"), self._derived)
        tests = self._each(rest.sections("tests"), lambda section: self._test(section, kinds))
        scheme, potential = None, None
        with self.noting():
            scheme_section = rest.section("scheme", required="performance" in kinds)
            scheme = self._scheme(scheme_section) if scheme_section else None
        gates = self._each(rest.sections("gates", required="triage" in kinds), self._gate)
        with self.noting():
            potential_section = rest.section("potential", required="triage" in kinds)
            potential = self._potential(potential_section) if potential_section else None
        modes = self._each(rest.sections("modes"), self._opening)
        scores = self._each(rest.sections("scores"), self._score)
        zone = self._each(rest.sections("zone", required="zone_use" in kinds), self._zone)
        standings = self._each(rest.sections("standings", required="industries" in kinds), self._standing)
        signs = self._each(rest.sections("signs", required="activity" in kinds), read_sign)
        rates = self._each(rest.sections("rates"), read_rates)
        if self.faults:
            return None
        if gates and (
            gates[-1].all_of or gates[-1].any_of or [item.gate for item in gates] != sorted(item.gate for item in gates)
        ):
            raise root.refuse(
                "gates",
                "关口须按序，最后一道不设条件。",
                "Gates stand in order and the last asks nothing.",
                "按 gate 排序，最后写保留。",
                "Sort them by gate and end with the one that answers for the rest.",
            )
        if (modes or scores) and not gates:
            raise root.refuse(
                "modes" if modes else "scores",
                "处置方式与评分属于 triage 类规则集。",
                "Modes and scores belong to a ruleset of the kind triage.",
                "移到该类规则集。",
                "Move them into one.",
            )
        self._check_kinds(kinds, tests, scheme, gates, standings, zone, signs)
        return Ruleset(
            **head,
            text=self.text_,
            sha256=sha256(self.text_.encode()).hexdigest(),
            numbers=MappingProxyType(self.numbers),
            lists=MappingProxyType(self.lists),
            tables=MappingProxyType(self.tables),
            derived=derived,
            tests=tests,
            scheme=scheme,
            gates=gates,
            potential=potential,
            standings=standings,
            zone=zone,
            signs=signs,
            rates=rates,
            modes=modes,
            scores=scores,
        )

    def _head(self, head: Section) -> dict[str, Any]:
        """Read who made the rule, for where and when, and how sure its text is."""
        read: dict[str, Any] = {"code": head.text("code"), "title": head.words("title")}
        read["kinds"] = tuple(cast(Kind, self._known(head, "kinds", kind, KINDS)) for kind in head.texts("kinds"))
        read["document"], read["region"] = head.text("document"), head.text("region")
        read["effective_from"] = head.take("effective_from", date)
        read["effective_to"] = head.take("effective_to", date, required=False)
        read["confidence"] = cast(Confidence, head.choice("confidence", CONFIDENCES))
        read["status"] = cast(Status, head.choice("status", STATUSES, required=False) or "in_force")
        read["supersedes"] = head.texts("supersedes", required=False)
        read["needs"] = head.texts("needs", required=False)
        read["made_for_year"] = head.take("made_for_year", int, required=False)
        read["note"] = head.words("note", required=False)
        excludes = head.section("excludes_idle", required=False)
        read["excludes_idle"] = excludes is not None
        read["excludes_idle_article"] = "" if excludes is None else excludes.text("article")
        if excludes is not None:
            excludes.done()
        head.done()
        if read["effective_to"] is not None and read["effective_to"] < read["effective_from"]:
            raise head.refuse(
                "effective_to",
                "失效日早于施行日。",
                "It ends before it begins.",
                "改正两个日期。",
                "Mend the two days.",
            )
        if read["status"] in ("superseded", "retired") and read["effective_to"] is None:
            raise head.refuse(
                "effective_to",
                "已被替代或停用，却没有失效日。",
                "It is superseded or retired, and no last day is given.",
                "写明最后施行的一天。",
                "Give the last day on which it was in force.",
            )
        if read["code"] in read["supersedes"]:
            raise head.refuse(
                "supersedes",
                "规则集不能替代自己。",
                "A ruleset does not supersede itself.",
                "换一个新代码。",
                "Give this one a new code.",
            )
        return read

    def _zone(self, section: Section) -> ZoneIndicator:
        code = section.choice("code", ZONE_INDICATORS)
        indicator = ZoneIndicator(
            code,
            cast(Words, section.words("title")),
            section.text("article"),
            self._named_number(section, "ideal", ZONE_INDICATORS[code][0], required=False),
        )
        section.done()
        return indicator

    def _standing(self, section: Section) -> Standing:
        standing = Standing(
            section.text("code"),
            cast(Words, section.words("title")),
            section.text("scheme"),
            section.texts("values"),
            section.text("article"),
            section.text("note", required=False),
            self._confidence(section),
        )
        section.done()
        return standing

    def _known(self, section: Section, key: str, value: str, known: Iterable[str]) -> str:
        return Section({key: value}, section.name, section.path).choice(key, known)

    def _check_kinds(
        self,
        kinds: tuple[Kind, ...],
        tests: tuple[Criterion, ...],
        scheme: Scheme | None,
        gates: tuple[Gate, ...],
        standings: tuple[Standing, ...],
        zone: tuple[ZoneIndicator, ...],
        signs: tuple[Sign, ...],
    ) -> None:
        active = {test.code for test in tests if "activity" in kinds and test.code in ACTIVITY_TESTS}
        idle = {test.code for test in tests if test.code in IDLE_TESTS}
        ideals = {item.code for item in zone if item.ideal}
        faults = [
            ("tests", "idle" in kinds and idle != set(IDLE_TESTS), "idle"),
            ("tests", "idle" not in kinds and bool(idle), "idle"),
            ("tests", bool(set(TESTING) & set(kinds)) != (len(tests) > len(idle) + len(active)), " | ".join(TESTING)),
            ("tests", "activity" in kinds and not set(ACTIVITY_NEEDED) <= active, "activity"),
            ("signs", ("activity" in kinds) != bool(signs), "activity"),
            ("kinds", len(set(TESTING) & set(kinds)) > 1, " | ".join(TESTING)),
            ("scheme", ("performance" in kinds) != (scheme is not None), "performance"),
            ("gates", ("triage" in kinds) != bool(gates), "triage"),
            ("standings", ("industries" in kinds) != bool(standings), "industries"),
            ("zone", ("zone_use" in kinds) != bool(zone), "zone_use"),
            ("zone", not {IDEAL_OF[item.code] for item in zone if item.code in IDEAL_OF} <= ideals, "zone_use"),
        ]
        for key, wrong, kind in faults:
            if wrong:
                raise self.root.refuse(
                    key,
                    f"“{key}”与类别“{kind}”不符。",
                    f"{key!r} and the kind {kind!r} do not fit each other.",
                    "在 kinds 中增删该类，或补齐、删去该部分。",
                    "Add or remove the kind, or the part that belongs to it.",
                )

    def _number(self, section: Section) -> Number:
        number = Number(
            cast(Fraction, section.fraction("value")),
            section.choice("unit", UNITS),
            section.text("article"),
            section.text("note", required=False),
            self._confidence(section),
        )
        section.done()
        return number

    def _confidence(self, section: Section) -> Confidence | None:
        return cast("Confidence | None", section.choice("confidence", CONFIDENCES, required=False) or None)

    def _read_lists(self, root: Section) -> None:
        lists = root.section("lists", required=False)
        for name in list(lists.left) if lists else ():
            with self.noting(name):
                section = cast(Section, cast(Section, lists).section(name))
                self.lists[name] = CodeList(
                    section.texts("values"),
                    section.text("article"),
                    section.text("note", required=False),
                    self._confidence(section),
                )
                section.done()

    def _read_tables(self, root: Section) -> None:
        tables = root.section("tables", required=False)
        for name in list(tables.left) if tables else ():
            with self.noting(name):
                self.tables[name] = self._table(cast(Section, cast(Section, tables).section(name)))

    def _table(self, section: Section) -> Lookup:
        inner = cast(Section, section.section("values"))
        editions = {edition: cast(Section, inner.section(edition)) for edition in list(inner.left)}
        table = Lookup(
            self._measure(section, "by", "text").name,
            self._measure(section, "scheme_by", "text").name,
            MappingProxyType(
                {
                    edition: MappingProxyType({code: cast(Fraction, part.fraction(code)) for code in list(part.left)})
                    for edition, part in editions.items()
                }
            ),
            section.choice("unit", UNITS),
            section.text("article"),
            section.text("note", required=False),
            self._confidence(section),
            section.words("title", required=False),
            cast(
                Literal["nothing_asked", "unknown"],
                section.choice("unlisted", ("nothing_asked", "unknown"), required=False) or "nothing_asked",
            ),
        )
        section.done()
        if table.unlisted == "unknown" and table.title is None:
            raise section.refuse(
                "title",
                "未列即不明的表须有名称。",
                "A table whose gaps are unknown needs a title.",
                "写明 title，缺数时以它说明。",
                "Give it a title: it is named where a number lacks.",
            )
        return table

    def _measure(
        self, section: Section, key: str, kind: str = "", subject: str = "", *, required: bool = True
    ) -> Measure:
        known = [
            item.name
            for item in self.measures.values()
            if (not kind or item.kind == kind) and (not subject or subject in item.subjects)
        ]
        self._excuse(section, key)
        name = section.choice(key, known, required=required)
        return self.measures[name] if name else Measure("", "number", "", (), (), Words("", ""))

    def _excuse(self, section: Section, key: str) -> None:
        """Stop quietly at a name whose own section is already noted as faulty."""
        if section.peek(key) in self._faulty - {""}:
            raise _FollowsError(Words("", ""))

    def _named_number(self, section: Section, key: str, unit: str = "", *, required: bool = True) -> str:
        self._excuse(section, key)
        name = section.choice(key, self.numbers, required=required)
        if name and unit and self.numbers[name].unit != unit:
            raise unit_refusal(section.at(key), self.numbers[name].unit, unit)
        return name

    def _derived(self, section: Section) -> Derived:
        name = section.text("name")
        method = section.choice("method", ("mean", "percentile"))
        of = self._measure(section, "of", "number", "parcel")
        within = tuple(
            self._known(section, "within", item, [m.name for m in self.measures.values() if m.kind == "text"])
            for item in section.texts("within")
        )
        weight = self._measure(section, "weight", "number", "parcel", required=False).name
        derived = Derived(
            name,
            cast(Literal["mean", "percentile"], method),
            of.name,
            within,
            weight,
            self._named_number(section, "least", "count"),
            cast(Words, section.words("title")),
            section.text("article"),
        )
        section.done()
        if name in self.measures:
            raise section.refuse(
                "name", f"“{name}”已存在。", f"{name!r} exists already.", "换一个名称。", "Choose another name."
            )
        unit = of.unit if method == "mean" else "ratio"
        needs = tuple(dict.fromkeys((*of.needs, *(need for item in within for need in self.measures[item].needs))))
        by_users = of.by_users or any(self.measures[item].by_users for item in within)
        self.measures[name] = Measure(name, "number", unit, ("parcel",), needs, derived.title, by_users)
        return derived

    def _conditions(self, section: Section, key: str, subjects: str, *, required: bool) -> tuple[Condition, ...]:
        return tuple(self._condition(item, subjects) for item in section.sections(key, required=required))

    def _condition(self, section: Section, subjects: str) -> Condition:
        known = [m.name for m in self.measures.values() if set(subjects.split()) & set(m.subjects)]
        self._excuse(section, "measure")
        measure = self.measures[section.choice("measure", known)]
        operator = cast(Operator, section.choice("operator", OPERATORS))
        right: dict[str, Any] = {}
        if operator in ("<", "<=", ">", ">="):
            self._require_kind(section, measure, "number")
            if "table" in section.left:
                self._excuse(section, "table")
                right["table"] = table = section.choice("table", self.tables)
                unit = self.tables[table].unit
            else:
                of = self._measure(section, "of", "number", required=False)
                right["number"] = name = self._named_number(section, "number", "ratio" if of.name else "")
                right["of"] = of.name
                unit = of.unit if of.name else self.numbers[name].unit
            if unit != measure.unit:
                raise unit_refusal(section.at(), unit, measure.unit)
        elif operator == "is":
            self._require_kind(section, measure, "boolean")
            right["value"] = section.take("value", bool)
        else:
            self._require_kind(section, measure, "text")
            if "list" in section.left:
                self._excuse(section, "list")
                right["values"] = self.lists[section.choice("list", self.lists)].values
            else:
                right["values"] = section.texts("values")
        condition = Condition(
            measure=measure.name,
            operator=operator,
            if_unknown=cast(
                Literal["ask", "note"], section.choice("if_unknown", ("ask", "note"), required=False) or "ask"
            ),
            code=section.text("code", required=False),
            title=section.words("title", required=False),
            article=section.text("article", required=False),
            **right,
        )
        section.done()
        return condition

    def _require_kind(self, section: Section, measure: Measure, kind: str) -> None:
        if measure.kind != kind:
            raise section.refuse(
                "operator",
                f"“{measure.name}”不能这样比较。",
                f"{measure.name!r} cannot be compared so.",
                "数用 < <= > >=，文本用 in、not_in，是非用 is。",
                "Numbers take < <= > >=, texts in and not_in, booleans is.",
            )

    def _test(self, section: Section, kinds: tuple[Kind, ...]) -> Criterion:
        code = section.text("code")
        has_own_arithmetic = ("idle" in kinds and code in IDLE_TESTS) or (
            "activity" in kinds and code in ACTIVITY_TESTS
        )
        conditions = () if has_own_arithmetic else self._conditions(section, "all", "parcel", required=True)
        test = Criterion(code, cast(Words, section.words("title")), section.text("article"), conditions)
        section.done()
        return test

    def _scheme(self, section: Section) -> Scheme:
        method = section.choice("method", ("ratio_to_base", "percentile_in_group", "unpublished"))
        subject = section.choice("subject", ("enterprise", "parcel"))
        scores = method != "unpublished"
        within = section.texts("within") if method == "percentile_in_group" else ()
        texts = [m.name for m in self.measures.values() if m.kind == "text" and subject in m.subjects]
        within = tuple(self._known(section, "within", item, texts) for item in within)
        # A mean of percentile ranks says nothing of the one that lacks: everybody's mean is the middle.
        treatments = (
            MISSING if method == "ratio_to_base" else [one for one in MISSING if one != "population_mean_score"]
        )
        missing = cast("Missing | None", section.choice("missing", treatments, required=scores) or None)
        cap = self._named_number(section, "cap", "ratio", required=False)
        known_weight_min = self._named_number(section, "known_weight_min", "ratio", required=scores)
        population_min = self._named_number(section, "population_min", "count", required=scores)
        adjusted_article = section.text("adjusted_article", required=False) if subject == "enterprise" else ""
        bonus_max = self._named_number(section, "bonus_max", "score", required=False)
        populations = tuple(
            self._population(item, subject, method, treatments)
            for item in section.sections("populations", required=True)
        )
        by_scale = any(item.scale for item in populations)
        revenue = self._named_number(section, "above_scale_revenue", "万元") if by_scale else ""
        cuts_article = section.text("cuts_article", required=scores)
        cuts = tuple(self._cut(item) for item in section.sections("cuts", required=scores))
        quotas = tuple(self._quota(item) for item in section.sections("quotas"))
        overrides = tuple(self._override(item, subject) for item in section.sections("overrides"))
        section.done()
        return Scheme(
            cast(Literal["ratio_to_base", "percentile_in_group", "unpublished"], method),
            cast(Literal["enterprise", "parcel"], subject),
            missing,
            within,
            cap,
            known_weight_min,
            population_min,
            revenue,
            adjusted_article,
            bonus_max,
            populations,
            cuts,
            cuts_article,
            quotas,
            overrides,
        )

    def _population(self, section: Section, subject: str, method: str, treatments: Iterable[str]) -> Population:
        listed = section.sections("indicators", required=method != "unpublished")
        population = Population(
            section.text("code"),
            cast(Words, section.words("title")),
            section.choice("scale", ("above", "below"), required=False),
            section.text("article"),
            tuple(self._indicator(item, subject, method, treatments) for item in listed),
            self._conditions(section, "all", subject, required=False),
            self._conditions(section, "any", subject, required=False),
        )
        section.done()
        return population

    def _indicator(self, section: Section, subject: str, method: str, treatments: Iterable[str]) -> Indicator:
        measure = self._measure(section, "measure", "number", subject)
        unit = section.choice("unit", UNITS)
        if unit != measure.unit:
            raise unit_refusal(section.at("unit"), unit, measure.unit)
        by_base, is_mean = method == "ratio_to_base", "base_times" in section.left
        better = section.choice("better", ("higher", "lower"), required=False) if not by_base else ""
        indicator = Indicator(
            measure.name,
            self._positive(section, "weight") if method != "unpublished" else None,
            self._positive(section, "base") if by_base and not is_mean else None,
            unit,
            section.text("article"),
            cast(Literal["higher", "lower"], better or "higher"),
            cast("Missing | None", section.choice("missing", treatments, required=False) or None),
            self._positive(section, "base_times") if by_base and is_mean else None,
            self._measure(section, "base_mean_by", "number", subject).name if by_base and is_mean else "",
        )
        section.done()
        return indicator

    def _positive(self, section: Section, key: str) -> Fraction:
        value = cast(Fraction, section.fraction(key))
        if value <= 0:
            raise section.refuse(
                key, f"“{key}”应大于零。", f"{key!r} must be above zero.", "改正数值。", "Mend the value."
            )
        return value

    def _cut(self, section: Section) -> Cut:
        cut = Cut(
            section.choice("grade", [grade for grade in GRADE if grade != "T"]),
            section.fraction("top", required=False),
            section.fraction("last", required=False),
            section.fraction("at_least", required=False),
            cast(Literal["down", "up"], section.choice("rounding", ("down", "up"), required=False) or "down"),
        )
        section.done()
        if sum(bound is not None for bound in (cut.top, cut.last, cut.at_least)) > 1:
            raise section.refuse(
                "grade",
                "一个等级只能有一种界限。",
                "A grade has one bound.",
                "保留 top、last、at_least 之一。",
                "Keep one of top, last, at_least.",
            )
        return cut

    def _quota(self, section: Section) -> Quota:
        quota = Quota(
            section.choice("grade", [grade for grade in GRADE if grade != "T"]),
            section.fraction("at_most", required=False),
            section.fraction("at_least", required=False),
            section.text("article"),
        )
        section.done()
        return quota

    def _override(self, section: Section, subject: str) -> Override:
        grade = section.choice("grade", GRADE)
        is_ranked = section.take("ranked", bool, required=False)
        override = Override(
            section.text("code"),
            grade,
            cast(Words, section.words("title")),
            section.text("article"),
            self._conditions(section, "all", subject, required=True),
            grade != "T" if is_ranked is None else bool(is_ranked),
        )
        section.done()
        return override

    def _gate(self, section: Section) -> Gate:
        gate = Gate(
            cast(int, section.take("gate", int)),
            section.text("code"),
            section.choice("answer", [answer for answer in ANSWER if answer != "data_first"]),
            cast(Words, section.words("title")),
            section.text("article"),
            self._conditions(section, "all", "parcel triage", required=False),
            self._conditions(section, "any", "parcel triage", required=False),
        )
        section.done()
        return gate

    def _potential(self, section: Section) -> Potential:
        potential = Potential(
            self._measure(section, "measure", "number", "parcel", required=False).name,
            self._named_number(section, "number", "ratio", required=False),
        )
        section.done()
        if not (potential.measure or potential.number):
            raise section.refuse(
                "number",
                "没有理想容积率。",
                "There is no ideal floor-area ratio.",
                "给出 measure 或 number。",
                "Give measure or number.",
            )
        return potential

    def _opening(self, section: Section) -> Opening:
        opening = Opening(
            section.choice("mode", MODES),
            section.text("article"),
            self._confidence(section),
            self._conditions(section, "all", _AFTERWARDS, required=False),
            self._conditions(section, "any", _AFTERWARDS, required=False),
        )
        section.done()
        if not (opening.all_of or opening.any_of):
            raise section.refuse(
                "mode", "没有写明何时可用。", "It does not say when it is open.", "写 all 或 any。", "Write all or any."
            )
        return opening

    def _score(self, section: Section) -> ScoreRule:
        code = section.choice("code", SCORES)
        title, article = cast(Words, section.words("title")), section.text("article")
        parts = tuple(self._score_part(item) for item in section.sections("parts", required=True))
        by_class = code == "urgency"
        high = self._named_number(section, "high", "ratio", required=by_class)
        middle = self._named_number(section, "middle", "ratio", required=by_class)
        section.done()
        return ScoreRule(code, title, article, parts, high, middle)

    def _score_part(self, section: Section) -> ScorePart:
        weight = self._positive(section, "weight")
        if "level" in section.left:
            shares = [item.name for item in self.measures.values() if item.unit == "ratio"]
            level = section.choice("level", shares)
            part = ScorePart(section.text("code"), cast(Words, section.words("title")), weight, None, False, level)
            section.done()
            return part
        by_margin = section.take("by_margin", bool, required=False) or False
        condition = self._condition(section, _AFTERWARDS)
        if condition.title is None or not condition.code:
            raise section.refuse(
                "title", "缺少 code 或 title。", "It has no code or no title.", "补上。", "Write them."
            )
        if by_margin and not (condition.number or condition.table):
            raise section.refuse(
                "by_margin",
                "只有与数值比较的项才有差距。",
                "Only a comparison of numbers has a margin.",
                "删去 by_margin。",
                "Remove by_margin.",
            )
        return ScorePart(condition.code, condition.title, weight, condition, by_margin, "")
