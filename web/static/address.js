// The address holds the view: whoever opens it sees the same. Only what differs from a fresh page is written.

import { choice, choose, onChoice } from "landgis/choice.js";
import { currentLanguage, onLanguage } from "landgis/words.js";
import { view } from "landgis/view.js";

const WAIT_MS = 250;
/** A longer text of an area would make an address that mail and chat cut off. */
const AREA_MOST = 1500;
const PLAIN = { park: "", colour: "answer", method: "quantile", filter: "", sort: "-area_m2", dock: "", unit: "mu", theme: "", area: "", plan: "", compare: "", left: "", crs: "" };
const ALLOWED = { method: ["quantile", "jenks", "equal"], unit: ["mu", "ha", "m2"], dock: ["", "table", "weights"], theme: ["", "light", "dark"], crs: ["", "plane"] };
const SETS = ["hidden", "tests"];

const isServed = () => location.protocol.startsWith("http");

/** Take what the address says into the choice; give the place it names: {lat, lon, zoom}, or null. */
export function readAddress() {
  const given = new URLSearchParams(isServed() ? location.search : location.hash.slice(1));
  const found = {};
  for (const [name, usual] of Object.entries(PLAIN)) {
    const value = given.get(name) ?? usual;
    found[name] = !ALLOWED[name] || ALLOWED[name].includes(value) ? value : usual;
  }
  for (const name of SETS) found[name] = new Set((given.get(name) ?? "").split(",").filter(Boolean));
  found.picked = new Set((given.get("picked") ?? "").split(",").map(Number).filter(Number.isSafeInteger).filter(Boolean));
  found.weights = readWeights(given.get("weights"));
  choose(found);
  const [lat, lon, zoom] = (given.get("at") ?? "").split(",").map(Number);
  const place = [lat, lon, zoom].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 1 ? { lat, lon, zoom: Math.min(zoom, view.maxZoom) } : null;
  return { place, selected: Number(given.get("parcel")) || null };
}

/** Weights as "population:measure=0.6;measure=0.4", populations with a comma between. */
function readWeights(text) {
  if (!text) return null;
  const found = {};
  for (const part of text.split(",")) {
    const [code, given] = [part.slice(0, part.indexOf(":")), part.slice(part.indexOf(":") + 1)];
    const pairs = given.split(";").map((pair) => pair.split("=")).filter(([name, value]) => name && Number(value) >= 0);
    if (code && pairs.length) found[code] = Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]));
  }
  return Object.keys(found).length ? found : null;
}

function writeWeights(weights) {
  return Object.entries(weights).map(([code, given]) => `${code}:${Object.entries(given).map(([name, value]) => `${name}=${Number(value.toFixed(4))}`).join(";")}`).join(",");
}

/** Keep the address in step with the view. */
export function keepAddress(map) {
  let waiting = 0;

  function write() {
    const address = new URL(location.href);
    const given = isServed() ? address.searchParams : new URLSearchParams(address.hash.slice(1));
    const put = (name, value, usual = "") => (value && value !== usual ? given.set(name, value) : given.delete(name));
    for (const [name, usual] of Object.entries(PLAIN)) {
      if (choice[name] === usual || (name === "area" && choice.area.length > AREA_MOST)) given.delete(name);
      else given.set(name, choice[name]);
    }
    for (const name of [...SETS, "picked"]) put(name, [...choice[name]].join(","));
    put("weights", choice.weights ? writeWeights(choice.weights) : "");
    put("parcel", choice.selected === null ? "" : String(choice.selected));
    const { lat, lng } = map.getCenter();
    given.set("at", [lat.toFixed(5), lng.toFixed(5), map.getZoom()].join(","));
    given.set("run", view.run);
    given.set("lang", currentLanguage());
    if (!isServed()) address.hash = given.toString();
    history.replaceState(history.state, "", address);
  }

  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(write, WAIT_MS);
  };
  onChoice([...Object.keys(PLAIN), ...SETS, "picked", "weights", "selected"], later);
  onLanguage(write);
  map.on("moveend", later);
}
