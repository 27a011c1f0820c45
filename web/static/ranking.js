// The table of parcels below the map: sorted, ticked, linked both ways with the map. Only the rows in sight are elements, and only of
// them is asked for what no column on the page says; a column is fetched when the table is sorted by it.

import { choice, choose, onChoice, toggled } from "landgis/choice.js";
import { classOf, colour, onColour } from "landgis/colour.js";
import { byId, el } from "landgis/dom.js";
import { wholeFilter } from "landgis/filter-panel.js";
import { quote } from "landgis/filter.js";
import { chip, tag } from "landgis/hover.js";
import { dismiss, refuse } from "landgis/notices.js";
import { idAt, onFields, onSheet, rowOf, sheet, valueAt, want } from "landgis/sheet.js";
import { onShown, rowsShown } from "landgis/shown.js";
import { drawing, isDrawn, onDrawing } from "landgis/steadiness.js";
import { onTrial, trial } from "landgis/trial.js";
import { figure, isShare, known, label, land, landColumn, number, onLanguage, percent, pick, t, unitWords } from "landgis/words.js";
import { view } from "landgis/view.js";

const ROW = 32;
const SPARE = 6;
const FIELDS = ["parcel_no", "park_code", "answer", "grade", "total", "rank", "rank_spread", "area_m2", "suspected", "enterprises"];
/** Of columns that differ from the others: the least width in px, and the share of what is left. */
const WIDTHS = { parcel_no: [104, 1.2], park_code: [100, 1], answer: [122, 0], grade: [80, .6], rank: [66, .6], climb: [82, 0], rank_spread: [108, .8], enterprises: [140, 2] };
const MOST_LISTED = 500;
const WAIT_MS = 40;
const MOST_KEPT = 4000;

/** A filter for just these parcels; several lists where one may not be so long. */
export function only(ids) {
  const lists = [];
  for (let i = 0; i < ids.length; i += MOST_LISTED) lists.push(`parcel_id IN (${ids.slice(i, i + MOST_LISTED).join(", ")})`);
  return lists.join(" OR ");
}

/** Rows by their keys, equals as they came, unknown last. The keys are sorted as plain numbers, which is quicker than to compare rows. */
export function ordered(rows, by, sign) {
  const keys = new Float64Array(rows.length);
  let told = 0;
  for (let i = 0; i < rows.length; i++) {
    keys[i] = sign * by[rows[i]];
    if (keys[i] === keys[i]) told++;
  }
  const sorted = keys.slice().sort();    // NaN stands last
  const taken = new Int32Array(told);
  const found = new Int32Array(rows.length);
  let next = told;
  for (let i = 0; i < rows.length; i++) {
    const key = keys[i];
    if (key !== key) {
      found[next++] = rows[i];
      continue;
    }
    let low = 0;
    let high = told;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < key) low = middle + 1;
      else high = middle;
    }
    found[low + taken[low]++] = rows[i];
  }
  return found;
}

export function showRanking(source, { open, zoomToParcel }) {
  const body = byId("ranking-body");
  const head = byId("ranking-head");
  const scroller = byId("ranking");
  let rows = new Int32Array(0);
  let active = 0;
  let columns = [];
  let isStale = true;
  let isFromTop = false;    // another order or another filter is read from its beginning
  let waiting = 0;
  let height = 0;
  let last = null;    // the number of the parcel ticked last, from which Shift ticks on
  let looked = new Map();    // rows as the service tells them, by number
  let lacking = 0;
  let asking = new AbortController();

  const isOpen = () => choice.dock === "table";

  function layOut() {
    const shownField = FIELDS.includes(choice.colour) || !sheet.fields[choice.colour] ? [] : [choice.colour];
    columns = ["parcel_no", ...(view.parks.length > 1 ? ["park_code"] : []), "answer", "grade", "total", "rank",
      ...(source.drawStability ? ["rank_spread"] : []), ...(trial.total ? ["trial_total", "trial_rank", "climb"] : []), "area_m2", "suspected", ...shownField, "enterprises"];
    const widths = columns.map((name) => WIDTHS[name] ?? [92, 1]);
    scroller.style.setProperty("--columns", ["40px", ...widths.map(([least, share]) => `minmax(${least}px, ${share}fr)`)].join(" "));
    scroller.style.setProperty("--least", `${widths.reduce((sum, [least]) => sum + least, 56)}px`);
  }

  function title(name) {
    if (name === "trial_total" || name === "trial_rank" || name === "climb") return t(name);
    if (name === "suspected") return t("findings");
    if (name === "rank_spread") return t("rank_steadiness");
    if (name === "area_m2") return t("area_in", { unit: t(choice.unit) });
    const field = sheet.fields[name];
    const unit = field?.unit === "m²" ? t(choice.unit) : unitWords(field?.unit);
    return field ? `${pick(field.title)}${unit ? t("in_unit", { unit }) : ""}` : name;
  }

  function writeHead() {
    const all = el("input", { type: "checkbox", id: "ranking-all" });
    label(all, "pick_all");
    all.addEventListener("change", () => choose({ picked: all.checked ? new Set(Array.from(rows, idAt)) : new Set() }));
    head.replaceChildren(el("span", { role: "columnheader", class: "tick" }, all), ...columns.map((name) => {
      const down = choice.sort === `-${name}`;
      const up = choice.sort === name;
      return el("span", { role: "columnheader", "aria-sort": down ? "descending" : up ? "ascending" : "none", class: isNumber(name) ? "number" : undefined },
        el("button", { type: "button", "data-sort": name, on: { click: () => choose({ sort: down || (!up && !isNumber(name)) ? name : `-${name}` }) } },
          el("span", { text: title(name) }), el("i", { "aria-hidden": "true", text: down ? "↓" : up ? "↑" : "" })));
    }));
    ticks();
  }

  const isNumber = (name) => ["trial_total", "trial_rank", "climb", "rank_spread"].includes(name) || sheet.fields[name]?.kind === "number";

  /** The sort key of a row: unknown last, whichever way. */
  function keys(name) {
    if (name === "trial_total") return trial.total;
    if (name === "trial_rank") return trial.rank;
    if (name === "climb") return trial.climb;
    const column = sheet.columns[name];
    if (!column) return null;
    if (column.values) return column.values;
    // The service gives texts in their order, so that their numbers are in order, too.
    return Float64Array.from(column.at, (at) => (at < 0 ? NaN : at));
  }

  async function sortAll() {
    isStale = false;
    const down = choice.sort.startsWith("-");
    const name = choice.sort.replace("-", "");
    const needed = [name, choice.colour].filter((one) => sheet.fields[one] && !sheet.columns[one]);
    if (needed.length) {
      want([...new Set(needed)]).then(() => sortAll(), (error) => refuse("table", "table_failed", error, sortAll));
      if (needed.includes(name)) return;
    }
    rows = rowsShown();
    const by = keys(name);
    if (by) rows = ordered(rows, by, down ? -1 : 1);
    active = isFromTop ? 0 : Math.min(active, Math.max(rows.length - 1, 0));
    if (isFromTop) scroller.scrollTop = 0;
    isFromTop = false;
    layOut();
    writeHead();
    scroller.setAttribute("aria-rowcount", String(rows.length + 1));
    byId("ranking-spacer").style.height = `${rows.length * ROW}px`;
    byId("filter-none").hidden = rows.length > 0;
    write();
    writeFoot();
  }

  function write() {
    if (!isOpen()) return;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
    const end = Math.min(rows.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW) + SPARE);
    const hadFocus = body.contains(document.activeElement);
    body.style.transform = `translateY(${first * ROW}px)`;
    const lines = [];
    for (let at = first; at < end; at++) lines.push(line(at));
    body.replaceChildren(...lines);
    lookUp(rows.subarray(first, end));
    if (hadFocus) (body.querySelector(`[data-at="${active}"]`) ?? scroller).focus({ preventScroll: true });
  }

  /** Ask for what the rows in sight lack, once the table stands still. */
  function lookUp(inSight) {
    clearTimeout(lacking);
    const needed = isDrawn() ? [...columns, "rank_p05", "rank_p95"] : columns;
    if (needed.every((name) => !sheet.fields[name] || sheet.columns[name])) return;
    const ids = Array.from(inSight, idAt).filter((id) => !looked.has(id));
    if (!ids.length) return;
    lacking = setTimeout(async () => {
      asking.abort();
      asking = new AbortController();
      try {
        const found = await source.rows(ids, asking.signal);
        if (looked.size > MOST_KEPT) looked = new Map();
        for (const one of found) looked.set(one.parcel_id, one);
        dismiss("table");
        write();
      } catch (error) {
        if (error.name !== "AbortError") refuse("table", "table_failed", error, write);
      }
    }, WAIT_MS);
  }

  /** A field of a row, from its column or from the row itself; undefined while it is on its way. */
  function told(name, row) {
    if (sheet.columns[name]) return valueAt(name, row);
    const one = looked.get(idAt(row));
    return one && (one[name] === "" ? null : one[name]);
  }

  function line(at) {
    const row = rows[at];
    const id = idAt(row);
    const isOn = id === choice.selected;
    const box = el("input", { type: "checkbox", tabindex: -1, "aria-label": t("pick_one", { no: told("parcel_no", row) ?? idAt(row) }) });
    box.checked = choice.picked.has(id);
    return el("div", {
      role: "row", class: isOn ? "selected" : undefined, "aria-selected": String(isOn), "aria-rowindex": at + 2,
      tabindex: at === active ? 0 : -1, "data-at": at, "data-id": id,
    }, el("span", { role: "gridcell", class: "tick" }, box), ...columns.map((name) => cell(name, row)));
  }

  function cell(name, row) {
    const box = (text, extra) => el("span", { role: "gridcell", class: [isNumber(name) ? "number" : "", extra ?? ""].join(" ").trim() || undefined, title: text, text });
    if (name === "answer") return el("span", { role: "gridcell" }, chip(valueAt("answer", row)));
    if (name === "climb") return climb(trial.climb[row]);
    if (name === "trial_total") return Number.isNaN(trial.total[row]) ? box("–", "unknown") : box(number(trial.total[row], 2), "trial");
    if (name === "trial_rank") return Number.isNaN(trial.rank[row]) ? box("–", "unknown") : box(number(trial.rank[row]), "trial");
    if (name === "rank_spread") return band(row, box);
    const value = told(name, row);
    if (value === undefined) return box("…", "unknown");
    if (value === null) return box(name === "grade" || name === "total" || name === "rank" ? "–" : t("unknown"), "unknown");
    if (name === colour.field && name !== "grade" && sheet.fields[name].kind === "text") return el("span", { role: "gridcell" }, tag(classOf(row)));
    if (name === "park_code") return box(view.parks.find((park) => park.park_code === value)?.name ?? value);
    if (sheet.fields[name]?.unit === "m²") return box(landColumn(value));
    if (isShare(sheet.fields[name]?.unit, name)) return box(percent(value));
    if (name === "total") return box(number(value, 2));
    return box(typeof value === "number" ? figure(value) : value);
  }

  /** Between which ranks the draws put a row: wide where the rank hangs on weights and figures. */
  function band(row, box) {
    if (!isDrawn()) return box("–", "unknown");
    const [best, worst] = ["rank_p05", "rank_p95"].map((name) => told(name, row));
    if (best === undefined) return box("…", "unknown");
    return known(best) ? box(t("rank_from_to", { best: number(best), worst: number(worst) })) : box("–", "unknown");
  }

  function climb(places) {
    if (Number.isNaN(places)) return el("span", { role: "gridcell", class: "number unknown", text: "–" });
    const key = places > 0 ? "climb_up" : places < 0 ? "climb_down" : "climb_none";
    return el("span", { role: "gridcell", class: `number climb ${key}`, title: t(key, { n: number(Math.abs(places)) }) },
      el("span", { "aria-hidden": "true", text: places > 0 ? `▲ ${number(places)}` : places < 0 ? `▼ ${number(-places)}` : "＝" }),
      el("span", { class: "unseen", text: t(key, { n: number(Math.abs(places)) }) }));
  }

  /** What the table holds, what is ticked, and where the same is to be had as a file or an address. */
  function writeFoot() {
    let areaM2 = 0;
    for (const row of rows) areaM2 += sheet.columns.area_m2.values[row];
    byId("ranking-count").textContent = t("table_shows", { n: number(rows.length), all: number(sheet.rows), area: land(areaM2) });
    ticks();
    byId("ranking-drawing").replaceChildren(...[drawing(source)].filter(Boolean));
    const ids = [...choice.picked].sort((a, b) => a - b);
    const filter = ids.length ? only(ids) : withHidden(wholeFilter());
    byId("export-note").textContent = ids.length ? t("export_picked", { n: number(ids.length) }) : t("export_shown", { n: number(rows.length) });
    for (const link of byId("export-links").querySelectorAll("a[data-kind]")) link.href = source.file?.(link.dataset.kind, filter) ?? "";
    const sort = sheet.fields[choice.sort.replace("-", "")] ? choice.sort : "parcel_id";
    byId("twin-json").href = source.page?.(filter, sort) ?? "";
    byId("twin-csv").href = source.file?.("csv", filter) ?? "";
  }

  /** The filter with what the legend hides, where the hidden classes can be said by field. */
  function withHidden(filter) {
    const field = sheet.fields[colour.field];
    const hidden = colour.classes.filter((one) => choice.hidden.has(one.key)).map((one) => one.key);
    if (!hidden.length || !field || field.kind !== "text" || hidden.includes("others")) return filter;
    const parts = [];
    const listed = hidden.filter((key) => key !== "missing");
    if (listed.length) parts.push(`(${field.name} NOT IN (${listed.map(quote).join(", ")})${hidden.includes("missing") ? "" : ` OR ${field.name} IS NULL`})`);
    else parts.push(`${field.name} IS NOT NULL`);
    return [...(filter ? [`(${filter})`] : []), ...parts].join(" AND ");
  }

  function ticks() {
    const n = choice.picked.size;
    byId("pick-count").textContent = n ? t("picked", { n: number(n) }) : "";
    byId("pick-clear").hidden = !n;
    const all = byId("ranking-all");
    if (!all) return;
    all.checked = n > 0 && n >= rows.length;
    all.indeterminate = n > 0 && n < rows.length;
  }

  function reveal(at) {
    const top = at * ROW;
    const room = scroller.clientHeight - head.offsetHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scroller.scrollTop + room) scroller.scrollTop = top + ROW - room;
  }

  function tick(at, isLong) {
    const id = idAt(rows[at]);
    const from = isLong && last !== null ? rows.indexOf(rowOf(last)) : -1;    // where it stands in the order and filter of now
    if (from >= 0) {
      const picked = new Set(choice.picked);
      for (let i = Math.min(at, from); i <= Math.max(at, from); i++) picked.add(idAt(rows[i]));
      choose({ picked });
    } else choose({ picked: toggled(choice.picked, id) });
    last = id;
  }

  function move(to) {
    active = Math.max(0, Math.min(rows.length - 1, to));
    reveal(active);
    write();
    body.querySelector(`[data-at="${active}"]`)?.focus({ preventScroll: true });
  }

  function take(at) {
    active = at;
    const id = idAt(rows[at]);
    open(id);
    zoomToParcel(id, looked.get(id)?.bbox);
  }

  scroller.addEventListener("scroll", () => requestAnimationFrame(write), { passive: true });
  body.addEventListener("click", (event) => {
    const found = event.target.closest("[data-at]");
    if (!found) return;
    const at = Number(found.dataset.at);
    if (event.target.closest(".tick")) {
      event.preventDefault();
      active = at;
      tick(at, event.shiftKey);
    } else take(at);
  });
  scroller.addEventListener("keydown", (event) => {
    if (event.target.closest("#ranking-head")) return;
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) move(to);
    else if (event.key === "Enter") take(active);
    else if (event.key === " ") tick(active, event.shiftKey);
    else return;
    event.preventDefault();
  });
  byId("pick-clear").addEventListener("click", () => choose({ picked: new Set() }));
  new ResizeObserver(() => {    // the row that is at hand stays in sight
    const room = height - head.offsetHeight;
    if (active * ROW >= scroller.scrollTop && (active + 1) * ROW <= scroller.scrollTop + room) reveal(active);
    height = scroller.clientHeight;
    write();
  }).observe(scroller);

  /** Sort at the next frame: one choice may move filter, colours and ranks, and is sorted once. */
  function again() {
    isStale = true;
    if (!isOpen() || !sheet.isReady) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(sortAll);
  }

  const anew = () => {
    isFromTop = true;
    again();
  };
  onShown(anew);
  onColour(again);
  onTrial(again);
  onSheet(again);
  onFields(() => { looked = new Map(); again(); });
  onDrawing(() => { if (isOpen()) writeFoot(); });
  onChoice(["sort"], anew);
  onChoice(["dock"], () => { if (isOpen() && isStale) again(); else write(); });
  onChoice(["picked"], () => { write(); if (isOpen()) writeFoot(); });
  onChoice(["unit"], again);
  onLanguage(again);
  onChoice(["selected"], () => {
    if (!isOpen() || choice.selected === null) return write();
    const at = rows.indexOf(rowOf(choice.selected));
    if (at >= 0) {
      active = at;
      reveal(at);
    }
    write();
  });
}
