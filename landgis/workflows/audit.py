"""The record of who did what is read, and taken out as a list."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from landgis.core.judging.explanation import both
from landgis.exports.ledger import Language, write_list
from landgis.store import runs
from landgis.store.audit import add_audit, list_audit
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.terms.audit import NOTED, what_is_noted
from landgis.terms.errors import Words

#: A list that is taken out holds so many entries at most: a sheet has no more rows.
MOST_LISTED: Final = 1_000_000
_TITLE: Final = Words("操作记录", "Record")
_HEADS: Final = {
    "audit": Words("编号", "No."),
    "at": Words("时间（北京）", "time (Beijing)"),
    "who": Words("账号", "who"),
    "title": Words("事项", "act"),
    "park_codes": Words("园区", "parks"),
    "said": Words("内容", "what"),
}
#: Days and times are told as in China.
ZONE: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Sought:
    """Which entries are meant: of one person (account or role of the database), act or park, on days of Beijing, both included."""

    who: str | None = None
    act: str | None = None
    park: str | None = None
    since: date | None = None
    until: date | None = None


def entries(
    conn: Connection, sought: Sought, *, most: int, before: int | None = None, parks: Sequence[str] = ALL_PARKS
) -> list[dict[str, Any]]:
    """List what people did, the latest first.

    Parameters
    ----------
    most, before
        So many at most, and only those older than this entry: to read on.

    Returns
    -------
    list of dict
        ``audit`` (its number), ``at``, ``who``, ``act``, ``title`` and ``said`` (``zh, en``), ``park_codes``, ``detail``.
    """
    with scoped(conn, parks):
        found = list_audit(conn, most=most, before=before, **asdict(sought))
    return [one | {"title": both(NOTED[one["act"]]), "said": both(what_is_noted(one["detail"]))} for one in found]


def write_entries(
    conn: Connection, sought: Sought, path: Path, *, language: Language, parks: Sequence[str] = ALL_PARKS
) -> int:
    """Write what people did as ``.xlsx`` or ``.csv``, the latest first; give how many entries there are."""
    found = entries(conn, sought, most=MOST_LISTED, parks=parks)
    rows = [
        {
            "audit": one["audit"],
            "at": f"{one['at'].astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
            "who": one["who"],
            "title": one["title"][language],
            "park_codes": ", ".join(one["park_codes"]),
            "said": one["said"][language],
        }
        for one in found
    ]
    heads = {name: getattr(words, language) for name, words in _HEADS.items()}
    write_list(
        pd.DataFrame(rows, columns=list(_HEADS), dtype=object).rename(columns=heads), path, getattr(_TITLE, language)
    )
    return len(found)


def note_ledger(conn: Connection, run: int, kind: str, wanted: str) -> None:
    """Note that somebody takes out what a run says of the parks in scope, or what a filter has of it, inside the caller's transaction."""
    mine = [park["park_code"] for park in runs.read_head(conn, run)["parks"]]
    add_audit(conn, "take_out", mine, {"run": run, "format": kind, "filter": wanted or None})
