"""The cockpit's figures, added up a second time by hand-written SQL over the tables and over the shapes."""

import csv
import io
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from landgis.store import database
from landgis.workflows import reallocate
from landgis.workflows.asked import Asked
from landgis.workflows.cockpit import cql


@pytest.fixture(scope="module")
def client(service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def sql(sample) -> Iterator[psycopg.Connection]:
    with database.connect(sample.admin_url) as opened:
        yield opened


JUDGED = """
    (SELECT t.*, p.stock_class, p.geom_area_m2 AS area_m2, p.geom FROM land.triage AS t
     JOIN land.parcel AS p ON p.id = t.parcel_id WHERE t.run = 1) AS judged"""


def counted(sql: psycopg.Connection, land: dict) -> None:
    """Hold a figure against the parcels its own filter gives: so many, so much land, and as much when the shapes are measured."""
    where = land["filter"] or "true"
    parcels, area_m2, measured_m2 = sql.execute(
        f"""SELECT count(*), coalesce(sum(area_m2), 0), coalesce(sum(ST_Area(geom::geography)), 0)
            FROM {JUDGED} WHERE {where}"""
    ).fetchone()
    assert land["parcels"] == parcels, where
    assert land["area_m2"] == pytest.approx(area_m2, rel=1e-9), where
    assert land["area_m2"] == pytest.approx(measured_m2, rel=1e-3), where


@pytest.mark.parametrize("park", [None, "S02"])
def test_every_figure_is_what_its_filter_gives(client, sql, park):
    told = client.get("/api/runs/1/cockpit", params={"park": park} if park else {}).json()
    known = [stage for stage in told["stages"] if stage["parcels"] is not None]
    for land in (told["total"], *told["answers"], *told["classes"], *known):
        counted(sql, land)
    for one in told["parks"]:
        for land in (one, one["suspected"], one["freeable"], one["upgradable"], *one["answers"].values()):
            counted(sql, land)
    for parts in (told["answers"], told["classes"]):
        assert sum(part["parcels"] for part in parts) == told["total"]["parcels"] > 100
    of_park = {one["park_code"]: one["parcels"] for one in told["parks"]}
    assert told["total"]["parcels"] == (600 if park is None else of_park[park])


def test_it_says_what_the_run_says(client):
    told, run = client.get("/api/runs/1/cockpit").json(), client.get("/api/runs/1").json()
    for land in told["answers"]:
        assert land["parcels"] == run["triage"][land["answer"]]["parcels"]
        assert land["area_m2"] == pytest.approx(run["triage"][land["answer"]]["area_m2"])
    shares = [park["freeable_share"] for park in told["parks"]]
    assert shares == sorted(shares, reverse=True) and len(shares) == 4


def test_blocks_are_parcels_that_touch_along_a_line(client, sql):
    least = 20
    told = client.get("/api/runs/1/blocks", params={"block_mu": least}).json()
    assert told["blocks"] and told["answers"] == ["exit", "swap"]
    # By other means: what runs along each other for more than a metre, closed under that, in SQL.
    members = {
        frozenset(row[0])
        for row in sql.execute(f"""
            WITH RECURSIVE candidate AS (SELECT parcel_id, area_m2, geom FROM {JUDGED} WHERE answer IN ('exit', 'swap')),
            pair AS (
                SELECT a.parcel_id AS a, b.parcel_id AS b FROM candidate AS a JOIN candidate AS b
                ON ST_DWithin(a.geom, b.geom, 1e-6) AND ST_Length(ST_Intersection(
                    ST_Boundary(a.geom),
                    ST_SetSRID(ST_Buffer(b.geom::geography, 0.03)::geometry, 4490))::geography) > 1),
            reach AS (
                SELECT parcel_id AS a, parcel_id AS b FROM candidate
                UNION SELECT r.a, p.b FROM reach AS r JOIN pair AS p ON p.a = r.b),
            joined AS (SELECT a, array_agg(b ORDER BY b) AS members FROM reach GROUP BY a)
            SELECT DISTINCT members FROM joined
            WHERE (SELECT sum(area_m2) FROM candidate WHERE parcel_id = ANY (members)) >= {least} * 2000.0 / 3""")
    }
    assert {frozenset(block["parcel_ids"]) for block in told["blocks"]} == members
    for block in told["blocks"]:
        counted(sql, block)
    areas = [block["area_m2"] for block in told["blocks"]]
    assert areas == sorted(areas, reverse=True) and areas[-1] >= least * 2000 / 3


def test_zones_are_those_of_the_stock_the_run_judged(client, sql):
    told = client.get("/api/runs/1/zones").json()
    assert {one["park_code"] for one in told["indicators"]} == {"S01", "S02", "S03", "S04"}
    built = {one["park_code"]: one["value"] for one in told["indicators"] if one["indicator"] == "built_rate"}
    assert all(0 < value <= 1 for value in built.values())
    lacking = [one for one in told["indicators"] if one["value"] is None]
    assert lacking and all(one["lacking"] > 0 and one["missing"] for one in lacking)
    assert client.get("/api/runs/1/zones", params={"park": "S9"}).status_code == 404


def test_the_latest_plan_says_what_is_planned_served_and_unmet(client, sql, sample):
    if not sql.execute("SELECT count(*) FROM land.plan WHERE run = 1").fetchone()[0]:
        with database.connect(sample.app_url) as conn:
            reallocate.make(conn, Asked(parks=("S01",)))
    told = client.get("/api/runs/1/cockpit").json()
    plan = sql.execute("SELECT max(plan) FROM land.plan WHERE run = 1").fetchone()[0]
    states = sql.execute(
        "SELECT count(*) FILTER (WHERE state = 'served'), count(*) FILTER (WHERE state <> 'served') FROM land.plan_demand WHERE plan = %s",
        (plan,),
    ).fetchone()
    assert (told["demands"]["plan"], told["demands"]["served"], told["demands"]["unmet"]) == (plan, *states)
    planned = next(stage for stage in told["stages"] if stage["stage"] == "planned")
    members = sql.execute("SELECT count(DISTINCT parcel_id) FROM land.plan_member WHERE plan = %s", (plan,)).fetchone()[
        0
    ]
    assert planned["parcels"] == members and planned["why"] is None
    counted(sql, planned)


def test_its_tables_come_as_files_with_the_same_figures(client):
    told = client.get("/api/runs/1/cockpit").json()
    tables = {name: client.get(f"/api/runs/1/cockpit/{name}.csv") for name in ("stock", "stages", "parks", "cases")}
    rows = {
        name: list(csv.DictReader(io.StringIO(found.content.decode("utf-8-sig")))) for name, found in tables.items()
    }
    assert [int(one["宗数"]) for one in rows["stock"]] == [
        one["parcels"] for one in (*told["answers"], *told["classes"])
    ]
    assert [one["园区代码"] for one in rows["parks"]] == [one["park_code"] for one in told["parks"]]
    assert [float(one["可腾出占比"]) for one in rows["parks"]] == pytest.approx(
        [one["freeable_share"] for one in told["parks"]]
    )
    assert [one["进程"] for one in rows["stages"]] == ["疑似", "已立案", "已认定", "已规划", "已腾出"]
    assert [one["宗数"] for one in rows["stages"]] == [
        "" if one["parcels"] is None else str(one["parcels"]) for one in told["stages"]
    ]
    assert len(rows["cases"]) == told["cases"]["open"]
    english = client.get("/api/runs/1/cockpit/parks.xlsx", params={"lang": "en", "park": "S02"})
    assert english.status_code == 200 and english.content.startswith(b"PK")


@pytest.mark.parametrize("path", ["cockpit", "blocks", "zones"])
def test_a_run_that_is_not_there_is_not_found(client, path):
    assert client.get(f"/api/runs/999/{path}").status_code == 404


def test_a_filter_holds_a_name_from_a_file_as_text():
    assert cql({"park_code": "a' OR 'b"}) == "park_code = 'a'' OR ''b'"
