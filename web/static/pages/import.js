// The import wizard: files are sent, looked at, tried, and then stored or thrown away. The address holds where one stands: what was
// sent (`upload`) and the job that works on it (`job`), so that the page can be left and opened again.

import { byId, el, icon } from "landgis/dom.js";
import { follow, isOver } from "landgis/follow.js";
import { may, takesManager } from "landgis/may.js";
import { ask, Refusal, remember, tell, told } from "landgis/pages/frame.js";
import { nearest, sketch } from "landgis/pages/outline.js";
import { lasted, refusal, stateTag, steps } from "landgis/pages/told.js";
import { place } from "landgis/places.js";
import { login } from "landgis/session.js";
import { currentLanguage, fieldName, known, number, onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const ROWS_SHOWN = 6;
const PAGE = 200;
const WAY = ["choose", "look", "try", "store"];

let upload = view.upload;
let preview = null;
/** Whether the files could not be looked at as they are: another encoding may do it. */
let isUnread = false;
let crs = null;
let units = {};
let job = null;
let events = [];
let isLost = false;
let stop = () => {};
let findings = null;
let severity = null;
let undone = null;
let map = null;

const parkBoxes = view.parks.map((park) => park.bbox).filter(Boolean);
const isDry = () => job?.asked?.is_dry ?? true;
const state = () => events.filter((event) => event.state !== "step").at(-1) ?? job;

/** Which step one stands at. */
function at() {
  if (job && !isDry()) return "store";
  if (job) return "try";
  return preview || upload ? "look" : "choose";
}

function writeWay() {
  const now = WAY.indexOf(at());
  byId("way").replaceChildren(...WAY.map((name, i) => el("li", {
    class: i < now ? "past" : i === now ? "now" : "", "aria-current": i === now ? "step" : null,
  }, i < now ? icon("done") : el("span", { class: "way-no", "aria-hidden": "true", text: String(i + 1) }), el("span", { text: t(`way_${name}`) }))));
}

function show() {
  const step = at();
  writeWay();
  byId("choose").hidden = step !== "choose";
  byId("look").hidden = step !== "look" || !(preview || isUnread);
  byId("look").classList.toggle("unread", !preview);
  byId("work").hidden = !job;
  byId("found").hidden = !findings;
  byId("again").hidden = !may("manager") || step === "choose" || (job && !isDry() && !isOver(state().state));
}

// 1: send

function send(address, file, each) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) each(event.loaded / event.total); });
    request.addEventListener("load", async () => {
      if (request.status < 300) resolve(request.response);
      else if (request.status === 401 && await login()) resolve(send(address, file, each));
      else reject(new Refusal(request.status, request.response));
    });
    request.addEventListener("error", () => reject(new Refusal(0, null)));
    request.send(file);
  });
}

async function take(files) {
  if (!files.length) return;
  byId("sending").hidden = false;
  const bar = byId("sending-bar");
  try {
    let sent = null;
    for (const [i, file] of files.entries()) {
      byId("sending-text").textContent = t("sending", { name: file.name, n: i + 1, all: files.length });
      const address = sent ? `/api/uploads/${sent}/files` : "/api/uploads";
      const answer = await send(`${address}?${new URLSearchParams({ name: file.name })}`, file, (share) => { bar.value = (i + share) / files.length; });
      sent = answer.upload;
    }
    upload = sent;
    remember({ upload, job: null });
    told();
    await look();
  } catch (error) {
    tell(error, () => take(files));
  }
  byId("sending").hidden = true;
  byId("files").value = "";
}

// 2: look

async function look() {
  byId("sending").hidden = false;
  byId("sending-text").textContent = t("reading_file");
  const asked = new URLSearchParams(Object.entries({ crs, encoding: byId("encoding").value }).filter(([, value]) => value));
  try {
    preview = await ask(`/api/uploads/${upload}/preview?${asked}`);
    told();
    writeLook();
  } catch (error) {
    isUnread = Boolean(error.status);
    if (error.status === 404) forget();
    tell(error, error.status ? undefined : look);
  }
  byId("sending").hidden = true;
  show();
}

function forget() {
  stop();
  upload = preview = crs = job = findings = undone = null;
  units = {};
  events = [];
  remember({ upload: null, job: null });
  show();
}

/** Whether nobody has said yet in which system a layer's numbers are: not the file, not the reader, not the profile. */
const waitsForSystem = (fit) => !crs && !fit?.crs && preview.layers.some(({ shapes }) => shapes && !shapes.crs && Object.keys(shapes.kinds).length);

/** Whether the files tell more of their columns than any profile knows; one that was sent with them is meant. */
function isAutoBetter() {
  const [best, auto] = [preview.profiles[0], preview.profiles.at(-1)];
  return !best.known.length || (!best.name.endsWith(".toml") && !auto.problem && auto.known.length > best.known.length);
}

/** A park that nobody knows yet is made by its name. */
function writePark() {
  const code = byId("park").value.trim();
  byId("new-park").hidden = !code || view.parks.some((park) => park.park_code === code);
}

function writeLook() {
  byId("sent-files").textContent = t("sent_files", { names: preview.files.join(t("list_comma")) });
  const profiles = byId("profile");
  const chosen = profiles.value;
  profiles.replaceChildren(...preview.profiles.map((one) => el("option", {
    value: one.name, disabled: Boolean(one.problem) && one.name !== "auto",
    text: one.name === "auto" ? t("profile_auto", { known: one.known.length, columns: one.columns }) : one.problem ? t("profile_broken", { name: one.name }) : t("profile_fit", { name: one.name, title: pick(one.title), known: one.known.length, columns: one.columns }),
  })));
  if ([...profiles.options].some((one) => one.value === chosen)) profiles.value = chosen;
  else if (isAutoBetter()) profiles.value = "auto";
  byId("parks").replaceChildren(...view.parks.map((park) => el("option", { value: park.park_code, text: park.name })));
  byId("layers").replaceChildren(...preview.layers.map(layerCard));
  writePark();
  writeKnown();
}

function writeKnown() {
  const isAuto = byId("profile").value === "auto";
  const fit = preview.profiles.find((one) => one.name === byId("profile").value);
  const broken = preview.profiles.find((one) => one.problem && (one.name !== "auto" || isAuto));
  byId("profile-known").textContent = [
    fit?.crs && !crs ? t("profile_crs", { crs: fit.crs }) : "",
    fit?.known.length ? t("profile_known", { names: fit.known.join(t("list_comma")) }) : isAuto ? "" : t("profile_none"),
    isAuto ? t("profile_auto_hint") : "",
    broken ? `${broken.name}: ${pick(broken.problem)}` : "",
  ].filter(Boolean).join(" ");
  const names = new Set(fit?.known ?? []);
  for (const cell of document.querySelectorAll("[data-column]")) cell.classList.toggle("known", names.has(cell.dataset.column));
  writeUnits(fit?.units ?? []);
  byId("setup").querySelector("button").disabled = Boolean(!fit || fit.problem) || waitsForSystem(fit);
}

/** Ask for the unit of each column of which neither file nor profile says it; what was answered stays while profiles are compared. */
function writeUnits(asked) {
  byId("units").hidden = !asked.length;
  byId("unit-questions").replaceChildren(...asked.map(({ column, field, choices }) => el("label", { class: "field" },
    el("span", { text: t("unit_of", { column, field: pick(field) }) }),
    el("select", { required: true, "data-unit": column, on: { change: (event) => { units[column] = event.target.value; } } },
      el("option", { value: "", text: t("unit_unsaid") }),
      ...choices.map((one) => el("option", { value: one, selected: units[column] === one, text: t(`unit_${one}`) }))))));
}

const answers = (selector, value) => [...document.querySelectorAll(selector)].map(value);

function layerCard(layer) {
  return el("section", { class: "card", "data-layer": layer.layer },
    el("header", { class: "card-head" },
      el("h2", { text: layer.layer === layer.file ? layer.file : `${layer.file} · ${layer.layer}` }),
      el("p", { class: "hint", text: t("layer_rows", { rows: number(layer.rows), columns: number(layer.columns.length), encoding: layer.encoding ? t("layer_encoding", { name: layer.encoding }) : "" }) })),
    ...systems(layer),
    el("div", { class: "scroll sample", tabindex: "0" }, el("table", { class: "rows" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("row_no") }),
        ...layer.columns.map((column) => el("th", { scope: "col", class: "text", "data-column": column.name, title: t("filled", { n: number(column.filled) }), text: column.name })))),
      el("tbody", {}, ...layer.sample.slice(0, ROWS_SHOWN).map((row) => el("tr", {}, el("th", { scope: "row", text: String(row.row) }),
        ...row.cells.map((cell) => el("td", { class: "text", text: known(cell) ? String(cell) : "" }))))))));
}

/** Where the shapes of a layer lie: the one place, or a sketch of each that is possible, to choose from. */
function systems(layer) {
  const { shapes } = layer;
  if (!shapes) return [el("p", { class: "hint", text: t("no_shapes") })];
  const count = Object.values(shapes.kinds).reduce((sum, one) => sum + one, 0);
  const head = el("p", { class: "hint", text: t("shapes_count", { n: number(count), missing: number(shapes.missing) }) });
  if (shapes.crs) {
    return [head, el("div", { class: "systems" }, el("div", { class: "system" },
      sketch(shapes.outline, parkBoxes, t("outline_label")), el("strong", { text: t("crs_known", { title: shapes.crs.title, name: shapes.crs.name }) }), ...lies(shapes.extent)))];
  }
  if (!count) return [head];
  if (!shapes.candidates.length) return [head, el("p", { class: "warned", role: "alert", text: t("crs_none") }), written()];
  return [head, el("p", { class: "warned", role: "alert", text: t("crs_choose") }),
    el("div", { class: "systems", role: "radiogroup", "aria-label": t("crs_choose") }, ...shapes.candidates.map((one) => {
      const name = `EPSG:${one.epsg}`;
      return el("label", { class: "system" }, sketch(one.outline, parkBoxes, t("outline_label")),
        el("span", { class: "system-head" }, el("input", { type: "radio", name: "crs", value: name, checked: crs === name, on: { change: () => { crs = name; look(); } } }),
          el("strong", { text: `${name} ${typeof one.title === "string" ? one.title : pick(one.title)}` })),
        ...lies(one.extent));
    })), written()];
}

function written() {
  const input = el("input", { type: "text", placeholder: "EPSG:4549", value: crs ?? "", "aria-label": t("crs_write"), maxlength: "100" });
  return el("p", { class: "written" }, el("span", { text: t("crs_write") }), input,
    el("button", { type: "button", class: "quiet", text: "✓", "aria-label": t("crs_write"), on: { click: () => { crs = input.value.trim() || null; look(); } } }));
}

const degrees = (value, signs) => `${Math.abs(value).toFixed(3)}°${signs[value < 0 ? 1 : 0]}`;

function lies(extent) {
  if (!extent) return [];
  const [west, south, east, north] = extent;
  const near = nearest(extent, parkBoxes);
  const park = near && view.parks.filter((one) => one.bbox)[near.at];
  return [
    el("span", { class: "hint", text: t("middle", { lon: degrees((west + east) / 2, "EW"), lat: degrees((south + north) / 2, "NS") }) }),
    el("span", { class: near && near.km < 20 ? "hint near" : "hint", text: !near ? t("no_parks") : near.km < 0.5 ? t("on_park", { name: park.name }) : t("away_km", { km: number(near.km, near.km < 10 ? 1 : 0) }) }),
  ];
}

// 3 and 4: try, read, store

async function takeIn(dry) {
  const body = JSON.stringify({
    profile: dry ? byId("profile").value : job.asked.profile,
    park: (dry ? byId("park").value.trim() : job.asked.park) || null,
    park_name: (dry ? !byId("new-park").hidden && byId("park-name").value.trim() : job.asked.park_name) || null,
    crs: (dry ? crs : job.asked.crs) || null,
    encoding: (dry ? byId("encoding").value : job.asked.encoding) || null,
    full: dry ? byId("full").checked : job.asked.is_full,
    units: dry ? Object.fromEntries(answers("[data-unit]", (one) => [one.dataset.unit, one.value])) : job.asked.units,
    repairs: dry ? answers("[name=repair]:checked", (one) => one.value) : job.asked.repairs,
    dry_run: dry,
  });
  try {
    const asked = await ask(`/api/uploads/${upload}/import`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
    told();
    openJob(asked);
  } catch (error) {
    if (error.status === 404 && error.problem?.instance?.includes("uploads")) forget();
    tell(error);
  }
}

function openJob(asked) {
  stop();
  job = asked;
  events = [];
  findings = undone = null;
  isLost = false;
  remember({ upload, job: job.job });
  show();
  writeWork();
  stop = follow(job.job, (event) => {
    events.push(event);
    writeWork();
    show();
    if (event.state === "done") readFindings();
  }, (lost) => { if (lost !== isLost) { isLost = lost; writeWork(); } });
}

function writeWork() {
  if (!job) return;
  const last = state();
  const over = isOver(last.state);
  const detail = last.state === "done" ? last.detail : null;
  const heading = !over ? t(isDry() ? "trying" : "storing")
    : last.state !== "done" ? t("ended_badly")
      : isDry() ? t("tried") : known(detail.batch) ? t("stored_done", { batch: detail.batch }) : t("stored_nothing");
  byId("work").replaceChildren(...[
    el("header", { class: "card-head" }, el("h2", { text: heading }), stateTag(last.state),
      el("p", { class: "hint", text: [job.asked.files?.join(" + "), job.asked.profile, over && job.started_at ? lasted(job.started_at, last.at) : ""].filter(Boolean).join(" · ") })),
    over ? null : el("div", { class: "progress", role: "progressbar", "aria-label": t("job_runs") }, el("i")),
    isLost ? el("p", { class: "hint", role: "status", text: t("job_lost") }) : null,
    over ? null : steps(events),
    last.state === "queued" || last.state === "again" ? el("p", { class: "hint", text: t("job_waits") }) : null,
    detail ? counts(detail) : null,
    last.state === "refused" || last.state === "failed" ? refusal(last.detail) : null,
    undone ? el("p", { class: "warned", role: "status", text: t("undone", { batch: undone.batch }) }) : null,
    acts(last, detail),
  ].filter(Boolean));
}

function counts(detail) {
  const boxes = [["rows_in", detail.rows_in], [isDry() ? "rows_store" : "rows_stored", detail.stored], ["rows_unchanged", detail.unchanged],
    ["rows_refused", detail.refused, detail.refused ? "bad" : ""], ...(detail.ended ? [["rows_ended", detail.ended, "warn"]] : [])];
  return el("dl", { class: "counts" }, ...boxes.flatMap(([key, value, tone]) => el("div", { class: tone ?? "" }, el("dt", { text: t(key) }), el("dd", { text: number(value) }))),
    el("div", {}, el("dt", { text: t("parks_in") }), el("dd", { class: "small", text: (detail.parks ?? []).join(t("list_comma")) || "—" })));
}

function acts(last, detail) {
  const button = (key, act, look = "", values = {}) => el("button", { type: "button", class: `button ${look}`, text: t(key, values), on: { click: act } });
  const found = [];
  if (!may("manager")) return "";
  if (!isOver(last.state)) found.push(button("cancel_job", cancel, "grave"));
  else if (isDry()) {
    if (last.state === "done" && detail.stored) found.push(detail.refused ? button("commit_anyway", () => takeIn(false), "firm", { n: number(detail.refused) }) : button("commit", () => takeIn(false), "firm"));
    found.push(button("back_to_look", back), button("discard", discard, "grave"));
  } else if (last.state === "done") {
    found.push(el("a", { class: "button firm", href: place("/jobs"), text: t("to_assess") }));
    if (known(detail.batch) && !undone) found.push(button("undo", () => undo(detail.batch), "grave"));
  }
  return el("div", { class: "job-acts" }, ...found);
}

async function cancel() {
  try {
    await ask(`/api/jobs/${job.job}/cancel`, { method: "POST" });
  } catch (error) {
    tell(error);
  }
}

async function back() {
  stop();
  const { asked } = job;
  crs = asked.crs ?? crs;
  units = asked.units ?? {};
  byId("profile").value = asked.profile;
  byId("park").value = asked.park ?? "";
  byId("park-name").value = asked.park_name ?? "";
  byId("encoding").value = asked.encoding ?? "";
  byId("full").checked = asked.is_full;
  for (const box of document.querySelectorAll("[name=repair]")) box.checked = asked.repairs?.includes(box.value) ?? false;
  job = findings = null;
  events = [];
  remember({ job: null });
  await look();
}

async function discard() {
  try {
    if (upload) await ask(`/api/uploads/${upload}`, { method: "DELETE" });
    told();
  } catch (error) {
    if (error.status !== 404) return tell(error, discard);
  }
  forget();
}

async function undo(batch) {
  if (!window.confirm(t("undo_sure", { batch }))) return;
  try {
    undone = await ask(`/api/batches/${batch}/undo`, { method: "POST" });
    told();
    writeWork();
  } catch (error) {
    tell(error);
  }
}

// What is wrong, row by row

async function readFindings(after = 0) {
  const asked = new URLSearchParams({ limit: PAGE, after, ...(severity ? { severity } : {}) });
  const of = job;
  try {
    const page = await ask(`/api/jobs/${of.job}/issues?${asked}`);
    if (job !== of) return; // somebody went back meanwhile
    findings = after ? { ...page, items: [...findings.items, ...page.items] } : page;
    show();
    writeFindings();
  } catch (error) {
    if (job !== of) return;
    if (error.status !== 404) return tell(error, () => readFindings(after));
    findings = null;
    if (isDry()) byId("work").append(el("p", { class: "hint", text: t("file_gone") }));
  }
}

function writeFindings() {
  if (!findings) return;
  const { counts: by, items, next } = findings;
  const all = Object.values(by).reduce((sum, one) => sum + one, 0);
  byId("severities").replaceChildren(...[[null, "all", all], ...Object.entries(by).map(([code, n]) => [code, code, n])].map(([code, name, n]) =>
    el("button", { type: "button", class: "quiet", "aria-pressed": String(severity === code), text: t(`problems_${name}`, { n: number(n) }), on: { click: () => { severity = code; readFindings(); } } })));
  byId("workbook").href = `/api/jobs/${job.job}/issues.xlsx?lang=${currentLanguage()}`;
  byId("workbook").hidden = !all;
  byId("problems").replaceChildren(...items.map(problemRow));
  byId("more").hidden = next === null;
  byId("no-problems").hidden = all > 0;
  const places = items.some((one) => one.place);
  document.querySelector(".problem-map").hidden = !places;
  document.querySelector(".problems").classList.toggle("with-map", places);
  if (places) openMap();
}

const TONES = { refused: "bad", doubted: "warn", changed: "" };

function problemRow(one) {
  const value = known(one.new) ? t("value_changed", { raw: one.raw ?? "", new: one.new }) : one.raw ?? "";
  return el("tr", {},
    el("td", {}, el("span", { class: `tag ${TONES[one.severity]}`, text: t(`severity_${one.severity}`) })),
    el("td", { class: "text" }, el("span", { text: one.row === null ? one.file : t("at_row", { row: one.row }) }), el("span", { class: "job-step", text: one.row === null ? "" : one.layer ?? one.file })),
    el("td", { class: "text" }, el("span", { text: one.field ? fieldName(`${one.table_name}.${one.field}`) : "" })),
    el("td", { class: "text cut", text: value }),
    el("td", { class: "text told" }, el("span", { text: pick(one) }), el("span", { class: "job-step", text: one.code })),
    el("td", {}, one.place ? el("button", { type: "button", class: "quiet", text: t("show_place"), on: { click: (event) => pointAt(one, event.currentTarget.closest("tr")) } }) : null));
}

/** A shape as a layer, a point as a small circle. */
const drawn = (geometry, style) => L.geoJSON(geometry, { style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 6 }) });

function makeMap() {
  const leaflet = L.map("map", { attributionControl: false, zoomControl: false, fadeAnimation: false, zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  L.control.scale({ imperial: false }).addTo(leaflet);
  return { leaflet, job: null, findings: null, all: L.layerGroup().addTo(leaflet), shown: L.layerGroup().addTo(leaflet) };
}

/** Draw where the findings are that are listed, of whatever job they are; another job is moved to. */
function openMap() {
  map ??= makeMap();
  const { leaflet, all, shown } = map;
  leaflet.invalidateSize();
  if (map.findings === findings) return;
  all.clearLayers();
  shown.clearLayers();
  const grey = { color: "#7c8b93", weight: 1, fillOpacity: 0.06, interactive: false };
  for (const layer of preview?.layers ?? []) if (layer.shapes?.outline) drawn(layer.shapes.outline, grey).addTo(all);
  const places = findings.items.filter((one) => one.place).map((one) =>
    drawn(one.place, { ...grey, color: one.severity === "refused" ? "#c0392b" : "#b8860b", weight: 1.5, fillOpacity: 0.18 }).addTo(all));
  if (map.job !== job.job) leaflet.fitBounds(L.featureGroup(places).getBounds().pad(0.2), { maxZoom: 17 });
  Object.assign(map, { job: job.job, findings });
  byId("map-hint").textContent = t("map_hint_choose");
}

function pointAt(one, row) {
  map.shown.clearLayers();
  const shape = drawn(one.place, { color: "#c0392b", weight: 3, fillOpacity: 0.3, interactive: false }).addTo(map.shown);
  map.leaflet.fitBounds(shape.getBounds().pad(0.6), { maxZoom: 18 });
  map.leaflet.getContainer().dataset.shown = String(one.issue);
  byId("map-hint").textContent = t("map_hint_row", { file: one.layer ?? one.file, row: one.row });
  for (const other of byId("problems").children) other.setAttribute("aria-selected", String(other === row));
}

// The page

if (!may("manager")) {
  byId("drop").hidden = byId("setup").hidden = true;
  byId("drop").after(takesManager());
}
byId("files").addEventListener("change", (event) => take([...event.target.files]));
const drop = byId("drop");
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => { event.preventDefault(); take([...event.dataTransfer.files]); });
byId("setup").addEventListener("submit", (event) => { event.preventDefault(); takeIn(true); });
byId("profile").addEventListener("change", writeKnown);
byId("park").addEventListener("input", writePark);
byId("encoding").addEventListener("change", look);
byId("again").addEventListener("click", discard);
byId("more").addEventListener("click", () => readFindings(findings.next));
onLanguage(() => { show(); if (preview) writeLook(); writeWork(); writeFindings(); });

show();
if (view.job !== null) {
  try {
    const found = await ask(`/api/jobs/${view.job}`);
    if (found.kind === "ingest") {
      upload = found.asked.upload ?? null;
      if (upload) preview = await ask(`/api/uploads/${upload}/preview?${new URLSearchParams(found.asked.crs ? { crs: found.asked.crs } : {})}`).catch(() => null);
      if (preview) writeLook();
      openJob(found);
    }
  } catch (error) {
    tell(error);
  }
} else if (upload) await look();
document.body.dataset.ready = "true";
