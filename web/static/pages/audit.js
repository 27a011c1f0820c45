// The record: who did what, and when; the latest first, older ones on demand.

import { byId, el } from "landgis/dom.js";
import { may } from "landgis/may.js";
import { ask, remember, tell, told } from "landgis/pages/frame.js";
import { parkOptions, parksSaid } from "landgis/pages/parks.js";
import { place } from "landgis/places.js";
import { moment } from "landgis/pages/told.js";
import { currentLanguage, named, onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const ADDRESS = "/api/audit";
const AT_ONCE = 100;
const PAUSE_MS = 300;
const SOUGHT = ["park", "act", "who", "since", "until"];

let entries = null;
let isAll = false;
let asking = 0;    // the number of the latest question: what an earlier one brings late is not shown

const asked = new URLSearchParams(location.search);
const sought = Object.fromEntries(SOUGHT.map((name) => [name, asked.get(name) ?? ""]));

const query = (more = {}) => new URLSearchParams(Object.entries({ ...sought, ...more }).filter(([, value]) => value !== ""));

async function read(before = "") {
  const mine = ++asking;
  byId("listed").setAttribute("aria-busy", "true");
  try {
    const found = await ask(`${ADDRESS}?${query({ limit: AT_ONCE, before })}`);
    if (mine !== asking) return;
    entries = before ? [...entries, ...found] : found;
    isAll = found.length < AT_ONCE;
    told();
  } catch (error) {
    if (mine !== asking) return;
    tell(error, () => read(before));
  }
  byId("listed").setAttribute("aria-busy", "false");
  write();
}

function write() {
  byId("audit-none").hidden = entries === null || entries.length > 0;
  byId("audit-table").hidden = !entries?.length;
  byId("more").hidden = isAll || !entries?.length;
  byId("audit-list").replaceChildren(...(entries ?? []).map((one) => el("tr", {},
    el("th", { scope: "row", text: moment(one.at) }),
    el("td", { class: "text", text: one.who }),
    el("td", { class: "text", text: pick(one.title) }),
    el("td", { class: "text wide", text: parksSaid(one.park_codes) }),
    el("td", { class: "text" }, said(one)))));
  byId("file").href = `${ADDRESS}/record.xlsx?${query({ lang: currentLanguage() })}`;
}

/** What is noted of an entry; where a page shows it, a link there. */
function said({ detail, said: words }) {
  const [path, values] = detail.case ? ["/cases", { case: detail.case }]
    : detail.job ? ["/jobs", { job: detail.job }]
      : detail.run && !detail.plan ? ["/map", { run: detail.run }] : [];
  return path ? el("a", { href: place(path, values), text: pick(words) }) : el("span", { text: pick(words) });
}

function writeChoices() {
  const option = (value, text) => el("option", { value, text });
  byId("park").replaceChildren(...parkOptions());
  byId("act").replaceChildren(option("", t("audit_all")), ...Object.keys(view.codes.noted).map((act) => option(act, named("noted", act))));
  for (const name of SOUGHT) byId(name).value = sought[name];
}

function choose(name) {
  if (sought[name] === byId(name).value.trim()) return;
  sought[name] = byId(name).value.trim();
  remember(sought);
  read();
}

if (may("manager", "checker")) {
  let typed = 0;
  for (const name of SOUGHT) byId(name).addEventListener("change", () => choose(name));
  byId("who").addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(() => choose("who"), PAUSE_MS); });
  byId("more").addEventListener("click", () => read(entries.at(-1).audit));
  onLanguage(() => { writeChoices(); write(); });
  writeChoices();
  await read();
} else {
  byId("file").hidden = true;
  byId("listed").replaceChildren(el("p", { class: "hint takes-role", "data-t": "audit_takes", text: t("audit_takes") }));
}
document.body.dataset.ready = "true";
