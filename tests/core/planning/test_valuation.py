"""What freeing a parcel costs: countable sums, one part after the other, and what stays unknown."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from given_stock import stock

from landgis.core.planning.valuation import LEVELS, PARTS, compensation, term_factor
from landgis.terms.errors import RuleError
from landgis.terms.rulereader import load_ruleset

RULES = load_ruleset("cn-compensation")
ON = date(2026, 6, 30)
CASES = tomllib.loads((Path(__file__).parents[2] / "law/compensation.toml").read_text(encoding="utf-8"))["cases"]

#: A hectare, granted, 600 元/m² for a full term, 30 years left (K = 0.8584); 8 000 m² of floor built 25 years ago (newness 0.5).
PLOT: dict[str, Any] = {
    "parcel_no": "A",
    "tenure": "granted",
    "build_status": "built",
    "base_price_yuan_per_m2": 600.0,
    "term_end": date(2056, 6, 30),
}
HALL = {"parcel_no": "A", "building_no": "1", "floor_area_m2": 8000.0, "built_year": 2001}
YEAR = {"uscc": "U", "year": 2025, "fixed_asset_wan": 1000.0, "profit_wan": 120.0}


def estimate(**differs: Any) -> Any:
    given = {
        "parcels": [PLOT | differs.get("plot", {})],
        "buildings": differs.get("buildings", [HALL | differs.get("hall", {})]),
        "firms": [{"uscc": "U"}],
        "uses": differs.get("uses", [{"parcel_no": "A", "uscc": "U", "role": "owner"}]),
        "years": [YEAR | differs.get("year", {})],
        "contracts": differs.get("contracts", []),
    }
    return compensation(stock(given.pop("parcels"), **given), RULES, ON).iloc[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_term_factor(case: dict[str, Any]) -> None:
    found = term_factor(float(RULES.value("discount_rate", "ratio")), np.array([case["years_left"]]), 50)
    assert round(float(found[0]), 4) == case["factor"]


def test_the_parts_can_be_counted() -> None:
    found = estimate()
    assert found["term_factor"] == pytest.approx(0.8584, abs=2e-4)
    assert found["land_high_wan"] == pytest.approx(10_000 * 600 * 0.8584 / 10_000, rel=2e-4)
    assert found["land_low_wan"] == pytest.approx(0.8 * found["land_high_wan"])
    assert found["building_mid_wan"] == pytest.approx(8000 * 0.5 * 1500 / 10_000)
    assert found["equipment_mid_wan"] == pytest.approx(60) and found["stoppage_mid_wan"] == pytest.approx(60)
    assert found["reward_mid_wan"] == pytest.approx(0.05 * (found["land_mid_wan"] + found["building_mid_wan"]))
    for level in LEVELS:
        assert found[f"cost_{level}_wan"] == pytest.approx(sum(found[f"{part}_{level}_wan"] for part in PARTS))
    assert found["cost_low_wan"] < found["cost_mid_wan"] < found["cost_high_wan"]
    assert found["missing"] == ()


def test_what_is_owed_is_taken_off_and_never_makes_it_negative() -> None:
    owing = {"parcel_no": "A", "contract_no": "1", "price_wan": 500.0, "price_paid_wan": 400.0}
    assert estimate(contracts=[owing])["cost_mid_wan"] == pytest.approx(estimate()["cost_mid_wan"] - 100)
    assert estimate(contracts=[owing | {"price_wan": 99_999.0}])["cost_high_wan"] == 0


def test_an_old_hall_keeps_the_least_newness_and_a_loss_stops_nothing() -> None:
    assert estimate(hall={"built_year": 1960})["building_mid_wan"] == pytest.approx(8000 * 0.3 * 1500 / 10_000)
    assert estimate(year={"profit_wan": -50.0})["stoppage_high_wan"] == 0


def test_bare_land_has_nothing_to_move() -> None:
    found = estimate(plot={"build_status": "unbuilt"}, buildings=[], uses=[])
    assert found["building_mid_wan"] == found["equipment_mid_wan"] == found["stoppage_mid_wan"] == 0
    assert found["cost_mid_wan"] == pytest.approx(1.05 * found["land_mid_wan"]) and found["missing"] == ()


@pytest.mark.parametrize(
    ("differs", "lacks"),
    [
        ({"plot": {"tenure": "allocated"}}, "parcel.tenure"),
        ({"plot": {"term_end": None}}, "parcel.term_end"),
        ({"plot": {"base_price_yuan_per_m2": None}}, "parcel.base_price_yuan_per_m2"),
        ({"hall": {"floor_area_m2": None}}, "building.floor_area_m2"),
        ({"hall": {"built_year": None}}, "building.built_year"),
        ({"buildings": []}, "building.floor_area_m2"),
        ({"uses": []}, "parcel_use"),
        ({"year": {"fixed_asset_wan": None}}, "enterprise_year.fixed_asset_wan"),
        ({"year": {"profit_wan": None}}, "enterprise_year.profit_wan"),
        ({"year": {"year": 2024}}, "enterprise_year.profit_wan"),
        ({"contracts": [{"parcel_no": "A", "contract_no": "1", "price_wan": 5.0}]}, "contract.price_paid_wan"),
    ],
)
def test_unknown_stays_unknown_and_says_what_lacks(differs: dict[str, Any], lacks: str) -> None:
    found = estimate(**differs)
    assert lacks in found["missing"]
    assert all(np.isnan(found[f"cost_{level}_wan"]) for level in LEVELS)


def test_a_firm_on_two_parcels_is_spread_by_area() -> None:
    two = stock(
        [PLOT, PLOT | {"parcel_no": "B"}],
        buildings=[HALL, HALL | {"parcel_no": "B", "building_no": "2"}],
        firms=[{"uscc": "U"}],
        uses=[
            {"parcel_no": "A", "uscc": "U", "role": "owner", "area_m2": 3000.0},
            {"parcel_no": "B", "uscc": "U", "role": "owner", "area_m2": 1000.0},
        ],
        years=[YEAR],
    )
    assert compensation(two, RULES, ON)["equipment_high_wan"].tolist() == pytest.approx([90, 30])


def test_a_constant_that_lacks_is_refused() -> None:
    with pytest.raises(RuleError):
        compensation(stock([PLOT]), load_ruleset("cn-triage"), ON)
