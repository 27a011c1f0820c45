"""The map in a real browser over the real service: what a planner sees, asks and prints."""

import json
import re
import socket
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from pyproj import Geod

from landgis.store import database
from landgis.terms.units import M2_PER_MU, mu
from landgis.workflows import publish
from landgis.workflows.explain import explain
from tests.browser.conftest import HOSTILE, HOSTILE_PARCELS, Watched, serving

Open = Callable[..., Watched]
WEB = Path(__file__).parents[2] / "web"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def ask(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


def found(service: str, text: str) -> list[dict[str, Any]]:
    return ask(f"{service}/api/runs/1/search?" + urllib.parse.urlencode({"q": text, "limit": 20}))["items"]


@pytest.fixture(scope="module")
def parcels(sample: SimpleNamespace) -> Iterator[dict[str, dict[str, Any]]]:
    """Give why of one parcel of each answer, and of one that a test suspects ("tested"), at its line ("edge"), by a share ("stopped")."""
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        ledger = publish.runs.read_ledger(conn, 1)
        first = {answer: int(rows["parcel_id"].iloc[0]) for answer, rows in ledger.groupby("answer")}
        edge = conn.execute("SELECT parcel_id FROM land.finding WHERE run = 1 AND finding = 'suspected' AND margin = 0")
        first["edge"] = edge.fetchone()[0]
        stopped = conn.execute(
            "SELECT parcel_id FROM land.finding WHERE run = 1 AND finding = 'suspected' AND test = 'production_stopped'"
        )
        first["stopped"] = stopped.fetchone()[0]
        first["tested"] = int(ledger.loc[ledger["tests"].str.len() > 0, "parcel_id"].iloc[0])
        yield {answer: explain(conn, 1, number) for answer, number in first.items()}


def zoom_to(page: Page, bbox: list[float], zoom: int = 17) -> None:
    west, south, east, north = bbox
    page.evaluate(
        "([y, x, z]) => map_parcels.setView([y, x], z, {animate: false})",
        [(south + north) / 2, (west + east) / 2, zoom],
    )
    page.wait_for_timeout(50)
    page.wait_for_selector("#loading", state="hidden")


def screen(page: Page, bbox: list[float]) -> tuple[float, float]:
    """Where the middle of a box lies in the window."""
    west, south, east, north = bbox
    point = page.evaluate(
        """([y, x]) => { const p = map_parcels.latLngToContainerPoint([y, x]);
        const box = map_parcels.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]; }""",
        [(south + north) / 2, (west + east) / 2],
    )
    return point[0], point[1]


def colour(page: Page, bbox: list[float]) -> tuple[int, ...]:
    """The colour drawn over a place: the mean of its surroundings, so that hatching does not matter."""
    west, south, east, north = bbox
    return tuple(
        page.evaluate(
            """([y, x]) => {
            let found = null;
            map_parcels.eachLayer((layer) => { if (layer._source) for (const key in layer._tiles) {
              const d = layer._tiles[key].el.drawing, p = map_parcels.project([y, x], d.coords.z).divideBy(d.size);
              if (Math.floor(p.x) === d.coords.x && Math.floor(p.y) === d.coords.y) found = [d.canvas, p.x % 1, p.y % 1];
            } });
            const [canvas, right, down] = found, n = 12;
            const left = right * canvas.width - n / 2, top = down * canvas.height - n / 2;
            const { data } = canvas.getContext('2d').getImageData(left, top, n, n);
            const sum = [0, 0, 0];
            for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += data[i + c];
            return sum.map((one) => Math.round(one / (n * n))); }""",
            [(south + north) / 2, (west + east) / 2],
        )
    )


def why(page: Page) -> str:
    page.wait_for_selector("#why .steps")
    return page.inner_text("#why")


# It opens, and asks nobody else


def test_a_page_is_light_and_loads_no_library_it_does_not_need(watched: Open, service: str) -> None:
    one = watched(f"{service}/map")
    names = {urllib.parse.urlsplit(url).path for url in one.requests if not url.startswith("data:")}
    vendored = {name for name in names if name.startswith("/vendor/")}
    assert vendored == {
        "/vendor/leaflet/dist/leaflet.js", "/vendor/leaflet/dist/leaflet.css", "/vendor/pbf/index.js",
        "/vendor/@mapbox/vector-tile/index.js", "/vendor/@mapbox/point-geometry/index.js",
    }  # fmt: skip
    size = one.page.evaluate(
        "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.decodedBodySize, 0)"
    )
    assert size < 1_000_000


def test_it_draws_without_webgl(map_page: Page, parcels: dict[str, Any]) -> None:
    assert map_page.evaluate("document.createElement('canvas').getContext('webgl')") is None
    zoom_to(map_page, parcels["exit"]["parcel"]["bbox"])
    red, green, blue = colour(map_page, parcels["exit"]["parcel"]["bbox"])
    assert red > 140 and green < 110 and blue < 110


def test_the_legend_is_the_run_in_parcels_and_the_chosen_unit(map_page: Page, service: str) -> None:
    triage = ask(f"{service}/api/runs/1")["triage"]
    for unit, size, decimals in (("mu", float(M2_PER_MU), 1), ("ha", 10_000, 2), ("m2", 1, 0)):
        map_page.select_option("#unit", unit)
        for answer, land in triage.items():
            row = map_page.inner_text(f"tr:has([data-answer={answer}])")
            assert f"{land['parcels']:,}" in row
            shown = float(row.split()[-1].replace(",", ""))
            assert shown == pytest.approx(
                land["area_m2"] / size, abs=land["parcels"] * 0.05 / size + 0.5 * 10**-decimals
            )
        assert "600" in map_page.inner_text("#legend-total")


def test_the_legend_follows_the_park(map_page: Page, service: str) -> None:
    run = ask(f"{service}/api/runs/1")
    park = run["parks"][1]
    map_page.select_option("#park", park["park_code"])
    parcels = sum(land["parcels"] for land in run["triage_by_park"][park["park_code"]].values())
    assert map_page.inner_text("#legend-total").split()[1] == str(parcels)
    map_page.wait_for_timeout(600)
    west, south, east, north = park["bbox"]
    inside = map_page.evaluate(
        "([y, x]) => map_parcels.getBounds().contains([y, x])", [(south + north) / 2, (west + east) / 2]
    )
    assert inside and map_page.evaluate("map_parcels.getZoom()") >= 14


# Hover and click


def test_hover_tells_number_area_advice_and_score(map_page: Page, service: str, parcels: dict[str, Any]) -> None:
    map_page.evaluate("async () => (await import('landgis/sheet.js')).want(['total'])")
    scored = {one["parcel_id"]: one["total"] for one in ask(f"{service}/api/runs/1/parcels?limit=1000")["items"]}
    for given in parcels.values():
        zoom_to(map_page, given["parcel"]["bbox"])
        x, y = screen(map_page, given["parcel"]["bbox"])
        map_page.mouse.move(x + 300, y + 200)
        map_page.mouse.move(x, y)
        map_page.wait_for_selector(f"#hover-card:has-text({json.dumps(given['parcel']['parcel_no'])})")
        card = map_page.inner_text("#hover-card")
        area = mu(given["parcel"]["area_m2"])
        assert f"{area:.1f}" in card or f"{area:.2f}".rstrip("0").rstrip(".") in card
        assert {"exit": "退出", "swap": "置换", "upgrade": "提升", "leave": "保留", "data_first": "先补数据"}[
            given["triage"]["answer"]
        ] in card
        total = scored[given["parcel"]["parcel_id"]]
        assert total is None or f"{total:.2f}".rstrip("0").rstrip(".") in card


def test_click_tells_why_from_facts_to_answer(map_page: Page, parcels: dict[str, Any]) -> None:
    given = parcels["exit"]
    zoom_to(map_page, given["parcel"]["bbox"])
    map_page.mouse.click(*screen(map_page, given["parcel"]["bbox"]))
    text = why(map_page)
    assert map_page.inner_text("#why h2") == given["parcel"]["parcel_no"]
    assert [title.split("\n")[0] for title in map_page.locator("#why .steps h3").all_inner_texts()] == [
        "事实",
        "检验",
        "关口",
        "建议",
    ]
    assert given["triage"]["reason"]["zh"] in text
    assert given["source"]["file"] in text
    for finding in given["findings"]:
        if finding["finding"] == "suspected":
            article = map_page.inner_text(
                f"#why .test.suspected:has-text({json.dumps(finding['title']['zh'], ensure_ascii=False)})"
            )
            assert "疑似" in article and finding["article"] in article


def test_between_two_shares_lie_percentage_points(map_page: Page, parcels: dict[str, Any]) -> None:
    """99.9 % where 80 % is the line: 19.9 points beyond it, which are 24.9 % of the line."""
    found = next(one for one in parcels["stopped"]["findings"] if one["test"] == "production_stopped")
    zoom_to(map_page, parcels["stopped"]["parcel"]["bbox"])
    map_page.mouse.click(*screen(map_page, parcels["stopped"]["parcel"]["bbox"]))
    points, share = 100 * (found["value"] - found["threshold"]), 100 * (found["value"] / found["threshold"] - 1)
    assert re.search(rf"超出 {points:.1f} 个百分点\s*为标准的 {share:.1f}%", why(map_page))


def test_what_stands_at_its_line_is_said_to(map_page: Page, parcels: dict[str, Any]) -> None:
    """Two signs of four are asked for and two are there: nothing is lacking (尚差 0)."""
    bbox = parcels["edge"]["parcel"]["bbox"]
    zoom_to(map_page, bbox)
    map_page.mouse.click(*screen(map_page, bbox))
    assert "恰好等于标准" in why(map_page) and not re.search(r"尚差 0(?![.\d])", why(map_page))


def test_what_is_unknown_is_said_and_never_zero(map_page: Page, parcels: dict[str, Any]) -> None:
    given = parcels["data_first"]
    unknown = [finding for finding in given["findings"] if finding["finding"] == "unknown"]
    assert unknown
    zoom_to(map_page, given["parcel"]["bbox"])
    map_page.mouse.click(*screen(map_page, given["parcel"]["bbox"]))
    why(map_page)
    cards = map_page.locator("#why .test.unknown").all_inner_texts()
    assert len(cards) == len(unknown)
    for card in cards:
        assert re.search(r"实际\s+不明", card) and "缺少" in card
        assert not re.search(r"缺少\s+.*[a-z]_[a-z]", card), "a column is named by its words"


def test_scores_add_up_to_the_total_that_is_shown(map_page: Page, parcels: dict[str, Any], service: str) -> None:
    given = next(one for one in parcels.values() if one["grades"] and one["grades"][0]["total"] is not None)
    zoom_to(map_page, given["parcel"]["bbox"])
    map_page.mouse.click(*screen(map_page, given["parcel"]["bbox"]))
    why(map_page)
    table = map_page.locator("#why .score-table").first
    parts = [float(text.replace(",", "")) for text in table.locator("tbody td.score").all_inner_texts()]
    total = float(table.locator("tfoot td").inner_text().replace(",", ""))
    assert sum(parts) == pytest.approx(total, abs=0.005 * (len(parts) + 1))


# Search, by keyboard alone


@pytest.mark.parametrize("by", ["parcel", "enterprise"])
def test_search_by_keyboard_alone(map_page: Page, parcels: dict[str, Any], by: str) -> None:
    given = parcels["upgrade"]
    text = given["parcel"]["parcel_no"] if by == "parcel" else given["enterprises"][0]["name"]
    for _ in range(16):  # the skip link, languages, the other pages
        map_page.keyboard.press("Tab")
        if map_page.evaluate("document.activeElement.id") == "search":
            break
    map_page.keyboard.type(text)
    map_page.wait_for_selector("#search-list [role=option]")
    while given["parcel"]["parcel_no"] not in map_page.inner_text("#search-list [aria-selected=true]"):
        map_page.keyboard.press("ArrowDown")
    map_page.keyboard.press("Enter")
    why(map_page)
    assert map_page.inner_text("#why h2") == given["parcel"]["parcel_no"]
    map_page.wait_for_timeout(500)
    assert map_page.evaluate("map_parcels.getZoom()") >= 15
    assert map_page.evaluate("document.activeElement.id") == "why-close"
    map_page.keyboard.press("Escape")
    assert map_page.is_hidden("#why")
    assert map_page.evaluate("document.activeElement.id") == "search"


def test_search_that_finds_nothing_says_what_to_do(map_page: Page) -> None:
    map_page.fill("#search", "没有这样的企业")
    map_page.wait_for_selector("#search-status.in-sight")
    assert "换用" in map_page.inner_text("#search-status")


def test_every_control_has_a_name_and_shows_its_focus(map_page: Page) -> None:
    nameless = map_page.evaluate(
        """[...document.querySelectorAll('button, input, select, [role=listbox]')].filter((e) => e.offsetParent
        && !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML)"""
    )
    assert nameless == []
    seen = set()
    for _ in range(60):
        map_page.keyboard.press("Tab")
        focus = map_page.evaluate(
            """(() => { const e = document.activeElement, s = getComputedStyle(e);
            return [e.id || e.className || e.tagName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; })()"""
        )
        seen.add(focus[0])
        if focus[0] not in ("BODY", "HTML"):
            assert focus[1], f"{focus[0]} does not show its focus"
    assert {"search", "park", "tool-zoom-in", "tool-measure", "tool-print", "tool-fullscreen"} <= seen


# Two languages


def test_english_is_complete(watched: Open, service: str, parcels: dict[str, Any]) -> None:
    page = watched(f"{service}/map?run=1").page
    page.click("[data-language=en]")
    assert page.get_attribute("html", "lang") == "en"
    assert page.title() == "Land stock map"
    assert "lang=en" in page.url
    zoom_to(page, parcels["data_first"]["parcel"]["bbox"])
    page.mouse.click(*screen(page, parcels["data_first"]["parcel"]["bbox"]))
    why(page)
    page.evaluate("document.querySelectorAll('#why details').forEach((one) => { one.open = true; })")
    data = json.dumps(parcels["data_first"], ensure_ascii=False, default=str) + "".join(
        park["name"] for park in ask(f"{service}/api/runs/1")["parks"]
    )
    shown = page.evaluate(
        """(() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
        while (walk.nextNode()) { const e = walk.currentNode.parentElement;
          if (!e.closest('script, style, [lang]:not(html)')) texts.push(walk.currentNode.data.trim()); }
        for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]')) texts.push(e.ariaLabel, e.title, e.placeholder);
        return texts.filter(Boolean); })()"""
    )
    parts = {part for text in shown for part in re.split(" · |, ", text)}
    assert [part for part in parts if CHINESE.search(part) and part not in data] == []
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    assert page.inner_text("h1") == "Land stock map"


# Layers by finding


def test_a_finding_brings_out_its_parcels_without_another_tile(
    watched: Open, service: str, parcels: dict[str, Any]
) -> None:
    one = watched(f"{service}/map")
    page = one.page
    suspected = parcels["tested"]
    test = suspected["triage"]["tests"].strip("|").split("|")[0]
    clear = parcels["leave"]["parcel"]["bbox"]
    zoom_to(page, clear)
    before = colour(page, clear)
    asked = len([url for url in one.requests if "/tiles/" in url])
    page.check(f"#finding-list input[value={test}]")
    after = colour(page, clear)
    assert after != before and max(after) - min(after) < 8, "a parcel the test does not suspect is grey"
    assert len([url for url in one.requests if "/tiles/" in url]) == asked
    zoom_to(page, suspected["parcel"]["bbox"])
    drawn = colour(page, suspected["parcel"]["bbox"])
    assert max(drawn) - min(drawn) > 20, "a suspected one keeps its colour"
    page.click("#findings-clear")
    zoom_to(page, clear)
    assert colour(page, clear) == before


def test_an_answer_can_be_hidden(map_page: Page, parcels: dict[str, Any]) -> None:
    box = parcels["upgrade"]["parcel"]["bbox"]
    zoom_to(map_page, box)
    map_page.click("[data-answer=upgrade]")
    assert colour(map_page, box) == (0, 0, 0), "nothing is drawn there"
    map_page.mouse.move(*screen(map_page, box))
    map_page.wait_for_timeout(200)
    assert map_page.is_hidden("#hover-card")
    assert map_page.get_attribute("[data-answer=upgrade]", "aria-pressed") == "false"
    map_page.click("[data-answer=upgrade]")
    assert colour(map_page, box) != (0, 0, 0)


# Measuring, full screen, scale


@pytest.mark.parametrize(
    "ring",
    [
        [(115.2, 33.0), (115.201, 33.0), (115.201, 33.001), (115.2, 33.001)],
        [(120.1, 30.1), (120.14, 30.12), (120.11, 30.16)],
        [(-73.95, 40.7), (-73.94, 40.7), (-73.945, 40.71)],
        [(110.0, -0.01), (110.02, -0.01), (110.02, 0.01), (110.0, 0.01)],
    ],
)
def test_measuring_agrees_with_the_ellipsoid(map_page: Page, ring: list[tuple[float, float]]) -> None:
    cgcs2000 = Geod(a=6378137, rf=298.257222101)
    lons, lats = zip(*ring, strict=True)
    area, _ = cgcs2000.polygon_area_perimeter(lons, lats)
    _, _, length = cgcs2000.inv(lons[0], lats[0], lons[1], lats[1])
    measured = map_page.evaluate(
        """async (ring) => { const { area, distance } = await import('landgis/measure.js');
        const places = ring.map(([lng, lat]) => ({ lng, lat })); return [area(places), distance(places[0], places[1])]; }""",
        ring,
    )
    assert measured[0] == pytest.approx(
        abs(area), rel=2e-4
    )  # an edge of kilometres: straight on the map, or a geodesic
    assert measured[1] == pytest.approx(length, rel=1e-6)


def test_measuring_on_the_map(map_page: Page) -> None:
    map_page.click("#tool-measure")
    for x, y in ((600, 300), (900, 300), (900, 560)):
        map_page.mouse.click(x, y)
        map_page.wait_for_timeout(350)
    card = map_page.inner_text("#measure-card")
    assert "亩" in card and "公顷" in card and "㎡" in card and "公里" in card
    assert map_page.is_hidden("#why"), "a click that measures asks for no parcel"
    map_page.keyboard.press("Escape")
    assert map_page.is_hidden("#measure-card")


def test_full_screen_and_scale(map_page: Page) -> None:
    map_page.click("#tool-fullscreen")
    map_page.wait_for_selector("#tool-fullscreen[aria-pressed=true]")
    assert map_page.get_attribute("#tool-fullscreen", "aria-label") == "退出全屏"
    map_page.click("#tool-fullscreen")
    map_page.wait_for_selector("#tool-fullscreen[aria-pressed=false]")
    assert re.fullmatch(r"\d+ k?m", map_page.inner_text(".leaflet-control-scale-line"))
    covered = """() => { const { left, right, top, bottom } = document.querySelector(".leaflet-control-scale-line").getBoundingClientRect();
      return !document.elementFromPoint((left + right) / 2, (top + bottom) / 2).closest(".leaflet-control-scale"); }"""
    assert not map_page.evaluate(covered)
    map_page.click("[data-dock=table]")
    assert not map_page.evaluate(covered)


# Print


def test_the_sheet_is_one_a4_page_lying(map_page: Page, tmp_path: Path) -> None:
    sheet = map_page.pdf(prefer_css_page_size=True, print_background=True)
    assert re.findall(rb"/Count (\d+)", sheet) == [b"1"]
    width, height = (float(side) for side in re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", sheet).groups())
    assert (width, height) == pytest.approx((841.9, 595.3), abs=1)


def test_the_sheet_says_what_when_and_which_run(map_page: Page) -> None:
    map_page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    text = map_page.inner_text("body")
    for part in (
        "存量用地处置建议图",
        "数据日期",
        "2026-06-30",
        "#1",
        "北",
        "退出",
        "亩",
        "公顷",
        "示例园区 01",
        "CGCS2000",
    ):
        assert part in text
    for screen_only in (".tools", ".search", ".places", "#finding-list", "#notices", "#plan-part"):
        assert map_page.is_hidden(screen_only)
    assert map_page.is_visible(".leaflet-control-scale-line")
    map_page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert map_page.is_visible(".tools")


def test_the_sheet_names_what_it_is_coloured_and_filtered_by(watched: Open, service: str) -> None:
    page = watched(f"{service}/map?colour=far&filter=answer = 'exit'").page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#print-title")).to_have_text("存量用地图：容积率")
    expect(page.locator("#print-filter")).to_have_text("筛选条件：answer = 'exit'；未入选的地块为灰色")


# Names that are not only names


def test_hostile_names_are_shown_and_run_nothing(watched: Open, hostile_service: str) -> None:
    page = watched(f"{hostile_service}/map").page
    assert HOSTILE[1] in page.inner_text("#park")
    for name in HOSTILE_PARCELS:
        page.fill("#search", name)
        page.locator("#search-list .found-no").get_by_text(name, exact=True).wait_for()
        item = next(item for item in found(hostile_service, name) if item["parcel_no"] == name)
        while name != page.inner_text("#search-list [aria-selected=true] .found-no"):
            page.keyboard.press("ArrowDown")
        page.press("#search", "Enter")
        page.wait_for_selector("#why .steps")
        page.wait_for_timeout(500)
        assert page.inner_text("#why h2") == name
        assert HOSTILE[0] in page.inner_text("#why .facts"), "the owner"
        assert HOSTILE[1] in page.inner_text("#why .why-park"), "the park"
        page.keyboard.press("Escape")
        zoom_to(page, item["bbox"], 18)
        x, y = screen(page, item["bbox"])
        page.mouse.move(x + 60, y + 60)
        page.mouse.move(x, y)
        page.wait_for_selector("#hover-card")
    page.click("[data-language=en]")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert HOSTILE[1] in page.inner_text("#print-parks")
    assert page.evaluate("window.ran") is None
    assert page.locator("body img").count() == 0


# One file


@pytest.fixture(scope="module")
def map_file(sample: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the sample city's map as one file."""
    path = tmp_path_factory.mktemp("usb") / "一张图.html"
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        publish.map_file(conn, 1, path, language="zh", base_maps=[], web=WEB)
    return path


def test_one_file_works_without_any_host(watched: Open, map_file: Path, parcels: dict[str, Any]) -> None:
    one = watched(map_file.as_uri(), offline=True)
    page = one.page
    given = parcels["exit"]
    page.fill("#search", given["parcel"]["parcel_no"])
    page.wait_for_selector("#search-list [role=option]")
    page.press("#search", "Enter")
    assert given["triage"]["reason"]["zh"] in why(page)
    page.wait_for_timeout(600)
    assert colour(page, given["parcel"]["bbox"])[0] > 140
    page.click("[data-language=en]")
    assert page.title() == "Land stock map"
    assert [url for url in one.requests if not url.startswith(("data:", "blob:"))] == [map_file.as_uri()]


# When something is missing


def test_a_tile_that_fails_says_so_and_is_tried_again(watched: Open, service: str) -> None:
    one = watched(f"{service}/map")
    page = one.page
    page.route("**/tiles/**", lambda route: route.fulfill(status=500, body="{}"))
    page.click("#tool-zoom-in")
    page.wait_for_selector(".notice[data-kind=tiles]")
    assert "没有取到" in page.inner_text(".notice") and "重试" in page.inner_text(".notice")
    page.unroute("**/tiles/**")
    page.click(".notice .quiet")
    page.wait_for_selector(".notice", state="detached")
    assert all("500" in complaint for complaint in one.complaints)
    one.complaints.clear()


def test_a_refusal_is_shown_in_its_own_words(watched: Open, service: str, parcels: dict[str, Any]) -> None:
    one = watched(f"{service}/map")
    page = one.page
    words = {
        "what": {"zh": "评估已撤下。", "en": "The run is gone."},
        "mend": {"zh": "换一次评估。", "en": "Choose another."},
    }

    def refuse(route: Route) -> None:
        route.fulfill(status=404, content_type="application/problem+json", body=json.dumps({"title": "gone", **words}))

    page.route("**/parcels/*", refuse)
    zoom_to(page, parcels["exit"]["parcel"]["bbox"])
    page.mouse.click(*screen(page, parcels["exit"]["parcel"]["bbox"]))
    page.wait_for_selector(".why-failed")
    assert "评估已撤下。" in page.inner_text("#why") and "换一次评估。" in page.inner_text("#why")
    page.unroute("**/parcels/*")
    page.click(".why-failed .quiet")
    why(page)
    one.complaints.clear()


def test_being_offline_is_said_and_mends_itself(watched: Open, service: str) -> None:
    one = watched(f"{service}/map")
    one.page.context.set_offline(True)
    one.page.wait_for_selector(".notice[data-kind=offline]")
    assert "自动重新加载" in one.page.inner_text(".notice")
    one.page.context.set_offline(False)
    one.page.wait_for_selector(".notice[data-kind=offline]", state="detached")
    one.complaints.clear()


def test_a_base_map_that_is_blocked_leaves_the_parcels(
    watched: Open, sample: SimpleNamespace, parcels: dict[str, Any]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    url = f"http://{host}/{{z}}/{{x}}/{{y}}.png"
    base = {"zh": "内网底图", "en": "Intranet base", "url": url, "attribution": "<b>测绘院</b>"}
    with serving(sample.app_url, base_maps=[base]) as address:
        one = watched(f"{address}/map")
        page = one.page
        page.wait_for_selector(".notice[data-kind=base]")
        assert "内网底图" in page.inner_text(".notice")
        assert page.inner_text("#attribution") == "<b>测绘院</b>"
        zoom_to(page, parcels["exit"]["parcel"]["bbox"])
        assert colour(page, parcels["exit"]["parcel"]["bbox"])[0] > 140
        page.check("#base-list input[value='-1']")
        assert page.inner_text("#attribution") == ""
        assert {urllib.parse.urlsplit(url).netloc for url in one.foreign} == {host}
        one.complaints.clear()
        one.foreign.clear()
        page.goto("about:blank")


# Small screens


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1024, 768), (390, 844)])
def test_nothing_overflows(watched: Open, service: str, parcels: dict[str, Any], width: int, height: int) -> None:
    page = watched(f"{service}/map?lang=en", width=width, height=height).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    zoom_to(page, parcels["exit"]["parcel"]["bbox"])
    page.mouse.click(*screen(page, parcels["exit"]["parcel"]["bbox"]))
    why(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """[...document.querySelectorAll('#why *, #sidebar *')]
        .filter((e) => e.offsetParent && !e.matches('.score-table *, .unseen, option, select, input, use, .found-name'))
        .filter((e) => e.scrollWidth > e.clientWidth + 8 && getComputedStyle(e).display !== 'inline')
        .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert wide == []


def test_on_a_phone_the_legend_is_a_sheet(watched: Open, service: str) -> None:
    page = watched(f"{service}/map", width=390, height=844, has_touch=True, is_mobile=True).page
    handle = page.locator("#sidebar-handle")
    assert handle.get_attribute("aria-expanded") == "false"
    handle.tap()
    assert handle.get_attribute("aria-expanded") == "true"
    page.wait_for_timeout(300)
    assert page.locator("#legend-total").bounding_box()["y"] < 844


# The way from the cells of the files to the answer, folded until somebody asks


def test_the_panel_shows_gates_modes_missing_and_the_cells(
    map_page: Page, parcels: dict[str, Any], screenshots: Path | None
) -> None:
    given = parcels["exit"]
    zoom_to(map_page, given["parcel"]["bbox"])
    map_page.mouse.click(*screen(map_page, given["parcel"]["bbox"]))
    why(map_page)
    (decided,) = [gate for gate in given["gates"] if gate["decided"]]
    assert decided["title"]["zh"] in map_page.inner_text("#why .gate.decided")
    assert map_page.locator("#why .modes li").count() == len(given["modes"])
    map_page.click("#why summary:has-text('计算所得')")
    map_page.locator("#why .traced summary").first.click()
    cell = next(cell for fact in given["facts"] for cell in fact["cells"])
    assert f"行 {cell['row']}" in map_page.locator("#why .cells").first.inner_text()
    text = map_page.inner_text("#why")
    assert not re.search(r"0\.3333|NaN|undefined|\[object", text)
    if screenshots:
        map_page.screenshot(path=screenshots / "why-1366.png")
    map_page.click("#why summary:has-text('计算最小改变')")
    map_page.wait_for_selector("#why .changes li, #why .changes + p, #why .hint:has-text('改变')")
    with map_page.context.expect_page() as opened:
        map_page.click("#why a.dossier")
    paper = opened.value
    paper.wait_for_load_state()
    assert given["parcel"]["parcel_no"] in paper.inner_text("h1 + p") and "不是认定" in paper.inner_text(".suspicion")
    if screenshots:
        paper.screenshot(path=screenshots / "dossier.png", full_page=True)
        map_page.locator("#why .steps > li").nth(2).scroll_into_view_if_needed()
        map_page.screenshot(path=screenshots / "why-gates.png")


def test_who_should_supply_what_is_missing_is_said(map_page: Page, parcels: dict[str, Any]) -> None:
    given = parcels["data_first"]
    zoom_to(map_page, given["parcel"]["bbox"])
    map_page.mouse.click(*screen(map_page, given["parcel"]["bbox"]))
    why(map_page)
    said = map_page.locator("#why .missing li").all_inner_texts()
    assert len(said) == len(given["missing"])
    for lack, line in zip(given["missing"], said, strict=True):
        assert all(who["title"]["zh"] in line for who in lack["suppliers"])
