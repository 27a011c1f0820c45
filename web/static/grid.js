// Where single parcels cannot be told apart, squares stand for many: counted here from the rows that are shown, so that they follow
// filter and colour. The grid is the service's: 32 by 32 cells a tile of Web Mercator.

import { colour, onColour } from "landgis/colour.js";
import { sheet, want } from "landgis/sheet.js";
import { onShown, shown } from "landgis/shown.js";

const CELLS = 32;
const listeners = [];
const NOTHING = new Map();    // until the places are here nothing is counted: better no square than one that counts what is hidden
let counted = new Map();
let places = new Map();
let isAsked = false;

onShown(() => { counted = new Map(); });
onColour(() => { counted = new Map(); });

/** Be told when squares can be counted that could not before. */
export function onGrid(listener) {
  listeners.push(listener);
}

/** The cells of a zoom: "column:row" to parcels and m² by class; null where a tile's own counts hold: nothing is filtered or recoloured. */
export function gridOf(zoom) {
  if (!colour.of || (!shown.mask && colour.field === "answer")) return null;
  if (!sheet.columns.place) {
    ask();
    return NOTHING;
  }
  if (!counted.has(zoom)) counted.set(zoom, count(zoom, colour.of, colour.classes.length));
  return counted.get(zoom);
}

/** The cells of a zoom by any class of the rows that are shown; null until the places are here. */
export function gridBy(zoom, of, classes) {
  if (sheet.columns.place) return count(zoom, of, classes);
  ask();
  return null;
}

function ask() {
  if (isAsked) return;
  isAsked = true;
  want(["place"]).then(() => listeners.forEach((listener) => listener()), () => { isAsked = false; });    // the next painting asks again
}

function count(zoom, of, classes) {
  const cells = new Map();
  const { column, row } = placesAt(zoom);
  const { values: areas } = sheet.columns.area_m2;
  for (let i = 0; i < sheet.rows; i++) {
    if (shown.mask && !shown.mask[i]) continue;
    const key = `${column[i]}:${row[i]}`;
    let cell = cells.get(key);
    if (!cell) cells.set(key, cell = { parcels: new Array(classes).fill(0), areaM2: new Array(classes).fill(0) });
    cell.parcels[of[i]] += 1;
    cell.areaM2[of[i]] += areas[i];
  }
  return cells;
}

function placesAt(zoom) {
  if (!places.has(zoom)) {
    const { lon, lat } = sheet.columns.place;
    const across = CELLS * 2 ** zoom;
    const column = new Int32Array(sheet.rows);
    const row = new Int32Array(sheet.rows);
    for (let i = 0; i < sheet.rows; i++) {
      const sine = Math.sin((lat[i] * Math.PI) / 180);
      column[i] = Math.floor(((lon[i] + 180) / 360) * across);
      row[i] = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * across);
    }
    if (places.size > 3) places = new Map();
    places.set(zoom, { column, row });
  }
  return places.get(zoom);
}
