// The cockpit: what a run says as a whole, each number a link to its parcels on the map, all of it as the API answers.

import { choice, choose, onChoice } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { swatch } from "landgis/paint.js";
import { ask, remember, tell, told } from "landgis/pages/frame.js";
import { moment } from "landgis/pages/told.js";
import { place } from "landgis/places.js";
import { aligned, currentLanguage, known, land as landWords, landColumn, named, number, onLanguage, pick, t, unitWords } from "landgis/words.js";
import { view } from "landgis/view.js";

const BLOCKS_SHOWN = 8;

const chosen = { run: view.run, park: view.park, blockMu: view.blockMu };
let found = null;
let blocks = null;
let zones = null;
let sorted = { by: "freeable_share", up: false };

const percent = (share) => (Number.isFinite(share) ? `${aligned(100 * share, 1)}%` : t("unknown"));

/** A number that leads to its parcels; none leads nowhere, an unknown one says so. */
function link(text, land, more = {}) {
  if (!known(land.parcels)) return el("span", { class: "nothing", text: t("unknown") });
  if (!land.parcels) return el("span", { class: "nothing", text });
  return el("a", { href: place("/map", { run: found.run, park: chosen.park, filter: land.filter, ...more }), text });
}

const cell = (...children) => el("td", {}, ...children);

/** A share as a bar behind its number, so that a column can be compared at a glance. */
function bar(share, whole = 1) {
  const filled = el("i");
  filled.style.width = `${Math.min(100, (100 * (share || 0)) / (whole || 1)).toFixed(2)}%`;
  return el("td", { class: "barred" }, el("span", { class: "bar-share", "aria-hidden": "true" }, filled), el("span", { text: percent(share) }));
}

function landRow(head, land) {
  return el("tr", { class: land.parcels ? "" : "nothing" }, el("th", { scope: "row" }, head),
    cell(link(number(land.parcels), land)), cell(link(landColumn(land.area_m2), land)), bar(land.area_m2 / found.total.area_m2));
}

function writeStock() {
  const { answers, classes, total } = found;
  byId("total").replaceChildren(link(t("total_land", { n: number(total.parcels), area: landWords(total.area_m2) }), total));
  byId("share").replaceChildren(...answers.filter((land) => land.area_m2).map((land) => {
    const part = el("span", { title: `${named("answer", land.answer)} ${percent(land.area_m2 / total.area_m2)}` });
    part.style.flexGrow = String(land.area_m2);
    part.style.backgroundColor = view.paints[land.answer].fill;
    return part;
  }));
  byId("answers").replaceChildren(...answers.map((land) =>
    landRow(el("span", { class: "signed" }, swatch(land.answer, 22, 14), el("span", { text: named("answer", land.answer) })), land)));
  byId("classes").replaceChildren(...classes.map((land) =>
    landRow(el("span", { text: land.stock_class ? named("stock_class", land.stock_class) : t("class_unknown") }), land)));
}

function writeStages() {
  const most = Math.max(...found.stages.map((stage) => stage.area_m2 ?? 0), 1);
  byId("stages").replaceChildren(...found.stages.map((stage) => {
    const filled = el("i");
    filled.style.width = `${(100 * (stage.area_m2 ?? 0)) / most}%`;
    return el("li", { class: known(stage.parcels) ? "" : "not-known", "data-stage": stage.stage },
      el("span", { class: "stage-name", text: t(`stage_${stage.stage}`) }),
      known(stage.parcels)
        ? el("span", { class: "stage-value" }, link(t("total_land", { n: number(stage.parcels), area: landWords(stage.area_m2) }), stage))
        : el("span", { class: "stage-value", text: t("unknown") }),
      known(stage.parcels) ? el("span", { class: "stage-bar", "aria-hidden": "true" }, filled) : el("span", { class: "hint", text: pick(stage.why) }));
  }));
}

const COLUMNS = [
  ["parcels", "parcels", (park) => park.parcels, (park) => link(number(park.parcels), park)],
  ["area", null, (park) => park.area_m2, (park) => link(landColumn(park.area_m2), park)],
  ["suspected", "suspected_parcels", (park) => park.suspected.parcels, (park) => link(number(park.suspected.parcels), park.suspected)],
  ...["exit", "swap", "upgrade"].map((answer) => [answer, answer, (park) => park.answers[answer].area_m2,
    (park) => link(landColumn(park.answers[answer].area_m2), park.answers[answer])]),
  ["upgrade_m2", "upgradable", (park) => park.upgrade_m2, (park) => link(landColumn(park.upgrade_m2), park.upgradable)],
  ["freeable_m2", "freeable", (park) => park.freeable_m2, (park) => link(landColumn(park.freeable_m2), park.freeable)],
  ["freeable_share", "freeable_share", (park) => park.freeable_share, null],
];

const heading = (name, key) => (view.paints[name] ? named("answer", name) : key ? t(key) : t(choice.unit));

function writeParks() {
  const value = COLUMNS.find(([name]) => name === sorted.by)[2];
  const rows = [...found.parks].sort((a, b) => (sorted.up ? 1 : -1) * (value(a) - value(b)));
  byId("parks-head").replaceChildren(
    el("th", { scope: "col", class: "text", text: t("park") }),
    ...COLUMNS.map(([name, key]) => el("th", { scope: "col", "aria-sort": sorted.by === name ? (sorted.up ? "ascending" : "descending") : "none" },
      el("button", { type: "button", text: heading(name, key), on: { click: () => {
        sorted = { by: name, up: sorted.by === name ? !sorted.up : false };
        writeParks();
        byId("parks-head").querySelector('[aria-sort]:not([aria-sort="none"]) button').focus();
      } } }))));
  byId("parks").replaceChildren(...rows.map((park, i) => el("tr", { class: park.park_code === chosen.park ? "chosen" : "" },
    el("th", { scope: "row" }, el("span", { class: "rank", text: String(i + 1) }), el("span", { text: park.name })),
    ...COLUMNS.map(([, , get, show]) => (show ? cell(show(park)) : bar(get(park), Math.max(...rows.map(get))))))));
}

/** The view of the map that shows a box: its middle and a zoom at which it fills a good part of the window. */
function middle([west, south, east, north]) {
  const zoom = Math.floor(Math.log2((360 * 500) / (256 * Math.max(east - west, north - south, 0.001))));
  return `${((south + north) / 2).toFixed(5)},${((west + east) / 2).toFixed(5)},${Math.max(4, Math.min(18, zoom))}`;
}

function writeBlocks() {
  if (!blocks) return;
  const { candidates, blocks: all, block_mu: least } = blocks;
  byId("blocks-hint").textContent = t("blocks_hint", { n: number(candidates.parcels), area: landWords(candidates.area_m2) });
  if (!all.length) {
    byId("blocks").replaceChildren(el("div", { class: "empty" }, el("strong", { text: t("blocks_none", { n: number(least) }) }),
      blocks.largest ? el("span", { text: t("blocks_none_mend", { area: landWords(blocks.largest) }) }) : null));
    return;
  }
  const parkNames = new Map(found.parks.map((park) => [park.park_code, park.name]));
  const most = all[0].area_m2;
  byId("blocks").replaceChildren(el("ol", { class: "blocks" }, ...all.slice(0, BLOCKS_SHOWN).map((block) => {
    const filled = el("i");
    filled.style.width = `${(100 * block.area_m2) / most}%`;
    return el("li", {},
      el("span", { class: "block-area" }, link(landWords(block.area_m2), block, { at: middle(block.bbox) })),
      el("span", { class: "block-where", text: `${block.park_codes.map((code) => parkNames.get(code) ?? code).join(t("list_comma"))} · ${t("block_parcels", { n: number(block.parcels) })}` }),
      el("span", { class: "stage-bar", "aria-hidden": "true" }, filled));
  })), all.length > BLOCKS_SHOWN ? el("p", { class: "hint", text: t("block_more", { n: number(all.length), m: BLOCKS_SHOWN }) }) : "");
}

function writeDemands() {
  const { demands } = found;
  const asked = demands.count
    ? el("dl", { class: "counts" },
      el("div", {}, el("dt", { text: t("demands_count") }), el("dd", { text: number(demands.count) })),
      el("div", {}, el("dt", { text: t("demands_area") }), el("dd", { text: landWords(demands.area_min_m2) })),
      el("div", {}, el("dt", { text: t("demands_served") }), el("dd", { text: number(demands.served) })),
      el("div", {}, el("dt", { text: t("demands_unmet") }), el("dd", { text: number(demands.unmet) })))
    : null;
  const none = demands.plan === null && el("div", { class: "empty" }, el("strong", { text: t("demands_none") }), el("span", { text: t("demands_none_mend") }));
  const by = demands.plan !== null && el("p", { class: "hint" }, el("a", { href: place("/map", { run: found.run, plan: demands.plan }), text: t("demands_by_plan", { plan: demands.plan }) }));
  byId("demands").replaceChildren(...[asked, none, by].filter(Boolean));
}

function writeCases() {
  const { open, overdue, states, people, late } = found.cases;
  if (!states.length) {
    byId("cases").replaceChildren(el("div", { class: "empty" }, el("strong", { text: t("cases_none") }), el("span", { text: t("cases_none_mend") })));
    return;
  }
  const listed = (values) => place("/cases", { park: byId("park").value, ...values });
  const count = (key, n, tone = "", show = null) => el("div", { class: tone }, el("dt", { text: typeof key === "string" ? t(key) : pick(key) }),
    el("dd", {}, show ? el("a", { href: listed({ show }), text: number(n) }) : el("span", { text: number(n) })));
  const heads = (...keys) => el("thead", {}, el("tr", {}, ...keys.map((key, i) => el("th", { scope: "col", class: i ? null : "text", text: t(key) }))));
  const parcel = (one) => el("a", { href: place("/map", { run: one.run, parcel: one.parcel_id }), text: `${one.park_code} ${one.parcel_no}` });
  byId("cases").replaceChildren(...[
    el("dl", { class: "counts" }, count("cases_open", open, "", "open"), count("cases_overdue", overdue, overdue ? "bad" : "", "overdue"),
      ...states.map((one) => count(one, one.cases))),
    people.length ? el("table", { class: "rows" }, heads("cases_person", "cases_open", "cases_overdue"), el("tbody", {}, ...people.map((one) => el("tr", {},
      el("th", { scope: "row" }, el("a", { href: listed({ person: one.responsible }), text: one.responsible }), one.role ? el("span", { class: "hint", text: ` ${one.role}` }) : null),
      cell(el("span", { text: number(one.open) })), cell(el("span", { text: number(one.overdue) })))))) : null,
    late.length ? el("h3", { text: t("cases_late") }) : null,
    late.length ? el("table", { class: "rows", id: "late" }, heads("cases_parcel", "cases_state", "cases_person", "cases_checker", "cases_due", "cases_days"),
      el("tbody", {}, ...late.map((one) => el("tr", {}, el("th", { scope: "row" }, parcel(one)),
        ...[pick(one.state_title), one.responsible, one.checker, one.due_on, number(one.overdue_days)].map((text) => cell(el("span", { text }))))))) : null,
  ].filter(Boolean));
}

/** An indicator in its own unit: a share as per cent, a floor-area ratio as it is, land as all land on the page. */
function indicator(value, { unit, indicator: code }) {
  if (!known(value)) return t("unknown");
  if (unit === "m²") return landColumn(value);
  return unit === "ratio" && !code.includes("far") ? percent(value) : number(value, Math.abs(value) < 100 ? 2 : 0);
}

function writeZones() {
  if (!zones) return;
  byId("zones-hint").textContent = t("zones_hint", { rules: pick(zones.title) });
  const parks = [...new Set(zones.indicators.map((one) => one.park_code))];
  const names = new Map(found.parks.map((park) => [park.park_code, park.name]));
  const rows = new Map();
  for (const one of zones.indicators) rows.set(one.indicator, [...(rows.get(one.indicator) ?? []), one]);
  byId("zones").replaceChildren(el("table", { class: "rows" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("indicator") }), el("th", { scope: "col", text: t("ideal") }),
      ...parks.map((park) => el("th", { scope: "col" }, link(names.get(park) ?? park, found.parks.find((one) => one.park_code === park)))))),
    el("tbody", {}, ...[...rows.values()].map((ones) => el("tr", {},
      el("th", { scope: "row" }, el("span", { text: pick(ones[0].title) }), ones[0].unit === "ratio" ? null : el("span", { class: "hint", text: ` ${ones[0].unit === "m²" ? t(choice.unit) : unitWords(ones[0].unit)}` })),
      cell(el("span", { text: known(ones[0].ideal) ? indicator(ones[0].ideal, ones[0]) : "—" })),
      ...parks.map((park) => {
        const one = ones.find((each) => each.park_code === park);
        const lacks = known(one.value) ? null : t("lacks", { n: number(one.lacking), what: one.missing_titles.map(pick).join(t("list_comma")) });
        return el("td", { class: known(one.value) ? "" : "nothing", title: lacks }, el("span", { text: indicator(one.value, one) }));
      }))))));
}

function writeHead() {
  const runs = byId("run");
  runs.replaceChildren(...view.runs.map((run) => el("option", { value: run.run, text: t("run_option", { on: run.as_of, run: run.run, parcels: number(run.parcels) }) })));
  runs.value = String(found?.run ?? "");
  const parks = byId("park");
  parks.replaceChildren(el("option", { value: "", text: t("park_all", { n: found?.parks.length ?? 0 }) }),
    ...[...(found?.parks ?? [])].sort((a, b) => (a.park_code < b.park_code ? -1 : 1)).map((park) => el("option", { value: park.park_code, text: park.name })));
  parks.value = chosen.park ?? "";
  byId("unit").value = choice.unit;
  byId("block-mu").value = chosen.blockMu;
  for (const head of document.querySelectorAll("[data-area]")) head.textContent = t(choice.unit);
  const [latest] = view.runs;
  const newer = found && latest.run !== found.run ? latest : null;
  byId("newer-run").hidden = !newer;
  if (newer) byId("newer-run").replaceChildren(el("a", { href: place("/cockpit", { run: newer.run }), text: t("newer_run", { on: newer.as_of, run: newer.run, n: number(newer.parcels) }) }));
  byId("about").textContent = found ? t("about_run", { on: found.as_of, run: found.run, made: moment(found.made_at), rules: found.titles.map(pick).join(t("list_semicolon")) }) : "";
}

function write() {
  writeHead();
  if (!found) return;
  for (const one of document.querySelectorAll("[data-table]")) {
    one.href = `/api/runs/${found.run}/cockpit/${one.dataset.table}.csv?${asked({ park: chosen.park, lang: currentLanguage() })}`;
    one.setAttribute("aria-label", t("table_file", { what: document.getElementById(`${one.dataset.table}-title`).textContent }));
  }
  writeStock();
  writeStages();
  writeParks();
  writeBlocks();
  writeCases();
  writeDemands();
  writeZones();
}

const asked = (values) => String(new URLSearchParams(Object.entries(values).filter(([, value]) => value)));
const address = (what, more) => `/api/runs/${found.run}/${what}?${asked({ park: chosen.park, ...more })}`;

const under = {};    // what is asked for now, by kind

/** Ask; an earlier question of this kind is given up, so that its answer never comes late for another choice. */
function askAnew(kind, address) {
  under[kind]?.abort();
  under[kind] = new AbortController();
  return ask(address, { signal: under[kind].signal });
}

/** Do what asks the service, and tell what it refuses, with the way to try `again`; false where something else was asked meanwhile. */
async function tried(work, again) {
  try {
    await work();
    told();
  } catch (error) {
    if (error.name === "AbortError") return false;
    tell(error, again);
  }
  return true;
}

async function readBlocks() {
  const found = await askAnew("blocks", address("blocks", { block_mu: chosen.blockMu }));
  if (!found.blocks.length) {
    const all = await askAnew("blocks", address("blocks", { block_mu: 0.1 }));
    found.largest = all.blocks[0]?.area_m2 ?? null;
  }
  blocks = found;
  writeBlocks();
}

const readBlocksAlone = () => tried(readBlocks, readBlocksAlone);

async function readZones() {
  zones = await askAnew("zones", address("zones"));
  writeZones();
}

async function readAll() {
  found = await askAnew("cockpit", byId("twin").href);
  blocks = zones = null;
  write();
  await Promise.all([readBlocks(), readZones()]);
}

async function read() {
  const sheet = byId("sheet");
  byId("none").hidden = view.runs.length > 0;
  sheet.hidden = !view.runs.length;
  if (!view.runs.length) return write();
  sheet.setAttribute("aria-busy", "true");
  byId("twin").href = `/api/runs/${chosen.run ?? view.runs[0].run}/cockpit?${asked({ park: chosen.park })}`;
  if (await tried(readAll, read)) sheet.setAttribute("aria-busy", "false");
}

byId("run").addEventListener("change", (event) => {
  chosen.run = Number(event.target.value);
  chosen.park = null;
  remember({ run: chosen.run, park: null });
  read();
});
byId("park").addEventListener("change", (event) => {
  chosen.park = event.target.value || null;
  remember({ park: chosen.park });
  read();
});
byId("unit").addEventListener("change", (event) => {
  choose({ unit: event.target.value });
  try { localStorage.setItem("landgis.unit", choice.unit); } catch { /* it holds for this page */ }
});
byId("block-mu").addEventListener("change", (event) => {
  if (!event.target.checkValidity() || !event.target.value) return event.target.reportValidity();
  chosen.blockMu = Number(event.target.value);
  remember({ block_mu: chosen.blockMu });
  readBlocksAlone();
});
byId("print").addEventListener("click", () => window.print());
try { choose({ unit: localStorage.getItem("landgis.unit") ?? choice.unit }); } catch { /* kept nowhere */ }
onChoice(["unit"], write);
onLanguage(write);
await read();
document.body.dataset.ready = "true";
