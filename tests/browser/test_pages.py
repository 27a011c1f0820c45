"""The pages beside the map in a real browser: what an official reads in the morning, sends in, follows and prints."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from landgis.terms.units import mu
from tests.browser.conftest import HOSTILE, Watched, serving
from tests.conftest import Databases

Open = Callable[..., Watched]
PAGES = ("cockpit", "cases", "import", "jobs", "audit")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def ask(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def empty_service(databases: Databases) -> Iterator[str]:
    """Give the address of a service over a database in which there is nothing yet."""
    name, made = databases.copy("landgis")
    with serving(made.app_url) as address:
        yield address
    databases.drop(name)


@pytest.fixture
def page_of_nothing(browser: Browser, empty_service: str) -> Iterator[Page]:
    """Give what the map's address shows before there is a run: a 404, of which the browser's console complains."""
    page = browser.new_page()
    page.goto(f"{empty_service}/map")
    yield page
    page.close()


# All pages: the way about, both languages, the dark side, sizes, readers of screens


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_a_page_has_no_grave_barrier(watched: Open, service: str, name: str, language: str, theme: str) -> None:
    page = watched(f"{service}/{name}?lang={language}", color_scheme=theme).page
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    found = Axe().run(page).response["violations"]
    grave = [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")]
    assert grave == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_english_has_no_chinese_but_names(watched: Open, service: str, name: str) -> None:
    page = watched(f"{service}/{name}").page
    page.click("[data-language=en]")
    assert page.evaluate("document.documentElement.lang") == "en"
    text = page.inner_text("body").replace("中", "", 1)
    left = {line for line in text.splitlines() if CHINESE.search(line) and not re.search("示例|S0|万元", line)}
    assert left == set()
    assert "lang=en" in page.url and "lang=en" in page.get_attribute("a[data-place=map]", "href")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_window(watched: Open, service: str, name: str) -> None:
    page = watched(f"{service}/{name}").page
    for width, height in ((1366, 768), (683, 384), (390, 844)):  # 683 is 1366 at 200 %
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_page_leads_to_every_other_by_keyboard(watched: Open, service: str) -> None:
    page = watched(f"{service}/map?run=1").page
    for name in PAGES:
        page.focus(f".places a[data-place={name}]")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Enter")
        page.wait_for_selector(f"body.page-{name}[data-ready]", state="attached")
        assert page.inner_text(".places [aria-current]") == page.inner_text(f".places a[data-place={name}]")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"


def test_the_dark_side_is_kept(watched: Open, service: str) -> None:
    page = watched(f"{service}/jobs").page
    page.click("#theme")
    assert page.get_attribute("#theme", "aria-pressed") == "true"
    page.goto(f"{service}/cockpit")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_installation_says_what_to_do_next(watched: Open, empty_service: str, name: str) -> None:
    page = watched(f"{empty_service}/{name}").page
    assert re.search("导入|拖到这里", page.inner_text(".empty:visible, .drop:visible"))


def test_the_map_of_an_empty_installation_leads_to_the_import(page_of_nothing: Page) -> None:
    assert "先导入资料" in page_of_nothing.inner_text("body")
    page_of_nothing.click("a[href='/import']")
    page_of_nothing.wait_for_selector("#drop:visible")


def test_a_service_that_refuses_is_told_in_its_own_words_and_asked_again(watched: Open, service: str) -> None:
    one = watched(f"{service}/cockpit")
    body = json.dumps({"title": "x", "what": {"zh": "查询超时。", "en": "Too long."}, "request_id": "ab12"})
    busy = True

    def answer(route: Route) -> None:
        if busy:
            route.fulfill(status=503, body=body, content_type="application/problem+json")
        else:
            route.continue_()

    one.page.route("**/cockpit?*", answer)
    one.page.select_option("#park", "S02")
    notice = one.page.inner_text(".notice")
    assert "查询超时。" in notice and "ab12" in notice
    busy = False
    one.page.click(".notice .quiet")
    one.page.wait_for_selector("#sheet[aria-busy=false]")
    assert one.page.inner_text("#total") and one.page.query_selector(".notice") is None
    one.complaints.clear()  # the browser notes the 503 by itself


def test_an_answer_that_comes_late_for_another_choice_is_not_shown(watched: Open, service: str) -> None:
    page = watched(f"{service}/cockpit").page
    held: list[Route] = []
    page.route("**/cockpit?park=S02", lambda route: held.append(route))
    page.select_option("#park", "S02")
    page.select_option("#park", "S03")
    page.wait_for_selector("#sheet[aria-busy=false]")
    shown = page.inner_text("#total")
    (late,) = held
    late.continue_()
    page.evaluate(
        "async () => { await (await fetch('/api/runs/1/cockpit?lang=zh&park=S02')).text(); }"
    )  # as long as that takes
    assert (page.inner_text("#total"), page.input_value("#park")) == (shown, "S03") and "park=S03" in page.url


def test_a_service_that_is_away_is_told(watched: Open, service: str) -> None:
    one = watched(f"{service}/jobs")
    one.page.route("**/api/jobs?*", lambda route: route.abort())
    one.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    one.page.wait_for_selector(".notice")
    assert "服务没有应答" in one.page.inner_text(".notice")
    one.complaints.clear()


# The cockpit


@pytest.fixture
def cockpit(watched: Open, service: str) -> Page:
    return watched(f"{service}/cockpit?run=1&block_mu=20").page


def test_the_cockpit_is_printed_on_a4_and_nothing_runs_over_its_edge(cockpit: Page) -> None:
    cockpit.set_viewport_size({"width": 703, "height": 1000})  # A4 without its margins
    cockpit.emulate_media(media="print")
    assert cockpit.is_hidden(".skip") and cockpit.is_hidden(".bar")
    over = "() => [...document.querySelectorAll('.card')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert cockpit.evaluate(over) == 0
    sheet = cockpit.pdf(prefer_css_page_size=True, print_background=True)
    sides = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", sheet).groups()
    assert [float(side) for side in sides] == pytest.approx([595.3, 841.9], abs=1)
    cockpit.emulate_media(media="null")  # the page is lent on


def test_the_cockpit_shows_the_api_s_figures_in_the_unit_chosen(cockpit: Page, service: str) -> None:
    told = ask(f"{service}/api/runs/1/cockpit")
    zones = ask(f"{service}/api/runs/1/zones")["indicators"]
    expansion = [one["value"] for one in zones if one["indicator"] == "expansion_m2"]
    for unit, size in (
        ("mu", lambda m2: f"{mu(m2):,.1f}"),
        ("ha", lambda m2: f"{m2 / 1e4:,.2f}"),
        ("m2", "{:,.0f}".format),
    ):
        cockpit.select_option("#unit", unit)
        shown = cockpit.eval_on_selector_all(
            "#answers tr", "all => all.map((row) => [...row.querySelectorAll('td')].map((one) => one.innerText))"
        )
        told_so = [[f"{land['parcels']:,}", size(land["area_m2"])] for land in told["answers"]]
        assert [row[:2] for row in shown] == told_so
        potential = cockpit.locator("#zones tr", has_text="扩展潜力").locator("td").all_inner_texts()
        assert potential == ["—", *("不明" if m2 is None else size(m2) for m2 in expansion)]
    assert "不明" in cockpit.inner_text("[data-stage=freed]")


def test_every_number_leads_to_its_parcels(cockpit: Page, service: str) -> None:
    told = ask(f"{service}/api/runs/1/cockpit")
    links = cockpit.eval_on_selector_all(
        "#sheet a:not([href*='.csv'])",  # the tables as files lead to no map
        "all => all.map((a) => [...new URL(a.href).searchParams].concat([['path', new URL(a.href).pathname]]))",
    )
    asked = [dict(pairs) for pairs in links]
    assert {one["path"] for one in asked} == {"/map"} and {one["run"] for one in asked} == {"1"}
    filters = {one.get("filter", "") for one in asked}
    every = [
        *told["answers"],
        *told["classes"],
        told["stages"][0],
        *told["parks"],
        *(p["freeable"] for p in told["parks"]),
    ]
    assert {land["filter"] for land in every if land["parcels"]} <= filters


def test_parks_are_sorted_by_any_column_and_say_so(cockpit: Page) -> None:
    def column(at: int) -> list[float]:
        cells = cockpit.eval_on_selector_all(f"#parks td:nth-child({at})", "all => all.map((one) => one.innerText)")
        return [float(cell.replace(",", "").rstrip("%")) for cell in cells]

    assert column(10) == sorted(column(10), reverse=True)
    cockpit.click("#parks-head th:nth-child(2) button")
    assert column(2) == sorted(column(2), reverse=True)
    cockpit.keyboard.press("Enter")
    assert column(2) == sorted(column(2))
    assert cockpit.get_attribute("#parks-head th:nth-child(2)", "aria-sort") == "ascending"


def test_the_least_size_of_a_block_is_the_reader_s_choice(cockpit: Page, service: str) -> None:
    shown = cockpit.locator(".blocks li")
    assert shown.count() == min(8, len(ask(f"{service}/api/runs/1/blocks?block_mu=20")["blocks"]))
    cockpit.fill("#block-mu", "70")
    cockpit.keyboard.press("Tab")
    expect(shown).to_have_count(len(ask(f"{service}/api/runs/1/blocks?block_mu=70")["blocks"]))
    assert "block_mu=70" in cockpit.url
    cockpit.fill("#block-mu", "9000")
    cockpit.keyboard.press("Tab")
    cockpit.wait_for_selector("#blocks .empty")
    assert "最大的一片约" in cockpit.inner_text("#blocks .empty")


def test_the_cockpit_keeps_its_view_in_the_address(watched: Open, cockpit: Page) -> None:
    cockpit.select_option("#park", "S03")
    cockpit.wait_for_selector("#sheet[aria-busy=false]")
    other = watched(cockpit.url).page
    assert other.input_value("#park") == "S03"
    assert other.inner_text("#answers") == cockpit.inner_text("#answers")


def test_hostile_names_are_shown_and_run_nothing(watched: Open, hostile_service: str) -> None:
    page = watched(f"{hostile_service}/cockpit").page
    assert HOSTILE[1] in page.inner_text("#parks")
    assert page.evaluate("window.ran") is None


# The jobs


def test_a_job_is_asked_for_shown_and_given_up(watched: Open, service: str) -> None:
    page = watched(f"{service}/jobs").page
    page.fill("#assess-on", "2026-06-30")
    page.click("#assess-form button")
    page.wait_for_selector("#job-panel [data-state=queued]")
    address = page.url
    assert re.search(r"job=\d+", address)
    page.reload()
    page.wait_for_selector("#job-panel [data-state=queued]")
    assert "landgis worker" in page.inner_text("#job-panel")
    page.click("#job-panel .grave")
    page.wait_for_selector("#job-panel [data-state=cancelled]")
    assert page.inner_text("#job-list tr:first-child [data-state]") == "已取消"


def test_a_job_is_followed_again_where_what_stands_before_the_service_refused(watched: Open, service: str) -> None:
    one = watched(f"{service}/jobs")
    refused: list[Route] = []

    def answer(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=502)  # as a proxy answers while the service begins anew

    one.page.route("**/api/jobs/*/events", answer)
    one.page.fill("#assess-on", "2026-06-29")
    one.page.click("#assess-form button")
    expect(one.page.locator("#job-panel .job-steps li")).to_have_count(1)
    assert refused
    one.page.click("#job-panel .grave")
    one.page.wait_for_selector("#job-panel [data-state=cancelled]")
    one.complaints.clear()  # the browser notes the 502 by itself


def test_what_is_refused_stands_while_the_jobs_are_read_again(watched: Open, service: str) -> None:
    one = watched(f"{service}/jobs")
    one.page.fill("#assess-on", "1900-01-01")
    one.page.click("#assess-form button")
    expect(one.page.locator(".notice")).to_contain_text("评估日期过早或过晚")
    one.page.evaluate("document.querySelector('#job-panel').append(document.createElement('mark'))")
    one.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    one.page.wait_for_selector("mark", state="detached")  # they are read, and all is written anew
    assert "评估日期过早或过晚" in one.page.inner_text(".notice")
    one.page.fill("#assess-on", "2026-06-30")
    one.page.click("#assess-form button")
    expect(one.page.locator(".notice")).to_have_count(0)
    one.complaints.clear()  # the browser notes the 422 by itself


def test_a_job_that_is_not_there_says_so(watched: Open, service: str) -> None:
    one = watched(f"{service}/jobs?job=987654")
    assert "没有这项任务" in one.page.inner_text("#job-panel")
    one.page.wait_for_load_state("networkidle")
    one.complaints.clear()  # the browser notes the 404 by itself


# The record


def test_the_record_is_narrowed_down_by_an_address_that_holds_it(watched: Open, service: str) -> None:
    with urllib.request.urlopen(f"{service}/api/runs/1/ledger.csv?filter=answer%3D%27exit%27") as answer:
        answer.read()
    page = watched(f"{service}/audit").page
    every = page.locator("#audit-list tr").count()
    page.select_option("#act", "take_out")
    expect(page.locator("#audit-list tr").first).to_contain_text("评估 1；格式 csv；筛选 answer='exit'")
    page.wait_for_selector("#listed[aria-busy=false]")
    assert 1 <= page.locator("#audit-list tr").count() < every and "act=take_out" in page.url
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    assert page.input_value("#act") == "take_out" and "act=take_out" in page.get_attribute("#file", "href")
    page.fill("#who", "nobody")
    expect(page.locator("#audit-none")).to_be_visible()
    page.fill("#who", "")
    page.locator("#audit-list a").first.click()
    page.wait_for_url("**/map?run=1*")
