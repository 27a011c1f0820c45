"""Usual rows of the stock: a test says only what differs."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landgis.core.checking.doubts import doubts
from landgis.core.checking.quality import Checked, check
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.frames import DTYPES, STOCK, Column

TABLES = {table.name: table for table in STOCK}


def rows(table: str, *given: Mapping[str, Any]) -> pd.DataFrame:
    """Give rows of a table in its columns and types; what is not given is unknown. ``source_row`` counts from 1."""
    frame = _unknown(table, len(given)).copy()
    said = {name for one in given for name, value in one.items() if value is not None}
    for column in TABLES[table].columns:
        if column.name in said:
            frame[column.name] = _column(column, [one.get(column.name) for one in given])
    return frame


@cache  # property tests ask for the same few tables thousands of times
def _unknown(table: str, count: int) -> pd.DataFrame:
    """Give so many rows of which nothing is known."""
    frame = pd.DataFrame({column.name: _column(column, [None] * count) for column in TABLES[table].columns})
    return frame.assign(
        source_file="drawn.gpkg", source_layer=table, source_row=pd.array(np.arange(1, count + 1), dtype="Int64")
    )


def _column(column: Column, values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype="object").astype(DTYPES[column.kind])


def park(code: str = "p1", **differs: Any) -> dict[str, Any]:
    """Give a usual park."""
    return {"park_code": code, "name": f"示例园区 {code}", **differs}


def parcels(drawn: gpd.GeoDataFrame, code: str = "p1", **differs: Mapping[str, Any]) -> pd.DataFrame:
    """Give drawn parcels as rows of the stock; `differs` says by letter what differs."""
    areas = ellipsoid_area_m2(drawn["geom"].to_numpy())
    return rows(
        "parcel",
        *(
            {
                "park_code": code,
                "parcel_no": one.parcel_no,
                "geom": one.geom,
                "geom_area_m2": area,
                "cert_area_m2": round(area),
                "landuse_code": "1001",
                "landuse_scheme": "ydyh-2023",
                "build_status": "built",
                "owner_name": f"示例企业 {one.parcel_no}",
                **differs.get(one.parcel_no, {}),
            }
            for one, area in zip(drawn.itertuples(index=False), areas, strict=True)
        ),
    )


def looked_through(frames: Mapping[str, pd.DataFrame], known: Mapping[str, pd.DataFrame] | None = None) -> Checked:
    """Check rows and doubt those that are kept, as an import does; all issues together."""
    checked = check(frames, known or {})
    found = pd.concat([checked.issues, doubts(checked.frames, known or {})], ignore_index=True)
    return replace(checked, issues=found)


def checked(known: Mapping[str, pd.DataFrame] | None = None, **frames: pd.DataFrame) -> Checked:
    """Look through rows of the usual park."""
    return looked_through({"park": rows("park", park()), **frames}, known)


def found(answer: Checked) -> list[tuple[str, str, str]]:
    """Give of each issue its code, severity and field."""
    return [tuple(issue) for issue in answer.issues[["code", "severity", "field"]].to_numpy(dtype=object).tolist()]


def codes(answer: Checked) -> set[str]:
    """Give the codes of the issues."""
    return set(answer.issues["code"])
