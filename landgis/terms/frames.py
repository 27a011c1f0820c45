"""The columns of every table that crosses a floor: type, unit, meaning, may it be empty.

One description serves all: the database's columns and comments, the import's checks, the template workbook and the documents
are held against it by tests. Empty means unknown, never zero and never false.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

import geopandas as gpd
import pandas as pd

from landgis.terms.errors import Domain, Words

Kind = Literal["text", "texts", "integer", "number", "date", "boolean", "geometry"]

#: How pandas holds a column of each kind; shapes also as a column of geopandas.
DTYPES: Final[Mapping[Kind, Any]] = {
    "text": "str",
    "texts": "object",
    "integer": "Int64",
    "number": "float64",
    "date": "datetime64[s]",
    "boolean": "boolean",
    "geometry": "object",
}


@dataclass(frozen=True)
class Column:
    """One column: its name carries the unit, its words say what it is.

    ``minimum`` and ``maximum`` are allowed values themselves; ``above`` is not. ``domain`` lists the allowed codes with their words.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    unit: str = ""
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    domain: Domain = field(default_factory=dict)

    @property
    def comment(self) -> str:
        """What the database says of the column: Chinese, English, unit."""
        return f"{self.zh} | {self.en}" + (f" [{self.unit}]" if self.unit else "")


@dataclass(frozen=True)
class Table:
    """One table of the stock: its key inside a park and its columns, ``park_code`` first."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def comment(self) -> str:
        """What the database says of the table."""
        return f"{self.zh} | {self.en}"


def _domain(**codes: tuple[str, str]) -> Domain:
    return {code: Words(zh, en) for code, (zh, en) in codes.items()}


LEVEL: Final = _domain(
    national=("国家级", "national"), provincial=("省级", "provincial"), county=("市县级", "city or county")
)
PARK_TYPE: Final = _domain(
    economic=("经开", "economic development zone"),
    hightech=("高新", "high-tech zone"),
    bonded=("保税", "bonded zone"),
    chemical=("化工", "chemical park"),
    other=("其他", "other"),
)
TENURE: Final = _domain(
    granted=("出让", "granted"),
    allocated=("划拨", "allocated"),
    leased=("租赁", "leased"),
    contributed=("作价", "contributed as capital"),
    collective=("集体", "collective"),
)
OWNERSHIP: Final = _domain(state=("国有", "state"), collective=("集体", "collective"))
BUILD_STATUS: Final = _domain(
    unbuilt=("未建", "not built"),
    building=("在建", "under construction"),
    stopped=("停建", "works stopped"),
    built=("已建", "built"),
)
STOCK_CLASS: Final = _domain(
    approved_unsupplied=("批而未供", "approved, not supplied"),
    supplied_unused=("供而未用", "supplied, not used"),
    underused=("用而不足", "used in part"),
    built_idle=("建而未投", "built, not in production"),
    below_standard=("投而不达", "producing below standard"),
    normal=("正常", "normal"),
)
DELAY_CAUSE: Final = _domain(
    government=("政府原因", "government"),
    enterprise=("企业原因", "enterprise"),
    market=("市场原因", "market"),
    force_majeure=("不可抗力", "force majeure"),
)
FOUNDATION: Final = _domain(pit=("深基坑", "deep pit"), piles=("桩基", "piles"), other=("其他基础", "other foundation"))
#: What puts the start of works off: the government's causes and force majeure (令第53号 第8条), the preparation that works need
#: (城市房地产管理法 第26条), and a supplement to the contract (令第53号 第12条).
DELAY: Final = _domain(
    not_delivered=("未按约定交付土地", "land not delivered as agreed"),
    plan_changed=("规划依法修改", "plan lawfully changed"),
    policy_changed=("国家政策调整", "state policy changed"),
    petition=("群众信访", "petitions of those whose land it was"),
    control_or_relics=("军事管制、文物保护", "military control or relics"),
    government_act=("政府其他行为", "another act of the government"),
    force_majeure=("不可抗力", "force majeure"),
    preparation=("动工必需的前期工作", "preparation that works need"),
    supplement=("补充协议延期", "put off by a supplement"),
)
FUNCTION: Final = _domain(
    workshop=("厂房", "workshop"),
    warehouse=("仓库", "warehouse"),
    office=("办公", "office"),
    dormitory=("宿舍", "dormitory"),
    research=("研发", "research"),
    other=("其他", "other"),
)
SCALE: Final = _domain(above=("规上", "above designated size"), below=("规下", "below designated size"))
ENTERPRISE_STATUS: Final = _domain(
    normal=("正常", "normal"),
    half_stopped=("半停产", "half stopped"),
    stopped=("停产", "stopped"),
    closed=("歇业", "closed for business"),
    deregistered=("注销", "deregistered"),
    revoked=("吊销", "licence revoked"),
)
USE_ROLE: Final = _domain(
    owner=("产权人", "title holder"),
    user=("实际使用", "actual user"),
    tenant=("承租", "tenant"),
    subtenant=("转租", "subtenant"),
)
DATA_STATUS: Final = _domain(
    reported=("填报", "reported"), verified=("核实", "verified"), doubtful=("存疑", "doubtful")
)
LAYER: Final = _domain(
    urban_boundary=("城镇开发边界", "urban development boundary"),
    farmland=("永久基本农田", "permanent basic farmland"),
    ecology=("生态保护红线", "ecological red line"),
    industrial_line_1=("工业控制线一级", "industrial control line, level 1"),
    industrial_line_2=("工业控制线二级", "industrial control line, level 2"),
    detailed_plan=("控规地块", "detailed-plan plot"),
    renewal_area=("盘活片区", "renewal area"),
    chemical_park=("化工园区", "chemical park"),
    sensitive=("敏感点", "sensitive place"),
    river_1km=("河岸1公里", "within 1 km of the river bank"),
)
EVIDENCE: Final = _domain(
    bare_ground=("裸地", "bare ground"),
    building_gone=("建筑已拆除", "building gone"),
    stopped_site=("工地停工", "building site at rest"),
    no_vehicles=("无车辆", "no vehicles"),
    dark_at_night=("夜间灯光弱", "dark at night"),
    found_stopped=("现场核查：停产", "inspected: stopped"),
    found_running=("现场核查：在产", "inspected: in production"),
)
DEMAND_STATUS: Final = _domain(
    negotiating=("洽谈", "negotiating"),
    signed=("签约", "signed"),
    supplied=("供地", "land supplied"),
    started=("开工", "started"),
    producing=("投产", "in production"),
    left=("退出", "left"),
)
USE_KIND: Final = _domain(
    industrial=("工业", "industry"),
    warehouse=("物流仓储", "storage and logistics"),
    research=("新型产业（M0）", "research and light production (M0)"),
)
CHAIN_LINK: Final = _domain(
    fill=("补链", "fills a gap of the chain"),
    strengthen=("强链", "strengthens the chain"),
    extend=("延链", "extends the chain"),
)

_PARK_CODE: Final = Column("park_code", "text", "园区代码", "park", required=True)
_PARCEL_NO: Final = Column("parcel_no", "text", "地块编号", "parcel number, unique in its park", required=True)
_USCC: Final = Column(
    "uscc", "text", "统一社会信用代码", "unified social credit code, or a provisional number", required=True
)


def _share(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, unit="ratio", minimum=0, maximum=1)


def _m2(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, unit="m²", minimum=0)


def _wan(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, unit="万元", minimum=0)


def _signed_wan(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, unit="万元")


def _far(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", zh, en, unit="ratio", minimum=0, maximum=50)


def _date(name: str, zh: str, en: str) -> Column:
    return Column(name, "date", zh, en)


def _text(name: str, zh: str, en: str) -> Column:
    return Column(name, "text", zh, en)


def _flag(name: str, zh: str, en: str) -> Column:
    return Column(name, "boolean", zh, en)


PARK: Final = Table(
    "park",
    "园区",
    "industrial park",
    ("park_code",),
    (
        _PARK_CODE,
        Column("name", "text", "名称", "name", required=True),
        Column("level", "text", "级别", "level", domain=LEVEL),
        Column("type", "text", "类型", "type", domain=PARK_TYPE),
        _text("county_code", "行政区代码", "county, six digits"),
        Column("approved_area_ha", "number", "核准面积", "approved area", unit="ha", minimum=0),
        Column("leading_industries", "texts", "主导产业", "leading industries, GB/T 4754 codes"),
        _text("admin_unit", "管委会", "administration"),
        Column("geom", "geometry", "范围", "extent, EPSG:4490"),
        Column("unbuildable_area_ha", "number", "不可建设面积", "area that cannot be built upon", unit="ha", minimum=0),
    ),
)

PARCEL: Final = Table(
    "parcel",
    "宗地",
    "parcel",
    ("park_code", "parcel_no"),
    (
        _PARK_CODE,
        _PARCEL_NO,
        _text("zddm", "宗地代码", "parcel code of the cadastre, 19 characters"),
        _text("bdcdyh", "不动产单元号", "real-estate unit code, 28 characters"),
        _text("cert_no", "不动产权证号", "certificate number"),
        _text("supervise_no", "电子监管号", "land-market supervision number"),
        _text("location", "坐落", "location"),
        _text("town", "镇街", "town"),
        _text("village", "村", "village"),
        _text("owner_uscc", "权利人信用代码", "credit code of the holder of the right"),
        _text("owner_name", "土地使用权人", "holder of the land-use right"),
        Column("tenure", "text", "使用权类型", "how the right was obtained", domain=TENURE),
        Column("ownership", "text", "权属性质", "state or collective land", domain=OWNERSHIP),
        Column("cert_area_m2", "number", "登记面积", "registered area", unit="m²", above=0),
        Column(
            "geom_area_m2",
            "number",
            "图形面积",
            "area drawn, measured on the ellipsoid",
            required=True,
            unit="m²",
            above=0,
        ),
        _m2("approved_area_m2", "批准面积", "approved area"),
        _m2("supplied_area_m2", "供应面积", "supplied area"),
        _m2("built_area_m2", "已建成面积", "land built upon"),
        _text("landuse_code", "现状用途", "present land use"),
        _text("landuse_scheme", "用途分类标准", "scheme of the land-use code"),
        _text("plan_code", "规划用途", "planned land use"),
        _text("plan_scheme", "规划分类标准", "scheme of the planned code"),
        _far("plan_far_min", "规划容积率下限", "planned floor-area ratio, least"),
        _far("plan_far_max", "规划容积率上限", "planned floor-area ratio, most"),
        _share("plan_density_max", "规划建筑密度上限", "planned building density, most"),
        Column("plan_height_max_m", "number", "规划限高", "planned height, most", unit="m", minimum=0),
        _date("term_end", "使用年限止", "end of the land-use term"),
        _flag("is_mortgaged", "抵押", "mortgaged"),
        _flag("is_seized", "查封", "seized by a court"),
        Column("build_status", "text", "建设状况", "state of building", domain=BUILD_STATUS),
        Column("stock_class", "text", "存量分类", "class of stock", domain=STOCK_CLASS),
        Column("base_price_yuan_per_m2", "number", "基准地价", "benchmark land price", unit="元/m²", minimum=0),
        Column("assessed_value", "number", "评估价值", "assessed value, land and buildings", minimum=0),
        _text("assessed_currency", "评估币种", "currency of the assessed value, ISO 4217"),
        _m2("in_boundary_m2", "城镇开发边界内面积", "area inside the urban development boundary"),
        _flag("is_legacy", "历史遗留", "historic plot without full papers"),
        Column("geom", "geometry", "图形", "shape, EPSG:4490", required=True),
        _m2("office_land_m2", "行政办公及生活服务设施用地面积", "land of offices and services"),
        _m2("green_m2", "绿地面积", "green land"),
        _flag("has_consent", "抵押权人或查封机关同意处置", "mortgagee or court consents to disposal"),
    ),
)

CONTRACT: Final = Table(
    "contract",
    "出让合同",
    "land contract and its fulfilment",
    ("park_code", "contract_no"),
    (
        _PARK_CODE,
        Column("contract_no", "text", "合同编号", "contract number", required=True),
        _PARCEL_NO,
        _date("signed_on", "签订日期", "signed on"),
        _wan("price_wan", "合同价款", "price"),
        _wan("price_paid_wan", "已缴价款", "price paid"),
        _date("delivered_on", "交地日期", "land delivered on"),
        _date("agreed_start_on", "约定动工日期", "agreed start of works"),
        _date("agreed_finish_on", "约定竣工日期", "agreed end of works"),
        _date("agreed_production_on", "约定达产日期", "agreed full production"),
        _date("started_on", "实际动工日期", "actual start of works"),
        _text("start_evidence", "动工证据", "evidence of the start (令第53号 第30条)"),
        _date("finished_on", "实际竣工日期", "actual end of works"),
        _date("stopped_since", "中止开发日期", "works stopped since; empty while they go on"),
        _m2("should_develop_m2", "应动工开发面积", "area that should be under development"),
        _m2("developed_m2", "已动工开发面积", "area under development"),
        _wan("total_invest_wan", "总投资额", "total investment, without land price and taxes"),
        _wan("invested_wan", "已投资额", "invested, without land price and taxes"),
        _far("agreed_far_min", "约定容积率下限", "agreed floor-area ratio, least"),
        _share("agreed_coefficient_min", "约定建筑系数下限", "agreed building coefficient, least"),
        Column("agreed_invest_wan_per_mu", "number", "约定投资强度", "agreed investment", unit="万元/亩", minimum=0),
        Column("agreed_tax_wan_per_mu", "number", "约定亩均税收", "agreed tax", unit="万元/亩", minimum=0),
        Column(
            "government_delay_days",
            "integer",
            "政府原因延误天数",
            "days of delay caused by government",
            unit="d",
            minimum=0,
        ),
        Column("delay_cause", "text", "延误原因", "cause of delay", domain=DELAY_CAUSE),
        Column(
            "agreed_value_added_wan_per_tce",
            "number",
            "约定单位能耗增加值",
            "agreed value added per energy",
            unit="万元/tce",
            minimum=0,
        ),
        Column(
            "agreed_value_added_wan_per_t",
            "number",
            "约定单位排放增加值",
            "agreed value added per emission",
            unit="万元/t",
            minimum=0,
        ),
        _date("permit_on", "施工许可证日期", "building permit of"),
        Column("foundation_kind", "text", "基础类型", "kind of foundation", domain=FOUNDATION),
        _share("foundation_share", "基础完成比例", "share of the foundation that is done"),
    ),
)

CONTRACT_DELAY: Final = Table(
    "contract_delay",
    "动工延期",
    "what puts the start of works off",
    ("park_code", "contract_no", "cause", "from_on"),
    (
        _PARK_CODE,
        Column("contract_no", "text", "合同编号", "contract number", required=True),
        Column("cause", "text", "原因", "cause", required=True, domain=DELAY),
        Column("from_on", "date", "起", "from; of a supplement the day it was signed", required=True),
        _date("to_on", "止", "its last day, empty while it lasts; of a supplement the newly agreed start"),
        _text("document_no", "文号", "document that shows it"),
    ),
)

BUILDING: Final = Table(
    "building",
    "建筑物",
    "building",
    ("park_code", "building_no"),
    (
        _PARK_CODE,
        Column("building_no", "text", "建筑编号", "building number", required=True),
        _PARCEL_NO,
        _text("name", "名称", "name"),
        Column("function", "text", "用途", "function", domain=FUNCTION),
        Column("floors", "number", "层数", "floors", minimum=0, maximum=200),
        Column("height_m", "number", "高度", "height", unit="m", minimum=0, maximum=1000),
        Column("storey_height_m", "number", "层高", "storey height", unit="m", minimum=0, maximum=100),
        _m2("footprint_m2", "占地面积", "footprint"),
        _m2("floor_area_m2", "建筑面积", "floor area"),
        _m2("counted_area_m2", "计容面积", "floor area counted for the ratio; storeys above 8 m count double"),
        _text("structure", "结构", "structure"),
        Column("built_year", "integer", "建成年份", "year built", minimum=1600, maximum=2200),
        _flag("has_permit", "有证", "has a permit"),
        _share("vacancy", "空置率", "vacant share"),
        Column("geom", "geometry", "图形", "shape, EPSG:4490"),
    ),
)

ENTERPRISE: Final = Table(
    "enterprise",
    "企业",
    "enterprise",
    ("park_code", "uscc"),
    (
        _PARK_CODE,
        _USCC,
        Column("name", "text", "名称", "name", required=True),
        _text("industry_code", "行业代码", "industry, GB/T 4754"),
        _text("industry_scheme", "行业标准版本", "edition of the industry code"),
        Column("scale", "text", "规模", "size class", domain=SCALE),
        _date("founded_on", "成立日期", "founded on"),
        _date("production_since", "投产日期", "in production since"),
        Column("status", "text", "经营状态", "state of business", domain=ENTERPRISE_STATUS),
        _date("stopped_since", "停产日期", "stopped since"),
        Column("tags", "texts", "标签", "tags: hightech, specialised, listed, chain_leader"),
        _flag("is_utility", "公用事业", "public utility"),
        _flag("is_safety_failed", "安全不达标", "fails safety requirements"),
        _flag("is_environment_failed", "环保不达标", "fails environmental requirements"),
        _flag("is_local", "在本地登记", "registered in the county"),
    ),
)

PARCEL_USE: Final = Table(
    "parcel_use",
    "用地关系",
    "who uses which parcel",
    ("park_code", "parcel_no", "uscc", "role"),
    (
        _PARK_CODE,
        _PARCEL_NO,
        _USCC,
        Column("role", "text", "角色", "role", required=True, domain=USE_ROLE),
        Column("area_m2", "number", "用地面积", "area used", unit="m²", above=0),
        _date("from_on", "起", "from"),
        _date("to_on", "止", "to; empty while it lasts"),
        _text("lease_no", "租赁合同", "lease contract"),
        Column("rent_yuan_per_m2_month", "number", "租金", "rent", unit="元/m²/月", minimum=0),
    ),
)

ENTERPRISE_YEAR: Final = Table(
    "enterprise_year",
    "年度指标",
    "an enterprise's year",
    ("park_code", "uscc", "year"),
    (
        _PARK_CODE,
        _USCC,
        Column("year", "integer", "年度", "year", required=True, minimum=1990, maximum=2200),
        _wan("revenue_wan", "营业收入", "revenue"),
        _wan("output_wan", "产值", "output"),
        _signed_wan("value_added_wan", "增加值", "value added"),
        _signed_wan("tax_wan", "评价税收", "tax as evaluated"),
        _signed_wan("profit_wan", "利润", "profit"),
        _wan("liabilities_wan", "负债", "liabilities"),
        _wan("assets_wan", "资产", "assets"),
        _signed_wan("ebit_wan", "息税前利润", "earnings before interest and taxes"),
        _wan("interest_wan", "利息支出", "interest paid"),
        Column("energy_tce", "number", "综合能耗", "energy, equivalent value", unit="tce", minimum=0),
        Column("power_kwh", "number", "用电量", "electricity", unit="kWh", minimum=0),
        Column("water_t", "number", "用水量", "water", unit="t", minimum=0),
        Column("emission_t", "number", "主要污染物排放", "main pollutants, equivalent", unit="t", minimum=0),
        _wan("rd_wan", "研发经费", "research and development"),
        Column("employees", "number", "年平均从业人员", "employees, yearly mean", minimum=0),
        _wan("fixed_asset_wan", "固定资产", "fixed assets"),
        _m2("land_used_m2", "评价用地", "land used: own + leased in − leased out"),
        _flag("is_in_arrears", "欠税欠薪欠息欠费", "long in arrears of tax, wages, interest or fees"),
        Column("data_status", "text", "数据状态", "state of the data", domain=DATA_STATUS),
        Column("bonus_score", "number", "评价加分", "points added in the evaluation", unit="score", minimum=0),
        Column("deduction_score", "number", "评价扣分", "points taken off in the evaluation", unit="score", minimum=0),
        _text("adjustment_basis", "加扣分依据", "what the points rest on: document, item"),
        _wan("subsidy_wan", "政府补贴", "government subsidies"),
        _wan("short_debt_wan", "短期借款", "short-term borrowing, at the end of the year"),
        _wan("long_debt_wan", "长期借款", "long-term borrowing, at the end of the year"),
        _wan("bonds_wan", "应付债券", "bonds outstanding, at the end of the year"),
    ),
)

ENTERPRISE_MONTH: Final = Table(
    "enterprise_month",
    "月度指标",
    "an enterprise's month",
    ("park_code", "uscc", "month"),
    (
        _PARK_CODE,
        _USCC,
        Column("month", "date", "月份", "first day of the month", required=True),
        Column("power_kwh", "number", "用电量", "electricity", unit="kWh", minimum=0),
        _signed_wan("tax_wan", "税收", "tax"),
        Column("insured", "integer", "参保人数", "insured heads", minimum=0),
    ),
)

ZONE: Final = Table(
    "zone",
    "管控图层",
    "control layer",
    ("park_code", "layer", "zone_code"),
    (
        _PARK_CODE,
        Column("layer", "text", "图层", "layer", required=True, domain=LAYER),
        Column("zone_code", "text", "编号", "number in its layer", required=True),
        _text("name", "名称", "name"),
        Column("geom", "geometry", "范围", "extent, EPSG:4490", required=True),
    ),
)

EVIDENCE_PATCH: Final = Table(
    "evidence",
    "核查图斑",
    "a patch seen by an inspector or from above",
    ("park_code", "evidence_no"),
    (
        _PARK_CODE,
        Column("evidence_no", "text", "图斑编号", "number of the patch", required=True),
        Column("kind", "text", "图斑类型", "what was seen", required=True, domain=EVIDENCE),
        Column("seen_on", "date", "发现日期", "seen on", required=True),
        _text("source", "来源", "source: image, drone, inspector"),
        _share("confidence", "置信度", "confidence of who saw it"),
        _text("note", "备注", "note"),
        Column("geom", "geometry", "图形", "shape, EPSG:4490", required=True),
    ),
)

DEMAND: Final = Table(
    "demand",
    "项目需求",
    "a project's demand for land",
    ("park_code", "demand_no"),
    (
        _PARK_CODE,
        Column("demand_no", "text", "项目编号", "project number", required=True),
        Column("name", "text", "项目名称", "project name", required=True),
        _text("investor", "投资主体", "investor"),
        _text("industry_code", "行业代码", "industry, GB/T 4754"),
        Column("area_min_m2", "number", "用地需求下限", "area, least", unit="m²", above=0),
        Column("area_ideal_m2", "number", "用地需求", "area, ideal", unit="m²", above=0),
        Column("area_max_m2", "number", "用地需求上限", "area, most", unit="m²", above=0),
        Column("width_min_m", "number", "最小宽度", "inscribed width, least", unit="m", minimum=0),
        _far("far_min", "容积率下限", "floor-area ratio, least"),
        _wan("invest_wan", "固定资产投资", "investment"),
        _wan("output_wan", "达产产值", "output at full production"),
        _wan("tax_wan", "达产税收", "tax at full production"),
        Column("jobs", "integer", "就业", "jobs", minimum=0),
        Column("energy_tce", "number", "综合能耗", "energy", unit="tce", minimum=0),
        _date("start_on", "拟开工日期", "planned start"),
        Column("priority", "integer", "优先级", "priority, 1 is first", minimum=1, maximum=9),
        Column("status", "text", "状态", "state of the negotiation", domain=DEMAND_STATUS),
        Column("depth_min_m", "number", "最小进深", "depth, least", unit="m", minimum=0),
        _share("compactness_min", "紧凑度下限", "compactness 4πA ÷ outline², least"),
        Column("use_kind", "text", "用地类型", "kind of use", domain=USE_KIND),
        Column(
            "pollution_class", "integer", "污染等级", "industry of class 1, 2 or 3 by pollution", minimum=1, maximum=3
        ),
        _text("chain", "产业链", "industrial chain"),
        Column("chain_link", "text", "产业链环节", "what it does for the chain", domain=CHAIN_LINK),
        _date("ready_by", "最迟供地日期", "land needed by"),
        Column("emission_t", "number", "主要污染物排放", "main pollutants, equivalent", unit="t", minimum=0),
        Column("power_kva", "number", "用电负荷", "power load", unit="kVA", minimum=0),
        Column(
            "sensitive_min_m",
            "number",
            "与敏感目标最小距离",
            "distance from sensitive places, least",
            unit="m",
            minimum=0,
        ),
        Column("allowed_parks", "texts", "可落园区", "parks that may take it; empty = any"),
        Column("owners_max", "integer", "权利人数上限", "holders to deal with, most", minimum=0),
        _wan("cost_max_wan", "用地成本上限", "cost of the land, most"),
    ),
)

#: The stock, in the order in which a batch is checked and stored: what others refer to comes first.
STOCK: Final = (
    PARK, PARCEL, CONTRACT, CONTRACT_DELAY, BUILDING, ENTERPRISE, PARCEL_USE, ENTERPRISE_YEAR, ENTERPRISE_MONTH, ZONE,
    EVIDENCE_PATCH, DEMAND,
)  # fmt: skip

SEVERITY: Final = _domain(
    refused=("拒收", "refused: the row was not stored"),
    doubted=("存疑", "doubted: stored as given"),
    changed=("已改", "changed: stored otherwise than given"),
)

#: One row per thing that is wrong with one cell or one row of a file; a message carries its own words in both languages, and a point
#: (degrees) in what it speaks of.
ISSUE_COLUMNS: Final = (
    "code", "severity", "table_name", "park_code", "file", "layer", "row", "year", "field", "raw", "new", "rule", "zh", "en", "lon", "lat",
)  # fmt: skip

#: What one batch did to a row, or to one field of it; values as text in our unit.
CHANGE_COLUMNS: Final = ("table_name", "park_code", "key", "what", "field", "before", "after", "moved_m2")
CHANGE: Final = _domain(added=("新增", "added"), gone=("终止", "gone"), changed=("变更", "changed"))
#: Which parcel came from which, with the ground they share.
LINEAGE_COLUMNS: Final = ("park_code", "from_no", "to_no", "kind", "common_m2", "share_of_from", "share_of_to")
LINEAGE: Final = _domain(
    split=("分割", "divided"),
    merged=("合并", "merged"),
    renumbered=("改号", "renumbered"),
    rearranged=("重划", "cut anew"),
)
#: What made a batch.
BATCH_KIND: Final = _domain(
    **{"import": ("导入", "import"), "full": ("全量导入", "full import")},
    undo=("撤销", "undo"),
    correction=("更正", "correction"),
)

FINDING: Final = _domain(
    suspected=("疑似", "suspected"), clear=("未见", "clear"), unknown=("不明", "unknown: data missing")
)
ANSWER: Final = _domain(
    exit=("退出", "exit"),
    swap=("置换", "swap"),
    upgrade=("提升", "upgrade"),
    leave=("保留", "leave"),
    data_first=("先补数据", "data first"),
)
TRACK: Final = _domain(
    fee=("征缴闲置费（调查核实后）", "idle fee, after investigation"),
    take_back=("无偿收回（调查核实后）", "take-back without compensation, after investigation"),
    agreement=("协商处置", "agreement menu"),
)
#: Where a contract stands by the idle-land rule: what is found, or the track where it is suspected; the gravest last.
IDLE_STATE: Final = _domain(
    clear=("未见", "clear"),
    unknown=("不明", "unknown: data missing"),
    agreement=("疑似闲置，协商处置", "suspected: agreement menu"),
    fee=("疑似闲置满一年，闲置费", "suspected: idle fee"),
    take_back=("疑似闲置满两年，无偿收回", "suspected: take-back without compensation"),
)
#: Whether the start on record is one in the sense of 令第53号 第30条.
START_PROOF: Final = _domain(
    proved=("已证实", "proved: permit and foundation are on record"),
    unproved=("未证实", "not proved: permit or foundation is not on record"),
    refuted=("不成立", "refuted: the foundation on record is less than the rule asks"),
)
START_BASIS: Final = _domain(
    agreed=("合同约定", "as agreed"),
    supplement=("补充协议", "as a supplement says"),
    delivered=("交地日推算", "read from the delivery"),
)
#: What a reader of an idle finding must know beside it.
IDLE_REMARK: Final = _domain(
    start_unproved=(
        "已记动工，但许可证或基础进度不足以证实",
        "a start is on record, yet permit and foundation do not prove it",
    ),
    start_refuted=(
        "已记动工，但基础进度不够，按未动工计",
        "a start is on record, yet too little foundation: taken as not started",
    ),
    delivered_after_start=(
        "交地晚于约定动工日，查明是否政府原因",
        "delivered after the agreed start: ask whether the government caused it",
    ),
    delay_lasts=("免责事由仍在持续，期限中止", "an excuse still lasts: the clock stands still"),
    extension_capped=(
        "补充协议延期超过上限，按上限计",
        "the supplement puts off more than the rule allows: counted up to that",
    ),
)
#: The steps of the procedure that have a clock, and what sets each going (令第53号).
PROCEDURE: Final = _domain(
    S0_investigate=("启动调查核实", "begin the investigation"),
    S1_answer=("使用权人说明情况、提供材料", "the holder explains and supplies evidence"),
    S5a_extend=("延长动工开发期限的最长期限", "longest extension of the start"),
    S5a_temporary_use=("政府安排临时使用的最长期限", "longest temporary use arranged by the government"),
    S5b_hearing=("申请听证（期限依听证规定）", "ask for a hearing (length by the hearing rules)"),
    S6_pay=("缴纳闲置费", "pay the idle fee"),
    S7_deregister=("办理注销登记、交回权属证书", "deregister, return the certificate"),
    S8_review=("申请行政复议", "ask for administrative review"),
    S8_suit=("提起行政诉讼", "bring an administrative suit"),
    found_on=("发现涉嫌闲置", "found"),
    notice_served_on=("《闲置土地调查通知书》送达", "notice of investigation served"),
    extension_signed_on=("补充协议签订", "supplement signed"),
    temporary_use_from=("临时使用开始", "temporary use begins"),
    hearing_notice_served_on=("听证告知书送达", "notice of the right to a hearing served"),
    decision_served_on=("决定书送达", "decision served"),
)
#: Who can supply what an idle finding lacks, by column.
SUPPLIER: Final[Mapping[str, Words]] = {
    **dict.fromkeys(
        ("contract.agreed_start_on", "contract.delivered_on", "contract.price_wan"),
        Words("自然资源主管部门（合同、交地确认书）", "the natural-resources authority (contract, record of delivery)"),
    ),
    **dict.fromkeys(
        ("contract.permit_on",), Words("住建部门（施工许可证）", "the housing authority (building permit)")
    ),
    **dict.fromkeys(
        ("contract.foundation_kind", "contract.foundation_share", "contract.stopped_since", "contract.developed_m2",
         "contract.should_develop_m2", "contract.invested_wan", "contract.total_invest_wan", "contract_delay", "contract"),
        Words("土地使用权人（《闲置土地调查通知书》要求的材料）", "the holder of the land (what the notice of investigation asks for)"),
    ),
}  # fmt: skip
GRADE: Final = _domain(
    A=("优先发展", "develop first"),
    B=("鼓励提升", "encourage"),
    C=("监管调控", "regulate"),
    D=("落后整治", "rectify"),
    T=("不参与评价", "not suited to evaluation"),
)

#: What a run says of one parcel by one test of one ruleset. ``margin`` is how far the value lies beyond the threshold, positive on the
#: suspected side, in ``unit``; ``margin_share`` the same as a share of the threshold.
FINDING_COLUMNS: Final = (
    "parcel_id", "ruleset", "test", "finding", "value", "threshold", "margin", "margin_share", "unit", "article", "missing",
)  # fmt: skip
#: What a run says of one contract by the idle-land rule.
IDLE_COLUMNS: Final = (
    "parcel_id", "contract_no", "state", "finding", "track", "start_due", "start_basis", "start_proof", "overdue_days",
    "overdue_limit_days", "stopped_days", "stopped_limit_days", "developed_share", "invested_share", "changes_on", "changes_to",
    "fee_low_wan", "fee_high_wan", "remarks", "missing", "asks", "clocks",
)  # fmt: skip
#: One sign of whether an enterprise, or all on a parcel, works: ``state`` on (points to a stop) or off (points to work); ``since`` when it
#: began, ``seen_on`` when it was last seen, ``age_months`` how long ago that is, ``weight`` what is left of it (0-1), ``effect`` on the
#: log-odds of having stopped.
SIGN_COLUMNS: Final = (
    "enterprise_id", "parcel_id", "sign", "state", "value", "threshold", "unit", "since", "seen_on", "age_months", "weight", "effect",
)  # fmt: skip
#: What a run says of one enterprise, or of all on a parcel that has patches: how likely it has stopped, with tests and signs one by one.
ACTIVITY_COLUMNS: Final = ("uscc", "parcel_id", "probability", "stopped", "zombie", "tests", "signs")
#: What a run says of one evaluated subject (an enterprise, or a parcel where nobody is known).
GRADE_COLUMNS: Final = (
    "parcel_id", "uscc", "year", "ruleset", "population", "measured", "bases", "scores", "bonus", "deduction", "total", "total_low",
    "total_high", "reliability", "rank", "share", "grade", "possible", "reason",
)  # fmt: skip
#: The answer for one parcel: the gate that decided, the statutory track where there is one, what it would free, the modes
#: of disposal that are open, and the scores as intervals (0-1).
TRIAGE_COLUMNS: Final = (
    "parcel_id", "answer", "gate", "reason", "track", "suspected", "grade", "freeable_m2", "upgrade_m2", "modes", "urgency",
    "urgency_low", "urgency_high", "shortfall_low", "shortfall_high", "exit_ease_low", "exit_ease_high",
)  # fmt: skip


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """Give a frame with these columns and no row."""
    return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})


@dataclass(frozen=True)
class Stock:
    """A park's stock, or several parks', as frames: one row per row of the table, columns as in `STOCK`.

    ``parcel`` is indexed by ``parcel_id`` and ``enterprise`` by ``enterprise_id``, the numbers of the very versions that were read.
    ``contract``, ``building`` and ``parcel_use`` carry ``parcel_id``; ``parcel_use``, ``enterprise_year`` and ``enterprise_month``
    carry ``enterprise_id``: both may be empty where the other side is not in the stock. ``parcel``, ``zone``, ``evidence`` and ``park``
    have their shapes as active geometry ``geom``, EPSG:4490. Texts are ``str`` or None, numbers float64 with NaN, dates datetime64
    with NaT, booleans the nullable ``boolean``.
    """

    park: gpd.GeoDataFrame
    parcel: gpd.GeoDataFrame
    contract: pd.DataFrame
    contract_delay: pd.DataFrame
    building: pd.DataFrame
    enterprise: pd.DataFrame
    parcel_use: pd.DataFrame
    enterprise_year: pd.DataFrame
    enterprise_month: pd.DataFrame
    zone: gpd.GeoDataFrame
    evidence: gpd.GeoDataFrame
    demand: pd.DataFrame
