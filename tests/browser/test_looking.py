"""The planner's work on the map: one filter in page, service and files; colours, table, weights, and an address that holds it all."""

import itertools
import json
import random
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from psycopg import sql

from landgis.store import looking
from landgis.terms.filters import read_filter
from landgis.terms.units import M2_PER_MU
from tests.browser.conftest import Watched
from tests.browser.test_map import ask
from tests.store.test_looking import CASES, OURS, SHARED, TABLE

Open = Callable[..., Watched]

#: Judge filters over rows by the page's own module, columns laid out as the page holds them.
JUDGE = """async ([filters, fields, rows]) => {
  const { readFilter, judge, FilterError } = await import("landgis/filter.js");
  const kinds = Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, { kind }]));
  const columns = Object.fromEntries(Object.entries(fields).map(([name, kind]) => {
    const given = rows.map((row) => row[name]);
    if (kind === "place") return [name, { lon: given.map(([lon]) => lon), lat: given.map(([, lat]) => lat) }];
    if (kind === "number") return [name, { values: given.map((value) => value ?? NaN) }];
    const texts = [...new Set(given.filter((value) => value !== null))];
    return [name, { texts, at: given.map((value) => texts.indexOf(value)) }];
  }));
  return filters.map((text) => {
    try {
      const found = judge(readFilter(text, kinds), columns, rows.length);
      return [rows.filter((_, i) => found[i] === 1).map((row) => row.parcel_id), null];
    } catch (error) {
      if (error instanceof FilterError) return [null, error.at];
      throw error;
    }
  });
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, service: str) -> Iterator[Page]:
    """Give one page of the sample city for all tests of this file; each begins with a fresh choice."""
    opened = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True).new_page()
    opened.set_default_timeout(15_000)
    one = Watched(opened, f"{service}/map")
    opened.goto(one.address)
    one.settle()
    yield opened
    opened.context.close()
    assert (one.complaints, one.foreign) == ([], [])


@pytest.fixture(autouse=True)
def fresh_choice(request: pytest.FixtureRequest) -> None:
    if "page" not in request.fixturenames:
        return
    page: Page = request.getfixturevalue("page")
    page.evaluate(
        """async () => { const { choose } = await import("landgis/choice.js");
        choose({ park: "", colour: "answer", method: "quantile", hidden: new Set(), tests: new Set(), filter: "", selected: null,
          picked: new Set(), sort: "-area_m2", dock: "", weights: null, unit: "mu", theme: "light" }); }"""
    )
    ready(page)


def until(page: Page, holds: str, given: Any = None) -> None:
    """Wait until an expression over the page's modules holds; under its content policy nothing but a function may be asked."""
    for _ in range(300):
        if page.evaluate(f"async (given) => {{ {holds} }}", given):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {holds}")


def ready(page: Page) -> None:
    until(page, "return (await import('landgis/sheet.js')).sheet.isReady")


def parcels(service: str, wanted: str = "", **asked: Any) -> list[dict[str, Any]]:
    return ask(f"{service}/api/runs/1/parcels?" + urllib.parse.urlencode({"filter": wanted, "limit": 1000, **asked}))[
        "items"
    ]


def set_filter(page: Page, text: str) -> None:
    page.fill("#filter", text)
    page.press("#filter", "Enter")


def legend(page: Page) -> dict[str, int]:
    """The parcels of each class of the legend."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#legend-rows tr")].map((row) => [
        row.querySelector("button").dataset.class, Number(row.querySelector("td").textContent.replaceAll(",", ""))]))"""
    )


# One filter


def test_the_browser_reads_the_shared_cases(page: Page) -> None:
    found = page.evaluate(JUDGE, [[text for text, _, _ in CASES], SHARED["fields"], SHARED["rows"]])
    assert {text: tuple(said) for (text, _, _), said in zip(CASES, found, strict=True)} == {
        text: (shows, refused) for text, shows, refused in CASES
    }


def test_browser_and_database_agree_on_random_rows_and_filters(page: Page, conn: psycopg.Connection) -> None:
    chance = random.Random(6)
    texts = ["exit", "swap", "Exit", "a%b", "_", "", "甲厂", "𠮷", "Ｐ", "q'3", "\\"]
    numbers = [0, 1, -1, 0.1, 1e-7, 12000.5, 3.0000001]
    rows = [
        {
            "parcel_id": number,
            **{name: chance.choice([*texts, None]) for name in ("parcel_no", "answer", "grade", "search_text")},
            **{name: chance.choice([*numbers, None]) for name in ("area_m2", "far")},
            "place": [115 + chance.random(), 33 + chance.random()],
        }
        for number in range(60)
    ]

    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def one(depth: int) -> str:
        shape = chance.randrange(9 if depth else 6)
        name, number = chance.choice(["answer", "grade", "search_text"]), chance.choice(["area_m2", "far"])
        is_not = chance.choice(["", " NOT"])
        if shape == 0:
            return f"{name} {chance.choice(['=', '<>', '<', '>='])} {quoted(chance.choice(texts))}"
        if shape == 1:
            return f"{number} {chance.choice(['=', '<>', '<', '<=', '>', '>='])} {chance.choice(numbers)!r}"
        if shape == 2:
            return f"CASEI({name}){is_not} IN ({quoted(chance.choice(texts))}, CASEI({quoted(chance.choice(texts))}))"
        if shape == 3:
            pattern = chance.choice(["%", "_", "%x%", "E%", "a\\%b", "%\\\\", "%厂", "_%_"])
            return f"CASEI({name}){is_not} LIKE CASEI({quoted(pattern)})"
        if shape == 4:
            return f"{number} IS{is_not} NULL" if chance.random() < 0.5 else f"{number}{is_not} BETWEEN -1 AND 1"
        if shape == 5:
            west, south = 115 + chance.random(), 33 + chance.random()
            return f"S_INTERSECTS(place, POLYGON(({west} {south}, {west + 0.4} {south}, {west} {south + 0.4}, {west} {south})))"
        if shape == 6:
            return f"NOT ({one(depth - 1)})"
        return f"({one(depth - 1)} {chance.choice(['AND', 'OR'])} {one(depth - 1)})"

    filters = [one(3) for _ in range(300)]
    shown = page.evaluate(JUDGE, [filters, SHARED["fields"], rows])
    differing = []
    for text, (ids, _) in zip(filters, shown, strict=True):
        values: dict[str, object] = {"rows": json.dumps(rows)}
        where = looking.condition(read_filter(text, OURS), values)
        query = sql.SQL("WITH j AS ({}) SELECT parcel_id FROM j WHERE {} ORDER BY 1").format(sql.SQL(TABLE), where)
        if ids != [number for (number,) in conn.execute(query, values).fetchall()]:
            differing.append(text)
    assert differing == []
    assert len({tuple(ids) for ids, _ in shown}) > 100, "they do not all say the same"


@pytest.mark.parametrize(
    "wanted",
    [
        "answer IN ('exit', 'swap')",
        "area_m2 BETWEEN 8000 AND 30000 AND far < 1",
        "CASEI(search_text) LIKE '%slqy1%' AND grade IS NOT NULL",
        "tests LIKE '%|%' OR total > 90",
    ],
)
def test_a_filter_shows_the_same_in_legend_table_service_and_links(page: Page, service: str, wanted: str) -> None:
    page.click("[data-dock=table]")
    items = parcels(service, wanted)
    assert 0 < len(items) < 600
    set_filter(page, wanted)
    page.wait_for_selector(f"#ranking[aria-rowcount='{len(items) + 1}']")
    counts = {answer: len(list(group)) for answer, group in itertools.groupby(sorted(item["answer"] for item in items))}
    assert {answer: n for answer, n in legend(page).items() if n} == counts
    assert page.inner_text("#filter-status").split()[1] == f"{len(items):,}"
    area = sum(item["area_m2"] for item in items) / float(M2_PER_MU)
    assert float(page.inner_text("#legend-total td:last-child").replace(",", "")) == pytest.approx(area, abs=0.06)
    assert ask(service + page.get_attribute("#twin-json", "href"))["items"] == parcels(service, wanted, sort="-area_m2")
    files = [
        page.get_attribute(f"#export-links [data-kind='{kind}']", "href") for kind in ("xlsx", "gpkg", "gdb.zip", "zip")
    ]
    assert all(urllib.parse.parse_qs(urllib.parse.urlsplit(link or "").query)["filter"] == [wanted] for link in files)


def test_a_filter_is_built_by_choosing(page: Page, service: str) -> None:
    page.select_option("#filter-field", "answer")
    page.check("#filter-ask [value=exit]")
    page.click("#filter-ask .primary")
    page.select_option("#filter-field", "area_m2")
    page.fill("#filter-ask [name=low]", "30")
    page.click("#filter-ask .primary")
    assert page.input_value("#filter") == "answer IN ('exit') AND area_m2 >= 20000"  # 30 mu
    page.wait_for_timeout(100)
    assert sum(legend(page).values()) == len(parcels(service, "answer = 'exit' AND area_m2 >= 20000"))
    page.click("#filter-view")
    assert "S_INTERSECTS(place, BBOX(" in page.input_value("#filter")


def test_a_filter_that_cannot_be_read_says_where_and_shows_what_was_shown(page: Page) -> None:
    before = legend(page)
    set_filter(page, "answer = exit")
    page.wait_for_selector("#filter-status.wrong")
    assert "第 10 个字符" in page.inner_text("#filter-status")
    assert page.get_attribute("#filter", "aria-invalid") == "true" and legend(page) == before


def test_nothing_to_show_says_what_to_do(page: Page) -> None:
    page.click("[data-dock=table]")
    set_filter(page, "area_m2 < 0")
    page.wait_for_selector("#filter-none")
    assert "放宽筛选条件" in page.inner_text("#filter-none")
    page.click("#filter-none-clear")
    page.wait_for_selector("#filter-none", state="hidden")
    assert sum(legend(page).values()) == 600


# Colours


@pytest.mark.parametrize("field", ["grade", "idle_state", "urgency", "landuse_code", "far", "total", "suspected"])
def test_every_field_colours_map_and_legend(page: Page, service: str, field: str) -> None:
    page.select_option("#colour", field)
    until(page, "return (await import('landgis/colour.js')).colour.field === given", field)
    counts = legend(page)
    assert sum(counts.values()) == 600 and len([n for n in counts.values() if n]) >= 1
    if field in ("grade", "idle_state"):
        items = parcels(service)
        for key, n in counts.items():
            assert n == sum(item[field] == (None if key == "missing" else key) for item in items), key
    if field == "far":
        bounds = ask(f"{service}/api/runs/1/classes?field=far&method=quantile")["bounds"]
        assert counts["c1"] == len(parcels(service, f"far <= {bounds[0]}"))
        page.select_option("#method", "jenks")
        page.wait_for_timeout(400)
        assert legend(page) != counts and sum(legend(page).values()) == 600


def test_a_share_is_read_and_asked_for_as_per_cent_and_kept_as_a_share(page: Page, service: str) -> None:
    page.select_option("#colour", "coefficient")
    until(page, "return (await import('landgis/colour.js')).colour.field === 'coefficient'")
    bounds = ask(f"{service}/api/runs/1/classes?field=coefficient&method=quantile")["bounds"]
    assert page.inner_text("#legend-rows [data-class=c1]").strip() == f"0% – {round(100 * bounds[0], 2):g}%"
    page.select_option("#filter-field", "coefficient")
    page.fill("#filter-ask [name=high]", "45.5")
    page.click("#filter-ask .primary")
    assert page.input_value("#filter") == "coefficient <= 0.455"
    page.click("[data-dock=table]")
    page.locator("[role=gridcell]", has_text=re.compile(r"^\d+(\.\d)?%$")).first.wait_for(state="attached")


@pytest.mark.parametrize(("language", "word"), [("zh", "二类工业用地"), ("en", "100102 industrial, class 2")])
def test_land_uses_are_read_in_words_on_map_table_filter_and_why(
    service: str, watched: Open, language: str, word: str, screenshots: Path | None
) -> None:
    one = parcels(service, "landuse_code = '100102'", sort="-area_m2")[0]
    asked = (
        f"colour=landuse_code&dock=table&filter=landuse_code%20%3D%20'100102'&parcel={one['parcel_id']}&lang={language}"
    )
    page = watched(f"{service}/map?{asked}").page
    ready(page)
    until(page, "return (await import('landgis/colour.js')).colour.field === 'landuse_code'")
    assert word in page.inner_text("#legend-rows [data-class='100102']")
    page.wait_for_selector(f"#ranking-body .chip:has-text('{word}')")
    page.wait_for_selector(f"#why .facts dd:has-text('{word}')")
    page.select_option("#filter-field", "landuse_code")
    assert page.locator("#filter-ask .filter-codes label").count() == 5  # and those of which no use is on record
    page.check("#filter-ask [value='100103']")
    if screenshots:
        page.screenshot(path=screenshots / f"landuse-{language}.png")


def test_the_whole_row_of_the_legend_hides_its_class(page: Page) -> None:
    page.locator("#legend-rows tr", has_text="保留").locator("td").last.click(force=True)  # the button lies over it
    assert page.get_attribute("[data-class=leave]", "aria-pressed") == "false"


def test_a_code_for_unknown_and_no_record_are_two_words(page: Page) -> None:
    page.select_option("#filter-field", "idle_state")
    words = page.locator("#filter-ask label").all_inner_texts()
    assert {"不明", "无记录"} <= set(words) and len(words) == len(set(words))


def test_a_test_that_compares_no_number_shows_none(service: str, watched: Open) -> None:
    page = watched(f"{service}/map?parcel=1").page
    page.wait_for_selector("#why .steps")
    clear = page.locator("#why .test.clear").all_text_contents()
    assert clear and not any(re.search("不明|-[0-9]", one) for one in clear)


def test_rulesets_are_called_by_their_names(page: Page) -> None:
    assert page.locator("#finding-list legend").first.inner_text() == "闲置土地认定（全国，2012）"
    assert "亩均效益评价" in page.inner_text("#run-rulesets") and "cn-" not in page.inner_text(".panel-foot")


@pytest.mark.parametrize("is_open", [False, True])
def test_the_tools_cover_no_coordinates(service: str, watched: Open, is_open: bool) -> None:
    page = watched(f"{service}/map?dock=table{'&parcel=1' if is_open else ''}", width=1280, height=720).page
    if is_open:
        page.wait_for_selector("#why .steps")
    page.wait_for_function(
        "() => document.querySelector('.tools').getBoundingClientRect().left"
        " > document.querySelector('#coordinates').getBoundingClientRect().right"
    )


def test_a_hidden_class_leaves_map_and_table(page: Page, service: str) -> None:
    page.click("[data-dock=table]")
    page.click("[data-class=leave]")
    left = 600 - legend(page)["leave"]
    page.wait_for_selector(f"#ranking[aria-rowcount='{left + 1}']")
    twin = ask(service + str(page.get_attribute("#twin-json", "href")))["items"]
    assert len(twin) == left and {item["answer"] for item in twin}.isdisjoint({"leave"})


# The table


def test_the_table_holds_few_rows_and_sorts(page: Page, service: str) -> None:
    page.click("[data-dock=table]")
    page.wait_for_selector("#ranking-body [data-at]")
    assert page.locator("#ranking-body [role=row]").count() < 60
    first = page.inner_text("#ranking-body [data-at='0'] [role=gridcell]:nth-child(2)")
    assert first == parcels(service, sort="-area_m2")[0]["parcel_no"]
    page.click("[data-sort=total]")
    best = parcels(service, sort="-total")[0]
    page.wait_for_selector(f"#ranking-body [data-at='0'][data-id='{best['parcel_id']}']")
    page.click("[data-sort=total]")
    worst = parcels(service, sort="total")[0]
    page.wait_for_selector(f"#ranking-body [data-at='0'][data-id='{worst['parcel_id']}']")
    assert page.get_attribute("[role=columnheader]:has([data-sort=total])", "aria-sort") == "ascending"
    page.evaluate("document.querySelector('#ranking').scrollTop = 1e6")
    page.wait_for_selector("#ranking-body [data-at='599']")
    assert page.locator("#ranking-body [role=row]").count() < 60


def test_row_and_map_lead_to_each_other(page: Page) -> None:
    page.click("[data-dock=table]")
    page.wait_for_selector("#ranking-body [data-at='3']")
    number = page.get_attribute("#ranking-body [data-at='3']", "data-id")
    page.click("#ranking-body [data-at='3'] [role=gridcell]:nth-child(2)")
    page.wait_for_selector(f"#ranking-body [data-id='{number}'][aria-selected=true]")
    page.wait_for_selector("#why .steps")
    assert not re.search(r"\b(null|undefined|NaN)\b", page.inner_text("#why")), "what is not there is not written"
    page.wait_for_timeout(500)
    assert page.evaluate("map_parcels.getZoom()") >= 15
    page.wait_for_selector("#loading", state="hidden")
    # Somewhere else on the map: a parcel that is far down in the table.
    far = page.evaluate(
        """async () => { const { sheet, idAt, want } = await import("landgis/sheet.js"); await want(["place"]);
        const areas = sheet.columns.area_m2.values; const row = areas.indexOf([...areas].sort((a, b) => a - b)[5]);
        const { lon, lat } = sheet.columns.place; map_parcels.setView([lat[row], lon[row]], 18, { animate: false });
        return [idAt(row), lat[row], lon[row]]; }"""
    )
    page.wait_for_timeout(200)
    page.wait_for_selector("#loading", state="hidden")
    x, y = page.evaluate(
        """([, lat, lon]) => { const p = map_parcels.latLngToContainerPoint([lat, lon]);
        const box = map_parcels.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]; }""",
        far,
    )
    page.keyboard.press("Escape")
    page.mouse.click(x, y)
    page.wait_for_selector(f"#ranking-body [data-id='{far[0]}'][aria-selected=true]")
    top, bottom = page.evaluate(
        """(id) => { const row = document.querySelector(`#ranking-body [data-id='${id}']`).getBoundingClientRect();
        const box = document.querySelector('#ranking').getBoundingClientRect(); return [row.top - box.top, box.bottom - row.bottom]; }""",
        far[0],
    )
    assert top > 0 and bottom >= -1, "scrolled into sight"


def test_ticked_parcels_are_exported_alone(page: Page, service: str) -> None:
    page.click("[data-dock=table]")
    page.wait_for_selector("#ranking-body [data-at='5']")
    page.click("#ranking-body [data-at='1'] .tick")
    page.click("#ranking-body [data-at='4'] .tick", modifiers=["Shift"])
    wanted = [int(str(page.get_attribute(f"#ranking-body [data-at='{at}']", "data-id"))) for at in (1, 2, 3, 4)]
    assert page.inner_text("#pick-count") == "已选 4 宗"
    found = ask(service + str(page.get_attribute("#twin-json", "href")))["items"]
    assert sorted(item["parcel_id"] for item in found) == sorted(wanted)
    page.check("#ranking-all")
    assert page.inner_text("#pick-count") == "已选 600 宗"
    page.click("#pick-clear")
    assert page.inner_text("#pick-count") == ""


def test_a_finger_that_is_called_away_lets_the_dock_go(page: Page) -> None:
    page.click("[data-dock=table]")
    touch = page.context.new_cdp_session(page)

    def grip() -> tuple[float, float]:
        box = page.locator("#dock-grip").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    x, y = grip()
    send("touchStart", (x, y))
    send("touchMove", (x, y - 30))
    send("touchMove", (x, y - 60))
    send("touchCancel")
    drawn = page.get_attribute("#dock-grip", "aria-valuenow")
    assert drawn != "300"
    x, y = grip()
    page.mouse.move(x, y - 3)
    page.mouse.move(x, y + 3)
    assert page.get_attribute("#dock-grip", "aria-valuenow") == drawn


def test_shift_ticks_on_from_where_the_last_one_stands_now(page: Page) -> None:
    page.click("[data-dock=table]")
    page.click("#ranking-body [data-at='3'] .tick")
    first = str(page.get_attribute("#ranking-body [data-at='3']", "data-id"))
    set_filter(page, f"parcel_id <> {first}")  # it stands there no more
    expect(page.locator("#ranking-count")).to_contain_text("599")
    page.click("#ranking-body [data-at='0'] .tick", modifiers=["Shift"])
    assert page.inner_text("#pick-count") == "已选 2 宗"
    second = str(page.get_attribute("#ranking-body [data-at='0']", "data-id"))
    page.click("#ranking-head [data-sort=area_m2]")
    expect(page.locator("#ranking-head [aria-sort=ascending]")).to_have_count(1)
    page.locator("#ranking").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    page.wait_for_selector(f"#ranking-body [data-id='{second}']")  # the largest of all is the last now
    at = int(str(page.get_attribute(f"#ranking-body [data-id='{second}']", "data-at")))
    page.click(f"#ranking-body [data-at='{at - 1}'] .tick", modifiers=["Shift"])
    assert page.inner_text("#pick-count") == "已选 3 宗"


def test_a_file_is_what_the_table_shows(page: Page) -> None:
    page.click("[data-dock=table]")
    set_filter(page, "grade = 'D'")
    with page.expect_download() as download:
        page.click("#twin-csv")
    lines = Path(download.value.path()).read_text("utf-8-sig").strip().splitlines()
    assert len(lines) - 1 == sum(legend(page).values())


# Weights on trial


def test_official_weights_give_the_official_result(page: Page, service: str) -> None:
    found = page.evaluate(
        """async (address) => { const { weigh } = await import("landgis/trial.js");
        const model = await (await fetch(address)).json(); const { total, rank, grade } = weigh(model, null);
        return [[...total], [...rank], grade, model.subjects]; }""",
        f"{service}/api/runs/1/weights",
    )
    total, rank, grade, official = found
    assert total == pytest.approx(official["total"], abs=1e-4)
    assert grade == official["grade"]
    assert rank == official["rank"]


def test_a_trial_ranks_anew_is_marked_and_goes_back(page: Page) -> None:
    page.click("[data-dock=weights]")
    page.wait_for_selector("#weights-sliders input")
    assert page.locator("#trial-banner").is_hidden()
    first = page.locator("#weights-sliders input").first
    first.fill("80")
    page.wait_for_selector("#trial-banner")
    assert "非正式" in page.inner_text("#trial-banner")
    shares = [float(text.rstrip("%")) for text in page.locator("#weights-sliders output").all_inner_texts()]
    assert shares[0] == 80 and sum(shares) == pytest.approx(100, abs=0.3)
    assert int(re.match(r"\d+", page.inner_text("#moved-count"))[0]) > 0
    cells = [int(text) for text in page.locator("#moved td").all_inner_texts()]
    everyone = int(re.search(r"/ (\d+)", page.inner_text("#moved-count"))[1])
    assert sum(cells) == everyone
    page.click("[data-dock=table]")
    page.wait_for_selector("#ranking-body .climb")
    assert page.locator("#ranking-body .climb_up, #ranking-body .climb_down").count() > 0
    official = page.locator("[data-sort=rank]").count()
    assert official == 1, "the official rank stands beside the one on trial"
    page.click("#banner-reset")
    page.wait_for_selector("#ranking-body .climb", state="detached")
    assert page.locator("#trial-banner").is_hidden()


def test_scenarios_are_kept_and_compared(page: Page, service: str) -> None:
    page.click("[data-dock=weights]")
    page.wait_for_selector("#weights-sliders input")
    page.locator("#weights-sliders input").nth(1).fill("70")
    name = f"增加值优先 {time.time_ns()}"
    page.fill("#scenario-name", name)
    page.click("#weights-keep")
    page.wait_for_selector(f"#scenario-list button:has-text('{name}')")
    assert name in {one["name"] for one in ask(f"{service}/api/runs/1/scenarios")}
    moved = page.inner_text("#moved-count")
    page.click("#banner-reset")
    assert page.inner_text("#moved-count").startswith("0 ")
    page.select_option("#compare-right", label=name)
    assert page.inner_text("#moved-count") == moved
    with page.expect_download() as download:
        page.click("#moved-csv")
    assert name in download.value.suggested_filename
    rows = [line.split(",") for line in download.value.path().read_text("utf-8-sig").splitlines()]
    assert [cell for row in rows[1:] for cell in row[1:]] == page.locator("#moved td").all_inner_texts()
    page.fill("#scenario-name", "同名")
    assert page.is_disabled("#weights-keep"), "without a trial there is nothing to keep"


# The address


def test_a_link_that_names_a_parcel_alone_brings_it_into_sight(service: str, watched: Open) -> None:
    one = parcels(service, sort="-area_m2")[0]
    page = watched(f"{service}/map?parcel={one['parcel_id']}").page
    west, south, east, north = one["bbox"]
    until(page, "return map_parcels.getZoom() >= 16")
    inside = "return map_parcels.getBounds().contains([[given[1], given[0]], [given[3], given[2]]])"
    until(page, inside, [west, south, east, north])


@pytest.mark.parametrize("dock", ["", "&dock=table"])
def test_a_link_that_names_a_park_alone_fits_the_map_to_it(service: str, watched: Open, dock: str) -> None:
    whole = ask(f"{service}/api/runs/1")
    fits = "[map_parcels.getZoom(), map_parcels.getBoundsZoom([[given[1], given[0]], [given[3], given[2]]], false, [48, 48])]"
    for park in whole["parks"][:2]:
        page = watched(f"{service}/map?park={park['park_code']}{dock}").page
        zoom, best = page.evaluate(f"(given) => {fits}", park["bbox"])
        assert zoom == best
        west, south, east, north = park["bbox"]
        assert page.evaluate("(given) => map_parcels.getBounds().contains(given)", [[south, west], [north, east]])
    placed = watched(f"{service}/map?park=S01&at=33.0247,115.2185,12{dock}").page
    assert placed.evaluate("map_parcels.getZoom()") == 12


def test_the_address_holds_the_view(page: Page, watched: Open) -> None:
    page.evaluate(
        """async () => { const { choose } = await import("landgis/choice.js"); const { trial } = await import("landgis/trial.js");
        choose({ dock: "weights" }); }"""
    )
    page.wait_for_selector("#weights-sliders input")
    page.locator("#weights-sliders input").first.fill("55")
    page.evaluate(
        """async () => { const { choose } = await import("landgis/choice.js");
        map_parcels.setView([33.0247, 115.2185], 16, { animate: false });
        choose({ colour: "grade", hidden: new Set(["A"]), filter: "area_m2 > 4000 AND answer <> 'exit'", unit: "ha", theme: "dark",
          sort: "total", dock: "table", picked: new Set([3, 5]), selected: null }); }"""
    )
    page.wait_for_timeout(600)
    state = """async () => { const { choice } = await import("landgis/choice.js"); const { lat, lng } = map_parcels.getCenter();
    return { ...choice, hidden: [...choice.hidden], picked: [...choice.picked], tests: [...choice.tests],
      weights: Object.fromEntries(Object.entries(choice.weights).map(([code, given]) => [code, Object.fromEntries(Object.entries(given)
        .map(([name, value]) => [name, Math.round(value * 1e4)]))])), at: [lat.toFixed(4), lng.toFixed(4), map_parcels.getZoom()] }; }"""
    other = watched(page.url).page
    ready(other)
    assert other.evaluate(state) == page.evaluate(state)
    until(other, "return (await import('landgis/trial.js')).trial.total !== null")
    until(other, "return (await import('landgis/colour.js')).colour.isTrial")
    assert legend(other) == legend(page)
    assert other.evaluate("document.documentElement.dataset.theme") == "dark"


# Looks, keyboard, refusals


def test_keyboard_alone_filters_sorts_and_asks_why(page: Page) -> None:
    page.focus("#filter")
    page.keyboard.type("answer = 'exit'")
    page.keyboard.press("Enter")
    page.focus("[data-dock=table]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#ranking-body [data-at='0']")
    page.focus("[data-sort=area_m2]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=columnheader][aria-sort=ascending]")
    page.keyboard.press("Tab")
    for _ in range(12):
        if page.evaluate("document.activeElement.dataset.at !== undefined"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.at") == "2"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus is seen"
    page.keyboard.press(" ")
    assert page.inner_text("#pick-count") == "已选 1 宗"
    page.keyboard.press("Enter")
    page.wait_for_selector("#why .steps")
    page.wait_for_function("() => document.activeElement.id === 'why-close'")
    page.keyboard.press("Escape")
    page.wait_for_selector("#why", state="hidden")


@pytest.mark.parametrize(
    ("status", "said"), [(401, "登录已失效"), (429, "请求太多"), (500, "服务出错"), (404, "没有取到")]
)
def test_a_refusal_says_what_to_do_and_names_the_request(watched: Open, service: str, status: int, said: str) -> None:
    def refuse(route: Any) -> None:
        route.fulfill(
            status=status, body="{}", headers={"x-request-id": "0123456789abcdef", "content-type": "application/json"}
        )

    opened = watched(f"{service}/map")
    opened.page.route("**/classes*", refuse)
    ready(opened.page)
    opened.page.select_option("#colour", "far")
    if status == 401:  # the login comes first; whoever puts it off is told what was not fetched
        opened.page.click("#session-over [data-t=session_later]")
    opened.page.wait_for_selector(".notice[data-kind=colour]")
    text = opened.page.inner_text(".notice[data-kind=colour]")
    assert said in text and "0123456789abcdef" in text and "Traceback" not in text
    opened.page.unroute("**/classes*")
    opened.page.click(".notice .quiet")
    opened.page.wait_for_selector(".notice", state="detached")
    assert all(str(status) in complaint for complaint in opened.complaints)
    opened.complaints.clear()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (683, 384), (390, 844)])
def test_every_part_can_be_reached_on_a_small_window(watched: Open, service: str, width: int, height: int) -> None:
    """683 x 384 is 1366 x 768 at 200 %."""
    page = watched(f"{service}/map?dock=table", width=width, height=height).page
    page.wait_for_selector("#ranking-body [data-at]")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#ranking").bounding_box()
    assert box and box["height"] > 90 and box["x"] >= 0 and box["y"] + box["height"] <= height + 1
    page.click("#ranking-body [data-at='1'] [role=gridcell]:nth-child(2)")
    page.wait_for_selector("#why .steps")
    page.click("#why-close")
    page.wait_for_selector("#why", state="hidden")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_serious(watched: Open, service: str, language: str, theme: str) -> None:
    page = watched(
        f"{service}/map?dock=table&lang={language}&theme={theme}&filter=gate%20%3E%200", bypass_csp=True
    ).page
    page.wait_for_selector("#ranking-body [data-at]")
    serious = []
    for dock in ("table", "weights"):
        if dock == "weights":
            page.click("[data-dock=weights]")
            page.wait_for_selector("#weights-sliders input")
        found = Axe().run(page).response["violations"]
        serious += [
            (dock, one["id"], one["nodes"][0]["html"][:160])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
    assert serious == []


def test_english_has_no_chinese_left(watched: Open, service: str) -> None:
    page = watched(f"{service}/map?lang=en&dock=weights").page
    page.wait_for_selector("#weights-sliders input")
    said = page.evaluate(
        """() => ["#dock", "#legend-rows", "[aria-labelledby=filter-title]"].map((one) => {
        const part = document.querySelector(one);
        return [part.innerText, ...[...part.querySelectorAll("[aria-label], [placeholder], [title]")].flatMap((each) =>
          [each.getAttribute("aria-label"), each.getAttribute("placeholder"), each.title])].join(" "); }).join(" ")"""
    )
    assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"增加值优先 \d+|示例\S*", "", said)) == []


def test_search_answers_initials(page: Page) -> None:
    page.fill("#search", "")
    page.focus("#search")
    page.fill("#search", "slqy01")
    page.wait_for_selector("#search-list li")
    assert "示例企业 01" in page.inner_text("#search-list")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
