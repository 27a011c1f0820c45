"""How steady the ranks are, in a real browser: not drawn, asked for by one button, then a band in the table and in why."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from landgis.jobs.work import work
from landgis.store import database, queue
from tests.browser.test_looking import parcels, until


def bands(page: Page) -> dict[int, str]:
    """What the table's rows in sight say of their band, by parcel."""
    return page.evaluate(
        """() => { const heads = [...document.querySelectorAll("#ranking-head [role=columnheader]")];
        const at = heads.findIndex((one) => one.querySelector("[data-sort=rank_spread]"));
        return Object.fromEntries([...document.querySelectorAll("#ranking-body [role=row]")].map((row) => [row.dataset.id,
          row.querySelectorAll("[role=gridcell]")[at].textContent])); }"""
    )


def test_the_band_of_a_rank_is_drawn_when_it_is_asked_for(watched: Callable, service: str, sample) -> None:
    page = watched(f"{service}/map?dock=table&sort=rank").page
    button = page.locator("#ranking-drawing button")
    expect(button).to_have_text("计算名次区间")
    assert set(bands(page).values()) == {"–"}
    page.click("#ranking-body [data-at='0']")
    expect(page.locator("#why .drawing button")).to_be_visible()
    with page.expect_response("**/api/jobs/assess"):
        button.click()
    expect(page.locator("#ranking-drawing")).to_contain_text("排队中")
    expect(button).to_be_disabled()
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        asked = queue.list_jobs(conn, 1)[0]
    assert (asked.kind, asked.asked["on"]) == ("assess", "2026-06-30")
    assert work(sample.app_url, asked.job)
    expect(page.locator("#ranking-drawing")).to_be_empty(timeout=30_000)
    assert page.url.partition("run=")[2].startswith("1"), "the draws belong to the very run that is looked at"
    first = parcels(service, sort="rank")[0]
    expect(page.locator("#why")).to_contain_text(f"名次 {first['rank_p05']}–{first['rank_p95']}（5%–95%）")
    page.click("[data-sort=rank_spread]")
    widest = parcels(service, "rank IS NOT NULL", sort="-rank_spread")
    page.wait_for_selector(f"#ranking-body [data-at='0'][data-id='{widest[0]['parcel_id']}']")
    until(page, "return !document.querySelector('#ranking-body').textContent.includes('…')")
    said = bands(page)
    expected = {str(one["parcel_id"]): f"{one['rank_p05']}–{one['rank_p95']}" for one in widest}
    assert len(said) >= 6 and said.items() <= expected.items()
    page.fill("#filter", f"rank_spread > {widest[0]['rank_p95'] - widest[0]['rank_p05'] - 1}")
    page.press("#filter", "Enter")
    expect(page.locator("#ranking-count")).to_contain_text("1 / 600")
