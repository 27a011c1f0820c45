"""A database that is slow: every request is answered, with a tile or page or with a refusal, and none hangs."""

import asyncio
import time
from statistics import median

import httpx
import pytest
from asking import ask_apart
from conftest import serving

from landgis.api.app import create_app
from landgis.settings import Settings
from landgis.store import database
from landgis.terms.tiles import tile_at

TIMES = {"pool_size": 2, "pool_timeout_s": 0.5, "statement_timeout_s": 1.0, "tile_timeout_s": 0.5}
MANY = 120  # more than there are threads
IN_TIME_S = 20  # half a second for a connection, one for the query, and the rest for a busy machine


@pytest.fixture
def busy(sample):
    """Give a service of two connections on a database of which somebody holds a table, and who holds it."""
    with (
        serving(create_app(Settings().model_copy(update=TIMES), sample.app_url)) as running,
        database.connect(sample.admin_url) as holder,
    ):
        holder.execute("BEGIN; LOCK TABLE land.run IN ACCESS EXCLUSIVE MODE")
        yield running, holder


def ask_all(url: str, paths: list[str]) -> list[tuple[str, float, httpx.Response]]:
    """Ask for all of them at once; give path, seconds and answer of each."""

    async def one(client: httpx.AsyncClient, path: str):
        began = time.monotonic()
        answer = await client.get(path)
        return path, time.monotonic() - began, answer

    async def all_of_them():
        limits = httpx.Limits(max_connections=len(paths))
        async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(one(client, path) for path in paths))

    return ask_apart(all_of_them)


def assert_refused(answer: httpx.Response) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (503, 503)
    assert answer.headers["content-type"] == "application/problem+json" and answer.headers["retry-after"]
    assert problem["what"]["zh"] and problem["what"]["en"] and problem["mend"]["zh"] and problem["mend"]["en"]
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_many_tiles_of_a_slow_database_are_refused_in_time(busy):
    running, _ = busy
    told = ask_all(running.url, [f"/tiles/1/14/{number}/1.pbf" for number in range(MANY)])

    for _, _, answer in told:
        assert_refused(answer)
    whats = {answer.json()["what"]["en"] for _, _, answer in told}
    assert whats == {"The query took too long and was stopped.", "No database connection came free in time."}
    assert max(seconds for _, seconds, _ in told) < IN_TIME_S


def test_many_pages_of_a_slow_database_are_refused_in_time_and_the_service_says_it_lives(busy):
    running, _ = busy
    told = ask_all(running.url, ["/map"] * MANY + ["/healthz", "/", "/static/app.js", "/tiles/1/14/1/1.pbf"] * 3)

    pages = [(seconds, answer) for path, seconds, answer in told if path == "/map"]
    for _, answer in pages:
        assert_refused(answer)
    assert max(seconds for seconds, _ in pages) < IN_TIME_S
    lives = [(seconds, answer) for path, seconds, answer in told if path == "/healthz"]
    assert {answer.status_code for _, answer in lives} == {200}
    # asked last, and answered before the pages that wait: it needs none of what they wait for
    assert median(seconds for seconds, _ in lives) < median(seconds for seconds, _ in pages)
    assert {answer.status_code for path, _, answer in told if path == "/"} == {307}
    assert {answer.status_code for path, _, answer in told if path == "/static/app.js"} == {200}


def test_a_person_reads_both_languages_on_a_page(busy):
    running, _ = busy
    page = httpx.get(f"{running.url}/map", headers={"Accept": "text/html"}, timeout=30)
    assert page.status_code == 503 and page.headers["retry-after"]
    assert "查询超时" in page.text and "took too long" in page.text


def test_when_the_database_is_quick_again_so_is_the_service(busy, sample):
    running, holder = busy
    ask_all(running.url, ["/map", "/tiles/1/14/1/1.pbf"] * 20)
    holder.execute("ROLLBACK")
    with database.connect(sample.admin_url) as conn:
        longitude, latitude = conn.execute(
            "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_PointOnSurface(geom) c FROM land.parcel ORDER BY id LIMIT 1) s"
        ).fetchone()
    x, y = tile_at(longitude, latitude, 14)
    for path in ("/map", f"/tiles/1/14/{x}/{y}.pbf", "/readyz"):
        until = time.monotonic() + IN_TIME_S
        while (
            httpx.get(running.url + path, timeout=30).status_code != 200
        ):  # half a second may be short on a busy machine
            assert time.monotonic() < until, path
