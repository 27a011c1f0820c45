"""The ground of parcels checked: our import's checks beside the same questions asked of PostGIS."""

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.measuring import in_rounds, run_alone, say, table

#: The same questions as PostGIS answers them: validity, area, slivers, overlaps, gaps, holes; measured in the park's Gauss-Krüger zone.
QUESTIONS = {
    "in metres, with its index": (
        "CREATE TABLE flat AS SELECT parcel_no, ST_Transform(geom, 4548) AS geom FROM drawn;"
        " CREATE INDEX ON flat USING gist (geom); ANALYZE flat"
    ),
    "invalid shapes": "SELECT count(*) FROM flat WHERE NOT ST_IsValid(geom)",
    "areas on the ellipsoid": "SELECT sum(ST_Area(geom::geography)) FROM drawn",
    "slivers": "SELECT count(*) FROM flat WHERE 2 * ST_Area(geom) / ST_Perimeter(geom) < 1",
    "overlaps": (
        "SELECT count(*) FROM flat AS a JOIN flat AS b ON a.parcel_no < b.parcel_no AND ST_Intersects(a.geom, b.geom)"
        " AND NOT ST_Touches(a.geom, b.geom) AND ST_Area(ST_Intersection(a.geom, b.geom)) > 1"
    ),
    "gaps": (
        "SELECT count(*) FROM flat AS a JOIN flat AS b ON a.parcel_no < b.parcel_no AND ST_DWithin(a.geom, b.geom, 0.5)"
        " AND ST_Distance(a.geom, b.geom) > 0.01"
    ),
    "holes": "SELECT count(*) FROM flat WHERE ST_NRings(geom) > ST_NumGeometries(geom)",
}


def report(parcels: int, rounds: int) -> str:
    """Run both and lay out their medians, question by question for PostGIS."""
    from tests.bench.databases import fresh, private_cluster

    with tempfile.TemporaryDirectory(prefix="lgbench-") as folder, private_cluster() as cluster:
        path = Path(folder, "parcels.gpkg")
        say(f"making {parcels} parcels")
        run_alone("importing:make_file", parcels, path)

        def asked(work: str) -> dict[str, Any] | None:
            fresh(cluster, "contest")
            return run_alone(f"topology:{work}", path, cluster.url("landgis", "contest"))

        found = in_rounds({work: partial(asked, work) for work in ("ours", "postgis")}, rounds)
    ours, theirs = found["ours"], found["postgis"]
    rows = [
        [
            "**`landgis`**: every check of shapes, areas and ground",
            f"{ours['seconds']:.2f}",
            "1.0",
            f"{ours['pairs']:.0f}",
        ],
        [
            "PostGIS, the questions below",
            f"{theirs['seconds']:.2f}",
            f"{theirs['seconds'] / ours['seconds']:.1f}",
            f"{theirs['pairs']:.0f}",
        ],
    ]
    parts = "; ".join(f"{name} {theirs[name]:.2f}" for name in QUESTIONS)
    return (
        f"{parcels:,} parcels, median of {rounds}, from frames and from a table; reading and loading are not counted. "
        "Processor seconds, ours on up to two threads, PostGIS's of its one backend.\n\n"
        + table(["way", "processor seconds", "× landgis", "overlapping pairs found"], rows)
        + f"\n\nSeconds of PostGIS by question: {parts}."
    )


def ours(path: str, url: str) -> dict[str, Any]:
    """Check shapes and look through the ground, as an import does."""
    from landgis.core.checking.doubts import doubts
    from landgis.core.checking.quality import check
    from landgis.readers.conform import conform
    from landgis.readers.files import read_layers
    from landgis.readers.profiles import load_profile

    given = conform(read_layers(Path(path)), load_profile("landgis-template")).frames
    told: dict[str, Any] = {}
    began = time.process_time()
    checked = check(given, {})
    found = doubts(checked.frames, {})
    told["seconds"] = time.process_time() - began
    told["pairs"] = int((found["code"].isin(["406-overlap", "411-same-ground"])).sum()) // 2
    return told


def postgis(path: str, url: str) -> dict[str, Any]:
    """Ask PostGIS, one question after the other."""
    from landgis.readers.conform import conform
    from landgis.readers.files import read_layers
    from landgis.readers.profiles import load_profile
    from landgis.store import database

    frame = conform(read_layers(Path(path)), load_profile("landgis-template")).frames["parcel"]
    told: dict[str, Any] = {}
    with database.connect(url) as conn:
        conn.execute("CREATE TABLE drawn (parcel_no text, geom geometry(MultiPolygon, 4490))")
        with conn.cursor() as cursor, cursor.copy("COPY drawn FROM STDIN") as copy:
            for number, (park, shape) in enumerate(zip(frame["park_code"], frame["geom"], strict=True)):
                copy.write_row((f"{park} {number}", shape.wkb_hex))
        conn.execute("CREATE INDEX ON drawn USING gist (geom); ANALYZE drawn")
        conn.execute("SET max_parallel_workers_per_gather = 0")
        for name, question in QUESTIONS.items():
            began = _spent(conn.info.backend_pid)
            answer = conn.execute(question)
            told[name] = _spent(conn.info.backend_pid) - began
            if name == "overlaps":
                told["pairs"] = (answer.fetchone() or (0,))[0]
    told["seconds"] = sum(told[name] for name in QUESTIONS)
    return told


def _spent(pid: int) -> float:
    """Give the processor seconds a process has used so far."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
