"""Stock becomes the indicators and potentials of whole zones. Nothing is stored: the same stock and day say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from landgis.core.judging.idle import idle_by_parcel, idle_land
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.zone_use import zone_use
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.stock import list_parks, read_stock
from landgis.terms.errors import RuleError, Words
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import Ruleset, compose_rulesets
from landgis.workflows.steps import Tell, quietly


@dataclass(frozen=True)
class ZoneUse:
    """The indicators of some parks on a day: ``rows`` as `landgis.core.judging.zone_use.ZONE_COLUMNS`, and the rulesets behind them."""

    on: date
    rules: Ruleset
    idle_rules: Ruleset | None
    rows: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data, unknown as None, with the words of each indicator."""
        rows = self.rows.astype(object).where(self.rows.notna(), None).to_dict("records")
        words = self.rules.words
        return {
            "on": self.on.isoformat(),
            "rules": [item.code for item in (self.rules, self.idle_rules) if item],
            "indicators": [
                {
                    **row,
                    "zh": words[row["indicator"]].zh,
                    "en": words[row["indicator"]].en,
                    "missing": list(row["missing"]),
                }
                for row in rows
            ],
        }


def evaluate_zones(
    conn: Connection,
    park_codes: Sequence[str] | None,
    rules: Sequence[str | Ruleset],
    on: date,
    *,
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
) -> ZoneUse:
    """Evaluate how some parks use their land, as their stock stands now, for a day.

    Parameters
    ----------
    park_codes
        The parks; None for all in scope.
    rules
        One ruleset of the kind ``zone_use``; one of the kind ``idle`` besides, without which what rests on idle land is unknown.

    Raises
    ------
    RuleError
        None is of the kind ``zone_use``, or one is not in force on that day.
    NotFoundError
        There is no parcel in these parks and this scope.
    """
    book = compose_rulesets([load_ruleset(item) if isinstance(item, str) else item for item in rules], on)
    if book.zone_use is None:
        raise RuleError(
            Words("没有给出集约利用评价的规则集。", "No ruleset for the use of a zone is given."),
            at=", ".join(item.code for item in book.rulesets),
            mend=Words("加上 cn-zone-use-2010。", "Add cn-zone-use-2010."),
        )
    with scoped(conn, parks, snapshot=True), tell(Words("读取存量", "Reading the stock")):
        stock, _ = read_stock(conn, list_parks(conn) if park_codes is None else sorted(park_codes))
    with tell(Words("园区集约利用", "The use of each zone's land")):
        measures, idle = parcel_measures(stock, on), None
        if book.idle:
            status = stock.parcel["build_status"]
            by_contract = idle_land(stock.contract, book.idle, on, build_status=status, delays=stock.contract_delay)
            idle = idle_by_parcel(by_contract, stock.parcel)["idle"]
        rows = zone_use(stock, measures, book.zone_use, idle)
    return ZoneUse(on, book.zone_use, book.idle, rows)
