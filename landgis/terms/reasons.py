"""A reason: the code and the data that a finding, grade or answer carries, and how a reader says them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from landgis.terms.errors import Words
from landgis.terms.frames import EVIDENCE, LAYER, STOCK, TRACK
from landgis.terms.measures import MEASURES, RATIOS

#: Words for the codes the engine itself gives as a reason; those of tests and gates stand in the rulesets.
REASONS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "data_missing": Words("缺少决定性数据，先补数据", "the data that would decide are missing"),
        "nothing_known": Words("评价指标全部缺失", "nothing is known of the subject"),
        "too_little_known": Words("已知指标权重不足", "the indicators that are known weigh too little"),
        "population_unknown": Words("无法判定归入哪一类评价对象", "not known among whom it is to be evaluated"),
        "outside": Words("不在评价范围内", "not among those who are evaluated"),
        "base_unknown": Words("基准值不明", "the base is not known"),
        "not_published": Words("权重或指标未公布，不计分", "weights or indicators are not published: not scored"),
        "gone": Words("企业已注销或吊销，不参与评价", "deregistered, or its licence revoked: not evaluated"),
        "group_too_small": Words("同类过少，无从排位", "too few of its kind to rank among"),
        "population_too_small": Words("评价对象过少，不按比例定级", "too few subjects to grade by quota"),
    }
)

#: How an article begins that is no law but ours; what follows is the proposal in the language of its ruleset.
OWN_PROPOSAL: Final = Words("本系统建议", "Own proposal")


def cited(article: str | None, language: Literal["zh", "en"]) -> str:
    """Write where a threshold comes from: a law in its own words; of a proposal of ours in the other language only that it is one.

    >>> cited("本系统建议：D 级且上年 C、D 级", "en"), cited("Own proposal, old_years", "zh"), cited("第2条第2款", "en"), cited(None, "en")
    ('Own proposal', '本系统建议', '第2条第2款', '')
    >>> cited("本系统建议：D 级且上年 C、D 级", "zh")
    '本系统建议：D 级且上年 C、D 级'
    """
    text, own, other = article or "", OWN_PROPOSAL.zh, OWN_PROPOSAL.en
    if language == "en":
        own, other = other, own
    return own if text.startswith(other) else text


def read_reason(reason: str) -> tuple[str, Mapping[str, str]]:
    """Take a reason apart into its code and its data.

    >>> code, data = read_reason("far_below_floor far=0.42 threshold=0.7 unit=ratio")
    >>> code, data["far"]
    ('far_below_floor', '0.42')
    """
    code, *pairs = reason.split(" ")
    return code, MappingProxyType(dict(pair.split("=", 1) for pair in pairs))


#: How a reader says the units and truths that a reason carries as data.
_UNITS: Final = {
    "month": Words(" 个月", " months"),
    "year": Words(" 年", " years"),
    "d": Words(" 天", " days"),
    "count": Words(" 项", ""),
}
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
    >>> reason_words("x far_share=0.2709 threshold=0.3 unit=ratio", {}).zh, reason_words("x far=0.42 threshold=0.7 unit=ratio", {}).en
    ('x（已用容积率比例 27.09%，阈值 30%）', 'x (floor-area ratio 0.42, threshold 0.7)')
    """
    code, data = read_reason(reason)
    title = words.get(code, Words(code, code))
    unit = data.get("unit", "")
    is_share = unit == "ratio" and not any(name in data for name in RATIOS)
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
        if is_sized and is_share:
            said = Words(f"{100 * float(value):.4g}%", f"{100 * float(value):.4g}%")
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
    for name_of_codes, codes in (("zone", LAYER), ("evidence", EVIDENCE)):
        if table_name == name_of_codes and column_name in codes:
            return codes[column_name]
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
