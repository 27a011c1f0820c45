// The parcels: vector tiles drawn on canvases, looked up under the pointer, and drawn again when a choice changes.

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { choice } from "landgis/choice.js";
import { classOf, colour } from "landgis/colour.js";
import { gridOf, onGrid } from "landgis/grid.js";
import { faded, isDark, paintOf, pattern } from "landgis/paint.js";
import { onSheet, rowOf } from "landgis/sheet.js";
import { isShown } from "landgis/shown.js";
import { number } from "landgis/words.js";

const MARKED = "#14212b";
const LIGHT_EDGE = "rgba(255,255,255,.42)";

/** The page's own typeface, for text on a canvas. */
export const FONT = getComputedStyle(document.documentElement).getPropertyValue("--font") || "sans-serif";

/** Turn a tile's bytes into shapes in its own pixels. */
export function shapesOf(bytes, size, coords) {
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
  const corners = [];    // those inside the tile, for a pencil to snap to; the tile's own edge cuts shapes beyond it
  for (const ring of feature.loadGeometry()) {
    ring.forEach((point, i) => {
      const x = point.x * scale;
      const y = point.y * scale;
      if (kind === "parcel" && x >= 0 && y >= 0 && x <= 4096 * scale && y <= 4096 * scale) corners.push([x, y]);
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
  const place = kind === "cell" ? placeOf(box, coords, scale) : null;
  return { kind, id: properties.id, place, row: kind === "parcel" ? rowOf(properties.id) : -1, properties, tests, path, box, coords, corners };
}

/** Which cell of the grid a square is: column and row, counted over the whole world. */
function placeOf(box, { x, y }, scale) {
  const side = scale * 4096 / 32;
  return `${32 * x + Math.floor((box.left + box.right) / 2 / side)}:${32 * y + Math.floor((box.top + box.bottom) / 2 / side)}`;
}

/** The class of a parcel in the colour of the map; null while it is not known. */
export function classOfShape({ row, properties }) {
  return classOf(row, properties.answer);
}

function isHidden(one) {
  if (one.kind === "parcel") return choice.hidden.has(classOfShape(one)?.key);
  return !countsOf(one).some(({ key, parcels }) => parcels && !choice.hidden.has(key));
}

/** What a cell stands for, class by class: counted from the rows that are shown, or as its tile brought it. */
export function countsOf({ coords, properties, place }) {
  const counted = place && gridOf(coords.z)?.get(place);
  if (counted === undefined && gridOf(coords.z)) return [];
  if (counted) return colour.classes.map(({ key }, i) => ({ key, parcels: counted.parcels[i], areaM2: counted.areaM2[i] }));
  return colour.classes.map(({ key }) => ({ key, parcels: properties[key] ?? 0, areaM2: 0 }));
}

function isMarked({ tests }) {
  for (const test of choice.tests) if (tests.has(test)) return true;
  return false;
}

function isFaded(shape) {
  if (choice.park && shape.properties.park && shape.properties.park !== choice.park) return true;
  return !isShown(shape.row) || (choice.tests.size > 0 && !isMarked(shape));
}

/** The parcels a cell still stands for once hidden classes are left out. */
export function shownCount(cell) {
  return countsOf(cell).reduce((sum, { key, parcels }) => sum + (choice.hidden.has(key) ? 0 : parcels), 0);
}

/** The class that colours a cell: that of most land, or of most parcels where land is not told by class, among those not hidden. */
function shownClass(cell) {
  const own = colour.classes.find((one) => one.key === cell.properties.answer);
  if (!gridOf(cell.coords.z) && own && !choice.hidden.has(own.key)) return own;
  let best = null;
  let most = -1;
  countsOf(cell).forEach(({ key, parcels, areaM2 }, i) => {
    const size = areaM2 || parcels;
    if (parcels && size > most && !choice.hidden.has(key)) [best, most] = [colour.classes[i], size];
  });
  return best;
}

export const ParcelTiles = L.GridLayer.extend({
  initialize(source, options) {
    this._source = source;
    this._hovered = null;
    this._most = new Map();    // zoom -> the largest count of a cell met so far
    L.GridLayer.prototype.initialize.call(this, options);
    onGrid(() => this.repaint());
    this.on("tileunload", ({ tile }) => tile.drawing.request.abort());
    onSheet(() => {
      for (const drawing of this._drawings()) for (const one of drawing.shapes) if (one.kind === "parcel") one.row = rowOf(one.id);
    });
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
        drawing.shapes = bytes ? shapesOf(bytes, size, coords) : [];
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
    this._measureCells();
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
    const most = inTile.reduce((largest, one) => (one.kind === "cell" ? Math.max(largest, shownCount(one)) : largest), 0);
    if (most <= (this._most.get(coords.z) ?? 0)) return false;
    this._most.set(coords.z, most);
    return true;
  },

  /** Measure the cells anew, for what is shown now. */
  _measureCells() {
    this._most.clear();
    for (const drawing of this._drawings()) this._countMore(drawing);
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
    paintParcels(pen, parcels, width);
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
    const paint = choice.tests.size ? faded() : shownClass(one)?.paint ?? faded();
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

/** Draw parcels paint by paint: one path for all that look alike, so that a full tile takes a few strokes and not a thousand. */
function paintParcels({ context, density, scale }, parcels, width) {
  const alike = new Map();
  for (const one of parcels) {
    const paint = isFaded(one) ? faded() : classOfShape(one)?.paint ?? paintOf(one.properties.answer);
    if (!alike.has(paint)) alike.set(paint, new Path2D());
    alike.get(paint).addPath(one.path);
  }
  context.lineJoin = "round";
  context.lineWidth = width * scale;
  for (const [paint, path] of alike) {
    context.globalAlpha = paint.isFaded ? 0.6 : 0.9;
    context.fillStyle = paint.fill;
    context.fill(path);
    const hatch = paint.isFaded ? null : pattern(context, paint.pattern, paint.ink, density, scale);
    if (hatch) {
      context.fillStyle = hatch;
      context.fill(path);
    }
    context.globalAlpha = 1;
    context.strokeStyle = isDark() && !paint.isFaded ? LIGHT_EDGE : paint.ink;
    context.stroke(path);
  }
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
