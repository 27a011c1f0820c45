// Weights on trial: sliders that sum to 100 %, ranks that follow at once, kept scenarios, and two of them side by side.

import { choice, choose, onChoice } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { gridBy, onGrid } from "landgis/grid.js";
import { may, takesManager } from "landgis/may.js";
import { dismiss, refuse } from "landgis/notices.js";
import { onSheet } from "landgis/sheet.js";
import { isShown, onShown } from "landgis/shown.js";
import { swipeOn } from "landgis/swipe.js";
import { normal, official, onTrial, takeModel, trial, weigh } from "landgis/trial.js";
import { fieldName, number, onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

export function showWeights(source, map, tileZoom) {
  const populations = byId("weights-population");
  const sliders = byId("weights-sliders");
  let code = "";
  let kept = [];
  let isAsked = false;
  const side = { close: () => choose({ left: "" }) };

  async function load() {
    if (isAsked || !source.weights) return;
    isAsked = true;
    try {
      takeModel(await source.weights());
      kept = await source.scenarios();
      dismiss("weights");
      code = code || populationsWithSubjects()[0]?.code || "";
      write();
      besides();
    } catch (error) {
      isAsked = false;
      refuse("weights", "weights_failed", error, load);
    }
  }

  function populationsWithSubjects() {
    const here = new Set(trial.model.groups.map((group) => group.slice(group.lastIndexOf("/") + 1)));
    return trial.model.populations.filter((one) => here.has(one.code));
  }

  const now = () => choice.weights?.[code] ?? official(code);

  function write() {
    if (!trial.model) return;
    const found = populationsWithSubjects();
    byId("weights-none").hidden = found.length > 0;
    byId("weights-work").hidden = !found.length;
    if (!found.length) return;
    populations.replaceChildren(...found.map((one) => el("option", { value: one.code, text: pick(one.title) })));
    populations.value = code;
    writeSliders();
    writeScenarios();
    state();
  }

  function writeSliders() {
    const weights = now();
    const own = official(code);
    sliders.replaceChildren(...Object.keys(own).map((name) => {
      const slider = el("input", { type: "range", min: 0, max: 100, step: 1, value: Math.round(100 * weights[name]), "data-measure": name, id: `weight-${name}` });
      slider.addEventListener("input", () => set(name, Number(slider.value) / 100));
      return el("div", { class: "weight" }, el("label", { for: `weight-${name}`, text: fieldName(name) }), slider,
        el("output", { for: `weight-${name}` }), el("small", { text: t("weight_official", { n: number(100 * own[name], 1) }) }));
    }));
    figures();
  }

  function figures() {
    const weights = now();
    for (const slider of sliders.querySelectorAll("input")) {
      const value = weights[slider.dataset.measure];
      if (document.activeElement !== slider) slider.value = String(Math.round(100 * value));
      slider.setAttribute("aria-valuetext", `${number(100 * value, 1)}%`);
      slider.parentElement.querySelector("output").textContent = `${number(100 * value, 1)}%`;
    }
    byId("weights-sum").textContent = t("weights_sum", { n: number(100 * Object.values(weights).reduce((sum, one) => sum + one, 0), 1) });
  }

  /** Give one indicator this share; the others keep their proportions and share the rest. */
  function set(name, share) {
    const before = now();
    const rest = 1 - before[name];
    const others = Object.keys(before).filter((one) => one !== name);
    const next = { [name]: others.length ? share : 1 };
    for (const one of others) next[one] = rest > 1e-9 ? (before[one] / rest) * (1 - share) : (1 - share) / others.length;
    const ordered = Object.fromEntries(Object.keys(before).map((one) => [one, Math.max(0, next[one])]));
    choose({ weights: { ...choice.weights, [code]: normal(ordered) } });
  }

  function state() {
    const isOn = choice.weights !== null;
    document.body.classList.toggle("on-trial", isOn);
    byId("weights-mark").hidden = !isOn;
    byId("trial-banner").hidden = !isOn;
    byId("weights-reset").disabled = !isOn;
    if (may("manager")) byId("weights-keep").disabled = !isOn;
    if (trial.model?.populations.length && choice.dock === "weights") moved();
  }

  /** How many subjects move from grade to grade, official against what is on trial, or between two kept scenarios. */
  function moved() {
    const [before, after] = ["compare-left", "compare-right"].map((id) => weighed(byId(id).value));
    const letters = trial.model.grades.filter((letter) => before.grade.includes(letter) || after.grade.includes(letter));
    const counts = new Map();
    let changed = 0;
    before.grade.forEach((grade, i) => {
      if (grade !== after.grade[i]) changed += 1;
      const key = `${grade}${after.grade[i]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
    byId("moved-count").textContent = t("moved_count", { n: number(changed), all: number(before.grade.length) });
    byId("moved").replaceChildren(
      el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("moved_head") }), ...letters.map((letter) => el("th", { scope: "col", text: letter })))),
      el("tbody", {}, ...letters.map((from) => el("tr", {}, el("th", { scope: "row", text: from }), ...letters.map((to) => {
        const n = counts.get(`${from}${to}`) ?? 0;
        return el("td", { class: from === to ? "same" : n ? (letters.indexOf(to) < letters.indexOf(from) ? "up" : "down") : "nil", text: number(n) });
      })))));
    const file = byId("moved-csv");
    const lines = [[t("moved_head"), ...letters], ...letters.map((from) => [from, ...letters.map((to) => counts.get(`${from}${to}`) ?? 0)])];
    file.href = `data:text/csv;charset=utf-8,%EF%BB%BF${encodeURIComponent(lines.map((cells) => `${cells.join(",")}\r\n`).join(""))}`;
    file.download = `landgis-run-${view.run}-${["compare-left", "compare-right"].map((id) => nameOf(byId(id).value)).join("-")}.csv`;
  }

  function weighed(value) {
    const scenario = kept.find((one) => String(one.scenario) === value);
    if (scenario) return weigh(trial.model, scenario.weights);
    return (value === "now" && trial.made) || { grade: trial.model.subjects.grade };
  }

  const nameOf = (value) => (value === "official" ? t("official") : kept.find((one) => String(one.scenario) === value)?.name ?? t("trial_now"));

  /** Two on the map: what is on trial to the right of a bar, the official result or a kept scenario to its left, both by grade. */
  function besides() {
    const { left } = choice;
    byId("compare-map").setAttribute("aria-pressed", String(Boolean(left)));
    const { model } = trial;
    if (!left || !model?.populations.length) return swipeOn(map).hide(side);
    if (left !== "official" && !kept.some((one) => String(one.scenario) === left)) return choose({ left: "" });
    const { grade } = weighed(left);
    const letters = Object.keys(view.fieldPaints.grade);
    const of = Int8Array.from(model.parcels, (subject) => (subject < 0 ? letters.length : letters.indexOf(grade[subject])));
    of.forEach((at, row) => { if (at < 0) of[row] = letters.length; });
    const paints = [...letters.map((letter) => view.fieldPaints.grade[letter]), view.unknown];
    const cells = new Map();
    const most = (counts) => counts.indexOf(Math.max(...counts));
    swipeOn(map).show(side, {
      tile: (coords) => source.tile(coords), maxNativeZoom: tileZoom, left: nameOf(left), right: choice.weights ? t("trial_now") : t("official"),
      paintOf({ kind, row, place, coords }) {
        if (kind === "parcel") return isShown(row) ? paints[of[row]] : null;
        if (!cells.has(coords.z)) cells.set(coords.z, gridBy(coords.z, of, paints.length));
        const cell = cells.get(coords.z)?.get(place);
        return cell ? paints[most(cell.areaM2)] : null;
      },
    });
  }

  function onMap() {
    const [left, right] = ["compare-left", "compare-right"].map((id) => byId(id).value);
    if (choice.left) return choose({ left: "" });
    if (left === "now") return;
    const scenario = kept.find((one) => String(one.scenario) === right);
    choose({ colour: "grade", left, weights: scenario ? scenario.weights : right === "official" ? null : choice.weights });
  }

  function writeScenarios() {
    byId("scenario-list").replaceChildren(...(kept.length ? kept.map((one) => el("li", {},
      el("button", { type: "button", class: "link", text: one.name, "data-scenario": one.scenario, on: { click: () => choose({ weights: one.weights }) } }),
      el("small", { text: one.made_at.slice(0, 16).replace("T", " ") }))) : [el("li", { class: "hint", text: t("scenarios_none") })]));
    for (const [id, first] of [["compare-left", "official"], ["compare-right", "now"]]) {
      const select = byId(id);
      const before = select.value || first;
      select.replaceChildren(el("option", { value: "official", text: t("official") }), el("option", { value: "now", text: t("trial_now") }),
        ...kept.map((one) => el("option", { value: String(one.scenario), text: one.name })));
      select.value = before;
    }
  }

  async function keep(event) {
    event.preventDefault();
    const name = byId("scenario-name").value.trim();
    if (!name) return byId("scenario-name").focus();
    try {
      const made = await source.keep(name, choice.weights);
      kept = [made, ...kept];
      byId("scenario-name").value = "";
      byId("scenario-said").textContent = t("scenario_kept", { name });
      writeScenarios();
    } catch (error) {
      byId("scenario-said").textContent = [pick(error.what) || t("scenario_failed"), pick(error.mend), error.id && t("request", { id: error.id })].filter(Boolean).join(" ");
    }
  }

  if (!may("manager")) byId("scenario-form").replaceWith(takesManager());
  populations.addEventListener("change", () => { code = populations.value; writeSliders(); });
  byId("weights-reset").addEventListener("click", () => choose({ weights: null }));
  byId("banner-reset").addEventListener("click", () => choose({ weights: null }));
  byId("scenario-form")?.addEventListener("submit", keep);
  for (const id of ["compare-left", "compare-right"]) byId(id).addEventListener("change", () => {
    moved();
    byId("compare-map").disabled = byId("compare-left").value === "now";
  });
  byId("compare-map").addEventListener("click", onMap);
  onChoice(["left"], besides);
  onShown(() => { if (choice.left) besides(); });
  onGrid(() => { if (choice.left) besides(); });
  onTrial(() => { if (trial.model?.populations.length && code) { figures(); state(); } });
  onChoice(["weights"], () => { if (choice.weights) onSheet(load); });
  onChoice(["dock"], () => { if (choice.dock === "weights") onSheet(() => { load(); state(); }); });
  onLanguage(write);
  if (choice.weights || choice.left || choice.dock === "weights") onSheet(load);
}
