"""Areas drawn on a run, held against PostGIS; pasted texts that are none; what moved between two runs; the sheet over the service."""

import io
import json
from collections.abc import Iterator

import httpx
import openpyxl
import psycopg
import pytest

from landgis.store import database


@pytest.fixture(scope="module")
def client(service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def sql(sample) -> Iterator[psycopg.Connection]:
    with database.connect(sample.admin_url) as opened:
        yield opened


#: A lens over a park whose sides run across parcels.
AREA = "POLYGON((115.163 32.968, 115.176 32.967, 115.179 32.975, 115.171 32.981, 115.162 32.977, 115.163 32.968))"


def geojson(sql: psycopg.Connection) -> dict:
    return json.loads(sql.execute("SELECT ST_AsGeoJSON(ST_GeomFromText(%s, 4490))", (AREA,)).fetchone()[0])


@pytest.mark.parametrize("form", ["wkt", "geojson", "feature", "collection"])
def test_an_area_equals_what_postgis_says_of_it(client, sql, form):
    geometry = geojson(sql)
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    forms = {
        "geojson": geometry,
        "feature": feature,
        "collection": {"type": "FeatureCollection", "features": [feature]},
    }
    text = AREA if form == "wkt" else json.dumps(forms[form])
    told = client.post("/api/runs/1/area", json={"area": text}).json()
    size, touched, inside, whole, land, suspected, freeable = sql.execute(
        """
        WITH drawn AS (SELECT ST_GeomFromText(%s, 4490) AS shape),
        met AS (
            SELECT t.*, p.geom_area_m2, ST_Area(ST_Intersection(p.geom, shape)::geography) AS inside
            FROM drawn, land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
            WHERE t.run = 1 AND ST_Area(ST_Intersection(p.geom, shape)::geography) > 0)
        SELECT (SELECT ST_Area(shape::geography) FROM drawn), count(*), sum(inside),
            count(*) FILTER (WHERE inside > geom_area_m2 / 2), sum(geom_area_m2) FILTER (WHERE inside > geom_area_m2 / 2),
            count(*) FILTER (WHERE inside > geom_area_m2 / 2 AND suspected > 0),
            coalesce(sum(freeable_m2) FILTER (WHERE inside > geom_area_m2 / 2), 0)
        FROM met""",
        (AREA,),
    ).fetchone()
    assert (told["touched"], told["parcels"], told["suspected"]) == (touched, whole, suspected)
    assert 0 < told["parcels"] < told["touched"]
    for name, value in (("area_m2", size), ("inside_m2", inside), ("land_m2", land), ("freeable_m2", freeable)):
        assert told[name] == pytest.approx(value, rel=1e-3), name
    assert sum(one["parcels"] for one in told["answers"]) == told["parcels"] == len(told["parcel_ids"])
    assert sum(one["inside_m2"] for one in told["answers"]) == pytest.approx(told["inside_m2"])
    for demand in told["demands"]:
        assert demand["could_serve"] == (told["block_m2"] >= demand["area_min_m2"])


def test_an_area_where_nothing_lies_is_empty_and_known(client):
    told = client.post("/api/runs/1/area", json={"area": "POLYGON((100 30, 100.01 30, 100.01 30.01, 100 30))"}).json()
    assert (told["touched"], told["parcels"], told["inside_m2"], told["mean_total"]) == (0, 0, 0, None)
    assert told["area_m2"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "hello", "{", "{}", '{"type": "Point", "coordinates": [115, 33]}', "POINT(115 33)", "POLYGON EMPTY",
        "POLYGON((500000 3600000, 500100 3600000, 500100 3600100, 500000 3600000))", "POLYGON((0 0, 100 0, 100 50, 0 0))",
        '{"type": "FeatureCollection", "features": [1]}', "POLYGON((1 1, 1 1, 1 1, 1 1))", "[" * 5000,
    ],
)  # fmt: skip
def test_a_text_that_is_no_area_is_refused_in_words(client, text):
    answer = client.post("/api/runs/1/area", json={"area": text})
    assert answer.status_code == 422 and answer.json()["mend"]["zh"], answer.text


def test_an_area_that_crosses_itself_is_mended(client):
    bow = "POLYGON((115.16 32.97, 115.18 32.98, 115.18 32.97, 115.16 32.98, 115.16 32.97))"
    assert client.post("/api/runs/1/area", json={"area": bow}).json()["area_m2"] > 0


def test_a_run_beside_itself_has_moved_nothing(client):
    told = client.get("/api/runs/1/moved", params={"before": 1}).json()
    assert {(one["before"] == one["after"]) for one in told["moves"]} == {True}
    assert sum(one["parcels"] for one in told["moves"]) == 600
    assert client.get("/api/runs/1/moved", params={"before": 99}).status_code == 404


@pytest.mark.parametrize(
    ("language", "head"),
    [("zh", "园区代码,原为（2026-06-30 #1）,现为（2026-06-30 #1）"), ("en", "park,then (2026-06-30 #1),now")],
)
def test_what_moved_is_a_file_too_that_says_the_same(client, language, head):
    asked = {"before": 1, "lang": language}
    told = client.get("/api/runs/1/moved", params=asked).json()["moves"]
    answer = client.get("/api/runs/1/moved.csv", params=asked)
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith(head) and answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = [line.split(",") for line in lines[1:]]
    assert sorted((row[0], int(row[3])) for row in rows) == sorted((one["park_code"], one["parcels"]) for one in told)
    assert "退出" in answer.text or "exit" in answer.text
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/runs/1/moved.xlsx", params=asked).content)).active
    assert book.max_row == len(told) + 1 and book.title == {"zh": "结论变化", "en": "What moved"}[language]
    assert client.get("/api/runs/1/moved.csv", params={"before": 99}).status_code == 404


@pytest.mark.parametrize(("form", "head"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_sheet_is_sent_as_it_is_asked_for(client, form, head):
    asked = {"park": "S01", "filter": "answer = 'exit'", "secrecy": "内部", "approval": "GS(2026)1", "paper": "a3"}
    answer = client.get(f"/api/runs/1/sheet.{form}", params=asked)
    assert answer.status_code == 200 and answer.content.startswith(head)


@pytest.mark.parametrize("asked", [{"bbox": "1,2,3"}, {"bbox": "3,1,2,4"}, {"filter": "nothing ="}, {"park": "S99"}])
def test_a_sheet_that_cannot_be_drawn_is_refused(client, asked):
    assert client.get("/api/runs/1/sheet.pdf", params=asked).status_code == 422
