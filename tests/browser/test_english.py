"""Every page in English, everything unfolded: no Chinese is left but the names and texts that files and laws bring."""

import re
import tomllib
from collections.abc import Callable, Iterator
from importlib import resources
from itertools import product

import pytest
from playwright.sync_api import Page

from landgis.store import database
from landgis.terms.reasons import OWN_PROPOSAL
from landgis.workflows import reallocate
from landgis.workflows.asked import Asked
from tests.browser.conftest import Watched
from tests.browser.test_map import ask

Open = Callable[..., Watched]
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
#: What the sample's files hold, and the button for the other language.
NAMES = re.compile(r".*示例(?:企业|成片项目|园区|路|镇|村|合同|项目|需求).*|中|中文|.* · S0\d")
#: Everything that can be read on a page, or heard of it: its texts, and the names of its controls.
READ = """() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [document.title];
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("script, style, [lang]:not(html)")) texts.push(walk.currentNode.data.trim());
  }
  const said = ["aria-label", "aria-valuetext", "aria-description", "title", "placeholder", "alt"];
  for (const one of document.querySelectorAll(said.map((name) => `[${name}]`).join())) {
    texts.push(...said.map((name) => one.getAttribute(name)));
  }
  return texts.filter(Boolean); }"""


@pytest.fixture(scope="module")
def laws() -> set[str]:
    """Give what the rulesets quote: a law stays in its own words, a proposal of ours does not."""
    found: set[str] = set()

    def gather(part: object) -> None:
        if isinstance(part, dict):
            quoted = (part.get("article"), part.get("document"))
            found.update(text for text in quoted if isinstance(text, str) and not text.startswith(OWN_PROPOSAL.zh))
            part = list(part.values())
        for one in part if isinstance(part, list) else ():
            gather(one)

    for path in resources.files("landgis.rulesets").iterdir():
        if path.name.endswith(".toml"):
            gather(tomllib.loads(path.read_text(encoding="utf-8")))
    return found


@pytest.fixture(scope="module", autouse=True)
def plan(sample) -> Iterator[dict]:
    """Give the pages a plan to tell of."""
    with database.connect(sample.app_url) as conn:
        yield reallocate.make(conn, Asked(parks=("S01", "S02")))


def left(page: Page, laws: set[str]) -> set[str]:
    """Give the Chinese that is neither a name nor quoted."""
    found = {text for text in page.evaluate(READ) if CHINESE.search(text) and not NAMES.fullmatch(text)}
    return {text for text in found if text not in laws and text.rpartition(" · ")[0] not in laws}


def test_why_is_english_whatever_the_answer(watched: Open, service: str, laws: set[str]) -> None:
    every = ask(f"{service}/api/runs/1/parcels?limit=1000")["items"]
    # One parcel of every gate and one of every state of idleness.
    kinds = {one[name]: one["parcel_id"] for name in ("gate", "idle_state") for one in every}
    assert len(kinds) > 8
    page = watched(f"{service}/map?lang=en&dock=table").page
    for parcel_id, kind in {parcel_id: kind for kind, parcel_id in kinds.items()}.items():
        page.goto(f"{service}/map?lang=en&parcel={parcel_id}&dock=table")
        page.wait_for_selector("#why .steps")
        page.wait_for_selector("#ranking-body [role=row]")
        page.wait_for_selector("#case form, #case .case-said", state="attached")
        assert left(page, laws) == set(), kind


def test_the_map_is_english_whatever_colours_it(watched: Open, service: str, laws: set[str]) -> None:
    page = watched(f"{service}/map?lang=en").page
    page.wait_for_selector("#colour option", state="attached")
    for field in page.eval_on_selector_all("#colour option", "all => all.map((one) => one.value)"):
        page.select_option("#colour", field)
        page.wait_for_function("async (field) => (await import('landgis/colour.js')).colour.field === field", arg=field)
        if page.locator(f"#filter-field option[value='{field}']").count():
            page.select_option("#filter-field", field)
        assert left(page, laws) == set(), field
    for bad, tool in product(
        ("gate >", "nothing = 1", "grade = 3"), ("area", "comparing", "paper", "measure", "print")
    ):
        page.fill("#filter", bad)
        page.press("#filter", "Enter")
        if tool != "print":
            page.click(f"#tool-{tool}")
        page.wait_for_timeout(150)
        assert left(page, laws) == set(), (bad, tool)


def test_weights_plans_and_a_hover_are_english(watched: Open, service: str, laws: set[str]) -> None:
    page = watched(f"{service}/map?lang=en&dock=weights&park=S01").page
    page.wait_for_selector("#weights-sliders input")
    page.locator("#weights-sliders input").first.fill("80")
    assert left(page, laws) == set()
    page.wait_for_selector("#plan-choose option:nth-child(2)", state="attached")
    page.select_option("#plan-choose", index=1)
    page.wait_for_selector("#plan-sites details")
    assert left(page, laws) == set()
    box = page.locator(".folium-map").bounding_box()
    for part in (0.3, 0.4, 0.5, 0.6):
        page.mouse.move(box["x"] + part * box["width"], box["y"] + part * box["height"])
        page.wait_for_timeout(200)
        assert left(page, laws) == set()


@pytest.mark.parametrize("name", ["cockpit", "cases", "import", "jobs", "audit"])
def test_a_page_beside_the_map_is_english(watched: Open, service: str, laws: set[str], name: str) -> None:
    page = watched(f"{service}/{name}?lang=en").page
    page.wait_for_load_state("networkidle")
    assert left(page, laws) == set()


def test_a_paper_says_that_a_proposal_is_ours_in_its_reader_s_language(service: str, browser) -> None:
    parcel_id = ask(f"{service}/api/runs/1/parcels?filter=gate%20%3D%206&limit=1")["items"][0]["parcel_id"]
    page = browser.new_page()
    for language, words in (("zh", OWN_PROPOSAL.zh), ("en", OWN_PROPOSAL.en)):
        page.goto(f"{service}/api/runs/1/parcels/{parcel_id}/dossier.html?lang={language}")
        assert page.inner_text(".decided td:last-child") == words
    page.close()
