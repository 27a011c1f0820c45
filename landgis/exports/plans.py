"""A plan as GeoJSON, which others draw, and as a workbook or GeoPackage, which people send on."""

import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from landgis.exports.files import write_whole
from landgis.exports.ledger import TEXT_STAYS_TEXT, Language, fit_to_paper
from landgis.terms.crs import STORED
from landgis.terms.errors import InputError, Words
from landgis.terms.plans import DEED, DEMAND_REASON, LEFT_OUT, REMARK, STATE
from landgis.terms.units import M2_PER_MU

_LEFT = ("geom", "plan")
_PARK, _PARCEL = Words("园区代码", "Park"), Words("地块编号", "Parcel")
_NUMBER, _NAME = Words("项目编号", "Project"), Words("项目", "Name of the project")
_M2, _MU = Words("面积（㎡）", "Area (m²)"), Words("面积（亩）", "Area (mu)")
_COSTS: Final = {
    "cost_wan": Words("成本（{money}）", "Cost ({money})"),
    "cost_low_wan": Words("成本低估（{money}）", "Cost, least ({money})"),
    "cost_high_wan": Words("成本高估（{money}）", "Cost, most ({money})"),
}
#: The tables of a plan, as `landgis.workflows.plans.show` tells them: the sheet's name, and our columns with what their heads say.
_TABLES: Final[Mapping[str, tuple[Words, Mapping[str, Words]]]] = {
    "sites": (
        Words("成片地块", "Sites"),
        {
            "site": Words("成片序号", "Site"), "demand_park": Words("项目登记园区", "Registered in"), "demand_no": _NUMBER, "name": _NAME,
            "park_code": _PARK, "area_m2": _M2, "area_mu": _MU, "width_m": Words("最窄处（m）", "Least width (m)"),
            "depth_m": Words("进深（m）", "Depth (m)"), "owners": Words("户数", "Holders"), **_COSTS,
            "worth_wan": Words("价值（{money}）", "Worth ({money})"), "ready_on": Words("可供日期", "Ready on"),
            "remarks": Words("提示", "Remarks"),
        },
    ),
    "members": (
        Words("地块", "Parcels"),
        {
            "site": Words("成片序号", "Site"), "park_code": _PARK, "parcel_no": _PARCEL, "deed": Words("方式", "Had by"),
            "area_m2": _M2, "area_mu": _MU, **_COSTS, "tax_wan": Words("现年税收（{money}）", "Tax a year now ({money})"),
            "free_on": Words("腾空日期", "Free on"),
        },
    ),
    "moved": (
        Words("迁移", "Moves"),
        {
            "place": Words("迁移序号", "Move"), "park_code": _PARK, "parcel_no": Words("迁出地块", "From"),
            "holder": Words("企业", "Holder"), "deed": Words("方式", "How"), "to_park_code": Words("迁入园区", "To park"),
            "to_parcel_no": Words("迁入地块", "To"), "frees_parcel_no": Words("为腾出", "Frees"), "step": Words("第几步", "Step"),
            "enter_on": Words("迁入日期", "Enters on"), "left_on": Words("迁出完成", "Left by"),
            "cost_wan": Words("成本（{money}）", "Cost ({money})"),
            "pay_wan": Words("付给企业（{money}，负数为企业补差）", "Paid to the firm ({money}; below zero it pays)"),
        },
    ),
    "demand_states": (
        Words("项目", "Projects"),
        {
            "park_code": _PARK, "demand_no": _NUMBER, "name": _NAME, "value_wan": Words("价值（{money}）", "Worth ({money})"),
            "state": Words("状态", "State"), "reason": Words("原因", "Why"),
        },
    ),
    "left_out": (
        Words("不可用地块", "Not to be had"),
        {"reason": Words("原因", "Why"), "parcels": Words("宗数", "Parcels"), "area_m2": _M2, "area_mu": _MU},
    ),
}  # fmt: skip
#: What stands on the workbook's first sheet, and in the GeoPackage's metadata.
_FIGURES: Final[Mapping[str, Words]] = {
    "plan": Words("方案编号", "Plan"), "parent": Words("改自方案", "Changed from"), "run": Words("评估编号", "Run"),
    "on": Words("评估日", "As of"), "made_at": Words("生成时间", "Made at"), "parks": Words("园区", "Parks"),
    "rules": Words("规则集", "Rulesets"), "is_adopted": Words("已采纳", "Adopted"), "demands": Words("项目数", "Demands"),
    "demands_served": Words("落地项目", "Demands served"), "freed_mu": Words("腾出（亩）", "Freed (mu)"),
    "reserve_mu": Words("动用储备（亩）", "Reserve used (mu)"), "moves": Words("迁移", "Moves"), **_COSTS,
    "worth_wan": Words("价值（{money}）", "Worth ({money})"), "tax_gained_wan": Words("年增税收（{money}）", "Tax gained a year ({money})"),
    "tax_lost_wan": Words("年失税收（{money}）", "Tax lost a year ({money})"), "jobs_gained": Words("新增就业（人）", "Jobs gained"),
    "break_even_year": Words("回本年份", "Break-even"), "gap_percent": Words("与上界差距（%）", "Gap to the bound (%)"),
    "is_proved": Words("已证明", "Proved"),
}  # fmt: skip
_CAUTION: Final = Words(
    "本方案为规划建议，供地、退出与置换须经核实、协商与批准。",
    "A proposal: what is supplied, given up or swapped binds nobody before it is verified, agreed and approved.",
)
_WORDS: Final = {"deed": DEED, "state": STATE}
_DECIMALS: Final = {"_m2": "#,##0.00", "_mu": "#,##0.00", "_wan": "#,##0.00", "_m": "0.0"}


def plan_features(
    sites: Sequence[Mapping[str, Any]], members: gpd.GeoDataFrame, moves: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Lay a plan out as a FeatureCollection in EPSG:4490.

    Parameters
    ----------
    sites
        Rows of ``land.plan_site`` with the project's ``name``.
    members
        Rows of ``land.plan_member`` with their shapes.
    moves
        Rows of ``land.plan_move`` with ``from_point`` and ``to_point``; an exit has no second and is a point.

    Returns
    -------
    dict
        Features whose ``kind`` is site (the parcels as one shape), member or move; the other properties are the rows' own.
    """
    found = []
    for row in sites:
        own = np.asarray(members.geometry[members["site"] == row["site"]], dtype=object)
        found.append(_feature("site", row, shapely.union_all(own)))
    rows = members.drop(columns="geom").astype(object).to_dict("records")
    for member, shape in zip(rows, members.geometry, strict=True):
        found.append(_feature("member", {str(name): value for name, value in member.items()}, shape))
    for row in moves:
        to = row["to_point"]
        line = row["from_point"] if to is None else shapely.LineString([row["from_point"], to])
        told = {name: value for name, value in row.items() if not name.endswith("_point")}
        found.append(_feature("move", told, line))
    return {"type": "FeatureCollection", "features": found}


def _feature(kind: str, row: Mapping[str, Any], shape: Any) -> dict[str, Any]:  # noqa: ANN401  shapely geometries
    told = {name: _plain(value) for name, value in row.items() if name not in _LEFT}
    return {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {"kind": kind, **told}}


def _plain(value: Any) -> Any:  # noqa: ANN401  a cell of any kind
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def write_plan(told: Mapping[str, Any], drawn: Mapping[str, Any], path: Path, language: Language) -> None:
    """Write a plan to ``.xlsx`` (its figures and a sheet a table) or ``.gpkg`` (layers site, member, move, leave): whole or not at all.

    Parameters
    ----------
    told
        As `landgis.workflows.plans.show` gives it.
    drawn
        As `plan_features` lays it out; only a GeoPackage needs it.

    Raises
    ------
    InputError
        The file's ending is neither.
    SetupError
        The file cannot be written.
    """
    ending = path.suffix.lower()
    if ending == ".xlsx":
        write_whole(path, _workbook(told, language))
    elif ending == ".gpkg":
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder, path.name)
            _geopackage(told, drawn, made, language)
            write_whole(path, made.read_bytes())
    else:
        raise InputError(
            Words("不支持这种方案格式。", "A plan cannot be written in this format."),
            at=path.name,
            mend=Words("文件名以 .xlsx 或 .gpkg 结尾。", "End the name in .xlsx or .gpkg."),
        )


def _head(words: Words, currency: str, language: Language) -> str:
    money = {"zh": "万元" if currency == "CNY" else f"万 {currency}", "en": f"10 000 {currency}"}[language]
    said: str = getattr(words, language)
    return said.replace("{money}", money)


def _in_words(rows: Sequence[Mapping[str, Any]], name: str, language: Language) -> pd.DataFrame:
    """Give a table of a plan in the columns of `_TABLES`, codes put into words, areas in mu beside m²."""
    columns = _TABLES[name][1]
    table = pd.DataFrame(rows, columns=[one for one in columns if one != "area_mu"], dtype=object)
    if "area_mu" in columns:
        table["area_mu"] = [None if one is None else one / float(M2_PER_MU) for one in table["area_m2"]]
    for column, domain in {**_WORDS, "reason": LEFT_OUT if name == "left_out" else DEMAND_REASON}.items():
        if column in table:
            table[column] = [getattr(domain[one], language) for one in table[column]]
    if "remarks" in table:
        table["remarks"] = ["；".join(getattr(REMARK[it], language) for it in one) for one in table["remarks"]]
    return table[list(columns)]


def _figures(told: Mapping[str, Any], language: Language) -> list[tuple[str, Any]]:
    given = {
        **told,
        "made_at": told["made_at"][:16].replace("T", " "),
        "freed_mu": told["freed_m2"] / float(M2_PER_MU),
        "reserve_mu": told["reserve_m2"] / float(M2_PER_MU),
        "gap_percent": None if told["gap"] is None else 100 * told["gap"],
    }
    found = []
    for name, words in _FIGURES.items():
        value = given[name]
        if isinstance(value, bool):
            value = {"zh": ("否", "是"), "en": ("no", "yes")}[language][value]
        elif isinstance(value, list):
            value = "、".join(value) if language == "zh" else ", ".join(value)
        found.append((_head(words, told["currency"], language), value))
    return found


def _workbook(told: Mapping[str, Any], language: Language) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {**TEXT_STAYS_TEXT, "in_memory": True}) as book:
        bold = book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        formats = {end: book.add_format({"num_format": shown}) for end, shown in _DECIMALS.items()}
        sheet = book.add_worksheet({"zh": "概要", "en": "Plan"}[language])
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 40, book.add_format({"align": "left", "num_format": "#,##0.##"}))
        plain = book.add_format({"align": "left", "num_format": "0"})
        for line, (name, (label, value)) in enumerate(zip(_FIGURES, _figures(told, language), strict=True)):
            sheet.write_string(line, 0, label)
            if isinstance(value, str):
                sheet.write_string(line, 1, value)
            elif value is not None:
                sheet.write_number(
                    line, 1, value, None if name.endswith(("_wan", "_mu", "_gained", "_percent")) else plain
                )
        sheet.write_string(len(_FIGURES) + 1, 0, getattr(_CAUTION, language))
        for name, (title, columns) in _TABLES.items():
            sheet = book.add_worksheet(getattr(title, language))
            fit_to_paper(sheet)
            for place, (column, words) in enumerate(columns.items()):
                shown = next((one for end, one in formats.items() if column.endswith(end)), None)
                sheet.set_column(place, place, 40 if column in ("remarks", "reason") else 16, shown)
                sheet.write_string(0, place, _head(words, told["currency"], language), bold)
            for line, row in enumerate(_in_words(told[name], name, language).itertuples(index=False), start=1):
                for place, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(line, place, value)
                    elif not pd.isna(value):
                        sheet.write_number(line, place, value)
    return held.getvalue()


def _geopackage(told: Mapping[str, Any], drawn: Mapping[str, Any], path: Path, language: Language) -> None:
    """Write the drawn tables, a layer each; a move is a line, and who goes away a point of the layer ``leave``."""
    about = {label: str(value) for label, value in _figures(told, language) if value is not None}
    for layer, (name, kind, shapes) in {
        "site": ("sites", "site", ("Polygon", "MultiPolygon")),
        "member": ("members", "member", ("Polygon", "MultiPolygon")),
        "move": ("moved", "move", ("LineString",)),
        "leave": ("moved", "move", ("Point",)),
    }.items():
        found = [
            one for one in drawn["features"] if one["properties"]["kind"] == kind and one["geometry"]["type"] in shapes
        ]
        if not found:
            continue
        table = _in_words([one["properties"] for one in found], name, language).infer_objects()
        pyogrio.write_dataframe(
            gpd.GeoDataFrame(table, geometry=[shapely.geometry.shape(one["geometry"]) for one in found], crs=STORED),
            path, layer=layer, driver="GPKG", promote_to_multi=kind != "move",
            layer_metadata=about | {"caution": getattr(_CAUTION, language)},
        )  # fmt: skip
