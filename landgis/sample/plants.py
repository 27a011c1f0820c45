"""The planted conditions, one by one, each beside the number of the ruleset that it tests.

Every plant stands on an otherwise healthy parcel. The answers are written here by hand: they are what the law says of the case,
not what the engine says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from landgis.sample.chains import plant_chains
from landgis.sample.planting import GOOD, MODEST, Garden, Plot
from landgis.sample.spare import plant_spare_part
from landgis.terms.errors import Words
from landgis.terms.units import mu

#: What is planted outside the control layers that every park has: park, layer, shape.
Zones = list[tuple[int, str, Any]]

_LOW_TAX: Final = {"low_tax": "suspected", "key_low_tax": "suspected"}
_TAX_UNKNOWN: Final = dict.fromkeys(("low_tax", "key_low_tax", "key_below_industry"), "unknown")

_NOTHING_KNOWN: Final = {"production_stopped": "unknown", "zombie": "unknown"}
_STOPPED: Final = {"production_stopped": "suspected"}

#: The plant of which there are many: one in twenty, as the quota of the ranking has it.
LAST_ONCE: Final = "last_once"
HOSTILE_NAMES: Final = (
    "<img src=x onerror=alert(1)>",
    "示例企业</script><script>alert(1)</script>",
    "示例企业`${alert(1)}`",
    "示例企业𠀀𠮷𪚥",
    "示例企业" + "名称很长" * 24,
)


def plant(garden: Garden, rng: np.random.Generator) -> Zones:
    """Plant every condition once; give the control zones that some of them need."""
    plots = garden.plots(rng)
    zones: Zones = []
    _plant_not_started(garden, plots)
    _plant_stopped_works(garden, plots)
    _plant_low_tax(garden, plots)
    _plant_unknown_tax(plots)
    _plant_low_buildings(garden, plots)
    _plant_vetoes(garden, plots)
    _plant_wrong_places(plots, zones)
    _plant_poor_firms(plots)
    _plant_stopped_firms(garden, plots)
    _plant_zombies(garden, plots)
    _plant_protected(garden, plots)
    _plant_uses(garden, rng)
    _plant_harmless(garden, rng, plots)
    _plant_beside(garden, zones)
    garden.chains = plant_chains(garden, zones)
    garden.spare = plant_spare_part(garden)
    _close_the_ranking(garden, rng)
    return zones


def _months(garden: Garden, months: float) -> pd.Timestamp:
    """Give the day so many months before the day of the city."""
    return pd.Timestamp(garden.on) - pd.DateOffset(months=int(months))


def _agreed(plot: Plot, start: pd.Timestamp, **others: Any) -> None:  # noqa: ANN401 - cells of any kind
    """Let a new contract agree on a start of works, and nothing be done yet."""
    year, half = pd.DateOffset(years=1), pd.DateOffset(months=6)
    dates = {
        "signed_on": start - year, "delivered_on": start - half, "agreed_start_on": start,
        "agreed_finish_on": start + 2 * year, "agreed_production_on": start + 3 * year,
        "started_on": pd.NaT, "finished_on": pd.NaT, "start_evidence": None, "developed_m2": 0.0, "invested_wan": 0.0,
        "permit_on": pd.NaT, "foundation_kind": None, "foundation_share": np.nan,
    }  # fmt: skip
    plot.contract(**(dates | others))
    plot.land(term_end=start + 49 * year)


def _plant_not_started(garden: Garden, plots: Iterator[Plot]) -> None:
    """Plant land not started, 令第53号 第2条第1款: over a year after the agreed start; from two years without compensation."""
    law = garden.law.idle
    year = int(law.value("not_started_years", "year") * 12)
    two = int(law.value("take_back_years", "year") * 12)
    idle = {"not_started": "suspected"} | _NOTHING_KNOWN

    def untouched(start: pd.Timestamp, **others: Any) -> Plot:  # noqa: ANN401
        plot = next(plots)
        plot.clear()
        plot.without_firm()
        _agreed(plot, start, **others)
        return plot

    untouched(_months(garden, year + 6)).expect(
        "not_started_one_year", Words("约定动工后一年半未动工", "not started a year and a half after the agreed day"),
        "exit", "legal_idle", track="fee", findings=idle,
    )  # fmt: skip
    untouched(_months(garden, two + 2)).expect(
        "not_started_two_years",
        Words("约定动工后两年多未动工", "not started more than two years after the agreed day"),
        "exit", "legal_idle", track="take_back", findings=idle,
    )  # fmt: skip
    untouched(_months(garden, two)).expect(
        "not_started_two_years_to_the_day", Words("未动工满两年当日", "not started, two years to the day"),
        "exit", "legal_idle", track="take_back", findings=idle,
    )  # fmt: skip
    untouched(_months(garden, two + 6), delay_cause="government").expect(
        "not_started_by_government",
        Words("政府原因未动工：协商处置", "not started because of the government: by agreement"),
        "exit", "legal_idle", track="agreement", findings=idle,
    )  # fmt: skip
    delivered = _months(garden, year + 12 * int(law.value("start_after_delivery_years", "year")) + 3)
    untouched(delivered, agreed_start_on=pd.NaT, delivered_on=delivered).expect(
        "not_started_after_delivery",
        Words("合同未约定动工日，自交地起算", "no agreed start: counted from the delivery"),
        "exit", "legal_idle", track="fee", findings=idle,
    )  # fmt: skip

    def of_a_young_firm(start: pd.Timestamp, **others: Any) -> Plot:  # noqa: ANN401
        """Its firm works in a rented hall meanwhile, and is too young to be evaluated: only idleness is in question."""
        plot = next(plots)
        plot.clear()
        plot.young()
        _agreed(plot, start, **others)
        return plot

    day = _months(garden, year)
    if day + pd.DateOffset(months=year) < pd.Timestamp(garden.on):  # made on 29 February
        day += pd.Timedelta(days=1)
    of_a_young_firm(day).expect(
        "not_started_one_year_to_the_day",
        Words("未动工恰满一年：未超过", "not started, one year to the day: not more"),
        "leave",
    )
    start = _months(garden, year + 6)
    excused = of_a_young_firm(start)
    excused.delay("not_delivered", start, 200)
    excused.delay("plan_changed", start + pd.Timedelta(days=150), 100)
    excused.expect(
        "not_started_excused",
        Words(
            "扣除政府原因 250 天（两段重叠）后未满一年",
            "under a year without the government's 250 days, two spans that overlap",
        ),
        "leave",
    )
    of_a_young_firm(_months(garden, year + 6), agreed_start_on=pd.NaT, delivered_on=pd.NaT).expect(
        "not_started_unknown", Words("约定动工日与交地日均缺", "neither the agreed start nor the delivery is known"),
        "data_first", findings={"not_started": "unknown"},
    )  # fmt: skip


def _plant_stopped_works(garden: Garden, plots: Iterator[Plot]) -> None:
    """Plant works begun and stopped, 第2条第2款: a year at rest, and less than 1/3 of the land or 25 % of the money."""
    law = garden.law.idle
    third, quarter = law.value("developed_share_min", "ratio"), law.value("invested_share_min", "ratio")
    year = int(law.value("stopped_years", "year") * 12)

    def stopped(area: float, money: float, since: pd.Timestamp | None) -> Plot:
        plot = next(plots)
        plot.build(0.35, 4)
        should, total = 900.0 * (plot.area_m2 // 900), 1_200.0 * (plot.mu // 4)
        start = (since or _months(garden, 30)) - pd.DateOffset(years=1)
        _agreed(plot, start, started_on=start, start_evidence="施工许可证；桩基完成",
                permit_on=start, foundation_kind="piles", foundation_share=1.0, stopped_since=since or pd.NaT,
                should_develop_m2=should, developed_m2=round(should * area, 2),
                total_invest_wan=total, invested_wan=round(total * money, 2))  # fmt: skip
        plot.land(build_status="stopped", stock_class="underused")
        return plot

    half = 0.5
    stopped(float(third) * 0.9, half, _months(garden, year + 8)).expect(
        "stopped_small_area",
        Words("停建满一年，已动工面积不足三分之一", "stopped a year, less than a third under development"),
        "exit", "legal_idle", track="agreement", findings={"stopped_area": "suspected"},
    )  # fmt: skip
    stopped(float(third), half, _months(garden, year + 8)).expect(
        "stopped_third",
        Words("停建满一年，已动工面积恰为三分之一", "stopped a year, exactly a third under development"),
        "leave",
    )
    stopped(half, float(quarter) * 0.9, _months(garden, year + 8)).expect(
        "stopped_small_money", Words("停建满一年，已投资不足四分之一", "stopped a year, less than a quarter spent"),
        "exit", "legal_idle", track="agreement", findings={"stopped_money": "suspected"},
    )  # fmt: skip
    stopped(half, float(quarter), _months(garden, year + 8)).expect(
        "stopped_quarter", Words("停建满一年，已投资恰为四分之一", "stopped a year, exactly a quarter spent"), "leave"
    )
    stopped(0.2, 0.1, pd.Timestamp(garden.on) - pd.Timedelta(days=364)).expect(
        "stopped_364_days", Words("停建 364 天，未满一年", "stopped for 364 days: not a year"), "leave"
    )
    stopped(0.2, 0.1, _months(garden, year)).expect(
        "stopped_year_to_the_day",
        Words("停建满一年当日，面积与投资均不足", "stopped one year to the day, little built, little spent"),
        "exit", "legal_idle", track="agreement", findings={"stopped_area": "suspected", "stopped_money": "suspected"},
    )  # fmt: skip
    stopped(0.2, half, None).expect(
        "stopped_unknown", Words("停建，但中止日期不明", "stopped, nobody knows since when"),
        "data_first", findings={"stopped_area": "unknown"},
    )  # fmt: skip


def _plant_low_tax(garden: Garden, plots: Iterator[Plot]) -> None:
    """Let firms pay little, 东阳 2021: under 5 万元/亩; or more, but under half of the industry's mean in the park."""
    law = garden.law.low_efficiency
    line, share = float(law.value("tax_line_wan_per_mu", "万元/亩")), float(law.value("industry_share", "ratio"))
    mean = _industry_means(garden)

    def pays(wan_per_mu: float | None, of_mean: float = 0.0) -> Plot:
        plot = next(plots)
        paid = of_mean * mean[plot.park, _division(garden, plot)] if wan_per_mu is None else wan_per_mu
        plot.times(0, value_added_wan=1.5, rd_wan=2.0)  # good for all else: it stays in the middle of the ranking
        plot.year(0, tax_wan=paid * plot.mu)
        return plot

    pays(0.6 * line).expect(
        "low_tax",
        Words("3亩以上，亩均税收 3 万元", "3 mu or more, 30 000 yuan per mu"),
        "upgrade",
        "low_efficiency",
        findings=_LOW_TAX,
    )
    pays(line).expect(
        "tax_at_the_line",
        Words("亩均税收恰为 5 万元：不低于，但不足行业一半", "exactly 50 000 yuan per mu: not below, yet under half of its industry"),
        "upgrade", "low_efficiency", findings={"key_below_industry": "suspected"},
    )  # fmt: skip
    pays(None, 0.6 * share).expect(
        "tax_under_half_of_industry", Words("亩均税收不足行业平均一半", "less than half of the industry's mean"),
        "upgrade", "low_efficiency", findings={"key_below_industry": "suspected"},
    )  # fmt: skip
    pays(None, 1.15 * share).expect(
        "tax_over_half_of_industry",
        Words("亩均税收略高于行业平均一半", "a little more than half of the industry's mean"),
        "leave",
    )


def _division(garden: Garden, plot: Plot) -> str:
    return str(garden.frames["enterprise"]["industry_code"].iat[plot.firm])[:2]


def _industry_means(garden: Garden) -> dict[tuple[int, str], float]:
    """Give the tax per mu of each park and two-digit industry in the last year, 万元/亩, before anything is planted."""
    firms, years = garden.frames["enterprise"], garden.frames["enterprise_year"]
    rows = np.arange(len(firms)) * garden.years + garden.years - 1
    sums = pd.DataFrame({
        "park": garden.holdings.firm_park,
        "division": firms["industry_code"].str[:2],
        "tax": years["tax_wan"].to_numpy()[rows],
        "land": years["land_used_m2"].to_numpy()[rows],
    }).groupby(["park", "division"])[["tax", "land"]].sum()  # fmt: skip
    # The mean is money over land, not the mean of the firms.
    per_mu = sums["tax"] / (sums["land"] * mu(1.0))
    return dict(zip(sums.index.tolist(), per_mu.tolist(), strict=True))


def _plant_unknown_tax(plots: Iterator[Plot]) -> None:
    """Leave data out: unknown, never zero."""
    plot = next(plots)
    plot.year(0, tax_wan=np.nan)
    plot.expect(
        "tax_missing",
        Words("上年度税收未填", "last year's tax is blank"),
        "data_first",
        findings=_TAX_UNKNOWN,
    )
    plot = next(plots)
    plot.forget_years(0)
    plot.expect(
        "year_missing",
        Words("没有上年度指标", "there is no row for last year"),
        "data_first",
        findings=_TAX_UNKNOWN | {"zombie": "unknown"},
    )
    plot = next(plots)
    plot.leave()
    plot.expect(
        "user_missing",
        Words("不知谁在使用", "nobody knows who uses it"),
        "data_first",
        findings=_TAX_UNKNOWN | _NOTHING_KNOWN,
    )


def _plant_low_buildings(garden: Garden, plots: Iterator[Plot]) -> None:
    """Build below the control indicators: a fair firm may build up."""
    law = garden.law.triage
    least = float(law.value("coefficient_floor", "ratio"))
    floors = {code: float(value) for code, value in law.tables["far_floor"].values["gbt4754-2017"].items()}

    def built(coefficient: float, far: float, far_max: float) -> Plot:
        plot = next(plots)
        plot.build(coefficient, 2, far)
        plot.land(plan_far_min=0.5, plan_far_max=far_max)
        plot.contract(agreed_far_min=0.5, agreed_coefficient_min=0.3)
        return plot

    plot = next(plots)
    floor = floors[_division(garden, plot)]
    plot.build(0.42, 1, 0.8 * floor)
    plot.land(plan_far_min=0.5, plan_far_max=1.2 * floor)
    plot.expect(
        "far_below_floor",
        Words("容积率低于行业下限", "floor-area ratio below its industry's floor"),
        "upgrade",
        "far_below_floor",
    )
    plot = next(plots)
    floor = floors[_division(garden, plot)]
    plot.build(0.42, 1, floor)
    plot.land(plan_far_min=0.5, plan_far_max=1.5 * floor)
    plot.expect(
        "far_at_floor",
        Words("容积率恰为行业下限", "floor-area ratio exactly at its industry's floor"),
        "leave",
    )
    built(0.8 * least, 1.2, 2.0).expect(
        "coefficient_below_floor",
        Words("建筑系数低于 30%", "building coefficient below 30 %"),
        "upgrade",
        "coefficient_below_floor",
    )
    built(least, 1.2, 2.0).expect(
        "coefficient_at_floor",
        Words("建筑系数恰为 30%", "building coefficient exactly 30 %"),
        "leave",
    )
    share = float(law.value("upgrade_share", "ratio"))
    built(0.5, 1.2, 1.2 / (0.9 * share)).expect(
        "large_potential",
        Words("规划允许再建一倍以上", "the plan allows more than twice as much"),
        "upgrade",
        "large_potential",
    )


def _plant_vetoes(garden: Garden, plots: Iterator[Plot]) -> None:
    """Let firms fail hard requirements: they go, however good they are."""
    plot = next(plots)
    plot.enterprise(industry_code=garden.law.industries.standings[0].values[0])
    plot.expect(
        "obsolete_industry", Words("行业属淘汰类", "an industry on the obsolete list"), "exit", "veto_firm",
        findings={"key_below_industry": "unknown"},  # the only one of its industry: there is no mean
    )  # fmt: skip
    plot = next(plots)
    plot.enterprise(is_safety_failed=True)
    plot.expect("safety_failed", Words("安全不达标", "fails safety requirements"), "exit", "veto_firm")
    plot = next(plots)
    plot.at_level(GOOD)
    plot.enterprise(is_environment_failed=True)
    plot.expect(
        "environment_failed",
        Words("环保不达标，虽为好企业", "fails environmental requirements, though a good firm"),
        "exit",
        "veto_firm",
    )


def _plant_wrong_places(plots: Iterator[Plot], zones: Zones) -> None:
    """Put firms on land that must be left: a good one is moved, another goes."""

    def of(level: float) -> Plot:
        plot = next(plots)
        plot.at_level(level)
        return plot

    plot = of(GOOD)
    zones.append((plot.park, "ecology", plot.shape))
    plot.expect(
        "good_firm_in_ecology",
        Words("好企业在生态保护红线内", "a good firm inside the ecological red line"),
        "swap",
        "veto_place_good_firm",
    )
    plot = of(MODEST)
    zones.append((plot.park, "ecology", _west_half(plot.shape)))
    plot.expect(
        "modest_firm_half_in_ecology",
        Words("一般企业半数压占生态保护红线", "a modest firm, half of it inside the red line"),
        "exit",
        "veto_place",
    )
    plot = of(GOOD)
    zones.append((plot.park, "farmland", _west_half(plot.shape)))
    plot.expect(
        "good_firm_on_farmland",
        Words("好企业压占永久基本农田", "a good firm on basic farmland"),
        "swap",
        "veto_place_good_firm",
    )
    plot = of(GOOD)
    plot.land(plan_code="0702", plan_scheme="ydyh-2023")
    plot.expect(
        "good_firm_plan_residential",
        Words("好企业，规划为住宅", "a good firm on land planned for housing"),
        "swap",
        "veto_place_good_firm",
    )
    plot = of(MODEST)
    plot.land(plan_code="1001", plan_scheme="gbt21010-2017")
    plot.expect(
        "plan_is_railway",
        Words("规划 1001（GB/T 21010）是铁路，不是工业", "planned 1001 of GB/T 21010: a railway, not industry"),
        "exit",
        "veto_place",
    )
    plot = of(GOOD)
    zones.append((plot.park, "renewal_area", plot.shape))
    plot.expect(
        "good_firm_in_renewal_area",
        Words("好企业在盘活片区内", "a good firm inside a renewal area"),
        "swap",
        "good_firm_wrong_land",
    )
    plot = of(GOOD)
    zones.append((plot.park, "urban_boundary", plot.shape))
    plot.land(in_boundary_m2=0.0)
    plot.expect(
        "good_firm_outside_boundary",
        Words("好企业在城镇开发边界外", "a good firm outside the urban boundary"),
        "swap",
        "good_firm_wrong_land",
    )


def _west_half(shape: Any) -> Any:  # noqa: ANN401 - shapely geometries
    low_x, low_y, high_x, high_y = shape.bounds
    return shapely.intersection(shape, shapely.box(low_x, low_y, (low_x + high_x) / 2, high_y))


def _plant_poor_firms(plots: Iterator[Plot]) -> None:
    """Put firms last: two years running they go; for once only see `_close_the_ranking`."""
    plot = next(plots)
    plot.fails(0, 1)
    plot.expect("last_two_years", Words("连续两年末等", "among the last two years running"), "exit", "poor_two_years")
    plot = next(plots)
    plot.fails(0)
    plot.at_level(MODEST, 1)
    plot.expect(
        "last_after_modest",
        Words("本年末等，上年 C 级", "among the last, C the year before"),
        "exit",
        "poor_two_years",
    )


def _plant_stopped_firms(garden: Garden, plots: Iterator[Plot]) -> None:
    """Stop firms: for a year or more, and they go."""
    months = int(garden.law.triage.value("stopped_months", "month"))

    def rests(status: str, since: pd.Timestamp | None) -> Plot:
        plot = next(plots)
        plot.enterprise(status=status, stopped_since=since or pd.NaT)
        return plot

    rests("stopped", _months(garden, months + 2)).expect(
        "stopped_firm", Words("停产一年以上", "stopped for more than a year"), "exit", "long_stopped", findings=_STOPPED
    )
    rests("stopped", _months(garden, months)).expect(
        "stopped_firm_year_to_the_day", Words("停产满一年当日", "stopped one year to the day"), "exit", "long_stopped",
        findings=_STOPPED,
    )  # fmt: skip
    rests("half_stopped", _months(garden, months + 6)).expect(
        "half_stopped_firm", Words("半停产一年半", "half stopped for a year and a half"), "exit", "long_stopped"
    )
    rests("half_stopped", _months(garden, months - 1)).expect(
        "half_stopped_eleven_months",
        Words("半停产 11 个月：未满一年", "half stopped for eleven months: not a year"),
        "leave",
    )
    rests("stopped", None).expect(
        "stopped_firm_unknown",
        Words("停产，起始日期不明", "stopped, nobody knows since when"),
        "data_first",
    )
    gone = rests("deregistered", _months(garden, 2 * months))
    garden.unranked.add(gone.firm)
    gone.expect(
        "deregistered_firm",
        Words("已注销两年", "deregistered two years ago"),
        "exit",
        "long_stopped",
        findings=_STOPPED,
    )


def _plant_zombies(garden: Garden, plots: Iterator[Plot]) -> None:
    """Let firms stop without a word, live on without earning, or be seen by an inspector alone; a sign that is old has faded."""
    law = garden.law.activity
    plot = next(plots)
    plot.falls_silent(_months(garden, int(law.value("stopped_months", "month")) + 3))
    plot.expect(
        "silent_meter",
        Words(
            "台账正常，用电税收参保已停九个月",
            "on record as normal; electricity, tax and insured heads gone for nine months",
        ),
        "leave",
        findings=_STOPPED,
    )
    plot = next(plots)
    plot.is_large()
    plot.enterprise(status="stopped", stopped_since=_months(garden, 15))
    plot.year(0, is_in_arrears=True)
    plot.expect(
        "zombie_stopped_in_arrears",
        Words(
            "停产一年以上且长期欠薪欠税：四项具其二",
            "stopped for more than a year and long in arrears: two of the four",
        ),
        "exit",
        "long_stopped",
        findings=_STOPPED | {"zombie": "suspected"},
    )
    plot = next(plots)
    plot.is_large()
    for ago in range(int(law.value("loss_years", "year"))):
        plot.year(ago, profit_wan=-120.0)
    owes = float(law.value("leverage_high", "ratio")) + 0.1
    plot.year(0, assets_wan=10_000.0, liabilities_wan=owes * 10_000.0, subsidy_wan=80.0)
    plot.expect(
        "zombie_on_subsidy",
        Words("在产，高负债、连亏三年、靠补贴", "in production; deep in debt, three years of loss, on subsidies"),
        "leave",
        findings={"zombie": "suspected"},
    )
    months = int(law.value("forget_months", "month"))
    for plant, since, words, finding in (
        ("inspected_stopped", 1, Words("无数据，核查上月停产", "no figures; an inspector found it stopped a month ago"), "suspected"),
        ("inspected_long_ago", months - 6, Words("无数据，核查停产已过两年半", "no figures; it was found stopped two and a half years ago"),
         "unknown"),
    ):  # fmt: skip
        plot = next(plots)
        plot.forget_years(*range(garden.years))
        plot.seen("found_stopped", _months(garden, since))
        plot.expect(
            plant,
            words,
            "data_first",
            findings=_TAX_UNKNOWN | {"production_stopped": finding, "zombie": "unknown"},
        )


def _plant_protected(garden: Garden, plots: Iterator[Plot]) -> None:
    """Plant firms not suited to evaluation (T): left alone where another would have to improve."""
    plot = next(plots)
    plot.build(0.25, 1)
    plot.enterprise(is_utility=True, industry_code="4620")
    garden.unranked.add(plot.firm)
    plot.expect(
        "utility", Words("公用事业（污水处理），容积率低", "a public utility (sewage), floor-area ratio low"), "leave",
        findings={"key_below_industry": "unknown"},  # the only one of its industry
    )  # fmt: skip
    plot = next(plots)
    plot.young()
    plot.year(0, tax_wan=round(2.0 * plot.mu, 2))
    plot.expect(
        "new_firm",
        Words("投产不足两年，税收尚低", "in production for less than two years, tax still low"),
        "leave",
        findings=_LOW_TAX,
    )


def _plant_uses(garden: Garden, rng: np.random.Generator) -> None:
    """Put several firms on one parcel, and one firm on several: a parcel is not an enterprise."""
    shared = next(garden.shared_plots(rng, 4))
    shared.expect("four_users", Words("一地多企：业主与三家承租", "one parcel, its owner and three tenants"), "leave")
    plot = next(garden.shared_plots(rng, 4))
    for ago in range(garden.years):
        plot.times(ago, tax_wan=0.15, value_added_wan=1.4, rd_wan=1.8)
        for tenant in plot.tenants():
            plot.times(ago, firm=tenant, tax_wan=2.0)
    plot.expect(
        "tenants_pay",
        Words("业主税少，承租企业纳税并计", "the owner pays little; its tenants' tax counts for the plot"),
        "leave",
    )
    plot = next(garden.shared_plots(rng, 3))
    plot.year(0, firm=plot.tenants()[0], tax_wan=np.nan)
    plot.expect(
        "tenant_tax_missing",
        Words("一家承租企业税收缺失", "one tenant's tax is unknown"),
        "data_first",
        findings=_TAX_UNKNOWN,
    )
    first, second = next(garden.paired_plots(rng))
    for one in (first, second):
        one.expect("one_firm_two_parcels", Words("一企两地", "one firm on two parcels"), "leave")
    _plant_tenant_of_two(garden, rng)
    small = next(garden.small_plots(rng))
    small.expect("below_scale", Words("规下企业，另行排名", "below designated size: ranked apart"), "leave")


def _plant_tenant_of_two(garden: Garden, rng: np.random.Generator) -> None:
    """Let a tenant rent a corner of a second parcel too: land used, and the owner's, move with it."""
    home, away = garden.shared_neighbours(rng)
    tenant, uses = home.tenants()[0], garden.frames["parcel_use"]
    corner = round(0.04 * away.area_m2, 1)
    mine = garden.get("enterprise_year", tenant * garden.years, "land_used_m2")
    theirs = garden.get("enterprise_year", away.firm * garden.years, "land_used_m2")
    for ago in range(garden.years):
        home.year(ago, firm=tenant, land_used_m2=mine + corner)
        away.year(ago, land_used_m2=theirs - corner)
    model = uses.iloc[int(np.flatnonzero(garden.holdings.use_firm == tenant)[0])].to_dict()
    where = garden.frames["parcel"].iloc[away.parcel]
    lease = {str(name): value for name, value in model.items()}
    garden.add("parcel_use", lease | {"parcel_no": where["parcel_no"], "area_m2": corner, "lease_no": "示例租约 二"})
    for plot in (home, away):
        plot.expect("tenant_of_two", Words("一家企业承租两处", "a tenant of two parcels"), "leave")


def _plant_harmless(garden: Garden, rng: np.random.Generator, plots: Iterator[Plot]) -> None:
    """Plant what must change no answer: papers, codes and names."""
    plot = next(plots)
    plot.land(is_seized=True, is_mortgaged=True)
    plot.expect("seized", Words("土地查封", "title seized by a court"), "leave")
    plot = next(plots)
    plot.land(landuse_code="1001", landuse_scheme="gbt21010-2017")
    plot.expect(
        "use_is_railway",
        Words("现状 1001（GB/T 21010）是铁路用地", "present use 1001 of GB/T 21010: a railway"),
        "leave",
    )
    holder, *others = HOSTILE_NAMES
    plot = next(plots)
    plot.land(owner_name=holder)
    plot.expect("hostile_owner", Words("权利人名称含 HTML", "a holder's name that is HTML"), "leave")
    for name in others:
        plot = next(plots)
        plot.named(name)
        plot.expect("hostile_name", Words("企业名称含特殊字符", "a firm's name of awkward characters"), "leave")


def _plant_beside(garden: Garden, zones: Zones) -> None:
    """Name a neighbour of a parcel inside the red line, whose border is the line itself: touched, not entered."""
    park, shape = next((park, shape) for park, layer, shape in zones if layer == "ecology")
    fit = np.flatnonzero(garden.ordinary & (garden.fabric.park_of == park))
    beside = fit[shapely.intersects(garden.fabric.parcels[fit], shape)]
    for parcel in beside.tolist():
        if parcel not in garden.taken:
            garden.take(parcel).expect(
                "beside_ecology",
                Words("与生态保护红线相邻", "the red line runs along its border"),
                "leave",
            )
            return


def _close_the_ranking(garden: Garden, rng: np.random.Generator) -> None:
    """Choose who is last: a ranking by quota has a last twentieth, however good all are.

    In every park and size class, ordinary firms that were good the year before fail in the last year, as many as the quota takes beyond
    those planted; each must improve.
    """
    law, holdings, level = garden.law.performance, garden.holdings, garden.level
    assert law.scheme is not None
    share = next(cut.last for cut in law.scheme.cuts if cut.last is not None)
    ranked = np.ones(len(level), dtype=bool)
    ranked[list(garden.unranked)] = False
    lies_on = np.full(len(level), -1)
    lies_on[holdings.owner] = np.arange(len(holdings.owner))
    free = np.zeros(len(level), dtype=bool)
    free[holdings.owner[garden.ordinary]] = True
    free[holdings.owner[sorted(garden.taken)]] = False
    # Small firms that could be last without speaking for a parcel: one of several tenants.
    crowd = holdings.is_tenant & (holdings.users[holdings.use_parcel] > 2)
    crowd &= ~np.isin(holdings.use_parcel, sorted(garden.taken))
    one_of_many = np.zeros(len(level), dtype=bool)
    one_of_many[holdings.use_firm[crowd]] = True
    chosen: list[int] = []
    small = garden.is_small_firm
    for park in range(len(garden.fabric.parks)):
        for is_small in (False, True):
            group = ranked & (holdings.firm_park == park) & (small == is_small)
            quota = int(share * int(group.sum())) - len([firm for firm in garden.last if group[firm]])
            fit = group & (one_of_many if is_small else free & (level[:, 1] > 1.1))
            chosen += rng.permutation(np.flatnonzero(fit))[: max(quota, 0)].tolist()
    _fail(garden, np.array(chosen, dtype=np.int64))
    number, article = garden.law.gate("poor_once")
    owners = [int(lies_on[firm]) for firm in chosen if not small[firm]]
    garden.answer(
        owners, plant=LAST_ONCE, zh="本年末等，上年尚好", en="among the last, good the year before", answer="upgrade", gate=number,
        track="", ruleset=garden.law.triage.code, test="", finding="clear", article=article,
    )  # fmt: skip


def _fail(garden: Garden, firms: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """Bring firms to the end of the ranking of the last year: they pay tax but make nothing, or burn far too much for it."""
    years = garden.frames["enterprise_year"]
    rows = firms * garden.years + garden.years - 1
    ratio = MODEST / garden.level[firms, 0]
    factors = {
        "tax_wan": ratio,
        "revenue_wan": ratio,
        "value_added_wan": 0.2 * ratio,
        "rd_wan": 0.2 * ratio,
        "power_kwh": 30.0,
    }
    for column, factor in factors.items():
        values = years[column].to_numpy().copy()
        values[rows] = np.round(values[rows] * factor, 2)
        years[column] = values
