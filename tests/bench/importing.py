"""A layer of parcels from a GeoPackage into PostGIS, all checks on, beside those who check nothing."""

import importlib.util
import os
import subprocess
import tempfile
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.measuring import in_rounds, measured, processor_s, run_alone, say, table, timed

ON = date(2026, 6, 30)
PROFILE = "landgis-template"


def report(parcels: int, rounds: int) -> str:
    """Run the contestants and lay out their medians."""
    from tests.bench.databases import fresh, private_cluster

    with tempfile.TemporaryDirectory(prefix="lgbench-") as folder, private_cluster() as cluster:
        path = Path(folder, "parcels.gpkg")
        say(f"making {parcels} parcels")
        run_alone("importing:make_file", parcels, path)

        def contest(work: str, role: str) -> dict[str, Any] | None:
            fresh(cluster, "contest")
            server = cluster.status().pid
            assert server is not None
            before = processor_s(server)
            told = run_alone(f"importing:{work}", path, cluster.url(role, "contest"))
            return told and told | {"processor_s": told["processor_s"] + processor_s(server) - before}

        contestants = {
            "`ogr2ogr`, COPY, spatial index; no checks": ("ogr2ogr", "landgis"),
            "**`landgis ingest`**, all checks, row-level security, spatial index": ("ingest", "landgis_app"),
            "  the loading alone: frame → EWKB → binary COPY into a plain table": ("load", "landgis"),
            "geopandas `to_postgis`, spatial index; no checks": ("to_postgis", "landgis"),
        }
        found = in_rounds({name: partial(contest, *how) for name, how in contestants.items()}, rounds)
        size_mb = path.stat().st_size / 2**20
    peer = found["`ogr2ogr`, COPY, spatial index; no checks"]
    rows = [
        [
            name,
            f"{one['seconds']:.2f}",
            f"{one['seconds'] / peer['seconds']:.2f}",
            f"{one['processor_s']:.2f}",
            f"{one['processor_s'] / peer['processor_s']:.2f}",
            f"{one['peak_mb']:.0f}",
            f"{one['peak_mb'] / size_mb:.0f}",
        ]
        for name, one in found.items()
    ]
    stages = found["**`landgis ingest`**, all checks, row-level security, spatial index"]
    parts = "; ".join(
        f"{name.removeprefix('stage ')} {value:.2f}" for name, value in stages.items() if name.startswith("stage ")
    )
    absent = (
        ""
        if len(found) == len(contestants)
        else "\n\n`to_postgis` did not run: it needs `uv pip install sqlalchemy geoalchemy2`."
    )
    return (
        f"{parcels:,} parcels, every column of the table, a GeoPackage of {size_mb:.0f} MB; median of {rounds}. Imports of Python "
        "modules are not counted, the reader's neither; processor seconds are the client's, its reader's and the server's together.\n\n"
        + table(["way", "seconds", "× ogr2ogr", "processor seconds", "× ogr2ogr", "peak MB", "× the file"], rows)
        + f"\n\nSeconds of `landgis ingest` by step: {parts}."
        + absent
    )


def make_file(parcels: str, path: str) -> dict[str, Any]:
    """Write the parks and parcels of a made city, and none of the rest."""
    from landgis.sample import make_city, write_city

    count = int(parcels)
    city = make_city(parcels=count, parks=max(1, count // 25_000), seed=1, on=ON, origin=(115.2, 33.0))
    frames = {name: rows if name in ("park", "parcel") else rows.iloc[:0] for name, rows in city.frames.items()}
    write_city(replace(city, frames=frames), Path(path))
    return {}


def ingest(path: str, url: str) -> dict[str, Any]:
    """Read, conform, check, store."""
    from contextlib import AbstractContextManager

    from landgis.core.checking.quality import get_ready
    from landgis.readers.files import read_layers
    from landgis.store import database
    from landgis.terms.errors import Words
    from landgis.workflows.ingest import ingest

    told: dict[str, Any] = {}

    def tell(step: Words) -> AbstractContextManager[None]:
        return timed(told, f"stage {step.en}")

    get_ready()  # pandera is loaded when it is first needed, and here with hypothesis, which no installation has
    with tempfile.TemporaryDirectory(prefix="lgbench-") as folder:
        # What forks the readers imports its modules before the first file; in a service it stands already.
        small = Path(folder, "small.csv")
        small.write_text("parcel_no\n1\n")
        read_layers(small)
    with database.connect(url) as conn, measured(told):
        ingest(conn, [Path(path)], PROFILE, tell=tell)
    return told


def load(path: str, url: str) -> dict[str, Any]:
    """Send checked parcels to a table without index, constraint or policy, as ogr2ogr's is."""
    from psycopg import sql

    from landgis.core.checking.quality import check
    from landgis.readers.conform import conform
    from landgis.readers.files import read_layers
    from landgis.readers.profiles import load_profile
    from landgis.store import database
    from landgis.store.loading import copy_rows, plainly, ready_to_copy
    from landgis.terms.frames import PARCEL

    parcels = check(conform(read_layers(Path(path)), load_profile(PROFILE)).frames, {}).frames["parcel"]
    kinds = [(column.name, column.kind) for column in PARCEL.columns]
    told: dict[str, Any] = {}
    with database.connect(url) as conn:
        names = [name for name, _ in kinds]
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        conn.execute(sql.SQL("CREATE TABLE plain AS SELECT {} FROM land.parcel WITH NO DATA").format(columns))
        with measured(told), conn.transaction():
            copy_rows(conn, sql.Identifier("plain"), names, ready_to_copy(parcels, names, plainly(kinds)))
    return told


def ogr2ogr(path: str, url: str) -> dict[str, Any]:
    """Let GDAL's own program do it."""
    from psycopg import conninfo

    address = " ".join(f"{name}={value}" for name, value in conninfo.conninfo_to_dict(url).items())
    command = ["ogr2ogr", "--config", "PG_USE_COPY", "YES", "-f", "PostgreSQL", f"PG:{address}", path, "parcel"]
    told: dict[str, Any] = {}
    with measured(told):
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, env=os.environ)
    return told


def to_postgis(path: str, url: str) -> dict[str, Any] | None:
    """Let geopandas do it as its documentation shows, and read by Arrow, which is quicker than its default.

    It makes the table and its GiST index, then sends rows as text by COPY (`geopandas.io.sql._psql_insert_copy`) in one piece.
    """
    if not all(importlib.util.find_spec(name) for name in ("sqlalchemy", "geoalchemy2")):
        return None
    import geoalchemy2  # noqa: F401 - geopandas would load it within the time
    import geopandas as gpd
    import sqlalchemy

    told: dict[str, Any] = {}
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with measured(told), engine.begin() as conn:
        gpd.read_file(path, layer="parcel", use_arrow=True).to_postgis("parcel", conn)
    return told
