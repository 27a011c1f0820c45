"""Pencil, ruler and paper on the map: an area drawn and pasted, two days side by side, a sheet downloaded."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from landgis.store import database
from landgis.workflows.assess import assess
from landgis.workflows.ingest import ingest
from tests.browser.conftest import Watched, serving
from tests.conftest import RULES, SAMPLE_DAY, Databases

Open = Callable[..., Watched]
EARLIER = date(2025, 3, 31)


@pytest.fixture(scope="module")
def two_days(databases: Databases, city_file) -> Iterator[SimpleNamespace]:
    """Give a service over the sample city assessed for two days: run 1 for the earlier, run 2 for the later."""
    name, made = databases.copy("landgis")
    with database.connect(made.app_url) as conn:
        ingest(conn, [city_file], "landgis-template")
        for day in (EARLIER, SAMPLE_DAY):
            assess(conn, None, RULES, day)
    with serving(made.app_url, tile_timeout_s=30) as address:
        yield SimpleNamespace(url=address, admin_url=made.admin_url)
    databases.drop(name)


@pytest.fixture
def map_page(watched: Open, two_days: SimpleNamespace) -> Page:
    page = watched(f"{two_days.url}/map?run=2&at=32.977,115.172,15").page
    page.wait_for_timeout(100)
    return page


def test_an_area_that_is_drawn_equals_postgis_and_snaps_to_corners(map_page: Page, two_days: SimpleNamespace) -> None:
    map_page.click("#tool-area")
    box = map_page.locator(".folium-map").bounding_box()
    for x, y in ((420, 160), (720, 180), (730, 400), (430, 420)):
        map_page.mouse.click(box["x"] + x, box["y"] + y)
    map_page.keyboard.press("Enter")
    expect(map_page.locator("#desk-card dl")).to_be_visible()
    shape = map_page.evaluate(
        "(() => { let found = null; map_parcels.eachLayer((l) => { if (l.feature) found = l.feature; }); return found; })()"
    )
    size_m2 = float(map_page.evaluate("map_parcels.getContainer().dataset.area"))
    with database.connect(two_days.admin_url) as conn:
        drawn_m2, inside, corners = conn.execute(
            """WITH drawn AS (SELECT ST_SetSRID(ST_GeomFromGeoJSON(%s), 4490) AS shape)
            SELECT ST_Area(shape::geography),
                (SELECT count(*) FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
                 WHERE t.run = 2 AND ST_Area(ST_Intersection(p.geom, shape)::geography) > p.geom_area_m2 / 2),
                (SELECT count(*) FROM ST_DumpPoints(shape) AS d WHERE EXISTS (
                    SELECT FROM land.parcel AS p, ST_DumpPoints(p.geom) AS c
                    WHERE p.geom && ST_Expand(d.geom, 1e-4) AND ST_Distance(c.geom::geography, d.geom::geography) < 2))
            FROM drawn""",
            (json.dumps(shape["geometry"]),),
        ).fetchone()
    assert size_m2 == pytest.approx(drawn_m2, rel=1e-3)
    assert f"{inside} 宗" in map_page.inner_text("#desk-card")
    assert corners >= 1
    map_page.click("#desk-card button:has-text('只看这些地块')")
    expect(map_page.locator("#legend-total")).to_contain_text(str(inside))
    map_page.keyboard.press("Escape")
    expect(map_page.locator("#desk-card")).to_be_hidden()


def test_one_tool_draws_at_a_time(map_page: Page, screenshots: Path | None) -> None:
    box = map_page.locator(".folium-map").bounding_box()
    corners = map_page.locator(".folium-map path.leaflet-interactive, .folium-map svg path")

    def click(x: int, y: int) -> None:
        map_page.mouse.click(box["x"] + x, box["y"] + y)

    map_page.click("#tool-measure")
    click(500, 200)
    map_page.click("#tool-area")
    expect(map_page.locator("#measure-card")).to_be_hidden()
    assert map_page.get_attribute("#tool-measure", "aria-pressed") == "false"
    click(500, 250)
    expect(corners).to_have_count(1)  # the corner of the area, and no point of a length
    map_page.click("#tool-measure")
    expect(map_page.locator("#desk-card")).to_be_hidden()
    map_page.click("#tool-measure")

    map_page.click("#tool-area")
    map_page.fill(
        "#desk-card textarea", "POLYGON((115.171 32.976,115.173 32.976,115.173 32.978,115.171 32.978,115.171 32.976))"
    )
    map_page.click("#desk-card button[type=submit]")
    expect(
        map_page.locator("#desk-card dl")
    ).to_be_visible()  # it is drawn: a length may be measured beside what it tells
    map_page.click("#tool-measure")
    desk, card = (map_page.locator(one).bounding_box() for one in ("#desk-card", "#measure-card"))
    assert card["x"] >= desk["x"] + desk["width"]
    if screenshots:
        map_page.screenshot(path=screenshots / "measuring-beside-an-area.png")


def test_an_area_is_pasted_and_a_wrong_one_refused_in_words(watched: Open, two_days: SimpleNamespace) -> None:
    one = watched(f"{two_days.url}/map?run=2")
    map_page = one.page
    map_page.click("#tool-area")
    map_page.fill("#desk-card textarea", "POLYGON EMPTY")
    map_page.click("#desk-card form button")
    expect(map_page.locator("#desk-card .wrong")).to_contain_text("GeoJSON")
    one.complaints.clear()  # the browser notes the 422 by itself
    map_page.fill("#desk-card textarea", "POLYGON((115.163 32.968, 115.176 32.967, 115.179 32.975, 115.163 32.968))")
    map_page.click("#desk-card form button")
    expect(map_page.locator("#desk-card dl")).to_contain_text("公顷")


def test_two_days_stand_side_by_side_with_what_moved(map_page: Page, two_days: SimpleNamespace) -> None:
    map_page.click("#tool-comparing")
    expect(map_page.locator("#desk-card")).to_contain_text(EARLIER.isoformat())
    expect(map_page.locator("#moved-runs tbody tr")).not_to_have_count(0)
    with database.connect(two_days.admin_url) as conn:
        moved = conn.execute(
            """SELECT count(*) FROM land.triage AS a JOIN land.triage AS b USING (parcel_id)
            WHERE a.run = 1 AND b.run = 2 AND a.answer <> b.answer"""
        ).fetchone()[0]
    counts = map_page.eval_on_selector_all(
        "#moved-runs tbody td:nth-child(3)", "all => all.map((one) => Number(one.innerText))"
    )
    assert sum(counts) == moved > 0
    with map_page.expect_download() as download:
        map_page.click("#desk-card a[data-kind=csv]")
    lines = download.value.path().read_text("utf-8-sig").splitlines()[1:]
    rows = [line.split(",") for line in lines]
    assert (
        sum(int(row[3]) for row in rows if row[1] != row[2]) == moved
        and f"（{EARLIER} #1）" in download.value.path().read_text()
    )
    assert map_page.get_attribute("#desk-card a[data-kind=xlsx]", "href").startswith("/api/runs/2/moved.xlsx?before=1")
    map_page.focus("#swipe")
    before = map_page.evaluate("getComputedStyle(document.querySelector('.leaflet-other-side-pane')).clip")
    map_page.keyboard.press("ArrowRight")
    assert map_page.evaluate("getComputedStyle(document.querySelector('.leaflet-other-side-pane')).clip") != before
    map_page.locator("#moved-runs .link").first.click()
    expect(map_page.locator("#legend-total")).to_contain_text(str(counts[0]))
    assert map_page.locator("#moved-cut").count() == 0


def test_where_a_click_shows_fewer_parcels_than_moved_it_is_said(map_page: Page) -> None:
    def cut(route: Route) -> None:
        told = route.fetch().json()
        for move in told["moves"]:
            del move["parcel_nos"][1:]
        route.fulfill(json=told)

    map_page.route("**/moved?*", cut)
    map_page.click("#tool-comparing")
    expect(map_page.locator("#moved-cut")).to_contain_text("CSV")


def test_a_sheet_of_what_is_on_the_screen_is_downloaded(map_page: Page) -> None:
    map_page.click("#tool-paper")
    map_page.select_option("#paper-form select >> nth=0", "a3")
    map_page.fill("#paper-form input >> nth=1", "内部")
    with map_page.expect_request("**/sheet.pdf?*") as asked, map_page.expect_download() as download:
        map_page.click("#paper-form button")
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert re.search(r"paper=a3", asked.value.url) and "secrecy=%E5%86%85%E9%83%A8" in asked.value.url


def test_the_desk_has_no_grave_barrier_in_either_language(watched: Open, two_days: SimpleNamespace) -> None:
    page = watched(f"{two_days.url}/map?run=2&lang=en").page
    for tool in ("area", "comparing", "paper"):
        page.focus(f"#tool-{tool}")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#desk-card[data-tool={tool}]")
    found = Axe().run(page, context="#desk-card").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert not re.search(r"[\u4e00-\u9fff]", page.inner_text("#desk-card"))


def test_an_address_brings_its_area_and_the_other_day_back(watched: Open, two_days: SimpleNamespace) -> None:
    page = watched(f"{two_days.url}/map?run=2").page
    page.click("#tool-area")
    page.fill("#desk-card textarea", "POLYGON((115.163 32.968, 115.176 32.967, 115.179 32.975, 115.163 32.968))")
    page.click("#desk-card form button")
    expect(page.locator("#desk-card dl")).to_be_visible()
    page.wait_for_url("**area=*")
    said = page.inner_text("#desk-card dl")
    again = watched(page.url).page
    expect(again.locator("#desk-card dl")).to_have_text(said, use_inner_text=True)

    again.click("#tool-comparing")
    again.wait_for_url("**compare=1*")
    assert "area=" not in again.url
    once_more = watched(again.url).page
    expect(once_more.locator("#desk-card")).to_contain_text(EARLIER.isoformat())
    expect(once_more.locator("#swipe-edge span").first).to_contain_text(EARLIER.isoformat())


COLOURS = """async (id) => {
  const { sheet, want, rowOf } = await import("landgis/sheet.js");
  await want(["place"]);
  const { lon, lat } = sheet.columns.place;
  const row = rowOf(id);
  map_parcels.setView([lat[row], lon[row]], 18, { animate: false });
  const { x, y } = map_parcels.latLngToContainerPoint([lat[row], lon[row]]);
  const stage = map_parcels.getContainer().getBoundingClientRect();
  const seen = (pane) => {
    const found = new Set();
    for (const canvas of map_parcels.getPane(pane).querySelectorAll("canvas")) {
      const box = canvas.getBoundingClientRect();
      const [left, top] = [x + stage.x - box.x, y + stage.y - box.y];
      if (left < 0 || top < 0 || left >= box.width || top >= box.height) continue;
      const scale = canvas.width / box.width;
      const { data } = canvas.getContext("2d").getImageData((left - 4) * scale, (top - 4) * scale, 9 * scale, 9 * scale);
      const hex = (one) => one.toString(16).padStart(2, "0");
      for (let i = 0; i < data.length; i += 4) found.add("#" + [...data.subarray(i, i + 3)].map(hex).join(""));
    }
    return [...found];
  };
  const isDrawn = (colours) => colours.some((one) => one !== "#000000");
  let both = [[]];
  for (let tried = 0; tried < 20 && !both.every(isDrawn); tried += 1) {
    await new Promise((resolve) => setTimeout(resolve, 800));
    both = [seen("other-side"), seen("tilePane")];
  }
  return both;
}"""


def test_two_scenarios_stand_side_by_side_on_the_map(watched: Open, two_days: SimpleNamespace, screenshots) -> None:
    page = watched(f"{two_days.url}/map?run=2&dock=weights").page
    page.wait_for_selector("#weights-sliders input")
    moved = page.evaluate(
        """async () => {
        const { trial, weigh, official } = await import("landgis/trial.js");
        const { choose } = await import("landgis/choice.js");
        const { idAt } = await import("landgis/sheet.js");
        const { view } = await import("landgis/view.js");
        const weights = Object.fromEntries(trial.model.populations.map((one) =>
          [one.code, Object.fromEntries(one.indicators.map((item, i) => [item.measure, i ? 0.01 : 0.95]))]));
        choose({ weights });
        const { grade } = trial.made;
        const row = trial.model.parcels.findIndex((one) => one >= 0 && grade[one] !== trial.model.subjects.grade[one]);
        const subject = trial.model.parcels[row];
        const fill = (letter) => view.fieldPaints.grade[letter].fill;
        return [idAt(row), fill(trial.model.subjects.grade[subject]), fill(grade[subject])]; }"""
    )
    page.click("#compare-map")
    expect(page.locator("#swipe-edge span").first).to_have_text("正式结果")
    page.wait_for_url("**left=official*")
    assert "colour=grade" in page.url
    parcel_id, before, after = moved
    left, right = page.evaluate(COLOURS, parcel_id)
    assert before in left and after not in left
    assert after in right and before not in right
    if screenshots:
        page.screenshot(path=screenshots / "scenarios.png")
    again = watched(page.url).page
    expect(again.locator("#swipe-edge span").first).to_have_text("正式结果")
    page.click("#compare-map")
    expect(page.locator("#swipe")).to_be_hidden()
