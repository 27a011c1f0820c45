// How answers look, on the map and in the legend: a colour, and a pattern that tells them apart without it.

import { view } from "landgis/view.js";

const PERIOD = 8;
const STROKES = {
  rising: [[0, 8, 8, 0], [-2, 2, 2, -2], [6, 10, 10, 6]],
  falling: [[0, 0, 8, 8], [-2, 6, 2, 10], [6, -2, 10, 2]],
  upright: [[2, 0, 2, 8], [6, 0, 6, 8]],
  level: [[0, 2, 8, 2], [0, 6, 8, 6]],
  crossed: [[0, 8, 8, 0], [0, 0, 8, 8]],
};
const made = new Map();

/** A pattern in an ink, sharp on a screen of this density, on a canvas shown at 1/scale; null for the plain one. */
export function pattern(context, kind, ink, density, scale = 1) {
  if (kind === "plain") return null;
  const key = `${kind} ${ink} ${density}`;
  if (!made.has(key)) made.set(key, drawn(kind, ink, density));
  const tile = context.createPattern(made.get(key), "repeat");
  tile.setTransform(new DOMMatrix().scale(scale / density));
  return tile;
}

function drawn(kind, ink, density) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PERIOD * density;
  const context = canvas.getContext("2d");
  context.scale(density, density);
  context.strokeStyle = context.fillStyle = ink;
  context.lineWidth = kind === "crossed" ? 1.2 : 1;
  context.globalAlpha = kind === "crossed" ? 0.9 : 0.42;
  for (const [x1, y1, x2, y2] of STROKES[kind] ?? []) {
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }
  for (const [x, y] of kind === "dots" ? [[2, 2], [6, 6]] : []) {
    context.beginPath();
    context.arc(x, y, 0.95, 0, 2 * Math.PI);
    context.fill();
  }
  return canvas;
}

const FADED = {
  light: { fill: "#e4e7e6", ink: "#c3c9c7", isFaded: true },
  dark: { fill: "#2c373e", ink: "#43515a", isFaded: true },
};

/** Whether the page is dark; paper never is. */
export const isDark = () => document.documentElement.dataset.theme === "dark" && !document.body.classList.contains("printing");

/** The paint of what stands back. */
export const faded = () => FADED[isDark() ? "dark" : "light"];

/** The paint of an answer; what has none is drawn as lacking data. */
export function paintOf(answer) {
  return view.paints[answer] ?? view.paints.data_first;
}

/** A small sample of an answer, or of any paint, for the legend, kept in print. */
export function swatch(answer, width = 26, height = 16) {
  const density = 2;
  const canvas = document.createElement("canvas");
  canvas.width = width * density;
  canvas.height = height * density;
  canvas.className = "swatch";
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  const paint = typeof answer === "string" ? paintOf(answer) : answer ?? view.unknown;
  context.scale(density, density);
  context.fillStyle = paint.fill;
  context.fillRect(0, 0, width, height);
  const hatch = pattern(context, paint.pattern, paint.ink, density);
  if (hatch) {
    context.fillStyle = hatch;
    context.fillRect(0, 0, width, height);
  }
  context.strokeStyle = paint.ink;
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  return canvas;
}
