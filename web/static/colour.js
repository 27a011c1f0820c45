// What colours the map: the classes of the chosen field, each with its paint, and the class of every row.

import { choice, choose } from "landgis/choice.js";
import { dismiss, refuse } from "landgis/notices.js";
import { sheet, want } from "landgis/sheet.js";
import { trial } from "landgis/trial.js";
import { figure, isShare, named, percent, pick, t, unitWords } from "landgis/words.js";
import { view } from "landgis/view.js";

const MOST_KINDS = 8;
const listeners = [];

/** The classes as they stand: key, paint and words of each; `of` the class of every row, null before the rows are here. */
export const colour = { field: "answer", classes: answers(), of: null, isTrial: false, isNumber: false };

let asked = 0;

export function onColour(listener) {
  listeners.push(listener);
}

function told() {
  listeners.forEach((listener) => listener());
}

function answers() {
  return Object.entries(view.paints).map(([key, paint]) => ({ key, paint, say: () => named("answer", key) }));
}

/** Work out the classes anew, fetching what they need; an answer that comes late for another choice is dropped. */
export async function recolour(source) {
  const turn = ++asked;
  const { colour: field, method } = choice;
  try {
    if (sheet.isReady && !sheet.fields[field]) {    // an address of another run
      choose({ colour: "answer", hidden: new Set() });
      return;
    }
    if (sheet.isReady) await want([field]);
    const known = sheet.fields[field];
    const cut = known?.kind === "number" ? await source.classes(field, method) : null;
    if (turn !== asked) return;
    dismiss("colour");
    Object.assign(colour, { field, isNumber: cut !== null, isTrial: field === "grade" && trial.grades !== null });
    if (!sheet.isReady) Object.assign(colour, { field: "answer", classes: answers(), of: null, isNumber: false });
    else if (cut) numbers(field, cut, known.unit);
    else texts(field);
  } catch (error) {
    if (turn !== asked) return;
    refuse("colour", "colour_failed", error, () => recolour(source));
  }
  told();
}

function numbers(field, { least, bounds }, unit) {
  const steps = [[], [4], [1, 4], [0, 2, 4], [0, 1, 3, 4], [0, 1, 2, 3, 4]][bounds.length] ?? [0, 1, 2, 3, 4];
  const shown = (value) => (isShare(unit, field) ? percent(value, 2) : unit === "ratio" ? figure(Math.round(value * 1e4) / 1e4) : figure(value));
  const classes = bounds.map((bound, i) => ({
    key: `c${i + 1}`, paint: view.steps[steps[i]],
    say: () => `${i ? `> ${shown(bounds[i - 1])}` : shown(least)} – ${shown(bound)} ${unitWords(unit)}`.trim(),
  }));
  classes.push({ key: "missing", paint: view.unknown, say: () => t("unknown") });
  const { values } = sheet.columns[field];
  const of = new Int8Array(sheet.rows);
  for (let row = 0; row < of.length; row++) {
    const value = values[row];
    let place = 0;
    while (place < bounds.length - 1 && value > bounds[place]) place++;
    of[row] = Number.isNaN(value) ? bounds.length : place;
  }
  Object.assign(colour, { classes, of });
}

function texts(field) {
  const column = field === "grade" && trial.grades ? trial.grades : sheet.columns[field];
  const paints = view.fieldPaints[field];
  let keys = paints ? Object.keys(paints) : null;
  if (!keys) {
    const counts = new Map();
    for (const at of column.at) if (at >= 0) counts.set(at, (counts.get(at) ?? 0) + 1);
    keys = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_KINDS).map(([at]) => column.texts[at]);
  }
  const say = (key) => (field === "park_code" ? view.parks.find((park) => park.park_code === key)?.name : pick(sheet.fields[field].codes?.[key])) || key;
  const classes = keys.map((key, i) => ({ key, paint: paints ? paints[key] : view.kinds[i], say: () => (field === "grade" ? `${key} ${say(key)}` : say(key)) }));
  const isMore = !paints && column.texts.length > keys.length;
  if (isMore) classes.push({ key: "others", paint: view.kinds[MOST_KINDS], say: () => t("others") });
  const lacks = column.at.indexOf(-1) >= 0;
  if (lacks) classes.push({ key: "missing", paint: view.unknown, say: () => t(field === "grade" ? "not_graded" : "none_on_record") });
  const place = column.texts.map((text) => {
    const at = keys.indexOf(text);
    return at >= 0 ? at : keys.length;
  });
  const of = new Int8Array(sheet.rows);
  for (let row = 0; row < of.length; row++) of[row] = column.at[row] < 0 ? classes.length - 1 : place[column.at[row]];
  Object.assign(colour, { classes, of });
}

/** The class of a parcel: by its row, or, before the rows are here, by the answer its tile brought. */
export function classOf(row, answer) {
  if (colour.of && row >= 0) return colour.classes[colour.of[row]];
  return colour.field === "answer" ? colour.classes.find((one) => one.key === answer) ?? colour.classes.at(-1) : null;
}

