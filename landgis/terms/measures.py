"""The measures: everything known or computed of a parcel or an enterprise that a ruleset may ask for.

Each stands here once, with its unit, its words and the columns of the stock it needs; `landgis.core.judging.measure` computes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, cast

from landgis.terms.errors import Words

#: ``triage`` is known once tests and grades are; ``disposal`` once the parcel has its answer.
Subject = Literal["parcel", "enterprise", "triage", "disposal"]


#: Ratios that people read as numbers; all others are shares and read as per cent.
RATIOS: Final = ("far", "plan_far_min", "plan_far_max", "agreed_far_min")


@dataclass(frozen=True, slots=True)
class Measure:
    """Something known or computed of a subject that a condition may ask for.

    ``needs`` names the columns of the stock without which it stays unknown; ``by_users`` says that it is known through the
    enterprises that use the parcel; ``made_of`` names the measure that has to be known first.
    """

    name: str
    kind: Literal["number", "text", "boolean"]
    unit: str
    subjects: tuple[Subject, ...]
    needs: tuple[str, ...]
    words: Words
    by_users: bool = False
    made_of: tuple[str, ...] = ()


def _measures() -> Mapping[str, Measure]:
    found: dict[str, Measure] = {}

    def add(
        subjects: str,
        kind: str,
        name: str,
        unit: str,
        zh: str,
        en: str,
        *needs: str,
        by_users: bool = False,
        made_of: tuple[str, ...] = (),
    ) -> None:
        found[name] = Measure(
            name,
            cast(Literal["number", "text", "boolean"], kind),
            unit,
            tuple(cast(Subject, subject) for subject in subjects.split()),
            needs,
            Words(zh, en),
            by_users,
            made_of,
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
    add(parcel, "boolean", "is_mortgaged", "", "抵押", "mortgaged", "parcel.is_mortgaged")
    add(parcel, "boolean", "is_seized", "", "查封", "seized by a court", "parcel.is_seized")
    add(parcel, "number", "term_left_years", "year", "剩余使用年限", "years left of the term", "parcel.term_end")
    for name, zh, en, *needs in (
        ("office_land_share", "行政办公及生活服务设施用地占比", "share of land of offices and services", "parcel.office_land_m2"),
        ("office_floor_share", "行政办公及生活服务设施建筑面积占比", "share of floor area of offices and services",
         "building.function", "building.floor_area_m2"),
        ("green_share", "绿地率", "green share", "parcel.green_m2"),
        ("agreed_far_min", "约定容积率下限", "agreed floor-area ratio", "contract.agreed_far_min"),
        ("agreed_coefficient_min", "约定建筑系数下限", "agreed building coefficient", "contract.agreed_coefficient_min"),
        ("developed_share", "已动工开发面积占比", "share under development", "contract.developed_m2",
         "contract.should_develop_m2"),
        ("invested_share", "已投资额占比", "share of the investment spent", "contract.invested_wan",
         "contract.total_invest_wan"),
        ("let_share", "出租面积占比", "share let out", "parcel_use.area_m2"),
    ):  # fmt: skip
        add(parcel, "number", name, "ratio", zh, en, *needs)
    for name, unit, zh, en, *needs in (
        ("agreed_invest_wan_per_mu", "万元/亩", "约定投资强度", "agreed investment", "contract.agreed_invest_wan_per_mu"),
        ("agreed_tax_wan_per_mu", "万元/亩", "约定亩均税收", "agreed tax per mu", "contract.agreed_tax_wan_per_mu"),
        ("agreed_value_added_wan_per_tce", "万元/tce", "约定单位能耗增加值", "agreed value added per tce",
         "contract.agreed_value_added_wan_per_tce"),
        ("agreed_value_added_wan_per_t", "万元/t", "约定单位排放增加值", "agreed value added per t emitted",
         "contract.agreed_value_added_wan_per_t"),
        ("invest_wan_per_mu", "万元/亩", "投资强度", "investment per mu", "contract.invested_wan", "contract.price_wan"),
        ("finished_years", "year", "竣工年数", "years since the works were done", "contract.finished_on"),
        ("finish_overdue_years", "year", "超过约定竣工年数", "years past the agreed end of works",
         "contract.agreed_finish_on", "contract.finished_on"),
        ("works_stopped_years", "year", "中止建设年数", "years since works stopped", "contract.stopped_since"),
    ):  # fmt: skip
        add(parcel, "number", name, unit, zh, en, *needs)
    add(parcel, "boolean", "is_finished", "", "已竣工", "works done", "contract.finished_on", "parcel.build_status")
    add(parcel, "text", "delay_cause", "", "延误原因", "cause of delay", "contract.delay_cause")
    add(parcel, "boolean", "is_in_production", "", "在生产", "in production", "enterprise.status", by_users=True)
    add(
        parcel, "boolean", "has_outside_tenant", "", "承租企业未在本地登记", "a tenant registered elsewhere",
        "enterprise.is_local",
    )  # fmt: skip
    add(
        parcel, "text", "industry_standing", "", "行业类别", "standing of the industry", "enterprise.industry_scheme",
        by_users=True, made_of=("industry_code",),
    )  # fmt: skip
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
    add(
        firm, "number", "land_used_mu", "亩", "评价用地", "land used",
        "enterprise_year.land_used_m2", "parcel_use.area_m2",
    )  # fmt: skip
    add(firm, "number", "leased_m2", "m²", "租用面积", "area leased in", "parcel_use.area_m2")
    add(firm, "boolean", "owns_land", "", "名下有用地", "holds land of its own", "parcel_use")
    add(firm, "number", "age_years", "year", "成立年数", "years since it was founded", "enterprise.founded_on")
    add(firm, "number", "energy_tce", "tce", "综合能耗", "energy", "enterprise_year.energy_tce")
    add(firm, "number", "employees", "count", "从业人员", "employees", "enterprise_year.employees")
    add(firm, "number", "power_kwh", "kWh", "用电量", "electricity", "enterprise_year.power_kwh")
    add(firm, "number", "bonus_score", "score", "评价加分", "bonus", "enterprise_year.bonus_score")
    add(firm, "number", "deduction_score", "score", "评价扣分", "deduction", "enterprise_year.deduction_score")
    add(firm, "text", "data_status", "", "数据状态", "state of the data", "enterprise_year.data_status")
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
        ("revenue_wan_per_t", "万元/t", "单位排放营收", "revenue per t emitted", "revenue_wan", "emission_t"),
    ):
        subjects = both if name in ("value_added_wan_per_tce", "value_added_wan_per_t") else firm
        add(
            subjects, "number", name, unit, zh, en, *(f"enterprise_year.{need}" for need in needs),
            by_users=subjects == both,
        )  # fmt: skip
    add(triage, "text", "idle", "", "疑似闲置", "suspected idle", "contract.agreed_start_on")
    add(triage, "text", "track", "", "法定处置路径", "statutory track", "contract.agreed_start_on")
    add(triage, "number", "low_efficiency", "count", "疑似低效项数", "tests of low efficiency that suspect")
    add(
        triage, "number", "upgrade_share", "ratio", "可提升比例", "share that could still be built",
        "building.counted_area_m2",
    )  # fmt: skip
    add(triage, "number", "worst_shortfall", "ratio", "最大差距", "widest gap of a test that suspects")
    add(
        triage, "number", "stopped_probability", "ratio", "停产概率", "probability of having stopped",
        "enterprise_month.power_kwh", by_users=True,
    )  # fmt: skip
    add(triage, "text", "zombie", "", "疑似僵尸企业", "suspected zombie", "enterprise_year.profit_wan", by_users=True)
    add(triage, "text", "grade", "", "评价等级", "grade", "grade")
    add(triage, "text", "grade_before", "", "上一年度评价等级", "grade of the year before", "grade_before")
    add("disposal", "text", "answer", "", "处置建议", "answer")
    add("disposal", "text", "decided_by", "", "决定的关口", "gate that decided")
    return MappingProxyType(found)


#: Every measure a ruleset may ask for, by name.
MEASURES: Final = _measures()
