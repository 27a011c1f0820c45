// Weights on trial 试算: totals, ranks and grades of another weighting, worked out here and never mixed with the official ones.

import { choice, onChoice } from "landgis/choice.js";
import { sheet } from "landgis/sheet.js";

const TIE = 1e9;
const listeners = [];

/** What the weights on trial give: `made` by subject as `weigh` gives it; by row `total`, `rank`, `climb` (official rank less rank), and `grades` as a column; null without. */
export const trial = { model: null, made: null, total: null, rank: null, climb: null, grades: null };

export function onTrial(listener) {
  listeners.push(listener);
}

/** Take in what the service says of the run's weights. */
export function takeModel(model) {
  trial.model = model;
  run();
}

/** The official weights of a population, as shares of 1. */
export function official(code) {
  const population = trial.model.populations.find((one) => one.code === code);
  return normal(Object.fromEntries(population.indicators.map((one) => [one.measure, one.weight])));
}

export function normal(weights) {
  const sum = Object.values(weights).reduce((total, one) => total + one, 0);
  return Object.fromEntries(Object.entries(weights).map(([name, one]) => [name, sum > 0 ? one / sum : 0]));
}

/** Weigh all subjects: totals, ranks inside their groups, grades by the scheme's cuts. `weights` may lack a population: its own. */
export function weigh(model, weights) {
  const { subjects, groups, populations } = model;
  const n = subjects.group.length;
  const total = new Float64Array(n);
  const factors = groups.map((group) => {
    const population = populations.find((one) => one.code === group.slice(group.lastIndexOf("/") + 1));
    const own = population.indicators.map((one) => one.weight);
    const full = own.reduce((sum, one) => sum + one, 0);
    const tried = weights?.[population.code];
    return { own, full, tried: tried ? scaled(population.indicators.map((one) => tried[one.measure] ?? 0), full) : own };
  });
  for (let i = 0; i < n; i++) {
    const { own, full, tried } = factors[subjects.group[i]];
    let sum = 0;
    let ownLeft = 0;
    let triedLeft = 0;
    for (let k = 0; k < own.length; k++) {
      const score = subjects.scores[k][i];
      if (score === null) continue;
      ownLeft += own[k];
      triedLeft += tried[k];
      if (own[k] > 0) sum += (score / own[k]) * tried[k];
    }
    // What is left out gives its weight to the others: the scores came stretched by the official weights, and go stretched by these.
    const stretch = triedLeft > 0 ? ownLeft / triedLeft : NaN;
    total[i] = sum * stretch + subjects.extra[i];
  }
  return { total, ...ranked(model, total) };
}

function scaled(weights, full) {
  const sum = weights.reduce((total, one) => total + one, 0);
  return weights.map((one) => (sum > 0 ? (one / sum) * full : 0));
}

function ranked({ subjects, groups, cuts }, total) {
  const n = total.length;
  const rank = new Int32Array(n);
  const grade = new Array(n).fill(null);
  const members = groups.map(() => []);
  for (let i = 0; i < n; i++) members[subjects.group[i]].push(i);
  const rounded = Float64Array.from(total, (one) => Math.round(one * TIE) / TIE);
  const rest = cuts.findIndex((cut) => !cut.top && !cut.last && cut.at_least === null);
  for (const rows of members) {
    const known = rows.filter((i) => !Number.isNaN(rounded[i])).sort((a, b) => rounded[b] - rounded[a]);
    known.forEach((i, at) => { rank[i] = at && rounded[i] === rounded[known[at - 1]] ? rank[known[at - 1]] : at + 1; });
    const tops = cuts.map((cut) => (cut.top ? part(known.length, cut.top, cut.rounding) : 0));
    const lasts = cuts.map((cut) => (cut.last ? part(known.length, cut.last, cut.rounding) : 0));
    for (const i of known) {
      if (subjects.fixed[i]) {
        grade[i] = subjects.grade[i];
        continue;
      }
      const place = cuts.findIndex((cut, k) => (cut.top ? rank[i] <= tops[k] : cut.last ? rank[i] > known.length - lasts[k]
        : cut.at_least !== null ? rounded[i] >= cut.at_least : false));
      grade[i] = cuts[place >= 0 ? place : rest >= 0 ? rest : cuts.length - 1].grade;
    }
  }
  return { rank, grade };
}

/** So many of `size` as a share (numerator, denominator) makes, in whole numbers. */
function part(size, [above, below], rounding) {
  return rounding === "up" ? Math.ceil((size * above) / below) : Math.floor((size * above) / below);
}

/** Work the trial out for every row; without weights there is none. */
function run() {
  const { model } = trial;
  if (!model?.populations.length || !choice.weights) Object.assign(trial, { made: null, total: null, rank: null, climb: null, grades: null });
  else {
    const made = weigh(model, choice.weights);
    const letters = model.grades;
    const at = new Int32Array(sheet.rows).fill(-1);
    const total = new Float64Array(sheet.rows).fill(NaN);
    const rank = new Float64Array(sheet.rows).fill(NaN);
    const climb = new Float64Array(sheet.rows).fill(NaN);
    for (let row = 0; row < sheet.rows; row++) {
      const subject = model.parcels[row];
      if (subject < 0) continue;
      total[row] = made.total[subject];
      rank[row] = made.rank[subject] || NaN;
      const before = model.subjects.rank[subject];
      climb[row] = before === null ? NaN : before - rank[row];
      at[row] = letters.indexOf(made.grade[subject]);
    }
    Object.assign(trial, { made, total, rank, climb, grades: { texts: letters, at } });
  }
  listeners.forEach((listener) => listener());
}

onChoice(["weights"], run);
