// The parcels: vector tiles drawn on canvases, looked up under the pointer, and drawn again when a choice changes.

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { choice } from "landgis/choice.js";
import { paintOf, pattern } from "landgis/paint.js";
import { number } from "landgis/words.js";

const FADED = { fill: "#e4e7e6", ink: "#c3c9c7" };
const MARKED = "#14212b";

/** The page's own typeface, for text on a canvas. */
export const FONT = getComputedStyle(document.documentElement).getPropertyValue("--font") || "sans-serif";

/** Turn a tile's bytes into shapes in its own pixels. */
function shapes(bytes, size, coords) {
  const { parcel, cell } = new VectorTile(new PbfReader(new Uint8Array(bytes))).layers;
  const found = [];
  for (const [kind, layer] of [["cell", cell], ["parcel", parcel]]) {
    for (let i = 0; layer && i < layer.length; i++) found.push(shape(kind, layer.feature(i), size / layer.extent, coords));
  }
  return found;
}

function shape(kind, feature, scale, coords) {
  const path = new Path2D();
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const ring of feature.loadGeometry()) {
    ring.forEach((point, i) => {
      const x = point.x * scale;
      const y = point.y * scale;
      if (i) path.lineTo(x, y);
      else path.moveTo(x, y);
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    });
    path.closePath();
  }
  const properties = feature.properties;
  const tests = new Set((properties.tests ?? "").split("|").filter(Boolean));
  return { kind, id: properties.id, properties, tests, path, box, coords };
}

function isHidden({ kind, properties }) {
  if (kind === "parcel") return choice.hidden.has(properties.answer);
  return Object.keys(properties).every((name) => !properties[name] || !isAnswer(name) || choice.hidden.has(name));
}

const isAnswer = (name) => ["exit", "swap", "upgrade", "leave", "data_first"].includes(name);

function isMarked({ tests }) {
  for (const test of choice.tests) if (tests.has(test)) return true;
  return false;
}

function isFaded(shape) {
  if (choice.park && shape.properties.park && shape.properties.park !== choice.park) return true;
  return choice.tests.size > 0 && !isMarked(shape);
}

/** The parcels a cell still stands for once hidden answers are left out. */
export function shownCount({ properties }) {
  if (!choice.hidden.size) return properties.parcels;
  let left = properties.parcels;
  for (const answer of choice.hidden) left -= properties[answer] ?? 0;
  return Math.max(left, 0);
}

/** The answer that colours a cell: its own, or the most frequent one that is not hidden. */
function shownAnswer({ properties }) {
  if (!choice.hidden.has(properties.answer)) return properties.answer;
  const shown = Object.keys(properties).filter((name) => isAnswer(name) && !choice.hidden.has(name));
  return shown.sort((a, b) => properties[b] - properties[a])[0];
}

export const ParcelTiles = L.GridLayer.extend({
  initialize(source, options) {
    this._source = source;
    this._hovered = null;
    this._most = new Map();    // zoom -> the largest count of a cell met so far
    L.GridLayer.prototype.initialize.call(this, options);
    this.on("tileunload", ({ tile }) => tile.drawing.request.abort());
  },

  getEvents() {
    return { ...L.GridLayer.prototype.getEvents.call(this), zoomend: this._repaintEnlarged };
  },

  /** Tiles that stay while the map zooms past the deepest of them are drawn to their new size. */
  _repaintEnlarged() {
    for (const drawing of this._drawings()) {
      if (drawing.canvas.width !== drawing.size * drawing.density * this._enlarged(drawing.coords.z)) this._paint(drawing);
    }
  },

  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const size = this.getTileSize().x;
    const density = Math.min(window.devicePixelRatio || 1, 2);
    const drawing = { canvas, coords, size, density, shapes: [], ids: new Set(), request: new AbortController() };
    canvas.drawing = drawing;
    this._source.tile(coords, drawing.request.signal).then(
      (bytes) => {
        drawing.shapes = bytes ? shapes(bytes, size, coords) : [];
        drawing.ids = new Set(drawing.shapes.map((one) => one.id));
        if (this._countMore(drawing)) this.repaint();
        else this._paint(drawing);
        done(null, canvas);
        this.fire("shapes");
      },
      (error) => {
        if (error.name !== "AbortError") done(error, canvas);
      },
    );
    return canvas;
  },

  /** Draw every tile again as the choice stands now; nothing is fetched. */
  repaint() {
    for (const drawing of this._drawings()) this._paint(drawing);
    this.fire("shapes");
  },

  /** The parcel or cell at a place, with the tile it lies in; null where there is none. */
  at(latlng) {
    const zoom = this._tileZoom;
    if (zoom === undefined || !this._map) return null;
    const size = this.getTileSize().x;
    const place = this._map.project(latlng, zoom);
    const column = Math.floor(place.x / size);
    const row = Math.floor(place.y / size);
    const drawing = this._tiles[`${column}:${row}:${zoom}`]?.el.drawing;
    if (!drawing) return null;
    const x = place.x - column * size;
    const y = place.y - row * size;
    const context = drawing.canvas.getContext("2d");
    for (let i = drawing.shapes.length - 1; i >= 0; i--) {
      const one = drawing.shapes[i];
      const { left, right, top, bottom } = one.box;
      if (x < left || x > right || y < top || y > bottom || isHidden(one)) continue;
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      const inside = context.isPointInPath(one.path, x, y, "evenodd");
      context.restore();
      if (inside) return one;
    }
    return null;
  },

  /** Where a shape lies. */
  boundsOf({ box, coords }) {
    const size = this.getTileSize().x;
    const place = (x, y) => this._map.unproject([coords.x * size + x, coords.y * size + y], coords.z);
    return L.latLngBounds(place(box.left, box.bottom), place(box.right, box.top));
  },

  hover(id) {
    if (id === this._hovered) return;
    const before = this._hovered;
    this._hovered = id;
    for (const drawing of this._drawings()) if (drawing.ids.has(before) || drawing.ids.has(id)) this._paint(drawing);
  },

  /** Every parcel in sight by number: its box in pixels of the world at the map's zoom, joined over tiles. */
  boxes() {
    const joined = new Map();
    for (const { coords, size, shapes: inTile } of this._drawings()) {
      if (coords.z !== this._tileZoom) continue;
      for (const one of inTile) {
        if (one.kind !== "parcel" || isHidden(one)) continue;
        const enlarged = this._enlarged(coords.z);
        const box = {
          left: enlarged * (coords.x * size + Math.max(one.box.left, 0)),
          right: enlarged * (coords.x * size + Math.min(one.box.right, size)),
          top: enlarged * (coords.y * size + Math.max(one.box.top, 0)),
          bottom: enlarged * (coords.y * size + Math.min(one.box.bottom, size)),
        };
        const known = joined.get(one.id);
        if (!known) joined.set(one.id, { ...box, shape: one, faded: isFaded(one) });
        else {
          known.left = Math.min(known.left, box.left);
          known.right = Math.max(known.right, box.right);
          known.top = Math.min(known.top, box.top);
          known.bottom = Math.max(known.bottom, box.bottom);
        }
      }
    }
    return joined;
  },

  *_drawings() {
    for (const key in this._tiles) if (this._tiles[key].el.drawing) yield this._tiles[key].el.drawing;
  },

  /** Keep the measure of the cells; true when a larger count turned up and all squares need the new measure. */
  _countMore({ coords, shapes: inTile }) {
    const most = Math.max(0, ...inTile.filter((one) => one.kind === "cell").map((one) => one.properties.parcels));
    if (most <= (this._most.get(coords.z) ?? 0)) return false;
    this._most.set(coords.z, most);
    return true;
  },

  /** How many times larger than asked for a tile of this zoom is shown. */
  _enlarged(zoom) {
    return this._map ? 2 ** Math.max(0, Math.min(Math.round(this._map.getZoom()) - zoom, 3)) : 1;
  },

  /** Draw a tile; one that is shown enlarged gets as many more pixels, so that lines stay lines. */
  _paint(drawing) {
    const { canvas, size, coords } = drawing;
    const enlarged = this._enlarged(coords.z);
    const density = drawing.density * enlarged;
    if (canvas.width !== size * density) canvas.width = canvas.height = size * density;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(density, 0, 0, density, 0, 0);
    const pen = { context, density: drawing.density, scale: 1 / enlarged };
    const shown = drawing.shapes.filter((one) => !isHidden(one));
    for (const one of shown) if (one.kind === "cell") this._paintCell(context, one, coords.z);
    const parcels = shown.filter((one) => one.kind === "parcel");
    const width = this._map && this._map.getZoom() < 15 ? 0.5 : 0.9;
    for (const one of parcels) paintParcel(pen, one, width);
    if (choice.tests.size) for (const one of parcels) if (isMarked(one) && !isFaded(one)) mark(pen, one);
    for (const one of parcels) if (one.id === this._hovered) outline(pen, one.path, 2);
    for (const one of parcels) if (one.id === choice.selected) outline(pen, one.path, 3.2);
  },

  /** A square for many parcels: its side and strength tell how many, with the number where it fits. */
  _paintCell(context, one, zoom) {
    const { left, right, top, bottom } = one.box;
    const count = shownCount(one);
    const share = Math.sqrt(count / Math.max(this._most.get(zoom) ?? 1, 1));
    const room = Math.min(right - left, bottom - top);
    const isSmall = room < 16;    // no room to vary the side: strength alone tells
    const side = isSmall ? room : room * (0.34 + 0.58 * share);
    const x = (left + right - side) / 2;
    const y = (top + bottom - side) / 2;
    const paint = choice.tests.size ? FADED : paintOf(shownAnswer(one));
    context.globalAlpha = isSmall ? 0.7 + 0.3 * share : 0.55 + 0.4 * share;
    context.fillStyle = paint.fill;
    context.beginPath();
    context.roundRect(x, y, side, side, Math.min(4, side / 5));
    context.fill();
    context.globalAlpha = isSmall ? 0.35 : 1;
    context.strokeStyle = paint.ink;
    context.lineWidth = isSmall ? 0.6 : 1;
    context.stroke();
    context.globalAlpha = 1;
    if (side < 22) return;
    context.font = `600 ${side < 34 ? 11 : 13}px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(255,255,255,.9)";
    context.strokeText(number(count), x + side / 2, y + side / 2 + 1);
    context.fillStyle = MARKED;
    context.fillText(number(count), x + side / 2, y + side / 2 + 1);
  },
});

function paintParcel({ context, density, scale }, one, width) {
  const faded = isFaded(one);
  const paint = faded ? FADED : paintOf(one.properties.answer);
  context.globalAlpha = faded ? 0.75 : 0.9;
  context.fillStyle = paint.fill;
  context.fill(one.path, "evenodd");
  const hatch = faded ? null : pattern(context, paint.pattern, paint.ink, density, scale);
  if (hatch) {
    context.fillStyle = hatch;
    context.fill(one.path, "evenodd");
  }
  context.globalAlpha = 1;
  context.strokeStyle = faded ? FADED.ink : paint.ink;
  context.lineWidth = width * scale;
  context.lineJoin = "round";
  context.stroke(one.path);
}

/** Bring out a suspected parcel: crossed hatching over its colour and a firm border. */
function mark({ context, density, scale }, one) {
  context.globalAlpha = 0.36;
  context.fillStyle = pattern(context, "crossed", MARKED, density, scale);
  context.fill(one.path, "evenodd");
  context.globalAlpha = 1;
  context.strokeStyle = MARKED;
  context.lineWidth = 1.8 * scale;
  context.stroke(one.path);
}

function outline({ context, scale }, path, width) {
  context.lineJoin = "round";
  context.strokeStyle = "#ffffff";
  context.lineWidth = (width + 2.4) * scale;
  context.stroke(path);
  context.strokeStyle = MARKED;
  context.lineWidth = width * scale;
  context.stroke(path);
}
