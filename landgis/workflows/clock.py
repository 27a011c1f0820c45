"""The clock on the wall: which day it is, and how long the reading of a file may take."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

from landgis.readers.limits import allowed

_BEIJING: Final = timezone(timedelta(hours=8))


def today() -> date:
    """Give the day in Beijing: what is due by law is due there."""
    return datetime.now(_BEIJING).date()


def allow_reading(wall_s: float) -> None:
    """Say, once and from an entrance, how many seconds by the clock the reading of a file may take; 0 for no limit."""
    allowed.wall_s = wall_s
