// A sketch of shapes as a drawing of its own: what lies in a file, beside the parks that are known, so that a wrong place is seen.

const SIDE = 220;
const HEIGHT = 150;
const EDGE = 10;
const SVG = "http://www.w3.org/2000/svg";

function* rings(geometry) {
  if (geometry.type === "GeometryCollection") for (const one of geometry.geometries) yield* rings(one);
  else if (geometry.type === "Polygon") yield* geometry.coordinates;
  else if (geometry.type === "MultiPolygon") for (const polygon of geometry.coordinates) yield* polygon;
  else if (geometry.type === "LineString") yield geometry.coordinates;
  else if (geometry.type === "MultiLineString") yield* geometry.coordinates;
  else if (geometry.type === "Point") yield [geometry.coordinates];
  else if (geometry.type === "MultiPoint") for (const point of geometry.coordinates) yield [point];
}

function made(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Draw an outline (GeoJSON, degrees) and the boxes of parks near it; `label` is what a screen reader says of it. */
export function sketch(outline, parks, label) {
  const lines = [...rings(outline)];
  const points = lines.flat();
  const drawing = made("svg", { viewBox: `0 0 ${SIDE} ${HEIGHT}`, class: "sketch", role: "img", "aria-label": label });
  if (!points.length) return drawing;
  const around = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  let [west, east] = around(points.map(([x]) => x));
  let [south, north] = around(points.map(([, y]) => y));
  // A park that lies within three widths is drawn into the sketch; one farther away is told in words.
  const reach = 3 * Math.max(east - west, north - south, 0.005);
  const near = parks.filter(([w, s, e, n]) => w < east + reach && e > west - reach && s < north + reach && n > south - reach);
  for (const [w, s, e, n] of near) [west, south, east, north] = [Math.min(west, w), Math.min(south, s), Math.max(east, e), Math.max(north, n)];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min((SIDE - 2 * EDGE) / Math.max((east - west) * squeeze, 1e-6), (HEIGHT - 2 * EDGE) / Math.max(north - south, 1e-6));
  const x = (lon) => SIDE / 2 + (lon - (west + east) / 2) * squeeze * scale;
  const y = (lat) => HEIGHT / 2 - (lat - (south + north) / 2) * scale;
  for (const [w, s, e, n] of near) {
    drawing.append(made("rect", { class: "sketch-park", x: x(w), y: y(n), width: Math.max(x(e) - x(w), 1), height: Math.max(y(s) - y(n), 1) }));
  }
  const path = lines.map((line) => (line.length === 1
    ? `M${x(line[0][0]).toFixed(1)} ${y(line[0][1]).toFixed(1)}h.1`
    : `M${line.map(([lon, lat]) => `${x(lon).toFixed(1)} ${y(lat).toFixed(1)}`).join("L")}`)).join("");
  drawing.append(made("path", { class: "sketch-shapes", d: path }));
  return drawing;
}

/** How far an extent lies from the nearest of some parks: `km` and the park's place in the list; null where there are none. */
export function nearest(extent, parks) {
  const [west, south, east, north] = extent;
  let found = null;
  parks.forEach(([w, s, e, n], at) => {
    const up = Math.max(0, s - north, south - n) * 111.2;
    const along = Math.max(0, w - east, west - e) * 111.2 * Math.cos((((south + north) / 2) * Math.PI) / 180);
    const km = Math.hypot(up, along);
    if (!found || km < found.km) found = { km, at };
  });
  return found;
}
