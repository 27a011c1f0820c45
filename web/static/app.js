// The map page: takes the map Folium made and the view it was made for, and brings the parts together.

import { keepAddress, readAddress } from "landgis/address.js";
import { showBaseMaps } from "landgis/base-maps.js";
import { choice, onChoice } from "landgis/choice.js";
import { colour, onColour, recolour } from "landgis/colour.js";
import { enableDesk } from "landgis/desk.js";
import { showDock } from "landgis/dock.js";
import { byId, el } from "landgis/dom.js";
import { showFilter } from "landgis/filter-panel.js";
import { showFindings } from "landgis/findings.js";
import { followPointer } from "landgis/hover.js";
import { ParcelLabels } from "landgis/labels.js";
import { showLegend } from "landgis/legend.js";
import { enableMeasuring } from "landgis/measure.js";
import { dismiss, notify, refuse } from "landgis/notices.js";
import { ParcelTiles } from "landgis/parcel-tiles.js";
import { isDrawing } from "landgis/pencil.js";
import { linkPlaces, place } from "landgis/places.js";
import { showPlans } from "landgis/plan.js";
import { enablePrinting } from "landgis/print.js";
import { showRanking } from "landgis/ranking.js";
import { enableSearch } from "landgis/search.js";
import { showPerson } from "landgis/session.js";
import { loadSheet, onSheet, rowOf, sheet, want } from "landgis/sheet.js";
import { onShown } from "landgis/shown.js";
import { openSource } from "landgis/source.js";
import { enableTools } from "landgis/tools.js";
import { onTrial } from "landgis/trial.js";
import { view } from "landgis/view.js";
import { showWeights } from "landgis/weighing.js";
import { enableWhy } from "landgis/why.js";
import { label, number, onLanguage, rulesetTitle, t } from "landgis/words.js";

const given = readAddress();
const NARROW = window.matchMedia("(max-width: 760px)");

const map = window[document.querySelector(".folium-map").id];
let group = null;
let plans = null;
map.eachLayer((layer) => {
  if (layer.options.parcelTiles) group = layer;
  if (layer.options.plans) plans = layer;
});
const { address, detailZoom, tileZoom } = group.options.parcelTiles;
const source = openSource(address);
const tiles = new ParcelTiles(source, { maxNativeZoom: tileZoom, maxZoom: view.maxZoom, updateWhenZooming: false, keepBuffer: 1 });
const container = map.getContainer();
container.setAttribute("role", "application");
label(container, "map_label");

const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const panBy = map.panBy;
map.panBy = (offset, options) => panBy.call(map, offset, still.matches ? { ...options, animate: false } : options);
const settle = () => {
  map.options.inertia = !still.matches;
  map._zoomAnimated = map.options.zoomAnimation && !still.matches;    // Leaflet reads this, and offers no other way once the map is made
};
still.addEventListener("change", settle);
settle();

const facts = { on: view.on, run: `#${view.run}`, no: `#${view.run}`, made: view.madeAt.replace("T", " ").slice(0, 16) };
for (const id of ["run-on", "run-no", "run-made", "print-on", "print-run"]) byId(id).textContent = facts[id.split("-")[1]];
const writeRulesets = () => {
  for (const id of ["run-rulesets", "print-rulesets"]) byId(id).textContent = view.rulesets.map(rulesetTitle).join(t("list_semicolon"));
};
writeRulesets();
onLanguage(writeRulesets);

/** A later run of fewer parks, or the latest where an old one is looked at. */
const writeNewer = () => {
  const { run, on, parcels } = view.newer;
  byId("newer-run").replaceChildren(el("a", { href: place("/map", { run }), text: t("newer_run", { on, run, n: number(parcels) }) }));
};
byId("newer-run").hidden = !view.newer;
if (view.newer) {
  writeNewer();
  onLanguage(writeNewer);
}

/** Bring a box (west, south, east, north) into the part of the map that no panel covers. */
function zoomTo(box, maxZoom = view.maxZoom) {
  if (!box) return;
  const [west, south, east, north] = box;
  const panel = byId("why");
  const right = panel.hidden || NARROW.matches ? 24 : panel.offsetWidth + 36;
  const below = panel.hidden || !NARROW.matches ? 24 : panel.offsetHeight + 12;
  map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [24, 24], paddingBottomRight: [right, below], maxZoom });
}

/** Move the map when the panel that opens would cover the place that was clicked. */
function uncover({ x, y }) {
  const stage = map.getContainer().getBoundingClientRect();
  const panel = byId("why").getBoundingClientRect();
  const right = NARROW.matches ? stage.width : panel.left - stage.left;
  const below = NARROW.matches ? panel.top - stage.top : stage.height;
  const by = [x > right - 40 ? x - right / 2 : 0, y > below - 40 ? y - below / 2 : 0];
  if (by[0] || by[1]) map.panBy(by);
}

/** Bring a parcel into sight: near enough to see its neighbours; `box` is where it lies, if that is known. */
async function zoomToParcel(id, box) {
  if (box) return zoomTo(box, 17);
  const row = rowOf(id);
  if (row < 0) return;
  await want(["place"]).catch(() => {});    // the panel that opens says what is wrong
  if (!sheet.columns.place || choice.selected !== id) return;
  const { lon, lat } = sheet.columns.place;
  const half = Math.max(Math.sqrt(sheet.columns.area_m2.values[row]), 40) / 111_320;
  const wide = half / Math.cos((lat[row] * Math.PI) / 180);
  zoomTo([lon[row] - wide, lat[row] - half, lon[row] + wide, lat[row] + half], 17);
}

const why = enableWhy(source, zoomTo);
enableTools(map, zoomTo);
const placed = linkPlaces((name) => ({ theme: choice.theme, run: name === "map" || name === "cockpit" ? view.run : "" }));
onChoice(["theme"], placed);
showDock(map);
showBaseMaps(map);
showLegend(zoomTo);
showFilter(map);
showRanking(source, { open: (id) => why.open(id), zoomToParcel });
showWeights(source, map, tileZoom);
showFindings(map, detailZoom);
followPointer(map, tiles);
enableMeasuring(map);
enableDesk(map);
enablePrinting(map, tiles);
enableSearch(source, ({ parcel_id: id, bbox }) => {
  byId("sidebar").classList.remove("open");
  byId("sidebar-handle").setAttribute("aria-expanded", "false");
  why.open(id, bbox);
  zoomTo(bbox, 18);
});

onChoice(["tests", "selected", "theme", "picked"], () => tiles.repaint());
let painting = 0;
onShown(() => {
  cancelAnimationFrame(painting);
  painting = requestAnimationFrame(() => tiles.repaint());
});
onChoice(["park"], () => { if (!sheet.isReady) tiles.repaint(); });
onChoice(["colour", "method"], () => recolour(source));
onTrial(() => { if (colour.field === "grade") recolour(source); });
onSheet(() => recolour(source));

map.on("click", ({ latlng, containerPoint }) => {
  if (isDrawing()) return;
  const found = tiles.at(latlng);
  if (found?.kind === "parcel") {
    why.open(found.id);
    uncover(containerPoint);
  } else if (found) {
    const place = tiles.boundsOf(found);
    map.setView(place.getCenter(), Math.min(Math.max(detailZoom, map.getBoundsZoom(place) - 1), detailZoom + 2));
  }
  else if (choice.selected !== null) why.close();
});

let refused = 0;
tiles.on("loading", () => { byId("loading").hidden = false; refused = 0; });
tiles.on("load", () => {
  byId("loading").hidden = true;
  if (!refused) dismiss("tiles");
});
tiles.on("tileerror", ({ error }) => {
  refused += 1;
  if (navigator.onLine) refuse("tiles", "tiles_failed", error, () => tiles.redraw());
});
function fetchSheet() {
  if (!source.columns) {
    for (const id of ["dock", "filter-part"]) byId(id).hidden = true;
    document.body.classList.add("no-sheet");
    map.invalidateSize({ animate: false, pan: false });
    return;
  }
  loadSheet(source).then(() => dismiss("sheet"), (error) => refuse("sheet", "sheet_failed", error, fetchSheet));
}

window.addEventListener("offline", () => { if (address) notify("offline", { what: "offline", mend: "offline_mend" }); });
window.addEventListener("online", () => {
  dismiss("offline");
  tiles.redraw();
});

const home = view.parks.find((park) => park.park_code === choice.park)?.bbox;
if (given.place) map.setView([given.place.lat, given.place.lon], given.place.zoom, { animate: false });
else if (home || (choice.dock && view.bounds)) {    // the dock, open from the start, takes of the height Folium fitted the run into
  const [west, south, east, north] = home ?? view.bounds;
  map.fitBounds([[south, west], [north, east]], { padding: [24, 24], animate: false });
}
group.addLayer(tiles);
fetchSheet();
if (plans) showPlans(map, plans, zoomTo, given.place !== null);
keepAddress(map);
if (address) showPerson();
if (given.selected) why.open(given.selected).then((box) => { if (!given.place) zoomTo(box, 17); });    // a link from another page names no place
new ParcelLabels(tiles).addTo(map);

if (!view.bounds || !view.legend.some((row) => row.parcels)) notify("empty", { what: "empty", mend: "empty_mend", tone: "info" });
document.body.dataset.ready = "true";
