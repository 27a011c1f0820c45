"""What can be wrong with a row: the codes, how grave each is, and its words in both languages.

The families are those of the official quality control of cadastral data: 1 between table and layer, 3 attributes, 4 topology,
5 between layers, 9 against the batch before; 6 is ours: the register of corrections. An issue never stops the work; what stops the work
is an error of `landgis.terms.errors`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landgis.terms.errors import Words
from landgis.terms.frames import ISSUE_COLUMNS, Column

Severity = Literal["changed", "doubted", "refused"]

#: Where a row came from; `conform` adds these columns to every frame, and issues carry them on.
SOURCE_COLUMNS: Final = ("source_file", "source_layer", "source_row")


@dataclass(frozen=True)
class Check:
    """One thing that is looked for: its code, how grave it is, the test in signs, its words with named places."""

    code: str
    severity: Severity
    test: str
    words: Words


def _register(*checks: tuple[str, Severity, str, str, str]) -> Mapping[str, Check]:
    return {code: Check(code, severity, test, Words(zh, en)) for code, severity, test, zh, en in checks}


CHECKS: Final = _register(
    # 1 table and layer
    (
        "101-layer-unread",
        "doubted",
        "layer in profile",
        "方案“{profile}”没有说明图层“{layer}”，未读取其 {count} 行。",
        "The profile {profile} does not name the layer {layer}; its {count} rows were not read.",
    ),
    (
        "102-column-absent",
        "doubted",
        "column in layer",
        "图层“{layer}”没有列“{absent}”，{name}记为不明。",
        "The layer {layer} has no column {absent}; {name} stays unknown.",
    ),
    (
        "103-other-park",
        "refused",
        "park_code = --park",
        "该行属于园区“{park}”，本次只导入“{wanted}”。",
        "The row belongs to the park {park}; only {wanted} is taken in this time.",
    ),
    (
        "104-park-unmapped",
        "refused",
        "park in profile",
        "园区“{value}”不在方案的对照表中。",
        "The park {value} is not in the profile's map.",
    ),
    (
        "105-left-out",
        "refused",
        "{test}",
        "不符合方案的取行条件（{test}）。",
        "The row does not meet the profile's condition ({test}).",
    ),
    (
        "111-header-joined",
        "changed",
        "one row of header",
        "{what}：{names}。",
        "{what}: {names}.",
    ),
    (
        "112-names-collide",
        "changed",
        "column names differ",
        "有同名的列（多因 DBF 列名只有 10 个字节），后者改称：{names}。",
        "Columns have the same name (ten bytes of a DBF do that); the later ones are called: {names}.",
    ),
    (
        "113-member-unread",
        "doubted",
        "every member is read",
        "有 {count} 个文件未读取：{members}。",
        "{count} files in it were not read: {members}.",
    ),
    (
        "114-axes-swapped",
        "changed",
        "easting first",
        "坐标的东、北次序颠倒，已对调。",
        "The coordinates had the northing first; they were turned.",
    ),
    (
        "115-crs-inferred",
        "doubted",
        "CRS is stated",
        "文件没有坐标系，由坐标推断为 {crs}；若为西安 80 或北京 54，请用 --crs 说明。",
        "No CRS is stated; the numbers are those of {crs}. If they are Xi'an 80 or Beijing 54, say so by --crs.",
    ),
    (
        "116-local-datum",
        "doubted",
        "CGCS2000",
        "坐标系是 {crs}，未用当地参数转换，位置可能偏几十至一百多米；请先转换到 CGCS2000。",
        "The CRS is {crs}; without the local parameters its places may be off by tens of metres to 150 m. Convert it to CGCS2000 first.",
    ),
    (
        "117-entities-unused",
        "doubted",
        "closed line or text in one",
        "图中另有 {count} 个图元不是闭合线，也不在闭合线内，未读取。",
        "{count} more entities of the drawing are neither closed lines nor texts in one, and were not read.",
    ),
    (
        "118-points-miscounted",
        "doubted",
        "points as stated",
        "界址点数与所写的不符，可能缺点。",
        "There are not as many boundary points as stated; some may be missing.",
    ),
    (
        "119-crs-overruled",
        "changed",
        "numbers fit the stated CRS",
        "文件写明 {stated}，但坐标不可能属于它，按 --crs 取 {given}。",
        "The file states {stated}, which the numbers cannot be; {given} of --crs is taken.",
    ),
    (
        "120-layer-shifted",
        "doubted",
        "parcels in their park",
        "整层可能偏移约 {metres:,.0f} 米：按 {system} 还原后，落在园区内的地块由 {before} 个变为 {after} 个。",
        "The whole layer seems shifted by some {metres:,.0f} m: taken back from {system}, {after} parcels lie in the park, not {before}.",
    ),
    (
        "121-curves-straightened",
        "changed",
        "straight lines",
        "图形有弧段或曲面（{kind}），已化为折线（每段不超过 1°）。",
        "The shape has arcs or facets ({kind}); they became lines of 1° at most.",
    ),
    (
        "122-heights-dropped",
        "changed",
        "two dimensions",
        "有 {count} 个图形带高程或量测值（Z/M），只取平面位置。",
        "{count} shapes have heights or measures (Z, M); only their plan was taken.",
    ),
    (
        "123-no-feature",
        "refused",
        "a feature",
        "此处不是要素，而是：{text}。",
        "What stands here is no feature but: {text}.",
    ),
    (
        "124-sheet-hidden",
        "doubted",
        "sheet is shown",
        "工作表“{name}”是隐藏的，未读取；需要时在 Excel 中取消隐藏再导入。",
        "The sheet {name} is hidden and was not read; show it in the workbook where it is needed.",
    ),
    # 3 attributes
    ("301-missing", "refused", "required", "缺少必填项“{name}”。", "The required {name} is missing."),
    (
        "302-unreadable",
        "changed",
        "type {kind}",
        "“{name}”的值“{value}”不是{kind_zh}，记为不明。",
        "The {name} {value!r} is not a {kind_en}; it is kept as unknown.",
    ),
    (
        "303-unmapped",
        "changed",
        "value in map",
        "“{name}”的值“{value}”不在对照表中，记为不明。",
        "The {name} {value!r} is not in the map of values; it is kept as unknown.",
    ),
    (
        "304-placeholder",
        "changed",
        "{test}",
        "“{name}”的值“{value}”是占位值，记为不明，不作为零。",
        "The {name} {value} is a placeholder; it is kept as unknown, not as zero.",
    ),
    (
        "305-out-of-bounds",
        "changed",
        "{test}",
        "“{name}”的值 {value} 超出范围（{test}），记为不明。",
        "The {name} {value} is out of bounds ({test}); it is kept as unknown.",
    ),
    (
        "306-not-in-domain",
        "changed",
        "value in domain",
        "“{name}”的值“{value}”不是允许的代码，记为不明。",
        "The {name} {value!r} is not an allowed code; it is kept as unknown.",
    ),
    (
        "307-text-cleaned",
        "changed",
        "no control or direction signs",
        "已去除“{name}”中的控制字符或文字方向字符。",
        "Control or text-direction characters were taken out of the {name}.",
    ),
    (
        "308-text-too-long",
        "changed",
        "length <= {limit}",
        "“{name}”有 {length} 个字符，截短为 {limit} 个。",
        "The {name} has {length} characters; it was cut to {limit}.",
    ),
    (
        "309-credit-code",
        "doubted",
        "GB 32100-2015",
        "统一社会信用代码“{value}”的校验位不符。",
        "The unified social credit code {value} does not check.",
    ),
    (
        "310-unit-code",
        "doubted",
        "GB/T 37346-2019",
        "不动产单元号“{value}”的格式不符。",
        "The real-estate unit code {value} does not have the form of the standard.",
    ),
    (
        "311-parcel-code",
        "doubted",
        "GB/T 37346-2019",
        "宗地代码“{value}”的格式不符。",
        "The parcel code {value} does not have the form of the standard.",
    ),
    (
        "312-codes-differ",
        "doubted",
        "zddm = first 19 of bdcdyh",
        "宗地代码“{value}”与不动产单元号的前 19 位“{first}”不一致。",
        "The parcel code {value} is not the first 19 characters of the unit code ({first}).",
    ),
    (
        "313-scheme-missing",
        "doubted",
        "code and scheme",
        "“{name}”有代码“{value}”而无分类标准，同一代码在不同标准中含义不同。",
        "The {name} has a code ({value}) but no scheme; one code means different uses in different schemes.",
    ),
    (
        "314-date-order",
        "doubted",
        "{first} <= {second}",
        "{first_zh} {first_on} 晚于{second_zh} {second_on}。",
        "{first_en} ({first_on}) is later than {second_en} ({second_on}).",
    ),
    (
        "315-built-over-supplied",
        "doubted",
        "built <= supplied × {most:g}",
        "已建成面积 {built:,.0f} m² 大于供应面积 {supplied:,.0f} m²。",
        "The land built upon ({built:,.0f} m²) is larger than the land supplied ({supplied:,.0f} m²).",
    ),
    (
        "316-duplicate",
        "refused",
        "key is unique",
        "与第 {kept} 行完全相同，只保留一行。",
        "The row is the same as row {kept}; one of them is kept.",
    ),
    (
        "317-duplicate-differs",
        "refused",
        "key is unique",
        "编号“{key}”已在第 {kept} 行，内容不同（{differs}），保留第 {kept} 行。",
        "The key {key} already stands in row {kept} with other content ({differs}); row {kept} is kept.",
    ),
    (
        "318-area-differs",
        "doubted",
        "|Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "登记面积 {given:,.1f} m² 与图形面积 {drawn:,.1f} m² 相差 {percent:.1f} %。",
        "The registered area ({given:,.1f} m²) differs from the drawn area ({drawn:,.1f} m²) by {percent:.1f} %.",
    ),
    (
        "319-code-as-number",
        "doubted",
        "codes are text",
        "“{name}”在文件中存成了数字“{value}”，第 15 位以后可能已丢失。",
        "The {name} is stored in the file as a number ({value}); digits after the 15th may be lost.",
    ),
    (
        "320-broken-text",
        "doubted",
        "encoding",
        "“{name}”中有无法解码的字符。",
        "The {name} holds characters that could not be decoded.",
    ),
    (
        "321-bounds-crossed",
        "doubted",
        "least <= most",
        "{first_zh} {first_value:g} 大于{second_zh} {second_value:g}。",
        "{first_en} ({first_value:g}) is above {second_en} ({second_value:g}).",
    ),
    (
        "322-crossed",
        "changed",
        "least <= most",
        "“{name}”的下限 {low:g} 大于上限 {high:g}，取较小的 {high:g}。",
        "The least {name} ({low:g}) is above the most ({high:g}); the smaller one is taken.",
    ),
    (
        "323-sources-differ",
        "doubted",
        "sources agree",
        "“{name}”有两个来源：“{value}”与列“{source}”的“{other}”不一致，取前者。",
        "The {name} has two sources: {value}, and {other} of the column {source}; the first is kept.",
    ),
    (
        "324-no-year",
        "refused",
        "a value in some year",
        "该行各年度均无数值，没有生成年度指标。",
        "The row has no value in any year; no yearly row was made of it.",
    ),
    (
        "325-industry-code",
        "doubted",
        "GB/T 4754",
        "行业代码“{value}”的格式不符（门类字母与 2 至 4 位数字）。",
        "The industry code {value} does not have the form of GB/T 4754 (a letter and two to four digits).",
    ),
    (
        "326-not-in-scheme",
        "doubted",
        "code in its scheme",
        "“{name}”的代码“{value}”不属于分类标准“{scheme}”。",
        "The {name} {value} is no code of the scheme {scheme}.",
    ),
    (
        "327-approved-differs",
        "doubted",
        "|Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "{which_zh} {given:,.1f} m² 与图形面积 {drawn:,.1f} m² 相差 {percent:.1f} %。",
        "{which_en} ({given:,.1f} m²) differs from the drawn area ({drawn:,.1f} m²) by {percent:.1f} %.",
    ),
    (
        "329-month-only",
        "changed",
        "day, month, year",
        "“{name}”只写到月（{value}），取该月最后一天。",
        "The {name} tells no day ({value}); the last of the month is taken.",
    ),
    (
        "330-use-in-words",
        "changed",
        "code and scheme",
        "“{name}”写的是“{value}”，记为代码 {use}（{scheme}），共 {count} 行。",
        "The {name} is written {value!r}; it is kept as the code {use} ({scheme}), in {count} rows.",
    ),
    # 4 topology
    (
        "401-no-shape",
        "refused",
        "shape is not empty",
        "没有图形，或图形无法读取。库中也没有同编号的地块；请与带图形的文件一起导入，或先导入图形。",
        "There is no shape, or it cannot be read, and the stock has no parcel of this number; take it in with the file of the shapes.",
    ),
    (
        "402-bad-coordinates",
        "refused",
        "|lon| <= 180, |lat| <= 90, finite",
        "坐标无效或超出经纬度范围：{bounds}。",
        "The coordinates are not finite or not on the Earth: {bounds}.",
    ),
    ("403-not-a-polygon", "refused", "polygon", "图形是 {kind}，不是面。", "The shape is a {kind}, not a polygon."),
    (
        "404-repaired",
        "changed",
        "valid; |Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "图形无效（{reason}），已修复，面积由 {before:,.1f} 变为 {after:,.1f} m²。",
        "The shape was invalid ({reason}); it was repaired, area {before:,.1f} to {after:,.1f} m².",
    ),
    (
        "405-not-repairable",
        "refused",
        "valid; |Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "图形无效（{reason}），修复会使面积由 {before:,.1f} 变为 {after:,.1f} m²。",
        "The shape is invalid ({reason}); a repair would change its area from {before:,.1f} to {after:,.1f} m².",
    ),
    (
        "406-overlap",
        "doubted",
        "overlap <= {most:g} m²",
        "与地块“{other}”重叠 {area:,.1f} m²。",
        "The parcel overlaps the parcel {other} by {area:,.1f} m².",
    ),
    (
        "407-far-away",
        "doubted",
        "distance <= {most:g} km",
        "距园区中心 {km:,.0f} 公里，坐标可能有误。",
        "The shape lies {km:,.0f} km from the middle of its park; its coordinates may be wrong.",
    ),
    (
        "408-shape-dropped",
        "changed",
        "shape of the table's kind",
        "图形（{kind}）无效或不是面，未保存；该行其他内容照存。",
        "The shape ({kind}) is not a valid polygon and was left out; the rest of the row is stored.",
    ),
    (
        "409-sliver",
        "doubted",
        "mean width >= {most:g} m",
        "图形过窄：平均宽 {width:.2f} m，面积 {area:,.1f} m²，可能是碎片。",
        "The shape is a sliver: {width:.2f} m wide on the average, {area:,.1f} m².",
    ),
    (
        "410-gap",
        "doubted",
        "gap = 0 or > {most:g} m",
        "与地块“{other}”之间有缝隙：宽约 {width:.2f} m，长约 {length:,.0f} m。",
        "Between the parcel and {other} there is a gap of {width:.2f} m along {length:,.0f} m.",
    ),
    (
        "411-same-ground",
        "doubted",
        "IoU <= {most:g}",
        "与地块“{other}”几乎是同一块地（重合 {percent:.1f} %），可能重复录入。",
        "The parcel covers the same ground as {other} ({percent:.1f} %); it may be drawn twice.",
    ),
    (
        "412-hole",
        "doubted",
        "holes are filled",
        "图形中有空洞 {area:,.1f} m²，没有其他地块填补。",
        "The shape has a hole of {area:,.1f} m² that no other parcel fills.",
    ),
    (
        "413-shapes-mixed",
        "changed",
        "one kind of shape",
        "图形是混合的集合（{kind}），只取其中的面。",
        "The shape is a mixed collection ({kind}); only its polygons were taken.",
    ),
    (
        "414-duplicate-dropped",
        "refused",
        "IoU <= {most:g}; |Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "与地块“{other}”是同一块地（重合 {percent:.1f} %），按要求去重，未入库；两者所占面积由 {before:,.1f} 变为 {after:,.1f} m²。",
        "The parcel covers the same ground as {other} ({percent:.1f} %) and was left out, as asked; the ground of both {before:,.1f} to "
        "{after:,.1f} m².",
    ),
    (
        "415-duplicate-kept",
        "doubted",
        "IoU <= {most:g}; |Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "与地块“{other}”几乎是同一块地（重合 {percent:.1f} %），未去重：面积会由 {before:,.1f} 变为 {after:,.1f} m²；另有内容：{differs}。",
        "The parcel covers nearly the same ground as {other} ({percent:.1f} %) and was kept: the ground of both would be {after:,.1f}, not "
        "{before:,.1f} m², and it alone says: {differs}.",
    ),
    (
        "416-snapped",
        "changed",
        "corners within {most:g} m are one; |Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "按要求将界址点与邻地块对齐，最多移动 {moved:.3f} m，面积由 {before:,.1f} 变为 {after:,.1f} m²。",
        "Corners were laid on those of neighbours, as asked, moved by {moved:.3f} m at most; area {before:,.1f} to {after:,.1f} m².",
    ),
    (
        "417-not-snapped",
        "doubted",
        "corners within {most:g} m are one; |Δ| <= {percent_most:g} % or {m2_most:g} m²",
        "界址点未与邻地块对齐：面积会由 {before:,.1f} 变为 {after:,.1f} m²，或图形不再有效。",
        "Its corners were not laid on those of neighbours: its area would go from {before:,.1f} to {after:,.1f} m², or it be invalid.",
    ),
    # 5 between layers
    (
        "501-parcel-unknown",
        "doubted",
        "parcel exists",
        "地块“{value}”不在本批，也不在库中。",
        "The parcel {value} is neither in this batch nor in the stock.",
    ),
    (
        "502-enterprise-unknown",
        "doubted",
        "enterprise exists",
        "企业“{value}”不在本批，也不在库中。",
        "The enterprise {value} is neither in this batch nor in the stock.",
    ),
    (
        "503-users-over-parcel",
        "doubted",
        "sum of users <= parcel × {most:g}",
        "各用地企业面积合计 {used:,.0f} m² 大于地块面积 {area:,.0f} m²。",
        "The users' areas add up to {used:,.0f} m², the parcel has {area:,.0f} m².",
    ),
    (
        "504-park-unknown",
        "refused",
        "park exists",
        "园区“{value}”不在本批，也不在库中。新园区请一并写上名称（命令行为 --park-name）。",
        "The park {value} is neither in this batch nor in the stock. A new one needs its name, too (--park-name on the command line).",
    ),
    (
        "505-contract-unknown",
        "doubted",
        "contract exists",
        "合同“{value}”不在本批，也不在库中。",
        "The contract {value} is neither in this batch nor in the stock.",
    ),
    (
        "506-outside-park",
        "doubted",
        "outside <= {most:g} %",
        "有 {area:,.0f} m²（{percent:.0f} %）在园区范围之外。",
        "{area:,.0f} m² of it ({percent:.0f} %) lie outside the extent of its park.",
    ),
    (
        "507-rows-joined",
        "changed",
        "one row a key",
        "有 {count} 行与其他图层的{table_zh}编号相同，已并为一行：先有的不变，缺的补上。",
        "{count} rows are of the same {table_en} as rows of another layer and went into them: what was unknown there was taken.",
    ),
    (
        "508-layers-differ",
        "doubted",
        "layers agree",
        "“{name}”在两处不一致：此处“{value}”，图层“{layer}”为“{other}”，取前者。",
        "The {name} differs: {value} here, {other} in the layer {layer}; the first is kept.",
    ),
    (
        "509-shape-of-stock",
        "changed",
        "a shape",
        "有 {count} 行没有图形，取库中同编号地块的图形；表中没有写的项也不变。",
        "{count} rows have no shape; they keep that of the parcel of the same number in the stock, and all that they do not tell.",
    ),
    (
        "510-rest-stands",
        "changed",
        "more than an outline or a name",
        "有 {count} 行只写了{table_zh}的图形或名称，库中的其他各项不变。",
        "{count} rows tell of a {table_en} no more than its outline or name; all else stands as it does in the stock.",
    ),
    # 6 the register of corrections
    (
        "601-corrected",
        "changed",
        "old value stands",
        "按更正 {number}，“{name}”由“{before}”改为“{after}”：{reason}",
        "By correction {number} the {name} was put from {before} to {after}: {reason}",
    ),
    (
        "602-correction-stale",
        "doubted",
        "old value stands",
        "更正 {number} 不再适用：“{name}”的原值应为“{old}”，现为“{stands}”。",
        "Correction {number} no longer applies: it was made for the {name} {old}, and {stands} stands there.",
    ),
    (
        "603-correction-done",
        "doubted",
        "old value stands",
        "更正 {number} 已无必要：“{name}”已是“{stands}”。",
        "Correction {number} is no longer needed: the {name} is {stands} by now.",
    ),
    (
        "604-not-correctable",
        "refused",
        "field can be corrected",
        "“{value}”不能作为更正：{why_zh}",
        "{value!r} cannot be a correction: {why_en}",
    ),
    # 9 against the batch before
    (
        "902-area-jumped",
        "doubted",
        "|Δ| <= {most:g} %",
        "面积由上一批的 {before:,.1f} 变为 {after:,.1f} m²（{percent:+.0f} %）。",
        "The area went from {before:,.1f} in the batch before to {after:,.1f} m² ({percent:+.0f} %).",
    ),
    (
        "903-moved-away",
        "doubted",
        "common ground >= {most:g} %",
        "与上一批同号地块只重合 {percent:.0f} %，编号可能用到了别处。",
        "Only {percent:.0f} % of the parcel of this number in the batch before are left; the number may stand for another place.",
    ),
    (
        "904-renumbered",
        "doubted",
        "ground keeps its number",
        "与库中地块“{other}”是同一块地（重合 {percent:.1f} %），编号不同。",
        "It is the ground of the parcel {other} of the stock ({percent:.1f} %) under another number.",
    ),
    (
        "905-overlaps-standing",
        "doubted",
        "overlap <= {most:g} m²",
        "与库中未在本批的地块“{other}”重叠 {area:,.1f} m²。",
        "It overlaps the parcel {other} of the stock, which is not in this batch, by {area:,.1f} m².",
    ),
    (
        "901-gone",
        "changed",
        "row in the full import",
        "{table_zh}“{value}”不在本次全量导入中，自本批起终止。",
        "The {table_en} {value} is not in this full import; it ends with this batch.",
    ),
)

#: What a person calls each kind of value.
KIND_WORDS: Final[Mapping[str, Words]] = {
    "text": Words("文字", "text"),
    "texts": Words("文字列表", "list of texts"),
    "integer": Words("整数", "whole number"),
    "number": Words("数字", "number"),
    "date": Words("日期", "date"),
    "boolean": Words("是或否", "yes or no"),
    "geometry": Words("图形", "shape"),
}

#: What a list of issues holds beside them, to be filled in and taken in again: the row's key, the value that stands and in which unit, and
#: the value that should, with reason and evidence.
MENDING_COLUMNS: Final = ("key", "unit", "stands", "corrected", "mend_reason", "mend_evidence")
#: What a person calls the columns of such a list. In a workbook they stand over it, and are understood when it comes back.
LIST_WORDS: Final[Mapping[str, Words]] = {
    "code": Words("问题代码", "issue code"),
    "severity": Words("类别", "kind"),
    "table_name": Words("数据表", "table"),
    "park_code": Words("园区代码", "park"),
    "file": Words("文件", "file"),
    "layer": Words("图层或工作表", "layer or sheet"),
    "row": Words("行", "row"),
    "year": Words("年度", "year"),
    "field": Words("字段", "field"),
    "raw": Words("文件里的值", "value in the file"),
    "new": Words("改为", "changed to"),
    "rule": Words("检查", "test"),
    "zh": Words("说明", "说明"),
    "en": Words("what is wrong", "what is wrong"),
    "lon": Words("经度", "longitude"),
    "lat": Words("纬度", "latitude"),
    "key": Words("编号", "key"),
    "unit": Words("单位", "unit"),
    "stands": Words("库中的值", "value that stands"),
    "corrected": Words("更正为（请填）", "correct value (fill in)"),
    "mend_reason": Words("更正理由", "reason"),
    "mend_evidence": Words("依据", "evidence"),
}

_RAW_MOST: Final = 200
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(value: object) -> str | None:
    r"""Give a value as it is shown in an issue: short, and with unseen signs made visible; None where there is none.

    >>> shown(28000.0), shown(0.0001), shown("A\x00B"), shown(None)
    ('28000', '0.0001', 'A\\x00B', None)
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float | np.floating):
        return format(float(value), ".15g")
    if isinstance(value, pd.Timestamp | np.datetime64):
        return str(pd.Timestamp(value).date())
    return _UNSEEN.sub(lambda sign: ascii(sign[0])[1:-1], str(value)[:_RAW_MOST])


class Issues:
    """A growing list of issues."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []

    def add(
        self,
        code: str,
        rows: pd.DataFrame,
        *,
        table: str,
        column: Column | str | None = None,
        raw: Iterable[object] | object = None,
        new: Iterable[object] | object = None,
        severity: Severity | None = None,
        place: tuple[Iterable[float], Iterable[float]] | None = None,
        **values: Any,  # noqa: ANN401 - places of the words, of any type
    ) -> None:
        """Note one issue for each of these rows.

        Parameters
        ----------
        code
            A key of `CHECKS`.
        rows
            The rows concerned; reads ``park_code``, ``source_file``, ``source_layer``, ``source_row``, ``year`` where they are there.
        table
            Table of the stock.
        column
            The column concerned; its words fill the place ``name``.
        raw, new
            As given and as stored: one for all rows, or a list, array or Series as long as `rows`.
        severity
            Where it differs from the check's own.
        place
            Longitudes and latitudes (degrees) of what the issues speak of; a point in each row's shape where it is not given.
        **values
            What fills the places of the words: one for all rows, `Words`, or a list, array or Series as long as `rows`.
        """
        count = len(rows)
        if not count:
            return
        check = CHECKS[code]
        if isinstance(column, Column):
            values.setdefault("name", Words(column.zh, column.en))
        given = [shown(one) for one in _many(raw, count)]
        if isinstance(raw, pd.Series | np.ndarray | list):
            values.setdefault("value", given)
        filled = {name: _many(value, count) for name, value in values.items()}
        zh, en, test = (
            _fill(template, filled, count, language)
            for template, language in ((check.words.zh, "zh"), (check.words.en, "en"), (check.test, "en"))
        )
        lon, lat = place if place is not None else _points(rows)
        self._parts.append(
            {
                "lon": list(lon),
                "lat": list(lat),
                "code": [code] * count,
                "severity": [severity or check.severity] * count,
                "table_name": [table] * count,
                "park_code": _column(rows, "park_code"),
                "file": _column(rows, "source_file"),
                "layer": _column(rows, "source_layer"),
                "row": _column(rows, "source_row"),
                "year": _years(rows),
                "field": [column.name if isinstance(column, Column) else column] * count,
                "raw": given,
                "new": [shown(one) for one in _many(new, count)],
                "rule": test,
                "zh": zh,
                "en": en,
            }
        )

    def frame(self) -> pd.DataFrame:
        """Give all issues in the order they were noted, columns as in `ISSUE_COLUMNS`; ``row`` and ``year`` are Int64."""
        return issue_frame({name: [one for part in self._parts for one in part[name]] for name in ISSUE_COLUMNS})


def issue_frame(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Make a frame of issues with the right types from lists by column."""
    return pd.DataFrame({name: pd.array(columns[name], dtype=_DTYPES.get(name, "str")) for name in ISSUE_COLUMNS})


_DTYPES: Final[Mapping[str, Any]] = {"row": "Int64", "year": "Int64", "lon": "float64", "lat": "float64"}


def _points(rows: pd.DataFrame) -> tuple[Iterable[float], Iterable[float]]:
    if "geom" in rows:
        return point_in(rows["geom"])
    return [np.nan] * len(rows), [np.nan] * len(rows)


def point_in(geom: "pd.Series[Any]") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give longitude and latitude of a point in each shape (degrees), NaN where it has none or it is not on the Earth."""
    box = shapely.bounds(geom.to_numpy(dtype=object))
    on_earth = (np.abs(box[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(box[:, [1, 3]]) <= 90).all(axis=1)
    shapes = geom.to_numpy(dtype=object)[on_earth]
    lon, lat = np.full(len(geom), np.nan), np.full(len(geom), np.nan)
    with np.errstate(invalid="ignore"):
        try:
            at = shapely.point_on_surface(shapes)
        except shapely.errors.GEOSException:  # a shape that is to be repaired or refused
            at = shapely.centroid(shapely.envelope(shapes))
    lon[on_earth], lat[on_earth] = shapely.get_x(at), shapely.get_y(at)
    return lon, lat


def _many(value: object, count: int) -> list[Any]:
    if isinstance(value, pd.Series | np.ndarray | list):
        many = list(value)
        if len(many) != count:
            raise ValueError(f"{len(many)} values for {count} rows")
        return many
    return [value] * count


def _column(rows: pd.DataFrame, name: str) -> list[Any]:
    if name not in rows:
        return [pd.NA] * len(rows)
    return [pd.NA if pd.isna(one) else one for one in rows[name]]


def _years(rows: pd.DataFrame) -> list[Any]:
    """Give the years of rows; one that is none has been told as such, and says nothing here."""
    return [year if year is not pd.NA and 1 <= int(year) <= 9999 else pd.NA for year in _column(rows, "year")]


def _fill(template: str, values: Mapping[str, list[Any]], count: int, language: str) -> list[str]:
    if "{" not in template:
        return [template] * count
    used = {
        name: [getattr(one, language) if isinstance(one, Words) else one for one in many]
        for name, many in values.items()
        if "{" + name in template
    }
    return [template.format(**dict(zip(used, row, strict=True))) for row in zip(*used.values(), strict=True)]
