"""The map in a real Chromium with software rendering, beside a plain Leaflet page with the same parcels inlined as GeoJSON."""

import gzip
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.databases import fresh, private_cluster
from tests.bench.measuring import ROOT, say, table

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZES: Final = (20_000, 100_000)
RULES: Final = ("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage")
DAY: Final = date(2026, 6, 30)
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-webgl",
    "--no-first-run",
    "--disable-background-networking",
)
#: Milliseconds of a change, from the call until two frames have been drawn and what it fetched is there.
TIMED: Final = """async ([change, event]) => {
  const { choose } = await import("landgis/choice.js");
  const on = event === "colour" ? (await import("landgis/colour.js")).onColour : event === "trial"
    ? (await import("landgis/trial.js")).onTrial : (await import("landgis/shown.js")).onShown;
  const told = new Promise((resolve) => { let isDone = false; on(() => { if (!isDone) { isDone = true; resolve(); } }); });
  let begun = performance.now();
  choose(change);
  await told;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return performance.now() - begun;
}"""
OTHER_WEIGHTS: Final = """const { trial } = await import("landgis/trial.js");
  const weigh = ({ code, indicators }) => [code, Object.fromEntries(indicators.map((one, i) => [one.measure, i + 1]))];
  begun = performance.now();
  choose({ weights: Object.fromEntries(trial.model.populations.map(weigh)) });"""
#: Milliseconds from each movement of the pointer until the card at it has been drawn anew.
HOVERED: Final = """() => { window.hovered = []; let begun = 0; const card = document.getElementById("hover-card");
  document.addEventListener("mousemove", (event) => { begun = event.timeStamp; }, { capture: true });
  new MutationObserver(() => { if (card.hidden || !begun) return; const from = begun; begun = 0;
    requestAnimationFrame(() => setTimeout(() => window.hovered.push(performance.now() - from))); })
    .observe(card, { childList: true }); }"""
#: Wait for one more such time; between two parcels there is none.
SEEN: Final = """(before) => new Promise((resolve) => { const until = performance.now() + 2000;
  const look = () => (window.hovered.length > before || performance.now() > until ? resolve() : setTimeout(look, 5)); look(); })"""
PLAIN: Final = """<!DOCTYPE html><meta charset="utf-8"><style>{css} html, body, #m {{ height: 100%; margin: 0 }}</style><div id="m"></div>
<script>{leaflet}</script><script>
const paints = {{ exit: "#bf3b2b", swap: "#f0b23c", upgrade: "#2e6db0", leave: "#cbe3d0", data_first: "#9a97a0" }};
const data = {data};
const map = L.map("m", {{ preferCanvas: true }});
const drawn = (fillColor) => ({{ color: "#444", weight: 1, fillOpacity: .9, fillColor }});
const layer = L.geoJSON(data, {{ style: (one) => drawn(paints[one.properties.answer]) }});
layer.addTo(map); map.fitBounds(layer.getBounds());
const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
frame().then(() => {{ window.usable = performance.now(); }});
async function change(filtered) {{
  const begun = performance.now();
  layer.setStyle((one) => (filtered && one.properties.answer === "leave" ? {{ stroke: false, fill: false }}
    : drawn(one.properties.area_m2 > 20000 ? "#255a90" : "#fdf6dc")));
  await frame();
  return performance.now() - begun;
}}
</script>"""


def report(parcels: int, rounds: int) -> str:
    """Measure both pages at both sizes, or at the one that is asked for."""
    sizes = SIZES if parcels == SIZES[-1] else (parcels,)
    rows = []
    with private_cluster() as cluster, tempfile.TemporaryDirectory(prefix="lgbench-map-") as folder:
        for count in sizes:
            name = f"map_{count}"
            fresh(cluster, name)
            url = cluster.url("landgis_app", name)
            say(f"{count:,} parcels: importing and assessing")
            plain = _city(url, count, Path(folder))
            with _serving(url) as address:
                ours, theirs = _measured(address, plain, rounds)
            rows += [_row(f"**LandGIS**, {count:,}", ours), _row(f"plain Leaflet, {count:,}", theirs)]
            plain.unlink()
    return (
        f"A made city of so many parcels, imported and assessed, in Debian's Chromium without graphics card; median of {rounds}. "
        "*Usable*: parcels drawn, legend, filter and table ready; the service is warm, the browser's cache empty. *Hover*: from a "
        "movement of the pointer until the card at it is drawn, the middle of nine; it, *filter* and *recolour* at the first zoom that "
        "draws single parcels; *re-rank* weighs all subjects anew, with the table open. The plain page holds all parcels as GeoJSON, "
        "drawn on a canvas, and can neither rank nor tell why.\n\n"
        + table(
            ["page", "usable, s", "hover, ms", "filter, ms", "recolour, ms", "re-rank, ms", "page, KB gzipped"], rows
        )
    )


def _row(name: str, found: dict[str, list[float]]) -> list[str]:
    def said(key: str, digits: int) -> str:
        return f"{statistics.median(found[key]):,.{digits}f}" if found.get(key) else "–"

    return [
        name,
        said("usable", 2),
        said("hover", 0),
        said("filter", 0),
        said("recolour", 0),
        said("rank", 0),
        said("kb", 0),
    ]


def _city(url: str, count: int, folder: Path) -> Path:
    """Import and assess a made city; write the plain page with the same parcels."""
    from landgis.sample import make_city, write_city
    from landgis.store import database, runs
    from landgis.workflows.assess import assess
    from landgis.workflows.ingest import ingest

    path = folder / "city.gpkg"
    write_city(make_city(parcels=count, parks=4, seed=20260630, on=DAY, origin=(115.2, 33.0)), path)
    with database.connect(url) as conn:
        ingest(conn, [path], "landgis-template")
        assess(conn, None, RULES, DAY)
        path.unlink()
        with database.scoped(conn, database.ALL_PARKS):
            ledger = runs.read_ledger(conn, 1)
    import geopandas as gpd

    kept = gpd.GeoDataFrame(ledger[["parcel_id", "parcel_no", "answer", "area_m2", "geom"]], geometry="geom", crs=4326)
    vendor = ROOT / "web/vendor/leaflet/dist"
    page = PLAIN.format(
        css=(vendor / "leaflet.css").read_text(encoding="utf-8"),
        leaflet=(vendor / "leaflet.js").read_text(encoding="utf-8"),
        data=kept.to_json(),
    )
    plain = folder / "plain.html"
    plain.write_text(page, encoding="utf-8")
    return plain


@contextmanager
def _serving(url: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    served = subprocess.Popen([sys.executable, "-m", "tests.bench.mapping", url, str(port)], cwd=ROOT)
    try:
        for _ in range(600):
            try:
                for path in ("/map", "/api/runs/1/columns", "/api/runs/1/weights", "/api/runs/1/fields"):
                    urllib.request.urlopen(address + path).read()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        served.terminate()
        served.wait()


def _measured(address: str, plain: Path, rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    from playwright.sync_api import sync_playwright

    ours: dict[str, list[float]] = {key: [] for key in ("usable", "hover", "filter", "recolour", "rank", "kb")}
    theirs: dict[str, list[float]] = {
        "usable": [],
        "filter": [],
        "recolour": [],
        "kb": [len(gzip.compress(plain.read_bytes())) / 1000],
    }
    chromium = os.environ.get("LANDGIS_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for turn in range(rounds + 1):  # the first warms the service's tiles, and is not counted
            page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
            page.set_default_timeout(180_000)
            page.goto(f"{address}/map?dock=table", wait_until="commit")
            page.wait_for_selector("body[data-ready]", state="attached")
            usable = page.evaluate(
                """async () => { const { sheet } = await import("landgis/sheet.js");
                while (!sheet.isReady || !document.getElementById("loading").hidden || !document.querySelector("#ranking-body [data-at]")
                  || [...document.querySelectorAll("#ranking-body [role=gridcell]")].some((one) => one.textContent === "…"))
                  await new Promise((resolve) => setTimeout(resolve, 10));
                return performance.now(); }"""
            )
            kb = page.evaluate(
                "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
                ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
            )
            say(f"usable after {usable / 1000:.2f} s")
            page.evaluate(
                """() => { let group; map_parcels.eachLayer((one) => { if (one.options.parcelTiles) group = one; });
                map_parcels.setView(map_parcels.getCenter(), group.options.parcelTiles.detailZoom, { animate: false }); }"""
            )
            page.evaluate(
                """async () => { const { sheet, want } = await import("landgis/sheet.js");
                    await want(["place"]);
                    const { lon, lat } = sheet.columns.place;
                map_parcels.panTo([lat[0], lon[0]], { animate: false }); }"""
            )
            page.wait_for_timeout(300)
            page.wait_for_selector("#loading", state="hidden")
            hover = _hovered(page)
            page.evaluate(TIMED, [{"colour": "total"}, "colour"])  # what it fetches is fetched once
            changes: list[tuple[str, dict[str, Any], str]] = [
                ("filter", {"filter": "answer <> 'leave' AND area_m2 > 5000"}, "shown"),
                ("recolour", {"colour": "grade"}, "colour"),
            ]
            found = {key: page.evaluate(TIMED, [change, event]) for key, change, event in changes}
            page.evaluate(
                "async () => { const { choose } = await import('landgis/choice.js'); choose({ dock: 'weights' }); }"
            )
            page.wait_for_selector("#weights-sliders input")
            page.evaluate(
                "async () => { const { choose } = await import('landgis/choice.js'); choose({ dock: 'table' }); }"
            )
            found["rank"] = page.evaluate(
                TIMED.replace("choose(change);", OTHER_WEIGHTS),
                [{}, "trial"],
            )
            page.context.close()
            if turn:
                ours["usable"].append(usable / 1000)
                ours["kb"].append(kb / 1000)
                ours["hover"].append(hover)
                for key in ("filter", "recolour", "rank"):
                    ours[key].append(found[key])
            page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
            page.set_default_timeout(180_000)
            page.goto(plain.as_uri(), wait_until="commit")
            page.wait_for_function("() => window.usable")
            if turn:
                theirs["usable"].append(page.evaluate("window.usable") / 1000)
                theirs["recolour"].append(page.evaluate("change(false)"))
                theirs["filter"].append(page.evaluate("change(true)"))
            page.context.close()
        browser.close()
    return ours, theirs


def _hovered(page: "Page") -> float:
    """Move the pointer over the parcels in the middle of the map; give the middle of the times to the card."""
    page.mouse.move(1, 1)
    page.evaluate(HOVERED)
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    for step in range(9):
        before = page.evaluate("window.hovered.length")
        page.mouse.move(box["x"] + box["width"] / 2 + 6 * step, box["y"] + box["height"] / 2 + 4 * step)
        page.evaluate(SEEN, before)
    return float(statistics.median(page.evaluate("window.hovered")))


def _serve(url: str, port: int) -> None:
    import uvicorn

    from landgis.api.app import create_app
    from landgis.settings import Settings

    uvicorn.run(create_app(Settings(), url), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
