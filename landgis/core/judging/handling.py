"""Where a case stands: read from what was done about it, with what is due, and whether the next act may follow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from landgis.core.judging.procedure import clocks
from landgis.terms.cases import ACT, BY_CHECKER, NEXT, NO_STATE, ONLY_ON, STOPPED_BY, TRIGGERS, Event
from landgis.terms.errors import ConflictError, InputError, Words
from landgis.terms.rules import Ruleset

_WHO: Final = ("opened", "assigned")


def standing(events: Sequence[Event], rules: Ruleset | None, on: date) -> dict[str, Any]:
    """Tell where a case stands on a day.

    Parameters
    ----------
    events
        What was done, in order; the first opened it.
    rules
        The idle-land ruleset by which the clocks run; None: the law sets none.
    on
        The day for which we ask.

    Returns
    -------
    dict
        ``state`` (the last act that changed it and stands), ``since``, ``responsible, role, checker, track``, ``is_open, is_recognised,
        is_freed``, ``is_returned`` (who checks took the last act back), ``next`` (acts that may follow), ``clocks`` (as
        `landgis.core.judging.procedure.clocks`, with ``stopped_on`` and ``is_overdue``), ``due_on`` (the earliest day by which
        somebody has to do something, None: no day is known), ``overdue_days`` (d, 0 where none).

    Raises
    ------
    RuleError
        The ruleset lacks a length that the track needs.

    Notes
    -----
    What is due on a day is not overdue on that day (民法典 第201条). A recognition that was taken back is none; an act that who checks
    returned is as if it had not been done: where the case stands, and its clocks, are those before it.
    """
    stands = _standing(events)
    moves = [one for one in stands if one.act not in NO_STATE]
    last = moves[-1]
    track = _latest(stands, "track")
    running = [] if rules is None or track is None else _clocks(stands, track, rules, on)
    agreed = next((one.due_on for one in reversed(stands) if one.due_on or one.act not in NO_STATE), None)
    due = [date.fromisoformat(one["due_on"]) for one in running if _presses(one)] + ([agreed] if agreed else [])
    is_open = last.act != "closed"
    due_on = min(due, default=None) if is_open else None
    return {
        "state": last.act,
        "since": last.happened_on,
        **{name: _latest(stands, name) for name in ("responsible", "checker")},
        "role": next((one.role for one in reversed(stands) if one.responsible), None),
        "track": track,
        "is_open": is_open,
        "is_recognised": any(one.act == "recognised" for one in moves)
        and not any(one.act == "not_recognised" for one in moves),
        "is_freed": any(one.act == "freed" for one in moves),
        "is_returned": _is_returned(events),
        "next": [*_may_follow(events, track), *(["assigned"] if is_open else [])],
        "clocks": running,
        "due_on": due_on,
        "overdue_days": 0 if due_on is None else max((on - due_on).days, 0),
    }


def follow(events: Sequence[Event], new: Event, on: date) -> Event:
    """Judge whether an act may follow on what was done, on a day; give it with the clock that its day sets going.

    Raises
    ------
    InputError
        It says not by whom or why, its day lies before the last act or ahead, its clock is none of its own, or nobody checks.
    ConflictError
        It cannot follow on where the case stands, or is not for the person who does it.
    """
    if not new.done_by.strip() or not new.note.strip():
        raise InputError(
            Words("须写明经办人和理由。", "It must say who does it and why."),
            at="done_by" if new.note.strip() else "note",
        )
    state = _state(events)
    following = _may_follow(events, new.track or _latest(_standing(events), "track"))
    if new.act not in following and not (new.act == "assigned" and state not in ("", "closed")):
        raise ConflictError(
            Words(f"这一步不能接在“{_name(state).zh}”之后。", f"This cannot follow on: {_name(state).en}."),
            at=new.act,
            mend=Words(
                f"可以：{'、'.join(ACT[one].zh for one in following) or '无'}。",
                f"What may follow: {', '.join(ACT[one].en for one in following) or 'nothing'}.",
            ),
        )
    if new.happened_on > on or (events and new.happened_on < events[-1].happened_on):
        raise InputError(
            Words("日期早于上一步或晚于今天。", "Its day lies before the last act, or ahead."),
            at=str(new.happened_on),
            mend=Words(f"填 {events[-1].happened_on} 至 {on}。", f"Give a day from {events[-1].happened_on} to {on}.")
            if events else Words(f"填不晚于 {on} 的日期。", f"Give a day that is not after {on}."),
        )  # fmt: skip
    if new.due_on and new.due_on < new.happened_on:
        raise InputError(Words("期限早于办理日期。", "It would be due before it began."), at=str(new.due_on))
    _check_people(events, new)
    allowed = TRIGGERS.get(new.act, ())
    if new.sets_going is not None and new.sets_going not in allowed:
        raise InputError(
            Words("这一步不起算这个期限。", "This act does not set that clock going."),
            at=new.sets_going,
            mend=Words(f"可以：{'、'.join(allowed) or '无'}。", f"It can set: {', '.join(allowed) or 'none'}."),
        )
    usual = allowed[0] if new.act in ("opened", "investigated", "decided") else None
    return replace(new, sets_going=new.sets_going or usual)


def taken_back(events: Sequence[Event]) -> set[int]:
    """Give the places (from 0) of the acts that who checks took back: of each return the last that then stood."""
    stands: list[int] = []
    gone: set[int] = set()
    for place, one in enumerate(events):
        if one.act == "returned":
            gone.add(stands.pop())
        elif one.act not in NO_STATE:
            stands.append(place)
    return gone


def _may_follow(events: Sequence[Event], track: str | None) -> list[str]:
    following = [act for act in NEXT[_state(events)] if ONLY_ON.get(act, track) == track]
    return [act for act in following if act != "returned"] if _is_returned(events) else following


def _standing(events: Sequence[Event]) -> list[Event]:
    """Leave out the acts that who checks took back."""
    gone = taken_back(events)
    return [one for place, one in enumerate(events) if place not in gone]


def _state(events: Sequence[Event]) -> str:
    return next((one.act for one in reversed(_standing(events)) if one.act not in NO_STATE), "")


def _is_returned(events: Sequence[Event]) -> bool:
    return next((one.act == "returned" for one in reversed(events) if one.act != "assigned"), False)


def _check_people(events: Sequence[Event], new: Event) -> None:
    """See to it that somebody looks after a case and somebody else checks, and that who checks returns and closes it."""
    if new.act in _WHO:
        if not (new.responsible or "").strip() or not (new.checker or "").strip():
            raise InputError(
                Words("须写明责任人和复核人。", "It must name who is responsible and who checks."),
                at="responsible, checker",
            )
        if (new.responsible or "").strip() == (new.checker or "").strip():
            raise InputError(
                Words("责任人和复核人不能是同一人。", "Nobody checks himself."),
                at=f"responsible, checker: {new.checker}",
            )
    elif new.act in BY_CHECKER and new.done_by.strip() != _latest(events, "checker"):
        raise ConflictError(
            Words("只有复核人可以退回或销号。", "Only who checks a case returns or closes it."),
            at=new.done_by,
            mend=Words(f"由 {_latest(events, 'checker')} 办理，或先改派。",
                       f"Let {_latest(events, 'checker')} do it, or assign the case to others first."),
        )  # fmt: skip


def _clocks(events: Sequence[Event], track: str, rules: Ruleset, on: date) -> list[dict[str, Any]]:
    happened = {one.sets_going: one.happened_on for one in events if one.sets_going}
    found = []
    for clock in clocks(track, happened, rules):
        start = happened.get(clock["trigger"])
        stopped = next(
            (one.happened_on for one in events
             if start is not None and one.act in STOPPED_BY.get(clock["step"], ()) and one.happened_on >= start),
            None,
        )  # fmt: skip
        late = (
            clock["step"] in STOPPED_BY
            and stopped is None
            and clock["due_on"] is not None
            and on > date.fromisoformat(clock["due_on"])
        )
        found.append(clock | {"stopped_on": None if stopped is None else stopped.isoformat(), "is_overdue": late})
    return found


def _presses(clock: dict[str, Any]) -> bool:
    return clock["step"] in STOPPED_BY and clock["stopped_on"] is None and clock["due_on"] is not None


def _latest(events: Sequence[Event], name: str) -> str | None:
    found = (getattr(one, name) for one in reversed(events))
    return next((str(value).strip() for value in found if value), None)


def _name(state: str) -> Words:
    return ACT[state] if state else Words("尚未立案", "not opened yet")
