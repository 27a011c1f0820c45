"""Two rulesets on the same stock: which parcels change, from what to what, and why. Nothing is stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.runs import Assessment
from landgis.store.stock import list_parks, read_stock
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import ANSWER, Stock
from landgis.terms.reasons import reason_words
from landgis.terms.rules import Rulebook, Ruleset
from landgis.workflows.assess import judge, rulebook
from landgis.workflows.steps import Tell, quietly

#: What is held side by side of each parcel.
_SIDES: Final = ("answer", "grade", "tests", "unknown", "reason")


@dataclass(frozen=True)
class Compared:
    """What changes between two rulesets.

    ``parcels`` has one row per parcel that changes: ``park_code, parcel_no``, and ``_before`` and ``_after`` of ``answer``, ``grade``,
    ``tests`` (those that suspect), ``unknown`` (those that cannot tell) and ``reason`` in words.
    """

    on: date
    judged: int
    parcels: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data; ``moved`` counts parcels by answer before and after."""
        moved = Counter(self.parcels["answer_before"] + " → " + self.parcels["answer_after"])
        return {
            "on": self.on.isoformat(),
            "judged": self.judged,
            "moved": dict(moved),
            "parcels": self.parcels.astype(object).where(self.parcels.notna(), None).to_dict("records"),
        }


def compare(
    conn: Connection,
    park_codes: Sequence[str] | None,
    rules: Sequence[Ruleset],
    before: Ruleset,
    after: Ruleset,
    on: date,
    *,
    language: str,
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
) -> Compared:
    """Judge the stock of some parks as it stands now by two rulesets in turn, all other rules being the same.

    Parameters
    ----------
    park_codes
        The parks; None for all in scope.
    rules
        The rulesets of an assessment; of them those of the same kinds as `before` and `after` give way.
    before, after
        Two rulesets of the same kinds.
    on
        The day for which we ask.
    language
        Of the reasons, "zh" or "en".

    Raises
    ------
    RuleError
        The two are of different kinds, or one cannot be used on that day.
    NotFoundError
        There is no parcel in these parks and this scope.
    """
    if set(before.kinds) != set(after.kinds):
        raise RuleError(
            Words("两个规则集的类别不同。", "The two rulesets are of different kinds."),
            at=f"{before.code} ({', '.join(before.kinds)}), {after.code} ({', '.join(after.kinds)})",
            mend=Words("比较同类的规则集。", "Compare rulesets of the same kinds."),
        )
    others = [item for item in rules if not set(item.kinds) & set(before.kinds)]
    books = [rulebook([*others, item], on) for item in (before, after)]
    with scoped(conn, parks, snapshot=True):
        with tell(Words("读取存量", "Reading the stock")):
            stock, batch = read_stock(conn, list_parks(conn) if park_codes is None else sorted(park_codes))
    sides = [_side(judge(stock, batch, book, on, tell), book, language) for book in books]
    return Compared(on, len(stock.parcel), _changes(stock, *sides))


def _side(made: Assessment, book: Rulebook, language: str) -> pd.DataFrame:
    """Say of each parcel what one rulebook makes of it."""
    side = made.triage[["answer", "grade"]].copy()
    for name, finding in (("tests", "suspected"), ("unknown", "unknown")):
        found = made.findings[made.findings["finding"] == finding]
        side[name] = found.groupby("parcel_id")["test"].agg(", ".join).reindex(side.index).fillna("")
    said = {reason: getattr(reason_words(reason, book.words), language) for reason in made.triage["reason"].unique()}
    side["reason"] = made.triage["reason"].map(said)
    return side


def _changes(stock: Stock, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Keep the parcels of which the two say something else; reasons are told, and alone change nothing."""
    held = [name for name in _SIDES if name != "reason"]
    one, two = before[held].fillna(""), after[held].fillna("")
    changed = (one != two).any(axis=1)
    rows = stock.parcel.loc[changed, ["park_code", "parcel_no"]].copy()
    for name in _SIDES:
        rows[f"{name}_before"], rows[f"{name}_after"] = before.loc[changed, name], after.loc[changed, name]
    order = {answer: place for place, answer in enumerate(ANSWER)}
    moved = rows["answer_before"] != rows["answer_after"]
    by = rows.assign(moved=~moved, order=rows["answer_after"].map(order)).sort_values(
        ["moved", "order", "park_code", "parcel_no"], kind="stable"
    )
    return pd.DataFrame(by.drop(columns=["moved", "order"])).reset_index(drop=True)
