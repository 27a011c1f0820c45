"""The smallest change alters the answer, and anything smaller does not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from core.test_explanation import trace

from landgis.core.counterfactual import Change, answered_again, counterfactuals


def told(**differs: Any) -> tuple[Any, list[dict[str, Any]]]:
    found = trace(**differs)
    return found, counterfactuals(found, 1)


def test_the_ratio_that_would_spare_it() -> None:
    """Ratio 0.7 where the floor of industry 36 is 0.8, ideal 2.0: 0.8 is no longer below the floor, but 1.0 would be half the ideal."""
    found, changes = told(floor_area_m2=7000.0)
    assert found.judgement.answers["answer"].loc[1] == "upgrade"
    far = next(one for one in changes if [part["measure"] for part in one["changes"]] == ["far"])
    (part,) = far["changes"]
    # a share of exactly one half is still "large": the ratio has to be above 1.0
    assert (part["before"], part["after"], part["side"], far["answer"]) == (0.7, 1.0, "above", "leave")
    assert far["title"]["zh"] == "容积率 0.7 → 高于 1：保留"


def test_a_strict_threshold_is_passed_and_one_that_counts_is_met() -> None:
    """A healthy plot: below 0.8 it would have to build up; stopped for twelve months it would have to go."""
    _, changes = told()
    parts = {
        one["changes"][0]["measure"]: (one["changes"][0], one["answer"]) for one in changes if len(one["changes"]) == 1
    }
    assert (parts["far"][0]["after"], parts["far"][0]["side"], parts["far"][1]) == (1.0, "", "upgrade")
    assert (parts["coefficient"][0]["after"], parts["coefficient"][0]["side"]) == (0.3, "below")
    assert changes[0]["cost"] == min(one["cost"] for one in changes)


def test_where_data_come_first_only_what_is_unknown_is_tried() -> None:
    found, changes = told(firm={"is_safety_failed": None})
    assert found.judgement.answers["answer"].loc[1] == "data_first"
    assert [(one["changes"][0]["measure"], one["changes"][0]["after"], one["answer"]) for one in changes] == [
        ("is_safety_failed", True, "exit"), ("is_safety_failed", False, "leave"),
    ]  # fmt: skip
    assert changes[1]["title"]["zh"] == "安全不达标 不明 → 否：保留"


def test_the_tax_per_mu_that_makes_it_c() -> None:
    """Twenty firms on 15 mu each; 5 % of them, one, is D: the first, which pays 100 a year where the others pay 299 to 281.

    To be C it has to match the last but one: 281 ÷ 15 = 18.73 a mu and 2.81 yuan a kWh, where it has 1.00. By its tax per mu alone:
    18.73 + 1.81 ÷ 0.2352 × 11.5932 = 107.95, told in four figures.
    """
    found, changes = told(count=20, tax_wan=100.0)
    answer = found.judgement.answers.loc[1]
    assert (answer["grade"], answer["answer"]) == ("D", "exit")
    (one,) = (one for one in changes if [part["measure"] for part in one["changes"]] == ["tax_wan_per_mu"])
    (part,) = one["changes"]
    assert (part["after"], part["side"], part["grade"], one["answer"]) == (108.0, "", "C", "leave")
    assert one["title"]["zh"] == "上年度亩均税收 6.667 → 108 万元/亩（评为 C）：保留"
    assert one["title"]["en"].endswith("6.667 → 108 10k yuan/mu (grade C): leave")
    # The bare grade is told as well, and is the larger change.
    assert [part["after"] for one in changes for part in one["changes"] if part["measure"] == "grade"]


def test_a_firm_on_two_parcels_is_graded_with_its_tax_and_the_parcel_keeps_its_own() -> None:
    """The tax per mu of a parcel is that of all its users: where they are more than one firm, it does not move with one of them."""
    found, _ = told(count=20, tax_wan=100.0)
    apart = replace(found.judgement, measures=found.judgement.measures.assign(tax_wan_per_mu=8.0))
    change = Change("tax_wan_per_mu", 100 / 15, 108.0, "", 108.0, "C")
    together, alone = (answered_again(one, found.book, 1, [change]) for one in (found.judgement, apart))
    assert together["grade"] == alone["grade"] == "C"


def test_two_changes_where_no_single_one_does() -> None:
    """It fails safety and environment: to mend one of them leaves the other."""
    found, changes = told(firm={"is_safety_failed": True, "is_environment_failed": True})
    assert found.judgement.answers["answer"].loc[1] == "exit"
    assert changes and all(len(one["changes"]) == 2 for one in changes)
    assert {part["measure"] for part in changes[0]["changes"]} == {"is_safety_failed", "is_environment_failed"}


@pytest.mark.parametrize(
    "differs", [{"floor_area_m2": 3000.0}, {}, {"firm": {"status": "stopped", "stopped_since": date(2023, 5, 1)}}]
)
def test_what_is_told_alters_the_answer_and_anything_smaller_does_not(differs: dict[str, Any]) -> None:
    found, changes = told(**differs)
    now = found.judgement.answers["answer"].loc[1]
    assert changes
    for one in (one for one in changes if len(one["changes"]) == 1 and isinstance(one["changes"][0]["after"], float)):
        (part,) = one["changes"]
        if part["before"] is None:
            continue  # what is unknown has no distance from its threshold
        limit, step = part["after"], 2e-9 * abs(part["after"] or 1.0)
        toward = 1 if (part["before"] or 0.0) < limit else -1
        tried = limit + {"": 0.0, "below": -step, "above": step}[part["side"]]
        for value, expected in ((tried, one["answer"]), (limit if part["side"] else limit - toward * step, now)):
            change = Change(part["measure"], part["before"], value, "", value)
            assert answered_again(found.judgement, found.book, 1, [change])["answer"] == expected, (part, value)
