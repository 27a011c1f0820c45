"""The map for all eyes and hands: colours for those who lack red or green, no motion for those who ask for none, plane coordinates."""

import base64
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

import pyproj
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.sight import SIGHT, ciede2000, lab, seen

Open = Callable[..., Watched]

#: The commonest colour of each swatch on a picture of the window.
COMMONEST = """async ([picture, boxes]) => {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0))], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return boxes.map(([x, y, width, height]) => {
    const { data } = context.getImageData(x + 2, y + 2, width - 4, height - 4);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      const key = "#" + [...data.subarray(i, i + 3)].map((one) => one.toString(16).padStart(2, "0")).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0][0];
  });
}"""


@pytest.mark.parametrize("field", ["answer", "grade", "idle_state", "urgency", "area_m2"])
def test_classes_differ_as_chromium_shows_them_to_every_eye(
    watched: Open, service: str, field: str, screenshots
) -> None:
    page = watched(f"{service}/map?colour={field}").page
    page.wait_for_function(
        """async (field) => { const { colour } = await import("landgis/colour.js"); return colour.field === field && colour.of; }""",
        arg=field,
    )
    # At one moment: a row of what is unknown may come when the counts do.
    labels, boxes = page.eval_on_selector(
        "#legend-rows",
        """(legend) => [[...legend.querySelectorAll("tr")].map((row) => row.innerText), [...legend.querySelectorAll("canvas")]
          .map((one) => one.getBoundingClientRect()).map((box) => [box.x, box.y, box.width, box.height])]""",
    )
    assert len(set(labels)) == len(boxes) >= 3  # each is named in words, too
    eye = page.context.new_cdp_session(page)
    for sight in ("deuteranopia", "protanopia", "tritanopia", "achromatopsia", "none"):
        eye.send("Emulation.setEmulatedVisionDeficiency", {"type": sight})
        picture = page.screenshot()
        if screenshots:
            (Path(screenshots) / f"sight-{field}-{sight}.png").write_bytes(picture)
        colours = page.evaluate(COMMONEST, [base64.b64encode(picture).decode(), boxes])
        if sight in ("none", "deuteranopia", "protanopia"):
            labs = [lab(seen(colour, SIGHT["full"])) for colour in colours]
            nearest = min((ciede2000(a, b), i) for i, (a, b) in enumerate(itertools.combinations(labs, 2)))
            assert nearest[0] > 15, (sight, colours)


def test_coordinates_are_those_of_the_place_s_own_zone(watched: Open, service: str) -> None:
    page = watched(f"{service}/map").page
    expect(page.locator("#coordinates")).to_have_text(re.compile("经度 115"))
    page.click("#coordinates")
    expect(page.locator("#coordinates")).to_have_text(
        re.compile(r"CGCS2000 3°带 38（EPSG:4526）　X 36\d{5}\.\d　Y 386\d{5}\.\d")
    )
    page.wait_for_url("**crs=plane*")
    places = [(120.7213, 31.3214), (115.2, 33.0), (116.4, 18.2), (87.6, 53.4), (134.9, 48.3), (118.49, 30.0)]
    found = page.evaluate(
        """async (places) => { const { planeOf } = await import("landgis/plane.js");
        return [...places, [-73.9, 40.7]].map(([lng, lat]) => planeOf({ lat, lng })); }""",
        places,
    )
    assert found.pop() is None  # New York lies in no zone of China
    for (lon, lat), one in zip(places, found, strict=True):
        there = pyproj.Transformer.from_crs(4490, one["epsg"], always_xy=True).transform(lon, lat)
        assert (one["y"], one["x"]) == pytest.approx(there, abs=1e-3), json.dumps(one)


def test_who_asks_for_no_motion_gets_none(watched: Open, service: str) -> None:
    for wish, moves in (("no-preference", True), ("reduce", False)):
        page = watched(f"{service}/map", reduced_motion=wish).page
        page.focus(".folium-map")
        seen_moving = page.evaluate(
            """async () => {
            const began = map_parcels.getCenter();
            map_parcels.panBy([120, 0]);
            const isMoving = Boolean(map_parcels._panAnim?._inProgress);
            map_parcels.zoomIn();
            return [isMoving, Boolean(map_parcels._animatingZoom), map_parcels.getCenter().lng !== began.lng]; }"""
        )
        assert seen_moving[0] is moves and (moves or seen_moving == [False, False, True]), wish
        spin = page.evaluate("getComputedStyle(document.querySelector('#loading')).animationDuration")
        assert (spin == "0.01s") is not moves
