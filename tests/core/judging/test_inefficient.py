"""Suspected low efficiency: tests as the ruleset words them, on measures written down by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.judging.conditions import NO, UNKNOWN, YES, beyond, every, judge, some
from landgis.core.judging.inefficient import low_efficiency, with_derived
from landgis.terms.frames import FINDING_COLUMNS
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import Condition

DONGYANG = load_ruleset("dongyang-2021")
NYC = load_ruleset("nyc-ibz")
TRIAGE = load_ruleset("cn-triage")
USUAL = {"park_code": "P1", "area_mu": 15.0, "tax_wan_per_mu": 20.0, "industry_division": "36", "users": 1.0}


def measures(*rows: dict[str, Any], usual: dict[str, Any] = USUAL) -> pd.DataFrame:
    frame = pd.DataFrame([usual | row for row in rows])
    frame.index = pd.Index(range(1, len(rows) + 1), name="parcel_id")
    return frame


def said(frame: pd.DataFrame, rules: Any = DONGYANG, idle: pd.Series | None = None) -> pd.DataFrame:
    found = low_efficiency(frame, rules, idle)
    return found.pivot(index="parcel_id", columns="test", values="finding")


@pytest.mark.parametrize(
    ("row", "low_tax", "key_low_tax"),
    [
        ({"tax_wan_per_mu": 4.99}, "suspected", "suspected"),  # 上年度亩产税收低于5万元/亩
        ({"tax_wan_per_mu": 5.0}, "clear", "clear"),  # 5 is not below 5 ...
        ({"tax_wan_per_mu": 5.0 - 1e-12}, "clear", "clear"),  # ... and the noise of a division is no finding
        ({"tax_wan_per_mu": 4.99, "area_mu": 2.99}, "suspected", "clear"),  # 重点对象：3亩以上
        ({"tax_wan_per_mu": 4.99, "area_mu": 3.0}, "suspected", "suspected"),
        ({"tax_wan_per_mu": np.nan}, "unknown", "unknown"),
        ({"tax_wan_per_mu": np.nan, "area_mu": 2.0}, "unknown", "clear"),  # too small whatever its tax
    ],
)
def test_dongyang_lines(row: dict[str, Any], low_tax: str, key_low_tax: str) -> None:
    found = said(measures(row)).iloc[0]
    assert (found["low_tax"], found["key_low_tax"]) == (low_tax, key_low_tax)


@pytest.mark.parametrize(
    ("row", "numbers"),
    [  # value, threshold, margin, margin as a share of the threshold, unit
        ({"tax_wan_per_mu": 3.0}, (3.0, 5.0, 2.0, 0.4, "万元/亩")),  # suspected: 2 万元/亩 beyond the line
        ({"tax_wan_per_mu": 8.0}, (8.0, 5.0, -3.0, -0.6, "万元/亩")),  # clear: 3 short of it
        ({"tax_wan_per_mu": 3.0, "area_mu": 2.4}, (2.4, 3.0, -0.6, -0.2, "亩")),  # clear for its size alone
        ({"tax_wan_per_mu": np.nan}, (np.nan, 5.0, np.nan, np.nan, "万元/亩")),  # unknown is not zero
    ],
)
def test_a_finding_says_how_far_beyond_the_line(row: dict[str, Any], numbers: tuple[Any, ...]) -> None:
    """重点对象：3亩以上且低于5万元/亩: the condition that decides gives the numbers."""
    found = low_efficiency(measures(row), DONGYANG)
    said = found[found["test"] == "key_low_tax"].iloc[0]
    *figures, unit = numbers
    assert said[["value", "threshold", "margin", "margin_share"]].to_list() == pytest.approx(figures, nan_ok=True)
    assert said["unit"] == unit


def test_nothing_asked_has_no_margin() -> None:
    """An industry without a floor: the threshold is unknown, not infinite."""
    found = beyond(np.array([0.4]), np.array([-np.inf]), above=False)
    assert [float(found[name][0]) for name in ("threshold", "margin", "margin_share")] == pytest.approx(
        [np.nan] * 3, nan_ok=True
    )


def test_below_half_of_the_industry_is_weighed_by_area_inside_the_park() -> None:
    """Division 36 in P1: four plots of 15 mu at 20 and one at 6: the mean is 17.2, half of it 8.6. P2's rich firms do not count."""
    rows = [{}, {}, {}, {}, {"tax_wan_per_mu": 6.0}] + [{"park_code": "P2", "tax_wan_per_mu": 900.0}] * 5
    found = low_efficiency(measures(*rows), DONGYANG)
    row = found[(found["test"] == "key_below_industry") & (found["parcel_id"] == 5)].iloc[0]
    assert (row["finding"], row["value"], row["unit"]) == ("suspected", 6.0, "万元/亩")
    assert row["threshold"] == pytest.approx(8.6)
    heavy = measures({"area_mu": 150.0}, *rows[1:5], {"tax_wan_per_mu": np.nan})
    assert with_derived(heavy, DONGYANG)["industry_tax_wan_per_mu"].iloc[0] == pytest.approx(
        (150 * 20 + 45 * 20 + 15 * 6) / 210
    )


def test_too_few_plots_make_no_mean() -> None:
    found = low_efficiency(measures({}, {}, {}, {"tax_wan_per_mu": 6.0}), DONGYANG)
    assert set(found.loc[found["test"] == "key_below_industry", "finding"]) == {"unknown"}


def test_missing_names_the_column_that_lacks() -> None:
    frame = measures({"tax_wan_per_mu": np.nan}, {"tax_wan_per_mu": np.nan, "users": 0.0}, {"industry_division": None})
    found = low_efficiency(frame, DONGYANG).set_index(["parcel_id", "test"])["missing"]
    assert found[1, "low_tax"] == ("enterprise_year.tax_wan",)
    assert found[2, "low_tax"] == ("parcel_use",)
    assert found[3, "low_tax"] == ()
    assert found[3, "key_below_industry"] == ("enterprise.industry_code",)
    alone = low_efficiency(measures({}), DONGYANG).set_index("test")["missing"]
    assert alone["key_below_industry"] == ("industry_tax_wan_per_mu",)  # nothing lacks but neighbours of its industry


def test_idle_land_is_not_low_efficiency_land() -> None:
    """国土资发〔2016〕147号. What is not known to be idle stays in."""
    idle = pd.Series(["suspected", "unknown", "clear"], index=[1, 2, 3])
    found = low_efficiency(measures({}, {}, {}), DONGYANG, idle)
    assert sorted(set(found["parcel_id"])) == [2, 3]
    kept = low_efficiency(measures({}, {}, {}), replace(DONGYANG, excludes_idle=False), idle)
    assert sorted(set(kept["parcel_id"])) == [1, 2, 3]


@pytest.mark.parametrize(
    ("row", "underbuilt", "vacant_use"),
    [
        ({"landuse_code": "06", "far_share": 0.29}, "suspected", "clear"),
        ({"landuse_code": "06", "far_share": 0.30}, "clear", "clear"),
        ({"landuse_code": "01", "far_share": 0.10}, "clear", "clear"),
        ({"landuse_code": "11", "far_share": np.nan}, "clear", "suspected"),
        ({"landuse_code": None, "far_share": 0.10}, "unknown", "unknown"),
        ({"landuse_code": None, "far_share": 0.90}, "clear", "unknown"),
    ],
)
def test_the_same_engine_runs_other_rules(row: dict[str, Any], underbuilt: str, vacant_use: str) -> None:
    usual = {"park_code": "P1", "users": 0.0, "value_per_m2": 100.0, "building_age_years": 50.0}
    found = said(measures(row, usual=usual), NYC).iloc[0]
    assert (found["underbuilt"], found["vacant_use"]) == (underbuilt, vacant_use)


@pytest.mark.parametrize(
    ("far", "division", "scheme", "truth"),
    [
        (0.79, "36", "gbt4754-2017", YES),  # 36 汽车制造业: 0.8 ...
        (0.80, "36", "gbt4754-2017", NO),
        (0.79, "36", "gbt4754-2002", NO),  # ... 36 专用设备 of the older edition: 0.7
        (0.10, "43", "gbt4754-2017", NO),  # no floor for repair: nothing is asked
        (0.10, "36", "gbt4754-2011", UNKNOWN),  # another edition
        (0.10, None, "gbt4754-2017", UNKNOWN),
        (np.nan, "36", "gbt4754-2017", UNKNOWN),
    ],
)
def test_a_floor_is_looked_up_by_code_and_edition(far: float, division: str | None, scheme: str, truth: int) -> None:
    frame = pd.DataFrame({"far": [far], "industry_division": [division], "industry_scheme": [scheme]})
    condition = Condition("far", "<", table="far_floor")
    assert judge(frame, condition, TRIAGE).truth.tolist() == [truth]


def test_three_values() -> None:
    three = np.array([NO, UNKNOWN, YES], dtype=np.int8)
    left, right = np.repeat(three, 3), np.tile(three, 3)
    assert every([left, right], 9).tolist() == [0, 0, 0, 0, 1, 1, 0, 1, 2]
    assert some([left, right], 9).tolist() == [0, 1, 2, 1, 1, 2, 2, 2, 2]
    assert every([], 2).tolist() == some([], 2).tolist() == [2, 2]


rows = st.fixed_dictionaries(
    {
        "tax_wan_per_mu": st.just(np.nan) | st.integers(0, 40).map(float),
        "area_mu": st.sampled_from([1.0, 3.0, 15.0]),
        "industry_division": st.sampled_from(["36", "39", None]),
        "park_code": st.sampled_from(["P1", "P2"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(rows, min_size=1, max_size=15), st.randoms(use_true_random=False))
def test_order_does_not_matter_parks_do_not_mix_and_the_input_stays(
    given_rows: list[dict[str, Any]], random: Any
) -> None:
    frame = measures(*given_rows)
    before = frame.copy(deep=True)
    found = low_efficiency(frame, DONGYANG)
    assert tuple(found.columns) == FINDING_COLUMNS
    whole = found.set_index(["test", "parcel_id"])
    order = list(frame.index)
    random.shuffle(order)
    shuffled = low_efficiency(frame.loc[order], DONGYANG).set_index(["test", "parcel_id"]).loc[whole.index]
    pd.testing.assert_frame_equal(shuffled, whole)
    alone = pd.concat([low_efficiency(part, DONGYANG) for _, part in frame.groupby("park_code")]).set_index(
        ["test", "parcel_id"]
    )
    pd.testing.assert_frame_equal(alone.loc[whole.index], whole)
    pd.testing.assert_frame_equal(frame, before)


@settings(max_examples=50, deadline=None)
@given(st.lists(rows, min_size=1, max_size=15))
def test_the_margin_has_the_sign_of_the_finding(given_rows: list[dict[str, Any]]) -> None:
    found = low_efficiency(measures(*given_rows), DONGYANG)
    assert (found.loc[found["finding"] == "suspected", "margin"] >= -1e-9).all()
    assert (found.loc[found["finding"] == "clear", "margin"] <= 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(rows, st.floats(0, 10))
def test_more_tax_never_makes_a_plot_fall_below_the_line(row: dict[str, Any], more: float) -> None:
    less_taxed = said(measures(row))["low_tax"].item()
    taxed = said(measures(row | {"tax_wan_per_mu": row["tax_wan_per_mu"] + more}))["low_tax"].item()
    assert not (less_taxed == "clear" and taxed == "suspected")
