// Two days side by side: the run of the page to the right of a bar, another run to its left, and what moved between them.

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { ask } from "landgis/asking.js";
import { choose } from "landgis/choice.js";
import { cardHead } from "landgis/desk.js";
import { el } from "landgis/dom.js";
import { pattern, swatch } from "landgis/paint.js";
import { aligned, label, named, number, onLanguage, t } from "landgis/words.js";
import { view } from "landgis/view.js";

/** The parcels of another run by their answers, as its tiles have them; nothing on them is clicked or filtered. */
const OtherRun = L.GridLayer.extend({
  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const size = this.getTileSize().x;
    const density = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = canvas.height = size * density;
    const { x, y, z } = coords;
    fetch(`/tiles/${this.options.run}/${z}/${x}/${y}.pbf`, { credentials: "same-origin" })
      .then((answer) => (answer.status === 204 ? null : answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(String(answer.status)))))
      .then((bytes) => { paint(canvas, bytes, size, density); done(null, canvas); }, (error) => done(error, canvas));
    return canvas;
  },
});

function paint(canvas, bytes, size, density) {
  const context = canvas.getContext("2d");
  context.scale(density, density);
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ground") || "#eef2f1";
  context.fillRect(0, 0, size, size);
  if (!bytes) return;
  const { parcel, cell } = new VectorTile(new PbfReader(new Uint8Array(bytes))).layers;
  for (const layer of [cell, parcel].filter(Boolean)) {
    for (let i = 0; i < layer.length; i++) {
      const feature = layer.feature(i);
      const path = new Path2D();
      for (const ring of feature.loadGeometry()) {
        ring.forEach((point, at) => path[at ? "lineTo" : "moveTo"]((point.x * size) / layer.extent, (point.y * size) / layer.extent));
        path.closePath();
      }
      const look = view.paints[feature.properties.answer] ?? view.paints.data_first;
      context.fillStyle = look.fill;
      context.fill(path, "evenodd");
      const hatch = pattern(context, look.pattern, look.ink, density);
      if (hatch) { context.fillStyle = hatch; context.fill(path, "evenodd"); }
      context.strokeStyle = look.ink;
      context.lineWidth = 0.8;
      context.stroke(path);
    }
  }
}

export function enableComparing(map, button, desk) {
  const pane = map.createPane("other-run");
  pane.style.zIndex = 350;
  pane.style.pointerEvents = "none";
  const bar = el("input", { type: "range", id: "swipe", min: "0", max: "100", value: "50", hidden: true });
  const edge = el("div", { id: "swipe-edge", hidden: true, "aria-hidden": "true" });
  map.getContainer().parentElement.append(bar, edge);
  label(bar, "swipe");
  let runs = null;
  let chosen = null;
  let layer = null;
  let moved = null;
  let failed = null;
  const tool = { name: "comparing", close };

  function clip() {
    if (!layer) return;
    const size = map.getSize();
    const low = map.containerPointToLayerPoint([0, 0]);
    const high = map.containerPointToLayerPoint(size);
    const across = low.x + (size.x * bar.value) / 100;
    pane.style.clip = `rect(${low.y}px, ${across}px, ${high.y}px, ${low.x}px)`;
    edge.style.left = `${bar.value}%`;
  }

  function close() {
    layer?.remove();
    layer = null;
    chosen = moved = failed = null;
    bar.hidden = edge.hidden = true;
    desk.hide(tool);
  }

  async function open() {
    failed = null;
    try {
      const parks = new Set(view.parks.map((park) => park.park_code));
      runs ??= (await ask("/api/runs?limit=200")).filter((run) => run.run !== view.run && run.park_codes.some((code) => parks.has(code)));
      runs.sort((a, b) => (a.as_of < b.as_of ? -1 : a.as_of > b.as_of ? 1 : a.run - b.run));
    } catch (error) {
      failed = error.message;
    }
    write();
    if (runs?.length && chosen === null) choosePlace(runs.length - 1);
  }

  async function choosePlace(at) {
    chosen = at;
    const { run } = runs[at];
    layer?.remove();
    layer = new OtherRun({ run, pane: "other-run", maxNativeZoom: 19, maxZoom: view.maxZoom, updateWhenZooming: false }).addTo(map);
    bar.hidden = edge.hidden = false;
    clip();
    write();
    try {
      const answer = await ask(`/api/runs/${view.run}/moved?before=${run}`);
      if (runs[chosen]?.run === run) moved = answer;
      failed = null;
    } catch (error) {
      failed = error.message;
    }
    write();
  }

  function write() {
    const children = [cardHead("tool_comparing", t("tool_comparing"), close)];
    if (failed) children.push(el("p", { class: "wrong", role: "alert", text: failed }));
    if (runs && !runs.length) children.push(el("p", { class: "hint", text: t("compare_none") }));
    if (runs?.length) {
      const other = runs[chosen ?? runs.length - 1];
      const slider = el("input", { type: "range", id: "as-of", min: "0", max: String(runs.length - 1), step: "1", value: String(chosen ?? runs.length - 1), "aria-label": t("compare_day"), on: {
        change: (event) => { moved = null; choosePlace(Number(event.target.value)).then(() => document.getElementById("as-of")?.focus()); },
      } });
      slider.setAttribute("aria-valuetext", other.as_of);
      children.push(
        el("label", { class: "desk-field" }, el("span", { text: t("compare_day") }), slider),
        el("p", { class: "desk-days" }, el("span", {}, el("b", { text: other.as_of }), el("span", { class: "hint", text: ` ${t("run")} #${other.run} · ${t("compare_left")}` })),
          el("span", {}, el("b", { text: view.on }), el("span", { class: "hint", text: ` ${t("run")} #${view.run} · ${t("compare_right")}` }))),
        el("a", { class: "quiet", href: address(other.run), text: t("compare_open") }));
      if (moved) children.push(...table());
    }
    desk.show(tool, children);
  }

  function address(run) {
    const given = new URL(location.href);
    given.searchParams.set("run", run);
    return given.href;
  }

  /** What moved, the most land first; a row shows its parcels alone. */
  function table() {
    const sums = new Map();
    let same = 0;
    for (const move of moved.moves) {
      if (move.before === move.after) { same += move.parcels; continue; }
      const key = `${move.before} ${move.after}`;
      const sum = sums.get(key) ?? { ...move, parcels: 0, area_m2: 0, places: [] };
      sum.parcels += move.parcels;
      sum.area_m2 += move.area_m2;
      sum.places.push(move);
      sums.set(key, sum);
    }
    const rows = [...sums.values()].sort((a, b) => b.area_m2 - a.area_m2);
    const name = (answer) => (answer === null ? el("span", { class: "hint", text: t("compare_absent") })
      : el("span", { class: "desk-row" }, swatch(answer, 16, 11), el("span", { text: named("answer", answer) })));
    return [
      el("p", { class: "desk-head", text: rows.length ? t("compare_moved") : t("compare_same", { n: number(same) }) }),
      rows.length ? el("table", { class: "legend", id: "moved" }, el("thead", {}, el("tr", {}, ...["compare_then", "compare_now", "parcels", "mu"].map((key) => el("th", { scope: "col", text: t(key) })))),
        el("tbody", {}, ...rows.map((row) => el("tr", {}, el("th", { scope: "row" }, name(row.before)), el("td", {}, name(row.after)),
          el("td", {}, row.after === null ? el("span", { text: number(row.parcels) })
            : el("button", { type: "button", class: "link", text: number(row.parcels), on: { click: () => choose({ filter: filterOf(row) }) } })),
          el("td", { text: aligned(row.area_m2 / view.units.m2PerMu, 1) })))))
        : null,
      rows.length ? el("p", { class: "hint", text: t("compare_same", { n: number(same) }) }) : null,
    ].filter(Boolean);
  }

  const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;
  const filterOf = (row) => row.places.map((place) =>
    `(park_code = ${quoted(place.park_code)} AND parcel_no IN (${place.parcel_nos.map(quoted).join(",")}))`).join(" OR ");

  button.addEventListener("click", () => (desk.isOpen(tool) ? close() : open()));
  bar.addEventListener("input", clip);
  map.on("move zoomend resize viewreset", clip);
  onLanguage(() => { if (desk.isOpen(tool)) write(); });
}
