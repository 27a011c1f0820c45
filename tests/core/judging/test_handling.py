"""Where a case stands: acts in their order, people who check each other, clocks that run and stop; nothing is recognised by itself."""

from datetime import date

import pytest

from landgis.core.judging.handling import follow, standing, taken_back
from landgis.terms.cases import BY_CHECKER, NEXT, Event
from landgis.terms.errors import ConflictError, InputError
from landgis.terms.rulereader import load_ruleset

RULES = load_ruleset("cn-idle-2012")
PEOPLE = {"responsible": "甲", "role": "包联干部", "checker": "乙"}


def done(act: str, on: str, **differs) -> Event:
    more = PEOPLE | {"track": "fee"} if act == "opened" else {}
    return Event(
        **{"act": act, "happened_on": date.fromisoformat(on), "done_by": "甲", "note": "现场核实", **more, **differs}
    )


def case(*events: Event, today: str = "2026-12-31") -> list[Event]:
    """Record one act after the other, each judged as the service judges it."""
    found: list[Event] = []
    for event in events:
        found.append(follow(found, event, date.fromisoformat(today)))
    return found


OPENED = done("opened", "2026-07-01")
SERVED = done("investigated", "2026-07-20")
RECOGNISED = done("recognised", "2026-08-10")
DECIDED = done("decided", "2026-09-01")


@pytest.mark.parametrize(
    ("events", "on", "due", "overdue"),
    [
        ([OPENED], "2026-07-31", "2026-07-31", 0),     # 第5条: 30 days to begin the investigation, the last day counts
        ([OPENED], "2026-08-02", "2026-07-31", 2),
        ([OPENED, SERVED], "2026-08-20", "2026-08-19", 1),    # 第5条: 30 days for the holder's answer
        ([OPENED, SERVED, RECOGNISED], "2026-12-31", None, 0),    # nothing is due until a decision is served
        ([OPENED, SERVED, RECOGNISED, DECIDED], "2026-10-02", "2026-10-01", 1),    # 第14条: 30 days to pay
        ([OPENED, SERVED, RECOGNISED, DECIDED, done("paid", "2026-09-20")], "2026-12-31", None, 0),    # and paid it is
        ([done("opened", "2026-07-01", track=None)], "2026-12-31", None, 0),    # low efficiency: the law sets no clock
        ([done("opened", "2026-07-01", track=None, due_on=date(2026, 7, 5))], "2026-07-10", "2026-07-05", 5),    # people do
    ],
)  # fmt: skip
def test_what_is_due_and_since_when(events, on, due, overdue):
    told = standing(case(*events), RULES, date.fromisoformat(on))
    assert (told["due_on"], told["overdue_days"]) == (due and date.fromisoformat(due), overdue)


def test_a_suspicion_is_recognised_by_a_person_and_can_be_taken_back():
    steps = case(OPENED, SERVED)
    assert not standing(steps, RULES, date(2026, 8, 1))["is_recognised"]
    steps = case(OPENED, SERVED, RECOGNISED)
    assert standing(steps, RULES, date(2026, 8, 10))["is_recognised"]
    steps = case(OPENED, SERVED, RECOGNISED, done("not_recognised", "2026-08-20"))
    assert not standing(steps, RULES, date(2026, 8, 20))["is_recognised"]


def test_from_recognition_to_freed_land():
    steps = case(
        OPENED, SERVED, RECOGNISED, DECIDED, done("freed", "2026-10-20"), done("closed", "2026-10-21", done_by="乙")
    )
    told = standing(steps, RULES, date(2027, 1, 1))
    assert (told["state"], told["is_freed"], told["is_open"], told["next"], told["overdue_days"]) == (
        "closed",
        True,
        False,
        [],
        0,
    )


def test_a_fee_is_paid_only_where_a_fee_was_asked_for():
    taken_back = [done("opened", "2026-07-01", track="take_back"), SERVED, RECOGNISED, DECIDED]
    assert "paid" not in standing(case(*taken_back), RULES, date(2026, 9, 2))["next"]
    with pytest.raises(ConflictError):
        case(*taken_back, done("paid", "2026-09-20"))
    paid = standing(case(OPENED, SERVED, RECOGNISED, DECIDED, done("paid", "2026-10-05")), RULES, date(2026, 12, 31))
    pays = next(clock for clock in paid["clocks"] if clock["step"] == "S6_pay")
    assert (pays["due_on"], pays["stopped_on"], pays["is_overdue"]) == ("2026-10-01", "2026-10-05", False)
    assert paid["is_open"] and paid["next"] == ["decided", "agreed", "returned", "closed", "assigned"]


def test_who_checks_returns_an_act_once_and_all_is_as_before_it():
    before = [OPENED, SERVED, RECOGNISED, DECIDED]
    paid, returned = done("paid", "2026-09-20"), done("returned", "2026-09-25", done_by="乙", note="缺缴款凭证")
    told = standing(case(*before, paid, returned), RULES, date(2026, 10, 2))
    assert (told["state"], told["is_returned"]) == ("decided", True)
    assert (told["due_on"], told["overdue_days"]) == (date(2026, 10, 1), 1)  # the fee's 30 days run on: 第14条
    assert told["next"] == ["agreed", "paid", "freed", "closed", "assigned"]  # what it was, and no second return
    assert taken_back(case(*before, paid, returned)) == {4}  # the payment, counted from 0
    again = standing(case(*before, paid, returned, done("paid", "2026-09-28")), RULES, date(2026, 10, 2))
    assert (again["state"], again["is_returned"], again["due_on"]) == ("paid", False, None)
    with pytest.raises(ConflictError):
        case(*before, paid, done("returned", "2026-09-25"))  # by who looks after it


def test_what_is_recognised_and_freed_follows_what_stands():
    freed = [OPENED, SERVED, RECOGNISED, DECIDED, done("freed", "2026-10-20")]
    back = done("returned", "2026-10-21", done_by="乙", due_on=date(2026, 11, 1))
    told = standing(case(*freed, back), RULES, date(2026, 10, 21))
    assert (told["is_recognised"], told["is_freed"], told["due_on"]) == (True, False, date(2026, 10, 1))
    doubted = [OPENED, SERVED, RECOGNISED, done("not_recognised", "2026-08-20")]
    told = standing(case(*doubted, done("returned", "2026-08-21", done_by="乙")), RULES, date(2026, 8, 21))
    assert (told["state"], told["is_recognised"]) == ("recognised", True)


def test_every_act_that_may_follow_can_be_recorded_and_no_other():
    acts = set(NEXT) - {""} | {"returned"}
    assert {act for after in NEXT.values() for act in after} == acts
    for state, allowed in NEXT.items():
        before = [] if not state else [done("opened", "2026-07-01"), Event(state, date(2026, 7, 2), "甲", "…")][-2:]
        before = before[:1] if state == "opened" else before
        for act in sorted(acts):
            given = done(act, "2026-07-02", **({"done_by": "乙"} if act in BY_CHECKER else {}))
            if act in allowed:
                follow(before, given, date(2026, 7, 2))
            else:
                with pytest.raises(ConflictError):
                    follow(before, given, date(2026, 7, 2))


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (done("investigated", "2026-06-30"), InputError),    # before it was opened
        (done("investigated", "2027-01-01"), InputError),    # ahead
        (done("investigated", "2026-07-02", note=" "), InputError),    # no reason
        (done("investigated", "2026-07-02", done_by=""), InputError),    # by nobody
        (done("investigated", "2026-07-02", sets_going="decision_served_on"), InputError),    # another act's clock
        (done("assigned", "2026-07-02", responsible="丙"), InputError),    # nobody checks
        (done("assigned", "2026-07-02", responsible="丙", checker="丙"), InputError),    # nobody checks himself
        (done("recognised", "2026-07-02"), ConflictError),    # not investigated: 第5条, 第9条
        (done("closed", "2026-07-02"), ConflictError),    # by who looks after it, not by who checks
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused(given, refusal):
    with pytest.raises(refusal):
        follow([OPENED], given, date(2026, 12, 31))


def test_who_takes_over_checks_and_closes_from_then_on():
    steps = case(OPENED, done("assigned", "2026-07-03", responsible="丙", checker="丁"), SERVED)
    told = standing(steps, RULES, date(2026, 7, 20))
    assert (told["responsible"], told["checker"], told["role"], told["state"]) == (
        "丙",
        "丁",
        None,
        "investigated",
    )


def test_nothing_is_due_before_it_begins() -> None:
    with pytest.raises(InputError) as refused:
        case(done("opened", "2026-07-01", due_on=date(2026, 6, 30)))
    assert refused.value.at == "2026-06-30"
    assert case(done("opened", "2026-07-01", due_on=date(2026, 7, 1)))[0].due_on == date(2026, 7, 1)
