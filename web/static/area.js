// An area drawn on the map or pasted as text: what lies in it, what that comes to, and which demands its land could serve.

import { choice, choose } from "landgis/choice.js";
import { cardHead } from "landgis/desk.js";
import { el } from "landgis/dom.js";
import { swatch } from "landgis/paint.js";
import { lay, snapped, take } from "landgis/pencil.js";
import { ask, said } from "landgis/source.js";
import { aligned, hectares, mu, named, number, onLanguage, squareMetres, t } from "landgis/words.js";
import { view } from "landgis/view.js";

/** A filter names at most so many parcels one by one. */
const NAMED_MOST = 400;

export function enableArea(map, button, desk) {
  const drawn = L.layerGroup();
  const line = { color: "#b3261e", weight: 2.5, fillOpacity: 0.08, interactive: false };
  let corners = [];
  let pointer = null;
  let told = null;
  let failed = null;
  let isDrawing = false;
  let isToFit = false;
  let request = new AbortController();
  const tool = { name: "area", close };

  function start() {
    corners = [];
    told = failed = pointer = null;
    isDrawing = true;
    take(map, tool);
    drawn.addTo(map);
    write();
  }

  function rest() {
    isDrawing = false;
    pointer = null;
    lay(map, tool);
  }

  function close() {
    rest();
    request.abort();
    drawn.clearLayers().remove();
    choose({ area: "" });
    desk.hide(tool);
  }

  async function finish(text) {
    rest();
    failed = null;
    request.abort();
    request = new AbortController();
    try {
      told = await (await ask(`${view.addresses.run}/area`, request.signal, { area: text })).json();
      map.getContainer().dataset.area = String(told.area_m2);
      choose({ area: text });
    } catch (error) {
      if (error.name === "AbortError") return;
      failed = said(error);
    }
    write();
  }

  /** The ring as text, to a decimetre: it stands in the address. */
  const ringText = () => `POLYGON((${[...corners, corners[0]].map(({ lng, lat }) => `${lng.toFixed(6)} ${lat.toFixed(6)}`).join(", ")}))`;

  function sketch() {
    drawn.clearLayers();
    if (told) {
      const shape = L.geoJSON(told.shape, { style: line }).addTo(drawn);
      if (isToFit) map.fitBounds(shape.getBounds().pad(0.15));
      isToFit = false;
      return;
    }
    const all = pointer && isDrawing ? [...corners, pointer] : corners;
    if (all.length > 2) L.polygon(all, line).addTo(drawn);
    else if (all.length > 1) L.polyline(all, line).addTo(drawn);
    for (const corner of corners) L.circleMarker(corner, { radius: 4, color: "#b3261e", weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false }).addTo(drawn);
  }

  function write() {
    sketch();
    const head = cardHead("tool_area", t("tool_area"), close);
    if (told) return desk.show(tool, [head, ...answer()]);
    const text = el("textarea", { rows: "3", "aria-label": t("area_paste"), placeholder: t("area_paste_hint"), maxlength: "2000000" });
    desk.show(tool, [head,
      failed ? el("p", { class: "wrong", role: "alert", text: failed }) : null,
      el("p", { class: "hint", text: t("area_draw") }),
      el("form", { on: { submit: (event) => { event.preventDefault(); if (text.value.trim()) { corners = []; isToFit = true; finish(text.value.trim()); } } } }, text,
        el("button", { type: "submit", class: "quiet", text: t("area_look") }))].filter(Boolean));
  }

  function answer() {
    const facts = [
      ["area_size", mu(told.area_m2), hectares(told.area_m2), squareMetres(told.area_m2)],
      ["area_parcels", t("area_parcels_value", { n: number(told.parcels), touched: number(told.touched) })],
      ["area_land", mu(told.land_m2)],
      ["area_inside", mu(told.inside_m2)],
      ["area_suspected", number(told.suspected)],
      ["area_freeable", mu(told.freeable_m2)],
      ["area_upgrade", mu(told.upgrade_m2)],
      ["area_score", told.mean_total === null ? t("unknown") : t("area_score_value", { n: number(told.mean_total, 1), of: number(told.scored) })],
      ["area_block", mu(told.block_m2)],
    ];
    const could = told.demands.filter((one) => one.could_serve);
    return [
      el("dl", {}, ...facts.flatMap(([key, ...values]) => [el("dt", { text: t(key) }), ...values.map((value) => el("dd", { text: value }))])),
      el("table", { class: "legend" }, el("tbody", {}, ...told.answers.filter((one) => one.parcels).map((one) => el("tr", {},
        el("th", { scope: "row" }, el("span", { class: "desk-row" }, swatch(one.answer, 18, 12), el("span", { text: named("answer", one.answer) }))),
        el("td", { text: number(one.parcels) }), el("td", { text: `${aligned(one.land_m2 / view.units.m2PerMu, 1)} ${t("mu")}` }))))),
      el("p", { class: "desk-head", text: t("area_demands", { n: number(could.length), of: number(told.demands.length) }) }),
      could.length ? el("ul", { class: "desk-list" }, ...could.slice(0, 8).map((one) => el("li", { text: `${one.demand_no} ${one.name} ≥ ${mu(one.area_min_m2)}` }))) : null,
      el("p", { class: "hint", text: t("area_demands_hint") }),
      el("div", { class: "desk-acts" },
        told.parcels && told.parcels <= NAMED_MOST
          ? el("button", { type: "button", class: "quiet", text: t("area_only"), on: { click: () => choose({ filter: `parcel_id IN (${told.parcel_ids.join(",")})` }) } })
          : null,
        el("button", { type: "button", class: "quiet", text: t("area_again"), on: { click: start } })),
    ].filter(Boolean);
  }

  button.addEventListener("click", () => (desk.isOpen(tool) ? close() : start()));
  map.on("click", (event) => {
    if (!isDrawing) return;
    corners.push(snapped(map, event.latlng));
    sketch();
  });
  map.on("mousemove", (event) => {
    if (!isDrawing || !corners.length) return;
    pointer = event.latlng;
    sketch();
  });
  map.on("dblclick", () => {
    if (!isDrawing) return;
    corners.pop();    // the second click of the double click set the same corner again
    if (corners.length > 2) finish(ringText());
  });
  document.addEventListener("keydown", (event) => {
    if (!isDrawing || event.target.matches?.("input, select, textarea, button")) return;
    if (event.key === "Enter" && corners.length > 2) finish(ringText());
    else if (event.key === "Backspace") { event.preventDefault(); corners.pop(); sketch(); }
  });
  onLanguage(() => { if (desk.isOpen(tool)) write(); });
  if (choice.area) {    // an address that brings its area
    drawn.addTo(map);
    finish(choice.area);
  }
}
