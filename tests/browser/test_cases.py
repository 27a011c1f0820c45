"""A case in the why panel, in a real browser: opened, recorded, held against what another wrote, and found again in the cockpit."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from landgis.store import database


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
    assert page.locator("#cases tbody tr", has_text="示例丁").count() >= 1
