// Measuring on the ellipsoid of CGCS2000: lengths in metres, areas in mu, hectares and square metres.

import { byId, el, icon } from "landgis/dom.js";
import { lay, snapped, take } from "landgis/pencil.js";
import { hectares, label, metres, mu, onLanguage, squareMetres, t } from "landgis/words.js";

const A = 6378137;
const F = 1 / 298.257222101;
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RADIAN = Math.PI / 180;

/** Metres between two places, by the mean latitude's radii of curvature: exact to a millimetre over a few kilometres. */
export function distance(a, b) {
  const mid = ((a.lat + b.lat) / 2) * RADIAN;
  const w2 = 1 - E2 * Math.sin(mid) ** 2;
  const north = ((A * (1 - E2)) / w2 ** 1.5) * (b.lat - a.lat) * RADIAN;
  const east = (A / Math.sqrt(w2)) * Math.cos(mid) * (b.lng - a.lng) * RADIAN;
  return Math.hypot(north, east);
}

/** Square metres inside a ring of places, by the cylindrical projection of the ellipsoid that keeps areas. */
export function area(ring) {
  const q = (lat) => {
    const s = Math.sin(lat * RADIAN);
    return (1 - E2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
  };
  let twice = 0;
  ring.forEach((point, i) => {
    const next = ring[(i + 1) % ring.length];
    const origin = ring[0].lng;
    twice += (point.lng - origin) * q(next.lat) - (next.lng - origin) * q(point.lat);
  });
  return Math.abs((A * A * RADIAN * twice) / 4);
}

export function enableMeasuring(map) {
  const button = byId("tool-measure");
  const card = byId("measure-card");
  const line = { color: "#14212b", weight: 2, dashArray: "5 5", interactive: false };
  let places = [];
  let pointer = null;
  let open = false;    // points are still set
  const drawn = L.layerGroup();
  const tool = { close: stop };

  function start() {
    open = true;
    places = [];
    pointer = null;
    take(map, tool);
    button.setAttribute("aria-pressed", "true");
    drawn.addTo(map);
    write();
  }

  function finish() {
    open = false;
    pointer = null;
    write();
  }

  function stop() {
    open = false;
    places = [];
    lay(map, tool);
    button.setAttribute("aria-pressed", "false");
    drawn.clearLayers().remove();
    card.hidden = true;
  }

  function write() {
    const all = pointer && open ? [...places, pointer] : places;
    drawn.clearLayers();
    if (all.length > 2) drawn.addLayer(L.polygon(all, { ...line, dashArray: open ? line.dashArray : null, fillOpacity: 0.12 }));
    else if (all.length > 1) drawn.addLayer(L.polyline(all, line));
    for (const place of places) {
      drawn.addLayer(L.circleMarker(place, { radius: 4, color: "#14212b", weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false }));
    }
    const close = el("button", { type: "button", class: "notice-close", on: { click: stop } }, icon("close"));
    label(close, "measure_close");
    card.replaceChildren(el("header", {}, el("strong", { text: t("measure") }), close), ...figures(all));
    card.hidden = false;
  }

  function figures(all) {
    if (all.length < 2) return [el("p", { class: "hint", text: t("measure_start") })];
    const sides = all.slice(1).map((place, i) => distance(all[i], place));
    const length = sides.reduce((sum, side) => sum + side, 0);
    if (all.length < 3) return [facts([["measure_length", metres(length)]]), hint()];
    const size = area(all);
    return [facts([
      ["measure_area", mu(size), hectares(size), squareMetres(size)],
      ["measure_length", metres(length)],
      ["measure_perimeter", metres(length + distance(all[all.length - 1], all[0]))],
    ]), hint()];
  }

  function facts(rows) {
    return el("dl", {}, ...rows.flatMap(([key, ...values]) => [
      el("dt", { text: t(key) }), ...values.map((value) => el("dd", { text: value })),
    ]));
  }

  function hint() {
    return open
      ? el("p", { class: "hint", text: t("measure_start") })
      : el("button", { type: "button", class: "quiet", text: t("measure_again"), on: { click: start } });
  }

  button.addEventListener("click", () => (card.hidden ? start() : stop()));
  map.on("click", (event) => {
    if (!open) return;
    places.push(snapped(map, event.latlng));
    write();
  });
  map.on("mousemove", (event) => {
    if (!open || !places.length) return;
    pointer = event.latlng;
    write();
  });
  map.on("dblclick", () => {
    if (!open) return;
    places.pop();    // the second click of the double click set the same place again
    finish();
  });
  document.addEventListener("keydown", (event) => {
    if (card.hidden || event.target.matches?.("input, select, textarea")) return;
    if (event.key === "Escape") stop();
    else if (event.key === "Enter" && open && places.length > 1 && event.target.tagName !== "BUTTON") finish();
    else if (event.key === "Backspace" && open) {
      event.preventDefault();
      places.pop();
      write();
    }
  });
  onLanguage(() => { if (!card.hidden) write(); });
}
