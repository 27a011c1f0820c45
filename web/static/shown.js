// Which parcels are shown: the park, the filter, and the classes that are not hidden; counted by class.

import { choice, onChoice } from "landgis/choice.js";
import { colour, onColour } from "landgis/colour.js";
import { fieldsIn, FilterError, judge, readFilter } from "landgis/filter.js";
import { dismiss, refuse } from "landgis/notices.js";
import { onSheet, sheet, want } from "landgis/sheet.js";

const listeners = [];

/** `mask` is 1 for every row of the park that the filter shows; null while all are. `error` says what is wrong with the filter. */
export const shown = { mask: null, error: null };

let asked = 0;

export function onShown(listener) {
  listeners.push(listener);
}

function told() {
  listeners.forEach((listener) => listener());
}

/** Whether park and filter show a row. */
export const isShown = (row) => shown.mask === null || row < 0 || shown.mask[row] === 1;

/** Judge all rows anew. */
export async function judgeAll() {
  const turn = ++asked;
  if (!sheet.isReady) return;
  const { filter: text, park } = choice;
  let filter = null;
  try {
    filter = text.trim() ? readFilter(text, sheet.fields) : null;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    shown.error = error;
    told();
    return;
  }
  shown.error = null;
  try {
    await want([...(filter ? fieldsIn(filter) : []), ...(park ? ["park_code"] : [])]);
  } catch (error) {
    if (turn === asked) refuse("filter", "filter_failed", error, judgeAll);
    return;
  }
  if (turn !== asked) return;
  dismiss("filter");
  const mask = filter ? judge(filter, sheet.columns, sheet.rows) : null;
  const inPark = park ? sheet.columns.park_code.texts.indexOf(park) : null;
  if (!mask && inPark === null) shown.mask = null;
  else {
    const { at } = sheet.columns.park_code ?? { at: null };
    shown.mask = new Uint8Array(sheet.rows);
    for (let row = 0; row < sheet.rows; row++) {
      shown.mask[row] = (!mask || mask[row] === 1) && (inPark === null || at[row] === inPark) ? 1 : 0;
    }
  }
  told();
}

/** Parcels and m² of each class, over the rows that are shown. */
export function totals() {
  const found = colour.classes.map(() => ({ parcels: 0, areaM2: 0 }));
  const { values } = sheet.columns.area_m2;
  for (let row = 0; row < sheet.rows; row++) {
    if (shown.mask && !shown.mask[row]) continue;
    const one = found[colour.of[row]];
    one.parcels += 1;
    one.areaM2 += values[row];
  }
  return found;
}

/** The rows that are shown and whose class is not hidden, in the order of their numbers. */
export function rowsShown() {
  const isHidden = colour.classes.map((one) => choice.hidden.has(one.key));
  const rows = new Int32Array(sheet.rows);
  let n = 0;
  for (let row = 0; row < sheet.rows; row++) {
    if ((shown.mask && !shown.mask[row]) || (colour.of && isHidden[colour.of[row]])) continue;
    rows[n++] = row;
  }
  return rows.subarray(0, n);
}

onChoice(["filter", "park"], judgeAll);
onChoice(["hidden"], told);
onColour(told);
onSheet(judgeAll);
