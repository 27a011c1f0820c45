"""Per-mu evaluation: parts that sum, missing values, populations, ties, cuts; and the percentile kernel against pandas."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from given_stock import stock
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import (
    cut_grades,
    grade,
    grade_shares,
    grade_subjects,
    parts_of,
    rank_totals,
    score,
)
from landgis.core.judging.ranking import group_codes, percentile_in_group
from landgis.core.judging.triage import parcel_grades
from landgis.terms.errors import RuleError
from landgis.terms.frames import GRADE_COLUMNS
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import Cut, Number, Ruleset

HUANGYAN = load_ruleset("huangyan-2022")
NYC = load_ruleset("nyc-ibz")
BELOW = {
    "park_code": "P1", "uscc": "U", "scale": "below", "revenue_wan": 900.0, "tax_wan_per_mu": 11.5932, "tax_yuan_per_kwh": 0.2352,
    "is_utility": False, "years_in_production": 9.0,
}  # fmt: skip
ABOVE = BELOW | {
    "scale": "above", "tax_wan_per_mu": 24.097, "value_added_wan_per_mu": 136.16, "value_added_wan_per_tce": 2.694,
    "value_added_wan_per_t": 4929.81, "value_added_wan_per_head": 18.14, "rd_share": 0.0302,
}  # fmt: skip


def subjects(*rows: dict[str, Any], usual: dict[str, Any] = BELOW) -> pd.DataFrame:
    frame = pd.DataFrame([usual | row for row in rows])
    for name in [item.measure for population in HUANGYAN.scheme.populations for item in population.indicators]:
        if name not in frame:
            frame[name] = np.nan
    frame["is_utility"] = frame["is_utility"].astype("boolean")
    frame.index = pd.Index(range(101, 101 + len(rows)), name="enterprise_id")
    return frame


def graded(*rows: dict[str, Any], usual: dict[str, Any] = BELOW, rules: Ruleset = HUANGYAN, **how: Any) -> pd.DataFrame:
    return grade_subjects(subjects(*rows, usual=usual), rules, 2022, **how)


def parts(row: pd.Series) -> list[dict[str, Any]]:
    """Give the parts of one graded row as a reader sees them."""
    return parts_of(
        HUANGYAN, row["population"], *([None if v != v else v for v in row[name]] for name in ("measured", "scores"))
    )


def points(row: pd.Series) -> float:
    return sum(part["score"] for part in parts(row)) + row["bonus"] - row["deduction"]


def ladder(count: int) -> list[dict[str, Any]]:
    """Firms with 1, 2, … times a tenth of the base tax."""
    return [{"tax_wan_per_mu": 11.5932 * place / 10} for place in range(1, count + 1)]


def with_missing(policy: str) -> Ruleset:
    assert HUANGYAN.scheme is not None
    populations = tuple(
        replace(item, indicators=tuple(replace(part, missing=None) for part in item.indicators))
        for item in HUANGYAN.scheme.populations
    )
    return replace(HUANGYAN, scheme=replace(HUANGYAN.scheme, missing=policy, populations=populations))


def test_a_firm_at_every_base_has_the_whole_weight() -> None:
    found = graded({}, usual=ABOVE).iloc[0]
    assert found["total"] == pytest.approx(100.0)
    assert found[["population", "year", "ruleset", "rank", "share"]].tolist() == [
        "P1/above",
        2022,
        "huangyan-2022",
        1,
        1.0,
    ]
    assert points(found) == pytest.approx(found["total"], abs=1e-9)
    assert tuple(found.index) == GRADE_COLUMNS


def test_without_emission_data_a_firm_gets_the_mean_of_its_population() -> None:
    """黄岩: twice the base gives 20, the base 10; the third has no data and gets their mean, 15."""
    rows = [{"value_added_wan_per_t": 2 * 4929.81}, {}, {"value_added_wan_per_t": np.nan}]
    other_park = [{"park_code": "P2", "value_added_wan_per_t": 9 * 4929.81}]
    found = graded(*rows, *other_park, usual=ABOVE)
    part = parts(found.iloc[2])[3]
    assert (part["score"], part["missing"], part["value"]) == (pytest.approx(15.0), "population_mean_score", None)
    assert found["total"].iloc[2] == pytest.approx(105.0)


@pytest.mark.parametrize(
    ("policy", "total"),
    [("exclude_and_rescale", 100.0), ("zero", 50.0), ("population_mean_score", 50.0 + (50.0 + 25.0) / 2)],
)
def test_a_missing_value_is_treated_as_the_ruleset_says(policy: str, total: float) -> None:
    rows = [{}, {"tax_yuan_per_kwh": 0.1176}, {"tax_yuan_per_kwh": np.nan}]
    assert graded(*rows, rules=with_missing(policy))["total"].iloc[2] == pytest.approx(total)


def test_who_is_not_known_gets_a_reason_and_no_grade() -> None:
    nothing = dict.fromkeys(("tax_wan_per_mu", "tax_yuan_per_kwh"), np.nan)
    little = ABOVE | dict.fromkeys(
        ("value_added_wan_per_mu", "value_added_wan_per_tce", "rd_share", "value_added_wan_per_head"), np.nan
    )
    found = graded(*ladder(5), nothing, little, {"scale": None, "revenue_wan": np.nan}, usual=BELOW)
    assert found["reason"].iloc[5].startswith("nothing_known missing=enterprise_year.tax_wan")
    assert found["reason"].iloc[6].startswith("too_little_known missing=")  # 40 of 100 known, half is asked
    assert found["reason"].iloc[7] == "population_unknown missing=enterprise.scale,enterprise_year.revenue_wan"
    assert found["grade"].iloc[5:].isna().all()
    assert found["total"].iloc[5:].isna().all()
    assert found["grade"].iloc[:5].notna().all()


def test_texts_are_objects_and_what_is_blank_is_none() -> None:
    for rows in (ladder(5), [{}]):  # all graded; none graded
        found = graded(*rows)
        text = ["uscc", "grade", "reason", "possible", "measured", "bases", "scores"]
        assert found.dtypes[text].tolist() == [np.dtype(object)] * 7
        assert found.dtypes[["parcel_id", "rank"]].astype(str).tolist() == ["Int64", "Int64"]
        assert found["uscc"].tolist() == ["U"] * len(rows) and found["parcel_id"].isna().all()
        assert found["bases"].tolist() == [None] * len(rows)  # the ruleset's own
    assert graded({})["grade"].item() is None and graded(*ladder(5))["reason"].tolist() == [None] * 5


def test_of_whom_nothing_is_known_there_is_no_total_however_the_missing_counts() -> None:
    rules = with_missing("zero")
    assert rules.scheme is not None
    below = next(item for item in rules.scheme.populations if item.code == "below")
    rows = subjects({}, dict.fromkeys(("tax_wan_per_mu", "tax_yuan_per_kwh"), np.nan))
    found = score(rows, below, rules.scheme, rules)
    assert found.total[0] == pytest.approx(100.0) and np.isnan(found.total[1]) and found.low[1] == 0.0


def test_totals_are_tied_that_agree_to_nine_decimals() -> None:
    totals = np.array([1.0 + 4e-10, 1.0, 1.0 + 2e-9, np.nan])
    rank, size = rank_totals(totals, np.zeros(4, dtype=np.int64))
    assert rank[:3].tolist() == [2.0, 2.0, 1.0] and size[:3].tolist() == [3.0] * 3
    assert np.isnan(rank[3]) and np.isnan(size[3])  # who has no total is not counted


def test_scale_unknown_is_read_from_revenue() -> None:
    found = graded({"scale": None, "revenue_wan": 2000.0}, {"scale": None, "revenue_wan": 1999.0})
    assert found["population"].tolist() == ["P1/above", "P1/below"]


def test_populations_and_parks_are_ranked_apart() -> None:
    found = graded(*ladder(5), *(row | {"park_code": "P2"} for row in ladder(5)), *([ABOVE] * 5))
    assert found["rank"].tolist() == [5, 4, 3, 2, 1] * 2 + [1] * 5
    assert found["share"].tolist() == [1.0, 0.8, 0.6, 0.4, 0.2] * 2 + [0.2] * 5
    assert "".join(found["possible"]) == "".join(found["grade"]) and found["grade"].tolist()[10:] == ["A"] * 5
    assert found["population"].drop_duplicates().tolist() == ["P1/below", "P2/below", "P1/above"]


def test_too_few_are_not_graded_by_quota() -> None:
    found = graded(*ladder(4))
    assert found["reason"].tolist() == ["population_too_small count=4"] * 4
    assert found["grade"].isna().all() and found["total"].notna().all()


def test_the_protected_are_not_ranked_and_protection_needs_proof() -> None:
    rows = [
        *ladder(5),
        {"is_utility": True},
        {"years_in_production": 1.9},
        {"is_utility": None, "years_in_production": np.nan},
    ]
    found = graded(*rows)
    assert found["grade"].iloc[5:7].tolist() == ["T", "T"]
    assert found["reason"].iloc[5:7].tolist() == ["utility", "new_firm"]
    assert found["rank"].iloc[5:7].isna().all()
    assert found["rank"].dropna().max() == 6
    assert found["grade"].iloc[7] in "ABCD"


def test_a_veto_is_made_after_the_ranking_and_who_is_gone_is_not_evaluated() -> None:
    assert HUANGYAN.scheme is not None
    veto = replace(HUANGYAN.scheme.overrides[0], code="veto", grade="D", is_ranked=True)
    rules = replace(HUANGYAN, scheme=replace(HUANGYAN.scheme, overrides=(veto,)))
    frame = subjects(*ladder(4), {"is_utility": True, "tax_wan_per_mu": 99.0}, {}).assign(is_gone=[False] * 5 + [True])
    found = grade_subjects(frame, rules, 2022)
    assert (found["grade"].iloc[4], found["reason"].iloc[4], found["rank"].iloc[4]) == ("D", "veto", 1)
    assert found["possible"].iloc[4:].tolist() == ["D", None]  # the veto leaves no other grade, the gone none
    assert (found["grade"].iloc[5], found["reason"].iloc[5]) == (None, "gone")


def test_ties_are_kept_in_the_better_class() -> None:
    """Ten firms: A is the first two. Second and third have the same total, so both are A."""
    totals = np.array([9, 8, 8, 7, 6, 5, 4, 3, 2, 1], dtype=float)
    rank, size = rank_totals(totals, np.zeros(10, dtype=np.int64))
    assert HUANGYAN.scheme is not None
    assert "".join(cut_grades(totals, rank, size, HUANGYAN.scheme.cuts)) == "AAABBBCCCC"
    twenty = np.array([*range(20, 2, -1), 1, 1], dtype=float)  # the last two tie: neither is the last 5 %
    rank, size = rank_totals(twenty, np.zeros(20, dtype=np.int64))
    assert "D" not in cut_grades(twenty, rank, size, HUANGYAN.scheme.cuts)


def adjusted(**numbers: int) -> Ruleset:
    assert HUANGYAN.scheme is not None
    named = {name: Number(Fraction(value), "score", "第9条") for name, value in numbers.items()}
    scheme = replace(HUANGYAN.scheme, adjusted_article="第9条", bonus_max="bonus_max" if numbers else "")
    return replace(HUANGYAN, numbers=dict(HUANGYAN.numbers) | named, scheme=scheme)


def test_bonus_is_limited_and_deduction_is_not() -> None:
    rows = [{"bonus_score": 8.0}, {"bonus_score": 2.0, "deduction_score": 7.0}, {"deduction_score": 99.0}]
    usual = BELOW | {"bonus_score": np.nan, "deduction_score": np.nan}
    found = graded(*rows, usual=usual, rules=adjusted(bonus_max=5))
    assert found["total"].tolist() == pytest.approx([105.0, 95.0, 1.0])
    assert found["bonus"].tolist() == [5.0, 2.0, 0.0] and found["deduction"].tolist() == [0.0, 7.0, 99.0]
    for bound in ("total_low", "total_high"):  # all is known
        assert found[bound].tolist() == pytest.approx(found["total"].tolist())
    for _, row in found.iterrows():
        assert points(row) == pytest.approx(row["total"], abs=1e-9)
    assert graded(*rows, usual=usual, rules=adjusted())["total"].iloc[0] == pytest.approx(108.0)
    assert graded(*rows, usual=usual)["total"].tolist() == pytest.approx([100.0] * 3)  # 黄岩 published none


def test_a_stock_is_evaluated_against_the_year_before_where_the_scheme_says_so() -> None:
    """淮安: the base is twice the mean of the year before, so that a firm alone at the mean of that year has half the weight."""
    years = [
        {"uscc": "U", "year": year, "tax_wan": 150.0, "revenue_wan": 3000.0, "power_kwh": 1e6, "energy_tce": 10.0, "land_used_m2": 10_000.0}
        for year in (2022, 2023)
    ]  # fmt: skip
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": "U", "scale": "above"}],
        uses=[{"parcel_no": "A", "uscc": "U", "role": "owner"}],
        years=years,
    )
    huaian = load_ruleset("huaian-2024")
    found = grade(drawn, huaian, date(2024, 3, 1)).iloc[0]
    assert (found["bases"][:2] / found["measured"][:2]).tolist() == pytest.approx([2.0, 2.0])
    # A scheme may mix them: the first base its own, the others of the year before.
    fixed, *others = (
        replace(
            item, indicators=(replace(item.indicators[0], base=Fraction(40), base_times=None), *item.indicators[1:])
        )
        for item in huaian.scheme.populations
    )
    mixed = replace(huaian, scheme=replace(huaian.scheme, populations=(fixed, *others)))
    bases = grade(drawn, mixed, date(2024, 3, 1))["bases"].item()
    assert bases[0] == 40.0 and bases[1] == pytest.approx(found["bases"][1])


def test_a_stock_is_evaluated_by_its_enterprises_for_the_last_full_year() -> None:
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": "U", "scale": "below"}],
        uses=[{"parcel_no": "A", "uscc": "U", "role": "owner"}],
        years=[
            {"uscc": "U", "year": year, "tax_wan": 15.0 * 11.5932 * rise, "power_kwh": None}
            for year, rise in ((2023, 1), (2022, 2))
        ],
    )
    assert grade(drawn, HUANGYAN, date(2024, 3, 1))[["year", "total"]].iloc[0].tolist() == [2023, pytest.approx(100.0)]
    assert grade(drawn, HUANGYAN, date(2024, 3, 1), year=2022)["total"].item() == pytest.approx(200.0)
    assert grade(drawn, HUANGYAN, date(2024, 3, 1), with_parts=False)["measured"].item() is None


def test_where_the_weights_are_not_published_a_firm_is_measured_and_not_scored() -> None:
    """山东 2019 names the indicators, not their weights."""
    drawn = stock(
        [{"parcel_no": "A"}],
        firms=[{"uscc": "U", "scale": "above", "is_utility": False, "founded_on": date(2010, 1, 1)}],
        uses=[{"parcel_no": "A", "uscc": "U", "role": "owner"}],
        years=[{"uscc": "U", "year": 2023, "tax_wan": 300.0, "land_used_m2": 10_000.0, "revenue_wan": 5000.0}],
    )
    found = grade(drawn, load_ruleset("shandong-2019"), date(2024, 3, 1)).iloc[0]
    assert (found["reason"], found["grade"]) == ("not_published", None) and np.isnan(found["total"])
    assert 20.0 in found["measured"].round(9).tolist()  # 300 万元 on 15 亩


def test_parcels_are_evaluated_by_rank_in_their_land_use_and_park() -> None:
    """Five lots: shares of the allowed floor area 0.1 … 0.5, values alike, ages alike (mean rank 3 of 5 = 0.6)."""
    frame = pd.DataFrame(
        {
            "park_code": "P1",
            "landuse_code": "06",
            "far_share": np.arange(1, 6) / 10,
            "value_per_m2": 100.0,
            "building_age_years": 50.0,
        },
        index=pd.Index(range(1, 6), name="parcel_id"),
    )
    found = grade_subjects(frame, NYC, 2024)
    assert found["total"].tolist() == pytest.approx([40 * place / 5 + 60 * 0.6 for place in range(1, 6)])
    assert found["parcel_id"].tolist() == [1, 2, 3, 4, 5] == found.index.tolist()
    assert found["uscc"].isna().all()
    assert "".join(found["grade"]) == "CCBBA"
    older = frame.assign(far_share=0.3, building_age_years=[90.0, 70.0, 50.0, 30.0, 10.0])
    assert grade_subjects(older, NYC, 2024)["total"].is_monotonic_increasing  # younger is better
    unknown = grade_subjects(
        frame.assign(far_share=[np.nan, 0.2, 0.3, 0.4, 0.5], building_age_years=[50.0] * 5), NYC, 2024
    ).iloc[0]
    assert unknown["total_high"] - unknown["total_low"] == pytest.approx(
        40.0
    )  # at best it is the first: the whole weight, no more
    lonely = pd.concat([frame, frame.iloc[[0]].assign(landuse_code="10").rename({1: 6})])
    assert grade_subjects(lonely, NYC, 2024)["reason"].iloc[5] == "group_too_small"


def test_grades_do_not_need_the_parts_laid_out() -> None:
    whole, bare = graded(*ladder(9)), graded(*ladder(9), with_parts=False)
    parts = ["measured", "scores", "total_low", "total_high", "possible", "reliability"]
    assert bare[parts].isna().all(axis=None)
    pd.testing.assert_frame_equal(bare.drop(columns=parts), whole.drop(columns=parts))


def test_parcels_have_no_past_and_a_stock_without_firms_has_no_grades() -> None:
    drawn = stock([{"parcel_no": "A"}])
    assert len(grade(drawn, NYC, date(2024, 6, 30))) == 1
    for rules, year in ((NYC, 2022), (HUANGYAN, 2023)):
        none = grade(drawn, rules, date(2024, 6, 30), year=year)
        assert (len(none), tuple(none.columns)) == (0, GRADE_COLUMNS)
        assert parcel_grades(none, parcel_measures(drawn, date(2024, 6, 30)))["grade"].tolist() == [None]


def test_a_ruleset_without_a_scheme_is_refused() -> None:
    with pytest.raises(RuleError) as refused:
        graded({}, rules=load_ruleset("cn-triage"))
    assert refused.value.at == "cn-triage" and refused.value.mend is not None and "performance" in refused.value.mend.en


def capped(times: str) -> Ruleset:
    assert HUANGYAN.scheme is not None
    numbers = dict(HUANGYAN.numbers) | {"cap": Number(Fraction(times), "ratio", "cap 1.5, usual in Zhejiang")}
    return replace(HUANGYAN, numbers=numbers, scheme=replace(HUANGYAN.scheme, cap="cap"))


def test_what_is_missing_leaves_an_interval_and_the_grades_inside_it() -> None:
    """Ten firms with 5, 10 … 50 points for tax and 50 for power; the third best lacks its power: 40 + (0 … 75)."""
    rows = ladder(10)
    rows[7]["tax_yuan_per_kwh"] = np.nan
    found = graded(*rows, rules=capped("3/2"))
    assert found["total"].iloc[7] == pytest.approx(80.0)  # 40 of 50 known, carried to 100: now seventh, C
    assert found[["total_low", "total_high"]].iloc[7].tolist() == pytest.approx([40.0, 115.0])
    assert (found["grade"].iloc[7], found["possible"].iloc[7]) == (
        "B",
        "ABC",
    )  # last of ten is C: a twentieth of ten is nobody
    assert found["reliability"].tolist() == [1.0] * 7 + [0.5] + [1.0] * 2
    others = found.drop(index=108)
    assert (others["total_low"] == others["total"]).all() and (others["total_high"] == others["total"]).all()
    assert (others["possible"] == others["grade"]).all()


def test_without_a_cap_the_best_is_what_the_best_of_the_population_has() -> None:
    rows = [{"tax_yuan_per_kwh": 0.2352 * 3}, {}, {}, {}, {"tax_yuan_per_kwh": np.nan}]
    assert graded(*rows)["total_high"].iloc[4] == pytest.approx(50.0 + 150.0)
    nobody = [{"tax_yuan_per_kwh": np.nan}] * 5
    assert graded(*nobody)["total_high"].isna().all() and graded(*nobody)["possible"].tolist() == ["ABC"] * 5


def test_who_is_not_graded_for_want_of_data_still_has_an_interval() -> None:
    nothing = dict.fromkeys(("tax_wan_per_mu", "tax_yuan_per_kwh"), np.nan)
    found = graded(*ladder(10), nothing, rules=capped("3/2")).iloc[10]
    assert found[["total_low", "total_high", "possible", "reliability"]].tolist() == [0.0, 150.0, "ABC", 0.0]
    assert found[["grade", "total", "bonus"]].isna().all()


def test_an_unknown_protection_could_still_protect_and_a_known_one_leaves_no_doubt() -> None:
    found = graded(
        *ladder(5), {"years_in_production": np.nan}, {"is_utility": True}, {"scale": None, "revenue_wan": np.nan}
    )
    assert found["possible"].tolist()[5:] == ["AT", "T", "ABCD"]
    both = graded({"is_utility": True, "scale": None, "revenue_wan": np.nan}, *ladder(5))
    assert (both["possible"].iloc[0], both["grade"].iloc[0], both["reason"].iloc[0]) == ("T", "T", "utility")
    assert (found["grade"].iloc[5], found["total"].iloc[5]) == ("A", 100.0)


def test_too_few_have_no_grade_that_could_be() -> None:
    nothing = dict.fromkeys(("tax_wan_per_mu", "tax_yuan_per_kwh"), np.nan)
    assert graded(*ladder(3), nothing)["possible"].tolist() == [None] * 4
    assert graded(*ladder(4), nothing)["possible"].tolist() == [None] * 4 + ["ABC"]  # it would be the fifth


def test_figures_in_doubt_halve_the_reliability() -> None:
    frame = subjects(*ladder(5)).assign(data_status=["verified", "reported", "doubtful", None, "doubtful"])
    frame.loc[105, "tax_yuan_per_kwh"] = np.nan
    assert grade_subjects(frame, HUANGYAN, 2022)["reliability"].tolist() == [1.0, 1.0, 0.5, 1.0, 0.25]


def test_what_a_run_kept_is_read_with_the_facts_of_its_ruleset() -> None:
    rules = capped("3/2")
    row = graded({"tax_wan_per_mu": 2 * 11.5932, "tax_yuan_per_kwh": np.nan}, {}, {}, {}, {}, rules=rules).iloc[0]
    tax, power = parts_of(rules, row["population"], row["measured"].tolist(), [row["scores"][0], None])
    assert (tax["indicator"], tax["base"], tax["weight"], tax["capped"], tax["missing"]) == (
        "tax_wan_per_mu",
        11.5932,
        50.0,
        True,
        None,
    )
    assert tax["score"] == pytest.approx(150.0)  # 75, at the cap, carries the weight of the other half
    assert (power["score"], power["missing"]) == (0.0, "exclude_and_rescale")
    assert parts_of(rules, "P1/", [1.0], [1.0]) == []
    # Where the weights are not published a part has none, and no score.
    # Exactly at the cap nothing is cut; a known 0 is a score of 0.
    at_cap, zero = parts_of(rules, row["population"], [15.0, 0.0], [75.0, 0.0], [10.0, 2.0])
    assert (at_cap["capped"], at_cap["unit"], at_cap["missing"]) == (False, "万元/亩", None)
    assert (zero["capped"], zero["score"], zero["missing"]) == (False, 0.0, None)
    # A percentile rank is never 0: a score of 0 is one that was left out, and there is no base to be capped by.
    lot = NYC.scheme.populations[0]
    first, second, *_ = parts_of(NYC, f"P1/{lot.code}", [0.3, 100.0, 50.0], [0.0, 12.0, 1.0])
    assert (first["score"], first["missing"], first["capped"]) == (0.0, NYC.scheme.missing, False)
    assert (second["score"], second["missing"], second["capped"], second["base"]) == (12.0, None, False, None)
    shandong = load_ruleset("shandong-2019")
    (first, *_) = parts_of(shandong, f"P1/{shandong.scheme.populations[0].code}", [20.0], [None])
    assert (first["weight"], first["score"], first["base"]) == (0.0, 0.0, None)


group = st.integers(-1, 4)
values = st.just(np.nan) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, np.inf, -np.inf]) | st.floats(allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(arrays(float, (n, 3), elements=values), arrays(np.int64, n, elements=group))
    )
)
def test_the_kernel_says_what_pandas_says(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    value, group = drawn
    before = value.copy()
    ours = percentile_in_group(value, group)
    theirs = pd.DataFrame(value).groupby(np.where(group < 0, np.nan, group)).rank(pct=True).to_numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-15, atol=0)
    np.testing.assert_array_equal(value, before)


@pytest.mark.parametrize("groups", [1, 7, 60_000])
def test_the_kernel_compares_in_full_what_its_keys_cut_short(groups: int) -> None:
    """Values that differ only in their last bits, ties among them, on enough rows for two threads."""
    random = np.random.default_rng(1)
    value = 1.0 + random.integers(0, 50, (90_000, 3)) * 2.0**-52
    value[:, 2] *= np.where(random.random(90_000) < 0.5, -1e300, 1e-300)
    group = random.integers(0, groups, 90_000)
    theirs = pd.DataFrame(value).groupby(group).rank(pct=True).to_numpy()
    np.testing.assert_allclose(percentile_in_group(value, group), theirs, rtol=1e-15, atol=0)


def test_the_kernel_takes_nothing_and_all_unknown() -> None:
    assert percentile_in_group(np.empty((0, 2)), np.empty(0, dtype=np.int64)).shape == (0, 2)
    assert np.isnan(percentile_in_group(np.full((3, 1), np.nan), np.zeros(3, dtype=np.int64))).all()
    assert np.isnan(percentile_in_group(np.ones((3, 1)), np.full(3, -1))).all()


def test_groups_are_numbered_without_gaps_and_an_unknown_part_belongs_to_none() -> None:
    frame = pd.DataFrame({"park": ["P1", "P1", "P2", None, "P1"], "use": ["06", None, "06", "06", "06"]})
    assert group_codes(frame, ("park", "use")).tolist() == [0, -1, 1, -1, 0]


firms = st.fixed_dictionaries(
    {
        "tax_wan_per_mu": st.just(np.nan) | st.integers(-5, 60).map(float),
        "tax_yuan_per_kwh": st.just(np.nan) | st.integers(0, 60).map(lambda n: n / 100),
        "scale": st.sampled_from(["above", "below"]),
        "park_code": st.sampled_from(["P1", "P2"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(firms, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_parts_sum_order_does_not_matter_and_parks_do_not_mix(rows: list[dict[str, Any]], random: Any) -> None:
    frame = subjects(*rows)
    before = frame.copy(deep=True)
    whole = grade_subjects(frame, HUANGYAN, 2022)
    for _, row in whole[whole["total"].notna()].iterrows():
        assert points(row) == pytest.approx(row["total"], abs=1e-9)
        assert row["total_low"] <= row["total"] and not row["total_high"] < row["total"]
        assert row["grade"] is None or row["grade"] in row["possible"]
    order = list(frame.index)
    random.shuffle(order)
    pd.testing.assert_frame_equal(grade_subjects(frame.loc[order], HUANGYAN, 2022).loc[whole.index], whole)
    alone = pd.concat([grade_subjects(part, HUANGYAN, 2022) for _, part in frame.groupby("park_code")])
    pd.testing.assert_frame_equal(alone.loc[whole.index], whole)
    pd.testing.assert_frame_equal(frame, before)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=5, max_size=12), st.integers(0, 4), st.integers(1, 30))
def test_more_tax_never_makes_a_grade_worse(taxes: list[int], who: int, more: int) -> None:
    rows = [{"tax_wan_per_mu": float(tax)} for tax in taxes]
    before = graded(*rows)["grade"].iloc[who]
    rows[who] = {"tax_wan_per_mu": float(taxes[who] + more)}
    assert graded(*rows)["grade"].iloc[who] <= before


def test_grades_are_counted_beside_their_cuts_and_ties() -> None:
    """Ten firms: 2nd and 3rd tie at the edge of A, so three are A; 9th and 10th tie, and the last of ten is nobody's D anyway."""
    rows = ladder(10)
    rows[7] = dict(rows[8])
    rows[0]["is_utility"] = True
    counted = grade_shares(graded(*rows, ladder(1)[0]), HUANGYAN).set_index("grade")
    assert counted["ranked"].unique().tolist() == [10] and counted["population"].unique().tolist() == ["P1/below"]
    assert counted["subjects"].to_dict() == {"A": 3, "B": 3, "C": 4, "D": 0, "T": 1}
    assert counted.loc[["A", "B", "C", "D"], "share"].tolist() == [0.3, 0.3, 0.4, 0.0] and np.isnan(
        counted.loc["T", "share"]
    )
    assert counted["by_ties"].to_dict() == {"A": 1, "B": 0, "C": 0, "D": 0, "T": 0}
    assert counted["is_kept"].tolist() == [None] * 5
    assert counted[["quota_min", "quota_max"]].isna().all(axis=None)


def test_a_tie_at_the_end_leaves_fewer_than_the_last_cut_asks() -> None:
    rows = ladder(20)
    assert grade_shares(graded(*rows), HUANGYAN).set_index("grade").loc["D", ["subjects", "by_ties"]].tolist() == [1, 0]
    rows[0] = dict(rows[1])
    counted = grade_shares(graded(*rows), HUANGYAN).set_index("grade")
    assert counted.loc["D", ["subjects", "by_ties", "share"]].tolist() == [0, -1, 0.0]


def test_a_quota_is_kept_by_whom_it_names_exactly_and_broken_by_one_tie() -> None:
    """鲁政字〔2019〕235号: A at most 20 %, D at least 5 %. Of twenty that is four, and one."""
    quotas = load_ruleset("shandong-2019").scheme.quotas
    rules = replace(HUANGYAN, scheme=replace(HUANGYAN.scheme, quotas=quotas))

    def kept(rows: list[dict[str, Any]]) -> list[Any]:
        counted = grade_shares(graded(*rows), rules).set_index("grade")
        assert counted.loc["A", "quota_max"] == 0.2 and counted.loc["D", "quota_min"] == 0.05
        assert counted["year"].unique().tolist() == [2022]
        return counted.loc[["A", "B", "D"], ["subjects", "is_kept"]].values.tolist()

    assert kept(ladder(20)) == [[4, True], [8, None], [1, True]]
    rows = ladder(20)
    rows[15], rows[0] = (
        dict(rows[16]),
        dict(rows[1]),
    )  # the fifth is as good as the fourth, the last as the last but one
    assert kept(rows) == [[5, False], [7, None], [0, False]]


def test_nobody_evaluated_is_nothing_counted() -> None:
    none = graded({"scale": None, "revenue_wan": np.nan})
    assert grade_shares(none, HUANGYAN).empty and list(grade_shares(none, HUANGYAN))[:3] == [
        "year",
        "population",
        "ranked",
    ]


def test_who_is_fixed_without_a_rank_takes_no_place_whatever_the_grade() -> None:
    """安徽型: 不定等级 counts as B and stands outside the ranking."""
    assert HUANGYAN.scheme is not None
    apart = replace(HUANGYAN.scheme.overrides[0], code="undetermined", grade="B", is_ranked=False)
    rules = replace(HUANGYAN, scheme=replace(HUANGYAN.scheme, overrides=(apart,)))
    found = graded(*ladder(9), {"is_utility": True, "tax_wan_per_mu": 99.0}, rules=rules)
    assert found[["grade", "reason", "possible"]].iloc[9].tolist() == ["B", "undetermined", "B"]
    assert found[["rank", "total", "scores"]].iloc[9].isna().all() and found["rank"].max() == 9


def test_a_base_of_the_year_before_is_its_own_park_s_and_its_own_population_s() -> None:
    huaian = load_ruleset("huaian-2024")
    usual = BELOW | {
        "land_used_mu": 10.0, "revenue_wan_per_mu": 30.0, "power_kwh": 1000.0, "energy_tce": 1.0, "bonus_score": np.nan,
        "deduction_score": np.nan, "tax_wan_per_tce": np.nan, "tax_yuan_per_kwh": 1.0, "revenue_wan_per_tce": np.nan,
    }  # fmt: skip
    before = [
        {"tax_wan_per_mu": 10.0},
        {"tax_wan_per_mu": 40.0, "land_used_mu": 20.0},  # 900 on 30 mu: 30 a mu
        {"tax_wan_per_mu": 6.0, "park_code": "P2"},
        {"tax_wan_per_mu": 99.0, "scale": "above"},  # of another population
        {"tax_wan_per_mu": np.nan, "land_used_mu": 1000.0},  # unknown: neither above nor below the line of the fraction
        {"tax_wan_per_mu": 99.0, "land_used_mu": 2.9},  # less than 3 mu: not evaluated
    ]
    now = [{"tax_wan_per_mu": 30.0}, {"tax_wan_per_mu": 30.0, "park_code": "P2"}, {"park_code": "P3"}]
    found = grade_subjects(subjects(*now, usual=usual), huaian, 2024, before=subjects(*before, usual=usual))
    assert [bases[0] for bases in found["bases"][:2]] == pytest.approx([60.0, 12.0])
    assert found["total"].iloc[:2].tolist() == pytest.approx([22.5 + 17.5 + 10, 112.5 + 17.5 + 10])
    assert found["reason"].iloc[2].startswith("base_unknown missing=enterprise_year.") and np.isnan(
        found["total"].iloc[2]
    )
    for differs in (
        {},
        {"is_utility": True},
    ):  # whoever is outside of the evaluation, protected or not, could have no grade
        apart = grade_subjects(subjects({"land_used_mu": 2.9} | differs, usual=usual), huaian, 2024).iloc[0]
        assert (apart["reason"], apart["possible"], apart["grade"]) == ("outside", None, None)
    outside = grade_subjects(subjects({"land_used_mu": 2.9}, usual=usual), huaian, 2024).iloc[0]
    assert (outside["population"], outside["reason"], outside["possible"], outside["grade"]) == (
        "P1/",
        "outside",
        None,
        None,
    )


def test_doubt_about_land_leaves_the_population_open() -> None:
    usual = BELOW | {"land_used_mu": np.nan, "is_utility": None}
    found = grade_subjects(subjects({}, usual=usual), load_ruleset("cixi-2024"), 2024)
    assert found["reason"].item() == "population_unknown missing=parcel_use"  # a tenant, or else by its land


@pytest.mark.parametrize(
    ("cuts", "grades"),
    [
        (
            [Cut("A", top=Fraction(1, 5)), Cut("C"), Cut("D", last=Fraction(1, 5))],
            "ACCCD",
        ),  # the rest stands in the middle
        ([Cut("A", top=Fraction(1, 5)), Cut("B", top=Fraction(2, 5))], "ABBBB"),  # nobody takes the rest: the last does
        ([Cut("C"), Cut("A", top=Fraction(1, 5)), Cut("D", last=Fraction(1, 5))], "ACCCD"),  # or first
        ([Cut("A", top=Fraction(3, 10), rounding="up"), Cut("C"), Cut("D", last=Fraction(3, 10))], "AACCD"),
    ],
)
def test_the_rest_goes_where_the_scheme_says(cuts: list[Cut], grades: str) -> None:
    rank = np.arange(1.0, 6.0)
    found = cut_grades(6 - rank, rank, np.full(5, 5.0), cuts)
    assert "".join(found) == grades and found.shape == (5,)


def with_scheme(**changed: Any) -> Ruleset:
    assert HUANGYAN.scheme is not None
    return replace(HUANGYAN, scheme=replace(HUANGYAN.scheme, **changed))


def test_a_scheme_by_totals_alone_grades_however_few_there_are() -> None:
    """50 points for tax and 50 for power: twice the base tax is 150, half of it 75."""
    rules = with_scheme(cuts=(Cut("A", at_least=Fraction(120)), Cut("C")))
    rows = [
        {"tax_wan_per_mu": 2 * 11.5932},
        {"tax_wan_per_mu": 11.5932 / 2},
        {"tax_wan_per_mu": 1.5 * 11.5932, "tax_yuan_per_kwh": np.nan},
    ]
    found = graded(*rows, rules=rules)
    assert found["grade"].tolist() == ["A", "C", "A"] and found["reason"].isna().all()
    assert found["possible"].tolist() == ["A", "C", "AC"]  # 75 + (0 … 50); B is no grade of this scheme
    alone = graded({"tax_yuan_per_kwh": np.nan}, rules=rules).iloc[0]
    assert np.isnan(alone["total_high"]) and alone["possible"] == "AC"  # without a bound it could be the best


def test_the_first_population_and_the_first_override_that_hold_decide() -> None:
    assert HUANGYAN.scheme is not None
    first, *_ = HUANGYAN.scheme.populations
    both = tuple(replace(first, code=code, scale="", all_of=(), any_of=()) for code in ("one", "two"))
    assert graded({}, rules=with_scheme(populations=both))["population"].item() == "P1/one"
    firm = {"is_utility": True, "years_in_production": 1.0}
    found = graded(firm).iloc[0]
    assert (found["grade"], found["reason"], found["possible"]) == ("T", "utility", "T")
    utility, new = HUANGYAN.scheme.overrides[:2]
    found = graded(firm, rules=with_scheme(overrides=(utility, replace(new, grade="B")))).iloc[0]
    assert (found["grade"], found["reason"], found["possible"]) == ("T", "utility", "T")


def test_a_base_that_is_not_known_leaves_no_total_whatever_else_is_known() -> None:
    """淮安 measures by the year before: without one, or where its mean is 0, there is nothing to divide by."""
    huaian = load_ruleset("huaian-2024")
    usual = BELOW | {
        "tax_wan_per_mu": 10.0, "land_used_mu": 10.0, "revenue_wan_per_mu": 30.0, "power_kwh": 1000.0, "energy_tce": 1.0,
        "bonus_score": np.nan, "deduction_score": np.nan, "tax_wan_per_tce": np.nan, "revenue_wan_per_tce": np.nan,
    }  # fmt: skip
    now = subjects({}, usual=usual)
    for before in (None, subjects({"tax_wan_per_mu": 0.0}, usual=usual)):
        found = grade_subjects(now, huaian, 2024, before=before).iloc[0]
        assert np.isnan(found["bases"][0]) and np.isnan(found["total"])
        assert found["reason"].startswith("base_unknown missing=enterprise_year.tax_wan")


def test_the_reason_names_every_column_that_lacks_and_the_users_first_where_there_are_none() -> None:
    nothing = dict.fromkeys(("tax_wan_per_mu", "tax_yuan_per_kwh"), np.nan)
    found = grade_subjects(subjects(nothing, nothing).assign(users=[1, 0]), HUANGYAN, 2022)
    assert found["reason"].tolist() == [
        "nothing_known missing=enterprise_year.tax_wan,enterprise_year.power_kwh",
        "nothing_known missing=parcel_use,enterprise_year.tax_wan,enterprise_year.power_kwh",
    ]


def test_a_group_of_which_one_figure_is_unknown_is_ranked_by_the_others() -> None:
    """Five lots of a use that all lack their share of the floor area, and a lot whose use nobody knows."""
    lots = pd.DataFrame(
        {"park_code": "P1", "landuse_code": ["06"] * 5 + ["07"] * 5 + [None], "far_share": [0.5] * 5 + [np.nan] * 6}
    )
    lots = lots.assign(value_per_m2=[*range(1, 6)] * 2 + [9.0], building_age_years=50.0).rename_axis("parcel_id")
    found = grade_subjects(lots, NYC, 2024)
    assert found["total"].iloc[:5].is_monotonic_increasing and found["total"].iloc[5:10].is_monotonic_increasing
    assert found["reason"].iloc[10].endswith("missing=parcel.landuse_code,building.counted_area_m2,parcel.plan_far_max")
