"""Suspected idle land 闲置: not started, or started and stopped; the clock and its track."""

from datetime import date
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.conditions import beyond
from landgis.terms.frames import FINDING_COLUMNS
from landgis.terms.rules import IDLE_TESTS, Ruleset

_EXCUSED: Final = ("government", "force_majeure")
_STARTED: Final = ("building", "stopped", "built")
#: Below this part of the whole, a difference may be noise of the multiplication: such rows are compared as decimals, exactly.
_NEAR: Final = 1e-9

Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def idle_land(
    contracts: pd.DataFrame, rules: Ruleset, on: date, *, build_status: pd.Series | None = None
) -> pd.DataFrame:
    """Find land whose works did not start in time, or started and then stopped with too little built or spent.

    Parameters
    ----------
    contracts
        One row per contract, columns as in `landgis.terms.frames.CONTRACT`. Reads ``parcel_id``, ``agreed_start_on``,
        ``delivered_on``, ``started_on``, ``finished_on``, ``stopped_since`` (empty while works go on), ``developed_m2`` and
        ``should_develop_m2`` (m²), ``invested_wan`` and ``total_invest_wan`` (万元, without land price and taxes),
        ``government_delay_days`` and ``delay_cause``.
    rules
        Sets ``not_started_years``, ``take_back_years``, ``stopped_years`` (year), ``developed_share_min``, ``invested_share_min``
        (ratio) and, where a missing agreed start may be read from the delivery, ``start_after_delivery_years`` (year).
    on
        The day for which we ask.
    build_status
        Of the parcels, indexed by ``parcel_id``: what stands proves a start that the contract's file does not record.

    Returns
    -------
    DataFrame
        Same index, same order: ``parcel_id``; ``not_started``, ``stopped_area``, ``stopped_money`` and their sum ``finding``
        ("suspected", "clear", "unknown"); ``track`` ("fee", "take_back", "agreement" or None); ``start_due`` (the agreed start, or
        the one read from delivery, moved by the government's days) and ``start_basis`` ("agreed", "delivered" or None);
        ``overdue_days``, ``overdue_limit_days``, ``stopped_days``, ``stopped_limit_days`` (d); ``developed_share``,
        ``invested_share`` (0-1); ``missing`` (tuple of columns without which it stays unknown).

    Raises
    ------
    RuleError
        The ruleset lacks one of the thresholds, or has it in another unit.

    Notes
    -----
    Not started: more than a year after the start that was agreed (第2条第1款); days the government caused do not count (第8条).
    A contract without any sign of a start on record (a day of start, end or stop; developed land; what stands) is taken as not started:
    this is what 疑似 means, and the first step of the procedure asks the user for the proof (第5条). Excused days that are not on record
    excuse nothing yet, for the same reason.
    Started then stopped: stopped for a full year, and developed less than 1/3 of what should be, or spent less than 25 %
    (第2条第2款). Both shares are strict ("不足"): exactly 1/3 is clear. One share that proves it is enough; "clear" needs both.
    Years are calendar years; a year from 29 February ends on 28 February (民法典 第202条).
    Track: fee from one year, take-back from two, for land never started (第14条); agreement menu for land stopped, and wherever the
    government or force majeure caused it (第12条). Source: 国土资源部令第53号. A finding is a suspicion, never the 认定.
    """
    day = np.datetime64(on, "D")
    signs = _signs(contracts, build_status, day)
    due, basis = _start_due(contracts, rules)
    never = ~signs["started"]

    late_from = _years_after(due, rules.value("not_started_years", "year"))
    not_started = np.where(
        never, np.where(np.isnat(due), "unknown", np.where(day > late_from, "suspected", "clear")), "clear"
    )

    stopped_since = _days(contracts, "stopped_since")
    at_rest = signs["started"] & ~signs["finished"] & ~np.isnat(stopped_since) & (stopped_since <= day)
    rest_full = _years_after(stopped_since, rules.value("stopped_years", "year"))
    long_stopped = at_rest & (day >= rest_full)
    when_unknown = signs["started"] & ~signs["finished"] & signs["says_stopped"] & np.isnat(stopped_since)
    developed, should = _floats(contracts, "developed_m2"), _floats(contracts, "should_develop_m2")
    invested, total = _floats(contracts, "invested_wan"), _floats(contracts, "total_invest_wan")
    area = _share_finding(developed, should, rules.value("developed_share_min", "ratio"), long_stopped, when_unknown)
    money = _share_finding(invested, total, rules.value("invested_share_min", "ratio"), long_stopped, when_unknown)

    out = pd.DataFrame(index=contracts.index)
    out["parcel_id"] = contracts["parcel_id"]
    out["not_started"], out["stopped_area"], out["stopped_money"] = not_started, area, money
    tests = out[list(IDLE_TESTS)].to_numpy(dtype=object)
    suspected = (tests == "suspected").any(axis=1)
    unknown = (tests == "unknown").any(axis=1)
    out["finding"] = np.where(suspected, "suspected", np.where(unknown, "unknown", "clear"))

    two_years = day >= _years_after(due, rules.value("take_back_years", "year"))
    excused = contracts["delay_cause"].isin(_EXCUSED).to_numpy(dtype=bool)
    by_law = (not_started == "suspected") & ~excused
    track = np.full(len(out), None, dtype=object)
    track[suspected] = "agreement"
    track[by_law & ~two_years] = "fee"
    track[by_law & two_years] = "take_back"
    out["track"] = pd.Series(track, index=out.index, dtype="object")
    out["start_due"] = due.astype("datetime64[s]")
    out["start_basis"] = pd.Series(basis, index=out.index, dtype="object")
    out["overdue_days"] = np.where(never, _between(due, day), np.nan)
    out["overdue_limit_days"] = np.where(never, _between(due, late_from), np.nan)
    out["stopped_days"] = np.where(at_rest, _between(stopped_since, day), np.nan)
    out["stopped_limit_days"] = np.where(at_rest, _between(stopped_since, rest_full), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        out["developed_share"] = np.where(should > 0, developed / should, np.nan)
        out["invested_share"] = np.where(total > 0, invested / total, np.nan)
    out["missing"] = _missing(out, contracts, when_unknown)
    return out


def idle_by_parcel(idle: pd.DataFrame, parcels: pd.DataFrame) -> pd.DataFrame:
    """Bring the contracts' findings to their parcels.

    Parameters
    ----------
    idle
        As `idle_land` gives it.
    parcels
        Index ``parcel_id``; reads ``build_status``.

    Returns
    -------
    DataFrame
        Index of `parcels`, same order: ``not_started``, ``stopped_area``, ``stopped_money``, ``idle`` (findings), ``track``, ``row``
        (position in `idle` of the contract that decided, −1 where none), ``test`` (the first test that suspects, or None), ``days``
        (since the start was due, or since works stopped), ``missing``. The gravest contract speaks for the parcel. A
        parcel without a contract is unknown, unless it is recorded as built: what is built was started and finished.
    """
    count = len(parcels)
    place = np.asarray(parcels.index.get_indexer(pd.Index(idle["parcel_id"])), dtype=np.intp)
    weight = idle["finding"].map({"suspected": 2, "unknown": 1, "clear": 0}).to_numpy(dtype=np.int64)
    severity = idle["track"].map({"take_back": 3, "fee": 2, "agreement": 1}).fillna(0).to_numpy(dtype=np.int64)
    order = np.lexsort((severity, weight))
    order = order[place[order] >= 0]
    row = np.full(count, -1, dtype=np.intp)
    row[place[order]] = order
    none = row < 0
    built = (parcels["build_status"] == "built").fillna(False).to_numpy(dtype=bool)
    without = np.where(built, "clear", "unknown")
    out = pd.DataFrame(index=parcels.index)
    for name, source in (*((test, test) for test in IDLE_TESTS), ("idle", "finding")):
        ours = np.append(idle[source].to_numpy(dtype=object), [None])[row]
        out[name] = np.where(none, without, ours)
    track = np.append(idle["track"].to_numpy(dtype=object), [None])[row]
    out["track"] = pd.Series(track, index=out.index, dtype="object")
    out["row"] = row
    test = np.full(count, None, dtype=object)
    for name in reversed(IDLE_TESTS):
        test[(out[name] == "suspected").to_numpy(dtype=bool)] = name
    out["test"] = pd.Series(test, index=out.index, dtype="object")
    overdue, stopped = (
        np.append(idle[name].to_numpy(dtype=float), np.nan)[row] for name in ("overdue_days", "stopped_days")
    )
    out["days"] = np.where(test == "not_started", overdue, stopped)
    missing = np.fromiter((*idle["missing"], ()), dtype=object, count=len(idle) + 1)
    found = missing[row]
    lone = np.flatnonzero(none & ~built)
    found[lone] = np.fromiter((("contract",) for _ in lone), dtype=object, count=len(lone))
    out["missing"] = found
    return out


def idle_findings(idle: pd.DataFrame, by_parcel: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    """Lay the idle findings out one row per parcel and test.

    Parameters
    ----------
    idle, by_parcel
        As `idle_land` and `idle_by_parcel` give them.
    rules
        Gives code, thresholds and articles.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.FINDING_COLUMNS`. For ``not_started`` value and threshold are days since the start that was due; for the
        two others the share built and spent, and the share below which it is too little. ``margin`` is how far beyond that line.
    """
    at = by_parcel["row"].to_numpy()
    articles = {test.code: test.article for test in rules.tests}
    shares = {
        "stopped_area": ("developed_share", rules.value("developed_share_min", "ratio")),
        "stopped_money": ("invested_share", rules.value("invested_share_min", "ratio")),
    }
    parts = []
    for test in IDLE_TESTS:
        if test == "not_started":
            value, threshold, unit = idle["overdue_days"], idle["overdue_limit_days"].to_numpy(), "d"
        else:
            column, share = shares[test]
            value, threshold, unit = idle[column], np.full(len(idle), float(share)), "ratio"
        finding = by_parcel[test].to_numpy(dtype=object)
        lacks = by_parcel["missing"].to_numpy(dtype=object)
        missing = np.fromiter(
            (_of_test(test, names) if said == "unknown" else () for said, names in zip(finding, lacks, strict=True)),
            dtype=object,
            count=len(finding),
        )
        parts.append(
            pd.DataFrame(
                {
                    "parcel_id": by_parcel.index,
                    "ruleset": rules.code,
                    "test": test,
                    "finding": finding,
                    **beyond(
                        np.append(value.to_numpy(dtype=float), np.nan)[at],
                        np.append(threshold, np.nan)[at],
                        above=test == "not_started",
                    ),
                    "unit": unit,
                    "article": articles[test],
                    "missing": missing,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(FINDING_COLUMNS)]


_NEEDED: Final = {
    "not_started": ("contract", "agreed_start_on", "delivered_on"),
    "stopped_area": ("contract", "stopped_since", "developed_m2", "should_develop_m2"),
    "stopped_money": ("contract", "stopped_since", "invested_wan", "total_invest_wan"),
}


def _of_test(test: str, lacks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in lacks if name.removeprefix("contract.") in _NEEDED[test])


def _days(frame: pd.DataFrame, name: str) -> Days:
    return frame[name].to_numpy(dtype="datetime64[D]")


def _floats(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].to_numpy(dtype=float, na_value=np.nan)


def _between(first: Days, last: Days | np.datetime64) -> Floats:
    span = (last - first).astype("timedelta64[D]")
    return np.where(np.isnat(span), np.nan, span.astype(np.float64))


def _years_after(days: Days, years: Fraction) -> Days:
    """Add calendar years; a day the later month does not have becomes its last (民法典 第202条)."""
    months = int(years * 12)
    month = days.astype("datetime64[M]")
    into = (days - month).astype("timedelta64[D]")
    last = (month + months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    same_day: Days = (month + months).astype("datetime64[D]") + into
    return np.minimum(same_day, last)


def _signs(contracts: pd.DataFrame, build_status: pd.Series | None, day: np.datetime64) -> dict[str, Flags]:
    """Read from what is on record whether works started, finished, or are said to have stopped."""
    started_on, finished_on, stopped = (
        _days(contracts, name) for name in ("started_on", "finished_on", "stopped_since")
    )
    begun = (started_on <= day) | (finished_on <= day) | (stopped <= day)
    begun |= (_floats(contracts, "developed_m2") > 0) & np.isnat(started_on)
    finished = finished_on <= day
    says_stopped = np.zeros(len(contracts), dtype=bool)
    if build_status is not None:
        status = build_status.reindex(contracts["parcel_id"])
        begun |= status.isin(_STARTED).to_numpy(dtype=bool) & np.isnat(started_on)
        finished |= (status == "built").fillna(False).to_numpy(dtype=bool)
        says_stopped |= (status == "stopped").fillna(False).to_numpy(dtype=bool)
    return {"started": begun, "finished": finished & begun, "says_stopped": says_stopped}


def _start_due(contracts: pd.DataFrame, rules: Ruleset) -> tuple[Days, NDArray[Any]]:
    """Give the day by which works had to start, and what it was read from."""
    agreed = _days(contracts, "agreed_start_on")
    due, basis = agreed.copy(), np.full(len(contracts), "agreed", dtype=object)
    basis[np.isnat(agreed)] = None
    if "start_after_delivery_years" in rules.numbers:
        years = rules.value("start_after_delivery_years", "year")
        delivered = _years_after(_days(contracts, "delivered_on"), years)
        use = np.isnat(agreed) & ~np.isnat(delivered)
        due[use], basis[use] = delivered[use], "delivered"
    excused = np.nan_to_num(_floats(contracts, "government_delay_days")).astype("timedelta64[D]")
    return due + excused, basis


def _share_finding(
    part: Floats, whole: Floats, share: Fraction, long_stopped: Flags, when_unknown: Flags
) -> NDArray[Any]:
    less = _less_than_share(part, whole, share)
    known = (whole > 0) & ~np.isnan(part)
    answer = np.where(long_stopped, np.where(known, np.where(less, "suspected", "clear"), "unknown"), "clear")
    # Stopped, nobody knows since when: only a share that is known to be enough clears it.
    return np.where(when_unknown & ~(known & ~less), "unknown", answer).astype(object)


def _less_than_share(part: Floats, whole: Floats, share: Fraction) -> Flags:
    """Compare ``part / whole < share`` without dividing; near the edge as exact decimals."""
    left, right = part * share.denominator, whole * share.numerator
    less = left < right
    edge = np.abs(left - right) <= _NEAR * np.abs(right)
    for row in np.flatnonzero(edge):
        less[row] = Fraction(repr(float(part[row]))) < share * Fraction(repr(float(whole[row])))
    return np.asarray(less, dtype=bool)


def _missing(out: pd.DataFrame, contracts: pd.DataFrame, when_unknown: Flags) -> NDArray[Any]:
    found = np.empty(len(out), dtype=object)
    found.fill(())
    blank = {name: contracts[name].isna().to_numpy(dtype=bool) for names in _NEEDED.values() for name in names[1:]}
    unknown = {test: (out[test] == "unknown").to_numpy(dtype=bool) for test in IDLE_TESTS}
    for row in np.flatnonzero(out["finding"] == "unknown"):
        lacks: dict[str, None] = {}
        for test in IDLE_TESTS:
            if unknown[test][row]:
                for name in _NEEDED[test][1:]:
                    if blank[name][row] and (name != "stopped_since" or when_unknown[row]):
                        lacks[f"contract.{name}"] = None
        found[row] = tuple(lacks)
    return found
