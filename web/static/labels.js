// Parcel numbers written over the map, once each, where they fit: one canvas above all tiles.

import { colour } from "landgis/colour.js";
import { paintOf } from "landgis/paint.js";
import { classOfShape, FONT } from "landgis/parcel-tiles.js";
import { valueAt } from "landgis/sheet.js";
import { figure, named, onLanguage, t } from "landgis/words.js";

const FROM_ZOOM = 16;

const isWithin = (context, word, width) => context.measureText(word).width < width;

export const ParcelLabels = L.Layer.extend({
  initialize(tiles) {
    this._tiles = tiles;
  },

  onAdd(map) {
    this._canvas = L.DomUtil.create("canvas", "parcel-labels leaflet-zoom-hide", this.getPane());
    this._later = L.Util.throttle(() => this._write(), 120, this);
    map.on("moveend zoomend resize", this._later, this);
    this._tiles.on("shapes", this._later, this);
    onLanguage(this._later);
    this._later();
  },

  onRemove(map) {
    map.off("moveend zoomend resize", this._later, this);
    this._tiles.off("shapes", this._later, this);
    this._canvas.remove();
  },

  _write() {
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    const density = Math.min(window.devicePixelRatio || 1, 2);
    const canvas = this._canvas;
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    canvas.width = size.x * density;
    canvas.height = size.y * density;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    if (map.getZoom() < FROM_ZOOM) return;
    const context = canvas.getContext("2d");
    context.scale(density, density);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const corner = map.getPixelBounds().min;
    for (const { left, right, top, bottom, shape, faded } of this._tiles.boxes().values()) {
      if (faded) continue;
      const x = (left + right) / 2 - corner.x;
      const y = (top + bottom) / 2 - corner.y;
      if (x < 0 || y < 0 || x > size.x || y > size.y) continue;
      const one = classOfShape(shape);
      const ink = one?.paint.ink ?? paintOf(shape.properties.answer).ink;
      const value = colour.isNumber && shape.row >= 0 ? valueAt(colour.field, shape.row) : undefined;
      const word = value === undefined ? one?.say() ?? named("answer", shape.properties.answer) : value === null ? t("unknown") : figure(value);
      context.font = `600 12px ${FONT}`;
      const number = shape.properties.no ?? "";
      const fits = context.measureText(number).width + 10 < right - left;
      if (fits && bottom - top > 36 && isWithin(context, word, right - left)) {
        this._line(context, number, x, y - 7, ink);
        context.font = `11px ${FONT}`;
        this._line(context, word, x, y + 8, ink);
      } else if (fits && bottom - top > 18) this._line(context, number, x, y, ink);
      else {
        context.font = `600 11px ${FONT}`;
        const first = value === undefined ? [...word][0] ?? "" : "";
        if (right - left > 16 && bottom - top > 16) this._line(context, first, x, y, ink);
      }
    }
  },

  _line(context, text, x, y, ink) {
    context.strokeStyle = "rgba(255,255,255,.88)";
    context.lineWidth = 3.5;
    context.strokeText(text, x, y);
    context.fillStyle = ink;
    context.fillText(text, x, y);
  },
});
