"""Plans on the map, in a real browser: chosen, drawn by deed with arrows, changed from the panel while the progress is told."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from landgis.jobs.work import work
from landgis.store import database, queue
from landgis.workflows import plans, reallocate
from landgis.workflows.asked import Asked
from landgis.workflows.demands import list_demands


@pytest.fixture(scope="module")
def plan(sample) -> Iterator[dict]:
    with database.connect(sample.app_url) as conn:
        yield reallocate.make(conn, Asked(parks=("S01", "S02")))


@pytest.fixture(scope="module")
def other(sample, plan) -> Iterator[dict]:
    with database.connect(sample.app_url) as conn:
        yield reallocate.make(conn, Asked(parks=("S01", "S04")))


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
    page.locator("#plan-left summary").first.click()
    assert "没有找到符合条件的成片地块" in page.locator("#plan-left li").first.inner_text()
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


def test_a_plan_in_the_address_is_drawn_again_and_the_place_stays(watched, service, plan) -> None:
    page = opened(watched, service, plan)
    page.wait_for_url(f"**plan={plan['plan']}*")
    again = watched(f"{service}/map?run={plan['run']}&plan={plan['plan']}&at=33.02000,115.17000,15").page
    expect(again.locator("#plan-choose")).to_have_value(str(plan["plan"]))
    assert again.evaluate("() => map_parcels.getZoom()") == 15
    again.select_option("#plan-choose", "")
    again.wait_for_url(lambda url: "plan=" not in url)


def test_a_site_tells_its_cost_its_worth_and_what_must_still_be_looked_at(watched, service, other) -> None:
    page = opened(watched, service, other)
    site = next(one for one in other["sites"] if "title_not_clean" in one["remarks"])
    told = page.locator("#plan-sites details").nth(site["site"] - 1)
    told.locator("summary").click()
    text = told.inner_text()
    assert f"成本 {site['cost_wan']:,.0f} 万元" in text and f"价值 {site['worth_wan']:,.0f} 万元" in text
    assert "有抵押、查封或不明" in text


def test_a_plan_is_adopted_on_the_page_and_withdrawn_and_no_other_gets_its_parcels(
    watched, service, plan, other, sample
) -> None:
    found = watched(f"{service}/map?run={plan['run']}&plan={plan['plan']}")
    page = found.page
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.click("#plan-adopt")
    expect(page.locator("#plan-adopt")).to_have_text("撤回采纳")
    with database.connect(sample.app_url) as conn:
        assert plans.show(conn, plan["plan"])["is_adopted"]
    page.select_option("#plan-choose", str(other["plan"]))
    page.wait_for_url(f"**plan={other['plan']}*")
    page.click("#plan-adopt")
    expect(page.locator("#plan-status")).to_contain_text(f"(plan {plan['plan']})")
    assert found.complaints and all("409" in one for one in found.complaints)
    found.complaints.clear()
    page.select_option("#plan-choose", str(plan["plan"]))
    expect(page.locator("#plan-adopt")).to_have_text("撤回采纳")
    page.click("#plan-adopt")
    expect(page.locator("#plan-adopt")).to_have_text("采纳")
    assert len(asked) == 3 and "不再给别的项目" in asked[0]


def test_a_plan_on_the_map_is_printed_with_its_key(watched, service, plan) -> None:
    page = opened(watched, service, plan)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    box = page.locator(".sidebar").bounding_box()
    last = page.locator("#plan-sites details").last.bounding_box()
    assert last["y"] + last["height"] <= box["y"] + box["height"]
    assert page.is_visible("#plan-key") and page.is_hidden("#plan-adopt") and page.is_hidden(".plan-mark >> nth=0")


def test_two_plans_stand_side_by_side(watched, service, plan, other) -> None:
    page = opened(watched, service, plan)
    page.select_option("#plan-beside", str(other["plan"]))
    rows = page.locator("#plan-compared tbody tr")
    expect(rows.first).to_have_text(
        f"落地项目{plan['demands_served']} / {plan['demands']}{other['demands_served']} / {other['demands']}"
    )
    used = [{(one["park_code"], one["parcel_no"]) for one in each["members"]} for each in (plan, other)]
    expect(page.locator("#plan-compared summary")).to_have_text(f"用途不同的地块 {len(used[0] ^ used[1])} 宗")


def test_what_a_project_lacks_is_looked_for_and_told(watched, service, plan, sample) -> None:
    page = opened(watched, service, plan)
    page.locator("#plan-left summary").first.click()
    mine = page.locator("#plan-left > details").first.locator("ul").first.locator("> li").first
    mine.get_by_role("button").click()
    expect(mine.get_by_role("status")).to_be_visible()
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        asked = queue.list_jobs(conn, 1)[0]
    assert asked.kind == "site" and work(sample.app_url, asked.job)
    expect(mine).to_contain_text("放宽下列任一项即有地可用")
    assert mine.locator(".plan-lack li").count() > 0


def test_a_new_plan_is_asked_for_with_a_budget(watched, service, sample) -> None:
    page = watched(f"{service}/map?park=S01").page
    page.click("#plan-make")
    page.fill("#plan-asked [name=budget_wan]", "5000")
    page.click("#plan-start")
    expect(page.locator("#plan-doing")).to_be_visible()
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        asked = queue.list_jobs(conn, 1)[0]
    assert (asked.kind, asked.asked["budget_wan"], asked.asked["level"]) == ("plan", 5000, "mid")
    page.click("#plan-stop")
    expect(page.locator("#plan-status")).to_have_text("已取消，没有写入任何方案。")


def test_a_project_is_added_and_changed_on_the_page_and_keeps_what_the_form_does_not_ask(
    watched, service, sample
) -> None:
    page = watched(f"{service}/map?park=S01").page

    def save(**typed: str) -> None:
        for name, value in typed.items():
            page.fill(f"#demand-form [name={name}]", value)
        page.click("#demand-form [type=submit]")

    def stands(number: str) -> dict:
        with database.connect(sample.app_url) as conn:
            return next(one for one in list_demands(conn, ["S01"]) if one["demand_no"] == number)

    page.click("#demands-sum")
    save(demand_no="N1", name="<i>新项目</i>", area_min_m2="30", area_max_m2="24", tax_wan="300")
    expect(page.locator("#demands-status")).to_contain_text("N1 已保存")
    expect(page.locator("#demands-status")).to_contain_text("大于")  # 30 mu at least, 24 at most: stored, and doubted
    mine = page.locator("#demands-list li", has_text="N1")
    expect(mine).to_contain_text("<i>新项目</i>30 亩 – 24 亩 · 年税收 300 万")
    assert stands("N1")["area_min_m2"] == 20_000

    before = stands("D001")
    page.get_by_role("button", name="改 S01 D001", exact=False).click()
    save(tax_wan="500")
    expect(page.locator("#demands-status")).to_contain_text("D001 已保存")
    assert stands("D001") == before | {"tax_wan": 500}
