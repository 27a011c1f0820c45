"""Idle land: the edges stand in tests/law/idle.toml; here what holds for every history, and what parcels make of contracts."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from given_stock import frame, stock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landgis.core.idle import idle_by_parcel, idle_findings, idle_land
from landgis.terms.errors import RuleError
from landgis.terms.frames import FINDING_COLUMNS
from landgis.terms.rulereader import load_ruleset, parse_ruleset

RULES = load_ruleset("cn-idle-2012")
ON = date(2024, 3, 1)

days = st.dates(date(2018, 1, 1), date(2026, 12, 31))
maybe_day = st.none() | days
amount = st.none() | st.sampled_from([0.0, 0.1, 24.9, 25.0, 25.1, 33.3, 100.0]) | st.integers(0, 120).map(float)
histories = st.fixed_dictionaries(
    {
        "agreed_start_on": maybe_day,
        "delivered_on": maybe_day,
        "started_on": maybe_day,
        "finished_on": st.none() | st.none() | days,
        "stopped_since": maybe_day,
        "should_develop_m2": amount,
        "developed_m2": amount,
        "total_invest_wan": amount,
        "invested_wan": amount,
        "government_delay_days": st.none() | st.integers(0, 800),
        "delay_cause": st.sampled_from([None, "government", "enterprise", "market", "force_majeure"]),
    }
)


def contracts(*given: dict[str, Any]) -> pd.DataFrame:
    return frame("contract", [{"contract_no": str(place)} | one for place, one in enumerate(given)]).assign(
        parcel_id=range(1, len(given) + 1)
    )


def said_by_hand(history: dict[str, Any], on: date) -> tuple[str, str | None]:
    """Walk through the articles one history at a time: the finding and the track."""

    def years_later(day: date, years: int) -> date:
        while True:  # 民法典 第202条: a day the month does not have is the last it has
            try:
                return date(day.year + years, day.month, day.day)
            except ValueError:
                day -= timedelta(days=1)

    def short(part: float | None, whole: float | None, share: Fraction) -> bool | None:
        if part is None or not whole:
            return None
        return Fraction(str(part)) < Fraction(str(whole)) * share

    past = [
        history[name] is not None and history[name] <= on for name in ("started_on", "finished_on", "stopped_since")
    ]
    built_something = history["started_on"] is None and (history["developed_m2"] or 0) > 0
    if not (any(past) or built_something):
        due = history["agreed_start_on"]
        if due is None and history["delivered_on"] is not None:
            due = years_later(history["delivered_on"], 1)
        if due is None:
            return "unknown", None
        due += timedelta(days=history["government_delay_days"] or 0)
        if on <= years_later(due, 1):
            return "clear", None
        if history["delay_cause"] in ("government", "force_majeure"):
            return "suspected", "agreement"
        return "suspected", "take_back" if on >= years_later(due, 2) else "fee"
    finished, stopped = past[1], past[2]
    if finished or not stopped or on < years_later(history["stopped_since"], 1):
        return "clear", None
    answers = {
        short(history["developed_m2"], history["should_develop_m2"], Fraction(1, 3)),
        short(history["invested_wan"], history["total_invest_wan"], Fraction(25, 100)),
    }
    if True in answers:
        return "suspected", "agreement"
    return ("unknown", None) if None in answers else ("clear", None)


@settings(max_examples=50, deadline=None)
@given(st.lists(histories, min_size=10, max_size=10), days)
def test_five_hundred_histories_are_judged_as_the_articles_say(ten: list[dict[str, Any]], on: date) -> None:
    found = idle_land(contracts(*ten), RULES, on)
    assert list(zip(found["finding"], found["track"], strict=True)) == [said_by_hand(history, on) for history in ten]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(histories, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_rows_do_not_know_of_each_other(given_histories: list[dict[str, Any]], random: Any) -> None:
    """Any order gives the same rows; index and order stay; the input is not changed."""
    rows = contracts(*given_histories)
    before = rows.copy(deep=True)
    found = idle_land(rows, RULES, ON)
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(idle_land(rows.iloc[order], RULES, ON), found.iloc[order])
    assert found.index.equals(rows.index)
    pd.testing.assert_frame_equal(rows, before)


@settings(max_examples=40, deadline=None)
@given(histories, days, st.integers(1, 400))
def test_time_alone_never_clears_land_that_was_not_started(history: dict[str, Any], on: date, later: int) -> None:
    never = history | dict.fromkeys(("started_on", "finished_on", "stopped_since", "developed_m2"))
    now, then = (idle_land(contracts(never), RULES, day).iloc[0] for day in (on, on + timedelta(days=later)))
    assert not (now["not_started"] == "suspected" and then["not_started"] != "suspected")
    assert not (now["track"] == "take_back" and then["track"] == "fee")


@pytest.mark.parametrize(
    ("given_contract", "status", "finding"),
    [
        ({"agreed_start_on": date(2020, 1, 1)}, "unbuilt", "suspected"),
        ({"agreed_start_on": date(2020, 1, 1)}, None, "suspected"),
        ({"agreed_start_on": date(2020, 1, 1)}, "built", "clear"),  # what stands was started
        ({"agreed_start_on": date(2020, 1, 1)}, "building", "clear"),
        ({"agreed_start_on": date(2020, 1, 1)}, "stopped", "unknown"),  # stopped, nobody wrote down when
        ({"agreed_start_on": date(2020, 1, 1), "started_on": date(2025, 1, 1)}, "unbuilt", "suspected"),
    ],
)
def test_what_stands_proves_a_start(given_contract: dict[str, Any], status: str | None, finding: str) -> None:
    statuses = pd.Series([status], index=[1], dtype="str")
    assert idle_land(contracts(given_contract), RULES, ON, build_status=statuses)["finding"].item() == finding


def test_a_stop_without_a_day_is_cleared_only_by_shares_that_are_enough() -> None:
    enough = {"developed_m2": 50.0, "should_develop_m2": 100.0, "invested_wan": 50.0, "total_invest_wan": 100.0}
    statuses = pd.Series(["stopped", "stopped"], index=[1, 2], dtype="str")
    found = idle_land(contracts(enough, enough | {"invested_wan": 1.0}), RULES, ON, build_status=statuses)
    assert found["finding"].tolist() == ["clear", "unknown"]
    assert found["missing"].tolist() == [(), ("contract.stopped_since",)]


def test_the_gravest_contract_speaks_for_its_parcel_and_no_contract_is_unknown() -> None:
    drawn = stock(
        [{"parcel_no": "A"}, {"parcel_no": "B"}, {"parcel_no": "C", "build_status": "built"}, {"parcel_no": "D"}],
        contracts=[
            {"contract_no": "1", "parcel_no": "A", "agreed_start_on": date(2020, 1, 1)},
            {"contract_no": "2", "parcel_no": "A", "agreed_start_on": date(2022, 12, 1)},
            {"contract_no": "3", "parcel_no": "A", "started_on": date(2022, 12, 1)},
            {"contract_no": "4", "parcel_no": "D", "started_on": date(2022, 12, 1)},
            {"contract_no": "5", "parcel_no": "nowhere", "agreed_start_on": date(2020, 1, 1)},
        ],
    )
    idle = idle_land(drawn.contract, RULES, ON)
    by_parcel = idle_by_parcel(idle, drawn.parcel)
    assert by_parcel["idle"].to_dict() == {1: "suspected", 2: "unknown", 3: "clear", 4: "clear"}
    assert by_parcel["track"].tolist() == ["take_back", None, None, None]
    assert by_parcel["missing"].tolist() == [(), ("contract",), (), ()]
    findings = idle_findings(idle, by_parcel, RULES)
    assert tuple(findings.columns) == FINDING_COLUMNS
    assert len(findings) == 4 * 3
    first = findings.iloc[0]
    assert (first["parcel_id"], first["test"], first["article"]) == (1, "not_started", "第2条第1款")
    assert (first["value"], first["threshold"], first["unit"]) == (1521.0, 366.0, "d")  # 2020-01-01 to 2024-03-01
    assert findings.loc[findings["parcel_id"] == 2, "missing"].tolist() == [("contract",)] * 3


def test_no_contract_at_all_gives_empty_frames() -> None:
    drawn = stock([{"parcel_no": "A"}])
    idle = idle_land(drawn.contract, RULES, ON)
    assert idle.empty
    assert idle_by_parcel(idle, drawn.parcel)["idle"].tolist() == ["unknown"]


@pytest.mark.parametrize(
    "name", ["not_started_years", "take_back_years", "stopped_years", "developed_share_min", "invested_share_min"]
)
def test_a_threshold_that_is_missing_is_refused(name: str) -> None:
    head, tail = RULES.text.split(f"[{name}]")
    rules = parse_ruleset(head + "[" + tail.split("\n[", 1)[1], "short.toml")
    with pytest.raises(RuleError, match=name):
        idle_land(contracts({}), rules, ON)


def test_without_the_number_for_it_delivery_does_not_stand_for_the_agreed_start() -> None:
    head, tail = RULES.text.split("[start_after_delivery_years]")
    rules = parse_ruleset(head + "[" + tail.split("\n[", 1)[1], "strict.toml")
    assert idle_land(contracts({"delivered_on": date(2018, 1, 1)}), rules, ON)["finding"].item() == "unknown"
