// The run's parcels as columns: a row per parcel, in the order of their numbers. Fetched once, a column when it is first needed, so
// that colours, filters, counts and ranks are made here and no shape moves.

const listeners = [];
const fieldListeners = [];
const held = new Map();
/** What most recolour or filter by next: little to send, fetched while nothing else is done. */
const SOON = ["grade", "idle_state", "suspected", "tests"];

/** What is known so far: how many rows, and columns by name: {values} (NaN: unknown), {texts, at} (-1: unknown), or {lon, lat}. */
export const sheet = { rows: 0, columns: {}, fields: {}, isReady: false };

let source = null;

/** Load what the page needs of every parcel, and the fields that can be asked for. */
export async function loadSheet(from) {
  source = from;
  await Promise.all([readFields(), want(null)]);
  sheet.isReady = true;
  for (const listener of listeners.splice(0)) listener();
  (window.requestIdleCallback ?? setTimeout)(() => want(SOON).catch(() => {}));    // whoever needs them asks again, and is told
}

/** Read which fields there are: a run gains some when its stability is drawn. */
export async function readFields() {
  sheet.fields = Object.fromEntries((await source.fields()).map((field) => [field.name, field]));
  for (const listener of fieldListeners) listener();
}

/** Be told when there are other fields. */
export function onFields(listener) {
  fieldListeners.push(listener);
}

/** Call back when the columns are there. */
export function onSheet(listener) {
  if (sheet.isReady) listener();
  else listeners.push(listener);
}

/** Fetch the columns that are not here yet. */
export async function want(names) {
  const lacking = names ? names.filter((name) => !sheet.columns[name]) : null;
  if (lacking && !lacking.length) return;
  const key = lacking ? lacking.join(",") : "";
  if (!held.has(key)) {
    held.set(key, source.columns(lacking).then(takeIn).catch((error) => {
      held.delete(key);
      throw error;
    }));
  }
  await held.get(key);
}

function takeIn({ parcels, columns }) {
  sheet.rows = parcels;
  for (const [name, column] of Object.entries(columns)) sheet.columns[name] = opened(column);
}

export function opened(column) {
  if (column.lon) return { lon: summed(column.lon.steps, 1e6), lat: summed(column.lat.steps, 1e6) };
  if (column.steps) return { values: summed(column.steps, 1) };
  if (column.values) return { values: numbers(column.values) };
  return { texts: column.texts, at: new Int32Array(column.at) };
}

function numbers(given) {
  const found = new Float64Array(given.length);
  for (let i = 0; i < given.length; i++) found[i] = given[i] ?? NaN;
  return found;
}

function summed(steps, divisor) {
  const found = new Float64Array(steps.length);
  let sum = 0;
  for (let i = 0; i < steps.length; i++) {
    sum += steps[i];
    found[i] = sum / divisor;
  }
  return found;
}

/** The row of a parcel's number; -1 where there is none. */
export function rowOf(id) {
  const ids = sheet.columns.parcel_id?.values;
  if (!ids) return -1;
  let low = 0;
  let high = ids.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ids[middle] === id) return middle;
    if (ids[middle] < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export const idAt = (row) => sheet.columns.parcel_id.values[row];

/** A field of a row: a number or a text; null where it is unknown. */
export function valueAt(name, row) {
  const column = sheet.columns[name];
  if (!column) return null;
  if (column.texts) return column.at[row] < 0 ? null : column.texts[column.at[row]];
  return Number.isNaN(column.values[row]) ? null : column.values[row];
}
