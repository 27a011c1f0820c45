"""Row-level security: no scope, no rows; one park sees one park; the application's role cannot get around it."""

import pandas as pd
import psycopg
import pytest
from drawing import draw
from given import parcels, park, rows
from psycopg import errors

from landgis.store import database, stock
from landgis.store.stock import Source
from landgis.terms.frames import ISSUE_COLUMNS, STOCK, empty

SPEAKS_OF_PARKS = [
    *(table.name for table in STOCK),
    "batch",
    "correction",
    "issue",
    "run",
    "finding",
    "grade",
    "stability",
    "stability_parcel",
    "triage",
    "looked",
    "scenario",
    "cell",
    "idle",
    "activity",
    "job",
    "job_event",
    "audit",
    "plan",
    "plan_demand",
    "plan_site",
    "plan_member",
    "plan_move",
    "promise",
    "case_file",
    "case_event",
]


@pytest.fixture
def two_parks(conn):
    """Two parks of one parcel each."""
    for code in ("p1", "p2"):
        frames = {
            "park": rows("park", park(code)).assign(source_row=pd.array([None], dtype="Int64")),
            "parcel": parcels(draw("A"), code),
        }
        stock.add_batch(conn, frames, empty(ISSUE_COLUMNS), Source("f", code[1] * 64, "x", 1))
    return conn


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ((), []),
        (("p1",), ["p1"]),
        (("p2",), ["p2"]),
        (("p1", "p2"), ["p1", "p2"]),
        (("p3",), []),
        (("*",), ["p1", "p2"]),
    ],
)
@pytest.mark.parametrize("relation", ["land.parcel", "land.park", "api.parcel_now"])
def test_a_scope_sees_its_parks_and_no_others(two_parks, relation, scope, seen):
    with database.scoped(two_parks, scope):
        found = two_parks.execute(f"SELECT park_code FROM {relation} ORDER BY 1").fetchall()
    assert [code for (code,) in found] == seen


def test_the_scope_ends_with_its_transaction(two_parks):
    with database.scoped(two_parks, ["p1"]):
        assert two_parks.execute("SELECT count(*) FROM land.parcel").fetchone() == (1,)
    assert two_parks.execute("SELECT count(*) FROM land.parcel").fetchone() == (0,)


def test_a_batch_is_seen_by_those_who_may_see_one_of_its_parks(two_parks):
    for scope, count in (((), 0), (["p1"], 1), (["p1", "p2"], 2), (["*"], 2)):
        with database.scoped(two_parks, scope):
            assert two_parks.execute("SELECT count(*) FROM land.batch").fetchone() == (count,)


@pytest.mark.parametrize(
    "way_out",
    [
        "SET ROLE landgis_owner",
        "SET SESSION AUTHORIZATION landgis",
        "SELECT set_config('landgis.parks', '*', true)",
        "ALTER TABLE land.parcel DISABLE ROW LEVEL SECURITY",
        "DROP POLICY park ON land.parcel",
        "CREATE VIEW api.mine AS SELECT * FROM land.parcel",
        "CREATE TABLE land.mine (x int)",
        "DELETE FROM land.parcel",
        "UPDATE land.parcel SET owner_name = 'x'",
        "UPDATE land.audit SET act = 'nothing'",
        "DELETE FROM land.audit",
        "TRUNCATE land.triage",
        "UPDATE land.triage SET answer = 'leave'",
        "INSERT INTO land.migration VALUES ('9999.sql', 'x')",
        "COPY land.parcel TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_application_s_role_has_no_way_out(two_parks, way_out):
    with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        two_parks.execute(way_out)


def test_a_row_outside_the_scope_cannot_be_added_or_closed(two_parks):
    with pytest.raises(Exception, match="allow"), database.scoped(two_parks, ["p1"]):
        two_parks.execute("INSERT INTO land.audit (act, park_codes, detail) VALUES ('x', '{p2}', '{}')")
    with database.scoped(two_parks, ["p1"]):
        closed = two_parks.execute("UPDATE land.parcel SET during = '[1,2)' WHERE park_code = 'p2'")
        assert closed.rowcount == 0


@pytest.mark.parametrize("table", SPEAKS_OF_PARKS)
def test_every_table_that_speaks_of_a_park_is_under_forced_security(conn, table):
    forced = conn.execute(
        "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [f"land.{table}"]
    ).fetchone()
    assert forced == (True,)


def test_no_table_is_left_out_of_that_list(conn):
    tables = conn.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'land'::regnamespace AND relkind IN ('r', 'm', 'p')"
    )
    assert {name for (name,) in tables.fetchall()} - set(SPEAKS_OF_PARKS) == {"migration", "ruleset"}


def test_a_park_code_that_would_read_as_a_scope_is_refused(conn):
    for code in ("*", "p1,p2", ""):
        with pytest.raises(psycopg.errors.CheckViolation), database.scoped(conn, ["*"]):
            conn.execute(
                "INSERT INTO land.park (during, row_hash, park_code, name) VALUES ('[1,)', 1, %s, 'x')", [code]
            )
