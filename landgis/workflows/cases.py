"""A suspicion is followed up: a case is opened, what is done about it recorded, and told where each stands and what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from landgis.core.judging.explanation import both
from landgis.core.judging.handling import follow, standing, taken_back
from landgis.store import accounts, cases, runs
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.terms.cases import ACT, TRIGGERS, Event
from landgis.terms.errors import ConflictError, InputError, NotFoundError, StaleError, Words
from landgis.terms.frames import PROCEDURE, TRACK
from landgis.terms.rules import Ruleset
from landgis.workflows.explain import rulebook


def open_case(
    conn: Connection,
    run: int | None,
    parcel_id: int,
    given: Event,
    on: date,
    *,
    parks: Sequence[str] = ALL_PARKS,
    has_accounts: bool = False,
) -> dict[str, Any]:
    """Open a case about a parcel that a run, the latest where none is named, judged; give it as `show`.

    Parameters
    ----------
    given
        Its first event, ``act`` "opened". Where it names no ``track``, the run's own suspicion of idle land does.
    on
        Today.
    has_accounts
        People log in: who checks has to be an account that may close the case.

    Raises
    ------
    NotFoundError
        There is no such run in this scope, or it did not judge the parcel.
    ConflictError
        The parcel has a case that is not closed.
    InputError
        The event lacks who, why, who is responsible or who checks, or nobody of that name may check.
    """
    with scoped(conn, parks):
        number = int(runs.read_head(conn, run)["run"])
        parcel = runs.read_judged(conn, number, parcel_id)
        place = parcel["park_code"], parcel["parcel_no"]
        cases.lock_parcel(conn, *place)
        for one in cases.list_cases(conn, park=place[0], parcel_no=place[1]):
            if one["events"][-1]["act"] != "closed":
                raise ConflictError(
                    Words("这块地已有未销号的处置任务。", "The parcel has a case that is not closed."),
                    at=f"case {one['case_no']}",
                    mend=Words("在原任务上登记，或先销号。", "Record on that one, or close it first."),
                )
        first = follow([], given, on)
        if has_accounts:
            _check_checker(conn, place[0], first)
        if first.track is None and parcel["idle"]:
            first = replace(first, track=parcel["idle"][0]["track"])  # the gravest of its contracts
        case_no = cases.add_case(conn, *place, number, parcel_id)
        cases.add_event(conn, case_no, 1, place[0], asdict(first))  # the first: nobody else knows its number yet
        return _told(conn, _one(conn, case_no), on)


def record(
    conn: Connection,
    case_no: int,
    after: int,
    given: Event,
    on: date,
    *,
    parks: Sequence[str] = ALL_PARKS,
    has_accounts: bool = False,
) -> dict[str, Any]:
    """Record what was done about a case; give it as `show`.

    Parameters
    ----------
    after
        The place of the last event that whoever records has seen.
    on
        Today.
    has_accounts
        As for `open_case`.

    Raises
    ------
    NotFoundError
        There is no such case in this scope.
    StaleError
        Somebody recorded something since; it holds what.
    ConflictError, InputError
        The act cannot follow, or lacks something, see `landgis.core.judging.handling.follow`.
    """
    with scoped(conn, parks):
        found = _one(conn, case_no)
        if len(found["events"]) != after:
            raise _stale(found, after)
        event = follow([_event(one) for one in found["events"]], given, on)
        if has_accounts:
            _check_checker(conn, found["park_code"], event)
        if not cases.add_event(conn, case_no, after + 1, found["park_code"], asdict(event)):
            raise _stale(_one(conn, case_no), after)
        return _told(conn, _one(conn, case_no), on)


def show(conn: Connection, case_no: int, on: date, *, parks: Sequence[str] = ALL_PARKS) -> dict[str, Any]:
    """Tell a case on a day.

    Returns
    -------
    dict
        ``case_no, park_code, parcel_no, run, parcel_id``, all of `landgis.core.judging.handling.standing`, ``state_title``,
        ``track_title``, ``place`` (of its last event), and ``events`` in order.

    Raises
    ------
    NotFoundError
        There is no such case in this scope.
    """
    with scoped(conn, parks):
        return _told(conn, _one(conn, case_no), on)


def list_all(
    conn: Connection,
    on: date,
    *,
    park: str | None = None,
    parcel_no: str | None = None,
    parks: Sequence[str] = ALL_PARKS,
) -> list[dict[str, Any]]:
    """List the cases on a day as `show` tells them, of a park or a parcel if named.

    The longest overdue come first, then what is due next, then the latest.
    """
    with scoped(conn, parks):
        return tell_all(conn, cases.list_cases(conn, park=park, parcel_no=parcel_no), on)


def tell_all(conn: Connection, found: Sequence[Mapping[str, Any]], on: date) -> list[dict[str, Any]]:
    """Tell stored cases on a day, inside the transaction of the caller; in the order of `list_all`."""
    books: dict[int, Ruleset | None] = {}
    for one in found:
        if one["run"] not in books:
            books[one["run"]] = rulebook(conn, one["run"]).idle
    told = [_laid_out(one, books[one["run"]], on) for one in found]
    return sorted(told, key=lambda one: (-one["overdue_days"], one["due_on"] or date.max, -one["case_no"]))


def list_checkers(conn: Connection, park_code: str) -> list[str]:
    """List the names of those who may check a case in a park."""
    return accounts.list_checkers(conn, park_code)


def _check_checker(conn: Connection, park_code: str, event: Event) -> None:
    """Refuse a checker who could never close the case."""
    names = accounts.list_checkers(conn, park_code)
    if event.checker is not None and event.checker not in names:
        raise InputError(
            Words("没有此姓名的复核账号可看本园区。", "No account of this name checks cases in this park."),
            at=event.checker,
            why=Words("否则将无人能销号。", "Nobody could close the case."),
            mend=Words(
                f"可选：{'、'.join(names) or '（暂无，请管理员开立）'}。",
                f"Choose one of: {', '.join(names) or '(none yet: have the administrator make one)'}.",
            ),
        )


def _one(conn: Connection, case_no: int) -> dict[str, Any]:
    found = cases.list_cases(conn, case_no=case_no)
    if not found:
        raise NotFoundError(Words("没有这个处置任务。", f"There is no case {case_no}."), at=str(case_no))
    return found[0]


def _event(row: Mapping[str, Any]) -> Event:
    return Event(**{name: row[name] for name in Event.__slots__})


def _stale(found: Mapping[str, Any], after: int) -> StaleError:
    since = [_event_in_words(one) for one in found["events"][after:]]
    return StaleError(
        Words("此任务已有新的登记，没有写入。", "Somebody recorded something about this case; nothing was written."),
        at=f"case {found['case_no']}: {after} → {len(found['events'])}",
        why=Words("您看到的不是最新进展。", "You had not seen the latest."),
        mend=Words(
            "看过新登记后再提交；您填写的内容仍在。", "Look at it and send again; what you wrote is still there."
        ),
        since=since,
    )


def _told(conn: Connection, found: Mapping[str, Any], on: date) -> dict[str, Any]:
    return _laid_out(found, rulebook(conn, found["run"]).idle, on)


def _laid_out(found: Mapping[str, Any], rules: Ruleset | None, on: date) -> dict[str, Any]:
    events = [_event(one) for one in found["events"]]
    told, gone = standing(events, rules, on), taken_back(events)
    told["clocks"] = [
        clock | {"title": both(PROCEDURE[clock["step"]]), "trigger_title": both(PROCEDURE[clock["trigger"]])}
        for clock in told["clocks"]
    ]
    track = told["track"]
    return {
        **{name: found[name] for name in ("case_no", "park_code", "parcel_no", "run", "parcel_id")},
        **told,
        "state_title": both(ACT[told["state"]]),
        "track_title": both(TRACK[track]) if track else None,
        "next": [{"act": act, **both(ACT[act]), "triggers": list(TRIGGERS.get(act, ()))} for act in told["next"]],
        "place": len(events),
        "events": [_event_in_words(one) | {"is_taken_back": at in gone} for at, one in enumerate(found["events"])],
    }


def _event_in_words(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "title": both(ACT[event["act"]])}
