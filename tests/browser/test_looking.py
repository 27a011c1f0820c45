"""The planner's work on the map: one filter in page, service and files; colours, table, weights, and an address that holds it all."""

import itertools
import json
import random
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page
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
    page.wait_for_function("async () => (await import('landgis/sheet.js')).sheet.isReady")


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
    files = [page.get_attribute(f"#export-links [data-kind={kind}]", "href") for kind in ("xlsx", "gpkg", "zip")]
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
