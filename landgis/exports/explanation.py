"""An explanation as lines of text: facts, tests, gates, answer, and where every number came from."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from landgis.exports.ledger import Language
from landgis.terms.errors import Words
from landgis.terms.frames import ANSWER, FINDING
from landgis.terms.measures import RATIOS
from landgis.terms.reasons import cited
from landgis.terms.rules import CONFIDENCE, Confidence
from landgis.terms.units import mu

_TEXTS: Final = {
    "facts": Words("事实", "Facts"),
    "tests": Words("检验", "Tests"),
    "gates": Words("关口", "Gates"),
    "answer": Words("建议", "Answer"),
    "modes": Words("可用处置方式", "Modes of disposal"),
    "scores": Words("评分", "Scores"),
    "for": Words("支持处置", "Speaks for doing something"),
    "against": Words("反对或妨碍处置", "Speaks against, or hinders"),
    "open": Words("不明", "Open"),
    "missing": Words("缺少的数据与提供单位", "Missing, and who should supply it"),
    "changes": Words("怎样会改变建议", "What would change the answer"),
    "rules": Words("依据", "Rules"),
    "unknown": Words("不明", "unknown"),
    "threshold": Words("标准", "threshold"),
    "row": Words("行", "row"),
    "batch": Words("批次", "batch"),
    "wanted_by": Words("用于", "for"),
    "decides": Words("决定结论", "decides"),
    "reliability": Words("依据完整度", "Known of what was asked"),
    "freeable": Words("可腾出", "Could be freed"),
    "upgrade": Words("提容潜力", "Could be won by building up"),
    "mu": Words("亩", "mu"),
    "yes": Words("是", "yes"),
    "no": Words("否", "no"),
    "suspicion": Words(
        "“疑似”是线索，不是认定；以调查核实为准。", "'Suspected' is a lead, not a verdict; an investigation decides."
    ),
    "differs": Words(
        "注意：用当前程序重算，结论与本次评估所存不同；见 landgis run verify。",
        "Note: today's program answers otherwise than this run stored; see `landgis run verify`.",
    ),
    "asks_nothing": Words("其余地块到此", "answers for the rest"),
}
_STATES: Final = {
    "met": Words("✓ 成立", "✓ met"),
    "not_met": Words("✗ 不成立", "✗ not met"),
    "unknown": Words("? 不明", "? unknown"),
    "not_asked": Words("– 未问及", "– not asked"),
}
_UNITS: Final = {
    "year": Words("年", "years"),
    "month": Words("个月", "months"),
    "d": Words("天", "days"),
    "count": Words("", ""),
    "ratio": Words("", ""),
    "currency": Words("币值", "value"),
    "亩": Words("亩", "mu"),
    "万元": Words("万元", "10k yuan"),
    "元": Words("元", "yuan"),
    "tce": Words("吨标煤", "tce"),
    "t": Words("吨", "t"),
    "人": Words("人", "head"),
}


def explanation_text(told: Mapping[str, Any], language: Language) -> str:
    """Write an explanation (as `landgis.workflows.explain.explain` gives it) as text for a terminal or a letter."""
    return "\n".join(_Writer(language).lines(told)) + "\n"


class _Writer:
    def __init__(self, language: Language) -> None:
        self.language = language

    def t(self, key: str) -> str:
        return str(getattr(_TEXTS[key], self.language))

    def pick(self, words: Mapping[str, str] | None) -> str:
        return "" if words is None else words[self.language]

    def number(self, value: object, unit: str | None, name: str = "") -> str:
        """Write a value as people read it: shares as per cent, no more digits than can be compared."""
        return figure(value, unit, name, self.language)

    def lines(self, told: Mapping[str, Any]) -> Iterable[str]:
        parcel, triage = told["parcel"], told["triage"]
        yield f"{parcel.get('park_name') or parcel['park_code']}  {parcel['parcel_no']}  ·  #{told['run']}  ·  {told['on']}"
        yield f"{self.pick(triage['title'])}：{self.pick(triage['reason'])}"
        if not told["agrees"]:
            yield self.t("differs")
        yield from self.part("facts", self.facts(told["facts"]))
        yield from self.part("tests", self.tests(told))
        yield from self.part("gates", self.gates(told["gates"]))
        yield from self.part("answer", self.answer(told))
        yield from self.part("modes", self.modes(told["modes"]))
        yield from self.part("scores", self.scores(told["scores"]))
        for side in ("for", "against", "open"):
            yield from self.part(side, (f"· {self.point(one)}" for one in told["points"][side]))
        yield from self.part("changes", (f"· {self.pick(one['title'])}" for one in told.get("changes") or ()))
        yield from self.part("missing", self.missing(told["missing"]))
        yield from self.part("rules", (
            f"· {one['code']}  {self.pick(one['title'])}  {one['document']}  ({sure(one['confidence'], self.language)})"
            f"  {one['sha256'][:12]}"
            for one in told["rulesets"]
        ))  # fmt: skip
        yield ""
        yield self.t("suspicion")

    def part(self, key: str, lines: Iterable[str]) -> Iterable[str]:
        listed = list(lines)
        if listed:
            yield ""
            yield f"【{self.t(key)}】" if self.language == "zh" else f"== {self.t(key)}"
            yield from listed

    def facts(self, facts: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for fact in facts:
            said = self.pick(fact["said"]) or self.number(fact["value"], fact["unit"], fact["name"])
            yield f"· {self.pick(fact['title'])}  {said}"
            told = [cell for cell in fact["cells"] if cell["value"] is not None or cell["column"] == "geom"]
            yield from (f"    ← {self.cell(cell)}" for cell in told)

    def cell(self, cell: Mapping[str, Any]) -> str:
        place = " · ".join(str(part) for part in (cell["file"], cell["layer"]) if part)
        row = f" {self.t('row')} {cell['row']}" if cell["row"] else ""
        field = f" [{cell['field']}{'，' + cell['file_unit'] if cell['file_unit'] else ''}]" if cell["field"] else ""
        said = self.pick(cell["said"])
        value = (
            f" = {said}"
            if said
            else ""
            if cell["column"] == "geom"
            else f" = {self.number(cell['value'], cell['unit'], cell['column'])}"
        )
        return (
            f"{self.pick(cell['title'])} {cell['key']}{value}  ({self.t('batch')} {cell['batch']}, {place}{row}{field})"
        )

    def tests(self, told: Mapping[str, Any]) -> Iterable[str]:
        traces = {one["test"]: one["conditions"] for one in told["tests"]}
        for found in told["findings"]:
            said = getattr(FINDING[found["finding"]], self.language)
            yield f"· {said}  {self.pick(found['title'])}"
            if found["value"] is not None:
                of = measure_of(told, found)
                yield (
                    f"    {self.number(found['value'], found['unit'], of)}  {self.t('threshold')} "
                    f"{self.number(found['threshold'], found['unit'], of)}"
                )
            yield f"    {cited(found['article'], self.language)}  ({sure(found['confidence'], self.language)})"
            yield from (f"    {self.condition(one)}" for one in traces.get(found["test"], ()))
            if found["missing_titles"]:
                yield f"    {self.t('unknown')}：{'、'.join(self.pick(one) for one in found['missing_titles'])}"

    def gates(self, gates: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for gate in gates:
            state = getattr(_STATES[gate["state"]], self.language)
            answer = getattr(ANSWER[gate["answer"]], self.language)
            mark = " ◀" if gate["decided"] else ""
            yield f"· {gate['gate']} {state}  {self.pick(gate['title'])} → {answer}{mark}  ({cited(gate['article'], self.language)})"
            if gate["state"] != "not_asked":
                yield from (f"    {self.condition(one)}" for one in (*gate["all"], *gate["any"]) if one["is_asked"])

    def condition(self, one: Mapping[str, Any]) -> str:
        state = getattr(_STATES[one["state"]], self.language)
        value = self.pick(one["said"]) or self.number(one["value"], one["unit"], one["measure"])
        against = (
            f"  {self.t('threshold')} {self.number(one['threshold'], one['unit'], one['measure'])}"
            if one["threshold"] is not None
            else ""
        )
        return f"{state}  {self.pick(one['title'])}：{value}{against}"

    def answer(self, told: Mapping[str, Any]) -> Iterable[str]:
        triage = told["triage"]
        track = f"  ·  {self.pick(triage['track_title'])}" if triage["track_title"] else ""
        yield f"· {self.pick(triage['title'])}{track}"
        for key, name in (("freeable", "freeable_m2"), ("upgrade", "upgrade_m2")):
            if triage[name]:
                yield f"· {self.t(key)}  {mu(triage[name]):,.2f} {self.t('mu')}"
        if told["reliability"] is not None:
            yield f"· {self.t('reliability')}  {told['reliability']:.0%}"

    def modes(self, modes: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for one in modes:
            mark = "" if one["state"] == "open" else f"  ({self.t('unknown')})"
            name = f"{one['mode']} {self.pick(one['title'])} · {self.pick(one['stat_title'])}"
            yield f"· {name}{mark}  ({cited(one['article'], self.language)}; {sure(one['confidence'], self.language)})"

    def scores(self, scores: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for one in scores:
            yield f"· {self.pick(one['title'])}  {interval(one['low'], one['high'], self.t('unknown'))}"
            for part in one["parts"]:
                level = self.t("unknown") if part["level"] is None else f"{part['level']:.0%}"
                yield f"    {self.pick(part['title'])}  {level} × {part['weight']:g}"

    def point(self, one: Mapping[str, Any]) -> str:
        name = one["measure"] or ""
        value = self.pick(one["said"]) or ("" if one["value"] is None else self.number(one["value"], one["unit"], name))
        if value and one["measure_title"]:
            value = f"{self.pick(one['measure_title'])} {value}"
        against = (
            ""
            if one["threshold"] is None
            else f"  {self.t('threshold')} {self.number(one['threshold'], one['unit'], name)}"
        )
        return f"{self.pick(one['title'])}  {value}{against}".rstrip()

    def missing(self, missing: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for one in missing:
            who = "、".join(self.pick(item["title"]) for item in one["suppliers"])
            what = "、".join(self.pick(item["title"]) for item in one["wanted_by"])
            mark = f"  *{self.t('decides')}" if one["decides"] else ""
            yield f"· {self.pick(one['title'])} ← {who}  ({self.t('wanted_by')} {what}){mark}"


def sure(confidence: Confidence | None, language: Language) -> str:
    """Write how sure the text of a threshold is.

    >>> sure("H", "zh"), sure("M", "en"), sure(None, "en")
    ('条文：确切', 'text: wording to be checked', '')
    """
    if confidence is None:
        return ""
    said = CONFIDENCE[confidence]
    return f"条文：{said.zh}" if language == "zh" else f"text: {said.en}"


def interval(low: float | None, high: float | None, unknown: str) -> str:
    """Write a score from 0 to 1 as points out of 100, as an interval where it is one.

    >>> interval(0.2, 0.2, "?"), interval(0.2, 0.45, "?"), interval(None, None, "?")
    ('20', '20–45', '?')
    """
    if low is None or high is None:
        return unknown
    return f"{100 * low:.0f}" if round(100 * low) == round(100 * high) else f"{100 * low:.0f}–{100 * high:.0f}"


def measure_of(told: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Name what a test compares: the measure of its condition that has its unit, empty where none has; a floor-area ratio is no share."""
    conditions = next((one["conditions"] for one in told["tests"] if one["test"] == found["test"]), ())
    return next((one["measure"] or "" for one in conditions if one["unit"] == found["unit"]), "")


def figure(value: object, unit: str | None, name: str, language: Language) -> str:
    """Write a value with its unit as people read it.

    >>> figure(1 / 3, "ratio", "far_share", "zh"), figure(0.42, "ratio", "far", "zh"), figure(12.0, "month", "", "en")
    ('33.3%', '0.42', '12 months')
    >>> figure(None, "亩", "", "en"), figure(True, "", "", "zh"), figure(15123.4, "m²", "", "en"), figure(1966, "", "built_year", "en")
    ('unknown', '是', '15,123 m²', '1966')
    """
    if value is None:
        return str(getattr(_TEXTS["unknown"], language))
    if isinstance(value, bool):
        return str(getattr(_TEXTS["yes" if value else "no"], language))
    if not isinstance(value, int | float):
        return str(value)
    if unit == "ratio" and name not in RATIOS:
        text = f"{100 * value:.1f}".rstrip("0").rstrip(".")
        return f"{text}%"
    if name.endswith("year"):
        return str(value)
    size = abs(value)
    digits = 0 if size >= 1000 else 2
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    tail = "/".join(getattr(_UNITS[part], language) if part in _UNITS else part for part in (unit or "").split("/"))
    return f"{text} {tail}".strip()
