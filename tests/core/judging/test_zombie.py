"""Suspected zombie firms: a large firm that earns, and what differs."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from given_stock import stock
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.judging.zombie import Runs, zombie_tests
from landgis.terms.rulereader import load_ruleset

ZOMBIE = load_ruleset("cn-zombie")
ON = date(2026, 6, 30)
USUAL: dict[str, Any] = {
    "employees": 300.0, "revenue_wan": 2000.0, "profit_wan": 50.0, "ebit_wan": 80.0, "interest_wan": 30.0, "assets_wan": 1000.0,
    "liabilities_wan": 500.0, "subsidy_wan": 0.0, "short_debt_wan": 200.0, "long_debt_wan": 300.0, "bonds_wan": 0.0,
    "is_in_arrears": False,
}  # fmt: skip
#: Three years of loss, deep in debt.
SINKING = {"profit_wan": -10.0, "liabilities_wan": 800.0}


def on_firm(
    last: dict[str, Any] | None = None,
    *,
    all_years: dict[str, Any] | None = None,
    firm: dict[str, Any] | None = None,
    low: float = 0.0,
    half: float = 0.0,
) -> dict[str, Any]:
    """Test one firm: its last year differs, or all its years do; months of low and half low electricity."""
    years = [
        {"uscc": "U", "year": 2025 - ago} | USUAL | (all_years or {}) | ((last or {}) if not ago else {})
        for ago in range(3)
    ]
    drawn = stock([{"parcel_no": "A"}], firms=[{"uscc": "U", "status": "normal"} | (firm or {})], years=years)
    found = zombie_tests(drawn, ZOMBIE, ON, Runs(np.array([low]), np.array([half])))
    rows = found.tests.set_index("test")
    return rows["finding"].to_dict() | {"in_scope": found.finding[0], "rows": rows}


@pytest.mark.parametrize(
    ("differs", "finding"),
    [
        ({}, "clear"),
        ({"firm": {"status": "stopped", "stopped_since": date(2025, 12, 30)}}, "suspected"),  # 停产半年以上: six months
        ({"firm": {"status": "stopped", "stopped_since": date(2026, 1, 31)}}, "clear"),  # ... less
        ({"firm": {"status": "half_stopped", "stopped_since": date(2025, 6, 30)}}, "suspected"),  # 半停产一年以上
        ({"firm": {"status": "half_stopped", "stopped_since": date(2025, 7, 1)}}, "clear"),
        ({"firm": {"status": "normal"}, "low": 6.0}, "suspected"),  # the ledger does not tell, the meter does
        ({"firm": {"status": "normal"}, "half": 11.0}, "clear"),
        ({"firm": {"status": "normal"}, "half": 12.0}, "suspected"),
        ({"firm": {"status": None}, "low": np.nan, "half": np.nan}, "unknown"),
        ({"firm": {"status": "stopped"}, "low": np.nan, "half": np.nan}, "unknown"),  # nobody knows since when
        ({"firm": {"status": None}}, "clear"),  # the meter runs
    ],
)
def test_one_of_four_stopped(differs: dict[str, Any], finding: str) -> None:
    assert on_firm(**differs)["zombie_stopped"] == finding


@pytest.mark.parametrize(
    ("last", "all_years", "finding"),
    [
        ({}, SINKING, "suspected"),
        ({"profit_wan": 1.0}, SINKING, "clear"),  # 连续三年亏损: the last was none
        ({}, SINKING | {"liabilities_wan": 700.0}, "clear"),  # 70 % is not above 70 %
        ({"profit_wan": None}, SINKING, "unknown"),
        ({"profit_wan": None}, {"liabilities_wan": 300.0}, "clear"),  # little debt: whatever it lost
        ({"assets_wan": None}, SINKING, "unknown"),
    ],
)
def test_two_of_four_loss(last: dict[str, Any], all_years: dict[str, Any], finding: str) -> None:
    assert on_firm(last, all_years=all_years)["zombie_loss"] == finding


@pytest.mark.parametrize(
    ("last", "finding"),
    [
        ({}, "clear"),
        ({"subsidy_wan": 60.0}, "suspected"),  # 50 of profit, 60 of subsidy
        ({"subsidy_wan": 50.0}, "clear"),  # without it, nothing: not a loss
        ({"profit_wan": -10.0}, "clear"),  # a loss, but nobody feeds it
        ({"ebit_wan": 20.0, "short_debt_wan": 201.0}, "suspected"),  # earns less than its interest, borrows more
        ({"ebit_wan": 20.0}, "clear"),  # ... borrows no more
        ({"subsidy_wan": None}, "unknown"),
        (
            {"subsidy_wan": None, "profit_wan": 90.0, "ebit_wan": 20.0, "short_debt_wan": 201.0},
            "suspected",
        ),  # one is enough
    ],
)
def test_three_of_four_dependent(last: dict[str, Any], finding: str) -> None:
    assert on_firm(last)["zombie_dependent"] == finding


@pytest.mark.parametrize(("arrears", "finding"), [(True, "suspected"), (False, "clear"), (None, "unknown")])
def test_four_of_four_arrears(arrears: bool | None, finding: str) -> None:
    assert on_firm({"is_in_arrears": arrears})["zombie_arrears"] == finding


@pytest.mark.parametrize(
    ("last", "low", "zombie", "in_scope"),
    [
        ({}, 0.0, "clear", "clear"),
        ({"is_in_arrears": True}, 0.0, "clear", "clear"),  # one of the four
        ({"is_in_arrears": True}, 6.0, "suspected", "suspected"),  # two: 四项具其二
        ({"is_in_arrears": True, "subsidy_wan": None}, 0.0, "unknown", "unknown"),  # one, and one unknown
        ({"subsidy_wan": None}, 0.0, "clear", "clear"),  # one unknown cannot make two
        ({"is_in_arrears": True, "employees": 299.0}, 6.0, "clear", "out_of_scope"),  # 大中型: 300 heads ...
        ({"is_in_arrears": True, "revenue_wan": 1999.0}, 6.0, "clear", "out_of_scope"),  # ... and 2000 万元
        ({"is_in_arrears": True, "employees": None}, 6.0, "unknown", "unknown"),
    ],
)
def test_two_of_four_make_the_suspicion(last: dict[str, Any], low: float, zombie: str, in_scope: str) -> None:
    found = on_firm(last, low=low)
    assert (found["zombie"], found["in_scope"]) == (zombie, in_scope)


def test_missing_names_what_is_needed() -> None:
    rows = on_firm({"is_in_arrears": True, "subsidy_wan": None, "employees": None})["rows"]
    assert rows.loc["zombie_dependent", "missing"] == ("enterprise_year.subsidy_wan",)
    assert rows.loc["zombie", "missing"] == ("enterprise_year.subsidy_wan", "enterprise_year.employees")
    assert rows.loc["zombie_arrears", "missing"] == ()


def test_by_interest() -> None:
    """R* of 2025 by hand: 200 x 3.10 % + 300 x mean(4.65, 4.65, 4.30, 4.20, 3.60) % = 6.2 + 12.84 = 19.04 万元."""
    rows = on_firm({"ebit_wan": 19.0, "short_debt_wan": 201.0}, all_years={"liabilities_wan": 501.0})["rows"]
    assert rows.loc["fn_chk", "threshold"] == pytest.approx(19.04)
    assert rows.loc["fn_chk", ["finding", "value", "unit"]].to_list() == ["suspected", 19.0, "万元"]
    assert rows.loc["fn_chk", "margin"] == pytest.approx(0.04)
    assert (
        on_firm({"ebit_wan": 19.05, "short_debt_wan": 201.0}, all_years={"liabilities_wan": 501.0})["fn_chk"] == "clear"
    )
    assert on_firm({"ebit_wan": 19.0, "short_debt_wan": 201.0})["fn_chk"] == "clear"  # leverage 50 % is not above 50 %
    assert on_firm({"ebit_wan": 19.0}, all_years={"liabilities_wan": 501.0})["fn_chk"] == "clear"  # borrows no more
    assert (
        on_firm({"ebit_wan": None, "short_debt_wan": 201.0}, all_years={"liabilities_wan": 501.0})["fn_chk"]
        == "unknown"
    )
    assert on_firm({"interest_wan": 19.0})["chk"] == "suspected"
    assert on_firm({"interest_wan": 19.1})["chk"] == "clear"


@pytest.mark.parametrize(("owes", "finding"), [(1000.0, "clear"), (1000.1, "suspected"), (None, "unknown")])
def test_insolvent_is_to_owe_more_than_one_owns(owes: float | None, finding: str) -> None:
    assert on_firm({"liabilities_wan": owes})["insolvent"] == finding


_figures = st.fixed_dictionaries(
    {
        "profit_wan": st.sampled_from([-10.0, 50.0, None]),
        "liabilities_wan": st.sampled_from([300.0, 800.0, None]),
        "subsidy_wan": st.sampled_from([0.0, 60.0, None]),
        "is_in_arrears": st.sampled_from([True, False, None]),
        "employees": st.sampled_from([100.0, 300.0, None]),
    }
)
_BAD = {"profit_wan": -10.0, "liabilities_wan": 800.0, "subsidy_wan": 60.0, "is_in_arrears": True, "employees": 300.0}
_GOOD = {"profit_wan": 50.0, "liabilities_wan": 300.0, "subsidy_wan": 0.0, "is_in_arrears": False, "employees": 100.0}


@settings(max_examples=40, deadline=None)
@given(_figures)
def test_what_is_unknown_could_still_turn_out_either_way_or_no_way(figures: dict[str, Any]) -> None:
    """Clear stays clear and suspected stays suspected, whatever the blanks turn out to be."""
    said = on_firm(figures)["zombie"]
    for filling in (_BAD, _GOOD):
        filled = {name: filling[name] if value is None else value for name, value in figures.items()}
        assert said == "unknown" or on_firm(filled)["zombie"] == said
