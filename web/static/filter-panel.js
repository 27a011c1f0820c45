// The filter: one CQL2 text, built from conditions or written by hand, with what it shows and where that is to be had.

import { choice, choose, onChoice } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { literally, quote } from "landgis/filter.js";
import { onFields, onSheet, sheet } from "landgis/sheet.js";
import { onShown, shown } from "landgis/shown.js";
import { isShare, label, land, number, onLanguage, pick, t, unitM2, unitWords } from "landgis/words.js";
import { view } from "landgis/view.js";

const NEVER = new Set(["parcel_id", "place", "tests", "search_text"]);

/** Narrow the filter by one more condition. */
export function narrow(condition) {
  const before = choice.filter.trim();
  choose({ filter: before ? `${/\bOR\b/i.test(before) ? `(${before})` : before} AND ${condition}` : condition });
}

/** The filter together with the chosen park, for a file or another page. */
export function wholeFilter() {
  const filter = choice.filter.trim();
  const park = choice.park ? `park_code = ${quote(choice.park)}` : "";
  return filter && park ? `(${filter}) AND ${park}` : filter || park;
}

export function showFilter(map) {
  const text = byId("filter");
  const field = byId("filter-field");
  const ask = byId("filter-ask");
  const status = byId("filter-status");
  const clear = byId("filter-clear");
  let isTyping = false;    // what stands in the field is not yet the filter

  function writeFields() {
    const known = Object.values(sheet.fields).filter((one) => !NEVER.has(one.name));
    const before = field.value;
    field.replaceChildren(el("option", { value: "", text: t("filter_choose") }),
      ...known.map((one) => el("option", { value: one.name, text: pick(one.title) })));
    field.value = before;
    field.disabled = text.disabled = byId("filter-view").disabled = !known.length;
    writeAsk();
  }

  /** What can be asked of the chosen field: its codes, a span of numbers, or a part of its text. */
  function writeAsk() {
    const known = sheet.fields[field.value];
    ask.replaceChildren();
    ask.hidden = !known;
    if (!known) return;
    const add = el("button", { type: "submit", class: "primary", text: t("filter_add") });
    const codes = known.codes ? Object.entries(known.codes) : known.name === "park_code" ? view.parks.map((park) => [park.park_code, { zh: park.name, en: park.name }]) : null;
    if (codes) {
      const none = known.name === "grade" ? "not_graded" : "none_on_record";    // as the legend says it; 不明 is a code of some fields
      ask.append(el("div", { class: "filter-codes", role: "group", "aria-label": pick(known.title) }, ...[...codes, ["", null]].map(([code, words]) => el("label", {},
        el("input", { type: "checkbox", value: code }), el("span", { text: words ? (known.name === "grade" ? `${code} ${pick(words)}` : pick(words)) : t(none) })))), add);
    } else if (known.kind === "number") {
      const unit = known.unit === "m²" ? t(choice.unit) : isShare(known.unit, known.name) ? "%" : unitWords(known.unit);
      const input = (key) => { const one = el("input", { type: "number", step: "any", name: key }); label(one, `filter_${key}`); one.placeholder = t(`filter_${key}`); return one; };
      ask.append(el("div", { class: "filter-span" }, input("low"), el("span", { text: "–" }), input("high"), el("span", { class: "unit", text: unit })), add);
    } else {
      const part = el("input", { type: "text", name: "part", autocomplete: "off" });
      label(part, "filter_part");
      part.placeholder = t("filter_part");
      ask.append(part, add);
    }
  }

  function condition() {
    const { name, kind, unit } = sheet.fields[field.value];
    const boxes = [...ask.querySelectorAll("input[type=checkbox]")];
    if (boxes.length) {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      const listed = chosen.filter(Boolean);
      const parts = [listed.length ? `${name} IN (${listed.map(quote).join(", ")})` : "", chosen.includes("") ? `${name} IS NULL` : ""].filter(Boolean);
      return parts.length > 1 ? `(${parts.join(" OR ")})` : parts[0];
    }
    if (kind === "number") {
      const scale = unit === "m²" ? unitM2() : isShare(unit, name) ? 0.01 : 1;
      const [low, high] = ["low", "high"].map((key) => ask.querySelector(`[name=${key}]`).value).map((one) => (one === "" ? null : Number((Number(one) * scale).toFixed(6))));
      if (low !== null && high !== null) return `${name} BETWEEN ${low} AND ${high}`;
      return low !== null ? `${name} >= ${low}` : high !== null ? `${name} <= ${high}` : null;
    }
    const part = ask.querySelector("[name=part]").value.trim();
    return part ? `CASEI(${name}) LIKE CASEI(${quote(`%${literally(part)}%`)})` : null;
  }

  function write() {
    if (!isTyping) text.value = choice.filter;
    text.rows = Math.min(6, 2 + Math.floor(text.value.length / 46));
    clear.hidden = !choice.filter;
    const { error } = shown;
    text.setAttribute("aria-invalid", String(Boolean(error)));
    status.classList.toggle("wrong", Boolean(error));
    if (error) status.textContent = t("filter_error", { at: error.at, why: t(error.key, error.values) });
    else if (!sheet.isReady) status.textContent = "";
    else {
      let parcels = 0;
      let areaM2 = 0;
      for (let row = 0; row < sheet.rows; row++) {
        if (shown.mask && !shown.mask[row]) continue;
        parcels += 1;
        areaM2 += sheet.columns.area_m2.values[row];
      }
      status.textContent = parcels ? t("filter_shows", { n: number(parcels), all: number(sheet.rows), area: land(areaM2) }) : t("filter_shows_none");
      byId("filter-none").hidden = parcels > 0;
    }
    byId("filter-count").hidden = !choice.filter;
  }

  field.addEventListener("change", writeAsk);
  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    const found = condition();
    if (!found) return;
    narrow(found);
    field.value = "";
    writeAsk();
    field.focus();
  });
  text.addEventListener("input", () => { isTyping = true; });
  text.addEventListener("change", take);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      take();
    }
  });
  function take() {
    if (isTyping) choose({ filter: text.value });
  }

  const drop = () => choose({ filter: "" });
  clear.addEventListener("click", () => { drop(); text.focus(); });
  byId("filter-none-clear").addEventListener("click", () => { choose({ park: "", hidden: new Set() }); drop(); });
  byId("filter-view").addEventListener("click", () => {
    const bounds = map.getBounds();
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((one) => one.toFixed(6));
    narrow(`S_INTERSECTS(place, BBOX(${west}, ${south}, ${east}, ${north}))`);
  });
  onChoice(["filter"], () => { isTyping = false; write(); });
  onChoice(["unit"], () => { write(); writeAsk(); });
  onShown(write);
  onSheet(() => { writeFields(); write(); });
  onFields(writeFields);
  onLanguage(() => { writeFields(); write(); });
  writeFields();
  write();
}
