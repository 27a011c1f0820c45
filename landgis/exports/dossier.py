"""One parcel's paper 一地一策: facts, findings, options, sources, on A4, in one file that needs no host."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landgis.exports.explanation import figure, interval, measure_of, sure
from landgis.exports.ledger import Language
from landgis.terms.codes import landuse_words
from landgis.terms.crs import metres_per_degree
from landgis.terms.errors import Words
from landgis.terms.frames import ANSWER, FINDING, USE_ROLE
from landgis.terms.reasons import cited
from landgis.terms.units import mu

_SIDE_PX: Final = 300
_TEXTS: Final = {
    "title": Words("一地一策（初步筛查）", "Dossier of one parcel (first screening)"),
    "suspicion": Words(
        "本文所称疑似，是系统筛查的线索，不是认定；以自然资源主管部门和管委会调查核实为准。",
        "What is called suspected here is a lead of a screening, not a finding of law; the authority's investigation decides.",
    ),
    "parcel": Words("一、地块与权利", "1  Parcel and title"),
    "users": Words("二、用地企业", "2  Who uses it"),
    "figures": Words("三、指标与来源", "3  Figures and their sources"),
    "findings": Words("四、检验", "4  Tests"),
    "grades": Words("五、评价", "5  Evaluation"),
    "gates": Words("六、关口与建议", "6  Gates and answer"),
    "options": Words("七、可用处置方式", "7  Options"),
    "points": Words("八、支持与反对", "8  For and against"),
    "changes": Words("九、怎样会改变建议", "9  What would change the answer"),
    "missing": Words("十、缺少的数据与提供单位", "10  Missing, and who should supply it"),
    "rules": Words("十一、依据与复核", "11  Rules, and how to check"),
    "sign": Words("十二、核实与签字", "12  Checked and signed"),
    "sketch": Words("示意图：本地块与相邻地块", "Sketch: the parcel and its neighbours"),
    "unknown": Words("不明", "unknown"),
    "lacks": Words("缺", "lacking"),
    "none": Words("无", "none"),
    "answer": Words("建议", "Answer"),
    "reason": Words("理由", "Reason"),
    "freeable": Words("可腾出", "Could be freed"),
    "upgrade": Words("提容潜力", "Could be won"),
    "urgency": Words("紧迫程度", "Urgency"),
    "reliability": Words("依据完整度", "Known of what was asked"),
    "for": Words("支持处置", "For"),
    "against": Words("反对或妨碍", "Against"),
    "open": Words("不明", "Open"),
    "threshold": Words("标准", "threshold"),
    "row": Words("行", "row"),
    "batch": Words("批次", "batch"),
    "run": Words("评估编号", "Run"),
    "on": Words("评估日", "As of"),
    "checked": Words("核实意见", "What the check found"),
    "unit": Words("责任单位", "Responsible unit"),
    "person": Words("责任人", "Person"),
    "day": Words("日期", "Day"),
    "again": Words("复核命令：", "To check: "),
    "north": Words("北", "N"),
}
_HEADS: Final = {
    "figures": (Words("指标", "Figure"), Words("数值", "Value"), Words("来源：文件、行、字段", "From: file, row, field")),
    "findings": (
        Words("检验", "Test"), Words("结论", "Finding"), Words("数值", "Value"), Words("标准", "Threshold"), Words("依据", "Article"),
    ),
    "users": (
        Words("名称", "Name"), Words("信用代码", "Credit code"), Words("角色", "Role"), Words("用地", "Land"), Words("行业", "Industry"),
    ),
    "grades": (
        Words("年度", "Year"), Words("对象", "Subject"), Words("总分", "Total"), Words("等级", "Grade"), Words("说明", "Note"),
    ),
    "gates": (Words("关口", "Gate"), Words("状态", "State"), Words("建议", "Answer"), Words("依据", "Article")),
    "options": (Words("方式", "Mode"), Words("统计口径", "Counted as"), Words("是否可用", "Open"), Words("依据", "Article")),
    "missing": (Words("数据", "Data"), Words("提供单位", "Supplier"), Words("用于", "For")),
}  # fmt: skip
_STATES: Final = {
    "met": Words("成立", "met"),
    "not_met": Words("不成立", "not met"),
    "unknown": Words("不明", "unknown"),
    "not_asked": Words("未问及", "not asked"),
    "open": Words("可用", "open"),
}
_PARCEL: Final = (
    ("parcel_no", Words("地块编号", "Parcel number")), ("zddm", Words("宗地代码", "Cadastral code")),
    ("bdcdyh", Words("不动产单元号", "Real-estate unit")), ("cert_no", Words("不动产权证号", "Certificate")),
    ("location", Words("坐落", "Location")), ("owner_name", Words("土地使用权人", "Holder of the right")),
    ("landuse_code", Words("现状用途", "Present use")), ("plan_code", Words("规划用途", "Planned use")),
    ("term_end", Words("使用年限止", "Term ends")), ("is_mortgaged", Words("抵押", "Mortgaged")),
    ("is_seized", Words("查封", "Seized")),
)  # fmt: skip
_SCHEME_OF: Final = {"landuse_code": "landuse_scheme", "plan_code": "plan_scheme"}
_STYLE: Final = """
@page { size: A4; margin: 16mm 15mm; }
* { box-sizing: border-box; }
body { max-width: 180mm; margin: 0 auto; padding: 8mm 0; color: #16222b;
  font: 10.5pt/1.5 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 17pt; }
h2 { margin: 6mm 0 2mm; padding-bottom: 1mm; border-bottom: .4mm solid #16222b; font-size: 12pt; break-after: avoid; }
header p { margin: 1mm 0; color: #55636c; }
.suspicion { padding: 2mm 3mm; border: .3mm solid #c9a24a; background: #fffaf0; font-size: 9.5pt; }
.top { display: grid; grid-template-columns: minmax(0, 1fr) 80mm; gap: 6mm; align-items: start; }
.verdict { font-size: 14pt; font-weight: 700; }
dl { display: grid; grid-template-columns: 30mm minmax(0, 1fr); gap: .6mm 3mm; margin: 0; }
dt { color: #55636c; }
dd { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: 9pt; }
th, td { padding: 1mm 1.5mm; border: .2mm solid #b9c3c7; text-align: left; vertical-align: top; }
th { background: #eef2f3; font-weight: 600; }
tr { break-inside: avoid; }
small { color: #55636c; font-size: 8.5pt; }
ul { margin: 1mm 0; padding-left: 5mm; }
.suspected { color: #a8301f; font-weight: 600; }
.unknown { color: #7a5200; }
.decided td { background: #eef2f3; font-weight: 600; }
svg { width: 100%; height: auto; border: .2mm solid #b9c3c7; background: #f7f9f9; }
figure { margin: 0; }
figcaption { color: #55636c; font-size: 8.5pt; }
th, .findings td:nth-child(n + 2):nth-child(-n + 4), .gates td:nth-child(n + 2):nth-child(-n + 3),
.options td:nth-child(3) { white-space: nowrap; }
td small { white-space: normal; }
.sign th { width: 34mm; }
.sign td { height: 14mm; }
footer { margin-top: 6mm; color: #55636c; font-size: 8.5pt; }
@media screen and (max-width: 700px) { body { padding: 4mm; }
.top { grid-template-columns: 1fr; }
table { display: block; overflow-x: auto; }
}
"""


def dossier_html(
    told: Mapping[str, Any], shape: BaseGeometry, around: Sequence[tuple[str, BaseGeometry]], language: Language
) -> str:
    """Write one parcel's paper as HTML that a browser prints on A4.

    Parameters
    ----------
    told
        As `landgis.workflows.explain.explain` gives it, with ``changes`` where they were worked out.
    shape, around
        The parcel in EPSG:4490, and number and shape of those near it.
    language
        "zh" or "en".

    Returns
    -------
    str
        One file: styles and sketch inside, no script, no address of any host; whatever a name holds stands there as text.
    """
    return _Paper(language).page(told, shape, around)


class _Paper:
    def __init__(self, language: Language) -> None:
        self.language = language

    def t(self, key: str) -> str:
        return escape(str(getattr(_TEXTS[key], self.language)))

    def pick(self, words: Mapping[str, str] | None) -> str:
        return escape(words[self.language]) if words else ""

    def word(self, words: Words) -> str:
        return escape(str(getattr(words, self.language)))

    def value(self, value: object, unit: str | None = "", name: str = "") -> str:
        text = escape(figure(value, unit, name, self.language))
        return f'<span class="unknown">{text}</span>' if value is None else text

    def page(self, told: Mapping[str, Any], shape: BaseGeometry, around: Sequence[tuple[str, BaseGeometry]]) -> str:
        parcel, triage = told["parcel"], told["triage"]
        name = f"{parcel.get('park_name') or parcel['park_code']} {parcel['parcel_no']}"
        names = {one["uscc"]: str(one["name"] or "") for one in told["enterprises"]}
        titles = {one["code"]: one["title"] for one in told["rulesets"]}
        tag = "zh-CN" if self.language == "zh" else "en"
        body = [
            f"<header><h1>{self.t('title')}</h1>"
            f"<p>{escape(name)} · {self.t('run')} #{told['run']} · {self.t('on')} {told['on']}</p></header>",
            f'<p class="suspicion">{self.t("suspicion")}</p>',
            f'<div class="top"><div>{self.verdict(told, triage)}<h2>{self.t("parcel")}</h2>{self.parcel(parcel)}</div>',
            f"<figure>{self.sketch(parcel['parcel_no'], shape, around)}<figcaption>{self.t('sketch')}</figcaption></figure></div>",
            self.part("users", self.table("users", (self.user(one) for one in told["enterprises"]))),
            self.part("figures", self.table("figures", (self.fact(one) for one in told["facts"]))),
            self.part("findings", self.table("findings", self.findings(told, titles))),
            self.part("grades", self.table("grades", (self.grade(one, names) for one in told["grades"]))),
            self.part("gates", self.gates(told["gates"])),
            self.part("options", self.table("options", (self.mode(one) for one in told["modes"]))),
            self.part("points", self.points(told["points"])),
            self.part("changes", self.listed(self.pick(one["title"]) for one in told.get("changes") or ())),
            self.part("missing", self.table("missing", (self.lack(one) for one in told["missing"]))),
            self.part("rules", self.rules(told)),
            self.part("sign", self.sign()),
            f"<footer>LandGIS · {self.t('run')} #{told['run']} · {self.t('on')} {told['on']} · {self.t('suspicion')}</footer>",
        ]
        return (
            f'<!doctype html>\n<html lang="{tag}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{escape(name)}</title><style>{_STYLE}</style></head>\n<body>\n"
            + "\n".join(body)
            + "\n</body></html>\n"
        )

    def part(self, key: str, content: str) -> str:
        return f"<section><h2>{self.t(key)}</h2>{content}</section>"

    def table(self, key: str, rows: Iterable[Sequence[str]]) -> str:
        lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        heads = "".join(f"<th>{self.word(head)}</th>" for head in _HEADS[key])
        return (
            f'<table class="{key}"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
            if lines
            else f"<p>{self.t('none')}</p>"
        )

    def listed(self, items: Iterable[str]) -> str:
        lines = "".join(f"<li>{item}</li>" for item in items)
        return f"<ul>{lines}</ul>" if lines else f"<p>{self.t('none')}</p>"

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> str:
        return "<dl>" + "".join(f"<dt>{term}</dt><dd>{said}</dd>" for term, said in pairs) + "</dl>"

    def verdict(self, told: Mapping[str, Any], triage: Mapping[str, Any]) -> str:
        land = [
            (key, triage[name])
            for key, name in (("freeable", "freeable_m2"), ("upgrade", "upgrade_m2"))
            if triage[name]
        ]
        rows = [
            (self.t("answer"), f'<span class="verdict">{self.pick(triage["title"])}</span>'),
            (self.t("reason"), self.pick(triage["reason"])),
        ]
        rows += [(self.t(key), self.value(mu(area), "亩")) for key, area in land]
        rows.append((self.t("urgency"), self.pick(triage["urgency_title"]) or self.t("unknown")))
        rows += [
            (self.pick(one["title"]), f"{interval(one['low'], one['high'], self.t('unknown'))} / 100")
            for one in told["scores"]
            if one["score"] != "urgency"
        ]
        if told["reliability"] is not None:
            rows.append((self.t("reliability"), f"{told['reliability']:.0%}"))
        return self.pairs(rows)

    def parcel(self, parcel: Mapping[str, Any]) -> str:
        area = f"{self.value(mu(parcel['area_m2']), '亩')}（{self.value(parcel['area_m2'], 'm²')}）"
        rows = [(self.word(title), self.said(parcel, name)) for name, title in _PARCEL]
        return self.pairs([*rows, (self.word(Words("图形面积", "Area drawn")), area)])

    def said(self, parcel: Mapping[str, Any], name: str) -> str:
        """Write a field of the parcel; of a use also what it means."""
        words = landuse_words(parcel.get(name), parcel.get(_SCHEME_OF[name])) if name in _SCHEME_OF else None
        return " ".join([self.value(parcel.get(name)), *([self.word(words)] if words else [])])

    def user(self, one: Mapping[str, Any]) -> Sequence[str]:
        role = self.word(USE_ROLE[one["role"]]) if one["role"] in USE_ROLE else ""
        return (
            self.value(one["name"]),
            self.value(one["uscc"]),
            role,
            self.value(one["area_m2"], "m²"),
            self.value(one["industry_code"]),
        )

    def fact(self, one: Mapping[str, Any]) -> Sequence[str]:
        said = self.pick(one["said"]) or self.value(one["value"], one["unit"], one["name"])
        cells = [cell for cell in one["cells"] if cell["value"] is not None or cell["column"] == "geom"]
        return (self.pick(one["title"]), said, "<br>".join(f"<small>{self.cell(cell)}</small>" for cell in cells))

    def cell(self, cell: Mapping[str, Any]) -> str:
        place = [cell["file"], cell["layer"], f"{self.t('row')} {cell['row']}" if cell["row"] else None]
        field = f" [{escape(cell['field'])}]" if cell["field"] else ""
        return f"{self.t('batch')} {cell['batch']} · " + " · ".join(escape(str(one)) for one in place if one) + field

    def findings(self, told: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]]) -> Iterable[Sequence[str]]:
        return (self.finding(one, measure_of(told, one), titles) for one in told["findings"])

    def finding(self, one: Mapping[str, Any], of: str, titles: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        said = f'<span class="{one["finding"]}">{self.word(FINDING[one["finding"]])}</span>'
        lacks = (
            f"<br><small>{self.t('lacks')} "
            + "、".join(self.pick(title) for title in one["missing_titles"])
            + "</small>"
            if one["missing_titles"]
            else ""
        )
        value = self.value(one["value"], one["unit"], of) if one["value"] is not None else "–"
        limit = self.value(one["threshold"], one["unit"], of) if one["threshold"] is not None else "–"
        return (
            self.pick(one["title"]),
            said + lacks,
            value,
            limit,
            f"{escape(cited(one['article'], self.language))}"
            f" <small>{self.pick(titles.get(one['ruleset'])) or escape(one['ruleset'])} · {sure(one['confidence'], self.language)}</small>",
        )

    def grade(self, one: Mapping[str, Any], names: Mapping[str, str]) -> Sequence[str]:
        return (
            self.value(one["year"] and str(one["year"])),
            f"{escape(names.get(one['uscc'], ''))} <small>{escape(str(one['uscc'] or ''))}</small>",
            self.value(one["total"]),
            self.value(one["grade"]),
            self.pick(one["reason"]),
        )

    def gates(self, gates: Iterable[Mapping[str, Any]]) -> str:
        heads = "".join(f"<th>{self.word(head)}</th>" for head in _HEADS["gates"])
        rows = "".join(
            f'<tr class="{"decided" if one["decided"] else ""}"><td>{one["gate"]} {self.pick(one["title"])}</td>'
            f"<td>{self.word(_STATES[one['state']])}</td><td>{self.word(ANSWER[one['answer']])}</td>"
            f"<td>{escape(cited(one['article'], self.language))}</td></tr>"
            for one in gates
        )
        return f'<table class="gates"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'

    def mode(self, one: Mapping[str, Any]) -> Sequence[str]:
        return (
            f"{one['mode']} {self.pick(one['title'])}", self.pick(one["stat_title"]), self.word(_STATES[one["state"]]),
            f"{escape(cited(one['article'], self.language))} <small>{sure(one['confidence'], self.language)}</small>",
        )  # fmt: skip

    def points(self, sides: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
        return "".join(
            f"<h3>{self.t(side)}</h3>" + self.listed(self.point(one) for one in sides[side])
            for side in ("for", "against", "open")
        )

    def point(self, one: Mapping[str, Any]) -> str:
        """Write what was asked, and what was found: a bare name of a fault would read as if it were there."""
        name, unit = one["measure"] or "", one["unit"]
        measured = f"{self.pick(one['measure_title'])} " if one["measure_title"] else ""
        said = [measured + (self.pick(one["said"]) or self.value(one["value"], unit, name))]
        if one["threshold"] is not None:
            said.append(f"{self.t('threshold')} {self.value(one['threshold'], unit, name)}")
        return f"{self.pick(one['title'])} <small>{' · '.join(said)}</small>"

    def lack(self, one: Mapping[str, Any]) -> Sequence[str]:
        who = "、".join(self.pick(item["title"]) for item in one["suppliers"])
        return (self.pick(one["title"]), who, "、".join(self.pick(item["title"]) for item in one["wanted_by"]))

    def rules(self, told: Mapping[str, Any]) -> str:
        listed = self.listed(
            f"{escape(one['code'])} {self.pick(one['title'])}：{escape(one['document'])}"
            f" <small>{sure(one['confidence'], self.language)} · sha256 {one['sha256']}</small>"
            for one in told["rulesets"]
        )
        return f"{listed}<p>{self.t('again')}<code>landgis run verify {told['run']}</code></p>"

    def sign(self) -> str:
        rows = "".join(f"<tr><th>{self.t(key)}</th><td></td></tr>" for key in ("checked", "unit", "person", "day"))
        return f'<table class="sign"><tbody>{rows}</tbody></table>'

    def sketch(self, number: str, shape: BaseGeometry, around: Sequence[tuple[str, BaseGeometry]]) -> str:
        """Draw the parcel and its neighbours in metres, north up."""
        west, south, east, north = shape.bounds
        middle = np.array([(west + east) / 2, (south + north) / 2])
        scale = metres_per_degree(middle[1:])[0]
        reach = 0.75 * float((np.array([east - west, north - south]) * scale).max())

        def drawn(one: BaseGeometry) -> str:
            moved = shapely.transform(
                one, lambda points: ((points - middle) * scale) * (_SIDE_PX / 2 / reach) * [1, -1] + _SIDE_PX / 2
            )
            rings = [ring for part in shapely.get_parts(moved) for ring in (part.exterior, *part.interiors)]
            return " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords) + "Z" for ring in rings)

        window = shapely.box(*(middle - 1.6 * reach / scale), *(middle + 1.6 * reach / scale))
        others = "".join(
            f'<path d="{drawn(one)}" fill="#dfe6e8" stroke="#8b999f" stroke-width="1"><title>{escape(name)}</title></path>'
            for name, one in around
            if shapely.intersects(one, window)
        )
        metres = 10 ** int(np.floor(np.log10(reach)))
        bar = metres * _SIDE_PX / 2 / reach
        return (
            f'<svg viewBox="0 0 {_SIDE_PX} {_SIDE_PX}" role="img" aria-label="{self.t("sketch")}">{others}'
            f'<path d="{drawn(shape)}" fill="#f3c9c2" stroke="#a8301f" stroke-width="2.5" fill-rule="evenodd"/>'
            f'<text x="{_SIDE_PX / 2}" y="{_SIDE_PX / 2}" text-anchor="middle" font-size="13" font-weight="600">{escape(number)}</text>'
            f'<path d="M12 {_SIDE_PX - 12}h{bar:.1f}" stroke="#16222b" stroke-width="3"/>'
            f'<text x="12" y="{_SIDE_PX - 18}" font-size="11">{metres} m</text>'
            f'<text x="{_SIDE_PX - 22}" y="22" font-size="13">▲{self.t("north")}</text></svg>'
        )
