"""Whether firms still work 停产: signs from months, years, records and patches, each with its age, fused into a probability.

A probability here is a suspicion with its reasons, made from likelihood ratios of the ruleset (naive Bayes). No data is never "stopped" and
never "works": with no sign at all there is no probability.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.core.judging.conditions import Lacks, beyond
from landgis.core.judging.measure import firm_keys, net_uses, stopped_months
from landgis.core.judging.zombie import TEST_COLUMNS, Runs, zombie_tests
from landgis.terms.frames import ACTIVITY_COLUMNS, FINDING_COLUMNS, SIGN_COLUMNS, Stock
from landgis.terms.rules import Ruleset, Series, Sign

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

#: What is kept of each test beside its subject; its article stands in the ruleset that the run keeps.
_TOLD: Final = tuple(name for name in TEST_COLUMNS if name not in ("enterprise_id", "article"))
_GONE_QUIET: Final = ("stopped", "closed", "deregistered", "revoked")
#: So many of the largest months are passed over when a firm's highest level is sought: a wrong reading or two sets no level.
_PASSED_OVER: Final = {"enterprise_month": 2, "enterprise_year": 0}
_YEAR_MONTHS: Final = 12
#: The level that the years tell of is that of the last three full ones; heads are counted there as a mean, not as a sum.
_LEVEL_YEARS: Final = 3
_OF_YEAR: Final = {"insured": "employees"}
_UNITS: Final = {"power_kwh": "kWh", "tax_wan": "万元", "revenue_wan": "万元", "insured": "count"}


@dataclass(frozen=True)
class Activity:
    """What is said of firms and parcels.

    Attributes
    ----------
    firms
        Index ``enterprise_id``: ``probability`` (of having stopped, unknown without a sign), ``stopped`` ("suspected", "clear",
        "unknown"), ``zombie`` (the same or "out_of_scope").
    parcels
        Index ``parcel_id``, the same columns: of a parcel that all who use it have stopped, its patches counted in; the zombie suspicion
        is that of its main user.
    signs
        `landgis.terms.frames.SIGN_COLUMNS`: what was seen of firms and of parcels.
    tests
        `landgis.core.judging.zombie.TEST_COLUMNS`: test by test, of firms.
    findings
        `landgis.terms.frames.FINDING_COLUMNS` of parcels: ``production_stopped``, and ``zombie`` where the main user is in its scope or
        unknown.
    """

    firms: pd.DataFrame
    parcels: pd.DataFrame
    signs: pd.DataFrame
    tests: pd.DataFrame
    findings: pd.DataFrame


def activity(stock: Stock, measures: pd.DataFrame, rules: Ruleset, on: date) -> Activity:
    """Say of every firm and parcel how likely it has stopped, and whether it looks like a zombie.

    Parameters
    ----------
    stock
        Reads ``enterprise``, ``enterprise_month``, ``enterprise_year``, ``parcel_use``, ``parcel`` and ``evidence``.
    measures
        `landgis.core.judging.measure.parcel_measures`; reads ``enterprise_id`` of the main user.
    rules
        A ruleset of the kind ``activity``.
    on
        The day. Months that were not over on it do not count.

    Raises
    ------
    RuleError
        The ruleset lacks a number.

    Notes
    -----
    log-odds = ln(prior ÷ (1 − prior)) + Σ over groups of the group's effects, held within ± ln group_ratio_max; the effect of a sign is
    ln(likelihood ratio) x 2^(−age ÷ half-life) x confidence. Suspected from ``probability_suspected`` on; clear needs a probability of
    at most ``probability_clear`` and a sign of work that has not faded below ``fresh_weight_min``; else unknown.
    A parcel stands still when all its users do: its probability is at most that of its likeliest worker (P(A ∩ B) ≤ min), which is
    taken; one user of whom nothing is known leaves it open, unless another clearly works. Then come the patches on it.
    """
    seen, runs, blank = firm_signs(stock, rules, on)
    firms = fuse(seen, stock.enterprise.index, "enterprise_id", rules)
    zombies = zombie_tests(stock, rules, on, runs)
    firms["zombie"] = zombies.finding
    patches = patch_signs(stock.parcel, stock.evidence, rules, on)
    base, worked, nobody = _of_users(stock, firms, rules, on)
    parcels = fuse(patches, stock.parcel.index, "parcel_id", rules, base, worked)
    main = measures["enterprise_id"].fillna(-1).astype("int64")
    place = np.asarray(stock.enterprise.index.get_indexer(pd.Index(main)), dtype=np.intp)
    parcels["zombie"] = np.append(firms["zombie"].to_numpy(dtype=object), ["unknown"])[place]

    lacks = Lacks(len(firms))
    unknown = (firms["stopped"] == "unknown").to_numpy()
    for sign, without in blank.items():
        lacks.add(unknown & without, (sign,))
    missing = lacks.tuples()
    tests = pd.concat([_stopped_test(firms, missing, rules, "enterprise_id"), zombies.tests], ignore_index=True)
    lacks = Lacks(len(parcels))
    unknown = (parcels["stopped"] == "unknown").to_numpy()
    lacks.add(unknown & nobody, ("parcel_use",))
    of_main = np.append(missing, np.fromiter(((),), dtype=object, count=1))[place]
    of_parcel = np.where(nobody, lacks.tuples(), np.where(unknown, of_main, lacks.tuples()))
    listed = [
        _stopped_test(parcels, of_parcel, rules, "parcel_id"),
        _zombie_finding(parcels, zombies.tests, place, rules, stock),
    ]
    findings = pd.concat(listed, ignore_index=True).assign(ruleset=rules.code)[list(FINDING_COLUMNS)]
    signs = pd.concat([seen, patches], ignore_index=True)
    return Activity(firms, parcels, signs, tests, findings)


def laid_out(found: Activity, enterprises: pd.DataFrame) -> pd.DataFrame:
    """Lay what was found out a row each: every enterprise, and every parcel with patches.

    Parameters
    ----------
    found
        As `activity` gives it.
    enterprises
        Index ``enterprise_id``; reads ``uscc``.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.ACTIVITY_COLUMNS`; ``tests`` and ``signs`` are lists of one entry each, unknown numbers None.
    """
    seen = found.parcels.loc[found.signs["parcel_id"].dropna().astype("int64").unique()].assign(zombie=None)
    firms = found.firms.assign(
        uscc=enterprises["uscc"],
        parcel_id=pd.Series(pd.NA, index=found.firms.index, dtype="Int64"),
        tests=_entries(found.tests, "enterprise_id", _TOLD, found.firms.index),
        signs=_entries(found.signs, "enterprise_id", SIGN_COLUMNS[2:], found.firms.index),
    )
    parcels = seen.assign(
        uscc=None,
        parcel_id=seen.index,
        tests=_entries(found.tests.iloc[:0], "enterprise_id", _TOLD, seen.index),
        signs=_entries(found.signs, "parcel_id", SIGN_COLUMNS[2:], seen.index),
    )
    rows = [frame[list(ACTIVITY_COLUMNS)].astype({"parcel_id": "Int64"}) for frame in (firms, parcels) if len(frame)]
    return pd.concat(rows) if rows else firms[list(ACTIVITY_COLUMNS)]


def _entries(rows: pd.DataFrame, by: str, names: tuple[str, ...], subjects: pd.Index) -> NDArray[Any]:
    """Give each subject the list of its rows as plain data."""
    place = np.asarray(subjects.get_indexer(pd.Index(rows[by].fillna(-1).astype("int64"))), dtype=np.intp)
    order = np.argsort(place, kind="stable")[int((place < 0).sum()) :]
    said = rows[list(names)].iloc[order]
    for name in said.select_dtypes("datetime").columns:
        said = said.assign(**{str(name): said[name].dt.strftime("%Y-%m-%d")})
    plain = said.astype(object).where(said.notna(), None).to_dict("records")
    ends = np.cumsum(np.bincount(place[order], minlength=len(subjects))).tolist()
    lists = [plain[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return np.fromiter(lists, dtype=object, count=len(subjects))


def firm_signs(stock: Stock, rules: Ruleset, on: date) -> tuple[pd.DataFrame, Runs, dict[str, Flags]]:
    """Read the signs of firms.

    Parameters
    ----------
    stock, rules, on
        As in `activity`.

    Returns
    -------
    signs
        `landgis.terms.frames.SIGN_COLUMNS`: one row per firm and sign that says something.
    runs
        For how many months the electricity of each firm has been low, and half low.
    blank
        By column of the stock: the firms of which it holds nothing.

    Notes
    -----
    A firm's own running level is the median of its active months: those of at least ``running`` times its highest month but two; or that
    of its last three full years, where that is higher. A month
    is low below ``low`` times that level, or where it is not above ``floor``; missing months are neither low nor running. A low month is
    the season's, and says nothing, where the same month a year before was low too and the firm ran between. A zero of a tenant who never
    had a reading is its landlord's meter; and a landlord's meter that runs for such tenants says nothing of the landlord. A year that ran
    as a whole says nothing where its months tell of a stop within it.
    """
    firms = stock.enterprise
    found, blank = [], {}
    runs = Runs(np.full(len(firms), np.nan), np.full(len(firms), np.nan))
    for sign in rules.signs:
        if sign.series is not None:
            grid = _grid(stock, sign.of, on)
            past = _past_level(stock, sign, grid, on)
            told = _read(grid, sign.series, past)
            if sign.of == "enterprise_month.power_kwh":
                told = _without_shared_meters(told, grid, stock, sign.series, on)
                share = rules.value("half_share", "ratio")
                half = _read(grid, Series(share, max(share, sign.series.running), sign.series.floor, 1, 1), past)
                runs = Runs(*(grid.spread(one.run, one.state, len(firms)) for one in (told, half)))
            found.append(_laid_out(told, grid, sign, rules, on))
            blank[sign.of] = grid.blank(len(firms))
        elif sign.of == "enterprise.status":
            found.append(_from_record(firms, sign, on))
    signs = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(SIGN_COLUMNS))
    signs = _without_years_told_by_months(signs, rules)
    signs["enterprise_id"] = pd.array(
        firms.index.to_numpy(dtype=np.int64)[signs["enterprise_id"].to_numpy(dtype=np.intp)], "Int64"
    )
    return signs, runs, blank


def patch_signs(parcel: gpd.GeoDataFrame, evidence: gpd.GeoDataFrame, rules: Ruleset, on: date) -> pd.DataFrame:
    """Lay patches over parcels: one sign per parcel and kind, the latest that covers enough of it.

    Parameters
    ----------
    parcel
        Index ``parcel_id``; reads ``park_code`` and the shapes.
    evidence
        Patches, EPSG:4490; only those of the parcel's park, seen on the day or before, count.
    rules
        Sets ``overlap_share_min`` and ``confidence_unknown``.
    on
        The day.

    Returns
    -------
    DataFrame
        `landgis.terms.frames.SIGN_COLUMNS`; ``value`` is the share of the parcel that patches of the kind and day cover together.
    """
    least = float(rules.value("overlap_share_min", "ratio"))
    unsure = float(rules.value("confidence_unknown", "ratio"))
    signs = {sign.of.removeprefix("evidence."): sign for sign in rules.signs if sign.of.startswith("evidence.")}
    rows = evidence[(evidence["seen_on"] <= pd.Timestamp(on)) & evidence["kind"].isin(signs)]
    if not len(rows) or not len(parcel):
        return _signs({})
    shapes = np.asarray(parcel.geometry)
    patch, at = shapely.STRtree(shapes).query(np.asarray(rows.geometry), predicate="intersects")
    ours = rows["park_code"].to_numpy(dtype=object)[patch] == parcel["park_code"].to_numpy(dtype=object)[at]
    patch, at = patch[ours], at[ours]
    cover = np.asarray(rows.geometry)[patch]
    sure = rows["confidence"].fillna(unsure).to_numpy(dtype=float)[patch]
    share = shapely.area(shapely.intersection(cover, shapes[at])) / shapely.area(shapes[at])
    table = pd.DataFrame(
        {
            "at": at,
            "kind": rows["kind"].to_numpy(dtype=object)[patch],
            "seen_on": rows["seen_on"].to_numpy(dtype="datetime64[s]")[patch],
            "share": share,
            "sure": share * sure,
        }
    )
    table = table.groupby(["at", "kind", "seen_on"], as_index=False)[["share", "sure"]].sum()
    table = table[table["share"] >= least * (1 - 1e-9)]
    table = table.sort_values("seen_on", kind="stable").groupby(["at", "kind"], as_index=False).last()
    parts = []
    for kind, sign in signs.items():
        mine = table[table["kind"] == kind]
        seen = mine["seen_on"].to_numpy(dtype="datetime64[D]")
        age = ((np.datetime64(on, "D") - seen).astype(float) / 365.25 * _YEAR_MONTHS).clip(0)
        columns = {
            "parcel_id": parcel.index.to_numpy(dtype=np.int64)[mine["at"].to_numpy(dtype=np.intp)],
            "state": np.full(len(mine), "off" if sign.on is None else "on", dtype=object),
            "value": mine["share"].to_numpy().clip(max=1.0),
            "threshold": least,
            "unit": "ratio",
            "seen_on": seen,
            "age_months": age,
        }
        parts.append(_weighed(columns, sign, rules, (mine["sure"] / mine["share"]).to_numpy()))
    return pd.concat(parts, ignore_index=True)


def fuse(
    signs: pd.DataFrame,
    subjects: pd.Index,
    by: str,
    rules: Ruleset,
    base: Floats | None = None,
    worked: Flags | None = None,
) -> pd.DataFrame:
    """Fuse signs into one probability per subject.

    Parameters
    ----------
    signs
        `landgis.terms.frames.SIGN_COLUMNS`, in any order.
    subjects, by
        Whose probability, and the column of `signs` that names them.
    rules
        Sets ``prior``, ``group_ratio_max``, ``probability_suspected``, ``probability_clear`` and ``fresh_weight_min``.
    base
        What is known of each subject otherwise, as a probability, unknown allowed; it stands in the place of the prior.
    worked
        Subjects of which it is known otherwise that a sign of work is fresh.

    Returns
    -------
    DataFrame
        Index `subjects`: ``probability`` and ``stopped``.
    """
    count = len(subjects)
    place = np.asarray(subjects.get_indexer(pd.Index(signs[by].fillna(-1).astype("int64"))), dtype=np.intp)
    here = place >= 0
    rows, place = signs[here], place[here]
    groups = {sign.code: sign.group for sign in rules.signs}
    # All groups of the ruleset, always in its order: who else is there, and in which order, changes no bit of a sum.
    named = list(dict.fromkeys(groups.values()))
    group = np.asarray(pd.Index(named).get_indexer(pd.Index(rows["sign"].map(groups))), dtype=np.intp)
    limit = np.log(float(rules.value("group_ratio_max", "ratio")))
    effect = rows["effect"].to_numpy(dtype=float)
    # The sum of a group in the order of size: whichever order the rows come in, the same bits come out.
    order = np.lexsort((effect, group, place))
    width = max(len(named), 1)
    cell = (place * width + group)[order]
    total = np.bincount(cell, weights=effect[order], minlength=count * width).reshape(count, width)
    prior = float(rules.value("prior", "ratio"))
    odds = np.full(count, np.log(prior / (1 - prior)))
    known = np.bincount(place, minlength=count) > 0
    if base is not None:
        has = ~np.isnan(base)
        odds[has] = np.log(base[has] / (1 - base[has]))
        known |= has
    odds = odds + np.clip(total, -limit, limit).sum(axis=1)
    probability = np.where(known, 1 / (1 + np.exp(-odds)), np.nan)
    fresh_weight = float(rules.value("fresh_weight_min", "ratio"))
    fresh = (rows["state"] == "off").to_numpy(dtype=bool) & (rows["weight"].to_numpy(dtype=float) >= fresh_weight)
    works = np.bincount(place[fresh], minlength=count) > 0
    if worked is not None:
        works |= worked
    high, low = (float(rules.value(f"probability_{name}", "ratio")) for name in ("suspected", "clear"))
    said = np.full(count, "unknown", dtype=object)
    with np.errstate(invalid="ignore"):
        said[(probability <= low) & works] = "clear"
        said[probability >= high] = "suspected"
    return pd.DataFrame({"probability": probability, "stopped": said}, index=subjects)


# --- series -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grid:
    """One column of the stock as a grid: firms that have any value, by month or year; the last column is the last full one."""

    firm: Ints
    values: Floats
    last: int
    monthly: bool

    def blank(self, firms: int) -> Flags:
        without = np.ones(firms, dtype=bool)
        without[self.firm] = False
        return without

    def spread(self, run: Ints, state: Ints, firms: int) -> Floats:
        """Give the run of every firm; unknown where nothing is said."""
        told = np.full(firms, np.nan)
        told[self.firm] = np.where(state == 0, np.nan, np.where(state > 0, run, 0))
        return told

    def age_months(self, column: Ints, on: date) -> Floats:
        """Count the full months from the end of a column's month or year to the day."""
        behind = self.last - (self.values.shape[1] - 1 - column)
        ended = behind if self.monthly else behind * _YEAR_MONTHS + _YEAR_MONTHS - 1
        return np.asarray(_last_month(on) - ended, dtype=np.float64)

    def begins(self, column: Ints) -> NDArray[np.datetime64]:
        """Give the first day of a column's month or year."""
        behind = self.last - (self.values.shape[1] - 1 - column)
        months = behind if self.monthly else behind * _YEAR_MONTHS
        first: NDArray[np.datetime64] = (months - 1970 * _YEAR_MONTHS).astype("datetime64[M]").astype("datetime64[D]")
        return first


@dataclass(frozen=True)
class _Read:
    """What a series says of each of its firms: 1 low long enough, −1 running, 0 nothing; the run of low ones, where it begins."""

    state: Ints
    run: Ints
    since: Ints
    seen: Ints
    value: Floats
    threshold: Floats
    level: Floats


def _grid(stock: Stock, of: str, on: date) -> _Grid:
    table, column = of.split(".")
    monthly = table == "enterprise_month"
    rows = getattr(stock, table)
    last = _last_month(on) if monthly else on.year - 1
    if monthly:
        month = rows["month"].to_numpy(dtype="datetime64[M]")
        period = month.astype(np.int64) + 1970 * _YEAR_MONTHS
    else:
        period = rows["year"].to_numpy(dtype=np.int64)
    values = rows[column].to_numpy(dtype=float, na_value=np.nan)
    place = stock.enterprise.index.get_indexer(pd.Index(rows["enterprise_id"].fillna(-1).astype("int64")))
    used = (place >= 0) & (period <= last) & ~np.isnan(values)
    firm = np.flatnonzero(np.bincount(place[used], minlength=1))
    row = np.searchsorted(firm, place[used])
    width = int(last - period[used].min(initial=last)) + 1
    grid = np.full((len(firm), width), np.nan)
    grid[row, width - 1 - (last - period[used])] = values[used]
    return _Grid(firm.astype(np.int64), grid, last, monthly)


def _last_month(on: date) -> int:
    """Give the number of the last month that is over on a day; one that ends on the day is."""
    is_over = (pd.Timestamp(on) + pd.Timedelta(days=1)).day == 1
    return on.year * _YEAR_MONTHS + on.month - 1 - (not is_over)


def _past_level(stock: Stock, sign: Sign, grid: _Grid, on: date) -> Floats:
    """Give the running level that the last full years tell of, by month: the months may begin after the firm has stopped."""
    assert sign.series is not None
    level = np.full(len(stock.enterprise), np.nan)
    if grid.monthly:
        column = sign.of.split(".")[1]
        years = _grid(stock, f"enterprise_year.{_OF_YEAR.get(column, column)}", on)
        months = 1 if column in _OF_YEAR else _YEAR_MONTHS
        level[years.firm] = _running_level(years.values[:, -_LEVEL_YEARS:], float(sign.series.running), 0) / months
    return level[grid.firm]


def _read(grid: _Grid, series: Series, past: Floats) -> _Read:
    values = grid.values
    count, width = values.shape
    known = ~np.isnan(values)
    level = _running_level(
        values, float(series.running), _PASSED_OVER["enterprise_month" if grid.monthly else "enterprise_year"]
    )
    floor, level = float(series.floor), np.fmax(level, past)
    level = np.where(level > floor, level, np.nan)
    line = np.fmax(float(series.low) * level, floor)
    with np.errstate(invalid="ignore"):
        low = known & ((values < line[:, None]) | (values <= floor))
        runs = known & ~low & (values >= float(series.running) * level[:, None])
    told = low & ~_seasonal(low, runs) if grid.monthly else low
    columns = np.arange(width)
    before = np.where(known & ~low, columns, -1).max(axis=1, initial=-1)
    trailing = told & (columns > before[:, None])
    run = trailing.sum(axis=1)
    since = np.where(trailing, columns, width).min(axis=1, initial=width)
    seen = np.where(known, columns, -1).max(axis=1, initial=-1)
    recent = known & (np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= series.recent)
    state = np.where(run >= series.least, 1, np.where((runs & recent).any(axis=1), -1, 0))
    value = values[np.arange(count), seen] if width else np.empty(0)
    return _Read(state, run, since, seen, value, line, level)


def _running_level(values: Floats, share: float, passed_over: int) -> Floats:
    """Give the median of each row's active values: those of at least `share` of the highest but the `passed_over` ones."""
    count = (~np.isnan(values)).sum(axis=1)
    if not values.size:
        return np.full(len(values), np.nan)
    rows = np.arange(len(values))
    ordered = np.sort(values, axis=1)
    top_at = np.where(count > 2 * passed_over, count - 1 - passed_over, count - 1)
    top = ordered[rows, top_at]
    active = np.sort(np.where(values >= share * top[:, None], values, np.nan), axis=1)
    size = (~np.isnan(active)).sum(axis=1)
    lower, upper = np.maximum((size - 1) // 2, 0), size // 2
    return np.where(
        size > 0, (active[rows, lower] + active[rows, np.minimum(upper, np.maximum(size - 1, 0))]) / 2, np.nan
    )


def _seasonal(low: Flags, runs: Flags) -> Flags:
    """Find low months whose like a year before was low too, with running ones between."""
    seasonal = np.zeros_like(low)
    if low.shape[1] > _YEAR_MONTHS:
        so_far = np.cumsum(runs, axis=1)
        between: Ints = so_far[:, _YEAR_MONTHS - 1 : -1] - so_far[:, :-_YEAR_MONTHS]
        seasonal[:, _YEAR_MONTHS:] = low[:, _YEAR_MONTHS:] & low[:, :-_YEAR_MONTHS] & (between > 0)
    return seasonal


def _without_shared_meters(told: _Read, grid: _Grid, stock: Stock, series: Series, on: date) -> _Read:
    """Take away what a shared meter only seems to say, of tenants without readings and of the landlords who pay for them."""
    firms = stock.enterprise
    read = np.zeros(len(firms), dtype=bool)
    read[grid.firm] = np.nanmax(grid.values, axis=1, initial=-np.inf) > float(series.floor)
    uses = net_uses(stock, on, on)
    firm = firms_of(uses, firms)
    at, depth = uses["parcel"].to_numpy(), uses["level"].to_numpy()
    rents = (depth > 0) & (np.bincount(at, minlength=len(stock.parcel))[at] > 1) & (firm >= 0)
    unread = rents & ~np.append(read, False)[firm]
    silent = np.zeros(len(firms) + 1, dtype=bool)
    silent[firm[unread]] = True
    shared = np.zeros(len(stock.parcel), dtype=bool)
    shared[at[unread]] = True
    lets = np.zeros(len(firms) + 1, dtype=bool)
    lets[firm[(depth == 0) & shared[at]]] = True
    state = told.state.copy()
    state[silent[:-1][grid.firm] & (state > 0)] = 0
    state[lets[:-1][grid.firm] & (state < 0)] = 0
    return _Read(state, told.run, told.since, told.seen, told.value, told.threshold, told.level)


def _laid_out(told: _Read, grid: _Grid, sign: Sign, rules: Ruleset, on: date) -> pd.DataFrame:
    age = grid.age_months(told.seen, on)
    points = np.where(told.state > 0, sign.on is not None, sign.off is not None)
    rows = np.flatnonzero((told.state != 0) & points & (age <= float(rules.value("forget_months", "month"))))
    state = told.state[rows]
    since = grid.begins(told.since[rows])
    since[state < 0] = np.datetime64("NaT")
    assert sign.series is not None
    line = np.where(state > 0, told.threshold[rows], float(sign.series.running) * told.level[rows])
    columns = {
        "enterprise_id": grid.firm[rows],
        "state": np.where(state > 0, "on", "off").astype(object),
        "value": told.value[rows],
        "threshold": line,
        "unit": _UNITS[sign.of.split(".")[1]],
        "since": since,
        "seen_on": grid.begins(told.seen[rows] + 1) - np.timedelta64(1, "D"),
        "age_months": age[rows],
    }
    return _weighed(columns, sign, rules, np.ones(len(rows)))


def _without_years_told_by_months(signs: pd.DataFrame, rules: Ruleset) -> pd.DataFrame:
    """Take away what a year says of work when its own months tell of a stop before it ended: the work lies before the stop."""
    of = {sign.code: (*sign.of.split("."), "")[:2] for sign in rules.signs}
    table, column = (signs["sign"].map({code: names[part] for code, names in of.items()}) for part in (0, 1))
    key = pd.DataFrame({"firm": signs["enterprise_id"], "column": column, "since": pd.to_datetime(signs["since"])})
    stopped = key[(table == "enterprise_month") & (signs["state"] == "on")].drop_duplicates(["firm", "column"])
    began = key[["firm", "column"]].merge(stopped, how="left", on=["firm", "column"])["since"].to_numpy()
    ended = pd.to_datetime(signs["seen_on"]).to_numpy()
    outdated = (table == "enterprise_year") & (signs["state"] == "off") & (began <= ended)
    return signs[~outdated.to_numpy(dtype=bool)].reset_index(drop=True)


def _from_record(firms: pd.DataFrame, sign: Sign, on: date) -> pd.DataFrame:
    """Read a stop from the ledger's state of business; "normal" there proves nothing."""
    since = firms["stopped_since"].to_numpy(dtype="datetime64[D]")
    quiet = firms["status"].isin(_GONE_QUIET).to_numpy(dtype=bool) & ~(since > np.datetime64(on, "D"))
    rows = np.flatnonzero(quiet)
    columns = {
        "enterprise_id": rows,
        "state": np.full(len(rows), "on", dtype=object),
        "value": stopped_months(firms, on)[rows],
        "unit": "month",
        "since": since[rows],
        "age_months": np.zeros(len(rows)),
    }
    assert sign.on is not None
    effect = np.full(len(rows), np.log(float(sign.on)))
    return _signs(columns | {"sign": sign.code, "weight": np.ones(len(rows)), "effect": effect})


def _weighed(columns: dict[str, Any], sign: Sign, rules: Ruleset, sure: Floats) -> pd.DataFrame:
    """Let signs fade with their age, and turn them into effects on the log-odds; those too old are forgotten."""
    age = columns["age_months"]
    weight = sure if sign.half_life_months is None else sure * 0.5 ** (age / float(sign.half_life_months))
    on, off = (np.log(float(ratio)) if ratio is not None else 0.0 for ratio in (sign.on, sign.off))
    effect = weight * np.where(columns["state"] == "on", on, off)
    found = _signs(columns | {"sign": sign.code, "weight": weight, "effect": effect})
    remembered: pd.DataFrame = found[age <= float(rules.value("forget_months", "month"))]
    return remembered


def _signs(columns: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of signs in one set of types, whatever is given."""
    count = len(columns["age_months"]) if columns else 0
    found = pd.DataFrame(columns, index=pd.RangeIndex(count), columns=list(SIGN_COLUMNS))
    numbers = dict.fromkeys(("value", "threshold", "age_months", "weight", "effect"), "float64")
    dates = dict.fromkeys(("since", "seen_on"), "datetime64[s]")
    texts = dict.fromkeys(("sign", "state", "unit"), "object")
    return found.astype({"enterprise_id": "Int64", "parcel_id": "Int64"} | numbers | dates | texts)


# --- parcels ------------------------------------------------------------------------------------------------------------------


def firms_of(uses: pd.DataFrame, firms: pd.DataFrame) -> NDArray[np.intp]:
    """Give the position among the enterprises of each use of `landgis.core.judging.measure.net_uses`; −1 where it is not in the stock."""
    keys = firm_keys(firms["park_code"], firms["uscc"]).get_indexer(uses.attrs["firms"])
    return np.asarray(np.append(keys, -1)[uses["firm"].to_numpy(dtype=np.intp)], dtype=np.intp)


def _of_users(stock: Stock, firms: pd.DataFrame, rules: Ruleset, on: date) -> tuple[Floats, Flags, Flags]:
    """Bring what is said of firms to the parcels: probability, whether one clearly works, whether nobody is known to use it."""
    count = len(stock.parcel)
    uses = net_uses(stock, on, on)
    at, firm = uses["parcel"].to_numpy(), firms_of(uses, stock.enterprise)
    users = np.bincount(at, minlength=count)
    # Who let out all of a parcel does not work on it.
    works_here = (uses["net_m2"] != 0).to_numpy() | (users[at] == 1)
    at, firm = at[works_here], firm[works_here]
    probability = np.append(firms["probability"].to_numpy(), np.nan)[firm]
    least = np.full(count, np.inf)
    np.minimum.at(least, at, np.where(np.isnan(probability), np.inf, probability))
    unknown = np.bincount(at[np.isnan(probability)], minlength=count) > 0
    clear = np.append((firms["stopped"] == "clear").to_numpy(), False)[firm]
    works = np.bincount(at[clear], minlength=count) > 0
    return np.where(np.isinf(least) | (unknown & ~works), np.nan, least), works, users == 0


def _stopped_test(said: pd.DataFrame, missing: NDArray[Any], rules: Ruleset, subject: str) -> pd.DataFrame:
    high = float(rules.value("probability_suspected", "ratio"))
    value = said["probability"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            subject: said.index,
            "test": "production_stopped",
            "finding": said["stopped"].to_numpy(dtype=object),
            **beyond(value, np.full(len(said), high), above=True),
            "unit": "ratio",
            "article": next(test.article for test in rules.tests if test.code == "production_stopped"),
            "missing": missing,
        }
    )


def _zombie_finding(
    parcels: pd.DataFrame, tests: pd.DataFrame, main: NDArray[np.intp], rules: Ruleset, stock: Stock
) -> pd.DataFrame:
    """Lay the suspicion of the main users out for their parcels; who is out of its scope has no row."""
    of_firm = tests[tests["test"] == "zombie"].reset_index(drop=True)
    nobody: dict[str, Any] = {"enterprise_id": -1, "test": "zombie", "finding": "unknown", "missing": ("parcel_use",)}
    nobody |= {"unit": "count", "article": next(test.article for test in rules.tests if test.code == "zombie")}
    last = pd.DataFrame({name: [nobody.get(str(name), np.nan)] for name in of_firm})
    rows = pd.concat([of_firm.astype(object), last.astype(object)], ignore_index=True).iloc[main]
    found = rows.drop(columns="enterprise_id").assign(parcel_id=stock.parcel.index)
    numbers = {name: float for name in ("value", "threshold", "margin", "margin_share")}
    return found.astype(numbers)[(parcels["zombie"] != "out_of_scope").to_numpy()]
