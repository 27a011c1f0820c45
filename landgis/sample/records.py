"""The papers of the made city: who holds and uses each parcel, what was agreed, built, earned and burnt.

All of it is healthy: far enough from every line that no test of a ruleset fires. What a firm yields follows one level per year, by
which it can be placed anywhere in the ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from landgis.sample.columns import credit_codes, days, frame, joined, numbered, picked
from landgis.sample.fabric import Fabric, Flags, Floats, Ints, draw_boxes
from landgis.terms.crs import STORED, ellipsoid_area_m2
from landgis.terms.frames import (
    BUILDING,
    CONTRACT,
    ENTERPRISE,
    ENTERPRISE_MONTH,
    ENTERPRISE_YEAR,
    PARCEL,
    PARCEL_USE,
    PARK,
)
from landgis.terms.units import M2_PER_HA, mu

#: Up to this many parcels the city is drawn in full: ten years, 24 months, several buildings to a parcel.
IN_FULL: Final = 20_000
YEARS_IN_FULL: Final = 10
YEARS_IN_BRIEF: Final = 3

#: Manufacturing classes of GB/T 4754-2017.
INDUSTRIES: Final = ("3670", "3812", "3484", "3525", "2929", "2720", "1751", "3982")
_LEVELS: Final = ("national", "provincial", "county")

# What an ordinary firm above designated size yields: near the bases of 台州黄岩 2022, so that the usual score is about 70 to 120 of 100.
_TAX_WAN_PER_MU: Final = 24.0
_VALUE_ADDED_PER_TAX: Final = 5.6
_VALUE_ADDED_WAN_PER_TCE: Final = 2.7
_VALUE_ADDED_WAN_PER_T: Final = 4900.0
_VALUE_ADDED_WAN_PER_HEAD: Final = 18.0
_RD_SHARE: Final = 0.030
_TAX_YUAN_PER_KWH: Final = 0.235
_TAX_SHARE_OF_REVENUE: Final = 0.045
_TAX_SHARE_OF_REVENUE_SMALL: Final = 0.16
#: A firm on less land than this is below designated size (revenue under 2000 万元) in the made city.
_SMALL_MU: Final = 6.0
#: So many firms of each park are below designated size even where all have more land: fewer could not be ranked.
_SMALL_FIRMS: Final = 8
#: What such a firm takes at most in a year, 万元.
_MOST_REVENUE_SMALL_WAN: Final = 1_900.0


@dataclass(frozen=True)
class Holdings:
    """Who is where: owners and tenants, firms ordered by park.

    Attributes
    ----------
    firm_park
        The park of every firm.
    owner
        The firm that holds each parcel.
    use_parcel, use_firm, use_share, is_tenant
        One row per use: its parcel, its firm, its share of the parcel, and whether the firm rents.
    users
        How many firms use each parcel.
    parcels_of_owner
        How many parcels each firm holds; 0 for tenants.
    """

    firm_park: Ints
    owner: Ints
    use_parcel: Ints
    use_firm: Ints
    use_share: Floats
    is_tenant: Flags
    users: Ints
    parcels_of_owner: Ints


def settle(rng: np.random.Generator, fabric: Fabric) -> Holdings:
    """Settle firms on the parcels: about 85 % of the parcels one firm, 10 % several, 5 % held in pairs by one firm."""
    n = len(fabric.park_of)
    parcel = np.arange(n)
    chance = rng.random(n)
    # Pairs of following parcels of one block; the even one leads, so that pairs cannot overlap.
    follower = np.zeros(n, dtype=bool)
    follower[1:] = (parcel[1:] % 2 == 1) & (chance[:-1] < 0.05) & (fabric.pieces.block[1:] == fabric.pieces.block[:-1])
    in_pair = follower | np.roll(follower, -1)
    # In every park the same share has tenants: one, two, three in turn; on parcels that are large enough to be let in parts.
    box = fabric.pieces.box
    fit = ~in_pair & ((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) > 0.9 * M2_PER_HA)
    place = _places(np.where(fit, rng.random(n), 2.0), fabric.park_of)
    parcels_of_park = np.bincount(fabric.park_of)[fabric.park_of]
    tenants = np.where(fit & (place < 0.105 * parcels_of_park), 1 + place % 3, 0)
    owner_rank = np.cumsum(~follower) - 1
    owners = int(owner_rank[-1]) + 1
    tenant_parcel = np.repeat(parcel, tenants)
    # Number firms by park, owners before tenants.
    park = np.concatenate([fabric.park_of[~follower], fabric.park_of[tenant_parcel]])
    order = np.argsort(park, kind="stable")
    number = np.empty(len(park), dtype=np.int64)
    number[order] = np.arange(len(park))
    share = np.repeat(rng.uniform(0.45, 0.65, n) / np.maximum(tenants, 1), tenants)
    rented = np.bincount(tenant_parcel, share, n)
    use_parcel = np.concatenate([parcel, tenant_parcel])
    use_firm = np.concatenate([number[owner_rank], number[owners:]])
    by_parcel = np.argsort(use_parcel, kind="stable")
    return Holdings(
        firm_park=park[order],
        owner=number[owner_rank],
        use_parcel=use_parcel[by_parcel],
        use_firm=use_firm[by_parcel],
        use_share=np.concatenate([1.0 - rented, share])[by_parcel],
        is_tenant=(np.arange(len(use_parcel)) >= n)[by_parcel],
        users=1 + tenants,
        parcels_of_owner=np.bincount(number[owner_rank], minlength=len(park)),
    )


def _places(order: Floats, groups: Ints) -> Ints:
    """Give each row its place in its group, from 0, in ascending order of `order`."""
    sorted_rows = np.lexsort((order, groups))
    size = np.bincount(groups)
    place = np.empty(len(groups), dtype=np.int64)
    place[sorted_rows] = np.arange(len(groups)) - np.repeat(np.cumsum(size) - size, size)
    return place


def park_codes(parks: int) -> pd.Series[str]:
    """Give the codes of the parks: ``S01``, ``S02`` and so on."""
    return numbered("S", np.arange(1, parks + 1), 2)


def park_frame(fabric: Fabric) -> gpd.GeoDataFrame:
    """Describe the parks."""
    n = len(fabric.parks)
    number = np.arange(1, n + 1)
    values = {
        "park_code": park_codes(n),
        "name": numbered("示例园区 ", number, 2),
        "level": picked(_LEVELS, (number - 1) % len(_LEVELS)),
        "type": picked(("economic", "hightech", "other"), (number - 1) % 3),
        "county_code": "000000",
        "approved_area_ha": np.round(ellipsoid_area_m2(fabric.parks) / M2_PER_HA, 1),
        "leading_industries": [[INDUSTRIES[k % 8], INDUSTRIES[(k + 3) % 8]] for k in range(n)],
        "admin_unit": numbered("示例园区 ", number, 2, " 管委会"),
        "unbuildable_area_ha": 0.0,
        "geom": fabric.parks,
    }
    return gpd.GeoDataFrame(frame(PARK, n, values), geometry="geom", crs=STORED)


@dataclass(frozen=True)
class Terms:
    """Numbers of every parcel that several tables share.

    Attributes
    ----------
    area_m2
        On the ellipsoid, drawn.
    number
        The parcel's number in its park, from 1.
    signed_days
        Days before the day of the city on which the contract was signed.
    """

    area_m2: Floats
    number: Ints
    signed_days: Ints

    @property
    def finished_days(self) -> Ints:
        """Days before the day of the city on which the works were done."""
        return self.signed_days - 900


def agree(rng: np.random.Generator, fabric: Fabric) -> Terms:
    """Measure and number the parcels, and draw when each was granted: 13 to 22 years ago."""
    n = len(fabric.park_of)
    first = np.searchsorted(fabric.park_of, np.arange(len(fabric.parks)))
    return Terms(
        area_m2=ellipsoid_area_m2(fabric.parcels),
        number=np.arange(n) - first[fabric.park_of] + 1,
        signed_days=rng.integers(13 * 366, 22 * 365, n),
    )


def parcel_frame(
    rng: np.random.Generator, fabric: Fabric, terms: Terms, holdings: Holdings, firms: pd.DataFrame, on: date
) -> gpd.GeoDataFrame:
    """Describe the parcels: granted, industrial by present and planned use, built, unencumbered or mortgaged."""
    n = len(fabric.park_of)
    park = fabric.park_of
    code = park_codes(len(fabric.parks)).take(park).reset_index(drop=True)
    signed = days(on, terms.signed_days)
    year = pd.DatetimeIndex(signed).year.to_numpy().astype(np.int64)
    district, order = np.divmod(terms.number, 99_999)
    zddm = joined(
        numbered("000000", park + 1, 3), numbered("", district + 1, 3), numbered("GB", order + (district > 0), 5)
    )
    registered = terms.area_m2 + np.clip(rng.normal(0.0, 0.001, n) * terms.area_m2, -30.0, 30.0)
    class_3 = rng.integers(0, 3, n)
    uses = ("100101", "100102", "100103")
    values = {
        "park_code": code,
        "parcel_no": numbered("P", terms.number, 5),
        "zddm": zddm,
        "bdcdyh": joined(zddm, "F00010001"),
        "cert_no": joined(numbered("示例(", year, 4), numbered(")不动产权第", terms.number, 7, "号")),
        "supervise_no": joined(numbered("000000", year, 4), numbered("B", terms.number, 7)),
        "location": joined(numbered("示例路 ", terms.number, 1), " 号"),
        "town": numbered("示例镇 ", park + 1, 2),
        "village": numbered("示例村 ", fabric.pieces.block % 20 + 1, 2),
        "owner_uscc": firms["uscc"].take(holdings.owner).reset_index(drop=True),
        "owner_name": firms["name"].take(holdings.owner).reset_index(drop=True),
        "tenure": "granted",
        "ownership": "state",
        "cert_area_m2": np.round(registered, 1),
        "geom_area_m2": terms.area_m2,
        "approved_area_m2": np.round(registered, 1),
        "supplied_area_m2": np.round(registered, 1),
        "built_area_m2": np.round(terms.area_m2 * 0.97, 1),
        "landuse_code": picked(uses, class_3),
        "landuse_scheme": "ydyh-2023",
        "plan_code": picked(uses, class_3),
        "plan_scheme": "ydyh-2023",
        "plan_far_min": 1.0,
        "plan_far_max": 2.0,
        "plan_density_max": 0.65,
        "plan_height_max_m": 50.0,
        "term_end": days(on, terms.signed_days - round(50 * 365.25)),
        "is_mortgaged": rng.random(n) < 0.2,
        "is_seized": False,
        "build_status": "built",
        "stock_class": "normal",
        "base_price_yuan_per_m2": np.round(rng.uniform(336, 480, n)),
        "assessed_value": np.round(terms.area_m2 * rng.uniform(1500, 3000, n), -3),
        "assessed_currency": "CNY",
        "in_boundary_m2": np.floor(terms.area_m2 * 10) / 10,
        "is_legacy": False,
        "office_land_m2": np.round(terms.area_m2 * 0.05, 1),
        "green_m2": np.round(terms.area_m2 * 0.15, 1),
        "geom": fabric.parcels,
    }
    return gpd.GeoDataFrame(frame(PARCEL, n, values), geometry="geom", crs=STORED)


def contract_frame(rng: np.random.Generator, terms: Terms, parcels: pd.DataFrame, on: date) -> pd.DataFrame:
    """Describe one contract per parcel, kept in time and in full."""
    n, signed = len(parcels), terms.signed_days
    area_m2 = terms.area_m2
    agreed_invest = np.round(rng.uniform(150, 320, n))
    total_invest = np.round(agreed_invest * mu(1.0) * area_m2 * 0.9)
    price = np.round(parcels["base_price_yuan_per_m2"].to_numpy() * area_m2 / 10_000)
    values = {
        "park_code": parcels["park_code"],
        "contract_no": joined("示例合同-", parcels["park_code"], "-", parcels["parcel_no"]),
        "parcel_no": parcels["parcel_no"],
        "signed_on": days(on, signed),
        "price_wan": price,
        "price_paid_wan": price,
        "delivered_on": days(on, signed - 60),
        "agreed_start_on": days(on, signed - 365),
        "agreed_finish_on": days(on, signed - 1_095),
        "agreed_production_on": days(on, signed - 1_460),
        "started_on": days(on, signed - rng.integers(200, 420, n)),
        "start_evidence": "施工许可证；桩基完成",
        "permit_on": days(on, signed - 180),
        "foundation_kind": "piles",
        "foundation_share": 1.0,
        "finished_on": days(on, terms.finished_days),
        "should_develop_m2": np.round(area_m2, 1),
        "developed_m2": np.round(area_m2 * rng.uniform(0.93, 1.0, n), 1),
        "total_invest_wan": total_invest,
        "invested_wan": np.round(total_invest * rng.uniform(1.0, 1.2, n)),
        "agreed_far_min": 1.0,
        "agreed_coefficient_min": 0.4,
        "agreed_invest_wan_per_mu": agreed_invest,
        "agreed_tax_wan_per_mu": np.round(rng.uniform(5, 8, n), 1),
        "government_delay_days": 0,
        "agreed_value_added_wan_per_tce": 1.0,
        "agreed_value_added_wan_per_t": 500.0,
    }
    return frame(CONTRACT, n, values)


def building_frame(
    rng: np.random.Generator, fabric: Fabric, terms: Terms, parcels: pd.DataFrame, on: date
) -> tuple[gpd.GeoDataFrame, Ints]:
    """Draw buildings on 46 to 54 % of each parcel: a row of workshops and, in a city drawn in full, an office at its end.

    Gives the frame, ordered by parcel, and the parcel (by position) of each building.
    """
    in_full = len(parcels) <= IN_FULL
    n = len(parcels)
    coefficient = rng.uniform(0.46, 0.54, n)
    workshops = np.clip(np.round(terms.area_m2 / 15_000), 1, 3).astype(np.int64) if in_full else np.ones(n, np.int64)
    of, place, box, is_office = _rows_of_buildings(rng, fabric, terms, coefficient, workshops, in_full)
    geom = draw_boxes(fabric.plane, fabric.pieces.block[of], box)
    footprint = np.round(ellipsoid_area_m2(geom), 1)
    floors = np.where(is_office, 5.0, 3.0)
    storey = np.where(is_office, 3.6, 6.0)
    values = {
        "park_code": parcels["park_code"].take(of).reset_index(drop=True),
        "building_no": joined(parcels["parcel_no"].take(of).reset_index(drop=True), numbered("-", place + 1, 1)),
        "parcel_no": parcels["parcel_no"].take(of).reset_index(drop=True),
        "name": joined(picked(("厂房 ", "办公楼 "), is_office.astype(np.int64)), numbered("", place + 1, 1)),
        "function": picked(("workshop", "office"), is_office.astype(np.int64)),
        "floors": floors,
        "height_m": floors * storey,
        "storey_height_m": storey,
        "footprint_m2": footprint,
        "floor_area_m2": np.round(footprint * floors, 1),
        "counted_area_m2": np.round(footprint * floors, 1),
        "structure": picked(("钢结构", "框架"), is_office.astype(np.int64)),
        "built_year": pd.DatetimeIndex(days(on, terms.finished_days)).year.to_numpy()[of],
        "has_permit": True,
        "vacancy": np.round(rng.uniform(0.0, 0.1, len(of)), 2),
        "geom": geom,
    }
    return gpd.GeoDataFrame(frame(BUILDING, len(of), values), geometry="geom", crs=STORED), of


def _rows_of_buildings(
    rng: np.random.Generator, fabric: Fabric, terms: Terms, coefficient: Floats, workshops: Ints, with_office: bool
) -> tuple[Ints, Ints, Floats, Flags]:
    """Lay a row of buildings, with lanes between, in the middle of each parcel: parcel, place in the row, box, is it the office."""
    along_share, office_length = (
        0.88,
        0.3,
    )  # of a building's stretch that is built; an office's stretch beside a workshop's
    room = fabric.pieces.building_room()
    width, height = room[:, 2] - room[:, 0], room[:, 3] - room[:, 1]
    side = np.sqrt(coefficient * terms.area_m2 / (along_share * width * height))
    slack = (1 - side) / 2 * np.column_stack([width, height]).T * rng.uniform(0.75, 1.25, (2, len(side)))
    low = room[:, :2] + slack.T
    count = workshops + with_office
    of = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    is_office = (place == workshops[of]) if with_office else np.zeros(len(of), dtype=bool)
    stretch = (side * np.maximum(width, height) / (workshops + office_length * with_office))[of]
    begin = stretch * (place + (1 - along_share) / 2 * np.where(is_office, office_length, 1.0))
    end = begin + stretch * along_share * np.where(is_office, office_length, 1.0)
    across = (width >= height)[of]
    depth = (side * np.minimum(width, height))[of]
    zero = np.zeros(len(of))
    box = np.where(
        across[:, None],
        np.column_stack([begin, zero, end, depth]),
        np.column_stack([zero, begin, depth, end]),
    )
    return of, place, box + np.tile(low[of], 2), is_office


def enterprise_frame(
    rng: np.random.Generator, holdings: Holdings, land_m2: Floats, terms: Terms, on: date
) -> pd.DataFrame:
    """Describe the firms: every industry equally often in a park; below designated size those with the least land.

    Parameters
    ----------
    land_m2
        Land used by each firm, m².
    """
    n = len(holdings.firm_park)
    serial = np.arange(n)
    owns = holdings.parcels_of_owner > 0
    is_small = (_places(land_m2, holdings.firm_park) < _SMALL_FIRMS) | (mu(1.0) * land_m2 < _SMALL_MU)
    alone = np.zeros(n, dtype=bool)
    alone[holdings.owner[(holdings.users == 1) & (holdings.parcels_of_owner[holdings.owner] == 1)]] = True
    is_small |= (
        _places(np.where(alone, land_m2, np.inf), holdings.firm_park) == 0
    )  # and one at least that rents nothing
    in_production = np.full(n, 13 * 366 - 900 - 200)
    in_production[holdings.owner] = terms.finished_days - 200
    parks = int(holdings.firm_park.max()) + 1
    values = {
        "park_code": park_codes(parks).take(holdings.firm_park).reset_index(drop=True),
        "uscc": credit_codes(serial + 1),
        "name": numbered("示例企业 ", serial + 1, 3),
        "industry_code": picked(INDUSTRIES, _places(rng.random(n), holdings.firm_park * 2 + owns) % len(INDUSTRIES)),
        "industry_scheme": "gbt4754-2017",
        "scale": picked(("above", "below"), is_small.astype(np.int64)),
        "founded_on": days(on, in_production + 1_500),
        "production_since": days(on, in_production),
        "status": "normal",
        "is_utility": False,
        "is_safety_failed": False,
        "is_environment_failed": False,
        "is_local": True,
    }
    return frame(ENTERPRISE, n, values)


def use_frame(rng: np.random.Generator, holdings: Holdings, terms: Terms, parcels: pd.DataFrame, firms: pd.DataFrame,
              on: date) -> pd.DataFrame:  # fmt: skip
    """Describe who uses which parcel: the owner all of it, the tenants what they rent of that."""
    of, firm, rents = holdings.use_parcel, holdings.use_firm, holdings.is_tenant
    n = len(of)
    leased = np.where(rents, days(on, rng.integers(800, 2_500, n)), days(on, terms.signed_days[of] - 60))
    lease_no = numbered("示例租约 ", np.arange(1, n + 1), 6)
    values = {
        "park_code": parcels["park_code"].take(of).reset_index(drop=True),
        "parcel_no": parcels["parcel_no"].take(of).reset_index(drop=True),
        "uscc": firms["uscc"].take(firm).reset_index(drop=True),
        "role": picked(("owner", "tenant"), rents.astype(np.int64)),
        "area_m2": np.round(np.where(rents, holdings.use_share, 1.0) * terms.area_m2[of], 1),
        "from_on": leased,
        "lease_no": lease_no.where(pd.Series(rents)),
        "rent_yuan_per_m2_month": np.where(rents, np.round(rng.uniform(12, 22, n), 1), np.nan),
    }
    return frame(PARCEL_USE, n, values)


def land_used_m2(holdings: Holdings, terms: Terms) -> Floats:
    """Give the land each firm uses: own, less what it lets, plus what it rents, m²."""
    area_m2 = np.round(holdings.use_share * terms.area_m2[holdings.use_parcel], 1)
    return np.asarray(np.bincount(holdings.use_firm, area_m2, len(holdings.firm_park)), dtype=np.float64)


def levels(rng: np.random.Generator, firms: int, years: int) -> Floats:
    """Give each firm's level in each year, the last year first, shape (firms, years): skewed, from 0.76 to about 2.1, median near 1.

    A firm that is good in one year is mostly good in the next.
    """
    lasting = rng.standard_normal(firms)
    level = np.empty((firms, years))
    for year in range(years):
        order = np.argsort(0.9 * lasting + 0.44 * rng.standard_normal(firms), kind="stable")
        share = np.empty(firms)
        share[order] = (np.arange(firms) + 0.5) / firms
        level[:, year] = 0.76 + share * (0.24 * (1 - 0.93 * share) ** -0.62 + 0.14)
    return level


def year_frame(rng: np.random.Generator, firms: pd.DataFrame, land_m2: Floats, level: Floats, on: date) -> pd.DataFrame:
    """Describe the firms' last full years, firm by firm, the oldest year first.

    Ten years where `level` has ten columns; with fewer the columns that no test reads stay empty.
    """
    n, years = level.shape
    in_full = years == YEARS_IN_FULL
    firm = np.repeat(np.arange(n), years)
    ago = np.tile(np.arange(years)[::-1], n)
    land = land_m2[firm]
    grown = np.power(1.03, -ago.astype(float))

    def near(spread: float = 0.02) -> Floats:
        return np.asarray(np.clip(1 + spread * rng.standard_normal(n * years), 1 - 2 * spread, 1 + 2 * spread))

    height = level[:, ::-1].ravel()  # the first column of `level` is the last year
    is_small = (firms["scale"] == "below").to_numpy()[firm]
    # Every item of the score rises with the level; a better firm burns and emits less for the same value added.
    tax = _TAX_WAN_PER_MU * mu(1.0) * land * height * grown * near()
    value_added = tax * _VALUE_ADDED_PER_TAX * near()
    revenue = tax / np.where(is_small, _TAX_SHARE_OF_REVENUE_SMALL, _TAX_SHARE_OF_REVENUE) * near()
    revenue = np.where(is_small, np.minimum(revenue, _MOST_REVENUE_SMALL_WAN * near()), revenue)
    intensity = 1 / np.sqrt(height)  # `landgis.sample.planting.Plot.at_level` scales by the same powers
    values: dict[str, Any] = {
        "park_code": firms["park_code"].take(firm).reset_index(drop=True),
        "uscc": firms["uscc"].take(firm).reset_index(drop=True),
        "year": on.year - 1 - ago,
        "revenue_wan": np.round(revenue, 1),
        "value_added_wan": np.round(value_added, 1),
        "tax_wan": np.round(tax, 2),
        "profit_wan": np.round(revenue * 0.07 * near(0.15), 1),
        "energy_tce": np.round(value_added / _VALUE_ADDED_WAN_PER_TCE * intensity * near(), 1),
        "power_kwh": np.round(tax * 10_000 / _TAX_YUAN_PER_KWH * intensity * near()),
        "emission_t": np.round(value_added / _VALUE_ADDED_WAN_PER_T * intensity * near(), 4),
        "rd_wan": np.round(revenue * _RD_SHARE / intensity * near(), 2),
        "employees": np.maximum(np.round(value_added / _VALUE_ADDED_WAN_PER_HEAD * intensity * near(), 1), 1.0),
        "land_used_m2": np.round(land, 1),
        "is_in_arrears": False,
        "data_status": "verified",
    }
    if in_full:
        fixed = 320.0 * mu(1.0) * land * 1.01**-ago
        assets = fixed * 1.6 + revenue * 0.3
        liabilities = assets * np.asarray(rng.uniform(0.35, 0.55, n))[firm]
        interest = liabilities * 0.5 * 0.045
        values |= {
            "output_wan": np.round(revenue * 1.02 * near(), 1),
            "fixed_asset_wan": np.round(fixed),
            "assets_wan": np.round(assets),
            "liabilities_wan": np.round(liabilities),
            "interest_wan": np.round(interest, 1),
            "ebit_wan": np.round(values["profit_wan"] + interest, 1),
            "water_t": np.round(value_added * 9 * near(0.2)),
            "subsidy_wan": 0.0,
            "short_debt_wan": np.round(liabilities * 0.3),
            "long_debt_wan": np.round(liabilities * 0.2),
            "bonds_wan": 0.0,
        }
    return frame(ENTERPRISE_YEAR, n * years, values)


def quieten(months: pd.DataFrame, firms: pd.DataFrame, quiet: Mapping[int, pd.Timestamp]) -> None:
    """Let the months after a firm stopped tell of it: hardly any electricity or tax, few insured; four tenths where half stopped.

    Parameters
    ----------
    quiet
        Firms (by position) that stopped without a word in the ledger, and since when.
    """
    since = firms["stopped_since"].copy()
    since.iloc[list(quiet)] = list(quiet.values())
    stopped = firms.assign(stopped_since=since)[since.notna()].set_index("uscc")
    rows = np.flatnonzero(months["uscc"].isin(stopped.index))
    of = months["uscc"].iloc[rows]
    after = (months["month"].iloc[rows] >= of.map(stopped["stopped_since"])).to_numpy()
    share = np.where(of.map(stopped["status"]) == "half_stopped", 0.4, 0.03)
    for column in ("power_kwh", "tax_wan", "insured"):
        values = months[column].to_numpy(dtype=float, na_value=np.nan).copy()
        values[rows[after]] = np.round(values[rows[after]] * share[after])
        months[column] = values.astype("int64") if column == "insured" else values
    months["insured"] = months["insured"].astype("Int64")


def month_frame(rng: np.random.Generator, years: pd.DataFrame, on: date, months: int = 24) -> pd.DataFrame:
    """Describe the last full months of firms: each a twelfth of its year, with its season.

    Parameters
    ----------
    years
        Rows of `year_frame`; the last year known of each firm counts.
    """
    last = years.groupby("uscc", sort=False).tail(1)
    n = len(last)
    end = np.datetime64(on, "M")
    month = end - np.arange(months, 0, -1).astype("timedelta64[M]")
    season = 1 + 0.12 * np.cos(2 * np.pi * (month.astype(np.int64) % 12 - 6) / 12)
    which = np.repeat(np.arange(n), months)
    spread = np.clip(1 + 0.04 * rng.standard_normal(n * months), 0.88, 1.12)
    values = {
        "park_code": last["park_code"].iloc[which].reset_index(drop=True),
        "uscc": last["uscc"].iloc[which].reset_index(drop=True),
        "month": np.tile(month.astype("datetime64[s]"), n),
        "power_kwh": np.round(last["power_kwh"].to_numpy()[which] / 12 * np.tile(season, n) * spread),
        "tax_wan": np.round(last["tax_wan"].to_numpy()[which] / 12 * spread, 2),
        "insured": np.round(last["employees"].to_numpy()[which]),
    }
    return frame(ENTERPRISE_MONTH, n * months, values)
