"""Make the pictures of docs/images anew, from services that run: ``python -m tests.pictures SAMPLE_ADDRESS NEW_YORK_ADDRESS``.

The first serves the sample city (`landgis demo --no-serve`, `landgis plan make`, `landgis up`), the second New York's industrial zones:
`landgis ingest ../shared/data/nyc-ibz-mappluto/nyc_ibz_lots.gpkg --profile nyc-pluto`, `landgis assess --on 2024-06-30 --rules nyc-ibz`,
`landgis demand import docs/example/nyc-demands.csv`, `landgis plan make --rules nyc-planning`, `landgis up`. Both have a worker.
"""

import io
import json
import os
import re
import shutil
import sys
import time
import urllib.parse
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from landgis.workflows.clock import today

ROOT: Final = Path(__file__).parents[1]
IMAGES: Final = ROOT / "docs/images"
EXAMPLE: Final = ROOT / "docs/example"
LOTS: Final = ROOT.parent / "shared/data/nyc-ibz-mappluto/nyc_ibz_lots.gpkg"


def asked(address: str, body: bytes | None = None, **heads: str) -> Any:
    kind = {"Content-Type": "application/json"} if body and body[:1] == b"{" else {}
    with urllib.request.urlopen(urllib.request.Request(address, body, kind | heads)) as answer:
        return json.load(answer)


def keep(name: str, picture: bytes, width: int = 1366) -> None:
    """Keep a picture, no wider than so many pixels."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    few = image.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]", state="attached")
    if "parcel=" in address:
        page.wait_for_selector("#why .steps")
    page.wait_for_timeout(2500)
    if "/map" in address:
        page.wait_for_selector("#loading", state="hidden")
        page.wait_for_timeout(500)
    return page


def tried(address: str, profile: str, *files: Path) -> str:
    """Send files, have them tried, and give the address of the wizard at what was found."""
    upload = ""
    for file in files:
        where = f"{address}/api/uploads" + (f"/{upload}/files" if upload else "")
        upload = asked(f"{where}?name={urllib.parse.quote(file.name)}", file.read_bytes())["upload"]
    given = json.dumps({"profile": profile, "dry_run": True}).encode()
    job = asked(f"{address}/api/uploads/{upload}/import", given)["job"]
    while asked(f"{address}/api/jobs/{job}")["state"] not in ("done", "refused", "failed"):
        time.sleep(0.5)
    return f"{address}/import?upload={upload}&job={job}"


def planned(page: Page, name: str) -> Page:
    """Show the latest plan on the map, and of its sites one."""
    page.wait_for_selector("#plan-choose option:nth-child(2)", state="attached")
    page.select_option("#plan-choose", index=1)
    page.locator("#plan-sites summary", has_text=name).click()
    page.wait_for_timeout(2500)
    page.locator("#plan-choose").evaluate("one => one.scrollIntoView()")
    return page


def first(address: str, wanted: str, sort: str = "-area_m2") -> dict[str, Any]:
    run = asked(f"{address}/api/runs?limit=1")[0]["run"]
    given = urllib.parse.urlencode({"filter": wanted, "sort": sort, "limit": 1})
    return asked(f"{address}/api/runs/{run}/parcels?{given}")["items"][0]


def handled(address: str) -> str:
    """Open cases about some parcels that are to go, one each week, and take the older ones further; give the address of one."""
    numbers = []
    wanted = urllib.parse.urlencode({"filter": "answer = 'exit'", "sort": "-area_m2", "limit": 8})
    for place, parcel in enumerate(asked(f"{address}/api/runs/1/parcels?{wanted}")["items"]):
        day = today() - timedelta(weeks=8 - place)
        done = {"happened_on": f"{day}", "done_by": "示例甲", "note": "评估列为疑似"}
        people = {"responsible": ("示例甲", "示例乙", "示例丙")[place % 3], "role": "包联干部", "checker": "示例丁"}
        given = {"parcel_id": parcel["parcel_id"], "due_on": f"{day + timedelta(weeks=7)}", **done, **people}
        case = asked(f"{address}/api/cases", json.dumps(given).encode())["case_no"]
        acts = ("investigated", "recognised", "agreed", "freed")[: max(0, 4 - place)]
        for seen, (act, note) in enumerate(
            zip(acts, ("通知书已送达", "经核实", "协议收回", "已交付"), strict=False), start=1
        ):
            more = {
                "act": act,
                "happened_on": f"{day + timedelta(days=9 * seen)}",
                "done_by": people["responsible"],
                "note": note,
            }
            asked(f"{address}/api/cases/{case}/events", json.dumps(more).encode(), **{"If-Match": f'"{seen}"'})
        numbers.append(case)
    return f"{address}/cases?case={numbers[1]}"


def sample(browser: Browser, address: str) -> None:
    swap = first(address, "answer = 'swap'")
    west, south, east, north = swap["bbox"]
    page = opened(browser, f"{address}/map?at={(south + north) / 2:.5f},{(west + east) / 2:.5f},16")
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + 4, box["y"] + box["height"] / 2 + 4)
    page.wait_for_selector("#hover-card")
    keep("map", page.screenshot())
    out = first(address, "answer = 'exit' AND suspected > 1")
    keep("map-why", opened(browser, f"{address}/map?parcel={out['parcel_id']}").screenshot())
    page = opened(browser, f"{address}/map?dock=table&sort=rank&park={swap['park_code']}")
    draw = page.get_by_role("button", name="计算名次区间")
    if draw.count():  # else they are drawn already
        draw.click()
    page.get_by_role("gridcell", name="–").filter(has_text=re.compile(r"\d–\d")).first.wait_for()
    page.wait_for_timeout(500)
    keep("map-ranking", page.screenshot())
    page = opened(browser, f"{address}/map?dock=weights&colour=grade")
    page.locator("#weights-sliders input").first.fill("80")
    page.wait_for_timeout(1500)
    keep("map-weights", page.screenshot())
    keep("plan", planned(opened(browser, f"{address}/map"), "D101").screenshot())
    sheet = f"{address}/api/runs/1/sheet.png?park={swap['park_code']}&secrecy={urllib.parse.quote('内部')}"
    with urllib.request.urlopen(sheet) as drawn:
        keep("map-print", drawn.read())
    keep("cockpit", opened(browser, f"{address}/cockpit").screenshot(full_page=True))
    keep("cases", opened(browser, handled(address)).screenshot())
    page = opened(browser, tried(address, "my-town.toml", EXAMPLE / "ledger.csv", EXAMPLE / "my-town.toml"))
    page.locator("#problems button, .problem-list button").first.click()
    page.wait_for_timeout(1000)
    keep("import", page.screenshot(full_page=True))


def new_york(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/map?lang=en&at=40.72750,-73.92800,15&colour=landuse_code")
    keep("map-new-york", page.screenshot())
    keep("plan-new-york", planned(opened(browser, f"{address}/map?lang=en"), "N04").screenshot())
    out = first(address, "answer = 'exit'")
    keep("map-why-new-york", opened(browser, f"{address}/map?lang=en&parcel={out['parcel_id']}").screenshot())
    keep("cockpit-nyc", opened(browser, f"{address}/cockpit?lang=en").screenshot(full_page=True))
    page = opened(browser, tried(address, "nyc-pluto", LOTS) + "&lang=en")
    page.locator("#problems button, .problem-list button").first.click()
    page.wait_for_timeout(1000)
    keep("import-nyc", page.screenshot(full_page=True))


if __name__ == "__main__":
    chromium = os.environ.get("LANDGIS_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        sample(started, sys.argv[1])
        new_york(started, sys.argv[2])
        started.close()
