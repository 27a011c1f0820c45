// Plane coordinates of a place in the Gauss-Krüger zone of CGCS2000 it lies in: three degrees wide, its number before the easting.

const A = 6378137;
const F = 1 / 298.257222101;
const N = F / (2 - F);
const RADIAN = Math.PI / 180;
const FIRST = 25;    // 75° E
const LAST = 45;    // 135° E
/** Radius of the sphere whose meridian is as long as the ellipsoid's, and Krüger's series for it, to the fourth power of the flattening. */
const RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const SERIES = [
  N / 2 - (2 * N ** 2) / 3 + (5 * N ** 3) / 16 + (41 * N ** 4) / 180,
  (13 * N ** 2) / 48 - (3 * N ** 3) / 5 + (557 * N ** 4) / 1440,
  (61 * N ** 3) / 240 - (103 * N ** 4) / 140,
  (49561 * N ** 4) / 161280,
];

/** Zone, EPSG code, northing x and easting y (metres, the zone's number in front) of a place; null where China has no zone. */
export function planeOf({ lat, lng }) {
  const zone = Math.round(lng / 3);
  if (zone < FIRST || zone > LAST) return null;
  const eccentric = (2 * Math.sqrt(N)) / (1 + N);
  const sine = Math.sin(lat * RADIAN);
  const tangent = Math.sinh(Math.atanh(sine) - eccentric * Math.atanh(eccentric * sine));
  const off = (lng - 3 * zone) * RADIAN;
  const north = Math.atan2(tangent, Math.cos(off));
  const east = Math.atanh(Math.sin(off) / Math.hypot(1, tangent));
  let [x, y] = [north, east];
  SERIES.forEach((weight, i) => {
    const k = 2 * (i + 1);
    x += weight * Math.sin(k * north) * Math.cosh(k * east);
    y += weight * Math.cos(k * north) * Math.sinh(k * east);
  });
  return { zone, epsg: 4488 + zone, x: RADIUS * x, y: zone * 1e6 + 500_000 + RADIUS * y };
}
