"""The clocks of the procedure: counted on a calendar, article by article."""

from datetime import date
from fractions import Fraction

import pytest

from landgis.core.judging.procedure import STEPS, clocks, due_on
from landgis.terms.frames import PROCEDURE
from landgis.terms.rulereader import load_ruleset

RULES = load_ruleset("cn-idle-2012")


def due(track: str | None, **happened: date) -> dict[str, str | None]:
    return {clock["step"]: clock["due_on"] for clock in clocks(track, happened, RULES)}


@pytest.mark.parametrize(
    ("start", "length", "unit", "last"),
    [
        (
            date(2024, 1, 31),
            30,
            "d",
            date(2024, 3, 1),
        ),  # 民法典 第201条: the day itself does not count; 2024 has 29 February
        (date(2023, 1, 31), 30, "d", date(2023, 3, 2)),
        (date(2023, 8, 31), 6, "month", date(2024, 2, 29)),  # 第202条: a day the month does not have is its last
        (date(2022, 8, 31), 6, "month", date(2023, 2, 28)),
        (date(2023, 6, 15), 6, "month", date(2023, 12, 15)),
        (date(2023, 12, 31), 6, "month", date(2024, 6, 30)),
        (date(2024, 2, 29), 1, "year", date(2025, 2, 28)),
        (date(2023, 12, 1), 2, "year", date(2025, 12, 1)),
    ],
)
def test_what_is_due_is_due_on_the_last_day(start: date, length: int, unit: str, last: date) -> None:
    assert due_on(start, Fraction(length), unit) == last


def test_found_today_the_investigation_begins_within_thirty_days_and_the_rest_waits() -> None:
    assert due("fee", found_on=date(2026, 6, 30)) == {
        "S0_investigate": "2026-07-30",  # 第5条
        "S1_answer": None,
        "S5b_hearing": None,
        "S6_pay": None,
        "S8_review": None,
        "S8_suit": None,
    }


def test_a_case_that_went_all_the_way() -> None:
    told = due(
        "fee",
        found_on=date(2026, 6, 30),
        notice_served_on=date(2026, 7, 10),
        hearing_notice_served_on=date(2026, 8, 20),
        decision_served_on=date(2026, 9, 1),
    )
    assert told["S1_answer"] == "2026-08-09"  # 第6条: 30 days
    assert told["S5b_hearing"] is None  # the hearing rules say how long, not 令第53号
    assert told["S6_pay"] == "2026-10-01"  # 第17条: 30 days
    assert told["S8_review"] == "2026-10-31"  # 行政复议法: 60 days
    assert told["S8_suit"] == "2027-03-01"  # 行政诉讼法: 6 months


def test_each_track_has_its_own_steps() -> None:
    assert set(due("take_back")) - set(due("fee")) == {"S7_deregister"}
    assert set(due("fee")) - set(due("take_back")) == {"S6_pay"}
    assert due("take_back", decision_served_on=date(2026, 9, 1))["S7_deregister"] == "2026-10-01"  # 第17条
    extended, lent = date(2026, 9, 1), date(2026, 10, 1)
    agreed = due("agreement", extension_signed_on=extended, temporary_use_from=lent)
    assert agreed == {
        "S0_investigate": None,
        "S1_answer": None,
        "S5a_extend": "2027-09-01",  # 第12条第1项: a year at most
        "S5a_temporary_use": "2028-10-01",  # 第12条第3项: two years at most
    }
    assert due(None, found_on=extended) == {}  # what is not suspected has no clocks


def test_a_clock_says_what_sets_it_going_and_where_its_length_stands() -> None:
    first = clocks("take_back", {"found_on": date(2026, 6, 30)}, RULES)[0]
    assert first == {
        "step": "S0_investigate", "trigger": "found_on", "happened_on": "2026-06-30", "length": 30.0, "unit": "d",
        "due_on": "2026-07-30", "article": "第5条",
    }  # fmt: skip
    hearing = next(clock for clock in clocks("fee", {}, RULES) if clock["step"] == "S5b_hearing")
    assert [hearing[name] for name in ("happened_on", "length", "unit", "due_on", "article")] == [None] * 5


def test_every_step_and_trigger_has_its_words() -> None:
    assert {step.code for step in STEPS} | {step.trigger for step in STEPS} == set(PROCEDURE)
