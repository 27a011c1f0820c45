"""A file is sent, looked at, tried, and stored or thrown away, through the service and its wizard, with a real worker at the queue."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import httpx
import openpyxl
import pytest
from conftest import serving
from playwright.sync_api import Browser, Page, Route

from landgis.api.app import create_app
from landgis.jobs.worker import working
from landgis.settings import Settings
from landgis.store import database

EXAMPLE = Path(__file__).parents[2] / "docs/example"


@pytest.fixture
def running(fresh, tmp_path) -> Iterator[SimpleNamespace]:
    """Give a service over an empty database, its inbox, and a worker that does what is asked."""
    inbox = tmp_path / "inbox"
    with (
        working(fresh.app_url, concurrency=1),
        serving(create_app(Settings(inbox=inbox), fresh.app_url)) as service,
        httpx.Client(base_url=service.url, timeout=60) as client,
    ):
        yield SimpleNamespace(url=service.url, client=client, inbox=inbox, admin_url=fresh.admin_url)


def send(client: httpx.Client, *files: Path) -> str:
    upload = None
    for file in files:
        where = f"/api/uploads/{upload}/files" if upload else "/api/uploads"
        answer = client.post(where, params={"name": file.name}, content=file.read_bytes())
        assert answer.status_code == 201, answer.text
        upload = answer.json()["upload"]
    return upload


def done(client: httpx.Client, job: int) -> dict:
    with client.stream("GET", f"/api/jobs/{job}/events") as answer:
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1]["state"] == "done", events[-1]
    return events[-1]["detail"]


def test_a_file_is_looked_at_tried_and_stored(running, tmp_path):
    client = running.client
    upload = send(client, EXAMPLE / "ledger.csv", EXAMPLE / "my-town.toml")
    assert [one["name"] for one in client.get(f"/api/uploads/{upload}").json()["files"]] == [
        "ledger.csv",
        "my-town.toml",
    ]
    seen = client.get(f"/api/uploads/{upload}/preview").json()
    assert seen["layers"][0]["rows"] == 8 and seen["layers"][0]["shapes"]["candidates"]
    assert (seen["profiles"][0]["name"], seen["profiles"][0]["crs"]) == ("my-town.toml", "EPSG:4490")
    assert {"编号", "面积（亩）", "税收2024"} <= set(seen["profiles"][0]["known"])

    tried = client.post(f"/api/uploads/{upload}/import", json={"profile": "my-town.toml", "dry_run": True}).json()
    assert set(tried["asked"]) >= {"upload", "files"} and not {"paths", "findings", "received"} & set(tried["asked"])
    found = done(client, tried["job"])
    assert (found["rows_in"], found["stored"], found["batch"]) == (8, 8, None)
    issues = client.get(f"/api/jobs/{tried['job']}/issues").json()
    counts = issues["counts"]
    assert sum(counts.values()) == sum(found["issues"].values()) == len(issues["items"]) and issues["next"] is None
    assert counts["refused"] >= 2 and counts["doubted"] >= 1
    slip = next(one for one in issues["items"] if one["code"] == "318-area-differs")
    assert (slip["row"], slip["raw"]) == (4, "192.5") and slip["place"]["type"] in ("Polygon", "MultiPolygon")
    page = client.get(f"/api/jobs/{tried['job']}/issues", params={"limit": 2}).json()
    rest = client.get(f"/api/jobs/{tried['job']}/issues", params={"after": page["next"]}).json()
    assert page["items"] + rest["items"] == issues["items"]
    sheet = openpyxl.load_workbook(BytesIO(client.get(f"/api/jobs/{tried['job']}/issues.xlsx").content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 1 + sum(counts.values()) and {"拒收", "存疑"} <= {cell for row in rows for cell in row}
    told = next(row for row in rows if row[0] == "318-area-differs")
    assert "更正为（请填）" in rows[0] and told[rows[0].index("编号")], "the workbook can be filled in and sent back"
    (tmp_path / "issues.xlsx").write_bytes(client.get(f"/api/jobs/{tried['job']}/issues.xlsx").content)
    back = send(client, tmp_path / "issues.xlsx")
    auto = client.get(f"/api/uploads/{back}/preview").json()["profiles"][-1]
    assert (auto["problem"], len(auto["known"]), auto["crs"]) == (None, auto["columns"], "EPSG:4490") and client.delete(
        f"/api/uploads/{back}"
    )
    assert client.get("/api/parks").json() == []  # nothing was stored

    stored = client.post(f"/api/uploads/{upload}/import", json={"profile": "my-town.toml", "dry_run": False}).json()
    assert done(client, stored["job"])["batch"] == 1
    assert client.get("/api/parks").json()[0]["parcels"] == 8
    assert not list(running.inbox.iterdir()), "the files are not needed any more"
    kept = client.get(f"/api/jobs/{stored['job']}/issues").json()
    assert kept["counts"] == counts and kept["next"] is None
    page = client.get(f"/api/jobs/{stored['job']}/issues", params={"limit": 1, "severity": "refused"}).json()
    rest = client.get(f"/api/jobs/{stored['job']}/issues", params={"after": page["next"], "severity": "refused"}).json()
    assert page["items"] + rest["items"] == [one for one in kept["items"] if one["severity"] == "refused"]
    assert (len(page["items"]), page["counts"], rest["next"]) == (1, counts, None)
    assert client.get(f"/api/jobs/{tried['job']}/issues").status_code == 404
    assert client.get(f"/api/uploads/{upload}").status_code == 404


@pytest.fixture
def unsaid(tmp_path) -> tuple[Path, Path]:
    """Give a file of one parcel under two numbers, of which nobody says in which unit its area is, and its profile."""
    square = '"POLYGON((117 33,117.001 33,117.001 33.001,117 33.001,117 33))"'
    parcel, profile = tmp_path / "parcel.csv", tmp_path / "asking.toml"
    parcel.write_text(f"NO,MJ,WKT\nA,15.5,{square}\nB,15.5,{square}\n", encoding="utf-8")
    profile.write_text(
        'name = "asking"\nzh = "问"\nen = "asking"\ncrs = "EPSG:4490"\n[park]\ncode = "p1"\nnames = { p1 = "示例园区" }\n'
        '[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcel_no = "NO"\ncert_area_m2 = { from = "MJ", unit = "ask" }\n',
        encoding="utf-8",
    )
    return parcel, profile


def test_units_and_repairs_are_asked_over_the_service_as_on_the_command_line(running, unsaid):
    client, (parcel, profile) = running.client, unsaid
    upload = send(client, parcel, profile)
    asks = {one["name"]: one["units"] for one in client.get(f"/api/uploads/{upload}/preview").json()["profiles"]}
    (question,) = asks["asking.toml"]
    assert (question["column"], question["field"]["en"]) == ("MJ", "registered area")
    assert {"m2", "mu", "ha"} < set(question["choices"]) and not {"wan", "m"} & set(question["choices"])
    assert asks["landgis-template"] == [], "it does not read the column"
    asked = {"profile": "asking.toml", "dry_run": True, "units": {"MJ": "亩"}, "repairs": ["duplicates"]}
    found = done(client, client.post(f"/api/uploads/{upload}/import", json=asked).json()["job"])
    assert (found["stored"], found["refused"], found["issues"]) == (1, 1, {"414-duplicate-dropped": 1})
    assert client.post(f"/api/uploads/{upload}/import", json=asked | {"repairs": ["all"]}).status_code == 422

    params = {"name": "parcel.csv", "profile": "landgis-template", "park": "p1", "unit": "MJ"}
    wrong = client.post("/api/jobs/ingest", params=params, content=parcel.read_bytes())
    assert wrong.status_code == 422 and "COLUMN=UNIT" in wrong.text
    asked = client.post(
        "/api/jobs/ingest", params=params | {"unit": ["MJ=亩"], "repair": ["snap"]}, content=b"NO\n1\n"
    ).json()
    assert (asked["asked"]["units"], asked["asked"]["repairs"]) == ({"MJ": "亩"}, ["snap"])


def test_what_is_thrown_away_is_gone(running):
    client = running.client
    upload = send(client, EXAMPLE / "ledger.csv")
    assert client.delete(f"/api/uploads/{upload}").status_code == 204
    assert not list(running.inbox.iterdir())
    assert client.get(f"/api/uploads/{upload}/preview").status_code == 404


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../up.csv", "up.csv"),
        ("C:\\Users\\up.csv", "up.csv"),
        ("名 字.csv", "名 字.csv"),
        (".findings-1", None),
        ("..", None),
    ],
)
def test_a_name_stays_a_name_in_its_folder(running, name, kept):
    answer = running.client.post("/api/uploads", params={"name": name}, content=b"a,b\n1,2\n")
    assert answer.status_code == (201 if kept else 422)
    assert [path.name for path in running.inbox.rglob("*") if path.is_file()] == ([kept] if kept else [])


def test_a_profile_is_one_of_ours_or_sent_and_never_a_path(running):
    upload = send(running.client, EXAMPLE / "ledger.csv")
    for name in ("/etc/passwd.toml", "../my-town.toml", str(EXAMPLE / "my-town.toml"), "none"):
        asked = running.client.post(f"/api/uploads/{upload}/import", json={"profile": name, "dry_run": True})
        assert asked.status_code == 404, name
    again = running.client.post(f"/api/uploads/{upload}/files", params={"name": "ledger.csv"}, content=b"x")
    assert again.status_code == 409


def test_a_page_of_somebody_else_sends_nothing(running):
    for method, path in (("POST", "/api/uploads?name=a.csv"), ("DELETE", f"/api/uploads/{'0' * 32}")):
        answer = running.client.request(method, path, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
    assert not running.inbox.exists()


# The wizard in a real browser


@pytest.fixture
def complaints() -> list[str]:
    """Give what a page complains of, as it comes."""
    return []


@pytest.fixture
def page(running, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """Give a page of a real Chromium at the wizard; what it complains of fails the test."""
    opened = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True).new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    own = (running.url, "data:", "blob:")
    opened.on("request", lambda asked: None if asked.url.startswith(own) else complaints.append(asked.url))
    opened.goto(f"{running.url}/import")
    opened.wait_for_selector("body[data-ready]", state="attached")
    yield opened
    opened.context.close()
    assert complaints == []


def test_from_file_to_stock_and_back_in_the_wizard(page: Page, running):
    page.set_input_files("#files", [EXAMPLE / "ledger.csv", EXAMPLE / "my-town.toml"])
    page.wait_for_selector("#look:visible")
    assert page.input_value("#profile") == "my-town.toml"
    assert page.locator(".sketch").count() >= 2  # one a candidate
    assert "known" in page.get_attribute("[data-column=编号]", "class")
    page.click("#setup button")
    page.wait_for_selector("#work [data-state=done]")
    page.wait_for_selector("#problems tr")
    row = page.locator("#problems tr", has_text="318-area-differs")
    row.locator("button").click()
    assert row.get_attribute("aria-selected") == "true"
    shown = page.evaluate("document.getElementById('map').dataset.shown")
    assert shown and page.inner_text("#map-hint") == "ledger 第 4 行"

    page.reload()  # the address is the job: all is there again
    page.wait_for_selector("#problems tr")
    assert page.inner_text("#work h2") == "试导入完成，没有写入任何数据"
    shown = page.locator("#problems tr").count()
    tiles = page.locator("#work .counts")
    told = dict(zip(tiles.locator("dt").all_inner_texts(), tiles.locator("dd").all_inner_texts(), strict=True))
    sorts = page.locator("#severities button").all_inner_texts()
    assert (told["读入行数"], told["整行拒收"]) == (
        "8",
        "0",
    )  # rows, and below them what is wrong, in rows or in single values
    assert sorts[0] == f"全部 {shown} 处" and [one.rpartition(" ")[0].split(" ")[0] for one in sorts[1:]] == [
        "拒收的行或值",
        "存疑",
        "已改",
    ]
    beside = [page.locator("#map path").count() - page.locator("#problems button").count()]  # the outlines of the file
    page.locator("#severities button", has_text="已改").click()
    page.wait_for_selector("#severities [aria-pressed=true]:has-text('已改')")
    if page.is_visible("#map"):
        beside.append(page.locator("#map path").count() - page.locator("#problems button").count())
    page.locator("#severities button", has_text="存疑").click()
    page.wait_for_selector("#severities [aria-pressed=true]:has-text('存疑')")
    beside.append(page.locator("#map path").count() - page.locator("#problems button").count())
    assert len(set(beside)) == 1, beside  # the map has the places of what is listed, and no others
    page.locator("#severities button").first.click()
    page.wait_for_selector("#severities button:first-child[aria-pressed=true]")
    page.click(".bar [data-language=en]")
    assert "Rows refused" in page.inner_text("#work .counts") and page.inner_text("#severities").startswith(
        f"All: {shown}"
    )
    page.click(".bar [data-language=zh]")
    with page.expect_download() as download:
        page.click("#workbook")
    assert openpyxl.load_workbook(BytesIO(download.value.path().read_bytes())).active.max_row == 1 + shown

    page.click("#work .firm")
    page.wait_for_selector("#work h2:has-text('已入库')")
    assert "job=2" in page.url and page.inner_text(".way .now").endswith("入库")
    with database.connect(running.admin_url) as conn:
        assert conn.execute("SELECT count(*) FROM land.parcel WHERE upper_inf(during)").fetchone() == (8,)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#work .grave")
    page.wait_for_selector("#work .warned")
    with database.connect(running.admin_url) as conn:
        assert conn.execute("SELECT count(*) FROM land.parcel WHERE upper_inf(during)").fetchone() == (0,)


def test_units_are_asked_and_repairs_offered_in_the_wizard_by_the_keyboard(page: Page, unsaid, running):
    page.set_input_files("#files", unsaid)
    page.wait_for_selector("#units:visible")
    assert not page.is_checked("[value=snap]") and not page.is_checked("[value=duplicates]")
    page.focus("#setup button")
    page.keyboard.press("Enter")  # nothing is assumed: without an answer nothing is asked of the service
    assert page.evaluate("document.activeElement.dataset.unit") == "MJ"
    assert running.client.get("/api/jobs").json() == []
    for key in ("ArrowDown", "ArrowDown"):  # m², mu
        page.keyboard.press(key)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.click(".bar [data-language=en]")
    assert page.locator("#units legend").inner_text() == "In which units are these columns?"
    assert page.input_value("[data-unit=MJ]") == "mu" and page.is_checked("[value=duplicates]")
    page.focus("#setup button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#work [data-state=done]")
    page.wait_for_selector("#problems tr:has-text('414-duplicate-dropped')")
    (job,) = running.client.get("/api/jobs").json()
    assert (job["asked"]["units"], job["asked"]["repairs"]) == ({"MJ": "mu"}, ["duplicates"])

    page.reload()
    page.wait_for_selector("#work [data-state=done]")
    page.click("#work button:has-text('Change the settings')")
    page.wait_for_selector("#units:visible")
    assert page.input_value("#profile") == "asking.toml" and page.input_value("[data-unit=MJ]") == "mu"
    assert page.is_checked("[value=duplicates]") and not page.is_checked("[value=snap]")
    page.select_option("#profile", "landgis-template")
    assert page.is_hidden("#units"), "that profile does not read the column"
    page.select_option("#profile", "asking.toml")
    page.focus("#setup button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#work .firm")
    page.click("#work .firm")
    page.wait_for_selector("#work h2:has-text('Stored: batch')")
    with database.connect(running.admin_url) as conn:
        rows = conn.execute("SELECT parcel_no, round(cert_area_m2) FROM land.parcel WHERE upper_inf(during)").fetchall()
    assert rows == [("A", 10333)]  # 15.5 mu


def test_problems_that_come_late_do_not_disturb_whoever_went_back(page: Page, unsaid, running):
    page.set_input_files("#files", unsaid)
    page.wait_for_selector("#units:visible")
    page.select_option("[data-unit=MJ]", "mu")
    page.click("#setup button")
    page.wait_for_selector("#problems tr")
    held: list[Route] = []
    page.route(re.compile(r"/api/jobs/\d+/issues\?"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/issues\?")):
        page.reload()
    with page.expect_response(re.compile(r"/preview\?")):
        page.click("#work button:has-text('改设置')")
    page.wait_for_selector("#units:visible")
    with page.expect_response(re.compile(r"/issues\?")):
        held[-1].continue_()
    assert page.input_value("[data-unit=MJ]") == "mu" and page.is_hidden("#work")


def test_a_file_in_an_encoding_nobody_can_tell_waits_for_one_to_be_chosen(page: Page, complaints, tmp_path: Path):
    path = tmp_path / "cadastre.csv"
    path.write_bytes("Parcelle,Propriété,Cédé\nA1,Café,oui\n".encode("ISO-8859-1"))
    page.set_input_files("#files", path)
    page.wait_for_selector("text=文字编码无法判断")
    assert page.is_visible("#encoding") and page.is_hidden("#profile") and page.is_hidden("#setup button")
    page.select_option("#encoding", "ISO-8859-1")
    page.wait_for_selector("[data-column=Propriété]")
    assert page.is_visible("#profile") and page.is_visible("#setup button")
    assert page.locator("text=文字编码无法判断").count() == 0
    assert all("422" in one for one in complaints)  # Chromium notes the refusal
    complaints.clear()


def test_a_ledger_that_nobody_described_makes_a_new_park_in_the_wizard(page: Page, running, tmp_path: Path):
    """The files tell more than any profile: that is chosen. A park nobody knows asks for its name, and keeps it for another try."""
    path = tmp_path / "地块.csv"
    shape = '"POLYGON((117 33,117.001 33,117.001 33.001,117 33.001,117 33))"'
    path.write_text(f"地块编号,坐落,土地使用权人,企业名称,WKT\nA-1,东路 1 号,示例甲,示例甲,{shape}\n", encoding="utf-8")
    page.set_input_files("#files", path)
    page.wait_for_selector("#look:visible")
    assert page.input_value("#profile") == "auto"
    assert page.inner_text("#profile-known").startswith("所选方案认得：土地使用权人、地块编号、坐落。")
    page.fill("#crs, .written input", "EPSG:4490")
    page.click(".written button")
    page.wait_for_selector(".system strong:has-text('4490')")
    assert page.is_hidden("#park-name")
    page.fill("#park", "new")
    page.fill("#park-name", "示例新区")
    page.click("#setup button")
    page.wait_for_selector("#work .firm")
    page.click("#work button:has-text('改设置再试')")
    page.wait_for_selector("#look:visible")
    assert (page.input_value("#park"), page.input_value("#park-name")) == ("new", "示例新区")
    page.click("#setup button")
    page.wait_for_selector("#work .firm")
    page.click("#work .firm")
    page.wait_for_selector("#work h2:has-text('已入库')")
    with database.connect(running.admin_url) as conn:
        assert conn.execute("SELECT park_code, name FROM land.park").fetchall() == [("new", "示例新区")]


def test_a_refusal_is_told_and_the_settings_can_be_changed(page: Page):
    page.set_input_files("#files", [EXAMPLE / "ledger.csv", EXAMPLE / "my-town.toml"])
    page.wait_for_selector("#look:visible")
    page.select_option("#profile", "nyc-pluto")
    assert page.is_disabled("#setup button") and "不认得" in page.inner_text("#profile-known")
    page.check("[name=crs] >> nth=0")
    page.wait_for_selector("[name=crs]:checked, .system strong", state="attached")
    page.wait_for_selector("#sending", state="hidden")
    page.click("#setup button")
    page.wait_for_selector("#work [data-state=refused]")
    assert page.inner_text("#work .refusal")
    page.click("#work button:has-text('改设置再试')")
    page.wait_for_selector("#look:visible")
    page.click("#again")
    page.wait_for_selector("#choose:visible")
    assert "upload" not in page.url
