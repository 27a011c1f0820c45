"""A usual stock in a few words: frames with every column of `landgis.terms.frames`, empty where a test says nothing."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import geopandas as gpd
import pandas as pd
from given import rows
from shapely.geometry import box

from landgis.terms.frames import Stock
from landgis.terms.units import M2_PER_MU

PARK = "P1"
MU_M2 = float(M2_PER_MU)
Rows = Sequence[Mapping[str, Any]]


def frame(table: str, given: Rows, *extra: str) -> pd.DataFrame:
    """Make one table; what a row does not say is unknown."""
    return _made(table, given, extra) if given else _empty(table, extra).copy()


@cache  # most tables of most stocks
def _empty(table: str, extra: tuple[str, ...]) -> pd.DataFrame:
    return _made(table, (), extra)


def _made(table: str, given: Rows, extra: tuple[str, ...]) -> pd.DataFrame:
    found = rows(table, *given)
    for name in extra:
        found[name] = pd.array([row.get(name) for row in given], dtype="Int64")
    if "geom" in found:
        return gpd.GeoDataFrame(found, geometry=gpd.GeoSeries(found["geom"], crs=4490))
    return found


def stock(
    parcels: Rows,
    *,
    contracts: Rows = (),
    delays: Rows = (),
    buildings: Rows = (),
    firms: Rows = (),
    uses: Rows = (),
    years: Rows = (),
    months: Rows = (),
    zones: Rows = (),
    evidence: Rows = (),
) -> Stock:
    """Make a stock. Parcels are named by ``parcel_no`` and firms by ``uscc``; they get ids 1, 2, … and 101, 102, …"""
    usual = {"park_code": PARK, "geom_area_m2": 10_000.0}
    parcel_rows = [
        usual | {"geom": box(120 + place / 100, 31, 120.005 + place / 100, 31.005)} | dict(row)
        for place, row in enumerate(parcels)
    ]
    parcel = frame("parcel", parcel_rows)
    parcel.index = pd.Index(range(1, len(parcel) + 1), name="parcel_id", dtype="int64")
    firm_rows = [{"park_code": PARK, "name": f"示例企业 {place:03}"} | dict(row) for place, row in enumerate(firms, 1)]
    enterprise = frame("enterprise", firm_rows)
    enterprise.index = pd.Index(range(101, len(enterprise) + 101), name="enterprise_id", dtype="int64")
    of_parcel = {(row["park_code"], row["parcel_no"]): 1 + place for place, row in enumerate(parcel_rows)}
    of_firm = {(row["park_code"], row["uscc"]): 101 + place for place, row in enumerate(firm_rows)}

    def linked(given: Rows) -> Rows:
        full = [{"park_code": PARK} | dict(row) for row in given]
        return [
            row
            | {
                "parcel_id": of_parcel.get((row["park_code"], row.get("parcel_no"))),
                "enterprise_id": of_firm.get((row["park_code"], row.get("uscc"))),
            }
            for row in full
        ]

    return Stock(
        park=frame("park", [{"park_code": PARK, "name": "示例园区"}]),
        parcel=parcel,
        contract=frame("contract", linked(contracts), "parcel_id"),
        contract_delay=frame("contract_delay", [{"park_code": PARK} | dict(row) for row in delays]),
        building=frame("building", linked(buildings), "parcel_id"),
        enterprise=enterprise,
        parcel_use=frame("parcel_use", linked(uses), "parcel_id", "enterprise_id"),
        enterprise_year=frame("enterprise_year", linked(years), "enterprise_id"),
        enterprise_month=frame("enterprise_month", linked(months), "enterprise_id"),
        zone=frame("zone", [{"park_code": PARK} | dict(row) for row in zones]),
        evidence=frame("evidence", [{"park_code": PARK} | dict(row) for row in evidence]),
        demand=frame("demand", []),
    )


def on(text: str) -> date:
    """Read a day."""
    return date.fromisoformat(text)
