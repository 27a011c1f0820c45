"""What a parcel is worth and what freeing it costs."""

from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.terms.frames import Stock
from landgis.terms.rules import Ruleset
from landgis.terms.units import FACTORS

Floats = NDArray[np.float64]

#: The three estimates, and the parts each is made of.
LEVELS: Final = ("low", "mid", "high")
PARTS: Final = ("land", "building", "equipment", "stoppage", "reward")
COMPENSATION_COLUMNS: Final = (
    "term_factor",
    *(f"{part}_{level}_wan" for part in PARTS for level in LEVELS),
    "arrears_wan",
    *(f"cost_{level}_wan" for level in LEVELS),
    "missing",
)
_DAYS: Final = 365.25
_MONTHS: Final = 12
_WAN: Final = float(FACTORS["yuan"])


def term_factor(rate: float, years_left: Floats, full_years: float) -> Floats:
    """Give the share of a full term's price that the years left are worth.

    Parameters
    ----------
    rate
        The discount rate r of land, a year.
    years_left
        m; below zero counts as zero, more than `full_years` as those.
    full_years
        n, the term the price was set for.

    Returns
    -------
    ndarray
        K = (1 − (1+r)^−m) ÷ (1 − (1+r)^−n), NaN where m is. Source: GB/T 18508, 年期修正.

    Examples
    --------
    >>> term_factor(0.055, np.array([50.0, 38.0, 30.0, 20.0, 10.0, 0.0]), 50).round(4).tolist()
    [1.0, 0.9335, 0.8584, 0.7058, 0.4452, 0.0]
    """
    left = np.clip(years_left, 0.0, full_years)
    return np.asarray((1 - (1 + rate) ** -left) / (1 - (1 + rate) ** -full_years), dtype=np.float64)


def land_value_wan(area_m2: Floats, price_yuan_per_m2: Floats, factor: Floats) -> Floats:
    """Give what the right to land is worth for the years left, 万元: area × price of a full term × term factor."""
    return np.asarray(area_m2 * price_yuan_per_m2 * factor * _WAN, dtype=np.float64)


def compensation(stock: Stock, rules: Ruleset, on: date) -> pd.DataFrame:
    """Estimate what freeing each parcel by agreement would cost, low, middle and high.

    Parameters
    ----------
    stock
        Reads ``parcel`` (``geom_area_m2``, ``base_price_yuan_per_m2``, ``term_end``, ``tenure``, ``build_status``), ``building``
        (``floor_area_m2``, ``built_year``), ``contract`` (``price_wan``, ``price_paid_wan``), ``parcel_use``, and of ``enterprise_year``
        the last full year's ``fixed_asset_wan`` and ``profit_wan``.
    rules
        A ruleset of the kind ``compensation``; every constant comes from it.
    on
        The day of the estimate.

    Returns
    -------
    DataFrame
        Index of ``stock.parcel``, `COMPENSATION_COLUMNS` (万元). A part of which something is unknown is unknown (NaN), and so is the
        sum it belongs to; ``missing`` names the columns that lack.

    Raises
    ------
    RuleError
        The ruleset lacks a constant.

    Notes
    -----
    land
        Area × benchmark price × K of the years left × share. Known for granted land; of another tenure's right nothing is said.
        Source: GB/T 18508.
    building
        Floor area × replacement cost × newness, newness = 1 − age ÷ life, not below the least. Source: 国务院令第590号 第19条.
    equipment
        A share of the fixed assets of the firms that work there. A firm on several parcels is spread by the area it uses.
    stoppage
        Months of last year's profit; a loss counts as nothing lost. Source: 国务院令第590号 第23条.
    reward
        A share of land and buildings.
    arrears
        Contract price not paid; taken off the sum, which is never below zero.

    On a parcel recorded as not built there is nothing to pull down, move or stop.
    """
    parcel = stock.parcel
    lacks = _Lacks(len(parcel))
    unbuilt = (parcel["build_status"] == "unbuilt").fillna(False).to_numpy(dtype=bool)
    rate = float(rules.value("discount_rate", "ratio"))
    years = (pd.Timestamp(on) - parcel["term_end"]).dt.days.to_numpy(dtype=float, na_value=np.nan) / -_DAYS
    factor = term_factor(rate, years, float(rules.value("full_term", "year")))
    granted = (parcel["tenure"] == "granted").fillna(False).to_numpy(dtype=bool)
    price = parcel["base_price_yuan_per_m2"].to_numpy(dtype=float, na_value=np.nan)
    land = land_value_wan(parcel["geom_area_m2"].to_numpy(dtype=float), price, np.where(granted, factor, np.nan))
    lacks.add("parcel.tenure", ~granted)
    lacks.add("parcel.term_end", np.isnan(years))
    lacks.add("parcel.base_price_yuan_per_m2", np.isnan(price))
    floor = _new_floor_m2(stock, rules, on, unbuilt, lacks)
    assets, profit = (_of_users(stock, name, on, unbuilt, lacks) for name in ("fixed_asset_wan", "profit_wan"))

    out = pd.DataFrame(index=parcel.index)
    out["term_factor"] = factor
    shares: dict[str, tuple[float, float, float]] = {
        "land": _three(
            rules.value("land_share_low", "ratio"),
            rules.value("land_share_mid", "ratio"),
            rules.value("land_share_high", "ratio"),
        ),
        "building": _three(
            rules.value("replacement_low", "元/m²"),
            rules.value("replacement_mid", "元/m²"),
            rules.value("replacement_high", "元/m²"),
        ),
        "equipment": _three(
            rules.value("equipment_share_low", "ratio"),
            rules.value("equipment_share_mid", "ratio"),
            rules.value("equipment_share_high", "ratio"),
        ),
        "stoppage": _three(
            rules.value("stoppage_low", "month"),
            rules.value("stoppage_mid", "month"),
            rules.value("stoppage_high", "month"),
        ),
        "reward": _three(
            rules.value("reward_share_low", "ratio"),
            rules.value("reward_share_mid", "ratio"),
            rules.value("reward_share_high", "ratio"),
        ),
    }
    base = {"land": land, "building": floor * _WAN, "equipment": assets, "stoppage": np.maximum(profit, 0.0) / _MONTHS}
    for part in PARTS:
        for at, level in enumerate(LEVELS):
            whole = base[part] if part in base else (out[f"land_{level}_wan"] + out[f"building_{level}_wan"]).to_numpy()
            out[f"{part}_{level}_wan"] = whole * shares[part][at]
    out["arrears_wan"] = _arrears(stock, lacks)
    for level in LEVELS:
        total = sum(out[f"{part}_{level}_wan"] for part in PARTS) - out["arrears_wan"]
        out[f"cost_{level}_wan"] = total.clip(lower=0.0)
    out["missing"] = lacks.tuples()
    return out[list(COMPENSATION_COLUMNS)]


class _Lacks:
    """Which columns lack, parcel by parcel."""

    def __init__(self, count: int) -> None:
        self._names: list[list[str]] = [[] for _ in range(count)]

    def add(self, name: str, rows: NDArray[np.bool_]) -> None:
        for at in np.flatnonzero(rows):
            self._names[at].append(name)

    def tuples(self) -> NDArray[Any]:
        found = np.empty(len(self._names), dtype=object)
        found[:] = [tuple(names) for names in self._names]
        return found


def _three(low: Any, mid: Any, high: Any) -> tuple[float, float, float]:  # noqa: ANN401  fractions
    return float(low), float(mid), float(high)


def _place(stock: Stock, table: pd.DataFrame) -> NDArray[np.intp]:
    return np.asarray(stock.parcel.index.get_indexer(pd.Index(table["parcel_id"])), dtype=np.intp)


def _new_floor_m2(stock: Stock, rules: Ruleset, on: date, unbuilt: NDArray[np.bool_], lacks: _Lacks) -> Floats:
    """Give the floor area weighed by newness; one unknown building makes the parcel's unknown."""
    place = _place(stock, stock.building)
    here = place >= 0
    rows, place = stock.building[here], place[here]
    life, least = float(rules.value("building_life", "year")), float(rules.value("newness_min", "ratio"))
    area = rows["floor_area_m2"].to_numpy(dtype=float, na_value=np.nan)
    age = on.year - rows["built_year"].to_numpy(dtype=float, na_value=np.nan)
    newness = np.clip(1 - np.maximum(age, 0.0) / life, least, 1.0)
    count = len(stock.parcel)
    total = np.bincount(place, area * newness, minlength=count)
    none = (np.bincount(place, minlength=count) == 0) & ~unbuilt
    lacks.add("building.floor_area_m2", none | (np.bincount(place, np.isnan(area), minlength=count) > 0))
    lacks.add("building.built_year", np.bincount(place, np.isnan(age), minlength=count) > 0)
    return np.where(none, np.nan, total)


def _of_users(stock: Stock, name: str, on: date, unbuilt: NDArray[np.bool_], lacks: _Lacks) -> Floats:
    """Spread a figure of the last full year over the parcels a firm uses, by area; sum it by parcel."""
    use, day = stock.parcel_use, pd.Timestamp(on)
    place = _place(stock, use)
    current = ~((use["from_on"] > day) | (use["to_on"] < day)).to_numpy(dtype=bool) & (place >= 0)
    use, place = use[current].copy(), place[current]
    area = use["area_m2"].to_numpy(dtype=float, na_value=np.nan)
    area = np.where(np.isnan(area), stock.parcel["geom_area_m2"].to_numpy(dtype=float)[place], area)
    rows = pd.DataFrame({"place": place, "firm": use["enterprise_id"].to_numpy(), "area": area})
    rows = rows.groupby(["place", "firm"], dropna=False).agg(area=("area", "max")).reset_index()
    years = stock.enterprise_year
    figures = years[years["year"] == on.year - 1].drop_duplicates("enterprise_id", keep="last")
    known = pd.Series(figures[name].to_numpy(dtype=float, na_value=np.nan), index=pd.Index(figures["enterprise_id"]))
    value = known.reindex(pd.Index(rows["firm"])).to_numpy()
    share = (rows["area"] / rows.groupby("firm", dropna=False)["area"].transform("sum")).to_numpy()
    at, count = rows["place"].to_numpy(dtype=np.intp), len(stock.parcel)
    total = np.bincount(at, value * share, minlength=count)
    nobody = np.bincount(at, minlength=count) == 0
    lacks.add("parcel_use", nobody & ~unbuilt)
    lacks.add(f"enterprise_year.{name}", np.isnan(total) & ~nobody & ~unbuilt)
    return np.where(unbuilt, 0.0, np.where(nobody, np.nan, total))


def _arrears(stock: Stock, lacks: _Lacks) -> Floats:
    """Give the contract price that is not paid; nothing where there is no contract, unknown where a contract does not say."""
    place = _place(stock, stock.contract)
    here = place >= 0
    rows, place = stock.contract[here], place[here]
    owed = rows["price_wan"].to_numpy(dtype=float, na_value=np.nan) - rows["price_paid_wan"].to_numpy(
        dtype=float, na_value=np.nan
    )
    total = np.bincount(place, np.maximum(owed, 0.0), minlength=len(stock.parcel))
    lacks.add("contract.price_paid_wan", np.isnan(total))
    return np.asarray(total, dtype=np.float64)
