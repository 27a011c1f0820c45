// The printed sheet: title, map, legend, north, scale, data date and run on one A4 page, lying.

import { choice, onChoice } from "landgis/choice.js";
import { byId } from "landgis/dom.js";
import { chosenTests } from "landgis/findings.js";
import { onSheet, sheet } from "landgis/sheet.js";
import { onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

export function enablePrinting(map, tiles) {
  function write() {
    const parks = view.parks.filter((park) => !choice.park || park.park_code === choice.park).map((park) => park.name);
    byId("print-parks").textContent = parks.join(t("list_comma"));
    byId("print-title").textContent = choice.colour === "answer" ? t("print_title") : t("print_title_by", { field: pick(sheet.fields[choice.colour]?.title) });
    byId("print-filter").textContent = choice.filter ? t("print_filter", { filter: choice.filter }) : "";
    const names = chosenTests();
    byId("print-findings").textContent = names.length ? t("print_findings", { names: names.join(t("list_comma")) }) : "";
  }

  /** The sheet has its own size: the map is laid out for it before the page is drawn for print. */
  function lay(on) {
    document.body.classList.toggle("printing", on);
    const centre = map.getCenter();
    map.invalidateSize({ animate: false, pan: false });
    map.setView(centre, map.getZoom(), { animate: false });
    if (on) tiles.repaint();
  }

  window.addEventListener("beforeprint", () => lay(true));
  window.addEventListener("afterprint", () => lay(false));
  byId("tool-print").addEventListener("click", async () => {
    lay(true);
    await settled(tiles);
    window.print();
    lay(false);
  });
  onChoice(["park", "tests", "colour", "filter"], write);
  onLanguage(write);
  onSheet(write);
  write();
}

/** Wait until the sheet's tiles are there, but not for ever. */
function settled(tiles) {
  if (!tiles.isLoading()) return Promise.resolve();
  return Promise.race([
    new Promise((resolve) => { tiles.once("load", resolve); }),
    new Promise((resolve) => { setTimeout(resolve, 4000); }),
  ]);
}
