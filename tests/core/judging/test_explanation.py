"""An explanation says what the gates said: nothing is thought anew, nothing unknown passes for no."""

from datetime import date
from string import ascii_uppercase
from typing import Any

import pandas as pd
import pytest
from given_stock import stock

from landgis.core.judging.explanation import Judgement, Trace, condition_words
from landgis.core.judging.idle import idle_by_parcel, idle_findings, idle_land
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import grade
from landgis.core.judging.triage import parcel_grades, triage
from landgis.terms.frames import STOCK
from landgis.terms.measures import MEASURES
from landgis.terms.rulereader import compose
from landgis.terms.rules import Condition
from landgis.terms.suppliers import _KEEPERS, SUPPLIERS, suppliers_of

ON = date(2024, 6, 30)
BOOK = compose(["cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage"], ON)


def trace(**differs: Any) -> Trace:
    """Judge five car makers, or `count`, on a hectare each, of which the first parcel, A, differs."""
    count = differs.get("count", 5)
    names = ascii_uppercase[:count]
    tax_wan = [differs.get("tax_wan", 300.0), *(300.0 - place for place in range(1, count))]
    firms = [
        {
            "uscc": f"U{place}", "scale": "below", "status": "normal", "industry_code": "C3612", "industry_scheme": "gbt4754-2017",
            "is_safety_failed": False, "is_environment_failed": False,
        }
        for place in range(count)
    ]  # fmt: skip
    drawn = stock(
        [
            {"parcel_no": name, "plan_code": "1001", "plan_scheme": "ydyh-2023", "build_status": "built", "plan_far_max": 2.0}
            | (differs.get("parcel", {}) if name == "A" else {})
            for name in names
        ],
        contracts=[
            {"contract_no": name, "parcel_no": name, "started_on": date(2010, 1, 1)}
            | (differs.get("contract", {}) if name == "A" else {})
            for name in names
        ],
        buildings=[
            {"parcel_no": name, "floor_area_m2": floor, "footprint_m2": 5000.0}
            for name, floor in zip(names, [differs.get("floor_area_m2", 15_000.0), *[15_000.0] * (count - 1)], strict=True)
        ],
        firms=[firms[0] | differs.get("firm", {}), *firms[1:]],
        uses=[{"parcel_no": name, "uscc": f"U{place}", "role": "owner"} for place, name in enumerate(names)],
        years=[
            {"uscc": f"U{place}", "year": year, "tax_wan": tax_wan[place], "power_kwh": 1e6, "land_used_m2": 10_000.0}
            for place in range(count)
            for year in (2022, 2023)
        ],
    )  # fmt: skip
    assert BOOK.idle and BOOK.low_efficiency and BOOK.performance and BOOK.triage
    measures = parcel_measures(drawn, ON, BOOK.industries)
    contracts = idle_land(drawn.contract, BOOK.idle, ON, build_status=drawn.parcel["build_status"])
    idle = idle_by_parcel(contracts, drawn.parcel)
    low = low_efficiency(measures, BOOK.low_efficiency, idle["idle"])
    findings = pd.concat([idle_findings(contracts, idle, BOOK.idle), low], ignore_index=True)
    now, before = (grade(drawn, BOOK.performance, ON, year=year) for year in (2023, 2022))
    answers = triage(
        measures, findings, BOOK.triage, idle=idle,
        grades=parcel_grades(now, measures), grades_before=parcel_grades(before, measures),
    )  # fmt: skip
    return Trace(Judgement(measures, contracts, idle, findings, (), now, before, answers), BOOK)


def gate(told: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in told["gates"] if one["code"] == code)


def test_the_gates_in_order_and_the_one_that_decided() -> None:
    told = trace(floor_area_m2=3000.0).tell(1)
    decided = [one for one in told["gates"] if one["decided"]]
    assert [one["code"] for one in decided] == ["fair_firm_good_land"]
    states = [one["state"] for one in told["gates"]]
    assert states == ["not_met"] * 5 + ["met"] + ["not_asked"] * 4
    far = next(one for one in decided[0]["any"] if one["code"] == "far_below_floor")
    assert (far["state"], far["value"], far["threshold"], far["confidence"]) == ("met", 0.3, 0.8, "M")
    assert far["article"].startswith("国土资发〔2008〕24号")


def test_what_is_unknown_and_only_noted_is_said_and_does_not_hold_up() -> None:
    told = trace().tell(1)
    place = gate(told, "good_firm_wrong_land")
    assert place["state"] == "not_met"
    assert [(one["code"], one["state"], one["noted"]) for one in place["any"]] == [
        ("in_renewal_area", "unknown", True), ("outside_boundary", "unknown", True),
    ]  # fmt: skip
    assert gate(told, "keep")["decided"]


def test_what_is_missing_is_named_with_who_should_supply_it() -> None:
    told = trace(firm={"is_safety_failed": None, "status": None}).tell(1)
    by_name = {one["name"]: one for one in told["missing"]}
    safety = by_name["enterprise.is_safety_failed"]
    assert [one["code"] for one in safety["suppliers"]] == ["emergency"]
    assert safety["decides"] and [one["code"] for one in safety["wanted_by"]] == ["veto_firm"]
    assert [one["code"] for one in by_name["enterprise.status"]["suppliers"]] == ["market"]
    assert not by_name["zone.farmland"]["decides"]  # only noted
    assert told["missing"][0]["decides"]  # what decides comes first
    assert told["reliability"] < 1 and not any(one["decided"] for one in told["gates"])


def test_points_for_and_against_are_each_said_once() -> None:
    told = trace(floor_area_m2=3000.0).tell(1)["points"]
    codes = {side: [one["code"] for one in points] for side, points in told.items()}
    assert "far_below_floor" in codes["for"] and "safety_failed" in codes["against"] and "in_farmland" in codes["open"]
    below = next(one for one in told["for"] if one["code"] == "far_below_floor")
    assert (below["title"]["zh"], below["measure_title"]["zh"], below["value"]) == (
        "容积率低于本行业下限",
        "容积率",
        0.3,
    )
    listed = [code for side in codes.values() for code in side]
    assert len(listed) == len(set(listed))


def test_a_point_against_says_what_was_found() -> None:
    """The bare name of a fault would read as if it were there."""
    told = trace(parcel={"is_mortgaged": True}).tell(1)["points"]["against"]
    said = {one["code"]: one["said"] and one["said"]["zh"] for one in told}
    assert said["plan_not_industrial"] == "否", "planned for industry: that it is not so is not so"
    assert said["not_mortgaged"] == "不成立" and said["not_started"] == "未见"
    assert all(one["said"] or one["value"] is not None for one in told)


def test_one_of_several_codes_is_said_to_be_one() -> None:
    words = [condition_words(Condition("track", "in", values=codes), {}) for codes in (("fee",), ("fee", "agreement"))]
    assert [one.en.rpartition(" is ")[2].split()[0] for one in words] == ["idle", "one"]
    assert not words[0].zh.endswith("之一") and words[1].zh.endswith("之一")


def test_land_uses_are_told_in_words_by_the_parcel_s_own_scheme() -> None:
    """1001 is industrial in the one scheme and a railway in the other."""
    asks = Condition("landuse_code", "in", values=("1001",))
    for scheme, words in (("ydyh-2023", "1001 工业用地"), ("gbt21010-2017", "1001 铁路用地")):
        told = trace(parcel={"landuse_code": "1001", "landuse_scheme": scheme})
        assert condition_words(asks, told.words_of("landuse_code", asks.values, 0)).zh == f"现状用途为 {words}"


def test_facts_have_a_unit_a_title_and_the_columns_they_need() -> None:
    facts = {one["name"]: one for one in trace().tell(1)["facts"]}
    assert facts["far"]["value"] == 1.5 and facts["far"]["needs"] == ["building.counted_area_m2"]
    assert facts["grade"]["said"]["zh"] == "A 优先发展"
    assert facts["industry_tax_wan_per_mu"]["unit"] == "万元/亩"
    for fact in facts.values():
        assert fact["title"]["zh"] and fact["title"]["en"], fact["name"]


def test_conditions_of_the_tests_say_by_which_numbers() -> None:
    tests = {one["test"]: one["conditions"] for one in trace().tell(1)["tests"]}
    assert all(conditions for conditions in tests.values())
    (line,) = tests["low_tax"]
    assert line["threshold"] == 5.0 and line["value"] == pytest.approx(20.0) and line["state"] == "not_met"


def test_a_parcel_is_told_alike_alone_and_in_company() -> None:
    told = trace()
    assert [told.tell(place)["gates"][5]["any"][0]["value"] for place in (1, 2)] == [1.5, 1.5]


def test_every_table_and_every_measure_has_a_keeper() -> None:
    assert set(_KEEPERS.values()) <= set(SUPPLIERS)
    for table in STOCK:
        for column in table.columns:
            assert suppliers_of(f"{table.name}.{column.name}")[0] in SUPPLIERS
            assert table.name in _KEEPERS
    for name in _KEEPERS:
        table_name, _, column_name = name.partition(".")
        if column_name and table_name != "zone":
            assert column_name in next(one for one in STOCK if one.name == table_name).by_name, name
    assert all(suppliers_of(name) for name in MEASURES)


@pytest.mark.parametrize(
    ("code", "zh"), [("3612", "不在目录"), ("3031", "可能属淘汰类（实心粘土砖）"), ("3120", "可能属禁止类（地条钢）")]
)
def test_how_an_industry_stands_is_said_in_words(code: str, zh: str) -> None:
    told = trace(firm={"industry_code": code}).tell(1)
    fact = next(one for one in told["facts"] if one["name"] == "industry_standing")
    assert fact["said"]["zh"] == zh and fact["said"]["en"] != fact["value"]
