"""Accounts are closed to the application's role: it can ask whether a key is right, and learns nothing else."""

import hashlib

import pytest
from psycopg import errors

from landgis.store import accounts as stored
from landgis.store import database
from landgis.workflows import accounts

KEY, DIGEST = b"k" * 32, b"d" * 32


@pytest.fixture
def kept(fresh):
    """Give a connection of the application's role to a database with an account, whose key is known, and its administrator's."""
    with database.connect(fresh.admin_url) as admin, database.connect(fresh.app_url) as app:
        accounts.add(admin, "li", "示例甲", "manager", ["S01"], "correct horse battery")
        admin.execute("UPDATE people.account SET verifier = sha256(%s)", [KEY])
        yield app, admin


def login(conn, name="li", address="10.0.0.1", key=KEY, digest=DIGEST):
    query = "SELECT api.login(%s, %s, %s, %s, 600, 3600)"
    return conn.execute(query, [name, address, key, digest]).fetchone()[0]


def person(conn, digest=DIGEST, is_seen=True):
    return conn.execute("SELECT api.person_of(%s, %s)", [digest, is_seen]).fetchone()[0]


@pytest.mark.parametrize(
    "way_in",
    [
        "SELECT verifier FROM people.account",
        "SELECT digest FROM people.session",
        "SELECT digest FROM people.token",
        "SELECT * FROM people.attempt",
        "UPDATE people.account SET park_codes = '{*}'",
        "UPDATE people.account SET role = 'manager'",
        "INSERT INTO people.session (digest, account, address, idle, ends_at) VALUES ('', 1, '', '1 h', now())",
        "DELETE FROM people.attempt",
        "SET ROLE landgis_owner",
        "CREATE FUNCTION api.login_wait_s(named bytea, address text) RETURNS integer LANGUAGE sql AS 'SELECT 0'",
        "CREATE OR REPLACE FUNCTION api.has_accounts() RETURNS boolean LANGUAGE sql AS 'SELECT false'",
    ],
)
def test_the_application_s_role_has_no_way_in(kept, way_in):
    with pytest.raises(errors.InsufficientPrivilege):
        kept[0].execute(way_in)


def test_what_it_is_told_holds_neither_verifier_nor_the_key_of_a_session(kept):
    app, admin = kept
    told = app.execute("SELECT api.login_salt('li', '')").fetchone()[0]
    assert set(told) == {"kdf", "salt"}
    assert app.execute("SELECT api.login_salt('nobody', '')").fetchone() == ({},)
    assert login(app) == {"account": "li"}
    assert set(person(app)) == {"account", "shown_name", "role", "park_codes", "is_token", "ends_s"}
    assert admin.execute("SELECT count(*) FROM people.account WHERE verifier = %s", [KEY]).fetchone() == (0,)
    assert admin.execute("SELECT verifier FROM people.account").fetchone() == (hashlib.sha256(KEY).digest(),)


def test_a_function_of_the_owner_finds_nothing_that_its_caller_put_in_the_way(kept):
    app, _ = kept
    app.execute("CREATE TEMP TABLE account AS SELECT 'li' AS name")
    app.execute("CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$SELECT '\\x00'::bytea$$")
    app.execute("SET search_path = pg_temp, public")
    assert login(app, key=b"wrong") == {}
    assert login(app) == {"account": "li"}


def test_every_function_that_runs_as_its_owner_pins_its_search_path(conn):
    loose = conn.execute(
        """SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace IN ('api'::regnamespace, 'land'::regnamespace)
           AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)"""
    ).fetchall()
    assert loose == []


def test_failures_are_counted_by_name_and_address_by_name_and_by_address(kept):
    app, admin = kept

    def fail(count, name="li", address="10.0.0.1"):
        return [login(app, name, address, b"wrong") for _ in range(count)]

    assert fail(5) == [{}] * 5
    assert 800 < fail(1)[0]["wait_s"] <= 900
    assert 800 < login(app)["wait_s"] <= 900  # the right key is not heard either
    assert 800 < app.execute("SELECT api.login_salt('li', '10.0.0.1')").fetchone()[0]["wait_s"] <= 900
    assert login(app, address="10.0.0.2") == {"account": "li"}  # its owner sits elsewhere

    for host in range(9):
        assert fail(5, address=f"10.1.0.{host}") == [{}] * 5
    assert "wait_s" in login(app, address="10.2.0.1", digest=b"e" * 32)  # fifty, from anywhere

    for number in range(20):
        assert fail(5, f"name{number}", "10.9.9.9") == [{}] * 5
    assert "wait_s" in login(app, "another", "10.9.9.9")  # a hundred, under whatever names
    assert login(app, "another", "10.9.9.8") == {}

    admin.execute("UPDATE people.attempt SET at = at - interval '15 minutes'")
    assert login(app, digest=b"f" * 32) == {"account": "li"}


def test_a_login_that_succeeds_forgets_the_failures_of_its_place(kept):
    app, _ = kept
    for number in range(3):
        assert [login(app, key=b"wrong") for _ in range(4)] == [{}] * 4
        assert login(app, digest=bytes([number]) * 32) == {"account": "li"}


def test_a_session_ends_idle_or_at_its_end_or_with_its_account_and_goes_on_when_seen(kept):
    app, admin = kept
    login(app)
    assert 595 <= person(app)["ends_s"] <= 600

    admin.execute("UPDATE people.session SET seen_at = now() - interval '9 minutes'")
    assert 55 <= person(app, is_seen=False)["ends_s"] <= 60  # looked at, not seen
    assert 595 <= person(app)["ends_s"] <= 600

    admin.execute("UPDATE people.session SET seen_at = now() - interval '11 minutes'")
    assert person(app) is None
    admin.execute("UPDATE people.session SET seen_at = now(), ends_at = now() - interval '1 s'")
    assert person(app) is None

    admin.execute("UPDATE people.session SET ends_at = now() + interval '1 h'")
    assert person(app)["park_codes"] == ["S01"]
    accounts.set_parks(admin, "li", ["S02"])
    accounts.set_role(admin, "li", "reader")
    assert (person(app)["park_codes"], person(app)["role"]) == (["S02"], "reader")
    app.execute("SELECT api.logout(%s)", [b"x" * 32])  # another's
    assert person(app)
    app.execute("SELECT api.logout(%s)", [DIGEST])
    assert person(app) is None


def test_another_password_and_a_stop_end_the_sessions(kept):
    app, admin = kept
    login(app)
    accounts.set_password(admin, "li", "another long one")
    assert person(app) is None and login(app, digest=b"e" * 32) == {}

    admin.execute("UPDATE people.account SET verifier = sha256(%s)", [KEY])
    secret, _ = accounts.make_token(admin, "li", "QGIS", 1)
    token = accounts.digest_of(secret)
    assert login(app, digest=b"f" * 32) and person(app, token)["role"] == "reader"
    accounts.disable(admin, "li")
    assert person(app, b"f" * 32) is None and person(app, token) is None and login(app, digest=b"g" * 32) == {}
    accounts.disable(admin, "li", False)
    assert person(app, b"f" * 32) is None and person(app, token) and login(app, digest=b"h" * 32)


def test_what_is_written_is_noted_under_the_person(conn):
    def noted():
        with database.scoped(conn, ["S01"]):
            conn.execute("INSERT INTO land.audit (act, park_codes, detail) VALUES ('x', '{S01}', '{}')")
            return conn.execute("SELECT who FROM land.audit ORDER BY audit DESC LIMIT 1").fetchone()[0]

    assert noted() == "landgis_app"
    database.act_as(conn, "o'hara")
    assert noted() == "o'hara"
    database.act_as(conn, "")
    assert noted() == "landgis_app"


def change(conn, digest=DIGEST, address="10.0.0.1", key=KEY, new=b"n" * 32):
    verifier = hashlib.sha256(new).digest()
    query = "SELECT api.change_password(%s, %s, %s, 'scrypt:1024:8:1', %s, %s)"
    return conn.execute(query, [digest, address, key, b"s" * 16, verifier]).fetchone()[0]


def test_a_password_is_changed_by_who_knows_it_in_a_session_in_force_and_ends_the_others(kept):
    app, admin = kept
    assert change(app) == {}  # no session yet
    login(app)
    login(app, digest=b"e" * 32)
    assert change(app, key=b"wrong") == {} and person(app, b"e" * 32)
    assert change(app) == {"account": "li"}
    assert person(app)["account"] == "li" and person(app, b"e" * 32) is None
    assert login(app, digest=b"f" * 32) == {} and login(app, key=b"n" * 32, digest=b"f" * 32) == {"account": "li"}
    admin.execute("UPDATE people.session SET ends_at = now()")
    assert change(app, key=b"n" * 32) == {}
    admin.execute("UPDATE people.account SET disabled_since = now()")
    assert change(app, digest=b"f" * 32, key=b"n" * 32) == {}


def test_tries_to_change_a_password_are_counted_with_those_to_log_in(kept):
    app, _ = kept
    login(app)
    tries = [change(app, key=b"wrong") for _ in range(3)]
    assert tries + [login(app, key=b"wrong", digest=b"e" * 32) for _ in range(2)] == [{}] * 5
    assert change(app)["wait_s"] > 800 and login(app, digest=b"e" * 32)["wait_s"] > 800
    assert change(app, address="10.0.0.2") == {"account": "li"}


def test_a_park_that_nothing_is_known_of_is_told(sample):
    with database.connect(sample.admin_url) as admin:
        assert stored.unknown_parks(admin, ["S01", "S09", "*"]) == ["S09"]


def test_who_makes_an_account_learns_which_of_its_parks_are_unknown(fresh):
    with database.connect(fresh.admin_url) as admin:
        made = accounts.add(admin, "wu", "示例戊", "reader", ["S09"], "correct horse battery")
        assert made["unknown_parks"] == accounts.set_parks(admin, "wu", ["S09"])["unknown_parks"] == ["S09"]
        assert accounts.set_parks(admin, "wu", ["*"])["unknown_parks"] == []
