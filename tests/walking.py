"""The idle-land rule a second time: one contract, one day after the other, with nothing but a calendar."""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

DAY = timedelta(days=1)
HORIZON = date(2031, 12, 31)
AFTER = date(2040, 1, 1)


def year_later(day: date, years: int) -> date:
    """The same day of a later year; 29 February's is 28 February (民法典 第202条)."""
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) and years % 4 else day.day)


def short(part: float | None, whole: float | None, times: int) -> bool | None:
    """Is a part, taken so many times, less than the whole? None where that is not known."""
    return None if part is None or not whole else Decimal(str(part)) * times < Decimal(str(whole))


class Walk:
    """One history, ready to be asked about any day."""

    def __init__(self, history: dict[str, Any]) -> None:
        self.record = history
        self.excused: set[date] = set()
        self.supplements = []
        for delay in history["delays"]:
            first, last = delay["from_on"], delay["to_on"]
            if delay["cause"] == "supplement":
                if last is not None:
                    self.supplements.append((first, last))
                continue
            while first <= (last or AFTER):
                self.excused.add(first)
                first += DAY
        self.supplements.sort()
        self.limits = lru_cache(self._limits)

    def _wait(self, day: date, since: date) -> date | None:
        """Every excused day from `since` on is made good by one that is not excused; None: not before the walk ends."""
        owed = sum(since <= one < day for one in self.excused)
        while owed:
            owed -= day not in self.excused
            day += DAY
            if day >= AFTER:
                return None
        return day

    def _limits(self, signed: int) -> tuple[date | None, date | None] | None:
        """The last day of the year, and the day the second is full, when so many supplements are signed; None: nothing is agreed."""
        since, start = date(2000, 1, 1), self.record["agreed_start_on"]
        if start is None and self.record["delivered_on"] is not None:
            start = year_later(self.record["delivered_on"], 1)
        if signed:
            since, wanted = self.supplements[signed - 1]
            start = min(wanted, year_later(since, 1))
        elif start is not None and not self.excused:
            start += DAY * (self.record["government_delay_days"] or 0)
        if start is None:
            return None
        due = self._wait(start, since)
        return (
            (None, None) if due is None else (self._wait(year_later(due, 1), due), self._wait(year_later(due, 2), due))
        )

    def state(self, today: date) -> str:
        """Walk through the articles."""
        record = self.record

        def happened(name: str) -> bool:
            return record[name] is not None and record[name] <= today

        finished = happened("finished_on")
        if finished:
            return "clear"
        begun = (
            happened("started_on")
            or happened("stopped_since")
            or (record["started_on"] is None and (record["developed_m2"] or 0) > 0)
        )
        done, deep = record["foundation_share"], record["foundation_kind"] in ("pit", "piles")
        if begun and done is not None and done < (1 if deep else 0.34):
            begun = False  # 第30条
        if not begun:
            return self._not_started(today)
        if not happened("stopped_since") or today < year_later(record["stopped_since"], 1):
            return "clear"
        answers = (
            short(record["developed_m2"], record["should_develop_m2"], 3),
            short(record["invested_wan"], record["total_invest_wan"], 4),
        )
        return "agreement" if True in answers else "unknown" if None in answers else "clear"

    def _not_started(self, today: date) -> str:
        limits = self.limits(sum(signed <= today for signed, _ in self.supplements))
        if limits is None:
            return "unknown"
        year, two = limits
        if year is None or today <= year:
            return "clear"
        if self.record["delay_cause"] in ("government", "force_majeure") or today in self.excused:
            return "agreement"
        return "fee" if two is None or today < two else "take_back"


def state_on(history: dict[str, Any], today: date) -> str:
    """Where a contract stands on a day."""
    return Walk(history).state(today)


def next_turn(history: dict[str, Any], today: date) -> tuple[date | None, str | None]:
    """The first later day on which it stands elsewhere, and where."""
    walk = Walk(history)
    now, day = walk.state(today), today
    while day < HORIZON:
        day += DAY
        if (then := walk.state(day)) != now:
            return day, then
    return None, None
