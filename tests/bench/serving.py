"""Vector tiles over a million parcels under row-level security: the service beside the bare SQL, and beside its own memory."""

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.measuring import ROOT, forget_peak, in_rounds, memory_mb, run_alone, say, table, timed

CLIENTS = 8
SECONDS = 3
TILES_MOST = 2_000
ZOOMS = range(8, 17)
ORIGIN = (115.2, 33.0)

#: Asks for the tiles of a file in a random order; wrk runs it in each of its threads.
WRK = """
local paths = {}
for line in io.lines(os.getenv("TILES")) do paths[#paths + 1] = line end
function init(args) math.randomseed(tonumber(tostring({}):match("0x(%x+)"), 16) % 2147483647) end
function request() return wrk.format("GET", paths[math.random(#paths)]) end
function done(summary, latency, requests)
  io.write(string.format('{"answers": %d, "seconds": %f, "p95_ms": %f, "bytes": %d, "errors": %d}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(95) / 1000, summary.bytes,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
end
"""


def report(parcels: int, rounds: int) -> str:
    """Fill a database, ask it for tiles in every way, and lay the medians out."""
    import psycopg

    from tests.bench.databases import fresh, private_cluster

    if shutil.which("wrk") is None:
        return "wrk is not installed; on Debian: `apt install wrk`."
    with tempfile.TemporaryDirectory(prefix="lgbench-") as name, private_cluster() as cluster:
        folder = Path(name)
        fresh(cluster, "contest")
        url = cluster.url("landgis_app", "contest")
        say(f"filling a database with {parcels} parcels")
        filled = run_alone("serving:fill", parcels, url, folder)
        assert filled is not None
        admin_url = cluster.url("landgis", "contest")
        with psycopg.connect(admin_url, autocommit=True) as conn:
            conn.execute("VACUUM (ANALYZE)")
            sizes = conn.execute(
                "SELECT sum(pg_total_relation_size(t::regclass)) FILTER (WHERE t <> 'land.cell') / 2^20,"
                " sum(pg_total_relation_size(t::regclass)) FILTER (WHERE t = 'land.cell') / 2^20,"
                " current_setting('shared_buffers') FROM unnest(ARRAY['land.parcel', 'land.triage', 'land.cell']) AS t"
            ).fetchone()
            assert sizes is not None
        told: dict[str, dict[str, Any]] = {}
        with _service(url, cache_mb=0) as uncached, _service(url, cache_mb=512) as cached:
            for zoom in ZOOMS:
                tiles = folder / f"{zoom}.txt"
                few = folder / f"{zoom} few.txt"
                few.write_text("\n".join(tiles.read_text(encoding="ascii").split()[:50]), encoding="ascii")
                _ask(uncached, tiles, seconds=1)  # connections made, statements planned
                _ask(cached, few, seconds=1)  # tiles held
                contestants = {
                    f"{zoom} bare": partial(run_alone, "serving:bare", url, tiles),
                    f"{zoom} service": partial(_ask, uncached, tiles, database=admin_url),
                    f"{zoom} held": partial(_ask, cached, few),
                }
                told |= in_rounds(contestants, rounds)
    rows = []
    for zoom in ZOOMS:
        bare, served, held = (told[f"{zoom} {way}"] for way in ("bare", "service", "held"))
        rates = [one["answers"] / one["seconds"] for one in (bare, served, held)]
        rows.append(
            [
                f"{zoom}",
                "cells" if zoom < filled["detail_zoom"] else "parcels",
                f"{served['bytes'] / served['answers'] / 1024:.0f}",
                f"{rates[0]:,.0f}",
                f"{rates[1]:,.0f}",
                f"{rates[1] / rates[0]:.0%}",
                f"{bare['p95_ms']:.0f}",
                f"{served['p95_ms']:.0f}",
                f"{rates[2]:,.0f}",
                f"{bare['peak_mb']:.0f}",
                f"{served['peak_mb']:.0f}",
                f"{served['backends_mb']:.0f}",
                f"{held['peak_mb']:.0f}",
            ]
        )
    return (
        f"{parcels:,} parcels of a made fabric, stored by `landgis.store` in {filled['seconds']:.0f} s and judged by made answers: "
        f"{sizes[0]:,.0f} MB of parcels and answers with their indexes, {sizes[1]:,.0f} MB of cells. Parcels are drawn from zoom "
        f"{filled['detail_zoom']:.0f} on, counted into cells below. Tiles are asked for at random among {TILES_MOST:,} of each zoom by "
        f"{CLIENTS} clients for {SECONDS} s, median of {rounds}. *Service*: `wrk` asks uvicorn, one process, nothing held. *Bare SQL*: as "
        "many tasks of one Python process send the same message through the same pool of psycopg, on the same event loop (uvloop), "
        "without HTTP. *Held*: 50 tiles from the service's memory. All share the same cores. Peak memory is that of each process alone; "
        f"PostgreSQL's is what its {CLIENTS} backends hold of their own, beside {sizes[2]} of buffers they share.\n\n"
        + table(
            [
                "zoom", "drawn", "KB a tile", "bare SQL, tiles/s", "service, tiles/s", "of bare", "bare p95, ms", "service p95, ms",
                "held, tiles/s", "bare, peak MB", "service, peak MB", "PostgreSQL, MB", "held, peak MB",
            ],
            rows,
        )
    )  # fmt: skip


def fill(parcels: str, url: str, folder: str) -> dict[str, Any]:
    """Store a made fabric as one batch and a run with made answers; write down the tiles over it, by zoom."""
    from datetime import date

    import numpy as np
    import pandas as pd
    import shapely

    from landgis.core.showing.generalise import detail_zoom
    from landgis.sample.columns import frame, numbered, picked
    from landgis.sample.fabric import draw_fabric
    from landgis.store import database
    from landgis.store.runs import Assessment, add_run
    from landgis.store.stock import Source, add_batch
    from landgis.terms.crs import ellipsoid_area_m2
    from landgis.terms.frames import (
        ACTIVITY_COLUMNS,
        ANSWER,
        FINDING_COLUMNS,
        GRADE_COLUMNS,
        IDLE_COLUMNS,
        ISSUE_COLUMNS,
        PARCEL,
        PARK,
        TRIAGE_COLUMNS,
        empty,
    )
    from landgis.terms.tiles import tiles_over

    rng = np.random.default_rng(1)
    count, parks = int(parcels), max(1, int(parcels) // 25_000)
    fabric = draw_fabric(rng, count, parks, ORIGIN)
    shapes = fabric.parcels
    rows = {
        "park": frame(PARK, parks, {"park_code": numbered("P", np.arange(parks), 3), "name": "示例园区"}),
        "parcel": frame(
            PARCEL,
            count,
            {
                "park_code": numbered("P", fabric.park_of, 3),
                "parcel_no": numbered("D", np.arange(count), 7),
                "geom_area_m2": ellipsoid_area_m2(shapes),
                "geom": shapely.multipolygons(shapes, indices=np.arange(count)),
            },
        ),
    }
    sources = {
        name: given.assign(
            source_file="made", source_layer=name, source_row=pd.array(np.arange(len(given)), dtype="Int64")
        )
        for name, given in rows.items()
    }
    told: dict[str, Any] = {}
    with database.connect(url) as conn:
        with timed(told):
            batch = add_batch(
                conn, sources, empty(ISSUE_COLUMNS), Source("made", "0" * 64, "landgis-template", parks + count)
            )
        assert batch.batch is not None
        answers = tuple(ANSWER)
        with database.scoped(conn, database.ALL_PARKS):
            ids = [number for (number,) in conn.execute("SELECT id FROM land.parcel ORDER BY id").fetchall()]
            west, south, east, north = map(float, shapely.total_bounds(shapes))
            zoom = detail_zoom(rows["parcel"]["geom_area_m2"].to_numpy(), ORIGIN[1])
            triage = pd.DataFrame(
                {
                    "park_code": rows["parcel"]["park_code"],
                    "parcel_id": pd.array(ids, dtype="Int64"),
                    "answer": picked(answers, rng.integers(0, len(answers), count)),
                    "gate": 1,
                    "reason": "made",
                    "track": None,
                    "suspected": rng.integers(0, 5, count),
                    "tests": "|far_below_min|",
                    "grade": picked(("A", "B", "C", "D"), rng.integers(0, 4, count)),
                    "freeable_m2": 0.0,
                    "upgrade_m2": 0.0,
                }
            )
            unknown = {name: None for name in (*TRIAGE_COLUMNS, "uscc") if name not in triage}
            run = add_run(
                conn,
                Assessment(
                    batch=batch.batch,
                    park_codes=sorted(rows["park"]["park_code"]),
                    as_of=date(2026, 6, 30),
                    rulesets=(),
                    snapshot="made",
                    version="bench",
                    findings=empty((*FINDING_COLUMNS, "park_code")),
                    idle=empty((*IDLE_COLUMNS, "park_code")),
                    activity=empty((*ACTIVITY_COLUMNS, "park_code")),
                    grades=empty((*GRADE_COLUMNS, "park_code")),
                    triage=triage.assign(**unknown),
                    extents={"P000": (west, south, east, north)},
                    detail_zoom=zoom,
                    looked=_seats(shapes, ids, rows["parcel"]["park_code"]),
                    measures=(),
                ),
            )
    chance = random.Random(1)
    for level in ZOOMS:
        every = [f"/tiles/{run}/{level}/{x}/{y}.pbf" for x, y in tiles_over((west, south, east, north), level)]
        Path(folder, f"{level}.txt").write_text(
            "\n".join(chance.sample(every, min(len(every), TILES_MOST))), encoding="ascii"
        )
    return told | {"detail_zoom": zoom}


def _seats(shapes: Any, ids: list[int], parks: Any) -> Any:
    """Give what parcels are looked for by, of which nothing but a place is known."""
    import pandas as pd
    import shapely

    seats = shapely.point_on_surface(shapes)
    return pd.DataFrame(
        {
            "park_code": parks, "parcel_id": pd.array(ids, dtype="Int64"), "lon": shapely.get_x(seats).round(6),
            "lat": shapely.get_y(seats).round(6), "enterprises": None, "usccs": None, "initials": "", "measures": None,
        }
    )  # fmt: skip


def bare(url: str, tiles: str) -> dict[str, Any]:
    """Ask the database itself, with as many tasks as there are clients, on the event loop the service runs on."""
    import uvloop

    from landgis.store import database
    from landgis.store.runs import read_tile_at_once

    addresses = [path.removesuffix(".pbf").split("/")[2:] for path in Path(tiles).read_text(encoding="ascii").split()]
    places = [tuple(map(int, address)) for address in addresses]
    took: list[float] = []

    async def client(pool: database.AsyncPool, chance: random.Random, until: float) -> int:
        size = 0
        while (started := time.perf_counter()) < until:
            size += len(await read_tile_at_once(pool, database.ALL_PARKS, *chance.choice(places), timeout_s=3))
            took.append(time.perf_counter() - started)
        return size

    async def clients() -> dict[str, Any]:
        async with database.async_pool(url, size=CLIENTS, timeout_s=5) as pool:
            for seconds in (1, SECONDS):  # connections made, statements planned; then in earnest
                took.clear()
                began = time.perf_counter()
                each = [client(pool, random.Random(number), began + seconds) for number in range(CLIENTS)]
                size = sum(await asyncio.gather(*each))
            return {"answers": len(took), "seconds": time.perf_counter() - began, "bytes": size}

    return uvloop.run(clients()) | {"p95_ms": sorted(took)[int(len(took) * 0.95)] * 1000}


@dataclass(frozen=True)
class _Service:
    """A service in a process of its own."""

    address: str
    pid: int


@contextmanager
def _service(url: str, cache_mb: int) -> Iterator[_Service]:
    """Run the service until the block ends."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.serving", url, str(port)],
        cwd=ROOT,
        env=os.environ | {"LANDGIS_TILE_CACHE_MB": str(cache_mb)},
    )
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("the service did not start")
            time.sleep(0.1)
        yield _Service(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def _ask(service: _Service, tiles: Path, seconds: int = SECONDS, database: str | None = None) -> dict[str, Any]:
    """Let wrk ask a service for the tiles of a file; tell its peak memory, and what the backends of `database` hold."""
    forget_peak(service.pid)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK)
        script.flush()
        command = ["wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "-s", script.name, service.address]
        made = subprocess.run(
            command, env=os.environ | {"TILES": str(tiles)}, stdout=subprocess.PIPE, check=True, text=True
        )
    told: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    if told["errors"]:
        raise RuntimeError(f"{service.address}: {told['errors']} requests failed")
    backends = {} if database is None else {"backends_mb": _backends_mb(database)}
    return told | {"peak_mb": memory_mb(service.pid, "VmHWM")} | backends


def _backends_mb(url: str) -> float:
    """Give the memory that the busiest backends of the service's pool hold of their own."""
    import psycopg

    with psycopg.connect(url) as conn:
        backends = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'landgis'"
        ).fetchall()
    each = sorted((memory_mb(pid, "RssAnon") for (pid,) in backends), reverse=True)
    return sum(each[:CLIENTS])


if __name__ == "__main__":
    import uvicorn

    from landgis.api.app import create_app
    from landgis.settings import Settings

    uvicorn.run(
        create_app(Settings(), sys.argv[1]),
        port=int(sys.argv[2]),
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )
