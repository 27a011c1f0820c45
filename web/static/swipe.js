// A bar across the map: to its right the page's own parcels, to its left the same parcels as something else has them.

import { el } from "landgis/dom.js";
import { pattern } from "landgis/paint.js";
import { shapesOf } from "landgis/parcel-tiles.js";
import { label } from "landgis/words.js";
import { view } from "landgis/view.js";

/** Parcels and squares of tiles, painted by `options.paintOf(shape)` (null: not drawn); nothing on them is clicked. */
const OtherSide = L.GridLayer.extend({
  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const size = this.getTileSize().x;
    const density = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = canvas.height = size * density;
    this.options.tile(coords).then(
      (bytes) => { paint(canvas, bytes ? shapesOf(bytes, size, coords) : [], this.options.paintOf, density, size); done(null, canvas); },
      (error) => done(error, canvas));
    return canvas;
  },
});

function paint(canvas, shapes, paintOf, density, size) {
  const context = canvas.getContext("2d");
  context.scale(density, density);
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--ground") || "#eef2f1";
  context.fillRect(0, 0, size, size);
  for (const one of shapes) {
    const look = paintOf(one);
    if (!look) continue;
    context.fillStyle = look.fill;
    context.fill(one.path, "evenodd");
    const hatch = pattern(context, look.pattern, look.ink, density);
    if (hatch) { context.fillStyle = hatch; context.fill(one.path, "evenodd"); }
    context.strokeStyle = look.ink;
    context.lineWidth = 0.8;
    context.stroke(one.path);
  }
}

let made = null;

/** The one bar of a map: `show(owner, {tile, paintOf, left, right})`, `hide(owner)`; whoever had it before is told by `owner.close()`. */
export function swipeOn(map) {
  return made ??= make(map);
}

function make(map) {
  const pane = map.createPane("other-side");
  pane.style.zIndex = 350;
  pane.style.pointerEvents = "none";
  const bar = el("input", { type: "range", id: "swipe", min: "0", max: "100", value: "50", hidden: true });
  const names = [el("span"), el("span")];
  const edge = el("div", { id: "swipe-edge", hidden: true }, ...names);
  map.getContainer().parentElement.append(bar, edge);
  label(bar, "swipe");
  let layer = null;
  let owner = null;

  function clip() {
    if (!layer) return;
    const size = map.getSize();
    const low = map.containerPointToLayerPoint([0, 0]);
    const high = map.containerPointToLayerPoint(size);
    pane.style.clip = `rect(${low.y}px, ${low.x + (size.x * bar.value) / 100}px, ${high.y}px, ${low.x}px)`;
    edge.style.left = `${bar.value}%`;
  }

  function show(next, { left, right, ...options }) {
    if (owner && owner !== next) owner.close();
    layer?.remove();
    owner = next;
    layer = new OtherSide({ ...options, pane: "other-side", maxZoom: view.maxZoom, updateWhenZooming: false }).addTo(map);
    names.forEach((name, i) => { name.textContent = [left, right][i]; });
    bar.hidden = edge.hidden = false;
    clip();
  }

  function hide(whose) {
    if (owner !== whose) return;
    layer?.remove();
    layer = owner = null;
    bar.hidden = edge.hidden = true;
  }

  bar.addEventListener("input", clip);
  map.on("move zoomend resize viewreset", clip);
  return { show, hide };
}
