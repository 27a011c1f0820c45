"""Accounts over the service: nobody is let in without one, each sees the own parks, and nothing that is held for one reaches another."""

import gzip
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from conftest import serving
from typer.testing import CliRunner

from landgis.api import entrance
from landgis.api.app import create_app
from landgis.cli import app
from landgis.cli.service import _closed_to_strangers
from landgis.settings import Settings
from landgis.store import accounts as stored
from landgis.store import database
from landgis.terms.errors import InputError, SetupError
from landgis.terms.tiles import tile_at
from landgis.workflows import accounts
from landgis.workflows.clock import today

PASSWORD = "correct horse battery"
PEOPLE = {
    "jia": ("示例甲", "manager", ["S01"]),
    "yi": ("示例乙", "manager", ["S02"]),
    "bing": ("示例丙", "checker", ["S01"]),
    "ding": ("示例丁", "reader", ["S01"]),
    "wu": ("示例戊", "manager", ["*"]),
    "ji": ("示例己", "checker", ["S01", "S02"]),
    "away": ("示例庚", "manager", ["S99"]),
}


@pytest.fixture(scope="module", autouse=True)
def quick_keys():
    """Make keys of passwords in a millisecond: how long they take is no matter here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, "_KDF", "scrypt:1024:8:1")
        yield


@pytest.fixture(scope="module")
def town(sample, tmp_path_factory):
    """The sample city with accounts, its service, and ways to ask it as one of them or as nobody."""
    with ExitStack() as stack:
        sql = stack.enter_context(database.connect(sample.admin_url))
        for name, (shown, role, parks) in PEOPLE.items():
            accounts.add(sql, name, shown, role, parks, PASSWORD)
        settings = Settings(inbox=tmp_path_factory.mktemp("inbox"))
        running = stack.enter_context(serving(create_app(settings, sample.app_url)))

        def client(**headers):
            return stack.enter_context(httpx.Client(base_url=running.url, timeout=60, headers=headers))

        people = {}

        def as_person(name):
            if name not in people:
                people[name] = client()
                assert log_in(people[name], name).status_code == 204
            return people[name]

        yield SimpleNamespace(sql=sql, sample=sample, running=running, client=client, ask=as_person, settings=settings)


@pytest.fixture
def at_once(monkeypatch):
    """Let nothing the database said of a person hold for longer than the request."""
    monkeypatch.setattr(entrance, "FRESH_S", -1.0)


def log_in(client, name, password=PASSWORD, **headers):
    return client.post("/login", data={"name": name, "password": password}, headers=headers)


@contextmanager
def gate(sample, **settings):
    """Serve the town with other settings."""
    with (
        serving(create_app(Settings(**settings), sample.app_url)) as running,
        httpx.Client(base_url=running.url, timeout=60) as client,
    ):
        yield client


def test_no_login_is_asked_for_until_there_is_an_account(fresh, at_once):
    with gate(fresh) as client, database.connect(fresh.admin_url) as sql:
        assert client.get("/api/parks").status_code == 200
        assert client.get("/api/session").json()["account"] is None
        assert client.get("/login").headers["location"] == "/map"
        assert client.get("/login?lang=en").headers["location"] == "/map?lang=en"
        accounts.add(sql, "li", "示例甲", "reader", ["*"], PASSWORD)
        assert client.get("/api/parks").status_code == 401
        accounts.disable(sql, "li")
        assert client.get("/api/parks").status_code == 401  # nobody in use is not nobody


def test_what_a_browser_keeps_it_asks_about_before_it_shows_it_with_or_without_a_login(town, fresh, at_once):
    with gate(town.sample, login="off") as client:
        for path in (*ADDRESSES, "/tiles/1/14/1/1.pbf", "/api/nothing"):
            headers = client.get(path).headers
            assert headers["cache-control"] in ("no-store", "private, no-cache"), path
            assert {"Cookie", "Authorization"} <= set(headers["vary"].replace(" ", "").split(",")), path
        first = client.get("/api/runs/1/columns")
        again = client.get("/api/runs/1/columns", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"") and again.headers[
            "cache-control"
        ] == "private, no-cache"
        assert "Accept-Encoding" in first.headers["vary"]
        assert "cache-control" not in client.get("/healthz").headers
        (sheet,) = re.findall(r'href="(/static/map\.css\?v=\w+)"', client.get("/map").text)
        assert (
            "immutable" in client.get(sheet).headers["cache-control"]
        )  # no data in it, and its name is of its content
    with gate(fresh) as client, database.connect(fresh.admin_url) as sql:
        held = client.get("/api/runs")
        assert held.status_code == 200 and held.headers["cache-control"] == "private, no-cache"
        accounts.add(sql, "li", "示例甲", "reader", ["*"], PASSWORD)
        assert client.get("/api/runs").status_code == 401


@pytest.mark.parametrize(("login", "status"), [("off", 200), ("on", 401)])
def test_the_setting_goes_before_the_accounts(town, fresh, login, status):
    with gate(town.sample if login == "off" else fresh, login=login) as client:
        assert client.get("/api/parks").status_code == status


def test_the_service_does_not_open_to_a_network_before_there_is_an_account(town, fresh):
    for host in ("127.0.0.1", "::1", "localhost"):
        _closed_to_strangers(Settings(), fresh.app_url, host)
    for host in ("0.0.0.0", "10.1.2.3", "::", "land.example"):
        with pytest.raises(SetupError, match="no account"):
            _closed_to_strangers(Settings(), fresh.app_url, host)
        for mode in ("on", "off"):
            _closed_to_strangers(Settings(login=mode), fresh.app_url, host)
        _closed_to_strangers(Settings(), town.sample.app_url, host)


def test_nobody_is_told_anything_but_the_way_in(town):
    stranger = town.client()
    schema = town.ask("wu").get("/openapi.json").json()
    assert stranger.get("/openapi.json").status_code == 401
    opened = {"/healthz", "/readyz"}
    asked = 0
    for path, methods in schema["paths"].items():
        address = re.sub(r"\{(\w+)\}", lambda name: {"ending": "csv", "kind": "xlsx"}.get(name[1], "1"), path)
        for method in methods:
            answer = stranger.request(method.upper(), address)
            asked += 1
            assert answer.status_code == (200 if path in opened else 401), (method, path)
            if path not in opened:
                assert answer.headers["www-authenticate"] == 'Bearer realm="LandGIS"'
    assert asked > 60
    problem = stranger.get("/tiles/1/10/1/1.pbf")
    assert problem.status_code == 401 and problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["request_id"] == problem.headers["x-request-id"] and problem.json()["what"]["zh"]
    assert stranger.get("/static/app.js").status_code == 200
    for path in (
        "/nothing",
        "/static/../api/runs",
        "/static/%2e%2e/api/runs",
        "/docs/openapi.json",
        "//api/runs",
        "/LOGIN",
        "/login/",
    ):
        with closing(
            HTTPConnection(town.running.url.removeprefix("http://"))
        ) as plainly:  # which leaves the path as it is
            plainly.request("GET", path)
            assert plainly.getresponse().status in (401, 404), path
    assert {"session", "token", "token_as_password"} == set(schema["components"]["securitySchemes"])


def test_a_page_leads_to_the_login_and_back_to_the_same_address(town):
    stranger = town.client(accept="text/html")
    sent = stranger.get("/map?run=1&filter=grade%20%3D%20%27D%27&lang=en")
    assert sent.status_code == 303
    page = stranger.get(sent.headers["location"])
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    following = re.search(r'name="next" value="([^"]*)"', page.text)[1].replace("&amp;", "&")
    assert following == "/map?run=1&filter=grade%20%3D%20%27D%27&lang=en"

    form = {"name": "jia", "next": following}
    wrong = stranger.post("/login", data=form | {"password": "…", "lang": "en"})
    assert wrong.status_code == 401 and "wrong" in wrong.text and wrong.headers["x-request-id"] in wrong.text
    right = stranger.post("/login", data=form | {"password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, following)
    assert "示例" not in wrong.text and stranger.get(following).status_code == 200

    out = stranger.post("/logout")
    assert out.headers["location"] == "/login" and stranger.get("/map").status_code == 303


def test_the_language_chosen_on_the_way_in_is_that_of_the_page(town):
    stranger = town.client(accept="text/html")
    assert '<html lang="en"' in stranger.get(stranger.get("/map?run=1&lang=en").headers["location"]).text
    page = stranger.get("/login", params={"lang": "en", "next": "/map?run=1&lang=zh&at=33,115,14#x"}).text
    assert 'value="/map?run=1&amp;at=33,115,14&amp;lang=en#x"' in page


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "//[", "javascript:x", "/a\r\nSet-Cookie: x", "map", "/login", ""],
)  # fmt: skip
def test_the_login_leads_to_no_other_place(town, address):
    client = town.client(accept="text/html")
    more = {f"field{number}": "1" for number in range(30)}  # a form of another making is a form still
    answer = client.post("/login", data={"name": "jia", "password": PASSWORD, "next": address, **more})
    assert answer.headers["location"] == "/map"
    assert 'value="/map"' in town.client().get("/login", params={"next": address}).text


def test_the_cookie_is_the_browser_s_alone_and_another_one_each_time(town, at_once):
    client = town.client()
    first = log_in(client, "JIA ").headers["set-cookie"]  # as typed
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(first.split("; ")) and "Secure" not in first
    number = client.cookies[entrance.COOKIE]
    assert log_in(client, "jia").headers["set-cookie"] != first
    old = town.client(cookie=f"{entrance.COOKIE}={number}")
    assert old.get("/api/session").status_code == 401  # over with the next login
    kept = town.sql.execute("SELECT string_agg(s::text, '') FROM people.session AS s").fetchone()[0]
    assert number not in kept and client.cookies[entrance.COOKIE] not in kept


def test_a_proxy_is_believed_only_where_it_is_said_to_be_there(town):
    told = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.7, 203.0.113.9"}
    assert "Secure" not in log_in(town.client(), "jia", **told).headers["set-cookie"]
    with gate(town.sample, proxy=True) as client:
        assert "Secure" in log_in(client, "jia", **told).headers["set-cookie"]
    seen = town.sql.execute("SELECT address FROM people.session ORDER BY begun_at DESC LIMIT 2").fetchall()
    assert seen == [("203.0.113.9",), ("127.0.0.1",)]


def test_a_login_by_a_page_of_somebody_else_is_refused(town):
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"host": "evil.example"}):
        for path in ("/login", "/logout"):
            answer = town.client().post(path, data={"name": "jia", "password": PASSWORD}, headers=headers)
            assert answer.status_code == 403 and "set-cookie" not in answer.headers


def test_after_five_failures_the_right_password_is_not_heard_either(town):
    with gate(town.sample, proxy=True, pool_timeout_s=60) as client:
        here, there = {"x-forwarded-for": "192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}
        with ThreadPoolExecutor(12) as pool:  # at once, and counted all the same
            statuses = [one.status_code for one in pool.map(lambda _: log_in(client, "wu", "…", **here), range(12))]
        assert (statuses.count(401), statuses.count(429)) == (5, 7)
        answer = log_in(client, "wu", **here)
        assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 900
        assert "登录失败次数过多" in answer.json()["what"]["zh"] and answer.json()["request_id"]
        assert log_in(client, "wu", **there).status_code == 204


def test_a_name_that_nobody_has_is_refused_in_the_same_words_after_the_same_work(town, monkeypatch):
    made = []
    key = accounts._key
    monkeypatch.setattr(accounts, "_key", lambda *given: made.append(given[1]) or key(*given))
    said = [log_in(town.client(), name, "wrong password").json() for name in ("ding", "nobody", "no\x00body", "")]
    assert len({one["title"] for one in said}) == 1 and len(made) == 4 and len(set(made)) == 1


def test_the_own_password_is_changed_by_who_knows_it(town, at_once):
    accounts.add(town.sql, "zi", "示例子", "reader", ["S01"], PASSWORD)
    here, there = town.client(accept="text/html"), town.client()
    for one in (here, there):
        assert log_in(one, "zi").status_code in (204, 303)
    assert here.get("/password?lang=en").headers["cache-control"] == "no-store"
    new = "another long one"

    def change(client=here, headers=None, **given):
        form = {"old": PASSWORD, "new": new, "again": new, "next": "/cockpit", "lang": "en"} | given
        return client.post("/password", data=form, headers=headers)

    for status, said, given in (
        (401, "current password is wrong", {"old": "wrong password"}),
        (422, "10 characters", {"new": "short", "again": "short"}),
        (422, "too easily guessed", {"new": "Password123!", "again": "Password123!"}),
        (422, "not typed the same", {"again": "another"}),
        (422, "is the old one", {"new": PASSWORD, "again": PASSWORD}),
        (422, "10 characters", {"new": "", "again": ""}),
    ):
        answer = change(**given)
        assert answer.status_code == status and said in answer.text, given
        assert answer.headers["x-request-id"] in answer.text
    assert there.get("/api/session").status_code == 200
    assert change(headers={"origin": "https://evil.example"}).status_code == 403
    token, _ = accounts.make_token(town.sql, "zi", "QGIS", 1)
    assert change(town.client(authorization=f"Bearer {token}")).status_code == 403
    assert change(town.client()).status_code == 401

    done = change()
    assert done.status_code == 200 and "The password is changed" in done.text and 'href="/cockpit"' in done.text
    assert here.get("/api/session").status_code == 200 and there.get("/api/session").status_code == 401
    assert log_in(there, "zi").status_code == 401 and log_in(there, "zi", new).status_code == 204
    assert town.client(authorization=f"Bearer {token}").get("/api/session").status_code == 200

    later = {"new": "yet another one", "again": "yet another one"}
    for _ in range(5):
        assert change(old="wrong password", **later).status_code == 401
    late = change(old=new, **later)
    assert late.status_code == 429 and int(late.headers["retry-after"]) > 0
    with gate(town.sample, login="off") as client:
        assert client.get("/password").headers["location"] == "/map"
        assert change(client).status_code == 403


ADDRESSES = (
    "/api/parks",
    "/api/batches",
    "/api/runs",
    "/api/runs/1",
    "/api/runs/1/columns",
    "/api/runs/1/columns?names=grade,owner_name",
    "/api/runs/1/weights",
    "/api/runs/1/parcels?limit=1000",
    "/api/runs/1/search?q=P&limit=100",
    "/api/runs/1/classes?field=area_m2",
    "/api/runs/1/grades",
    "/api/runs/1/cockpit",
    "/api/runs/1/cockpit/parks.csv",
    "/api/runs/1/blocks",
    "/api/runs/1/zones",
    "/api/runs/1/scenarios",
    "/api/runs/1/ledger.geojson",
    "/api/cases",
    "/api/jobs",
    "/api/demands",
    "/api/plans",
    "/api/corrections",
    "/api/corrections/register.csv",
    "/map",
    "/cockpit",
    "/import",
    "/jobs",
)


def plain(answer: httpx.Response) -> tuple[int, str]:
    """Give what was told, without what differs from one page to the next of the same scope: its nonce, and for which role it is."""
    return answer.status_code, re.sub(r'nonce="[^"]*"|"role":(?:null|"\w+")', "", answer.text)


@pytest.fixture(scope="module")
def alone(town):
    """Give services that were never asked by anybody else: of one park each, without a login."""
    with gate(town.sample, login="off", parks="S01") as first, gate(town.sample, login="off", parks="S02") as second:
        yield {"jia": first, "yi": second}


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_comes_second_is_told_as_if_nobody_had_come_first(town, alone, path):
    town.ask("wu").get(path)
    first = town.ask("jia").get(path)
    told = {name: plain(town.ask(name).get(path)) for name in ("jia", "yi", "jia")}
    assert told == {name: plain(one.get(path)) for name, one in alone.items()}
    assert first.headers["cache-control"] in ("no-store", "private, no-cache") and "Cookie" in first.headers["vary"]
    if "columns" in path or "weights" in path:  # nor is it told that the other's answer is still right
        same = {"If-None-Match": first.headers["etag"]}
        assert town.ask("jia").get(path, headers=same).status_code == 304
        assert town.ask("yi").get(path, headers=same).status_code == 200


def test_the_head_of_a_run_counts_the_own_parks(town):
    (run,) = town.ask("wu").get("/api/runs").json()[:1]
    whole = town.ask("wu").get(f"/api/runs/{run['run']}").json()
    by_park = {
        park: sum(land["parcels"] for land in answers.values()) for park, answers in whole["triage_by_park"].items()
    }
    assert run["parcels"] == whole["parcels"] == sum(by_park.values()) > by_park["S01"] > 0
    for name, parks in (("jia", ["S01"]), ("yi", ["S02"]), ("ji", ["S01", "S02"])):
        count = sum(by_park[park] for park in parks)
        listed = {one["run"]: one["parcels"] for one in town.ask(name).get("/api/runs").json()}
        assert listed[run["run"]] == town.ask(name).get(f"/api/runs/{run['run']}").json()["parcels"] == count
        assert f'"parcels":{count}' in town.ask(name).get("/cockpit").text


def test_tiles_and_reasons_of_another_park_are_not_given_though_they_are_held(town, alone):
    everything = town.ask("wu").get("/api/runs/1").json()
    for park in everything["parks"]:
        west, south, east, north = park["bbox"]
        x, y = tile_at((west + east) / 2, (south + north) / 2, 14)
        path = f"/tiles/1/14/{x}/{y}.pbf"
        whole = town.ask("wu").get(path)
        assert whole.status_code == 200
        told = {}
        for name, one in alone.items():
            told[name] = town.ask(name).get(path)
            oracle = one.get(path)
            assert (told[name].status_code, told[name].content) == (oracle.status_code, oracle.content)
            assert told[name].headers["cache-control"] == "private, no-cache"
            if told[name].content != whole.content:
                again = town.ask(name).get(path, headers={"If-None-Match": whole.headers["etag"]})
                assert again.status_code != 304
        if park["park_code"] == "S01":
            assert told["jia"].content and told["jia"].content != told["yi"].content
    (parcel_id,) = town.sql.execute("SELECT min(id) FROM land.parcel WHERE park_code = 'S01'").fetchone()
    for path in ("", "/changes", "/dossier.html"):
        assert town.ask("jia").get(f"/api/runs/1/parcels/{parcel_id}{path}").status_code == 200
        assert town.ask("yi").get(f"/api/runs/1/parcels/{parcel_id}{path}").status_code == 404


def test_a_tile_costs_no_journey_of_its_own_and_who_is_shut_out_sees_for_so_long_at_most(town, monkeypatch):
    asked = []
    real = stored.ask_person
    monkeypatch.setattr(stored, "ask_person", lambda *a, **k: asked.append(1) or real(*a, **k))
    monkeypatch.setattr(entrance, "FRESH_S", 1000.0)
    accounts.add(town.sql, "brief", "示例辛", "reader", ["S01"], PASSWORD)
    client = town.client()
    log_in(client, "brief")
    paths = [f"/tiles/1/14/{number}/1.pbf" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert {one.status_code for one in pool.map(client.get, paths)} == {204}
    assert len(asked) == 1
    accounts.disable(town.sql, "brief")
    assert client.get(paths[0]).status_code == 204  # until FRESH_S have passed
    monkeypatch.setattr(entrance, "FRESH_S", -1.0)
    other = town.client(cookie=f"{entrance.COOKIE}={client.cookies[entrance.COOKIE]}")
    town.running.app.state.door.forget(accounts.digest_of(client.cookies[entrance.COOKIE]))  # as the seconds do
    assert other.get(paths[0]).status_code == 401 and log_in(client, "brief").status_code == 401


def test_a_stop_other_parks_and_another_role_hold_from_the_next_look(town, at_once):
    accounts.add(town.sql, "moved", "示例壬", "manager", ["S01"], PASSWORD)
    client = town.client()
    log_in(client, "moved")
    assert [one["park_code"] for one in client.get("/api/parks").json()] == ["S01"]
    accounts.set_parks(town.sql, "moved", ["S02", "S03"])
    assert [one["park_code"] for one in client.get("/api/parks").json()] == ["S02", "S03"]
    accounts.set_role(town.sql, "moved", "reader")
    assert client.post("/api/jobs/assess", json={"on": "2026-06-30"}).status_code == 403
    town.sql.execute("UPDATE people.session SET seen_at = seen_at - interval '61 minutes'")
    assert client.get("/api/parks").status_code == 401
    log_in(client, "moved")
    assert client.get("/api/parks").status_code == 200
    accounts.disable(town.sql, "moved")
    assert client.get("/api/parks").status_code == 401
    assert town.client().get("/api/parks").status_code == 401
    town.sql.execute("UPDATE people.session SET seen_at = now()")


def test_an_account_sees_no_more_than_the_installation_and_one_without_a_park_is_told_so(town):
    with gate(town.sample, parks="S02,S03") as client:
        log_in(client, "wu")
        assert [one["park_code"] for one in client.get("/api/parks").json()] == ["S02", "S03"]
        assert client.get("/api/session").json()["park_codes"] == ["S02", "S03"]
        log_in(client, "jia")
        answer = client.get("/api/parks")
        assert answer.status_code == 403 and "园区" in answer.json()["what"]["zh"]
    assert town.ask("away").get("/api/parks").json() == []  # a park nobody has imported yet


#: What is asked by another method than GET and changes nothing.
READS = {("post", "/api/runs/{run}/area")}


@pytest.mark.parametrize(("name", "may"), [("ding", set()), ("bing", {("post", "/api/cases/{case_no}/events")})])
def test_who_only_sees_changes_nothing(town, name, may):
    schema = town.ask("wu").get("/openapi.json").json()
    asked = 0
    for path, methods in schema["paths"].items():
        for method in set(methods) - {"get"}:
            if (method, path) in READS | may:
                continue
            address = re.sub(r"\{(\w+)\}", lambda part: "0" * 32 if part[1] == "upload" else "1", path)
            answer = town.ask(name).request(method.upper(), f"{address}?name=a.csv&profile=x", content=b"{}")
            asked += 1
            assert answer.status_code == 403, (method, path, answer.text)
            assert "manager" in answer.json()["why"]["en"]
    assert asked > 12


def test_a_token_reads_as_bearer_or_as_password_and_nowhere_else(town, at_once):
    secret, _ = accounts.make_token(town.sql, "jia", "QGIS", 30)
    bearer = town.client(authorization=f"Bearer {secret}")
    assert [one["park_code"] for one in bearer.get("/api/parks").json()] == ["S01"]
    assert httpx.get(f"{town.running.url}/api/parks", auth=("whoever", secret)).status_code == 200
    assert bearer.get("/tiles/1/0/0/0.pbf").status_code == 204
    assert bearer.post("/api/jobs/assess", json={"on": "2026-06-30"}).status_code == 403
    stranger = town.client()
    for params in ({"token": secret}, {"access_token": secret}, {entrance.COOKIE: secret}):
        assert stranger.get("/api/parks", params=params).status_code == 401
    for value in ("Basic !!!", f"Digest {secret}", "Bearer", "Bearer x", f"bearer {secret}x", "Basic /w=="):
        # a wrong one is refused, though the browser's session would do
        assert town.ask("jia").get("/api/parks", headers={"authorization": value}).status_code == 401, value
    assert town.sql.execute(
        "SELECT count(*) FROM people.token AS t WHERE t::text LIKE %s", [f"%{secret}%"]
    ).fetchone() == (0,)
    stored.end_token(town.sql, "jia", "QGIS")
    assert bearer.get("/api/parks").status_code == 401


def test_on_a_case_people_act_as_themselves_and_only_its_checker_closes_it(town):
    (parcel_id,) = town.sql.execute("SELECT min(id) FROM land.parcel WHERE park_code = 'S01'").fetchone()
    day = today().isoformat()
    asked = {"parcel_id": parcel_id, "happened_on": day, "note": "…", "responsible": "示例甲", "checker": "示例丙"}
    jia, ding = town.ask("jia"), town.ask("ding")

    def opened(client, **differs):
        return client.post("/api/cases", json=asked | differs)

    def record(name, case, after, act, **differs):
        given = {"act": act, "happened_on": day, "note": "…", **differs}
        return town.ask(name).post(f"/api/cases/{case}/events", json=given, headers={"If-Match": f'"{after}"'})

    assert opened(ding).status_code == 403
    assert opened(jia, done_by="示例乙").status_code == 403
    assert opened(town.ask("yi")).status_code == 404
    for other in ("示例乙", "示例丁", "某人"):  # no checker's account, or not of this park
        refused = opened(jia, checker=other)
        assert refused.status_code == 422 and "示例丙" in refused.json()["mend"]["zh"]
    checkers = [town.ask(name).get("/api/cases/checkers", params={"park": "S01"}).json() for name in ("jia", "yi")]
    assert (
        "示例丙" in checkers[0] and not {"示例乙", "示例丁"} & {*checkers[0]} and checkers[1] == []
    )  # yi's park is another
    case = opened(jia).json()
    number = case["case_no"]
    assert (case["events"][0]["done_by"], case["events"][0]["made_by"]) == ("示例甲", "jia")

    assert record("jia", number, 1, "closed").status_code == 403
    assert record("jia", number, 1, "closed", done_by="示例丙").status_code == 403
    assert record("bing", number, 1, "investigated").status_code == 403
    assert record("ji", number, 1, "closed").status_code == 409  # a checker, of another case
    assert record("yi", number, 1, "investigated").status_code == 404
    assert record("jia", number, 1, "assigned", responsible="示例甲", checker="示例戊").status_code == 422
    assert record("jia", number, 1, "investigated", done_by="示例甲").status_code == 200
    assert record("jia", number, 2, "not_recognised").status_code == 200
    assert record("jia", number, 3, "returned").status_code == 403
    assert record("bing", number, 3, "returned").json()["is_returned"] is True
    assert record("jia", number, 4, "not_recognised").status_code == 200
    closed = record("bing", number, 5, "closed").json()
    assert closed["is_open"] is False
    assert [(one["done_by"], one["made_by"]) for one in closed["events"]][-1] == ("示例丙", "bing")


def test_without_a_login_a_case_needs_the_name_of_who_did_it(town):
    with gate(town.sample, login="off") as client:
        given = {
            "parcel_id": 1,
            "happened_on": today().isoformat(),
            "note": "…",
            "responsible": "示例甲",
            "checker": "示例乙",
        }
        answer = client.post("/api/cases", json=given)
    assert answer.status_code == 422 and answer.json()["at"] == "done_by"


def test_a_job_is_bound_by_who_asks_and_seen_by_who_may_see_all_of_it(town):
    given = {"on": "2026-06-30", "rules": ["cn-triage"]}
    assert town.ask("jia").post("/api/jobs/assess", json=given | {"parks": ["S02"]}).status_code == 404
    own = town.ask("jia").post("/api/jobs/assess", json=given).json()
    both = town.ask("wu").post("/api/jobs/assess", json=given | {"parks": ["S01", "S02"]}).json()
    everything = town.ask("wu").post("/api/jobs/assess", json=given).json()
    assert own["park_codes"] == ["S01"]
    asked = town.sql.execute("SELECT scope, asked_by FROM land.job WHERE job = %s", [own["job"]]).fetchone()
    assert asked == (["S01"], "jia")
    seen = {
        name: {one["job"] for one in town.ask(name).get("/api/jobs").json()} for name in ("jia", "yi", "ding", "wu")
    }
    assert own["job"] in seen["jia"] & seen["ding"] & seen["wu"]
    assert not {own["job"], both["job"], everything["job"]} & seen["yi"]
    assert not {both["job"], everything["job"]} & seen["jia"] and {both["job"], everything["job"]} <= seen["wu"]
    for path in ("", "/events", "/issues", "/issues.xlsx"):
        assert town.ask("yi").get(f"/api/jobs/{own['job']}{path}").status_code == 404
        assert town.ask("jia").get(f"/api/jobs/{both['job']}{path}").status_code == 404
    assert town.ask("yi").post(f"/api/jobs/{own['job']}/cancel").status_code == 404
    assert town.ask("ding").post(f"/api/jobs/{own['job']}/cancel").status_code == 403
    assert town.ask("jia").post(f"/api/jobs/{own['job']}/cancel").json()["state"] == "cancelled"


def test_a_job_that_is_followed_is_followed_no_longer_than_the_session_lasts(town, at_once):
    client = town.client()
    log_in(client, "jia")
    job = client.post("/api/jobs/assess", json={"on": "2026-06-30", "parks": ["S01"]}).json()["job"]
    told, opened = [], threading.Event()

    def follow():
        with client.stream("GET", f"/api/jobs/{job}/events") as events:
            for line in events.iter_lines():
                told.append(line)
                opened.set()

    thread = threading.Thread(target=follow)
    thread.start()
    assert opened.wait(30)
    town.client(cookie=f"{entrance.COOKIE}={client.cookies[entrance.COOKIE]}").post("/logout")
    thread.join(30)
    assert not thread.is_alive() and "event: queued" in told
    assert town.ask("jia").post(f"/api/jobs/{job}/cancel").status_code == 202


def test_what_a_try_found_is_shown_to_who_may_see_all_that_its_sender_may(town):
    sent = town.ask("wu").post("/api/uploads", params={"name": "a.csv"}, content=b"parcel_no\n1\n").json()["upload"]
    given = {"profile": "landgis-template", "dry_run": True, "park": "S01"}
    job = town.ask("wu").post(f"/api/uploads/{sent}/import", json=given).json()
    assert job["asked"]["upload"] == sent
    assert "upload" not in town.ask("jia").get(f"/api/jobs/{job['job']}").json()["asked"]
    with database.connect(town.sample.app_url) as conn, database.scoped(conn, ["*"]):
        conn.execute("INSERT INTO land.job_event (job, state, detail) VALUES (%s, 'done', '{}')", [job["job"]])
    (found,) = town.sql.execute("SELECT asked->>'findings' FROM land.job WHERE job = %s", [job["job"]]).fetchone()
    Path(found).write_bytes(gzip.compress(b""))
    for path in ("issues", "issues.xlsx"):
        assert town.ask("wu").get(f"/api/jobs/{job['job']}/{path}").status_code == 200
        assert town.ask("jia").get(f"/api/jobs/{job['job']}/{path}").status_code == 404
    town.ask("wu").delete(f"/api/uploads/{sent}")


def test_what_is_kept_is_kept_under_the_account(town):
    weights = town.ask("jia").get("/api/runs/1/weights").json()
    population = weights["populations"][0]
    kept = {population["code"]: {one["measure"]: 1 for one in population["indicators"]}}
    answer = town.ask("jia").post("/api/runs/1/scenarios", json={"name": "甲的", "weights": kept})
    assert answer.status_code == 201, answer.text
    assert town.sql.execute("SELECT made_by FROM land.scenario WHERE name = '甲的'").fetchone() == ("jia",)


def test_the_command_line_keeps_the_accounts(fresh, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", fresh.admin_url)
    run = CliRunner()

    def command(*words, typed=None):
        return run.invoke(app, ["account", *words], input=typed)

    assert (
        command(
            "add", "li", "--parks", "S01,S02", "--role", "manager", "--shown", "示例甲", typed=PASSWORD + "\n"
        ).exit_code
        == 0
    )
    for words, typed in (
        (("add", "li", "--parks", "*"), PASSWORD),
        (("add", "other", "--shown", "示例甲", "--parks", "*"), PASSWORD),
        (("add", "other", "--parks", "*"), "short"),
        (("add", "a b", "--parks", "*"), PASSWORD),
        (("add", "other", "--parks", ""), PASSWORD),
        (("add", "other", "--parks", "S01,*"), PASSWORD),
        (("password", "nobody"), PASSWORD),
        (("parks", "nobody", "S01"), None),
        (("role", "li", "operator"), None),
        (("token", "nobody"), None),
        (("token", "li", "--end"), None),
    ):
        assert command(*words, typed=typed).exit_code != 0, words
    assert command("password", "LI", typed="another long one\n").exit_code == 0
    assert command("parks", "li", "S03").exit_code == 0 and command("role", "li", "checker").exit_code == 0
    secret = command("token", "li", "--label", "ArcGIS").output.strip().splitlines()[-1]
    with gate(fresh) as client:
        assert log_in(client, "li").status_code == 401
        assert log_in(client, "li", "another long one").status_code == 204
        told = client.get("/api/session").json()
        assert (told["role"], told["park_codes"], told["shown_name"]) == ("checker", ["S03"], "示例甲")
        assert httpx.get(client.base_url.join("/api/parks"), auth=("li", secret)).status_code == 200
    listed = command("list").output
    assert "示例甲" in listed and "ArcGIS" in listed and secret not in listed
    assert command("disable", "li").exit_code == 0
    with database.connect(fresh.admin_url) as sql:
        (one,) = stored.list_accounts(sql)
    assert one["disabled_since"] and one["last_login_at"]
    assert command("disable", "li", "--undo").exit_code == 0
    monkeypatch.setenv("DATABASE_URL", fresh.app_url)
    assert command("list").exit_code != 0  # the service's own role keeps no accounts


def test_the_record_says_who_did_what_in_the_own_parks_to_those_who_work_or_check(town, at_once):
    def record(name, **sought):
        answer = town.ask(name).get("/api/audit", params={"limit": 1000, **sought})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert town.ask("jia").get("/api/runs/1/ledger.csv", params={"filter": "answer = 'exit'"}).status_code == 200
    taken = record("bing", act="take_out", who="jia")[0]
    assert (taken["park_codes"], taken["title"]["zh"]) == (
        ["S01"],
        "取走台账",
    )  # the run has four parks, jia one of them
    assert taken["said"]["zh"] == "评估 1；格式 csv；筛选 answer = 'exit'"
    assert record("yi", act="take_out", who="jia") == []  # of S02

    made = {one["detail"]["account"] for one in record("bing", act="account_add")}
    assert {"jia", "bing", "ding", "ji"} <= made and not {
        "yi",
        "wu",
    } & made  # of S01; those of all parks are told to whoever sees all
    assert {"wu", "yi"} <= {one["detail"]["account"] for one in record("wu", act="account_add")}
    accounts.set_parks(town.sql, "ding", ["S01", "S02"])
    accounts.set_parks(town.sql, "ding", ["S01"])
    latest, before = record("ji", act="account_change")[:2]
    assert [one["said"]["en"] for one in (before, latest)] == [
        "account ding; parks S01, S02",
        "account ding; parks S01",
    ]
    assert record("ji", act="account_change", before=latest["audit"])[0] == before

    day = f"{today()}"
    assert record("bing", since=day) == record("bing") and record("bing", until=f"{today() - timedelta(days=1)}") == []
    assert town.ask("ding").get("/api/audit").status_code == 403  # who only sees, sees land
    assert town.ask("ding").get("/api/audit/record.xlsx").status_code == 403
    lines = town.ask("bing").get("/api/audit/record.csv", params={"act": "take_out"}).text.splitlines()
    assert lines[0].lstrip("\ufeff") == "编号,时间（北京）,账号,事项,园区,内容" and ",jia,取走台账,S01," in lines[1]


@pytest.mark.parametrize(
    "password", ["1234567890", "1qaz2wsx3edc", "Password123!", "Aa123456789", "zhangxiaoming", "abcdefghijklm"]
)
def test_a_password_that_is_soon_guessed_is_refused(fresh, password):
    with database.connect(fresh.admin_url) as sql:
        with pytest.raises(InputError, match="太容易被猜中"):
            accounts.add(sql, "zhangxiaoming", "示例甲", "reader", ["*"], password)
        assert not stored.has_accounts(sql)
        accounts.add(sql, "zhangxiaoming", "示例甲", "reader", ["*"], "稻田河桥晚风听雨声慢")
        accounts.set_password(sql, "zhangxiaoming", "7hT#kd92mQ" * 50)  # and a long one takes no longer
