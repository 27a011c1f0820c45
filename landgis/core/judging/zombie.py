"""Suspected zombie firms 僵尸企业: the four administrative tests of which two are enough, insolvency, and the two tests by interest."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.conditions import NO, UNKNOWN, YES, Lacks, Truth, beyond, every, some
from landgis.core.judging.measure import of_year, stopped_months, year_figures
from landgis.terms.frames import Stock
from landgis.terms.rules import ACTIVITY_TESTS, Ruleset

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: What is said of one enterprise by one test.
TEST_COLUMNS: Final = (
    "enterprise_id", "test", "finding", "value", "threshold", "margin", "margin_share", "unit", "article", "missing",
)  # fmt: skip
_SAID: Final = np.array(["clear", "unknown", "suspected"], dtype=object)
_FOUR: Final = ("zombie_stopped", "zombie_loss", "zombie_dependent", "zombie_arrears")
_LOAN_YEARS: Final = 5  # R*: long loans at the mean of the last five years' rates


@dataclass(frozen=True)
class Runs:
    """For how many months a firm's electricity has been low, and half low, up to the last reading.

    0 while it runs, unknown without readings.
    """

    low: Floats
    half: Floats


@dataclass(frozen=True)
class Zombies:
    """``tests`` with `TEST_COLUMNS`; ``finding`` of every enterprise: "suspected", "clear", "unknown" or "out_of_scope"."""

    tests: pd.DataFrame
    finding: NDArray[Any]


@dataclass(frozen=True)
class _Said:
    """One test over all firms: its truth, the numbers it decided between, and the columns that lack where it is unknown."""

    truth: Truth
    value: Floats
    threshold: Floats
    above: bool
    unit: str
    needs: dict[str, Flags]


def zombie_tests(stock: Stock, rules: Ruleset, on: date, runs: Runs) -> Zombies:
    """Test every firm.

    Parameters
    ----------
    stock
        Reads ``enterprise`` and ``enterprise_year``; the year is the last full one before the day.
    rules
        A ruleset of the kind ``activity``: of the tests beyond the four only those it names are made.
    on
        The day.
    runs
        The electricity of each firm.

    Raises
    ------
    RuleError
        The ruleset lacks a number.

    Notes
    -----
    zombie_stopped
        Stopped ``stopped_months`` or half stopped ``half_stopped_months``, by the ledger or by electricity. Clear where no source says so
        and one of them is there. That operating difficulty is the cause is for the inquiry to find.
    zombie_loss
        Liabilities ÷ assets above ``leverage_high`` and a loss in each of the last ``loss_years`` years.
    zombie_dependent
        With a subsidy, and at a loss without it; or earnings before interest and taxes below the interest paid, and borrowing that rose.
    zombie_arrears
        On record as long in arrears.
    zombie
        At least ``zombie_tests_min`` of the four, of a firm in scope: ``scope_employees_min`` and ``scope_revenue_min_wan`` both met; all
        firms where the ruleset has no such number.
    insolvent
        Liabilities ÷ assets above ``insolvent_leverage``.
    fn_chk
        EBIT < R*, leverage of the year before above ``fn_leverage``, borrowing rose. R* = short rate x short loans + mean of five years'
        long rates x long loans + bond rate x bonds, all of the year before. Source: Fukuda, Nakamura 2011.
    chk
        Interest paid < R*. Source: Caballero, Hoshi, Kashyap 2008.
    """
    made = _Making(stock, rules, on, runs)
    wanted = {test.code: test.article for test in rules.tests if test.code in ACTIVITY_TESTS[1:]}
    said = {code: getattr(made, code)() for code in wanted if code != "zombie"}
    four = np.stack([said[code].truth for code in _FOUR])
    least = int(rules.value("zombie_tests_min", "count"))
    proved, possible = (four == YES).sum(axis=0), (four != NO).sum(axis=0)
    enough = np.where(proved >= least, YES, np.where(possible < least, NO, UNKNOWN)).astype(np.int8)
    scope = made.scope()
    needs = {
        name: blank & (said[code].truth == UNKNOWN) for code in _FOUR for name, blank in said[code].needs.items()
    } | {name: blank & (scope == UNKNOWN) & (enough != NO) for name, blank in made.scope_needs().items()}
    truth = np.where(enough == NO, NO, np.minimum(enough, scope)).astype(np.int8)
    # How many hold is not known while it is open whether enough do: what is proved so far is no count.
    count = np.where(enough == UNKNOWN, np.nan, proved)
    said["zombie"] = _Said(truth, count, np.full(len(truth), float(least)), True, "count", needs)
    finding = np.where(scope == NO, "out_of_scope", _SAID[truth]).astype(object)
    parts = [_laid_out(stock.enterprise.index, code, said[code], article) for code, article in wanted.items()]
    return Zombies(pd.concat(parts, ignore_index=True)[list(TEST_COLUMNS)], finding)


def _laid_out(firms: pd.Index, code: str, said: _Said, article: str) -> pd.DataFrame:
    lacks = Lacks(len(firms))
    for name, blank in said.needs.items():
        lacks.add((said.truth == UNKNOWN) & blank, (name,))
    return pd.DataFrame(
        {
            "enterprise_id": firms,
            "test": code,
            "finding": _SAID[said.truth],
            **beyond(said.value, said.threshold, said.above),
            "unit": said.unit,
            "article": article,
            "missing": lacks.tuples(),
        }
    )


class _Making:
    """The tests, on the figures of the last full year and those before it."""

    def __init__(self, stock: Stock, rules: Ruleset, on: date, runs: Runs) -> None:
        self.firms, self.rules, self.on, self.runs = stock.enterprise, rules, on, runs
        years = int(rules.value("loss_years", "year"))
        self.figures = [
            year_figures(stock.enterprise_year, self.firms.index, on.year - 1 - ago) for ago in range(max(years, 2))
        ]
        arrears = of_year(stock.enterprise_year, self.firms.index, on.year - 1, ["is_in_arrears"])["is_in_arrears"]
        self.arrears = arrears.astype("boolean")

    def year(self, name: str, ago: int = 0) -> Floats:
        return self.figures[ago][name].to_numpy(dtype=float)

    def zombie_stopped(self) -> _Said:
        stop, half = (float(self.rules.value(f"{name}_months", "month")) for name in ("stopped", "half_stopped"))
        by_ledger = stopped_months(self.firms, self.on)
        is_half = (self.firms["status"] == "half_stopped").fillna(False).to_numpy(dtype=bool)
        stopped, halved = np.where(is_half, 0.0, by_ledger), np.where(is_half, by_ledger, 0.0)
        yes = some([_at_least(value, line) for value, line in (
            (stopped, stop), (halved, half), (self.runs.low, stop), (self.runs.half, half),
        )], len(self.firms))  # fmt: skip
        silent = np.isnan(self.runs.low) & np.isnan(self.runs.half)
        no_ledger = np.isnan(by_ledger)
        known_no = (~silent & (np.nan_to_num(self.runs.low) < stop) & (np.nan_to_num(self.runs.half) < half)) | (
            ~no_ledger & (stopped < stop) & (halved < half)
        )
        truth = np.where(yes == YES, YES, np.where(known_no, NO, UNKNOWN)).astype(np.int8)
        months = np.fmax(stopped, self.runs.low)
        by_half = np.fmax(halved, self.runs.half)
        shows_half = (truth == YES) & ~(months >= stop)
        return _Said(
            truth,
            np.where(shows_half, by_half, months),
            np.where(shows_half, half, stop),
            True,
            "month",
            {"enterprise.status": no_ledger, "enterprise_month.power_kwh": silent},
        )

    def zombie_loss(self) -> _Said:
        high = float(self.rules.value("leverage_high", "ratio"))
        leverage = self.leverage()
        years = int(self.rules.value("loss_years", "year"))
        profits = [self.year("profit_wan", ago) for ago in range(years)]
        owes = _three(leverage > high, np.isnan(leverage))
        lost = every([_three(profit < 0, np.isnan(profit)) for profit in profits], len(leverage))
        running_loss = np.cumprod([profit < 0 for profit in profits], axis=0).sum(axis=0).astype(float)
        by_leverage = owes != YES
        return _Said(
            np.minimum(owes, lost),
            np.where(by_leverage, leverage, running_loss),
            np.where(by_leverage, high, float(years)),
            True,
            "ratio",
            {
                "enterprise_year.liabilities_wan": np.isnan(self.year("liabilities_wan")),
                "enterprise_year.assets_wan": np.isnan(self.year("assets_wan")),
                "enterprise_year.profit_wan": np.any([np.isnan(profit) for profit in profits], axis=0),
            },
        )

    def zombie_dependent(self) -> _Said:
        subsidy, profit = self.year("subsidy_wan"), self.year("profit_wan")
        without = profit - subsidy
        fed = np.minimum(_three(subsidy > 0, np.isnan(subsidy)), _three(without < 0, np.isnan(without)))
        ebit, interest = self.year("ebit_wan"), self.year("interest_wan")
        rolled = np.minimum(_three(ebit < interest, np.isnan(ebit) | np.isnan(interest)), self.borrowing_rose())
        return _Said(
            np.maximum(fed, rolled),
            np.where((rolled == YES) & (fed != YES), ebit - interest, without),
            np.zeros(len(profit)),
            False,
            "万元",
            {
                "enterprise_year.subsidy_wan": np.isnan(subsidy),
                "enterprise_year.profit_wan": np.isnan(profit),
                "enterprise_year.ebit_wan": np.isnan(ebit),
                "enterprise_year.interest_wan": np.isnan(interest),
                **self.debt_needs(),
            },
        )

    def zombie_arrears(self) -> _Said:
        unknown = self.arrears.isna().to_numpy(dtype=bool)
        blank = np.full(len(unknown), np.nan)
        truth = _three(self.arrears.fillna(False).to_numpy(dtype=bool), unknown)
        return _Said(truth, blank, blank, True, "", {"enterprise_year.is_in_arrears": unknown})

    def insolvent(self) -> _Said:
        line, leverage = float(self.rules.value("insolvent_leverage", "ratio")), self.leverage()
        needs = {f"enterprise_year.{name}": np.isnan(self.year(name)) for name in ("liabilities_wan", "assets_wan")}
        return _Said(
            _three(leverage > line, np.isnan(leverage)), leverage, np.full(len(leverage), line), True, "ratio", needs
        )

    def fn_chk(self) -> _Said:
        least, ebit, before = self.least_interest(), self.year("ebit_wan"), self.leverage(1)
        line = float(self.rules.value("fn_leverage", "ratio"))
        truth = every(
            [
                _three(ebit < least, np.isnan(ebit) | np.isnan(least)),
                _three(before > line, np.isnan(before)),
                self.borrowing_rose(),
            ],
            len(ebit),
        )
        needs = {"enterprise_year.ebit_wan": np.isnan(ebit), **self.debt_needs()}
        needs["enterprise_year.liabilities_wan"] = np.isnan(self.year("liabilities_wan", 1))
        needs["enterprise_year.assets_wan"] = np.isnan(self.year("assets_wan", 1))
        return _Said(truth, ebit, least, False, "万元", needs)

    def chk(self) -> _Said:
        least, interest = self.least_interest(), self.year("interest_wan")
        truth = _three(interest < least, np.isnan(interest) | np.isnan(least))
        return _Said(
            truth,
            interest,
            least,
            False,
            "万元",
            {"enterprise_year.interest_wan": np.isnan(interest), **self.debt_needs()},
        )

    def leverage(self, ago: int = 0) -> Floats:
        assets = self.year("assets_wan", ago)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(assets > 0, self.year("liabilities_wan", ago) / assets, np.nan)

    def borrowed(self, ago: int) -> Floats:
        short, long, bonds = (self.year(name, ago) for name in ("short_debt_wan", "long_debt_wan", "bonds_wan"))
        return short + long + bonds

    def borrowing_rose(self) -> Truth:
        rise = self.borrowed(0) - self.borrowed(1)
        return _three(rise > 0, np.isnan(rise))

    def debt_needs(self) -> dict[str, Flags]:
        return {
            f"enterprise_year.{name}": np.isnan(self.year(name)) | np.isnan(self.year(name, 1))
            for name in ("short_debt_wan", "long_debt_wan", "bonds_wan")
        }

    def least_interest(self) -> Floats:
        """Give R*, the least interest a firm could pay; unknown where the rates of a year are not in the ruleset."""
        rates = {item.year: item for item in self.rules.rates}
        before = self.on.year - 2
        wanted = [rates.get(before - ago) for ago in range(_LOAN_YEARS)]
        known = [item for item in wanted if item is not None]
        if len(known) < _LOAN_YEARS:
            return np.full(len(self.firms), np.nan)
        long = float(sum(item.long for item in known)) / _LOAN_YEARS
        bond = float(min(item.bond for item in known))
        return (
            float(rates[before].short) * self.year("short_debt_wan", 1)
            + long * self.year("long_debt_wan", 1)
            + bond * self.year("bonds_wan", 1)
        )

    def scope(self) -> Truth:
        """Say which firms the four tests are for."""
        parts = [
            _at_least(self.year(column), float(self.rules.value(name, unit))) for name, column, unit in self._bounds()
        ]
        return every(parts, len(self.firms))

    def scope_needs(self) -> dict[str, Flags]:
        return {f"enterprise_year.{column}": np.isnan(self.year(column)) for _, column, _ in self._bounds()}

    def _bounds(self) -> list[tuple[str, str, str]]:
        known = (
            ("scope_employees_min", "employees", "count"),
            ("scope_revenue_min_wan", "revenue_wan", "万元"),
        )
        return [item for item in known if item[0] in self.rules.numbers]


def _three(met: Flags, unknown: Flags) -> Truth:
    return np.where(unknown, UNKNOWN, np.where(met, YES, NO)).astype(np.int8)


def _at_least(value: Floats, line: float) -> Truth:
    with np.errstate(invalid="ignore"):
        return _three(value >= line, np.isnan(value))
