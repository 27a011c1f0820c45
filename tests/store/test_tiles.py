"""A tile in one message: what it sees, what it leaves behind, and what it costs to ask for too much."""

import pandas as pd
import pytest
from asking import ask_apart
from drawing import draw
from given import parcels, park, rows
from mvt import read_tile

from landgis.store import database, stock
from landgis.store.runs import read_tile_at_once
from landgis.store.stock import Source
from landgis.terms.errors import NotFoundError, StoreError
from landgis.terms.frames import ISSUE_COLUMNS, empty
from landgis.terms.tiles import tile_at
from landgis.workflows.assess import assess

ZOOM = 16
PLACE = (ZOOM, *tile_at(117.0001, 33.0001, ZOOM))


@pytest.fixture
def run(conn) -> int:
    """Two parks of two parcels each, drawn over each other so that every tile that has one has all; judged in one run."""
    drawn = draw("AB")
    codes = ("park-one", "park-two")
    frames = {
        "park": rows("park", *map(park, codes)),
        "parcel": pd.concat([parcels(drawn, code) for code in codes], ignore_index=True).assign(
            source_row=pd.array(range(1, 5), dtype="Int64")
        ),
    }
    stock.add_batch(conn, frames, empty(ISSUE_COLUMNS), Source("f", "0" * 64, "x", 6))
    return assess(conn, codes, ["cn-triage"], pd.Timestamp("2026-06-30").date())["run"]


def ask(url, *questions):
    """Put questions, each a function of a pool of one connection, one after the other."""

    async def all_of_them():
        async with database.async_pool(url, size=1, timeout_s=5) as pool:
            return [await question(pool) for question in questions]

    return ask_apart(all_of_them)


def tile(scope, run, place=PLACE, timeout_s=3.0):
    return lambda pool: read_tile_at_once(pool, scope, run, *place, timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (("park-one",), {b"park-one"}),
        (("park-two",), {b"park-two"}),
        (("park-one", "park-two"), {b"park-one", b"park-two"}),
        (("*",), {b"park-one", b"park-two"}),
    ],
)
def test_a_tile_holds_the_parcels_of_its_scope_and_no_others(fresh, run, scope, seen):
    (body,) = ask(fresh.app_url, tile(scope, run))
    assert {code for code in (b"park-one", b"park-two") if code in body} == seen


@pytest.mark.parametrize(
    "scope", [(), ("park-three",), ("park-one' OR true --",), ("%(run)s",), ("park-one; RESET ROLE",)]
)
def test_who_sees_no_park_of_a_run_sees_no_run(fresh, run, scope):
    with pytest.raises(NotFoundError):
        ask(fresh.app_url, tile(scope, run))


def test_cells_count_the_parcels_of_their_scope_and_no_others(fresh, run, tmp_path):
    with database.connect(fresh.app_url) as conn, database.scoped(conn, ["*"]):
        conn.execute(database.statement("cells_add"), {"run": run, "zoom": ZOOM})
    with database.connect(fresh.admin_url) as conn:
        conn.execute("UPDATE land.run SET detail_zoom = %s", [ZOOM + 1])
    bodies = ask(fresh.app_url, tile(["park-one"], run), tile(["*"], run))

    one, both = (read_tile(body, *PLACE, tmp_path, "cell")["parcels"].sum() for body in bodies)
    assert (one, both) == (2, 4)


def test_a_place_without_parcels_is_an_empty_tile_and_an_unknown_run_is_none(fresh, run):
    assert ask(fresh.app_url, tile(["*"], run, (ZOOM, 0, 0))) == [b""]
    with pytest.raises(NotFoundError):
        ask(fresh.app_url, tile(["*"], run + 1))


def test_scope_and_time_end_with_the_message(fresh, run):
    async def left_behind(pool):
        async with pool.connection() as conn:
            setting = await conn.execute(
                "SELECT current_setting('landgis.parks', true), current_setting('statement_timeout')"
            )
            count = await conn.execute("SELECT count(*) FROM land.parcel")
            return await setting.fetchone(), await count.fetchone()

    _, behind = ask(fresh.app_url, tile(["*"], run), left_behind)
    assert behind == (("", "0"), (0,))


def test_a_tile_that_takes_too_long_is_refused_and_its_connection_is_as_before(fresh, run):
    async def too_long(pool):
        with database.connect(fresh.admin_url) as holder, holder.transaction():
            holder.execute("LOCK TABLE land.triage IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(StoreError, match="too long"):
                await tile(["*"], run, timeout_s=0.2)(pool)

    async def parcels_seen(pool):
        async with pool.connection() as conn:
            return await (await conn.execute("SELECT count(*) FROM land.parcel")).fetchone()

    _, without_scope, body = ask(fresh.app_url, too_long, parcels_seen, tile(["park-one"], run))
    assert without_scope == (0,)
    assert b"park-one" in body and b"park-two" not in body


def test_a_database_without_the_tile_s_function_says_how_to_mend_it(fresh, run):
    with database.connect(fresh.admin_url) as conn:
        conn.execute("DROP FUNCTION api.tile")
    with pytest.raises(StoreError) as refused:
        ask(fresh.app_url, tile(["*"], run))
    assert "landgis migrate" in refused.value.text("en")
