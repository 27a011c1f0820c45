"""The made city as a whole: its frames, its answer key, its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from landgis.sample import records, surroundings
from landgis.sample.columns import frame
from landgis.sample.fabric import draw_fabric
from landgis.sample.planting import Garden
from landgis.sample.plants import LAST_ONCE, plant
from landgis.terms.crs import STORED
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import CONTRACT_DELAY, EVIDENCE_PATCH, STOCK, Stock, Table

LEAST_PARCELS: Final = 400
LEAST_PARCELS_PER_PARK: Final = 100


@dataclass(frozen=True)
class City:
    """A made city: the frames of its stock and what an assessment of it must find.

    Attributes
    ----------
    frames
        Table name to frame, with exactly the columns of `landgis.terms.frames.STOCK`, in order; texts ``str``, numbers float64,
        integers ``Int64``, dates datetime64, booleans nullable, shapes in EPSG:4490.
    answers
        The answer key, see `landgis.sample.plants.ANSWERS`. A parcel that is not in it is clear in every test.
    on
        The day the city was made for.
    chains
        What a plan of it must find, see `landgis.sample.chains`.
    spare
        The same, see `landgis.sample.spare`.
    """

    frames: dict[str, pd.DataFrame]
    answers: pd.DataFrame
    on: date
    chains: pd.DataFrame = field(default_factory=pd.DataFrame)
    spare: pd.DataFrame = field(default_factory=pd.DataFrame)

    def stock(self, *parks: str) -> Stock:
        """Give some parks (default: all) as a stock without a database: numbers of rows, from 1, in the place of its ids."""
        frames = {table.name: self._rows(table, parks) for table in STOCK}
        for name in ("contract", "building", "parcel_use"):
            frames[name]["parcel_id"] = _ids(frames[name], frames["parcel"], "parcel_no")
        for name in ("parcel_use", "enterprise_year", "enterprise_month"):
            frames[name]["enterprise_id"] = _ids(frames[name], frames["enterprise"], "uscc")
        frames["parcel"].index.name = "parcel_id"
        frames["enterprise"].index.name = "enterprise_id"
        return Stock(**frames)

    def _rows(self, table: Table, parks: tuple[str, ...]) -> pd.DataFrame:
        rows = self.frames[table.name].copy()
        rows.index = pd.RangeIndex(1, len(rows) + 1)
        return rows[rows["park_code"].isin(parks)] if parks else rows


def make_city(*, parcels: int = 600, parks: int = 4, seed: int, on: date, origin: tuple[float, float]) -> City:
    """Make a city of industrial parks in which every condition the rules know is planted, and nothing else is wrong.

    Parameters
    ----------
    parcels, parks
        How many; at least 400, and 100 to a park, so that the planted ones stay few. Up to 20 000 parcels the city is drawn in full:
        several buildings to a parcel, ten years and 24 months of every firm. Above that: one building, three years with the columns
        that tests read, months of planted firms only. A park of more than some 100 000 parcels is wider than any park is.
    seed
        The same seed makes the same city.
    on
        The day of the city; the last year of indicators is the full year before it.
    origin
        Longitude and latitude of the city's middle, degrees.

    Raises
    ------
    InputError
        Too few parcels, or a place where no city can be drawn.
    """
    least = max(LEAST_PARCELS, LEAST_PARCELS_PER_PARK * parks)
    if parks < 1 or parcels < least:
        raise InputError(
            Words("示例城市的地块太少。", "The sample city has too few parcels."),
            at=f"parcels={parcels}, parks={parks}",
            why=Words(
                "预置的情形须是少数，排名才不因此改变。",
                "The planted cases must be few, or they would move the rankings.",
            ),
            mend=Words(f"至少一个园区、{least} 宗。", f"Ask for at least one park and {least} parcels."),
        )
    if not (-180 <= origin[0] <= 180 and -80 <= origin[1] <= 80):
        raise InputError(
            Words("示例城市的位置不在地球上。", "The place of the sample city is not on the map."),
            at=f"origin={origin}",
            mend=Words("按“经度 纬度”给出，单位为度。", "Give longitude, then latitude, in degrees."),
        )
    rng = np.random.default_rng(seed)
    fabric = draw_fabric(rng, parcels, parks, origin)
    holdings, terms = records.settle(rng, fabric), records.agree(rng, fabric)
    land_m2 = records.land_used_m2(holdings, terms)
    firms = records.enterprise_frame(rng, holdings, land_m2, terms, on)
    in_full = parcels <= records.IN_FULL
    level = records.levels(rng, len(firms), records.YEARS_IN_FULL if in_full else records.YEARS_IN_BRIEF)
    land = records.parcel_frame(rng, fabric, terms, holdings, firms, on)
    years = records.year_frame(rng, firms, land_m2, level, on)
    buildings, building_of = records.building_frame(rng, fabric, terms, land, on)
    frames: dict[str, pd.DataFrame] = {
        "park": records.park_frame(fabric),
        "parcel": land,
        "contract": records.contract_frame(rng, terms, land, on),
        "contract_delay": frame(CONTRACT_DELAY, 0, {}),
        "building": buildings,
        "enterprise": firms,
        "parcel_use": records.use_frame(rng, holdings, terms, land, firms, on),
        "enterprise_year": years,
        "evidence": frame(EVIDENCE_PATCH, 0, {}),
        "demand": surroundings.demand_frame(rng, parks, on),
    }
    garden = Garden(frames, fabric, holdings, building_of, level, on)
    frames["zone"] = surroundings.zone_frame(fabric, plant(garden, rng))
    answers = garden.finish()
    frames["evidence"] = gpd.GeoDataFrame(frames["evidence"], geometry="geom", crs=STORED)
    years = frames["enterprise_year"]
    monthly = years if in_full else years[years["uscc"].isin(answers.loc[answers["plant"] != LAST_ONCE, "uscc"])]
    frames["enterprise_month"] = records.month_frame(rng, monthly, on)
    records.quieten(frames["enterprise_month"], frames["enterprise"], garden.quiet)
    return City({table.name: frames[table.name] for table in STOCK}, answers, on, garden.chains, garden.spare)


def write_city(city: City, path: Path) -> None:
    """Write a city as one GeoPackage: a layer or table per table of the stock, under our own names.

    Lists of texts are written with ``;`` between them. An existing file is replaced, and only by a whole one.
    """
    unfinished = path.with_name(f".{path.stem}.unfinished.gpkg")
    unfinished.unlink(missing_ok=True)
    try:
        for table in STOCK:
            _write_layer(city.frames[table.name], table, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_layer(rows: pd.DataFrame, table: Table, path: Path) -> None:
    shape = next((column.name for column in table.columns if column.kind == "geometry"), None)
    with_shape: dict[str, Any] = {}
    if shape:
        all_simple = bool(np.isin(shapely.get_type_id(rows[shape].to_numpy()), (-1, 3)).all())
        with_shape = {
            "geometry_name": shape,
            "geometry_type": "Polygon" if all_simple else "Unknown",
            "crs": f"EPSG:{STORED}",
            # An index over a million shapes takes longer than the shapes; whoever imports the file reads all of it anyway.
            "SPATIAL_INDEX": "YES" if len(rows) <= records.IN_FULL else "NO",
        }
    pyogrio.write_arrow(_arrow(rows, table), path, layer=table.name, driver="GPKG", **with_shape)


def _arrow(rows: pd.DataFrame, table: Table) -> pa.Table:
    types = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}
    columns: dict[str, pa.Array] = {}
    for column in table.columns:
        values = rows[column.name]
        if column.kind == "geometry":
            columns[column.name] = pa.array(shapely.to_wkb(values.to_numpy()), pa.binary())
        elif column.kind == "texts":
            columns[column.name] = pa.array(
                [None if texts is None else ";".join(texts) for texts in values], pa.string()
            )
        else:
            columns[column.name] = pa.array(values, types.get(column.kind, pa.large_string()), from_pandas=True)
    return pa.table(columns)


def _ids(rows: pd.DataFrame, owners: pd.DataFrame, key: str) -> pd.Series[int]:
    """Look up the row number of each row's owner by park and `key`; empty where there is none."""
    numbers = pd.Series(owners.index, index=pd.MultiIndex.from_frame(owners[["park_code", key]]), dtype="Int64")
    found = numbers.reindex(pd.MultiIndex.from_frame(rows[["park_code", key]]))
    return pd.Series(found.to_numpy(), index=rows.index, dtype="Int64")
