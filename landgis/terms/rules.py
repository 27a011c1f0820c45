"""A ruleset: dated thresholds with unit, document and article.

What a ruleset and a rulebook are; `landgis.terms.rulereader` makes them from TOML texts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal, get_args

from landgis.terms.errors import RuleError, Words
from landgis.terms.reasons import REASONS

Kind = Literal[
    "idle", "low_efficiency", "control", "standard_land", "activity", "performance", "triage", "industries", "zone_use", "compensation",
    "swap", "planning",
]  # fmt: skip
Status = Literal["draft", "in_force", "superseded", "retired"]
Confidence = Literal["H", "M", "L", "advice", "source"]
Operator = Literal["<", "<=", ">", ">=", "in", "not_in", "is"]
Missing = Literal["zero", "population_mean_score", "exclude_and_rescale"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: What each kind and each status is called.
KIND_WORDS: Final[Mapping[Kind, Words]] = MappingProxyType(
    {
        "idle": Words("闲置", "idle land"),
        "low_efficiency": Words("低效", "low efficiency"),
        "control": Words("控制指标", "control indicators"),
        "standard_land": Words("标准地", "standard land"),
        "activity": Words("停产与僵尸企业", "stopped and zombie firms"),
        "performance": Words("亩均评价", "per-mu evaluation"),
        "triage": Words("分类处置", "triage"),
        "industries": Words("行业目录", "list of industries"),
        "zone_use": Words("集约利用", "land use of a zone"),
        "compensation": Words("补偿估算", "estimate of compensation"),
        "swap": Words("等值置换", "swap of equal value"),
        "planning": Words("成片方案", "sites and plans"),
    }
)
STATUS_WORDS: Final[Mapping[Status, Words]] = MappingProxyType(
    {
        "draft": Words("草案", "draft"),
        "in_force": Words("现行", "in force"),
        "superseded": Words("已被替代", "superseded"),
        "retired": Words("停用", "retired"),
    }
)
#: The kinds whose tests are asked of every parcel; a ruleset is of one of them at most, so that its tests are of that kind.
TESTING: Final[tuple[Kind, ...]] = ("low_efficiency", "control", "standard_land")
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
#: How sure the text of a threshold is.
CONFIDENCE: Final[Mapping[Confidence, Words]] = {
    "H": Words("确切", "known well"),
    "M": Words("大意可靠、措辞待核", "wording to be checked"),
    "L": Words("把握低", "low"),
    "source": Words("读自公开副本", "read in a public copy"),
    "advice": Words("本系统建议", "our own proposal"),
}
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
MISSING: Final[tuple[Missing, ...]] = get_args(Missing)
#: Units a number of a ruleset may have. ``currency/m²`` is the assessed currency of the parcel.
UNITS: Final = (
    "ratio", "year", "month", "d", "m", "m²", "亩", "万元", "万元/亩", "万元/tce", "万元/t", "万元/人", "元/kWh", "元/m²", "currency/m²",
    "tce", "kWh", "score", "count",
)  # fmt: skip
#: The tests of the idle-land measure 令第53号; a ruleset gives them words and an article, `landgis.core.judging.idle` their arithmetic.
IDLE_TESTS: Final = ("not_started", "stopped_area", "stopped_money")
#: The tests of stopped and zombie firms; their arithmetic is in `landgis.core.judging.activity` and `landgis.core.judging.zombie`. Those
#: a ruleset must have come first; of the others only those it names are made.
ACTIVITY_TESTS: Final = (
    "production_stopped", "zombie", "zombie_stopped", "zombie_loss", "zombie_dependent", "zombie_arrears", "insolvent", "fn_chk", "chk",
)  # fmt: skip
ACTIVITY_NEEDED: Final = ACTIVITY_TESTS[:6]
#: What a sign of a stop may be read from, besides a kind of evidence patch.
SIGN_SERIES: Final = (
    "enterprise_month.power_kwh", "enterprise_month.tax_wan", "enterprise_month.insured",
    "enterprise_year.power_kwh", "enterprise_year.tax_wan", "enterprise_year.revenue_wan",
)  # fmt: skip


#: What can be said of a whole zone: unit, what is summed above and below the line; `landgis.core.judging.zone_use` has the arithmetic.
ZONE_INDICATORS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "developed_rate": ("ratio", "ready", "developable"),
        "supplied_rate": ("ratio", "supplied", "ready"),
        "supplied_of_developable": ("ratio", "supplied", "developable"),
        "built_rate": ("ratio", "built", "supplied"),
        "industrial_rate": ("ratio", "industrial", "built"),
        "hightech_rate": ("ratio", "hightech", "built"),
        "far": ("ratio", "floor", "built"),
        "density": ("ratio", "buildings", "built"),
        "industrial_far": ("ratio", "industrial_floor", "industrial"),
        "industrial_coefficient": ("ratio", "industrial_footprint", "industrial"),
        "invest_wan_per_mu": ("万元/亩", "invest", "industrial"),
        "tax_wan_per_mu": ("万元/亩", "tax", "industrial"),
        "revenue_wan_per_mu": ("万元/亩", "revenue", "industrial"),
        "idle_rate": ("ratio", "idle", "supplied"),
        "expansion_m2": ("m²", "developable", "supplied"),
        "structure_m2": ("m²", "built", "industrial"),
        "intensity_m2": ("m²", "industrial", "industrial_floor"),
        "management_m2": ("m²", "idle", "idle"),
    }
)
#: The potentials that are held against the ideal of another indicator.
IDEAL_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"structure_m2": "industrial_rate", "intensity_m2": "industrial_far"}
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
    Of a code that its edition does not list nothing is asked, or, where ``unlisted`` says so, nothing is known; of another edition
    nothing is known.
    """

    by: str
    scheme_by: str
    values: Mapping[str, Mapping[str, Fraction]]
    unit: str
    article: str
    note: str = ""
    confidence: Confidence | None = None
    title: Words | None = None
    unlisted: Literal["nothing_asked", "unknown"] = "nothing_asked"


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
    """One indicator of a scheme.

    ``weight`` is empty where the scheme's weights are not published, ``base`` where the scheme ranks instead of dividing. A base may
    also be ``base_times`` the population's mean of the year before, which is the sum of the measure times ``base_mean_by`` over the
    sum of ``base_mean_by``: tax per mu by land is all tax over all land.
    """

    measure: str
    weight: Fraction | None
    base: Fraction | None
    unit: str
    article: str
    better: Literal["higher", "lower"] = "higher"
    missing: Missing | None = None
    base_times: Fraction | None = None
    base_mean_by: str = ""


@dataclass(frozen=True, slots=True)
class Population:
    """Who is ranked together: those of a size class (``scale``; empty: any) for whom all of ``all_of`` and one of ``any_of`` hold.

    A subject belongs to the first population that takes it.
    """

    code: str
    title: Words
    scale: str
    article: str
    indicators: tuple[Indicator, ...]
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """The bound of one grade: the first ``top`` share, the ``last`` share, or a total of ``at_least``. None of them: the rest.

    A share of few subjects is rounded down, or up where the scheme asks for at least that share (``rounding``).
    """

    grade: str
    top: Fraction | None = None
    last: Fraction | None = None
    at_least: Fraction | None = None
    rounding: Literal["down", "up"] = "down"


@dataclass(frozen=True, slots=True)
class Quota:
    """What share of the ranked a grade may have at most, or must have at least; checked and told, never enforced."""

    grade: str
    at_most: Fraction | None
    at_least: Fraction | None
    article: str


@dataclass(frozen=True, slots=True)
class Override:
    """A grade that facts fix: in place of the ranking (``is_ranked`` false: it takes no place in it), or after it."""

    code: str
    grade: str
    title: Words
    article: str
    conditions: tuple[Condition, ...]
    is_ranked: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """A performance evaluation: who, by which indicators, what when something is missing, and how totals become grades.

    The method ``unpublished`` says that its weights or indicators are not known: subjects are put into their populations and their
    indicators measured, nothing is scored. ``adjusted_article`` is empty where bonus and deduction of the stock do not count.
    """

    method: Literal["ratio_to_base", "percentile_in_group", "unpublished"]
    subject: Literal["enterprise", "parcel"]
    missing: Missing | None
    within: tuple[str, ...]
    cap: str
    known_weight_min: str
    population_min: str
    above_scale_revenue: str
    adjusted_article: str
    bonus_max: str
    populations: tuple[Population, ...]
    cuts: tuple[Cut, ...]
    cuts_article: str
    quotas: tuple[Quota, ...]
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


@dataclass(frozen=True, slots=True)
class ZoneIndicator:
    """One of `ZONE_INDICATORS`, in the words of a document; ``ideal`` names a number where there is one."""

    code: str
    title: Words
    article: str
    ideal: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an industry stands by a list of the state: codes of one edition, each with all codes it begins."""

    code: str
    title: Words
    scheme: str
    values: tuple[str, ...]
    article: str
    note: str = ""
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """When a mode of disposal is open to a parcel: where all of ``all_of`` and, if there are any, one of ``any_of`` hold."""

    mode: str
    article: str
    confidence: Confidence | None
    all_of: tuple[Condition, ...]
    any_of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of a score: a condition that counts whole where it holds, or by how far the number misses its threshold.

    Without a condition the measure ``level``, a share, is the part's level itself.
    """

    code: str
    title: Words
    weight: Fraction
    condition: Condition | None
    by_margin: bool
    level: str


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """A score between 0 and 1: the weighted parts over their weights. ``high`` and ``middle`` name the bounds of its classes."""

    code: str
    title: Words
    article: str
    parts: tuple[ScorePart, ...]
    high: str
    middle: str


@dataclass(frozen=True, slots=True)
class Series:
    """How a series of months or years is read against its own running level.

    Below ``low`` of that level, or not above ``floor`` (in the column's unit), it is low; from ``running`` on it runs. ``least`` low ones
    in a row up to the last point to a stop, a running one among the last ``recent`` points to work.
    """

    low: Fraction
    running: Fraction
    floor: Fraction
    least: int
    recent: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of whether a firm works: what it is read from, and its likelihood ratios.

    ``on`` is how much likelier a stopped firm shows it than a working one (above 1), ``off`` the same of its contrary (below 1); one
    without a ratio says nothing in that direction. Signs of one ``group`` are correlated. Without ``half_life_months`` it does not fade.
    """

    code: str
    title: Words
    article: str
    confidence: Confidence
    of: str
    group: str
    series: Series | None
    on: Fraction | None
    off: Fraction | None
    half_life_months: Fraction | None


@dataclass(frozen=True, slots=True)
class Rates:
    """The least interest rates of a year: short and long loans, bonds."""

    year: int
    short: Fraction
    long: Fraction
    bond: Fraction
    article: str
    confidence: Confidence


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
    status: Status
    supersedes: tuple[str, ...]
    needs: tuple[str, ...]
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
    standings: tuple[Standing, ...] = ()
    zone: tuple[ZoneIndicator, ...] = ()
    signs: tuple[Sign, ...] = ()
    rates: tuple[Rates, ...] = ()
    modes: tuple[Opening, ...] = ()
    scores: tuple[ScoreRule, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of its tests, gates, modes, scores and protections."""
        listed = [condition for test in self.tests for condition in test.conditions]
        listed += [condition for gate in self.gates for condition in (*gate.all_of, *gate.any_of)]
        listed += [condition for mode in self.modes for condition in (*mode.all_of, *mode.any_of)]
        listed += [part.condition for score in self.scores for part in score.parts if part.condition]
        if self.scheme:
            listed += [condition for override in self.scheme.overrides for condition in override.conditions]
        return tuple(listed)

    def number(self, name: str) -> Number:
        """Give a number by name.

        Raises
        ------
        RuleError
            The ruleset lacks it. It is never defaulted.
        """
        if name not in self.numbers:
            raise refusal(
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
            raise unit_refusal(f"{self.code} [{name}]", number.unit, unit)
        return number.value

    @cached_property
    def words(self) -> Mapping[str, Words]:
        """The words of every test, gate, condition, population, protection, derived measure and score, by code."""
        found: dict[str, Words] = {test.code: test.title for test in self.tests}
        found |= {gate.code: gate.title for gate in self.gates}
        found |= {item.name: item.title for item in self.derived}
        for listed in (self.standings, self.zone, self.signs):
            found |= {item.code: item.title for item in listed}
        found |= {name: table.title for name, table in self.tables.items() if table.title}
        conditions = [condition for gate in self.gates for condition in (*gate.all_of, *gate.any_of)]
        found |= {item.code: item.title for item in conditions if item.code and item.title}
        found |= {part.code: part.title for score in self.scores for part in score.parts}
        found |= {score.code: score.title for score in self.scores}
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
            raise refusal(
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
        if self.status == "draft":
            return Words(f"“{self.title.zh}”是草案，未施行。", f"{self.title.en!r} is a draft and not in force.")
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
    control: Ruleset | None = None
    standard_land: Ruleset | None = None
    activity: Ruleset | None = None
    performance: Ruleset | None = None
    triage: Ruleset | None = None
    industries: Ruleset | None = None
    zone_use: Ruleset | None = None
    compensation: Ruleset | None = None
    swap: Ruleset | None = None
    planning: Ruleset | None = None

    @property
    def rulesets(self) -> tuple[Ruleset, ...]:
        """The rulesets, each once, in the order of the kinds."""
        found = (item for kind in KINDS if (item := getattr(self, kind)) is not None)
        return tuple({item.sha256: item for item in found}.values())

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


def compose_rulesets(rulesets: Iterable[Ruleset], on: date | None = None) -> Rulebook:
    """Make a rulebook from rulesets already read; refuses as `compose` does."""
    chosen: dict[Kind, Ruleset] = {}
    for ruleset in rulesets:
        if on is not None:
            ruleset.require_force(on)
        for kind in ruleset.kinds:
            if kind in chosen:
                raise refusal(
                    f"{chosen[kind].code}, {ruleset.code}",
                    f"两个规则集同属“{kind}”。",
                    f"Two rulesets are both of the kind {kind!r}.",
                    "一次评估每类只用一个规则集，否则结论互相矛盾。",
                    "One assessment uses one ruleset of a kind; two would contradict each other.",
                    "去掉其一，或分两次评估。",
                    "Leave one out, or make two assessments.",
                )
            chosen[kind] = ruleset
    _require_industries(chosen)
    return Rulebook(**{kind: chosen.get(kind) for kind in KINDS})


def _require_industries(chosen: Mapping[Kind, Ruleset]) -> None:
    asks = [item for item in chosen.values() if any(part.measure == "industry_standing" for part in item.conditions)]
    if asks and "industries" not in chosen:
        raise refusal(
            asks[0].code,
            "规则集问及行业类别，却没有行业目录。",
            "The ruleset asks how an industry stands, and no list of industries is given.",
            "没有目录，淘汰类与禁止类无从判断。",
            "Without the list nobody knows which industry is obsolete or forbidden.",
            '加上 cn-industries，或在规则集头部写 needs = ["cn-industries"]。',
            'Add cn-industries, or write needs = ["cn-industries"] into the head of the ruleset.',
        )


def refusal(at: str, zh: str, en: str, why_zh: str | None, why_en: str | None, mend_zh: str, mend_en: str) -> RuleError:
    """Make a refusal in both languages; ``why_zh`` and ``why_en`` may be None."""
    why = Words(why_zh, why_en) if why_zh and why_en else None
    return RuleError(Words(zh, en), at=at, why=why, mend=Words(mend_zh, mend_en))


def unit_refusal(at: str, given: str, wanted: str) -> RuleError:
    """Refuse a number that stands in another unit than it is wanted in."""
    return refusal(
        at,
        f"单位为“{given}”，应为“{wanted}”。",
        f"The unit is {given!r}, not {wanted!r}.",
        "单位不符的比较没有意义。",
        "A comparison of two units means nothing.",
        "换算数值并改正 unit。",
        "Convert the value and mend its unit.",
    )
