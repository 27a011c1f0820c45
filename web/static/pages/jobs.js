// Long work: what waits, what runs and how far it is, what became of the rest; begun, followed and given up from here.

import { byId, el } from "landgis/dom.js";
import { follow, isOver } from "landgis/follow.js";
import { may, takesManager } from "landgis/may.js";
import { ask, remember, tell, told } from "landgis/pages/frame.js";
import { parkOptions, parksSaid } from "landgis/pages/parks.js";
import { place } from "landgis/places.js";
import { lasted, moment, refusal, stateTag, steps } from "landgis/pages/told.js";
import { known, number, onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const EVERY_MS = 2000;
const LIMIT = 100;

let jobs = null;
let opened = view.job;
let events = [];
let isLost = false;
let stop = () => {};
let waiting = 0;

async function read() {
  try {
    jobs = await ask(`/api/jobs?limit=${LIMIT}`);
    told("reading");    // and nothing of what was refused: the reader has to see that
    write();
  } catch (error) {
    tell(error, read, "reading");
  }
  clearTimeout(waiting);
  const busy = jobs?.some((job) => !isOver(job.state));
  if (busy && !document.hidden) waiting = setTimeout(read, EVERY_MS);
}

function what(job) {
  const { asked } = job;
  if (asked.files) return asked.files.join(" + ");
  if (asked.on) return t("as_of_day", { on: asked.on });
  return "";
}

function write() {
  const list = byId("job-list");
  byId("job-none").hidden = jobs === null || jobs.length > 0;
  byId("job-table").hidden = !jobs?.length;
  list.replaceChildren(...(jobs ?? []).map((job) => el("tr", { "aria-selected": String(job.job === opened) },
    el("th", { scope: "row" }, el("a", {
      href: place("/jobs", { job: job.job }), text: `#${job.job}`,
      on: { click: (event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); open(job.job); } } },
    })),
    el("td", { class: "text" }, el("strong", { text: t(`kind_${job.kind}`) }), el("span", { class: "job-what", text: what(job) })),
    el("td", { class: "text wide", text: parksSaid(job.park_codes) }),
    el("td", { class: "text" }, stateTag(job.state), el("span", { class: "job-step", text: isOver(job.state) ? "" : pick(job.step) })),
    el("td", { class: "wide", text: moment(job.asked_at) }),
    el("td", { text: job.started_at ? lasted(job.started_at, isOver(job.state) ? job.at : Date.now()) : "—" }))));
  writeOpened();
}

function open(job) {
  stop();
  opened = job;
  events = [];
  isLost = false;
  remember({ job });
  write();
  if (job === null) return;
  stop = follow(job, (event) => {
    events.push(event);
    writeOpened();
    if (isOver(event.state)) read();
  }, (lost) => { if (lost !== isLost) { isLost = lost; writeOpened(); } });
}

function writeOpened() {
  const panel = byId("job-panel");
  const job = jobs?.find((one) => one.job === opened);
  if (opened === null || (!job && !events.length)) {
    panel.replaceChildren(el("p", { class: "hint", text: t(opened === null ? "job_choose" : "job_away") }));
    return;
  }
  const last = events.filter((event) => event.state !== "step").at(-1) ?? job;
  panel.replaceChildren(...[
    el("header", { class: "card-head" }, el("h2", { text: `#${opened} ${job ? t(`kind_${job.kind}`) : ""}` }), stateTag(last.state)),
    job ? el("p", { class: "job-what", text: what(job) }) : null,
    isOver(last.state) ? null : el("div", { class: "progress", role: "progressbar", "aria-label": t("job_runs") }, el("i")),
    isLost ? el("p", { class: "hint", role: "status", text: t("job_lost") }) : null,
    steps(events),
    last.state === "done" ? result(job, last.detail) : null,
    last.state === "refused" || last.state === "failed" ? refusal(last.detail) : null,
    last.state === "queued" || last.state === "again" ? el("p", { class: "hint", text: t("job_waits") }) : null,
    el("div", { class: "job-acts" },
      isOver(last.state) || !may("manager") ? null : el("button", { type: "button", class: "button grave", text: t("job_cancel"), on: { click: cancel } }),
      el("a", { class: "button", href: `/api/jobs/${opened}`, text: "JSON" })),
  ].filter(Boolean));
}

/** What a job that is done leads to. */
function result(job, detail) {
  if (!detail) return null;
  const facts = [];
  const links = [];
  if (known(detail.run)) {
    facts.push([t("run"), `#${detail.run}`]);
    if (known(detail.parcels)) facts.push([t("parcels"), number(detail.parcels)]);
    if (known(detail.plan)) facts.push([t("kind_plan"), `#${detail.plan}`], [t("job_served"), t("job_served_of", { served: detail.demands_served, demands: detail.demands })]);
    links.push(["open_map", place("/map", { run: detail.run })], ["open_cockpit", place("/cockpit", { run: detail.run })],
      ["open_ledger", `/api/runs/${detail.run}/ledger.xlsx`]);
  }
  if (known(detail.rows_in)) {
    facts.push([t("rows_in"), number(detail.rows_in)], [t("rows_stored"), number(detail.stored)],
      [t("rows_refused"), number(detail.refused)], [t("rows_unchanged"), number(detail.unchanged)]);
    links.push(["open_import", place("/import", { job: job?.job ?? opened })]);
  }
  return el("div", {},
    el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })])),
    el("div", { class: "job-acts" }, ...links.map(([key, href], i) => el("a", { class: i ? "button" : "button firm", href, text: t(key) }))));
}

async function cancel() {
  try {
    await ask(`/api/jobs/${opened}/cancel`, { method: "POST" });
    told();
  } catch (error) {
    tell(error);
  }
  read();
}

byId("assess-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const park = byId("assess-park").value;
  const body = JSON.stringify({ on: byId("assess-on").value, parks: park ? [park] : null });
  try {
    const job = await ask("/api/jobs/assess", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    told();
    await read();
    open(job.job);
  } catch (error) {
    tell(error);
  }
});

function writeParks() {
  const chosen = byId("assess-park").value;
  byId("assess-park").replaceChildren(...parkOptions());
  byId("assess-park").value = chosen;
}

if (!may("manager")) {
  byId("assess-form").replaceWith(takesManager());
  byId("job-none-mend").remove();
} else {
  byId("assess-on").value = view.today;
  writeParks();
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) read(); });
onLanguage(() => { if (may("manager")) writeParks(); write(); });
await read();
if (opened !== null) open(opened);
document.body.dataset.ready = "true";
