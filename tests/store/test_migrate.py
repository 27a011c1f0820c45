"""Migrations: once, together, in order, and never changed afterwards."""

import threading

import psycopg
import pytest

from landgis.store import database, migrate
from landgis.store.health import examine
from landgis.terms.errors import StoreError


def test_a_second_migration_applies_nothing_and_makes_the_api_again(fresh):
    with database.connect(fresh.admin_url) as conn:
        before = conn.execute("SELECT 'api.parcel_now'::regclass::oid").fetchone()
        done = migrate.migrate(conn)
        after = conn.execute("SELECT 'api.parcel_now'::regclass::oid").fetchone()

    assert done.applied == () and "0001_stock.sql" in done.standing
    assert before != after


def test_a_view_whose_file_is_gone_is_gone(fresh):
    with database.connect(fresh.admin_url) as conn:
        conn.execute("CREATE VIEW api.forgotten AS SELECT 1")
        migrate.migrate(conn)
        assert conn.execute("SELECT to_regclass('api.forgotten')").fetchone() == (None,)


def test_a_migration_that_was_applied_and_then_changed_is_refused(fresh):
    with database.connect(fresh.admin_url) as conn:
        conn.execute("UPDATE land.migration SET sha256 = repeat('0', 64) WHERE name = '0001_stock.sql'")
        with pytest.raises(StoreError, match="has been changed") as refusal:
            migrate.migrate(conn)
    assert refusal.value.at == "sql/migrations/0001_stock.sql"


def test_four_starters_at_once_on_an_empty_database_all_succeed(databases):
    with psycopg.connect(databases.cluster.url("landgis", "postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE four_starters")
    url = databases.cluster.url("landgis", "four_starters")
    applied = []

    def start() -> None:
        with database.connect(url) as conn:
            applied.append(migrate.migrate(conn).applied)

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    databases.drop("four_starters")

    assert sorted(map(len, applied)) == [0, 0, 0, len(max(applied, key=len))] and max(map(len, applied)) >= 2


def test_a_database_without_our_tables_says_how_to_mend_it(databases):
    with psycopg.connect(databases.cluster.url("landgis", "postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE unmigrated")
    with database.connect(databases.cluster.url("landgis_app", "unmigrated")) as conn:
        assert migrate.pending(conn)[0] == "0001_stock.sql"
        with pytest.raises(StoreError) as refusal, database.scoped(conn, ()):
            database.rows(conn, "parks_now")
    databases.drop("unmigrated")
    assert "landgis migrate" in str(refusal.value)


def test_a_database_that_is_away_says_so():
    with pytest.raises(StoreError) as refusal:
        database.connect("postgresql://nobody@127.0.0.1:1/none")
    assert "连不上数据库" in str(refusal.value) and "DATABASE_URL" in str(refusal.value)


def test_a_healthy_database_passes_every_check(conn):
    assert [check for check in examine(conn) if not check.is_ok] == []


def test_a_forgotten_leakproof_flag_is_found(fresh):
    with database.connect(fresh.admin_url) as admin:
        admin.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
    with database.connect(fresh.app_url) as conn:
        found = {check.name for check in examine(conn) if not check.is_ok}
    assert "geometry_overlaps is leakproof" in found
