"""Which value of one indicator would bring another grade: five to ten firms whose totals can be added up by eye."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from given_stock import stock

from landgis.core.judging.performance import grade
from landgis.core.judging.regrading import other_grades
from landgis.terms.rulereader import load_ruleset

ON = date(2024, 6, 30)
RULES = load_ruleset("huangyan-2022")


def graded(taxes: list[float], **differs: Any) -> pd.DataFrame:
    """Grade firms of below-scale industry with 15 mu and a million kWh each: tax per mu ÷ 11.5932 × 50 + tax per kWh ÷ 0.2352 × 50."""
    firms = [{"uscc": f"U{place}", "scale": "below", "status": "normal"} for place in range(len(taxes))]
    years = [
        {"uscc": f"U{place}", "year": 2023, "tax_wan": tax, "power_kwh": 1e6, "land_used_m2": 10_000.0}
        for place, tax in enumerate(taxes)
    ]
    years[0] |= differs
    return grade(stock([{"parcel_no": "A"}], firms=firms, years=years), RULES, ON)


#: Ten firms pay 10, 20, … 100 a year: 0.667, 1.333, … 6.667 a mu. A: the best two, B: the next four, C: the last four (5 % of ten is none).
TEN = [10.0 * place for place in range(1, 11)]


def reached(grades: pd.DataFrame, subject: int, measure: str) -> dict[str, float]:
    return {letter: then for name, _, then, letter in other_grades(grades, RULES, subject) if name == measure}


def test_who_ties_with_the_last_of_a_better_class_is_in_it() -> None:
    """The fifth pays 50, and is the sixth best: the last B. The third (30) has to match it, by the tax on its land alone."""
    grades = graded(TEN)
    assert grades["grade"].tolist() == ["C"] * 4 + ["B"] * 4 + ["A"] * 2
    found = reached(grades, 103, "tax_wan_per_mu")
    # Total of 50: 3.3333 ÷ 11.5932 × 50 + 0.5 ÷ 0.2352 × 50 = 14.376 + 106.293 = 120.669; the third has 63.776 by its power.
    # (120.669 − 63.776) ÷ 50 × 11.5932 = 13.1914 万元/亩, told up to four figures: 13.2
    assert found["B"] == 13.2
    assert found["A"] > found["B"] and set(found) == {"A", "B"}


def test_whoever_falls_just_below_another_loses_the_grade() -> None:
    """The last B has to fall below the best C, who pays 40: 8.5034 by power and 2.6667 ÷ 11.5932 × 50 = 11.501 by land."""
    grades = graded(TEN)
    found = reached(grades, 105, "tax_yuan_per_kwh")
    # (96.5355 − 14.3761) ÷ 50 × 0.2352 = 0.38648…, told down to four figures
    assert found["C"] == 0.3864


@pytest.mark.parametrize("subject", [101, 103, 105, 108, 110])
def test_the_value_told_brings_the_grade_and_one_a_little_nearer_does_not(subject: int) -> None:
    """The change of the one part is added to the total by hand, and the rank counted: 2 best A, the next 4 B, the others C."""
    grades = graded(TEN)
    told = other_grades(grades, RULES, subject)
    assert {letter for *_, letter in told} >= {"A", "B", "C"} - {grades.at[subject, "grade"]} - (
        {"C"} if subject > 105 else set()
    )
    for name, now, then, letter in told:
        place, base = {"tax_wan_per_mu": (0, 11.5932), "tax_yuan_per_kwh": (1, 0.2352)}[name]
        assert now == pytest.approx(grades.at[subject, "measured"][place])
        for value, is_reached in ((then, True), (then * (0.998 if then > now else 1.002), False)):
            total = grades["total"].copy()
            total[subject] += 50 * value / base - grades.at[subject, "scores"][place]
            better = int((total.round(9) > round(total[subject], 9)).sum())
            assert (("A" if better < 2 else "B" if better < 6 else "C") == letter) == is_reached, (
                name,
                now,
                then,
                letter,
            )


def test_a_grade_that_does_not_come_from_the_ranking_cannot_be_bought() -> None:
    assert other_grades(graded(TEN[:4]), RULES, 101) == []  # four are too few to be graded
    unknown = graded(TEN, tax_wan=None)
    assert other_grades(unknown, RULES, 101) == []  # no tax, no total
    bare = graded(TEN).assign(measured=None)
    assert other_grades(bare, RULES, 101) == []
    fixed = graded(TEN)
    fixed.loc[101, "reason"] = "utility"
    assert other_grades(fixed, RULES, 101) == []


def test_an_indicator_that_is_not_known_is_no_way_to_another_grade() -> None:
    """Without power the known half carries the whole weight: twice 11.5932 of its tax per mu count."""
    grades = graded(TEN, power_kwh=None)
    assert {name for name, *_ in other_grades(grades, RULES, 101)} == {"tax_wan_per_mu"}


def test_a_base_of_the_year_before_and_a_bonus_count() -> None:
    """江苏淮安 2024: base = twice the mean of the year before; ten firms that differ by their tax alone, a bonus of 3 for the first."""
    rules = load_ruleset("huaian-2024")
    firms = [{"uscc": f"U{place}", "scale": "below"} for place in range(10)]
    usual = {"land_used_m2": 20_000.0, "revenue_wan": 300.0, "power_kwh": None}  # 30 亩
    years = [
        usual | {"uscc": f"U{place}", "year": 2022, "tax_wan": 300.0, "power_kwh": 1e6} for place in range(10)
    ]  # 10 a mu: the base is 20
    years += [usual | {"uscc": f"U{place}", "year": 2023, "tax_wan": 30.0 * (place + 1)} for place in range(10)]
    years[10]["bonus_score"] = 3.0
    grades = grade(stock([{"parcel_no": "A"}], firms=firms, years=years), rules, ON)
    # The first has 1 a mu, 1 ÷ 20 × 45 = 2.25, rescaled by 100 ÷ 80 for the power nobody knows: 2.8125, and 3 of bonus.
    # The sixth best, the last B, has 5 a mu: 14.0625. (14.0625 − 3) ÷ 1.25 ÷ 45 × 20 = 3.9333
    assert grades["grade"].tolist() == ["C"] * 4 + ["B"] * 4 + ["A"] * 2
    found = {letter: then for name, _, then, letter in other_grades(grades, rules, 101) if name == "tax_wan_per_mu"}
    assert found["B"] == 3.934


def test_where_ranks_are_percentiles_nothing_is_told() -> None:
    rules = load_ruleset("nyc-ibz")
    index = pd.Index([1, 2], name="parcel_id")
    rows = pd.DataFrame({"grade": ["A", "D"], "reason": "", "measured": None, "population": "P/all"}, index=index)
    assert other_grades(rows, rules, 1) == []
