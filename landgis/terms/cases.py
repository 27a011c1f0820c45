"""A case and its words: what is done about a suspicion, and where that leaves it."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from landgis.terms.errors import Domain, Words

#: What can be recorded of a case that is open.
Act = Literal[
    "assigned", "investigated", "answered", "recognised", "not_recognised", "decided", "agreed", "paid", "freed", "returned",
    "closed",
]  # fmt: skip
#: What can be done about a case.
ACT: Final[Domain] = {
    "opened": Words("立案", "opened"),
    "assigned": Words("改派", "assigned to others"),
    "investigated": Words("发出调查通知书", "notice of investigation served"),
    "answered": Words("使用权人已答复", "the holder has answered"),
    "recognised": Words("认定", "recognised"),
    "not_recognised": Words("不予认定", "not recognised"),
    "decided": Words("处置决定送达", "decision served"),
    "agreed": Words("达成处置协议", "agreement reached"),
    "paid": Words("缴清闲置费", "idle-land fee paid"),
    "freed": Words("土地腾退交付", "land handed over"),
    "returned": Words("复核退回", "returned by who checks"),
    "closed": Words("销号", "closed"),
}
#: Acts that are no place where a case stands: people change, or who checks takes the act before back, once.
NO_STATE: Final = ("assigned", "returned")
#: Acts of who checks, and nobody else.
BY_CHECKER: Final = ("returned", "closed")
#: The acts that may follow; to assign a case to others changes nothing of where it stands.
NEXT: Final[dict[str, tuple[str, ...]]] = {
    "": ("opened",),
    "opened": ("investigated", "closed"),
    "investigated": ("answered", "recognised", "not_recognised"),
    "answered": ("recognised", "not_recognised"),
    "recognised": ("decided", "agreed", "not_recognised", "returned"),
    "not_recognised": ("returned", "closed"),
    "decided": ("agreed", "paid", "freed", "returned", "closed"),
    "agreed": ("decided", "freed", "returned", "closed"),
    "paid": ("decided", "agreed", "returned", "closed"),
    "freed": ("returned", "closed"),
    "closed": (),
}
#: Acts that only one track knows.
ONLY_ON: Final[dict[str, str]] = {"paid": "fee"}
#: The clocks of the procedure that an act can set going by its day, the usual one first.
TRIGGERS: Final[dict[str, tuple[str, ...]]] = {
    "opened": ("found_on",),
    "investigated": ("notice_served_on",),
    "recognised": ("hearing_notice_served_on",),
    "decided": ("decision_served_on",),
    "agreed": ("extension_signed_on", "temporary_use_from"),
}
#: The clocks that stop when something is done; the others give the holder time and press nobody.
STOPPED_BY: Final[dict[str, tuple[str, ...]]] = {
    "S0_investigate": ("investigated", "closed"),
    "S1_answer": ("answered", "recognised", "not_recognised"),
    "S5a_extend": ("freed", "closed"),
    "S5a_temporary_use": ("freed", "closed"),
    "S6_pay": ("paid", "closed"),
    "S7_deregister": ("freed", "closed"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done about a case: the act, its day, who did it and why; what it does not say is None.

    ``responsible``, ``role``, ``checker`` and ``track`` hold from here on; ``sets_going`` names the clock of the procedure that the day
    starts (`landgis.terms.frames.PROCEDURE`); ``due_on`` is when the next step is due, where people agreed on a day.
    """

    act: str
    happened_on: date
    done_by: str
    note: str
    evidence: str | None = None
    responsible: str | None = None
    role: str | None = None
    checker: str | None = None
    track: str | None = None
    sets_going: str | None = None
    due_on: date | None = None
