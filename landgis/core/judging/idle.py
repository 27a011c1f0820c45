"""Suspected idle land 闲置: not started, or started and stopped; the clock, its next change, and its track."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.core.judging.conditions import beyond
from landgis.core.judging.procedure import clocks
from landgis.terms.frames import FINDING_COLUMNS, IDLE_COLUMNS, IDLE_STATE
from landgis.terms.rules import IDLE_TESTS, Ruleset

_EXCUSED: Final = ("government", "force_majeure")
_STARTED: Final = ("building", "stopped", "built")
#: Foundations that have to be finished; of others a share is enough.
_WHOLE: Final = ("pit", "piles")
#: Below this part of the whole, a difference may be noise of the multiplication: such rows are compared as decimals, exactly.
_NEAR: Final = 1e-9
#: Before and after every day on record; what lasts without an end is put off to the latter.
_EVER: Final = np.datetime64("0001-01-01", "D")
_NEVER: Final = np.datetime64("9999-12-31", "D")
_NAT: Final = np.datetime64("NaT", "D")

#: What is found, and where a contract stands, while we think; the graver is the greater.
_CLEAR, _UNKNOWN, _SUSPECTED = range(3)
_FINDINGS: Final = np.array(["clear", "unknown", "suspected"])
_AGREEMENT, _FEE, _TAKE_BACK = range(2, 5)
_STATES: Final = np.array(["clear", "unknown", "agreement", "fee", "take_back"])
_TRACKS: Final = np.array([None, None, "agreement", "fee", "take_back"])
_NO_BASIS, _AGREED, _DELIVERED, _SUPPLEMENT = range(4)
_BASES: Final = np.array([None, "agreed", "delivered", "supplement"])

Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
#: What the record says, a row a contract; of delays and supplements a row has several, in the order of their days.
Facts = Mapping[str, NDArray[Any]]


def idle_land(
    contracts: pd.DataFrame,
    rules: Ruleset,
    on: date,
    *,
    build_status: pd.Series | None = None,
    delays: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find land whose works did not start in time, or started and then stopped with too little built or spent.

    Parameters
    ----------
    contracts
        One row per contract, columns as in `landgis.terms.frames.CONTRACT`, and ``parcel_id``. Reads ``agreed_start_on``,
        ``delivered_on``, ``started_on``, ``permit_on``, ``foundation_kind``, ``foundation_share``, ``finished_on``,
        ``stopped_since`` (empty while works go on), ``developed_m2`` and ``should_develop_m2`` (m²), ``invested_wan`` and
        ``total_invest_wan`` (万元, without land price and taxes), ``price_wan``, ``price_paid_wan`` (万元),
        ``government_delay_days`` and ``delay_cause``.
    rules
        Sets ``not_started_years``, ``take_back_years``, ``stopped_years``, ``extension_years_max`` (year), ``developed_share_min``,
        ``invested_share_min``, ``foundation_share_min``, ``fee_share`` (ratio), the lengths of `landgis.core.judging.procedure`, and, where
        a missing agreed start may be read from the delivery, ``start_after_delivery_years`` (year).
    on
        The day for which we ask.
    build_status
        Of the parcels, indexed by ``parcel_id``: what stands proves a start that the contract's file does not record.
    delays
        What puts starts off, columns as in `landgis.terms.frames.CONTRACT_DELAY`, several to a contract; they may overlap.

    Returns
    -------
    DataFrame
        Same index, same order: `landgis.terms.frames.IDLE_COLUMNS`, and ``not_started``, ``stopped_area``, ``stopped_money``, whose
        gravest is the ``finding`` ("suspected", "clear", "unknown"). ``state`` is the finding, or the ``track`` where it is suspected;
        ``start_due`` the agreed start, one a supplement gives, or one read from the delivery (``start_basis``), put off by excused days;
        ``start_proof`` whether the start on record is one; ``overdue_days``, ``overdue_limit_days``, ``stopped_days``,
        ``stopped_limit_days`` (d); ``developed_share``, ``invested_share`` (0-1); ``changes_on`` and ``changes_to`` the first later day
        on which another state holds if nothing else is recorded; ``fee_low_wan``, ``fee_high_wan`` (万元; a blank bound is
        unknown); ``remarks``, ``missing`` (columns without which it stays unknown), ``asks`` (columns to ask for), ``clocks``.

    Raises
    ------
    RuleError
        The ruleset lacks one of the numbers, or has it in another unit.

    Notes
    -----
    Not started: more than a year after the start that was due (第2条第1款). Days the government or force majeure took (第8条), or the
    preparation that works need (城市房地产管理法 第26条), do not count, neither toward the year nor toward the two: before the agreed
    start they put it off, after it the clock stands still. Overlapping spans count once. ``government_delay_days`` counts where there are
    no spans with days. A supplement puts its new start in the place of the old one from the day it was signed, up to
    ``extension_years_max`` after that day (第12条第1项).
    A contract without any sign of a start on record (a day of start, end or stop; developed land; what stands) is taken as not started:
    this is what 疑似 means, and the first step of the procedure asks the user for the proof (第5条). A start whose foundation on record
    is less than 第30条 asks is none, unless works are finished; one without permit or foundation on record counts, and is marked.
    Started then stopped: stopped for a full year, and developed less than 1/3 of what should be, or spent less than 25 %
    (第2条第2款). Both shares are strict ("不足"): exactly 1/3 is clear. One share that proves it is enough; "clear" needs both.
    Years are calendar years; a year from 29 February ends on 28 February (民法典 第202条).
    Track: fee from one year, take-back from two, for land never started (第14条); agreement menu for land stopped, and wherever the
    government or force majeure caused it or an excuse lasts (第12条). Source: 国土资源部令第53号. A finding is a suspicion, never the
    认定.
    """
    day = np.full(len(contracts), np.datetime64(on, "D"))
    facts = _facts(contracts, rules, build_status, delays)
    years = {name: rules.value(name, "year") for name in ("not_started_years", "take_back_years", "stopped_years")}
    now = _judge(facts, day, years)
    changes_on, changes_to = _next_change(facts, now["state"], np.datetime64(on, "D"), years)

    out = contracts[["parcel_id", "contract_no"]].copy()
    for test in IDLE_TESTS:
        out[test] = _FINDINGS[now[test]]
    out["finding"] = _FINDINGS[now["finding"]]
    out["state"] = _STATES[now["state"]]
    out["track"] = pd.Series(_TRACKS[now["state"]], index=out.index, dtype="object")
    out["start_due"] = _seconds(now["due"])
    out["start_basis"] = pd.Series(_BASES[now["basis"]], index=out.index, dtype="object")
    out["overdue_days"] = np.where(now["started"], np.nan, _between(now["due"], day))
    out["overdue_limit_days"] = np.where(now["started"], np.nan, _between(now["due"], now["late_from"]))
    out["stopped_days"] = np.where(now["at_rest"], _between(facts["stopped"], day), np.nan)
    out["stopped_limit_days"] = np.where(now["at_rest"], _between(facts["stopped"], now["rest_full"]), np.nan)
    out["developed_share"], out["invested_share"] = facts["developed_share"], facts["invested_share"]
    out["changes_on"] = _seconds(changes_on)
    out["changes_to"] = pd.Series(changes_to, index=out.index, dtype="object")

    at_fee = now["state"] == _FEE
    fee, paid = (
        float(rules.value("fee_share", "ratio")) * _floats(contracts, name) for name in ("price_wan", "price_paid_wan")
    )
    out["fee_low_wan"] = np.where(at_fee, np.where(np.isnan(fee), paid, fee), np.nan)
    out["fee_high_wan"] = np.where(at_fee, fee, np.nan)

    proof = _proof(facts, now, day)
    out["start_proof"] = pd.Series(proof, index=out.index, dtype="object")
    out["remarks"] = _named(
        {
            "start_unproved": proof == "unproved",
            "start_refuted": proof == "refuted",
            "delivered_after_start": (facts["delivered"] > facts["agreed"]) & (now["finding"] == _SUSPECTED),
            "delay_lasts": now["in_delay"],
            "extension_capped": now["capped"],
        }
    )
    missing = _missing(contracts, now)
    asks_proof = (now["not_started"] == _SUSPECTED) | (proof == "unproved") | (proof == "refuted")
    asks = missing | {
        f"contract.{name}": asks_proof & contracts[name].isna().to_numpy()
        for name in ("permit_on", "foundation_kind", "foundation_share")
    }
    no_cause = np.isnat(facts["from"]).all(axis=1) & contracts["delay_cause"].isna().to_numpy()
    asks["contract_delay"] = (now["finding"] == _SUSPECTED) & no_cause
    asks["contract.price_wan"] = at_fee & np.isnan(fee)
    out["missing"], out["asks"] = _named(missing), _named(asks)
    by_state = {state: clocks(_TRACKS[state], {"found_on": on}, rules) for state in np.unique(now["state"])}
    out["clocks"] = np.fromiter((by_state[state] for state in now["state"]), dtype=object)
    return out[[*IDLE_COLUMNS, *IDLE_TESTS]]


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
    place = parcels.index.get_indexer(pd.Index(idle["parcel_id"]))
    order = np.lexsort([pd.Categorical(idle["state"], list(IDLE_STATE)).codes])
    order = order[place[order] >= 0]
    row = np.full(count, -1)
    row[place[order]] = order
    none = row < 0
    built = (parcels["build_status"] == "built").to_numpy()
    without = np.where(built, "clear", "unknown")
    out = pd.DataFrame(index=parcels.index)
    for name, source in (*((test, test) for test in IDLE_TESTS), ("idle", "finding")):
        ours = np.append(idle[source].to_numpy(), [None])[row]
        out[name] = np.where(none, without, ours)
    track = np.append(idle["track"].to_numpy(), [None])[row]
    out["track"] = pd.Series(track, index=out.index, dtype="object")
    out["row"] = row
    test = np.full(count, None)
    for name in reversed(IDLE_TESTS):
        test[out[name] == "suspected"] = name
    out["test"] = pd.Series(test, index=out.index, dtype="object")
    overdue, stopped = (np.append(idle[name].to_numpy(), np.nan)[row] for name in ("overdue_days", "stopped_days"))
    out["days"] = np.where(test == "not_started", overdue, stopped)
    missing = np.fromiter((*idle["missing"], ()), dtype=object)
    found = missing[row]
    lone = np.flatnonzero(none & ~built)
    found[lone] = np.fromiter((("contract",) for _ in lone), dtype=object)
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
        said = by_parcel[[test, "missing"]].itertuples(index=False)
        missing = np.fromiter(
            (_of_test(test, names) if finding == "unknown" else () for finding, names in said), dtype=object
        )
        parts.append(
            pd.DataFrame(
                {
                    "parcel_id": by_parcel.index,
                    "ruleset": rules.code,
                    "test": test,
                    "finding": by_parcel[test].to_numpy(),
                    **beyond(
                        np.append(value.to_numpy(), np.nan)[at],
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
    return frame[name].to_numpy(dtype=float)


def _between(first: Days, last: Days) -> Floats:
    span = (last - first).astype("timedelta64[D]")
    lasting = np.isnat(span) | (first == _NEVER) | (last == _NEVER)
    return np.where(lasting, np.nan, span.astype(np.float64))


def _seconds(days: Days) -> NDArray[np.datetime64]:
    return np.where(days == _NEVER, np.datetime64("NaT"), days).astype("datetime64[s]")


def _years_after(days: Days, years: Fraction) -> Days:
    """Add calendar years; a day the later month does not have becomes its last (民法典 第202条)."""
    months = int(years * 12)
    month = days.astype("datetime64[M]")
    into = (days - month).astype("timedelta64[D]")
    last = (month + months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    same_day: Days = (month + months).astype("datetime64[D]") + into
    return np.where(days == _NEVER, _NEVER, np.minimum(same_day, last))


def _facts(
    contracts: pd.DataFrame, rules: Ruleset, build_status: pd.Series | None, delays: pd.DataFrame | None
) -> Facts:
    """Read from the record what does not depend on the day that is asked for."""
    facts: dict[str, NDArray[Any]] = {
        "agreed": _days(contracts, "agreed_start_on"),
        "delivered": _days(contracts, "delivered_on"),
        "started": _days(contracts, "started_on"),
        "permit": _days(contracts, "permit_on"),
        "finished": _days(contracts, "finished_on"),
        "stopped": _days(contracts, "stopped_since"),
        "excused": contracts["delay_cause"].isin(_EXCUSED).to_numpy(),
    }
    developed, should = _floats(contracts, "developed_m2"), _floats(contracts, "should_develop_m2")
    invested, total = _floats(contracts, "invested_wan"), _floats(contracts, "total_invest_wan")
    facts["area"] = _if_stopped(developed, should, rules.value("developed_share_min", "ratio"))
    facts["money"] = _if_stopped(invested, total, rules.value("invested_share_min", "ratio"))
    facts["developed_share"], facts["invested_share"] = _share(developed, should), _share(invested, total)

    stands = (
        pd.Series(np.nan, contracts.index) if build_status is None else build_status.reindex(contracts["parcel_id"])
    )
    facts["begun"] = ((developed > 0) | stands.isin(_STARTED).to_numpy()) & np.isnat(facts["started"])
    facts["built"], facts["says_stopped"] = ((stands == code).to_numpy() for code in ("built", "stopped"))
    facts["refuted"], facts["founded"] = _foundation(contracts, rules.value("foundation_share_min", "ratio"))

    read: Days = np.full(len(contracts), _NAT)
    if "start_after_delivery_years" in rules.numbers:
        read = _years_after(facts["delivered"], rules.value("start_after_delivery_years", "year"))
    facts["start"] = np.where(np.isnat(facts["agreed"]), read, facts["agreed"])
    facts["basis"] = np.where(
        ~np.isnat(facts["agreed"]), _AGREED, np.where(np.isnat(read), _NO_BASIS, _DELIVERED)
    ).astype(np.int8)
    facts |= _delays(contracts, delays, rules.value("extension_years_max", "year"))
    days = np.nan_to_num(_floats(contracts, "government_delay_days")).astype("timedelta64[D]")
    facts["undated"] = np.where(np.isnat(facts["from"]).all(axis=1), days, np.timedelta64(0, "D"))
    return facts


def _foundation(contracts: pd.DataFrame, least: Fraction) -> tuple[Flags, Flags]:
    """Hold the foundation on record against 第30条: too little of it, enough of it; of a blank one neither is known."""
    share = _floats(contracts, "foundation_share")
    known, whole = ~np.isnan(share), share >= 1
    enough = known & ~_less_than_share(share, np.ones(len(share)), least)
    deep = contracts["foundation_kind"].isin(_WHOLE).to_numpy()
    other = (contracts["foundation_kind"] == "other").to_numpy()
    return known & np.where(deep, ~whole, ~enough), np.where(other, enough, whole)


def _delays(contracts: pd.DataFrame, delays: pd.DataFrame | None, longest: Fraction) -> dict[str, NDArray[Any]]:
    """Lay the delays of each contract side by side, in the order of their days: excused spans made one where they meet, supplements."""
    count = len(contracts)
    key = ["park_code", "contract_no"]
    if delays is None or delays.empty:
        none = np.empty((count, 0), dtype="datetime64[D]")
        return dict.fromkeys(("from", "until", "signed", "extended", "capped"), none)
    row = pd.MultiIndex.from_frame(contracts[key]).get_indexer(pd.MultiIndex.from_frame(delays[key]))
    first, last = _days(delays, "from_on"), _days(delays, "to_on")
    until = np.where(np.isnat(last), _NEVER, last + np.timedelta64(1, "D"))
    extends = (delays["cause"] == "supplement").to_numpy()
    ours = (row >= 0) & ~np.isnat(first)

    spans = pd.DataFrame({"row": row, "from": first, "until": until})[ours & ~extends & (first < until)]
    spans = spans.sort_values(["row", "from", "until"])
    ended = spans.groupby("row")["until"].cummax().groupby(spans["row"]).shift()
    part = (ended.isna() | (spans["from"] > ended)).cumsum()
    spans = spans.groupby(part).agg({"row": "first", "from": "first", "until": "max"})

    signed = pd.DataFrame({"row": row, "signed": first, "extended": last})[ours & extends & ~np.isnat(last)]
    signed = signed.sort_values(["row", "signed", "extended"])
    most = _years_after(signed["signed"].to_numpy(), longest)
    wanted = signed["extended"].to_numpy()
    signed["extended"], signed["capped"] = np.minimum(wanted, most), wanted > most
    return {
        **{name: _side_by_side(spans, name, count) for name in ("from", "until")},
        **{name: _side_by_side(signed, name, count) for name in ("signed", "extended")},
        "capped": _side_by_side(signed, "capped", count, False),
    }


def _side_by_side(rows: pd.DataFrame, name: str, count: int, blank: np.datetime64 | bool = _NAT) -> NDArray[Any]:
    """Put the values of each contract into one row of a table as wide as the longest."""
    place = rows.groupby("row").cumcount().to_numpy()
    table = np.full((count, len(np.unique(place))), blank)
    table[rows["row"].to_numpy(), place] = rows[name].to_numpy()
    return table


def _judge(facts: Facts, day: Days, years: Mapping[str, Fraction]) -> dict[str, NDArray[Any]]:
    """Say where each contract stands on a day of its own."""
    finished = facts["finished"] <= day
    begun = (facts["started"] <= day) | finished | (facts["stopped"] <= day) | facts["begun"]
    finished = (finished | facts["built"]) & begun
    started = finished | (begun & ~facts["refuted"])

    due, basis, capped = _start_due(facts, day)
    late_from = _put_off(_years_after(due, years["not_started_years"]), due, facts)
    two_years = _put_off(_years_after(due, years["take_back_years"]), due, facts)
    late = np.where(np.isnat(due), _UNKNOWN, np.where(day > late_from, _SUSPECTED, _CLEAR))
    not_started = np.where(started, _CLEAR, late)

    works = started & ~finished
    at_rest = works & (facts["stopped"] <= day)
    rest_full = _years_after(facts["stopped"], years["stopped_years"])
    long_stopped = at_rest & (day >= rest_full)
    when_unknown = works & facts["says_stopped"] & np.isnat(facts["stopped"])
    shares = {}
    for test, if_stopped in (("stopped_area", facts["area"]), ("stopped_money", facts["money"])):
        # Stopped, nobody knows since when: only a share that is known to be enough clears it.
        undated = np.where(when_unknown & (if_stopped != _CLEAR), _UNKNOWN, _CLEAR)
        shares[test] = np.where(long_stopped, if_stopped, undated)

    finding = np.maximum(not_started, np.maximum(shares["stopped_area"], shares["stopped_money"]))
    in_delay = np.asarray(((facts["from"] <= day[:, None]) & (day[:, None] < facts["until"])).any(axis=1))
    by_law = (not_started == _SUSPECTED) & ~facts["excused"] & ~in_delay
    state = np.where(by_law, np.where(day >= two_years, _TAKE_BACK, _FEE), finding)  # suspected otherwise: by agreement
    return {
        "not_started": not_started, **shares, "finding": finding, "state": state, "started": started, "begun": begun,
        "finished": finished, "at_rest": at_rest, "rest_full": rest_full, "due": due,
        "basis": basis, "capped": capped, "late_from": late_from, "two_years": two_years, "in_delay": in_delay,
    }  # fmt: skip


def _start_due(facts: Facts, day: Days) -> tuple[Days, Codes, Flags]:
    """Give the day by which works had to start, what it was read from, and whether a supplement was cut to the longest allowed."""
    start, basis = facts["start"], facts["basis"]
    since = np.full(len(day), _EVER)
    capped = np.zeros(len(day), dtype=bool)
    for signed, extended, cut in zip(facts["signed"].T, facts["extended"].T, facts["capped"].T, strict=True):
        holds = signed <= day
        start, since = np.where(holds, extended, start), np.where(holds, signed, since)
        basis, capped = np.where(holds, _SUPPLEMENT, basis), np.where(holds, cut, capped)
    undated = np.where(basis == _SUPPLEMENT, np.timedelta64(0, "D"), facts["undated"])
    return _put_off(start + undated, since, facts), basis, capped


def _put_off(days: Days, since: Days, facts: Facts) -> Days:
    """Put days off by the excused days that lie between `since` and them, those included that they are put off by."""
    none = np.timedelta64(0, "D")
    for first, until in zip(facts["from"].T, facts["until"].T, strict=True):
        begins = np.maximum(first, since)
        held = np.maximum(until - begins, none)
        days = np.where(begins < days, np.minimum(days + held, _NEVER), days)
    return days


def _next_change(
    facts: Facts, state: NDArray[Any], on: np.datetime64, years: Mapping[str, Fraction]
) -> tuple[Days, NDArray[Any]]:
    """Find the first later day with another state: only on a day that the record or the rule names can there be one."""
    a_day = np.timedelta64(1, "D")
    turns = [facts[name] for name in ("started", "finished", "stopped")]
    turns += [column for name in ("signed", "from", "until") for column in facts[name].T]
    turns.append(_years_after(facts["stopped"], years["stopped_years"]))
    for since in (np.full(len(state), _EVER), *facts["signed"].T):
        limits = _judge(facts, since, years)
        turns += [limits["late_from"] + a_day, limits["two_years"]]
    days = np.stack(turns, axis=1)
    days = np.sort(np.where((days > on) & (days < _NEVER), days, _NEVER), axis=1)
    changes_on = np.full(len(state), _NAT)
    changes_to = np.full(len(state), None)
    for column in days.T:
        rows = np.flatnonzero(np.isnat(changes_on) & (column < _NEVER))
        then = _judge({name: values[rows] for name, values in facts.items()}, column[rows], years)["state"]
        turned = then != state[rows]
        changes_on[rows[turned]] = column[rows[turned]]
        changes_to[rows[turned]] = _STATES[then[turned]]
    return changes_on, changes_to


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _if_stopped(part: Floats, whole: Floats, share: Fraction) -> Codes:
    """Say what a share would mean if works had stopped for long."""
    known = (whole > 0) & ~np.isnan(part)
    less = _less_than_share(part, whole, share)
    return np.where(known, np.where(less, _SUSPECTED, _CLEAR), _UNKNOWN).astype(np.int8)


def _less_than_share(part: Floats, whole: Floats, share: Fraction) -> Flags:
    """Compare ``part / whole < share`` without dividing; near the edge as exact decimals."""
    left, right = part * share.denominator, whole * share.numerator
    less = left < right
    edge = np.abs(left - right) <= _NEAR * np.abs(right)
    for row in np.flatnonzero(edge):
        less[row] = Fraction(repr(float(part[row]))) < share * Fraction(repr(float(whole[row])))
    return np.asarray(less, dtype=bool)


def _proof(facts: Facts, now: Mapping[str, NDArray[Any]], day: Days) -> NDArray[Any]:
    """Say whether the start on record is one in the sense of 第30条; None where none is on record, or works are finished."""
    proved = facts["founded"] & (facts["permit"] <= day)
    said = np.where(facts["refuted"], "refuted", np.where(proved, "proved", "unproved")).astype(object)
    said[~now["begun"] | now["finished"]] = None
    return said


def _missing(contracts: pd.DataFrame, now: Mapping[str, NDArray[Any]]) -> dict[str, Flags]:
    """Name the blank columns without which a test stays unknown."""
    lacks: dict[str, Flags] = {}
    for test in IDLE_TESTS:
        for name in _NEEDED[test][1:]:
            unknown = (now[test] == _UNKNOWN) & contracts[name].isna().to_numpy()
            lacks[f"contract.{name}"] = lacks.get(f"contract.{name}", False) | unknown
    return lacks


def _named(flags: Mapping[str, Flags]) -> NDArray[Any]:
    """Give each row the names of its flags, as a tuple."""
    marks = sum(flag.astype(np.int64) << place for place, flag in enumerate(flags.values()))
    kinds, which = np.unique(marks, return_inverse=True)
    names = [tuple(name for place, name in enumerate(flags) if kind >> place & 1) for kind in kinds.tolist()]
    return np.fromiter(names, dtype=object, count=len(names))[which]
