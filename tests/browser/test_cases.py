"""A case in the why panel, in a real browser: opened, recorded, held against what another wrote, and found again in the cockpit."""

from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from landgis.store import database
from landgis.terms.cases import Event
from landgis.workflows import cases
from landgis.workflows.clock import today


@pytest.fixture
def suspected(sample) -> tuple[int, str, str]:
    """Id, number and park of a parcel with a suspected idle contract that has no case yet."""
    with database.connect(sample.admin_url) as sql:
        return sql.execute(
            """SELECT p.id, p.parcel_no, p.park_code FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
               WHERE t.run = 1 AND t.track IS NOT NULL AND t.park_code IN ('S02', 'S03')
               AND NOT EXISTS (SELECT FROM land.case_file AS c WHERE c.park_code = p.park_code AND c.parcel_no = p.parcel_no)
               ORDER BY p.id LIMIT 1"""
        ).fetchone()


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"#case [name={name}]", value)


def test_a_person_opens_and_records_and_nothing_is_lost_when_two_write(
    watched, service, suspected, screenshots
) -> None:
    parcel_id, parcel_no, park = suspected
    found = watched(f"{service}/map?parcel={parcel_id}")
    page = found.page
    page.click(".case-form summary")
    fill(page, responsible="示例甲", role="包联干部", checker="示例乙", done_by="示例甲", note="评估列为疑似")
    page.fill("#case [name=happened_on]", "2026-07-01")
    page.click("#case form button")
    expect(page.locator("#case .case-said")).to_have_text("已登记。")
    page.goto(f"{service}/cockpit?park={park}")
    page.locator("#late tbody tr", has_text=parcel_no).get_by_role("link").click()
    expect(page.locator("#why h2")).to_have_text(parcel_no)
    expect(page.locator("#case .case-late").first).to_be_visible()  # 30 days to begin the investigation are long over

    page.click(".case-form summary")
    page.select_option("#case [name=act]", "investigated")
    assert page.input_value("#case [name=done_by]") == "示例甲"
    page.click("#case form button")
    assert page.locator("#case [name=note]:invalid").count() == 1  # a reason is asked for
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.locator("#case h3")).to_have_text("Case")
    assert page.input_value("#case [name=act]") == "investigated"  # what was chosen is not lost
    page.get_by_role("button", name="中", exact=True).click()
    expect(page.locator("#case h3")).to_have_text("处置任务")
    fill(page, note="通知书 2 号")
    with httpx.Client(base_url=service) as other:
        case = other.get("/api/cases", params={"park": park, "parcel_no": parcel_no}).json()[0]
        given = {
            "act": "assigned",
            "happened_on": "2026-07-02",
            "done_by": "示例丙",
            "note": "另有任务",
            "responsible": "示例丁",
            "checker": "示例乙",
        }
        assert (
            other.post(f"/api/cases/{case['case_no']}/events", json=given, headers={"If-Match": '"1"'}).status_code
            == 200
        )
    page.click("#case form button")
    refusal = page.locator("#case [role=alert]")
    expect(refusal).to_contain_text("另有任务")
    assert page.input_value("#case [name=note]") == "通知书 2 号"
    found.complaints = [one for one in found.complaints if "412" not in one]  # Chromium notes the refusal
    if screenshots:
        page.locator("#case").scroll_into_view_if_needed()
        page.screenshot(path=screenshots / "case.png")
    page.click("#case form button")
    expect(page.locator("#case .case-events > li")).to_have_count(3)

    page.goto(f"{service}/cockpit?park={park}")
    expect(page.locator("#cases .counts dd").first).not_to_have_text("0")
    if screenshots:
        page.screenshot(path=screenshots / "cockpit-cases.png", full_page=True)
    expect(page.locator("[data-stage=recognised] .stage-value")).to_contain_text("0")
    page.locator("#cases tbody tr", has_text="示例丁").get_by_role("link", name="示例丁").click()
    expect(page.locator("#case-list tr")).to_have_count(1)
    assert parcel_no in page.inner_text("#case-list")
    page.locator("#case-list a").click()
    expect(page.locator("#case-panel .case-events > li")).to_have_count(
        3
    )  # a case of the idle-land measure, with its clocks
    assert "第5条" in page.locator("#case-panel details").first.text_content()


@pytest.fixture
def three_cases(sample, suspected) -> dict[str, int]:
    """Give the numbers of three cases in S03, by who is responsible: one overdue by its own day, one due tomorrow, one freed."""
    on = today()
    made = {}
    with database.connect(sample.app_url) as sql:
        with database.scoped(sql, ["S03"]):
            free = sql.execute(
                """SELECT p.id FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
                   WHERE t.run = 1 AND t.track IS NULL AND t.park_code = 'S03'
                   AND NOT EXISTS (SELECT FROM land.case_file AS c WHERE c.park_code = p.park_code AND c.parcel_no = p.parcel_no)
                   ORDER BY p.id LIMIT 3"""
            ).fetchall()
        for (parcel_id,), (name, due) in zip(free, {"示例寅": -3, "示例卯": 1, "示例辰": None}.items(), strict=True):
            day = on + timedelta(days=due) if due is not None else None
            first = Event(
                "opened", on - timedelta(days=7), name, "列入", responsible=name, checker="示例巳", due_on=day
            )
            made[name] = cases.open_case(sql, 1, parcel_id, first, on)["case_no"]
        for place, act in enumerate(("investigated", "recognised", "agreed", "freed"), start=1):
            cases.record(sql, made["示例辰"], place, Event(act, on, "示例辰", "照办"), on)
    return made


def rows(page: Page) -> list[str]:
    return page.locator("#case-list tr").all_inner_texts()


def test_cases_are_listed_by_what_is_due_and_recorded_beside_the_list(
    watched, service, three_cases, screenshots
) -> None:
    page = watched(f"{service}/cases?person=示例巳").page
    assert [next(name for name in three_cases if name in row) for row in rows(page)] == ["示例寅", "示例卯", "示例辰"]
    shown = {one.get_attribute("data-show"): one.inner_text() for one in page.locator("#chips button").all()}
    assert [text.split()[-1] for text in shown.values()] == [
        "3",
        "1",
        "1",
        "1",
        "0",
    ]  # open, overdue, soon, for the checker, closed

    page.click("[data-show=closing]")
    assert len(rows(page)) == 1 and "示例辰" in rows(page)[0]
    page.locator("#case-list a").click()
    expect(page.locator("#case-panel .case-events > li")).to_have_count(5)
    if screenshots:
        page.screenshot(path=screenshots / "cases.png")
    page.click("#case-panel .case-form summary")
    page.select_option("#case [name=act]", "closed")
    page.fill("#case [name=done_by]", "示例巳")
    page.fill("#case [name=note]", "核对无误")
    page.click("#case form button")
    expect(page.locator("#case .case-said")).to_be_visible()
    expect(page.locator("#case-list tr")).to_have_count(0)
    assert "1" in page.inner_text("[data-show=closed]")

    page.reload()  # the address holds what was chosen
    page.wait_for_selector("body[data-ready]", state="attached")
    expect(page.locator("#case-panel .case-events > li")).to_have_count(6)
    assert page.get_attribute("[data-show=closing]", "aria-pressed") == "true"
    assert page.input_value("#whose") == "示例巳"
    page.click("[data-show=open]")
    page.select_option("#whose", "示例寅")
    assert len(rows(page)) == 1
    page.fill("#find", "no such")
    assert rows(page) == [] and "换一个条件" in page.inner_text("#case-none")
