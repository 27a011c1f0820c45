"""The login in a real browser: the page, and the dialog that comes to the page when a session ends, after which all goes on."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from landgis.api import entrance
from landgis.store import database
from landgis.workflows import accounts, reallocate
from landgis.workflows.asked import Asked
from tests.browser.conftest import Lend, Watched, serving

PASSWORD = "correct horse battery"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def guarded(sample: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """Give a service over the sample city where two people may log in, and its database."""
    with database.connect(sample.admin_url) as sql, pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, "_KDF", "scrypt:1024:8:1")  # how long it takes is no matter here
        accounts.add(sql, "jia", "示例甲", "manager", ["S01", "S02"], PASSWORD)
        accounts.add(sql, "yi", "示例乙", "checker", ["S02"], PASSWORD)
        accounts.add(sql, "bing", "示例丙", "reader", ["S02"], PASSWORD)
        accounts.add(sql, "ji", "示例己", "checker", ["S02"], PASSWORD)
        with serving(sample.app_url, tile_timeout_s=30) as address:
            yield SimpleNamespace(address=address, sql=sql, app_url=sample.app_url)


@pytest.fixture
def stranger(lend: Lend, guarded: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Give a page of a browser that has never been here; whatever it complains of but a refused login fails the test."""
    monkeypatch.setattr(entrance, "FRESH_S", -1.0)
    with lend(guarded.address, bypass_csp=True) as found:
        yield found
    assert [one for one in found.complaints if "401" not in one and "ERR_ABORTED" not in one] == []
    assert found.foreign == []


def log_in(page: Page, name: str = "jia", password: str = PASSWORD) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")


def end_sessions(guarded: SimpleNamespace) -> None:
    guarded.sql.execute("UPDATE people.session SET ends_at = now() WHERE ends_at > now()")


def grave(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")]


def seen(page: Page) -> dict[str, list[str]]:
    """Give what the address says of the view."""
    return parse_qs(urlsplit(page.url).query)


def take_picture(page: Page, screenshots: Path | None, name: str) -> None:
    if screenshots:
        page.screenshot(path=screenshots / f"login-{name}.png")


@pytest.mark.parametrize(("language", "wrong"), [("zh", "账号或口令不对"), ("en", "The name or the password is wrong")])
def test_the_way_in_says_what_is_wrong_and_leads_to_where_one_was_going(
    stranger: Watched, guarded: SimpleNamespace, screenshots: Path | None, language: str, wrong: str
) -> None:
    page = stranger.page
    going = f"/cockpit?run=1&park=S01&lang={language}"
    page.goto(f"{guarded.address}/login?lang={language}&next=/cockpit?run=1%26park=S01%26lang={language}%23zones")
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert page.evaluate("document.activeElement.name") == "name"  # typing begins at once
    if language == "en":
        assert not CHINESE.search(page.inner_text("main").replace("中文", ""))
    assert grave(page) == []
    log_in(page, password="wrong password")
    expect(page.get_by_role("alert")).to_contain_text(wrong)
    assert page.input_value("[name=name]") == "jia" and page.evaluate("document.activeElement.name") == "password"
    take_picture(page, screenshots, f"wrong-{language}")
    assert grave(page) == []
    log_in(page)
    page.wait_for_url(f"{guarded.address}{going}#zones")
    expect(page.locator("#person")).to_have_text("示例甲")
    expect(page.locator("#parks tr")).to_have_count(2)
    take_picture(page, screenshots, f"cockpit-{language}")
    assert grave(page) == []

    page.get_by_role("banner").get_by_role("button", name={"zh": "退出登录", "en": "Log out"}[language]).click()
    page.wait_for_url(f"{guarded.address}/login")
    page.goto(f"{guarded.address}/map")
    assert urlsplit(page.url).path == "/login"


def test_without_scripts_one_comes_in_too(browser: Browser, guarded: SimpleNamespace) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{guarded.address}/jobs")
    page.get_by_role("link", name="English").click()
    log_in(page)
    page.wait_for_url(f"{guarded.address}/jobs?lang=en")  # the language that was chosen goes along
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_session_that_ends_on_the_map_leaves_the_map_as_it_was(
    stranger: Watched, guarded: SimpleNamespace, screenshots: Path | None, theme: str
) -> None:
    page = stranger.page
    page.goto(f"{guarded.address}/map?dock=table&filter=gate%20%3E%200&theme={theme}")
    log_in(page)
    stranger.settle()
    cell = page.locator("#ranking-body [data-at='1'] [role=gridcell]:nth-child(2)")
    expect(cell).not_to_have_text("…")
    page.wait_for_load_state("networkidle")
    before, count = seen(page), page.inner_text("#ranking-count")
    page.evaluate("window.stays = true")
    end_sessions(guarded)

    cell.dispatch_event("click")  # whatever else may be asked for just then
    dialog = page.get_by_role("dialog", name="登录已过期")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.activeElement.name") == "password"
    assert page.input_value("#session-over [name=name]") == "jia"
    take_picture(page, screenshots, f"over-{theme}")
    assert grave(page) == []
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("账号或口令不对")
    page.keyboard.type(PASSWORD)  # the wrong one is marked, and typed over
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    page.wait_for_selector("#why .steps")  # what was asked for has been told
    assert page.evaluate("window.stays") and page.inner_text("#ranking-count") == count
    after = seen(page)
    assert {name: after[name] for name in ("dock", "filter")} == {name: before[name] for name in ("dock", "filter")}
    assert {tile for tile in stranger.requests if "/login" in tile and "next=" in tile} <= {stranger.requests[1]}


def test_what_was_typed_is_sent_after_the_login(stranger: Watched, guarded: SimpleNamespace) -> None:
    (parcel_id,) = guarded.sql.execute("SELECT min(id) FROM land.parcel WHERE park_code = 'S02'").fetchone()
    page = stranger.page
    page.goto(f"{guarded.address}/map?parcel={parcel_id}&lang=en")
    log_in(page)
    stranger.settle()
    page.click(".case-form summary")
    assert page.input_value("#case [name=done_by]") == "示例甲"
    assert page.get_attribute("#case [name=done_by]", "readonly") is not None
    assert page.input_value("#case [name=responsible]") == "示例甲"
    assert page.locator("#case [name=checker] option").all_inner_texts() == [
        "Choose",
        "示例乙",
        "示例己",
    ]  # who may check here
    page.select_option("#case [name=checker]", "示例乙")
    page.fill("#case [name=note]", "seen on site")
    end_sessions(guarded)
    page.click("#case form button")
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    assert not CHINESE.search(dialog.inner_text())
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.input_value("#case [name=note]") == "seen on site"  # and it may be sent later
    page.click("#case form button")
    page.fill("#session-over [name=password]", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#case .case-said")).to_be_visible()
    kept = guarded.sql.execute("SELECT done_by, note, made_by FROM land.case_event").fetchall()
    assert kept == [("示例甲", "seen on site", "jia")]


def test_totals_of_a_plan_over_other_parks_say_whose_they_are(stranger: Watched, guarded: SimpleNamespace) -> None:
    with database.connect(guarded.app_url) as conn:
        reallocate.make(conn, Asked(parks=("S01", "S02")))
    page = stranger.page
    page.goto(f"{guarded.address}/map")
    for name, is_told in (("jia", False), ("yi", True)):
        page.request.post(f"{guarded.address}/login", form={"name": name, "password": PASSWORD})
        page.goto(f"{guarded.address}/map")
        page.wait_for_selector("#plan-choose option:nth-child(2)", state="attached")
        page.select_option("#plan-choose", index=1)
        page.wait_for_selector("#plan-sum dl")
        assert page.locator("#plan-whose").count() == is_told
        if is_told:
            assert "S01、S02" in page.inner_text("#plan-whose")


def test_another_person_sees_an_own_page_and_not_what_was_shown(stranger: Watched, guarded: SimpleNamespace) -> None:
    page = stranger.page
    page.goto(f"{guarded.address}/cockpit?run=1")
    log_in(page)
    expect(page.locator("#parks tr")).to_have_count(2)
    end_sessions(guarded)
    page.select_option("#park", "S02")
    page.fill("#session-over [name=name]", "yi")
    page.fill("#session-over [name=password]", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("#person")).to_have_text("示例乙")
    expect(page.locator("#parks tr")).to_have_count(1)


def test_a_job_is_followed_again_after_the_login_and_no_event_is_told_twice(
    stranger: Watched, guarded: SimpleNamespace
) -> None:
    page = stranger.page
    page.goto(f"{guarded.address}/jobs")
    log_in(page)
    stranger_page = page.request.post(
        f"{guarded.address}/api/jobs/assess",
        data={"on": "2026-06-30", "parks": ["S01"]},
        headers={"Origin": guarded.address},
    )
    job = stranger_page.json()["job"]
    page.goto(f"{guarded.address}/jobs?job={job}")
    page.wait_for_selector("#job-panel .card-head")
    end_sessions(guarded)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=30_000)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    page.request.post(f"{guarded.address}/api/jobs/{job}/cancel", headers={"Origin": guarded.address})
    expect(page.locator("#job-panel .card-head")).to_contain_text("已取消")
    expect(page.locator("#job-panel .job-steps li")).to_have_count(2)  # queued, cancelled


#: What each role is offered, page by page: the control, and who may use it.
OFFERED = (
    ("/map?dock=weights", "#plan-make", {"manager"}),
    ("/map?dock=weights", "#scenario-form", {"manager"}),
    ("/map?dock=table", "#rank-bands button, .drawing button", {"manager"}),
    ("/map?parcel={parcel}", "#case form", {"manager"}),
    ("/import", "#drop", {"manager"}),
    ("/jobs", "#assess-form", {"manager"}),
    ("/jobs?job={job}", "#job-panel .grave", {"manager"}),
)


@pytest.mark.parametrize(("name", "role"), [("jia", "manager"), ("yi", "checker"), ("bing", "reader")])
def test_a_role_is_offered_what_it_may_do_and_told_why_it_is_not_more(
    stranger: Watched, guarded: SimpleNamespace, screenshots: Path | None, name: str, role: str
) -> None:
    page = stranger.page
    (parcel,) = guarded.sql.execute("SELECT max(id) FROM land.parcel WHERE park_code = 'S02'").fetchone()
    asked = page.request.post(f"{guarded.address}/login", form={"name": "jia", "password": PASSWORD})
    assert asked.ok
    job = page.request.post(
        f"{guarded.address}/api/jobs/assess",
        data={"on": "2026-03-31", "parks": ["S02"]},
        headers={"Origin": guarded.address},
    ).json()["job"]
    page.request.post(f"{guarded.address}/login", form={"name": name, "password": PASSWORD})
    for address, control, roles in OFFERED:
        page.goto(guarded.address + address.format(parcel=parcel, job=job))
        page.wait_for_selector("body[data-ready]", state="attached")
        expect(page.locator("#person")).to_be_visible()
        page.wait_for_load_state("networkidle")
        for fold in page.query_selector_all("#case details"):
            fold.evaluate("(one) => { one.open = true; }")
        if role in roles:
            expect(page.locator(control).first).to_be_visible()
        else:
            expect(page.locator(control).locator("visible=true")).to_have_count(0)
            if "rank" not in control and "plan" not in control and "panel" not in control:
                assert page.locator(".takes-role").locator("visible=true").count() == 1, control
        take_picture(page, screenshots, f"role-{role}-{control.split(' ')[0].strip('#.')}")
    page.request.post(f"{guarded.address}/login", form={"name": "jia", "password": PASSWORD})
    page.request.post(f"{guarded.address}/api/jobs/{job}/cancel", headers={"Origin": guarded.address})


def test_the_checker_a_case_names_is_offered_its_end_alone_and_the_manager_all_but_that(
    stranger: Watched, guarded: SimpleNamespace
) -> None:
    page = stranger.page
    (parcel,) = guarded.sql.execute("SELECT max(id) FROM land.parcel WHERE park_code = 'S02'").fetchone()
    log = {"Origin": guarded.address}
    page.request.post(f"{guarded.address}/login", form={"name": "jia", "password": PASSWORD})
    opened = page.request.post(
        f"{guarded.address}/api/cases",
        data={
            "run": 1,
            "parcel_id": parcel,
            "happened_on": "2026-07-01",
            "note": "…",
            "responsible": "示例甲",
            "checker": "示例乙",
        },
        headers=log,
    )
    assert opened.ok, opened.text()
    for name, acts in (("jia", None), ("yi", ["closed"]), ("ji", [])):
        page.request.post(f"{guarded.address}/login", form={"name": name, "password": PASSWORD})
        page.goto(f"{guarded.address}/map?parcel={parcel}")
        page.wait_for_selector("#case .facts")
        offered = page.eval_on_selector_all(
            "#case [name=act] option", "all => all.map((one) => one.value).filter(Boolean)"
        )
        assert "closed" not in offered and offered if acts is None else offered == acts, name
        assert page.locator("#case .takes-role").count() == (acts == [])
        page.goto(f"{guarded.address}/cases?person=示例乙")
        expect(page.locator("#case-list tr").first).to_be_visible()
        shown = {"jia": "示例甲", "yi": "示例乙", "ji": "示例己"}[name]
        expect(page.locator("#person")).to_have_text(shown)  # who is here, beside the list of all people
        assert page.input_value("#whose") == "示例乙" and f"我（{shown}）" in page.inner_text("#whose")


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_the_own_password_is_changed_on_a_page_that_leads_back(
    stranger: Watched, guarded: SimpleNamespace, screenshots: Path | None, language: str, theme: str
) -> None:
    name, new = f"own-{language}", "another long one"
    accounts.add(guarded.sql, name, f"示例丑{language}", "reader", ["S01"], PASSWORD)
    page = stranger.page
    page.goto(f"{guarded.address}/map?dock=table&lang={language}&theme={theme}")
    log_in(page, name)
    stranger.settle()
    page.focus("#change-password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/password?*")
    assert page.evaluate("document.activeElement.name") == "old" and grave(page) == []
    if language == "en":
        assert not CHINESE.search(page.inner_text("main").replace("中文", ""))
    for old in ("wrong password", PASSWORD):
        for field, typed in (("old", old), ("new", new), ("again", new)):
            page.fill(f"[name={field}]", typed)
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]" if old != PASSWORD else "[role=status]")
        take_picture(page, screenshots, f"password-{language}-{old != PASSWORD}")
        assert grave(page) == []
    page.keyboard.press("Enter")  # on the way back
    page.wait_for_url(f"**/map?*dock=table*lang={language}*")
    page.get_by_role("button", name={"zh": "退出登录", "en": "Log out"}[language]).click()
    page.wait_for_url(f"{guarded.address}/login")
    log_in(page, name, new)
    page.wait_for_url("**/map*")
