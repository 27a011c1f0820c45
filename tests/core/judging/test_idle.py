"""Idle land: the edges stand in tests/law/idle.toml; here what holds for every history, and what parcels make of contracts."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from given_stock import frame, stock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from walking import HORIZON, next_turn, state_on

from landgis.core.judging.idle import idle_by_parcel, idle_findings, idle_land
from landgis.terms.errors import RuleError
from landgis.terms.frames import FINDING_COLUMNS
from landgis.terms.rulereader import load_ruleset, parse_ruleset

RULES = load_ruleset("cn-idle-2012")
ON = date(2024, 3, 1)

days = st.dates(date(2019, 1, 1), date(2023, 12, 31))
maybe_day = st.none() | days
amount = st.none() | st.sampled_from([0.0, 0.1, 24.9, 25.0, 25.1, 33.3, 100.0]) | st.integers(0, 120).map(float)
delay = st.fixed_dictionaries(
    {
        "cause": st.sampled_from(["petition", "force_majeure", "preparation", "supplement"]),
        "from_on": days,
        "to_on": st.none() | days,
    }
)
histories = st.fixed_dictionaries(
    {
        "agreed_start_on": maybe_day,
        "delivered_on": maybe_day,
        "started_on": st.none() | maybe_day,
        "finished_on": st.none() | st.none() | days,
        "stopped_since": st.none() | maybe_day,
        "foundation_kind": st.sampled_from([None, "pit", "piles", "other"]),
        "foundation_share": st.sampled_from([None, None, 0.1, 0.5, 1.0]),
        "should_develop_m2": amount,
        "developed_m2": st.none() | amount,
        "total_invest_wan": amount,
        "invested_wan": amount,
        "government_delay_days": st.none() | st.none() | st.integers(0, 800),
        "delay_cause": st.sampled_from([None, None, None, "government", "enterprise", "market", "force_majeure"]),
        "delays": st.lists(delay, max_size=3),
    }
)


def contracts(*given: dict[str, Any]) -> pd.DataFrame:
    rows = [{"park_code": "P1", "contract_no": str(place)} | one for place, one in enumerate(given)]
    return frame("contract", rows).assign(parcel_id=range(1, len(given) + 1))


def delays(*given: dict[str, Any]) -> pd.DataFrame:
    key = ({"park_code": "P1", "contract_no": str(place)} for place in range(len(given)))
    return frame(
        "contract_delay", [k | one for k, history in zip(key, given, strict=True) for one in history.get("delays", [])]
    )


def asked(on: date, *given: dict[str, Any]) -> pd.DataFrame:
    return idle_land(contracts(*given), RULES, on, delays=delays(*given))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(histories, min_size=20, max_size=20), days)
def test_five_hundred_histories_stand_and_turn_as_a_walk_through_the_calendar_says(
    twenty: list[dict[str, Any]], on: date
) -> None:
    found = asked(on, *twenty)
    turns = []
    for said, history in zip(found.itertuples(), twenty, strict=True):
        assert said.state == state_on(history, on)
        assert (said.track or said.finding) == said.state
        turn = None if pd.isna(said.changes_on) or said.changes_on.date() > HORIZON else said.changes_on.date()
        assert (turn, said.changes_to if turn else None) == next_turn(history, on)
        turns += [turn] if turn else []
    for turn in sorted(turns)[
        ::6
    ]:  # and so says whoever asks again on the day before, and on the day, whatever the others did since
        for day in (turn - timedelta(days=1), turn):
            assert asked(day, *twenty)["state"].tolist() == [state_on(history, day) for history in twenty]


def test_a_supplement_that_starts_on_its_own_day_leaves_no_excused_day_before_it() -> None:
    """Signed on 29 February for that same day, while an excuse lasts: of the days before it none counts a second time."""
    history = dict.fromkeys(("started_on", "finished_on", "stopped_since", "developed_m2", "foundation_share")) | {
        "delays": [
            {"cause": "supplement", "from_on": date(2020, 2, 29), "to_on": date(2020, 2, 29)},
            {"cause": "force_majeure", "from_on": date(2019, 3, 22), "to_on": date(2020, 3, 31)},
        ],
    }
    found = asked(date(2020, 7, 1), history).iloc[0]
    assert found["start_due"].date() == date(2020, 2, 29)
    # A year is full on 2021-02-28; the 32 excused days from 29 February to 31 March make it 2021-04-01.
    assert (found["state"], found["changes_on"].date(), found["changes_to"]) == ("clear", date(2021, 4, 2), "fee")


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


def test_a_share_of_nothing_is_unknown_and_what_would_tell_is_named_by_test() -> None:
    """Stopped two years; 0 m² should be developed, so that no share is one. The other: stopped, nobody knows since when."""
    stopped = {
        "started_on": date(2020, 1, 1),
        "stopped_since": date(2022, 3, 1),
        "total_invest_wan": 100.0,
        "invested_wan": 100.0,
    }
    undated = {"stopped_since": None, "developed_m2": None, "should_develop_m2": 100.0}
    built = contracts(stopped | {"developed_m2": 100.0, "should_develop_m2": 0.0}, stopped | undated)
    found = idle_land(built, RULES, ON, build_status=pd.Series({1: "stopped", 2: "stopped"}, dtype="str"))
    assert found["developed_share"].isna().all()
    assert found[["stopped_area", "stopped_money"]].values.tolist() == [["unknown", "clear"]] * 2
    assert found["missing"].tolist() == [(), ("contract.stopped_since", "contract.developed_m2")]


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
    assert by_parcel["test"].tolist() == ["not_started", None, None, None]
    assert by_parcel["days"].iloc[0] == 1521.0 and by_parcel["days"].iloc[1:].isna().all()
    assert by_parcel["row"].tolist() == [0, -1, -1, 3]
    findings = idle_findings(idle, by_parcel, RULES)
    assert tuple(findings.columns) == FINDING_COLUMNS
    assert len(findings) == 4 * 3
    first = findings.iloc[0]
    assert (first["parcel_id"], first["test"], first["article"]) == (1, "not_started", "第2条第1款")
    assert (first["value"], first["threshold"], first["unit"]) == (1521.0, 366.0, "d")  # 2020-01-01 to 2024-03-01
    assert first["margin"] == 1521.0 - 366.0  # the later, the further beyond
    assert findings.index.tolist() == list(range(12))
    assert findings.loc[findings["parcel_id"] == 2, "missing"].tolist() == [("contract",)] * 3


STOPPED = {
    "started_on": date(2015, 1, 1), "stopped_since": date(2020, 3, 1), "developed_m2": 10.0, "should_develop_m2": 100.0,
    "invested_wan": 90.0, "total_invest_wan": 100.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("differs", "test", "margin"),
    [
        ({}, "stopped_area", 1 / 3 - 0.10),  # 第2条第2款: a third asked, a tenth built
        ({"developed_m2": 50.0, "invested_wan": 10.0}, "stopped_money", 0.25 - 0.10),
        ({"invested_wan": 10.0}, "stopped_area", 1 / 3 - 0.10),  # both: the first is named
    ],
)
def test_works_that_stopped_are_told_by_the_test_that_suspects_and_the_days_since(
    differs: dict[str, Any], test: str, margin: float
) -> None:
    drawn = stock([{"parcel_no": "A"}], contracts=[{"contract_no": "1", "parcel_no": "A"} | STOPPED | differs])
    idle = idle_land(drawn.contract, RULES, ON)
    by_parcel = idle_by_parcel(idle, drawn.parcel)
    assert by_parcel[["test", "track", "days"]].iloc[0].tolist() == [
        test,
        "agreement",
        1461.0,
    ]  # 2020-03-01 to 2024-03-01
    assert by_parcel.dtypes[["test", "track"]].tolist() == [np.dtype(object)] * 2
    finding = idle_findings(idle, by_parcel, RULES).set_index("test").loc[test]
    assert finding["unit"] == "ratio" and finding["margin"] == pytest.approx(margin)
    # What is built was finished: a stop on record before that says nothing.
    found = [
        idle_land(drawn.contract, RULES, ON, build_status=pd.Series([said], index=[1]))["finding"].item()
        for said in ("built", "building")
    ]
    assert found == ["clear", "suspected"]


def test_a_test_lacks_its_own_columns_only() -> None:
    """Nothing on record but a stop: the start lacks its days, the share of area its areas, the share of money its sums."""
    drawn = stock(
        [{"parcel_no": "A", "build_status": "stopped"}, {"parcel_no": "B"}],
        contracts=[{"contract_no": "1", "parcel_no": "A"}, {"contract_no": "2", "parcel_no": "B"}],
    )
    idle = idle_land(drawn.contract, RULES, ON, build_status=drawn.parcel["build_status"])
    findings = idle_findings(idle, idle_by_parcel(idle, drawn.parcel), RULES)
    assert findings.groupby("parcel_id")["missing"].agg(list).tolist() == [
        [
            (),
            ("contract.stopped_since", "contract.developed_m2", "contract.should_develop_m2"),
            ("contract.stopped_since", "contract.invested_wan", "contract.total_invest_wan"),
        ],
        [("contract.agreed_start_on", "contract.delivered_on"), (), ()],
    ]


def test_texts_are_objects_and_what_is_blank_is_none_whatever_else_is_said() -> None:
    late, begun, blank = {"agreed_start_on": date(2022, 12, 1)}, {"started_on": date(2022, 12, 1)}, {}
    text = ["track", "start_basis", "changes_to", "start_proof"]
    assert asked(ON, late)[text].values.tolist() == [["fee", "agreed", "take_back", None]]
    assert asked(ON, begun)[text].values.tolist() == [[None, None, None, "unproved"]]
    assert asked(ON, blank)[text].values.tolist() == [[None] * 4]
    for given_contracts in ([late], [begun], [late, begun, blank]):
        assert asked(ON, *given_contracts).dtypes[text].tolist() == [np.dtype(object)] * 4


def test_the_clocks_of_a_track_run_from_the_day_it_was_found() -> None:
    found = asked(ON, {"agreed_start_on": date(2022, 12, 1)}, {"started_on": date(2022, 12, 1)})
    assert {clock["happened_on"] for clock in found["clocks"].iloc[0]} == {"2024-03-01", None}
    assert found["clocks"].iloc[1] == []


def test_what_put_the_start_off_is_asked_for_where_nothing_is_on_record() -> None:
    late = {"agreed_start_on": date(2020, 1, 1)}
    month = {"cause": "petition", "from_on": date(2020, 1, 1), "to_on": date(2020, 1, 31)}
    found = asked(
        ON, late | {"delays": [month]}, late, late | {"delay_cause": "market"}, {"started_on": date(2020, 1, 1)}
    )
    assert ["contract_delay" in asks for asks in found["asks"]] == [False, True, False, False]


def test_a_square_metre_built_is_a_start_and_none_is_not() -> None:
    late = {"agreed_start_on": date(2020, 1, 1)}
    found = asked(ON, late | {"developed_m2": 0.0}, late | {"developed_m2": 0.5}, late | {"developed_m2": 1.0})
    assert found["not_started"].tolist() == ["suspected", "clear", "clear"]


def test_a_delay_of_an_unknown_contract_or_without_a_first_day_is_nobody_s() -> None:
    """Four years of petition would excuse whom they belong to; those of contract 9, and those nobody dates, excuse nobody."""
    late = {"agreed_start_on": date(2020, 1, 1)}
    years = {"cause": "petition", "from_on": date(2020, 1, 1), "to_on": date(2024, 1, 1)}
    rows = contracts(late, late)
    given_delays = frame(
        "contract_delay",
        [{"park_code": "P1", "contract_no": no} | years | more for no, more in (("9", {}), ("0", {"from_on": None}))],
    )
    alone = idle_land(rows, RULES, ON)
    pd.testing.assert_frame_equal(idle_land(rows, RULES, ON, delays=given_delays), alone)
    assert alone["state"].tolist() == ["take_back", "take_back"]


def test_a_delay_that_ends_before_it_begins_is_none_and_the_days_on_record_count() -> None:
    """第8条: 100 days are on record, and a span from the 10th to the 9th; the year is full on 2023-06-09."""
    late = {"agreed_start_on": date(2022, 3, 1), "government_delay_days": 100}
    none = {"cause": "petition", "from_on": date(2022, 1, 10), "to_on": date(2022, 1, 9)}
    for delays_on_record in ([], [none]):
        found = asked(date(2023, 6, 9), late | {"delays": delays_on_record}).iloc[0]
        assert (found["state"], found["start_due"].date()) == ("clear", date(2022, 6, 9))


def test_days_of_any_resolution_are_the_same_days() -> None:
    """A database gives days to the microsecond; what lasts without an end reaches beyond what nanoseconds can count."""
    late = {"agreed_start_on": date(2020, 1, 1), "delivered_on": date(2019, 1, 1)}
    rows, lasting = (
        contracts(late, late),
        delays({"delays": [{"cause": "petition", "from_on": date(2020, 6, 1), "to_on": None}]}),
    )
    finer = [
        one.assign(**{name: one[name].astype("datetime64[ns]") for name in one.columns if one[name].dtype.kind == "M"})
        for one in (rows, lasting)
    ]
    found = idle_land(finer[0], RULES, ON, delays=finer[1])
    pd.testing.assert_frame_equal(found, idle_land(rows, RULES, ON, delays=lasting))
    assert found["state"].tolist() == ["clear", "take_back"]


def test_of_two_contracts_the_graver_speaks_whatever_their_order() -> None:
    clear, unknown = {"started_on": date(2022, 12, 1)}, {}
    agreement = {"agreed_start_on": date(2020, 1, 1), "delay_cause": "government"}
    fee, take_back = {"agreed_start_on": date(2022, 12, 1)}, {"agreed_start_on": date(2020, 1, 1)}
    order = [clear, unknown, agreement, fee, take_back]
    said = ["clear", "unknown", "agreement", "fee", "take_back"]
    for place in range(4):
        for pair in ((place, place + 1), (place + 1, place)):
            drawn = stock(
                [{"parcel_no": "A"}],
                contracts=[{"contract_no": str(one), "parcel_no": "A"} | order[one] for one in pair],
            )
            idle = idle_land(drawn.contract, RULES, ON)
            row = idle_by_parcel(idle, drawn.parcel)["row"].item()
            assert idle["state"].iloc[row] == said[place + 1]


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
