"""Plans on the map, in a real browser: chosen, drawn by deed with arrows, changed from the panel while the progress is told."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from landgis.jobs.work import work
from landgis.store import database, queue
from landgis.workflows import plans, reallocate
from landgis.workflows.asked import Asked


@pytest.fixture(scope="module")
def plan(sample) -> Iterator[dict]:
    with database.connect(sample.app_url) as conn:
        yield reallocate.make(conn, Asked(parks=("S01", "S02")))


def opened(watched: Callable, service: str, plan: dict) -> Page:
    page = watched(f"{service}/map").page
    page.wait_for_selector(f"#plan-choose option[value='{plan['plan']}']", state="attached")
    page.select_option("#plan-choose", str(plan["plan"]))
    expect(page.locator("#plan-sites details")).to_have_count(len(plan["sites"]))
    return page


def at_rest(page: Page) -> None:
    """Wait until the map neither zooms nor pans: what is clicked meanwhile may be somewhere else when the button goes up."""
    page.wait_for_function("() => !map_parcels._animatingZoom && !map_parcels._panAnim?._inProgress")


def test_a_plan_is_drawn_by_deed_with_an_arrow_for_each_move(watched, service, plan, screenshots) -> None:
    page = opened(watched, service, plan)
    assert page.locator("path.plan-member").count() == len(plan["members"])
    assert page.locator("path.plan-site").count() == len(plan["sites"])
    arrows = [one for one in plan["moved"] if one["to_parcel_no"]]
    assert page.locator("path.plan-move").count() == page.locator(".plan-arrow").count() == len(arrows) >= 6
    assert page.locator("path.plan-away").count() == len(plan["moved"]) - len(arrows)
    told = page.locator("#plan-sum").inner_text()
    assert f"{plan['demands_served']} / {plan['demands']}" in told and "已证明" in told
    assert "万元" in told and "CNY" not in told
    page.locator("#plan-sum summary").click()
    assert "没有找到符合条件的成片地块" in page.locator("#plan-sum li").first.inner_text()
    assert page.locator("#plan-key li").all_inner_texts()[-1] == "迁移路线"
    if screenshots:
        page.screenshot(path=screenshots / "plan.png")
    page.select_option("#plan-choose", "")
    expect(page.locator("path.plan-member")).to_have_count(0)


def test_a_site_opened_in_the_list_comes_into_sight_with_the_moves_that_free_it(watched, service, plan) -> None:
    page = opened(watched, service, plan)
    at_rest(page)
    far, thin = page.evaluate(
        "() => [map_parcels.getZoom(), document.querySelector('path.plan-site').getAttribute('stroke-width')]"
    )
    firm = next(one for one in plan["members"] if one["deed"] == "swap")
    page.locator("#plan-sites details").nth(firm["site"] - 1).locator("summary").click()
    at_rest(page)
    near, thick = page.evaluate(
        "() => [map_parcels.getZoom(), document.querySelector('path.plan-site').getAttribute('stroke-width')]"
    )
    assert (near, float(thick)) > (far, float(thin))  # from the whole city a thick outline would cover the site
    view = page.locator(".folium-map").bounding_box()
    drawn = page.locator("path.plan-site").nth(firm["site"] - 1).bounding_box()
    for box in (drawn, page.locator("path.plan-move").first.bounding_box()):
        assert view["x"] <= box["x"] and box["x"] + box["width"] <= view["x"] + view["width"]
        assert view["y"] <= box["y"] and box["y"] + box["height"] <= view["y"] + view["height"]
    page.locator("#plan-sites details").nth(firm["site"] - 1).locator("summary").click()  # closing it moves nothing
    at_rest(page)
    assert page.evaluate("() => map_parcels.getZoom()") == near


def test_a_parcel_is_forbidden_on_the_map_itself(watched, service, plan) -> None:
    page = opened(watched, service, plan)
    at_rest(page)
    page.locator("path.plan-member").first.click()
    popup = page.locator(".plan-popup")
    told = popup.inner_text()
    no = next(one["parcel_no"] for one in plan["members"] if one["parcel_no"] in told)
    forbid = popup.get_by_role("button", name=f"禁用 {no}", exact=True)
    at_rest(page)
    forbid.click()
    expect(forbid).to_have_attribute("aria-pressed", "true")
    expect(forbid).to_be_focused()
    expect(page.locator(f"#plan-sites [aria-label='禁用 {no}'][aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#plan-change")).to_be_visible()
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)


def test_a_forbidden_parcel_makes_a_child_plan_and_the_page_shows_it(watched, service, plan, sample) -> None:
    page = opened(watched, service, plan)
    firm = next(one for one in plan["members"] if one["deed"] == "swap")
    site = page.locator("#plan-sites details").nth(firm["site"] - 1)
    site.locator("summary").click()
    mark = site.get_by_role("button", name=f"禁用 {firm['parcel_no']}", exact=True)
    mark.click()
    expect(mark).to_have_attribute("aria-pressed", "true")
    page.click("#plan-again")
    expect(page.locator("#plan-doing")).to_be_visible()
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        asked = queue.list_jobs(conn, 1)[0]
    assert work(sample.app_url, asked.job)
    expect(page.locator("#plan-status")).to_contain_text("已完成", timeout=30_000)
    chosen = int(page.locator("#plan-choose").input_value())
    assert chosen > plan["plan"]
    with database.connect(sample.app_url) as conn:
        child = plans.show(conn, chosen)
    assert child["parent"] == plan["plan"]
    assert firm["parcel_no"] not in {
        one["parcel_no"] for one in child["members"] if one["park_code"] == firm["park_code"]
    }
    expect(page.locator("#plan-sites details")).to_have_count(len(child["sites"]))
