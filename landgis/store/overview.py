"""A run added up: land by park, answer and class, and the shapes of some of its parcels."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
from psycopg import sql

from landgis.store import database, reading
from landgis.store.database import Connection
from landgis.terms.crs import STORED
from landgis.terms.frames import Kind


def sum_land(conn: Connection, run: int) -> list[dict[str, Any]]:
    """Add a run's land up, one row per kind of land.

    Returns
    -------
    list of dict
        ``park_code, answer, stock_class`` (None: nobody recorded it), ``is_suspected, is_freeable, is_upgradable, parcels, area_m2,
        freeable_m2, upgrade_m2``.
    """
    return database.rows(conn, "overview_land", run=run)


def read_shapes(conn: Connection, run: int, answers: Sequence[str], park: str | None) -> gpd.GeoDataFrame:
    """Read the parcels of a run that got one of these answers, of one park if it is named.

    Returns
    -------
    GeoDataFrame
        Indexed by ``parcel_id``: ``park_code, parcel_no, answer, area_m2`` (m²), ``geom`` (EPSG:4490), in the order of the index.
    """
    query = sql.SQL(database.statement("overview_shapes").decode()).format(
        run=sql.Literal(run), answers=sql.Literal(list(answers)), park=sql.Literal(park)
    )
    return _shapes(conn, query)


def read_extent(conn: Connection, run: int, bbox: Sequence[float]) -> gpd.GeoDataFrame:
    """Read the parcels of a run that meet an extent (west, south, east, north in degrees); columns as `read_shapes`."""
    places = dict(zip(("west", "south", "east", "north"), map(sql.Literal, bbox), strict=True))
    return _shapes(conn, sql.SQL(database.statement("sheet_shapes").decode()).format(run=sql.Literal(run), **places))


def _shapes(conn: Connection, query: sql.Composed) -> gpd.GeoDataFrame:
    kinds: dict[str, Kind] = {
        "parcel_id": "integer", "park_code": "text", "parcel_no": "text", "answer": "text", "area_m2": "number",
        "geom": "geometry",
    }  # fmt: skip
    found = reading.frame(conn, query, kinds)
    return gpd.GeoDataFrame(found.set_index("parcel_id"), geometry="geom", crs=STORED)


def list_inside(conn: Connection, run: int, shape: bytes) -> list[dict[str, Any]]:
    """List the parcels of a run that meet a drawn area (WKB, degrees of EPSG:4490).

    Returns
    -------
    list of dict
        ``parcel_id, park_code, parcel_no, answer, suspected, grade, total, area_m2, freeable_m2, upgrade_m2, inside_m2`` (how much of it
        lies in the area, m² on the ellipsoid).
    """
    return database.rows(conn, "area_land", run=run, shape=shape)


def list_moved(conn: Connection, before: int, after: int) -> list[dict[str, Any]]:
    """List where the parcels of one run stand in another.

    Returns
    -------
    list of dict
        ``park_code, before, after`` (answers; None: not judged then), ``parcels, area_m2, parcel_nos`` (the first 200).
    """
    return database.rows(conn, "runs_moved", before=before, after=after)


def list_planned(conn: Connection, plan: int) -> list[dict[str, Any]]:
    """List the parcels of a plan's sites, each once: ``park_code, parcel_id, area_m2``."""
    return database.rows(conn, "overview_planned", plan=plan)
