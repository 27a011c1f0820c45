"""How a whole zone uses its land 土地集约利用: indicators and potentials of each park."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.terms.frames import Stock
from landgis.terms.rules import IDEAL_OF, ZONE_INDICATORS, Ruleset
from landgis.terms.units import M2_PER_HA, M2_PER_MU

#: One row per park and indicator. ``lacking`` counts the parcels (1 for the park itself) for want of which the value is unknown.
ZONE_COLUMNS: Final = ("park_code", "indicator", "value", "unit", "ideal", "lacking", "missing", "article")

Floats = NDArray[np.float64]


def zone_use(stock: Stock, measures: pd.DataFrame, rules: Ruleset, idle: pd.Series | None = None) -> pd.DataFrame:
    """Compute what a ruleset asks of each park as a whole.

    Parameters
    ----------
    stock
        Reads ``park`` (``approved_area_ha``, ``unbuildable_area_ha``), ``parcel`` (areas, ``stock_class``, ``build_status``),
        ``building`` and the ``tags`` of ``enterprise``.
    measures
        As `landgis.core.judging.measure.parcel_measures` gives them.
    rules
        A ruleset of the kind ``zone_use``: which indicators, and the ideal of each where it has one.
    idle
        Findings of idleness by ``parcel_id``; None where idleness was not assessed, which makes what rests on it unknown.

    Returns
    -------
    DataFrame
        `ZONE_COLUMNS`, parks in the order of ``stock.park``, those that have parcels alone behind them, indicators in the order of
        the ruleset. A sum with an unknown part is unknown, and ``missing`` names the columns it lacks.

    Raises
    ------
    RuleError
        The ruleset lacks the number of an ideal.

    Notes
    -----
    With A built land, A2 built industrial and warehouse land, D supplied land, B land that is approved and not yet supplied
    (``stock_class`` approved_unsupplied, taken as ready to be supplied), E approved area less what cannot be built upon, all in m²:

    developed_rate, supplied_rate, built_rate
        (D + B) ÷ E, D ÷ (D + B), A ÷ D. Sources differ in what the supplied land is held against; ``supplied_of_developable`` is D ÷ E.
    industrial_rate, hightech_rate
        A2 ÷ A; built land of main users with the tag ``hightech`` ÷ A.
    far, density
        Floor area ÷ A; footprint of buildings alone ÷ A.
    industrial_far, industrial_coefficient
        Floor area on industrial parcels ÷ A2; footprint there, structures and yards included, ÷ A2.
    invest_wan_per_mu, tax_wan_per_mu, revenue_wan_per_mu
        Of the built industrial parcels, as `landgis.core.judging.measure` gives them, ÷ A2 in mu.
    idle_rate
        Area of suspected idle parcels ÷ D.
    expansion_m2, structure_m2, intensity_m2, management_m2
        E − D; A·(ideal industrial_rate − industrial_rate); A2·(ideal − industrial_far) ÷ ideal; area of suspected idle parcels. None
        is below 0.

    Source: TD/T 1029, 开发区土地集约利用评价.
    """
    parts = _parts(stock, measures, idle)
    park = stock.park.set_index("park_code")
    parks = park.index.union(pd.Index(measures["park_code"].unique()), sort=False)
    place = np.asarray(parks.get_indexer(pd.Index(measures["park_code"])), dtype=np.intp)
    sums: dict[str, Floats] = {}
    unknown = {name: np.isnan(values) for name, values in parts.items()}
    lacking: dict[str, NDArray[np.int64]] = {}
    for name, values in parts.items():
        lacking[name] = np.bincount(place[unknown[name]], minlength=len(parks))
        total = np.bincount(place, weights=np.nan_to_num(values), minlength=len(parks))
        sums[name] = np.where(lacking[name] > 0, np.nan, total)
    approved, unbuildable = (
        park[name].reindex(parks).to_numpy(dtype=float, na_value=np.nan) * M2_PER_HA
        for name in ("approved_area_ha", "unbuildable_area_ha")
    )
    sums["developable"] = approved - unbuildable
    lacking["developable"] = np.isnan(sums["developable"]).astype(np.int64)
    found = []
    for item in rules.zone:
        unit, above, below = ZONE_INDICATORS[item.code]
        ideal = float(rules.value(item.ideal, unit)) if item.ideal else np.nan
        used = _needed(above, below)
        value = _value(item.code, sums, rules)
        without = np.any([unknown[name] for name in used if name in unknown], axis=0)
        lacks = np.bincount(place[without], minlength=len(parks))
        lacks += lacking["developable"] if "developable" in used else 0
        found.append(
            pd.DataFrame(
                {
                    "park_code": parks,
                    "indicator": item.code,
                    "value": value,
                    "unit": unit,
                    "ideal": ideal,
                    "lacking": lacks,
                    "missing": _missing(used, lacking, len(parks)),
                    "article": item.article,
                    "order": np.arange(len(parks)),
                }
            )
        )
    rows = pd.concat(found, ignore_index=True).sort_values("order", kind="stable").reset_index(drop=True)
    return rows[list(ZONE_COLUMNS)]


#: What each sum over the parcels needs of the stock.
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "developable": ("park.approved_area_ha", "park.unbuildable_area_ha"),
    "supplied": ("parcel.supplied_area_m2",),
    "ready": ("parcel.supplied_area_m2", "parcel.approved_area_m2"),
    "built": ("parcel.built_area_m2",),
    "industrial": ("parcel.built_area_m2", "parcel.landuse_code"),
    "hightech": ("parcel.built_area_m2", "enterprise.tags"),
    "floor": ("building.floor_area_m2",),
    "buildings": ("building.footprint_m2", "building.function"),
    "industrial_floor": ("building.floor_area_m2", "parcel.landuse_code"),
    "industrial_footprint": ("building.footprint_m2", "parcel.landuse_code"),
    "invest": ("contract.invested_wan", "contract.price_wan"),
    "tax": ("enterprise_year.tax_wan",),
    "revenue": ("enterprise_year.revenue_wan",),
    "idle": ("contract.agreed_start_on",),
}


def _parts(stock: Stock, measures: pd.DataFrame, idle: pd.Series | None) -> dict[str, Floats]:
    """Give of each parcel what is summed over its park: m² of land and floor, 万元."""
    parcel, count = stock.parcel, len(measures)

    def number(name: str) -> Floats:
        values: Floats = parcel[name].to_numpy(dtype=float, na_value=np.nan)
        return values

    waiting = (parcel["stock_class"] == "approved_unsupplied").fillna(False).to_numpy(dtype=bool)
    supplied = np.where(np.isnan(number("supplied_area_m2")), number("cert_area_m2"), number("supplied_area_m2"))
    supplied = np.where(waiting, 0.0, supplied)
    unbuilt = waiting | (parcel["build_status"] == "unbuilt").fillna(False).to_numpy(dtype=bool)
    built = np.where(unbuilt, 0.0, number("built_area_m2"))
    use = measures["is_industrial"].astype("boolean")
    is_industrial = use.fillna(False).to_numpy(dtype=bool)
    unsure = use.isna().to_numpy(dtype=bool) & (built != 0)

    def on_industrial(values: Floats) -> Floats:
        """Take what stands on built industrial land; unknown where the use of built land is."""
        return np.where(unsure, np.nan, np.where(is_industrial & (built != 0), values, 0.0))

    tags = stock.enterprise["tags"].map(lambda one: None if one is None else "hightech" in one)
    firm = stock.enterprise.index.get_indexer(pd.Index(measures["enterprise_id"].fillna(-1).astype("int64")))
    is_high = np.append(tags.to_numpy(dtype=object), [None])[firm]
    high = np.where(pd.isna(is_high), np.nan, np.where(is_high == True, built, 0.0))  # noqa: E712  None is neither
    mu = measures["area_mu"].to_numpy(dtype=float)
    floor, footprint = (measures[name].to_numpy(dtype=float) for name in ("floor_area_m2", "footprint_m2"))
    suspected = np.full(count, np.nan)
    if idle is not None:
        said = idle.reindex(measures.index)
        suspected = np.where(said == "suspected", supplied, np.where(said == "clear", 0.0, np.nan))
        suspected = np.where(waiting, 0.0, suspected)
    parts = {
        "supplied": supplied,
        "ready": np.where(waiting, number("approved_area_m2"), supplied),
        "built": built,
        "industrial": on_industrial(built),
        "hightech": np.where(built == 0, 0.0, high),
        "floor": np.where(built == 0, 0.0, floor),
        "buildings": np.where(built == 0, 0.0, _buildings_alone(stock, footprint)),
        "industrial_floor": on_industrial(floor),
        "industrial_footprint": on_industrial(footprint),
        "idle": suspected,
    }
    for name in ("invest", "tax", "revenue"):
        parts[name] = on_industrial(measures[f"{name}_wan_per_mu"].to_numpy(dtype=float) * mu)
    return parts


def _buildings_alone(stock: Stock, footprint: Floats) -> Floats:
    """Take structures and yards (function ``other``) off the footprint; unknown where a function is."""
    rows = stock.building
    place = np.asarray(stock.parcel.index.get_indexer(pd.Index(rows["parcel_id"])), dtype=np.intp)
    here = place >= 0
    rows, place = rows[here], place[here]
    size = rows["footprint_m2"].to_numpy(dtype=float, na_value=np.nan)
    other = np.where(rows["function"].isna(), np.nan, np.where(rows["function"] == "other", size, 0.0))
    alone: Floats = footprint - np.bincount(place, weights=other, minlength=len(footprint))
    return alone


def _needed(above: str, below: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*above.split(), *below.split())))


def _missing(used: tuple[str, ...], lacking: Mapping[str, NDArray[np.int64]], parks: int) -> NDArray[Any]:
    named = np.empty(parks, dtype=object)
    named[:] = [
        tuple(dict.fromkeys(need for name in used if lacking[name][park] for need in _NEEDS[name]))
        for park in range(parks)
    ]
    return named


def _value(code: str, sums: Mapping[str, Floats], rules: Ruleset) -> Floats:
    if code.endswith("_m2"):
        return np.maximum(_potential(code, sums, rules), 0.0)
    unit, above, below = ZONE_INDICATORS[code]
    under = sums[below] / float(M2_PER_MU) if unit == "万元/亩" else sums[below]
    return _divide(sums[above], under)


def _potential(code: str, sums: Mapping[str, Floats], rules: Ruleset) -> Floats:
    ideals = {item.code: item.ideal for item in rules.zone}
    if code == "expansion_m2":
        return sums["developable"] - sums["supplied"]
    if code == "management_m2":
        return sums["idle"]
    ideal = float(rules.value(ideals[IDEAL_OF[code]], "ratio"))
    if code == "structure_m2":
        return ideal * sums["built"] - sums["industrial"]
    return sums["industrial"] - sums["industrial_floor"] / ideal


def _divide(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)
