"""Which parcels could be had for a project, by which deed, at what cost and when; what keeps the others out; who would have to move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.core.planning.dividing import no_parts, spare_parts
from landgis.core.planning.swap import offers
from landgis.core.planning.valuation import LEVELS, compensation
from landgis.terms.codes import INDUSTRIAL
from landgis.terms.crs import ellipsoid_area_m2, metres_per_degree
from landgis.terms.errors import RuleError, Words
from landgis.terms.frames import Stock
from landgis.terms.rules import Ruleset
from landgis.terms.units import FACTORS, M2_PER_MU

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_WAN: Final = float(FACTORS["yuan"])
#: Codes of the plan that tell storage from industry, and how polluting an industry it allows. Sources as in `landgis.terms.codes`.
_WAREHOUSE: Final[Mapping[str, tuple[str, ...]]] = {
    "ydyh-2023": ("1101", "1102"), "gbt21010-2017": ("0604",), "sandiao-2019": ("0508",), "gb50137-2011": ("W",),
}  # fmt: skip
_RESEARCH: Final[Mapping[str, tuple[str, ...]]] = {"ydyh-2023": ("100100",), "gb50137-2011": ("M0",)}
_CLASSES: Final[Mapping[str, Mapping[str, int]]] = {
    "ydyh-2023": {"100101": 1, "100102": 2, "100103": 3, "110101": 1, "110102": 2, "110103": 3},
    "gb50137-2011": {"M1": 1, "M2": 2, "M3": 3, "W1": 1, "W2": 2, "W3": 3},
}

CANDIDATE_COLUMNS: Final = (
    "parcel_no", "park_code", "owner_uscc", "geom_area_m2", "deed", *(f"cost_{level}_wan" for level in LEVELS), "cost_wan", "free_on",
    "staff_days", "tax_wan", "plan_kind", "plan_class", "plan_is_industrial", "urban_boundary_share", "farmland_share", "ecology_share",
    "sensitive_m", "plan_far_max", "is_clean",
)  # fmt: skip


@dataclass(frozen=True)
class Candidates:
    """The ground of a plan.

    Attributes
    ----------
    parcels
        Those that could be had, indexed as ``stock.parcel``: `CANDIDATE_COLUMNS` and the shape. ``deed`` is reserve (nobody holds
        it), exit, swap or upgrade (only the part that its firm can do without: area, cost and shape are that part's); ``cost_wan`` the
        least that freeing it costs, taken alone; ``free_on`` the earliest day it is free; ``tax_wan`` what its users paid last year
        (NaN = unknown).
    kept
        What firms keep of the parcels of which a part could be had, EPSG:4490, index a subset of ``parcels``.
    left_out
        Why the others are not: ``reason``, ``parcels``, ``area_m2``.
    movers, plots
        As `landgis.core.planning.swap.place` takes them, all who could give way or make room, and all they could go to. Movers also tell
        ``move_low_wan`` and ``move_high_wan``. Plots are labelled ``parcel:`` and the parcel's id, ``floor:`` and the building's.
    """

    parcels: gpd.GeoDataFrame
    kept: gpd.GeoSeries
    left_out: pd.DataFrame
    movers: pd.DataFrame
    plots: pd.DataFrame


def candidates(
    stock: Stock,
    answers: pd.DataFrame,
    measures: pd.DataFrame,
    rules: Ruleset,
    compensation_rules: Ruleset | None,
    on: date,
    *,
    level: str = "mid",
    promised: NDArray[np.int64] | None = None,
) -> Candidates:
    """Lay out what a plan may use.

    Parameters
    ----------
    stock
        As a run saw it.
    answers
        What the run says of each parcel, indexed by ``parcel_id``: ``answer``, ``track``, ``upgrade_m2``.
    measures
        `landgis.core.judging.measure.parcel_measures` of the same stock.
    rules
        A ruleset of the kind ``planning``.
    compensation_rules
        One of the kinds ``compensation`` and ``swap``; None where costs are read from assessed values and nobody is swapped.
    on
        The day; nothing is free before it.
    level
        Which estimate to plan by: low, mid, high.
    promised
        Parcels that are promised to somebody: they are left out.

    Raises
    ------
    RuleError
        A ruleset lacks a number, or costs rest on compensation and no ruleset for it is given.

    Notes
    -----
    Land nobody holds (批而未供) is free to be had; a firm whom the triage tells to exit, or whose land stands idle by the statutory
    test, is paid out; one whom it tells to swap must be given a place (a plot of equal value, or a factory floor), and its land costs
    at least the cheapest chain that would free it. Where there is none, the parcel cannot be had. One whom it tells to build up in
    place stays, and gives the part of its parcel that one straight cut frees (`landgis.core.planning.dividing`), for the land's price. It
    keeps what its floor area needs at the ideal ratio and its buildings at the densest the plan allows. Nobody else gives way.
    """
    parcel = stock.parcel
    said = answers.reindex(parcel.index)
    cost = _costs(stock, rules, compensation_rules, on)
    area = parcel["geom_area_m2"].to_numpy(dtype=float)
    prepare = area * float(rules.value("prepare_cost", "元/m²")) * _WAN
    reserve = (parcel["stock_class"] == "approved_unsupplied").fillna(False).to_numpy(dtype=bool)
    used = measures["users"].fillna(0).to_numpy(dtype=float) > 0
    leaves = ((said["answer"] == "exit") | said["track"].notna()).fillna(False).to_numpy(dtype=bool)
    swaps = (said["answer"] == "swap").fillna(False).to_numpy(dtype=bool)
    deed = np.select([reserve & ~used, leaves, swaps & used, swaps], ["reserve", "exit", "swap", "exit"], "")
    stays = (deed == "") & (said["answer"] == "upgrade").fillna(False).to_numpy(dtype=bool)
    # Where the rules do not say how, or cost rests on assessed values of land and buildings together, nothing is divided.
    divides = compensation_rules is not None and "divide_area_min" in rules.numbers
    parts = _parts(stock, said, measures, rules, stays) if divides else no_parts(parcel)
    deed = np.where(parcel.index.isin(parts.index), "upgrade", deed)
    is_promised = np.isin(parcel.index.to_numpy(), promised if promised is not None else [])

    found = gpd.GeoDataFrame({"geom": parcel.geometry}, geometry="geom", crs=parcel.crs, index=parcel.index)
    found["parcel_no"], found["park_code"], found["owner_uscc"] = (
        parcel["parcel_no"], parcel["park_code"], parcel["owner_uscc"].astype(object).where(parcel["owner_uscc"].notna(), None),
    )  # fmt: skip
    found["geom_area_m2"], found["deed"] = area, deed
    for one in LEVELS:
        found[f"cost_{one}_wan"] = (
            np.where(deed == "reserve", 0.0, cost[f"cost_{one}_wan"].to_numpy(dtype=float)) + prepare
        )
    found["cost_wan"] = found[f"cost_{level}_wan"]
    taken_days = {
        "reserve": float(rules.value("vacant_days", "d")),
        "exit": float(rules.value("exit_days", "d")),
        "swap": float(rules.value("move_days", "d")),
    }
    vacant = np.where(used, "exit", "reserve")
    wait = np.select(
        [deed == "swap", deed == "exit"],
        [taken_days["swap"], [taken_days[one] for one in vacant]],
        taken_days["reserve"],
    )
    found["free_on"] = pd.Timestamp(on) + pd.to_timedelta(wait, unit="D")
    staff = {
        "reserve": float(rules.value("staff_days_vacant", "d")),
        "exit": float(rules.value("staff_days_exit", "d")),
        "swap": float(rules.value("staff_days_swap", "d")),
    }
    found["staff_days"] = [staff.get(one, 0.0) for one in deed]
    tax = measures["tax_wan_per_mu"].to_numpy(dtype=float) * measures["area_mu"].to_numpy(dtype=float)
    found["tax_wan"] = np.where(used, tax, 0.0)
    kind, worst = _plan(parcel["plan_code"], parcel["plan_scheme"])
    found["plan_kind"], found["plan_class"] = kind, worst
    for name in ("plan_is_industrial", "urban_boundary_share", "farmland_share", "ecology_share"):
        found[name] = measures[name]
    _take_parts(found, parts, cost, rules, on, level)
    found["sensitive_m"] = sensitive_distance_m(found, stock.zone)
    found["plan_far_max"], found["is_clean"] = parcel["plan_far_max"], _is_clean(parcel) | (deed == "reserve")

    movers = pd.DataFrame()
    plots = pd.DataFrame()
    if compensation_rules is not None:
        movers = _movers(stock, measures, cost, deed, used, is_promised, rules, level)
        plots = _plots(stock, measures, cost, deed, is_promised, prepare, movers, rules, on)
        least = least_ways(movers, plots, compensation_rules, rules, on)
        swapped = found.index[deed == "swap"]
        found.loc[swapped, "cost_wan"] = (
            least["cost_wan"].reindex(swapped).to_numpy(dtype=float) + prepare[deed == "swap"]
        )
        found.loc[swapped, "free_on"] = least["free_on"].reindex(swapped)
    open_ = (deed != "") & ~is_promised & found["cost_wan"].notna().to_numpy()
    out = _left_out(found, said, deed, is_promised, open_)
    kept = parts.loc[parts.index.isin(found.index[open_]), "kept"]
    return Candidates(
        found.loc[open_, [*CANDIDATE_COLUMNS, "geom"]].copy(), gpd.GeoSeries(kept, crs=parcel.crs), out, movers, plots
    )


def divide(parcels: gpd.GeoDataFrame, found: Candidates) -> gpd.GeoDataFrame:
    """Draw the ground of a plan: parcels of which a part could be had fall into that part, under their own id, and what is kept.

    Parameters
    ----------
    parcels
        The stock's, index ``parcel_id``.

    Returns
    -------
    GeoDataFrame
        The shapes alone, EPSG:4490. What is kept stands under the id below zero: nobody can have it, yet it lies between others.
    """
    parts = found.parcels.geometry[found.parcels["deed"] == "upgrade"]
    shapes = parcels.geometry.copy()
    shapes.loc[parts.index] = parts
    kept = found.kept.set_axis(-found.kept.index)
    return gpd.GeoDataFrame(geometry=pd.concat([shapes, kept]), crs=parcels.crs)


def plot_label(kind: str, number: int) -> str:
    """Give the label of a plot: the parcel or the floor of a building of this id.

    >>> plot_label("parcel", 12), plot_of("floor:7")
    ('parcel:12', ('floor', 7))
    """
    return f"{kind}:{int(number)}"


def plot_of(label: str) -> tuple[str, int]:
    """Give what a plot's label says: parcel or floor, and the id."""
    kind, _, number = label.partition(":")
    return kind, int(number)


def least_ways(
    movers: pd.DataFrame, plots: pd.DataFrame, swap_rules: Ruleset, rules: Ruleset, on: date
) -> pd.DataFrame:
    """Say for every firm what freeing its land costs at least, and when it is free at the earliest, as if it were the only one.

    Parameters
    ----------
    movers, plots
        As in `Candidates`.
    swap_rules, rules
        Rulesets of the kinds ``swap`` and ``planning``.

    Returns
    -------
    DataFrame
        Index of `movers`: ``cost_wan`` and ``free_on``; NaN and NaT where nobody could free it.

    Notes
    -----
    The cheapest of all chains up to the longest allowed, link by link; that a chain must not come back to a firm is not asked. So no
    plan frees the land for less, and a bound that is computed with these costs holds for every plan.
    """
    cost = pd.Series(np.nan, index=movers.index)
    when = pd.Series(pd.NaT, index=movers.index, dtype="datetime64[us]")
    if not len(movers):
        return pd.DataFrame({"cost_wan": cost, "free_on": when})
    exits = movers["exit_wan"].where(movers["exit_days"].notna())
    cost = exits.astype(float)
    start = pd.Timestamp(on)
    when = (start + pd.to_timedelta(movers["exit_days"].where(exits.notna()), unit="D")).astype("datetime64[us]")
    given = offers(movers, plots, swap_rules) if len(plots) else pd.DataFrame()
    if not len(given):
        return pd.DataFrame({"cost_wan": cost, "free_on": when})
    held = plots["held_by"].reindex(pd.Index(given["plot"])).to_numpy(dtype=object)
    free = pd.to_datetime(plots["free_on"].reindex(pd.Index(given["plot"]))).to_numpy()
    empty = pd.isna(held)
    holder = movers.index.get_indexer(pd.Index(held))
    days = movers["move_days"].reindex(pd.Index(given["mover"])).to_numpy(dtype=float)
    who = movers.index.get_indexer(pd.Index(given["mover"]))
    price = given["cost_wan"].to_numpy(dtype=float)
    moved = pd.to_timedelta(np.ceil(days), unit="D").to_numpy()
    best, early = cost.to_numpy(dtype=float).copy(), when.to_numpy(dtype="datetime64[us]").copy()
    base_cost, base_when = best.copy(), early.copy()
    for _ in range(int(rules.value("longest_chain", "count"))):
        then = np.where(empty, price, np.where(holder >= 0, price + best[holder], np.nan))
        begin = np.where(empty, np.maximum(free, start.to_datetime64()), early[holder])
        begin = np.where(empty | (holder >= 0), begin, np.datetime64("NaT")).astype("datetime64[us]")
        arrived = begin + moved
        next_cost, next_when = base_cost.copy(), base_when.copy()
        np.fmin.at(next_cost, who, np.where(np.isnat(arrived), np.nan, then))
        np.fmin.at(next_when, who, np.where(np.isnan(then), np.datetime64("NaT"), arrived).astype("datetime64[us]"))
        best, early = next_cost, next_when
    return pd.DataFrame({"cost_wan": best, "free_on": early}, index=movers.index)


def sensitive_distance_m(parcel: gpd.GeoDataFrame, zone: gpd.GeoDataFrame) -> Floats:
    """Measure how far each parcel is from the nearest sensitive place of its park, metres, fence to fence.

    Unknown (NaN) where the stock holds no sensitive place in the park. GB/T 39499-2020 measures from the unit of production, which lies
    inside the parcel: the distance told here is the least there can be.
    """
    out = np.full(len(parcel), np.nan)
    places = zone[zone["layer"] == "sensitive"]
    for park, theirs in places.groupby("park_code"):
        here = np.flatnonzero((parcel["park_code"] == park).to_numpy(dtype=bool))
        if not len(here):
            continue
        shapes = np.asarray(parcel.geometry.iloc[here], dtype=object)
        scale = metres_per_degree(np.array([shapely.get_y(shapely.centroid(shapes[0]))]))[0]

        def flat(points: Floats, scale: Floats = scale) -> Floats:
            return np.asarray(points * scale)

        tree = shapely.STRtree(shapely.transform(np.asarray(theirs.geometry, dtype=object), flat))
        _, apart = tree.query_nearest(shapely.transform(shapes, flat), return_distance=True, all_matches=False)
        out[here] = apart
    return out


def demand_values(demands: pd.DataFrame, rules: Ruleset) -> pd.Series:
    """Say what serving each demand is worth, 万元: its tax over the years, discounted, and its jobs.

    Parameters
    ----------
    demands
        Reads ``tax_wan`` (a year, at full production), ``jobs`` (empty = none counted), ``chain_link``, ``priority``.
    rules
        A ruleset of the kind ``planning``.

    Returns
    -------
    Series
        Index of `demands`; NaN where the tax is unknown.

    Notes
    -----
    tax × (1 − (1+r)^−n) ÷ r ÷ (1+r)^ramp + jobs × value of a job, more for a link of a chain, less by step of priority.
    """
    rate = float(rules.value("value_rate", "ratio"))
    years, ramp = float(rules.value("value_years", "year")), float(rules.value("value_ramp", "month")) / 12
    factor = (1 - (1 + rate) ** -years) / rate / (1 + rate) ** ramp
    worth = demands["tax_wan"].to_numpy(dtype=float, na_value=np.nan) * factor
    worth = worth + demands["jobs"].fillna(0).to_numpy(dtype=float) * float(rules.value("job_value", "万元/人"))
    chained = demands["chain_link"].notna().to_numpy(dtype=bool)
    worth = worth * np.where(chained, 1 + float(rules.value("chain_share", "ratio")), 1.0)
    steps = demands["priority"].fillna(1).to_numpy(dtype=float) - 1
    return pd.Series(worth * (1 - float(rules.value("priority_share", "ratio")) * steps), index=demands.index)


def distance_class_m(asked_m: Floats, rules: Ruleset) -> Floats:
    """Round distances from sensitive places up to the next step: 46 becomes 50, 240 becomes 300. Source: GB/T 39499-2020.

    Parameters
    ----------
    asked_m
        Metres; NaN where none is asked.
    rules
        A ruleset of the kind ``planning``.
    """
    steps = np.select(
        [asked_m <= 100, asked_m <= 1000],
        [float(rules.value("distance_near", "m")), float(rules.value("distance_middle", "m"))],
        float(rules.value("distance_far", "m")),
    )
    return np.asarray(np.ceil(np.round(asked_m / steps, 9)) * steps, dtype=np.float64)


def _costs(stock: Stock, rules: Ruleset, compensation_rules: Ruleset | None, on: date) -> pd.DataFrame:
    if rules.lists["cost"].values == ("assessed",):
        market = stock.parcel["assessed_value"].to_numpy(dtype=float, na_value=np.nan) * _WAN
        # Land that is not taxed is assessed at nothing: what it would take to have it is not known, and is not nothing.
        market = np.where(market > 0, market, np.nan) / float(rules.value("assessed_share", "ratio"))
        return pd.DataFrame(
            {f"cost_{one}_wan": market * float(rules.value(f"market_{one}", "ratio")) for one in LEVELS},
            index=stock.parcel.index,
        )
    if compensation_rules is None:
        raise RuleError(
            Words("没有给出补偿估算的规则集。", "No ruleset for the estimate of compensation is given."),
            at=rules.code,
            mend=Words("加上 cn-compensation。", "Add cn-compensation."),
        )
    return compensation(stock, compensation_rules, on)


def _plan(codes: pd.Series, schemes: pd.Series) -> tuple[NDArray[np.object_], Floats]:
    """Read from a plan's code which use it is for, and how polluting an industry it allows at most; unknown where it does not say."""
    kind, worst = np.full(len(codes), None, dtype=object), np.full(len(codes), np.nan)
    for at, (code, scheme) in enumerate(zip(codes, schemes, strict=True)):
        if not isinstance(code, str) or not isinstance(scheme, str) or not code.startswith(INDUSTRIAL.get(scheme, ())):
            continue
        if code.startswith(_WAREHOUSE.get(scheme, ("\0",))):
            kind[at] = "warehouse"
        else:
            kind[at] = "research" if code.startswith(_RESEARCH.get(scheme, ("\0",))) else "industrial"
        for head, number in _CLASSES.get(scheme, {}).items():
            if code.startswith(head):
                worst[at] = number
    return kind, worst


def _parts(stock: Stock, said: pd.DataFrame, measures: pd.DataFrame, rules: Ruleset, asked: Flags) -> gpd.GeoDataFrame:
    """Find what could be divided off the parcels asked for, whose firms are told to build up in place."""
    parcel, said, measures = stock.parcel[asked], said[asked], measures[asked]
    density = parcel["plan_density_max"].to_numpy(dtype=float, na_value=np.nan)
    # Where the plan names no densest building, the floor-area ratio alone says what is needed.
    needed = measures["footprint_m2"].to_numpy(dtype=float) / np.where(density > 0, density, np.inf)
    spare = parcel["geom_area_m2"].to_numpy(dtype=float) - needed
    most = np.minimum(said["upgrade_m2"].to_numpy(dtype=float, na_value=np.nan), spare)
    return spare_parts(
        parcel,
        stock.building,
        pd.Series(most, index=parcel.index),
        setback_m=float(rules.value("divide_setback", "m")),
        least_m2=float(rules.value("divide_area_min", "亩") * M2_PER_MU),
    )


def _take_parts(
    found: gpd.GeoDataFrame, parts: gpd.GeoDataFrame, cost: pd.DataFrame, rules: Ruleset, on: date, level: str
) -> None:
    """Put the part in the place of the parcel: its shape and area, the land's price by area, what dividing takes."""
    if not len(parts):
        return
    rows = parts.index
    area_m2 = ellipsoid_area_m2(np.asarray(parts.geometry, dtype=object))
    share = area_m2 / found.loc[rows, "geom_area_m2"].to_numpy(dtype=float)
    work = float(rules.value("divide_cost", "万元")) + area_m2 * float(rules.value("prepare_cost", "元/m²")) * _WAN
    for one in LEVELS:
        found.loc[rows, f"cost_{one}_wan"] = cost.loc[rows, f"land_{one}_wan"].to_numpy(dtype=float) * share + work
    found.loc[rows, "cost_wan"] = found.loc[rows, f"cost_{level}_wan"]
    found.loc[rows, "geom_area_m2"], found.loc[rows, "geom"] = area_m2, parts.geometry
    found.loc[rows, "free_on"] = pd.Timestamp(on) + pd.Timedelta(days=float(rules.value("divide_days", "d")))
    found.loc[rows, "staff_days"] = float(rules.value("staff_days_upgrade", "d"))
    for name in ("urban_boundary_share", "farmland_share", "ecology_share"):
        # All of the parcel or nothing of it holds for the part too; of anything between it is not known.
        whole = found.loc[rows, name].astype(float)
        found.loc[rows, name] = whole.where(whole.isin((0.0, 1.0)))


def _movers(
    stock: Stock,
    measures: pd.DataFrame,
    cost: pd.DataFrame,
    deed: NDArray[Any],
    used: Flags,
    promised: Flags,
    rules: Ruleset,
    level: str,
) -> pd.DataFrame:  # fmt: skip
    """Lay out who could give way: firms that may be paid out, and firms that may be given another place."""
    which = used & ~promised & np.isin(deed, ("exit", "swap"))
    parcel, cost, measures = stock.parcel[which], cost[which], measures[which]
    may_exit = deed[which] == "exit"
    kind, _ = _plan(parcel["landuse_code"], parcel["landuse_scheme"])
    leave = cost[f"cost_{level}_wan"].to_numpy(dtype=float)
    moving = {one: (cost[f"equipment_{one}_wan"] + cost[f"stoppage_{one}_wan"]).to_numpy(dtype=float) for one in LEVELS}
    return pd.DataFrame(
        {
            "value_wan": _value(cost),
            "area_m2": parcel["geom_area_m2"].to_numpy(dtype=float),
            "use_class": pd.Series(kind, index=parcel.index, dtype=object).where(~may_exit, None),
            "county_code": _county(stock, parcel),
            "is_clean": _is_clean(parcel),
            "move_wan": moving[level],
            "move_low_wan": moving["low"],
            "move_high_wan": moving["high"],
            "floor_need_m2": measures["floor_area_m2"].to_numpy(dtype=float),
            "exit_wan": leave,
            "must_leave": False,
            "leave_by": pd.Series(pd.NaT, index=parcel.index, dtype="datetime64[us]"),
            "move_days": float(rules.value("move_days", "d")),
            # One who is to be swapped is not paid out and sent away.
            "exit_days": np.where(may_exit, float(rules.value("exit_days", "d")), np.nan),
        },
        index=parcel.index,
    )


def _plots(
    stock: Stock, measures: pd.DataFrame, cost: pd.DataFrame, deed: NDArray[Any], promised: Flags, prepare: Floats, movers: pd.DataFrame,
    rules: Ruleset, on: date,
) -> pd.DataFrame:  # fmt: skip
    """Lay out where firms could go: land nobody holds, the land of firms that may be swapped, empty floors of workshops."""
    parcel = stock.parcel
    ready = pd.Timestamp(on) + pd.Timedelta(days=float(rules.value("vacant_days", "d")))
    empty = (deed == "reserve") & ~promised
    held = parcel.index.isin(movers.index[movers["use_class"].notna()]) if len(movers) else np.zeros(len(parcel), bool)
    price = parcel["base_price_yuan_per_m2"].to_numpy(dtype=float, na_value=np.nan)
    new = parcel["geom_area_m2"].to_numpy(dtype=float) * price * _WAN  # granted anew, for the full term
    planned, _ = _plan(parcel["plan_code"], parcel["plan_scheme"])
    present, _ = _plan(parcel["landuse_code"], parcel["landuse_scheme"])
    land = pd.DataFrame(
        {
            "kind": "land",
            "value_wan": np.where(empty, new, _value(cost)),
            "area_m2": parcel["geom_area_m2"].to_numpy(dtype=float),
            "use_class": np.where(empty, planned, present),
            "county_code": _county(stock, parcel),
            "is_clean": np.where(empty, True, _is_clean(parcel).astype(object)),
            "cost_wan": np.where(empty, prepare, 0.0),
            "held_by": np.where(held, parcel.index.to_numpy(dtype=object), None),
            "free_on": np.where(empty, ready.to_datetime64(), np.datetime64("NaT")).astype("datetime64[us]"),
        },
        index=[plot_label("parcel", one) for one in parcel.index],
    )[empty | held]
    building = stock.building
    vacant = building["floor_area_m2"] * building["vacancy"]
    fits = ((building["function"] == "workshop") & (vacant > 0) & building["parcel_id"].notna()).fillna(False)
    floors, of = building[fits], building.loc[fits, "parcel_id"].astype(np.int64)
    factory = pd.DataFrame(
        {
            "kind": "factory",
            "value_wan": np.nan,
            "area_m2": vacant[fits].to_numpy(dtype=float),
            "use_class": None,
            "county_code": _county(stock, parcel.loc[of]),
            "is_clean": True,
            "cost_wan": 0.0,
            "held_by": None,
            "free_on": pd.Timestamp(on),
        },
        index=[plot_label("floor", one) for one in floors.index],
    )
    out: pd.DataFrame = pd.concat([one for one in (land, factory) if len(one)] or [land])
    return out.assign(held_by=out["held_by"].astype(object), is_clean=out["is_clean"].astype("boolean"))


def _value(cost: pd.DataFrame) -> Floats:
    """Give what land and buildings are worth: the whole price of the years left, and the buildings at their newness."""
    return (cost["land_high_wan"] + cost["building_mid_wan"]).to_numpy(dtype=float)


def _is_clean(parcel: pd.DataFrame) -> "pd.Series[Any]":
    """Say whose title stands in nobody's way: neither mortgaged nor seized, or mortgagee and court consent."""
    mortgaged, seized, consents = (
        parcel[name].astype("boolean") for name in ("is_mortgaged", "is_seized", "has_consent")
    )
    return ~(mortgaged | seized) | consents


def _county(stock: Stock, parcel: pd.DataFrame) -> NDArray[np.object_]:
    of = dict(zip(stock.park["park_code"], stock.park["county_code"], strict=True))
    found = [of.get(code) for code in parcel["park_code"]]
    return np.array([one if isinstance(one, str) else None for one in found], dtype=object)


def _left_out(
    found: pd.DataFrame, said: pd.DataFrame, deed: NDArray[Any], promised: Flags, open_: Flags
) -> pd.DataFrame:
    """Count the parcels that are not to be had, by why."""
    answer = said["answer"].astype(object).where(said["answer"].notna(), "not_judged").to_numpy(dtype=object)
    unknown = np.where(deed == "swap", "no_place", "cost_unknown")
    reason = np.select([promised, deed == ""], ["promised", answer], unknown)[~open_]
    rows = pd.DataFrame({"reason": reason, "area_m2": found["geom_area_m2"].to_numpy()[~open_]})
    counted = rows.groupby("reason", sort=True)["area_m2"].agg(["size", "sum"]).reset_index()
    return counted.set_axis(["reason", "parcels", "area_m2"], axis=1)
