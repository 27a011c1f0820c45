"""A ruleset: dated thresholds with unit, document and article.

A ruleset is a TOML text; its schema is in `docs/rulesets.md`. Everything is checked when it is read: an unknown key, a number without
unit or article, a measure nobody computes, two units that do not fit, all are refused with file, key and mend. Nothing is defaulted.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal, cast, get_args

from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import ANSWER, GRADE, LAYER, STOCK, TRACK

Kind = Literal["idle", "low_efficiency", "performance", "triage"]
Confidence = Literal["H", "M", "L", "advice", "source"]
Operator = Literal["<", "<=", ">", ">=", "in", "not_in", "is"]
Missing = Literal["zero", "population_mean_score", "exclude_and_rescale"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
MISSING: Final[tuple[Missing, ...]] = get_args(Missing)
#: Units a number of a ruleset may have. ``currency/m²`` is the assessed currency of the parcel.
UNITS: Final = (
    "ratio", "year", "month", "d", "m", "m²", "亩", "万元", "万元/亩", "万元/tce", "万元/t", "万元/人", "元/kWh", "currency/m²",
    "score", "count",
)  # fmt: skip
#: The tests of the idle-land measure 令第53号; a ruleset gives them words and an article, `landgis.core.idle` their arithmetic.
IDLE_TESTS: Final = ("not_started", "stopped_area", "stopped_money")

Subject = Literal["parcel", "enterprise", "triage"]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something known or computed of a subject that a condition may ask for.

    ``needs`` names the columns of the stock without which it stays unknown; ``by_users`` says that it is known through the
    enterprises that use the parcel.
    """

    name: str
    kind: Literal["number", "text", "boolean"]
    unit: str
    subjects: tuple[Subject, ...]
    needs: tuple[str, ...]
    words: Words
    by_users: bool = False


def _measures() -> Mapping[str, Measure]:
    found: dict[str, Measure] = {}

    def add(
        subjects: str, kind: str, name: str, unit: str, zh: str, en: str, *needs: str, by_users: bool = False
    ) -> None:
        found[name] = Measure(
            name,
            cast(Literal["number", "text", "boolean"], kind),
            unit,
            tuple(cast(Subject, subject) for subject in subjects.split()),
            needs,
            Words(zh, en),
            by_users,
        )

    both, parcel, firm, triage = "parcel enterprise", "parcel", "enterprise", "triage"
    add(both, "text", "park_code", "", "园区", "park", "park_code")
    add(parcel, "number", "area_m2", "m²", "用地面积", "area", "parcel.geom_area_m2")
    add(parcel, "number", "area_mu", "亩", "用地面积", "area", "parcel.geom_area_m2")
    add(parcel, "number", "floor_area_m2", "m²", "建筑面积", "floor area", "building.floor_area_m2")
    add(parcel, "number", "counted_area_m2", "m²", "计容面积", "counted floor area", "building.counted_area_m2")
    add(parcel, "number", "footprint_m2", "m²", "占地面积", "footprint", "building.footprint_m2")
    add(parcel, "number", "far", "ratio", "容积率", "floor-area ratio", "building.counted_area_m2")
    add(parcel, "number", "coefficient", "ratio", "建筑系数", "building coefficient", "building.footprint_m2")
    add(parcel, "number", "plan_far_min", "ratio", "规划容积率下限", "planned ratio, least", "parcel.plan_far_min")
    add(parcel, "number", "plan_far_max", "ratio", "规划容积率上限", "planned ratio, most", "parcel.plan_far_max")
    add(
        parcel, "number", "far_share", "ratio", "已用容积率比例", "share of the allowed floor-area ratio in use",
        "building.counted_area_m2", "parcel.plan_far_max",
    )  # fmt: skip
    add(parcel, "number", "built_share", "ratio", "建成比例", "share built upon", "parcel.built_area_m2")
    add(
        parcel,
        "number",
        "value_per_m2",
        "currency/m²",
        "单位评估价值",
        "assessed value per m²",
        "parcel.assessed_value",
    )
    add(parcel, "number", "building_age_years", "year", "房龄", "building age", "building.built_year")
    add(parcel, "boolean", "is_vacant", "", "空置", "vacant", "parcel.build_status")
    add(parcel, "boolean", "is_industrial", "", "现状为工业仓储", "industrial or warehouse use", "parcel.landuse_code")
    add(parcel, "boolean", "plan_is_industrial", "", "规划为工业仓储", "planned for industry", "parcel.plan_code")
    add(parcel, "text", "landuse_code", "", "现状用途", "land use", "parcel.landuse_code")
    add(parcel, "text", "landuse_scheme", "", "用途分类标准", "scheme of the land use", "parcel.landuse_scheme")
    add(parcel, "text", "build_status", "", "建设状况", "state of building", "parcel.build_status")
    add(parcel, "text", "stock_class", "", "存量分类", "class of stock", "parcel.stock_class")
    add(parcel, "number", "users", "count", "用地企业数", "users", "parcel_use")
    for suffix, zh, en in (("", "上年度", "last year"), ("_before", "前年度", "the year before last")):
        for what, zh_what, en_what in (("tax", "亩均税收", "tax"), ("revenue", "亩均营收", "revenue")):
            add(
                both if not suffix else parcel, "number", f"{what}_wan_per_mu{suffix}", "万元/亩", f"{zh}{zh_what}",
                f"{en_what} per mu, {en}", f"enterprise_year.{what}_wan", by_users=True,
            )  # fmt: skip
    add(
        both, "number", "stopped_months", "month", "停产月数", "months stopped",
        "enterprise.status", "enterprise.stopped_since", by_users=True,
    )  # fmt: skip
    add(both, "text", "uscc", "", "统一社会信用代码", "credit code", "parcel_use", by_users=True)
    add(both, "text", "industry_code", "", "行业代码", "industry", "enterprise.industry_code", by_users=True)
    add(
        both,
        "text",
        "industry_division",
        "",
        "行业大类",
        "industry, two digits",
        "enterprise.industry_code",
        by_users=True,
    )
    add(both, "text", "industry_scheme", "", "行业标准版本", "edition", "enterprise.industry_scheme", by_users=True)
    for name, zh, en in (
        ("is_utility", "公用事业", "public utility"),
        ("is_safety_failed", "安全不达标", "fails safety"),
        ("is_environment_failed", "环保不达标", "fails environment"),
    ):
        add(both, "boolean", name, "", zh, en, f"enterprise.{name}", by_users=True)
    for layer, zh, en in (
        ("farmland", "永久基本农田占比", "share in permanent basic farmland"),
        ("ecology", "生态保护红线占比", "share inside the ecological red line"),
        ("urban_boundary", "城镇开发边界内占比", "share inside the urban boundary"),
        ("industrial_line_1", "一级工业控制线内占比", "share inside industrial line, level 1"),
        ("renewal_area", "盘活片区内占比", "share inside a renewal area"),
    ):
        add(parcel, "number", f"{layer}_share", "ratio", zh, en, f"zone.{layer}")
    add(firm, "text", "scale", "", "规模", "size class", "enterprise.scale")
    add(
        firm,
        "number",
        "land_used_m2",
        "m²",
        "评价用地",
        "land used",
        "enterprise_year.land_used_m2",
        "parcel_use.area_m2",
    )
    add(firm, "number", "revenue_wan", "万元", "营业收入", "revenue", "enterprise_year.revenue_wan")
    add(firm, "number", "years_in_production", "year", "投产年数", "years in production", "enterprise.production_since")
    for name, unit, zh, en, *needs in (
        ("value_added_wan_per_mu", "万元/亩", "亩均增加值", "value added per mu", "value_added_wan", "land_used_m2"),
        (
            "value_added_wan_per_tce",
            "万元/tce",
            "单位能耗增加值",
            "value added per tce",
            "value_added_wan",
            "energy_tce",
        ),
        (
            "value_added_wan_per_t",
            "万元/t",
            "单位排放增加值",
            "value added per t emitted",
            "value_added_wan",
            "emission_t",
        ),
        (
            "value_added_wan_per_head",
            "万元/人",
            "全员劳动生产率",
            "value added per head",
            "value_added_wan",
            "employees",
        ),
        ("rd_share", "ratio", "研发投入占比", "R&D over revenue", "rd_wan", "revenue_wan"),
        ("tax_yuan_per_kwh", "元/kWh", "单位用电税收", "tax per kWh", "tax_wan", "power_kwh"),
        ("tax_wan_per_tce", "万元/tce", "单位能耗税收", "tax per tce", "tax_wan", "energy_tce"),
        ("revenue_wan_per_tce", "万元/tce", "单位能耗营收", "revenue per tce", "revenue_wan", "energy_tce"),
    ):
        add(firm, "number", name, unit, zh, en, *(f"enterprise_year.{need}" for need in needs))
    add(triage, "text", "idle", "", "疑似闲置", "suspected idle", "contract.agreed_start_on")
    add(triage, "text", "track", "", "法定处置路径", "statutory track", "contract.agreed_start_on")
    add(triage, "number", "low_efficiency", "count", "疑似低效项数", "tests of low efficiency that suspect")
    add(
        triage, "number", "upgrade_share", "ratio", "可提升比例", "share that could still be built",
        "building.counted_area_m2",
    )  # fmt: skip
    add(triage, "text", "grade", "", "评价等级", "grade", "grade")
    add(triage, "text", "grade_before", "", "上一年度评价等级", "grade of the year before", "grade_before")
    return MappingProxyType(found)


#: Every measure a ruleset may ask for, by name.
MEASURES: Final = _measures()

#: Words for the codes the engine itself gives as a reason; those of tests and gates stand in the rulesets.
REASONS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "data_missing": Words("缺少决定性数据，先补数据", "the data that would decide are missing"),
        "nothing_known": Words("评价指标全部缺失", "nothing is known of the subject"),
        "too_little_known": Words("已知指标权重不足", "the indicators that are known weigh too little"),
        "population_unknown": Words("无法判定规上规下", "not known whether above or below designated size"),
        "gone": Words("企业已注销或吊销，不参与评价", "deregistered, or its licence revoked: not evaluated"),
        "group_too_small": Words("同类过少，无从排位", "too few of its kind to rank among"),
        "population_too_small": Words("评价对象过少，不按比例定级", "too few subjects to grade by quota"),
    }
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the law: exact value, unit, where it stands."""

    value: Fraction
    unit: str
    article: str
    note: str = ""
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of codes that a condition can ask for by name, with its source."""

    values: tuple[str, ...]
    article: str
    note: str = ""
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Numbers by code and edition of the codes: the floor-area floor of each industry.

    ``by`` is the measure that holds the code, ``scheme_by`` the one that holds its edition; ``values`` are by edition, then by code.
    Nothing is asked of a code that its edition does not list; of another edition nothing is known.
    """

    by: str
    scheme_by: str
    values: Mapping[str, Mapping[str, Fraction]]
    unit: str
    article: str
    note: str = ""
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a measure; true, false or unknown.

    The right side is a number of the ruleset (``number``, times the measure ``of`` where given), a ``table``, ``values``, or ``value``.
    ``if_unknown = "note"`` says that an unknown does not hold the gate up; it is then told beside the answer.
    """

    measure: str
    operator: Operator
    number: str = ""
    of: str = ""
    table: str = ""
    values: tuple[str, ...] = ()
    value: bool | None = None
    if_unknown: Literal["ask", "note"] = "ask"
    code: str = ""
    title: Words | None = None
    article: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A measure made from others inside one park: a mean or a percentile rank within groups."""

    name: str
    method: Literal["mean", "percentile"]
    of: str
    within: tuple[str, ...]
    weight: str
    least: str
    title: Words
    article: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """A finding's rule: suspected where all conditions hold. The first condition gives value and threshold."""

    code: str
    title: Words
    article: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of a scheme; ``base`` is empty where the scheme ranks instead of dividing."""

    measure: str
    weight: Fraction
    base: Fraction | None
    unit: str
    article: str
    better: Literal["higher", "lower"] = "higher"
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """Who is ranked together; ``scale`` empty means everybody of the park."""

    code: str
    title: Words
    scale: str
    article: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """The bound of one grade: the first ``top`` share, the ``last`` share, or a total of ``at_least``. None of them: the rest."""

    grade: str
    top: Fraction | None = None
    last: Fraction | None = None
    at_least: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A grade that facts fix before (T) or after (D) the ranking."""

    code: str
    grade: str
    title: Words
    article: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A performance evaluation: who, by which indicators, what when something is missing, and how totals become grades."""

    method: Literal["ratio_to_base", "percentile_in_group"]
    subject: Literal["enterprise", "parcel"]
    missing: Missing
    within: tuple[str, ...]
    cap: str
    known_weight_min: str
    population_min: str
    above_scale_revenue: str
    bonus_max: str
    populations: tuple[Population, ...]
    cuts: tuple[Cut, ...]
    cuts_article: str
    overrides: tuple[Override, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """One question of the triage: where it holds (all of ``all_of`` and, if there are any, one of ``any_of``) it answers."""

    gate: int
    code: str
    answer: str
    title: Words
    article: str
    all_of: tuple[Condition, ...]
    any_of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Potential:
    """What a parcel could carry: the ideal floor-area ratio is a measure of the parcel, or else a number of the ruleset."""

    measure: str
    number: str


@dataclass(frozen=True)
class Ruleset:
    """One ruleset, read and checked. ``text`` is the very text; ``sha256`` its hash, the name a run keeps."""

    code: str
    title: Words
    kinds: tuple[Kind, ...]
    document: str
    region: str
    effective_from: date
    effective_to: date | None
    confidence: Confidence
    made_for_year: int | None
    note: Words | None
    excludes_idle: bool
    excludes_idle_article: str
    text: str
    sha256: str
    numbers: Mapping[str, Number] = field(hash=False)
    lists: Mapping[str, CodeList] = field(hash=False)
    tables: Mapping[str, Lookup] = field(hash=False)
    derived: tuple[Derived, ...] = ()
    tests: tuple[Criterion, ...] = ()
    scheme: Scheme | None = None
    gates: tuple[Gate, ...] = ()
    potential: Potential | None = None

    def number(self, name: str) -> Number:
        """Give a number by name.

        Raises
        ------
        RuleError
            The ruleset lacks it. It is never defaulted.
        """
        if name not in self.numbers:
            raise _refusal(
                f"{self.code} [{name}]",
                f"规则集缺少数值“{name}”。",
                f"The ruleset lacks the number {name!r}.",
                "缺少的阈值不得以默认值代替。",
                "A threshold that is missing is never defaulted.",
                "在规则集中写明 value、unit、article。",
                "Write it into the ruleset with value, unit and article.",
            )
        return self.numbers[name]

    def value(self, name: str, unit: str) -> Fraction:
        """Give the exact value of a number, which must have this unit.

        Raises
        ------
        RuleError
            The ruleset lacks it, or it stands there in another unit.
        """
        number = self.number(name)
        if number.unit != unit:
            raise _unit_refusal(f"{self.code} [{name}]", number.unit, unit)
        return number.value

    @cached_property
    def words(self) -> Mapping[str, Words]:
        """The words of every test, gate, condition, population, protection and derived measure, by code."""
        found: dict[str, Words] = {test.code: test.title for test in self.tests}
        found |= {gate.code: gate.title for gate in self.gates}
        found |= {item.name: item.title for item in self.derived}
        conditions = [condition for gate in self.gates for condition in (*gate.all_of, *gate.any_of)]
        found |= {item.code: item.title for item in conditions if item.code and item.title}
        if self.scheme:
            found |= {population.code: population.title for population in self.scheme.populations}
            found |= {override.code: override.title for override in self.scheme.overrides}
        return MappingProxyType(found)

    def require_force(self, on: date) -> None:
        """Refuse a day outside the dates in force; a scheme made for one year is allowed and `caution` says so.

        Raises
        ------
        RuleError
            The ruleset is not in force on that day.
        """
        if self.made_for_year is not None:
            return
        if on < self.effective_from or (self.effective_to is not None and on > self.effective_to):
            until = self.effective_to or "…"
            raise _refusal(
                self.code,
                f"规则集在 {on} 不施行。",
                f"The ruleset is not in force on {on}.",
                f"施行期为 {self.effective_from} 至 {until}。",
                f"It is in force from {self.effective_from} to {until}.",
                "换用当日施行的规则集，或改评估日。",
                "Use the ruleset of that day, or another day.",
            )

    def caution(self, on: date) -> Words | None:
        """Say what a reader must know when this ruleset is used for this day; None where there is nothing."""
        if self.made_for_year is None or self.made_for_year == on.year - 1:
            return None
        return Words(
            f"“{self.title.zh}”的基准值为 {self.made_for_year} 年度所定，用于 {on.year - 1} 年度仅供参考。",
            f"The bases of {self.title.en!r} were set for {self.made_for_year}; for {on.year - 1} they are a reference only.",
        )


@dataclass(frozen=True)
class Rulebook:
    """What one assessment uses: at most one ruleset of each kind."""

    idle: Ruleset | None = None
    low_efficiency: Ruleset | None = None
    performance: Ruleset | None = None
    triage: Ruleset | None = None

    @property
    def rulesets(self) -> tuple[Ruleset, ...]:
        """The rulesets, each once, in the order of the kinds."""
        found = (self.idle, self.low_efficiency, self.performance, self.triage)
        return tuple({item.sha256: item for item in found if item is not None}.values())

    @property
    def hash(self) -> str:
        """One hash over which text serves which kind."""
        parts = [f"{kind}:{item.sha256}" for kind in KINDS if (item := getattr(self, kind)) is not None]
        return sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def words(self) -> Mapping[str, Words]:
        """The words of every code a finding, grade or answer of this book may carry."""
        found = dict(REASONS)
        for item in self.rulesets:
            found |= item.words
        return MappingProxyType(found)

    def cautions(self, on: date) -> tuple[Words, ...]:
        """List what a reader must know of the rulesets for this day."""
        return tuple(words for item in self.rulesets if (words := item.caution(on)) is not None)


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
        raise _refusal(
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
        raise _refusal(
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
    """Make the rulebook of one assessment from packaged rulesets.

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
    return compose_rulesets([load_ruleset(code) for code in dict.fromkeys(codes)], on)


def compose_rulesets(rulesets: Iterable[Ruleset], on: date | None = None) -> Rulebook:
    """Make a rulebook from rulesets already read; refuses as `compose` does."""
    chosen: dict[Kind, Ruleset] = {}
    for ruleset in rulesets:
        if on is not None:
            ruleset.require_force(on)
        for kind in ruleset.kinds:
            if kind in chosen:
                raise _refusal(
                    f"{chosen[kind].code}, {ruleset.code}",
                    f"两个规则集同属“{kind}”。",
                    f"Two rulesets are both of the kind {kind!r}.",
                    "一次评估每类只用一个规则集，否则结论互相矛盾。",
                    "One assessment uses one ruleset of a kind; two would contradict each other.",
                    "去掉其一，或分两次评估。",
                    "Leave one out, or make two assessments.",
                )
            chosen[kind] = ruleset
    return Rulebook(**{kind: chosen.get(kind) for kind in KINDS})


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
    try:
        tree: dict[str, Any] = tomllib.loads(text, parse_float=Fraction)
    except tomllib.TOMLDecodeError as error:
        raise _refusal(
            name,
            "规则集不是合法的 TOML。",
            "The ruleset is no valid TOML.",
            str(error),
            str(error),
            "改正该行。",
            "Mend that line.",
        ) from error
    return _Parser(_Section(tree, name, ()), text).ruleset()


def read_reason(reason: str) -> tuple[str, Mapping[str, str]]:
    """Take a reason apart into its code and its data.

    >>> code, data = read_reason("far_below_floor far=0.42 threshold=0.7 unit=ratio")
    >>> code, data["far"]
    ('far_below_floor', '0.42')
    """
    code, *pairs = reason.split(" ")
    return code, MappingProxyType(dict(pair.split("=", 1) for pair in pairs))


#: How a reader says the units and truths that a reason carries as data.
_UNITS: Final = {"month": Words(" 个月", " months"), "year": Words(" 年", " years"), "d": Words(" 天", " days")}
_TRUTHS: Final = {"True": Words("是", "yes"), "False": Words("否", "no")}


def reason_words(reason: str, words: Mapping[str, Words]) -> Words:
    """Put a reason into words: its title, then its data with the names of measures and columns.

    Parameters
    ----------
    reason
        As in the ``reason`` of `landgis.terms.frames.TRIAGE_COLUMNS` and `GRADE_COLUMNS`.
    words
        `Rulebook.words` of the run.

    >>> reason_words("data_missing missing=parcel_use,enterprise_year.tax_wan", REASONS).zh
    '缺少决定性数据，先补数据（缺 用地关系、年度指标的评价税收）'
    """
    code, data = read_reason(reason)
    title = words.get(code, Words(code, code))
    unit = data.get("unit", "")
    unit = f" {unit}" if unit and unit != "ratio" else ""
    parts = []
    for key, value in data.items():
        if key in _REASON_LABELS:
            label = _REASON_LABELS[key]
            names = [name_words(name, words) for name in value.split(",")] if key not in ("threshold", "days") else []
            said = (
                Words("、".join(item.zh for item in names), ", ".join(item.en for item in names))
                if names
                else Words(value, value)
            )
        elif key != "unit":
            label = name_words(key, words)
            said = _CODES.get(key, {}).get(value) or _TRUTHS.get(value, Words(value, value))
        else:
            continue
        is_sized = key == "threshold" or value.replace(".", "", 1).isdigit()
        sized = _UNITS.get(unit.strip(), Words(unit, unit)) if is_sized else Words("", "")
        parts.append(Words(f"{label.zh} {said.zh}{sized.zh}", f"{label.en} {said.en}{sized.en}"))
    return Words(
        title.zh + (f"（{'，'.join(part.zh for part in parts)}）" if parts else ""),
        title.en + (f" ({', '.join(part.en for part in parts)})" if parts else ""),
    )


def name_words(name: str, words: Mapping[str, Words] = MappingProxyType({})) -> Words:
    """Give the words for a measure, a column of the stock (``table.column``), a table, a control layer or a code of a ruleset.

    >>> name_words("enterprise_year.tax_wan").zh, name_words("zone.farmland").en, name_words("far").en
    ('年度指标的评价税收', 'permanent basic farmland', 'floor-area ratio')
    """
    if name in words:
        return words[name]
    if name in MEASURES:
        return MEASURES[name].words
    table_name, _, column_name = name.partition(".")
    table = next((item for item in STOCK if item.name == table_name), None)
    if table is None:
        return Words(name, name)
    if table_name == "zone" and column_name in LAYER:
        return LAYER[column_name]
    if column_name not in table.by_name:
        return Words(table.zh, table.en)
    column = table.by_name[column_name]
    return Words(f"{table.zh}的{column.zh}", f"{column.en} ({table.en})")


_REASON_LABELS: Final = {
    "threshold": Words("阈值", "threshold"),
    "missing": Words("缺", "missing"),
    "unchecked": Words("未核对", "not checked"),
    "test": Words("认定情形", "test"),
    "days": Words("天数", "days"),
}
_CODES: Final[Mapping[str, Mapping[str, Words]]] = {"track": TRACK}


def _refusal(
    at: str, zh: str, en: str, why_zh: str | None, why_en: str | None, mend_zh: str, mend_en: str
) -> RuleError:
    why = Words(why_zh, why_en) if why_zh and why_en else None
    return RuleError(Words(zh, en), at=at, why=why, mend=Words(mend_zh, mend_en))


def _unit_refusal(at: str, given: str, wanted: str) -> RuleError:
    return _refusal(
        at,
        f"单位为“{given}”，应为“{wanted}”。",
        f"The unit is {given!r}, not {wanted!r}.",
        "单位不符的比较没有意义。",
        "A comparison of two units means nothing.",
        "换算数值并改正 unit。",
        "Convert the value and mend its unit.",
    )


class _Section:
    """One table of a TOML text that is emptied key by key; what is left over is refused."""

    def __init__(self, table: Mapping[str, Any], name: str, path: tuple[str, ...]) -> None:
        self.left, self.name, self.path = dict(table), name, path

    def at(self, key: str = "") -> str:
        """Name this section, or a key in it, so that a reader finds it."""
        path = ".".join((*self.path, key) if key else self.path)
        return f"{self.name} [{path}]" if path else self.name

    def refuse(self, key: str, zh: str, en: str, mend_zh: str, mend_en: str) -> RuleError:
        """Make a refusal at one key."""
        return _refusal(self.at(key), zh, en, None, None, mend_zh, mend_en)

    def take(self, key: str, kind: type | tuple[type, ...], *, required: bool = True) -> Any:  # noqa: ANN401  any TOML value
        """Take a value of a kind; None where it may be missing."""
        if key not in self.left:
            if not required:
                return None
            raise self.refuse(key, f"缺少“{key}”。", f"The key {key!r} is missing.", "补上该键。", "Add the key.")
        value = self.left.pop(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if type(value) not in kinds:
            wanted = " | ".join(item.__name__ for item in kinds)
            raise self.refuse(
                key, f"“{key}”类型不对。", f"{key!r} has the wrong type.", f"应为 {wanted}。", f"Give a {wanted}."
            )
        return value

    def text(self, key: str, *, required: bool = True) -> str:
        """Take a text; one that must be there may not be empty."""
        value = self.take(key, str, required=required)
        if value is None:
            return ""
        if not value.strip():
            raise self.refuse(key, f"“{key}”为空。", f"{key!r} is empty.", "写明内容。", "Write what it is.")
        return cast(str, value)

    def choice(self, key: str, choices: Iterable[str], *, required: bool = True) -> str:
        """Take one of several texts."""
        known = tuple(choices)
        value = self.text(key, required=required)
        if value and value not in known:
            near = get_close_matches(value, known, n=1)
            zh, en = (f"是否指 {near[0]}？", f"Did you mean {near[0]}? ") if near else ("", "")
            raise self.refuse(
                key,
                f"不认识的“{value}”。",
                f"{value!r} is not known.",
                f"{zh}可用：{'、'.join(known)}。",
                f"{en}Use one of: {', '.join(known)}.",
            )
        return value

    def fraction(self, key: str, *, required: bool = True) -> Fraction | None:
        """Take an exact number: an integer, a decimal, or a text such as "1/3"."""
        value = self.take(key, (int, Fraction, str), required=required)
        if value is None:
            return None
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            raise self.refuse(
                key,
                f"“{value}”不是数。",
                f"{value!r} is no number.",
                '写作 5、0.25 或 "1/3"。',
                'Write 5, 0.25 or "1/3".',
            ) from error

    def words(self, key: str, *, required: bool = True) -> Words | None:
        """Take a text in both languages."""
        table = self.take(key, dict, required=required)
        if table is None:
            return None
        inner = _Section(table, self.name, (*self.path, key))
        words = Words(inner.text("zh"), inner.text("en"))
        inner.done()
        return words

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Take a list of texts."""
        values = self.take(key, list, required=required) or []
        if not all(isinstance(item, str) for item in values) or (required and not values):
            raise self.refuse(
                key, f"“{key}”应为文本列表。", f"{key!r} is no list of texts.", '写作 ["…"]。', 'Write ["…"].'
            )
        return tuple(values)

    def sections(self, key: str, *, required: bool = False) -> Iterator["_Section"]:
        """Take a list of tables."""
        for place, table in enumerate(self.take(key, list, required=required) or []):
            if not isinstance(table, dict):
                raise self.refuse(
                    key, f"“{key}”应为表的列表。", f"{key!r} is no list of tables.", "写作 [[…]]。", "Write [[…]]."
                )
            yield _Section(table, self.name, (*self.path, key, str(place)))

    def section(self, key: str, *, required: bool = True) -> "_Section | None":
        """Take a table."""
        table = self.take(key, dict, required=required)
        return None if table is None else _Section(table, self.name, (*self.path, key))

    def done(self) -> None:
        """Refuse whatever was not asked for."""
        for key in self.left:
            raise self.refuse(
                key,
                f"不认识的键“{key}”。",
                f"The key {key!r} is not known.",
                "删去，或改正拼写。",
                "Remove it, or mend its spelling.",
            )


class _Parser:
    """From the sections of one text to a `Ruleset`."""

    def __init__(self, root: _Section, text: str) -> None:
        self.root, self.text_ = root, text
        self.measures: dict[str, Measure] = dict(MEASURES)
        self.numbers: dict[str, Number] = {}
        self.lists: dict[str, CodeList] = {}
        self.tables: dict[str, Lookup] = {}

    def ruleset(self) -> Ruleset:
        root = self.root
        head = cast(_Section, root.section("ruleset"))
        code, title = head.text("code"), cast(Words, head.words("title"))
        kinds = tuple(cast(Kind, self._known(head, "kinds", kind, KINDS)) for kind in head.texts("kinds"))
        document, region = head.text("document"), head.text("region")
        effective_from = cast(date, head.take("effective_from", date))
        effective_to = cast("date | None", head.take("effective_to", date, required=False))
        confidence = cast(Confidence, head.choice("confidence", CONFIDENCES))
        made_for_year = cast("int | None", head.take("made_for_year", int, required=False))
        note = head.words("note", required=False)
        excludes = head.section("excludes_idle", required=False)
        excludes_article = "" if excludes is None else excludes.text("article")
        if excludes is not None:
            excludes.done()
        head.done()
        apart = ("tests", "scheme", "gates", "derived", "potential")
        parts: dict[str, Any] = {key: root.left.pop(key) for key in apart if key in root.left}
        self._read_lists(root)
        self._read_tables(root)
        for name in list(root.left):
            self.numbers[name] = self._number(cast(_Section, root.section(name)))
        rest = _Section(parts, root.name, ())
        derived = tuple(self._derived(section) for section in rest.sections("derived"))
        tests = tuple(self._test(section, kinds) for section in rest.sections("tests"))
        scheme_section = rest.section("scheme", required="performance" in kinds)
        scheme = self._scheme(scheme_section) if scheme_section else None
        gates = tuple(self._gate(section) for section in rest.sections("gates", required="triage" in kinds))
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
        potential_section = rest.section("potential", required="triage" in kinds)
        potential = self._potential(potential_section) if potential_section else None
        self._check_kinds(kinds, tests, scheme, gates)
        return Ruleset(
            code=code,
            title=title,
            kinds=kinds,
            document=document,
            region=region,
            effective_from=effective_from,
            effective_to=effective_to,
            confidence=confidence,
            made_for_year=made_for_year,
            note=note,
            excludes_idle=excludes is not None,
            excludes_idle_article=excludes_article,
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
        )

    def _known(self, section: _Section, key: str, value: str, known: Iterable[str]) -> str:
        return _Section({key: value}, section.name, section.path).choice(key, known)

    def _check_kinds(
        self, kinds: tuple[Kind, ...], tests: tuple[Criterion, ...], scheme: Scheme | None, gates: tuple[Gate, ...]
    ) -> None:
        idle = {test.code for test in tests if test.code in IDLE_TESTS}
        faults = [
            ("tests", "idle" in kinds and idle != set(IDLE_TESTS), "idle"),
            ("tests", "idle" not in kinds and bool(idle), "idle"),
            ("tests", ("low_efficiency" in kinds) != (len(tests) > len(idle)), "low_efficiency"),
            ("scheme", ("performance" in kinds) != (scheme is not None), "performance"),
            ("gates", ("triage" in kinds) != bool(gates), "triage"),
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

    def _number(self, section: _Section) -> Number:
        number = Number(
            cast(Fraction, section.fraction("value")),
            section.choice("unit", UNITS),
            section.text("article"),
            section.text("note", required=False),
            self._confidence(section),
        )
        section.done()
        return number

    def _confidence(self, section: _Section) -> Confidence | None:
        return cast("Confidence | None", section.choice("confidence", CONFIDENCES, required=False) or None)

    def _read_lists(self, root: _Section) -> None:
        lists = root.section("lists", required=False)
        for name in list(lists.left) if lists else ():
            section = cast(_Section, cast(_Section, lists).section(name))
            self.lists[name] = CodeList(
                section.texts("values"),
                section.text("article"),
                section.text("note", required=False),
                self._confidence(section),
            )
            section.done()

    def _read_tables(self, root: _Section) -> None:
        tables = root.section("tables", required=False)
        for name in list(tables.left) if tables else ():
            section = cast(_Section, cast(_Section, tables).section(name))
            inner = cast(_Section, section.section("values"))
            editions = {edition: cast(_Section, inner.section(edition)) for edition in list(inner.left)}
            self.tables[name] = Lookup(
                self._measure(section, "by", "text").name,
                self._measure(section, "scheme_by", "text").name,
                MappingProxyType(
                    {
                        edition: MappingProxyType(
                            {code: cast(Fraction, part.fraction(code)) for code in list(part.left)}
                        )
                        for edition, part in editions.items()
                    }
                ),
                section.choice("unit", UNITS),
                section.text("article"),
                section.text("note", required=False),
                self._confidence(section),
            )
            section.done()

    def _measure(
        self, section: _Section, key: str, kind: str = "", subject: str = "", *, required: bool = True
    ) -> Measure:
        known = [
            item.name
            for item in self.measures.values()
            if (not kind or item.kind == kind) and (not subject or subject in item.subjects)
        ]
        name = section.choice(key, known, required=required)
        return self.measures[name] if name else Measure("", "number", "", (), (), Words("", ""))

    def _named_number(self, section: _Section, key: str, unit: str = "", *, required: bool = True) -> str:
        name = section.choice(key, self.numbers, required=required)
        if name and unit and self.numbers[name].unit != unit:
            raise _unit_refusal(section.at(key), self.numbers[name].unit, unit)
        return name

    def _derived(self, section: _Section) -> Derived:
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

    def _conditions(self, section: _Section, key: str, subjects: str, *, required: bool) -> tuple[Condition, ...]:
        return tuple(self._condition(item, subjects) for item in section.sections(key, required=required))

    def _condition(self, section: _Section, subjects: str) -> Condition:
        known = [m.name for m in self.measures.values() if set(subjects.split()) & set(m.subjects)]
        measure = self.measures[section.choice("measure", known)]
        operator = cast(Operator, section.choice("operator", OPERATORS))
        right: dict[str, Any] = {}
        if operator in ("<", "<=", ">", ">="):
            self._require_kind(section, measure, "number")
            if "table" in section.left:
                right["table"] = table = section.choice("table", self.tables)
                unit = self.tables[table].unit
            else:
                of = self._measure(section, "of", "number", required=False)
                right["number"] = name = self._named_number(section, "number", "ratio" if of.name else "")
                right["of"] = of.name
                unit = of.unit if of.name else self.numbers[name].unit
            if unit != measure.unit:
                raise _unit_refusal(section.at(), unit, measure.unit)
        elif operator == "is":
            self._require_kind(section, measure, "boolean")
            right["value"] = section.take("value", bool)
        else:
            self._require_kind(section, measure, "text")
            if "list" in section.left:
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

    def _require_kind(self, section: _Section, measure: Measure, kind: str) -> None:
        if measure.kind != kind:
            raise section.refuse(
                "operator",
                f"“{measure.name}”不能这样比较。",
                f"{measure.name!r} cannot be compared so.",
                "数用 < <= > >=，文本用 in、not_in，是非用 is。",
                "Numbers take < <= > >=, texts in and not_in, booleans is.",
            )

    def _test(self, section: _Section, kinds: tuple[Kind, ...]) -> Criterion:
        code = section.text("code")
        is_idle = "idle" in kinds and code in IDLE_TESTS
        conditions = () if is_idle else self._conditions(section, "all", "parcel", required=True)
        test = Criterion(code, cast(Words, section.words("title")), section.text("article"), conditions)
        section.done()
        return test

    def _scheme(self, section: _Section) -> Scheme:
        method = section.choice("method", ("ratio_to_base", "percentile_in_group"))
        subject = section.choice("subject", ("enterprise", "parcel"))
        by_base = method == "ratio_to_base"
        within = () if by_base else section.texts("within")
        texts = [m.name for m in self.measures.values() if m.kind == "text" and subject in m.subjects]
        within = tuple(self._known(section, "within", item, texts) for item in within)
        missing = cast(Missing, section.choice("missing", MISSING))
        cap = self._named_number(section, "cap", "ratio", required=False)
        known_weight_min = self._named_number(section, "known_weight_min", "ratio")
        population_min = self._named_number(section, "population_min", "count")
        bonus_max = self._named_number(section, "bonus_max", "score", required=False)
        populations = tuple(
            self._population(item, subject, by_base) for item in section.sections("populations", required=True)
        )
        by_scale = any(item.scale for item in populations)
        revenue = self._named_number(section, "above_scale_revenue", "万元") if by_scale else ""
        cuts_article = section.text("cuts_article")
        cuts = tuple(self._cut(item) for item in section.sections("cuts", required=True))
        overrides = tuple(self._override(item, subject) for item in section.sections("overrides"))
        section.done()
        return Scheme(
            cast(Literal["ratio_to_base", "percentile_in_group"], method),
            cast(Literal["enterprise", "parcel"], subject),
            missing,
            within,
            cap,
            known_weight_min,
            population_min,
            revenue,
            bonus_max,
            populations,
            cuts,
            cuts_article,
            overrides,
        )

    def _population(self, section: _Section, subject: str, by_base: bool) -> Population:
        population = Population(
            section.text("code"),
            cast(Words, section.words("title")),
            section.choice("scale", ("above", "below"), required=False),
            section.text("article"),
            tuple(self._indicator(item, subject, by_base) for item in section.sections("indicators", required=True)),
        )
        section.done()
        return population

    def _indicator(self, section: _Section, subject: str, by_base: bool) -> Indicator:
        measure = self._measure(section, "measure", "number", subject)
        unit = section.choice("unit", UNITS)
        if unit != measure.unit:
            raise _unit_refusal(section.at("unit"), unit, measure.unit)
        indicator = Indicator(
            measure.name,
            self._positive(section, "weight"),
            self._positive(section, "base") if by_base else None,
            unit,
            section.text("article"),
            cast(
                Literal["higher", "lower"],
                "higher" if by_base else section.choice("better", ("higher", "lower"), required=False) or "higher",
            ),
            cast("Missing | None", section.choice("missing", MISSING, required=False) or None),
        )
        section.done()
        return indicator

    def _positive(self, section: _Section, key: str) -> Fraction:
        value = cast(Fraction, section.fraction(key))
        if value <= 0:
            raise section.refuse(
                key, f"“{key}”应大于零。", f"{key!r} must be above zero.", "改正数值。", "Mend the value."
            )
        return value

    def _cut(self, section: _Section) -> Cut:
        cut = Cut(
            section.choice("grade", [grade for grade in GRADE if grade != "T"]),
            section.fraction("top", required=False),
            section.fraction("last", required=False),
            section.fraction("at_least", required=False),
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

    def _override(self, section: _Section, subject: str) -> Override:
        override = Override(
            section.text("code"),
            section.choice("grade", GRADE),
            cast(Words, section.words("title")),
            section.text("article"),
            self._conditions(section, "all", subject, required=True),
        )
        section.done()
        return override

    def _gate(self, section: _Section) -> Gate:
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

    def _potential(self, section: _Section) -> Potential:
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
