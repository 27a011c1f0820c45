"""The clocks of the procedure against suspected idle land: from the day something happened to the day something is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from landgis.terms.rules import Ruleset

_ALL: Final = ("fee", "take_back", "agreement")
_OWN: Final = ("fee", "take_back")


@dataclass(frozen=True, slots=True)
class Step:
    """One clock: on which tracks, what sets it going, and which number of the ruleset says how long it runs.

    Words for ``code`` and ``trigger`` stand in `landgis.terms.frames.PROCEDURE`. A step without a number has a law of its own.
    """

    code: str
    trigger: str
    number: str
    unit: str
    tracks: tuple[str, ...] = _ALL


#: The steps in their order, 令第53号; S2, S3, S4, S9 and S10 have no clock.
STEPS: Final = (
    Step("S0_investigate", "found_on", "investigate_days", "d"),
    Step("S1_answer", "notice_served_on", "answer_days", "d"),
    Step("S5a_extend", "extension_signed_on", "extension_years_max", "year", ("agreement",)),
    Step("S5a_temporary_use", "temporary_use_from", "temporary_use_years_max", "year", ("agreement",)),
    Step("S5b_hearing", "hearing_notice_served_on", "", "", _OWN),
    Step("S6_pay", "decision_served_on", "pay_days", "d", ("fee",)),
    Step("S7_deregister", "decision_served_on", "deregister_days", "d", ("take_back",)),
    Step("S8_review", "decision_served_on", "review_days", "d", _OWN),
    Step("S8_suit", "decision_served_on", "suit_months", "month", _OWN),
)


def clocks(track: str | None, happened: Mapping[str, date], rules: Ruleset) -> list[dict[str, Any]]:
    """Give the clocks of a case on a track, with the days that are due as far as it is known what set them going.

    Parameters
    ----------
    track
        "fee", "take_back", "agreement"; None for land that is not suspected: it has no clocks.
    happened
        Day by trigger (`Step.trigger`): ``found_on``, ``notice_served_on``, ``decision_served_on`` and so on.
    rules
        Sets the lengths: ``investigate_days``, ``answer_days``, ``pay_days``, ``deregister_days``, ``review_days`` (d),
        ``suit_months`` (month), ``extension_years_max``, ``temporary_use_years_max`` (year).

    Returns
    -------
    list of dict
        In the order of the procedure: ``step, trigger, happened_on, length, unit, due_on, article``; days as ISO texts, None where the
        trigger has not happened or the step's length stands in another law.

    Raises
    ------
    RuleError
        The ruleset lacks a length that the track needs, or has it in another unit.

    Notes
    -----
    Calendar days. The day that sets a clock going does not count, and what is due is due on its last day (民法典 第201条); a month or
    year ends on the day of the same number, or on the month's last (第202条). A last day that is a holiday moves to the next working
    day (第203条): the calendar of holidays is not known here, so it is not moved.
    """
    return [_clock(step, happened.get(step.trigger), rules) for step in STEPS if track in step.tracks]


def _clock(step: Step, start: date | None, rules: Ruleset) -> dict[str, Any]:
    length = rules.value(step.number, step.unit) if step.number else None
    due = None if start is None or length is None else due_on(start, length, step.unit)
    return {
        "step": step.code,
        "trigger": step.trigger,
        "happened_on": None if start is None else start.isoformat(),
        "length": None if length is None else float(length),
        "unit": step.unit or None,
        "due_on": None if due is None else due.isoformat(),
        "article": rules.number(step.number).article if step.number else None,
    }


def due_on(start: date, length: Fraction, unit: str) -> date:
    """Give the last day of a length that begins the day after `start`.

    >>> due_on(date(2024, 1, 31), Fraction(30), "d"), due_on(date(2023, 8, 31), Fraction(6), "month")
    (datetime.date(2024, 3, 1), datetime.date(2024, 2, 29))
    """
    if unit == "d":
        return start + timedelta(days=int(length))
    months = start.year * 12 + start.month - 1 + int(length * 12 if unit == "year" else length)
    year, month = divmod(months, 12)
    next_month = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=start.day - 1), next_month - timedelta(days=1))
