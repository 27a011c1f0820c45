"""The smallest change alters the answer, and anything smaller does not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from core.judging.test_explanation import ON, trace

from landgis.core.judging.counterfactual import Change, answered_again, counterfactuals
from landgis.core.judging.explanation import Trace
from landgis.core.judging.triage import triage
from landgis.terms.frames import FINDING_COLUMNS, empty
from landgis.terms.rulereader import compose


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


def single(changes: list[dict[str, Any]], measure: str) -> list[tuple[Any, str, str]]:
    """The changes of this measure alone: to what, on which side, and the answer."""
    alone = (one for one in changes if [part["measure"] for part in one["changes"]] == [measure])
    return [(one["changes"][0]["after"], one["changes"][0]["side"], one["answer"]) for one in alone]


def test_idle_land_would_have_to_be_clear_and_leaves_the_track() -> None:
    """Agreed to start in 2020 and never begun: to take it for started is the change; who spoke of it does not matter then."""
    never = {"started_on": None, "agreed_start_on": date(2020, 1, 1)}
    found, changes = told(contract=never, parcel={"build_status": "unbuilt"}, floor_area_m2=15_000.0)
    assert found.judgement.answers.loc[1, ["answer", "gate"]].tolist() == ["exit", 1]
    assert single(changes, "idle") == [("clear", "", "leave")]


def test_a_plan_without_a_ratio_is_held_against_the_ideal_of_the_rules_and_one_of_nothing_against_none() -> None:
    """Half of the ideal 1.2 is 0.6, below the floor of industry 36, 0.8, which therefore comes first; of 0 there is no half."""
    _, changes = told(parcel={"plan_far_max": None})
    assert single(changes, "far") == [(0.8, "below", "upgrade")]
    found, changes = told(parcel={"plan_far_max": 0.0}, floor_area_m2=None)
    assert found.judgement.answers["answer"].loc[1] == "data_first"
    assert single(changes, "far") == [(0.8, "below", "upgrade")]


def test_an_industry_of_which_no_ratio_is_asked_has_none_to_fall_below() -> None:
    """Farming stands in no table of the floor: only the half of the plan's 2.0 remains."""
    found, _ = told()
    farm = {"industry_code": "A0111", "industry_division": "01"}
    measures = found.judgement.measures.assign(**{name: [code, *["36"] * 4] for name, code in farm.items()})
    bare = Trace(replace(found.judgement, measures=measures), replace(found.book, low_efficiency=None))
    assert single(counterfactuals(bare, 1), "far") == [(1.0, "", "upgrade")]


def test_a_forbidden_industry_would_have_to_be_none_of_the_listed() -> None:
    found, _ = told()
    judged = found.judgement
    measures = judged.measures.assign(industry_standing=["forbidden", *["unlisted"] * 4])
    book = replace(found.book, low_efficiency=None)
    answers = triage(measures, empty(FINDING_COLUMNS), found.rules, idle=judged.idle)
    again = Trace(replace(judged, measures=measures, answers=answers, grades=None, grades_before=None), book)
    assert answers["reason"].iloc[0].startswith("obsolete_industry")
    free = Change("industry_standing", "forbidden", "unlisted", "", "unlisted")
    assert [answered_again(again.judgement, book, 1, changes)["answer"] for changes in ([], [free])] == [
        "exit",
        "data_first",
    ]
    exits = replace(judged, measures=measures, answers=judged.answers.assign(answer="exit"))
    assert ("unlisted", "", "leave") in single(counterfactuals(Trace(exits, found.book), 1), "industry_standing")


def test_who_was_not_evaluated_has_no_figures_that_would_bring_another_grade() -> None:
    found, changes = told(count=20, tax_wan=100.0)
    assert any(part["grade"] for one in changes for part in one["changes"])
    alone = replace(found.judgement, grades=found.judgement.grades.drop(index=101))
    left = counterfactuals(Trace(alone, found.book), 1)
    assert left and not any(part["grade"] for one in left for part in one["changes"])


def test_what_was_not_assessed_at_all_is_not_changed_into_something_known() -> None:
    """By the gates alone, without idleness, tests or grades: to suppose a grade or a track has nowhere to be written."""
    book = compose(["cn-triage"], ON)
    found, _ = told()
    answers = triage(found.judgement.measures, empty(FINDING_COLUMNS), book.triage)
    bare = replace(
        found.judgement,
        idle=None,
        contracts=None,
        findings=empty(FINDING_COLUMNS),
        grades=None,
        grades_before=None,
        answers=answers,
    )
    assert counterfactuals(Trace(bare, book), 1) == []
    for change in (Change("idle", None, "clear", "", "clear"), Change("grade", None, "A", "", "A")):
        assert answered_again(bare, book, 1, [change])["answer"] == "data_first"


def test_from_nothing_built_there_is_no_rule_of_three() -> None:
    """Of a ratio of 0 the parts cannot be scaled up with it; the ratio itself is changed."""
    found, _ = told(floor_area_m2=0.0)
    assert found.judgement.answers.loc[1, "answer"] == "upgrade"
    assert answered_again(found.judgement, found.book, 1, [Change("far", 0.0, 1.0, "above", 1.1)])["answer"] == "leave"
