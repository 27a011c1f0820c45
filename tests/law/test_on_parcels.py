"""The worked cases of what is asked of parcels: low efficiency, control indicators, standard land, and the list of industries."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from given_law import cases
from given_stock import MU_M2, stock
from shapely.geometry import box

from landgis.core.judging.industries import industry_standing
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.terms.frames import Stock
from landgis.terms.measures import MEASURES
from landgis.terms.rulereader import compose, load_ruleset

#: The rulesets whose tests are asked of parcels, each with a file of cases.
ON_PARCELS = (
    "dongyang", "minhou", "ningxia", "seven_tests", "control_2008", "control_2023", "standard_land",
)  # fmt: skip


@pytest.mark.parametrize("case", [case for name in ON_PARCELS for case in cases(name)])
def test_on_parcels(case: dict[str, Any]) -> None:
    """One parcel A with what the case gives of it; what every test says of it, and between which numbers."""
    book = compose([case["ruleset"]])
    rules = next(item for item in book.rulesets if item.code == case["ruleset"])
    found = low_efficiency(parcel_measures(drawn(case), case.get("on", date(2024, 6, 30)), book.industries), rules)
    found = found[found["parcel_id"] == 1].set_index("test")
    assert set(case["expect"]) <= set(found.index)
    for test, wanted in case["expect"].items():
        assert found.loc[test, "finding"] == wanted, test
    for test, (value, threshold) in case.get("numbers", {}).items():
        assert found.loc[test, ["value", "threshold"]].tolist() == pytest.approx([value, threshold], rel=1e-3), test
    for test, missing in case.get("missing", {}).items():
        assert list(found.loc[test, "missing"]) == missing, test


def drawn(case: dict[str, Any]) -> Stock:
    """Make the stock of a case: parcel A, 10 mu unless it says otherwise, used by firm U; further parcels of the same industry."""
    parcel = {"parcel_no": "A", "geom_area_m2": 10 * MU_M2} | case.get("parcel", {})
    others = [
        {"parcel_no": f"N{place}", "geom_area_m2": 10 * MU_M2} for place, _ in enumerate(case.get("neighbours_tax", []))
    ]
    firms = [{"uscc": "U"} | case.get("firm", {})]
    firms += [{"uscc": f"N{place}"} | case.get("firm", {}) for place in range(len(others))]
    firms += [{"uscc": "T"} | case["tenant"]] if "tenant" in case else []
    uses = [{"parcel_no": "A", "uscc": "U", "role": "owner"}]
    uses += [{"parcel_no": row["parcel_no"], "uscc": row["parcel_no"], "role": "owner"} for row in others]
    if "tenant" in case:
        uses.append({"parcel_no": "A", "uscc": "T", "role": "tenant", "area_m2": case["let_m2"]})
    year = case.get("on", date(2024, 6, 30)).year - 1
    years = [{"uscc": "U", "year": year} | case["year"]] if "year" in case else []
    years += [{"uscc": "U", "year": year - 1} | case["year_before"]] if "year_before" in case else []
    years += [
        {"uscc": row["parcel_no"], "year": year, "tax_wan": tax * 10.0}
        for row, tax in zip(others, case.get("neighbours_tax", []), strict=True)
    ]
    return stock(
        [parcel, *others],
        contracts=[{"contract_no": str(place), "parcel_no": "A"} | row for place, row in enumerate(case.get("contracts", []))],
        buildings=[
            {"building_no": str(place), "parcel_no": "A"} | row for place, row in enumerate(case.get("buildings", []))
        ],
        firms=firms,
        uses=uses,
        years=years,
        zones=[
            {"layer": layer, "zone_code": layer, "geom": extent}
            for extent, key in ((box(119, 30, 122, 32), "inside"), (box(110, 20, 111, 21), "elsewhere"))
            for layer in case.get(key, [])
        ],
    )  # fmt: skip


@pytest.mark.parametrize("name", ON_PARCELS)
def test_every_test_of_a_ruleset_suspects_is_clear_and_is_unknown_in_some_case(name: str) -> None:
    said: dict[str, set[str]] = {}
    for case in cases(name):
        for test, finding in case.values[0]["expect"].items():
            said.setdefault(test, set()).add(finding)
    rules = load_ruleset(cases(name)[0].values[0]["ruleset"])
    assert said == {test.code: {"suspected", "clear", "unknown"} for test in rules.tests}


@pytest.mark.parametrize("case", cases("industries"))
def test_industries(case: dict[str, Any]) -> None:
    given = pd.DataFrame([{"industry_code": case["code"] or None, "industry_scheme": case["scheme"] or None}])
    said = industry_standing(given, load_ruleset(case["ruleset"])).item()
    assert (said or "unknown") == case["expect"]


def test_what_is_not_certain_of_the_industries_is_marked_so() -> None:
    assert {item.confidence for item in load_ruleset("cn-industries").standings} == {"L"}


def test_control_indicators_are_split_and_only_those_with_numbers_are_tested() -> None:
    rules = load_ruleset("cn-control-2023")
    mandatory, recommended = (rules.lists[name].values for name in ("mandatory", "recommended"))
    assert {*mandatory, *recommended} <= set(MEASURES) and not set(mandatory) & set(recommended)
    asked = {condition.measure for test in rules.tests for condition in test.conditions}
    assert set(mandatory) <= asked and not set(recommended) & asked
