// The cases as a list, for whoever follows them: who is responsible, who checks, what is due; one of them opened beside it.

import { caseSection } from "landgis/cases.js";
import { byId, el } from "landgis/dom.js";
import { ask, remember, tell, told } from "landgis/pages/frame.js";
import { parkOptions } from "landgis/pages/parks.js";
import { place } from "landgis/places.js";
import { whoIsHere } from "landgis/session.js";
import { casesAt } from "landgis/source.js";
import { currentLanguage, number, onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const ADDRESS = "/api/cases";
const SOON_DAYS = 15;
const MOST_ROWS = 500;
const DAY_MS = 86_400_000;

/** Of these the checker alone has something to do: nothing else is left, or it was found to be no idle land. */
const AT_AN_END = ["not_recognised", "freed", "paid"];
const SHOWN = {
  open: (one) => one.is_open,
  overdue: (one) => one.overdue_days > 0,
  soon: (one) => one.is_open && !one.overdue_days && one.due_on !== null && Date.parse(one.due_on) - Date.now() <= SOON_DAYS * DAY_MS,
  closing: (one) => one.is_open && AT_AN_END.includes(one.state),
  closed: (one) => !one.is_open,
};

/** What narrows the list, by its field: #person is whoever is logged in. */
const FIELDS = [["park", "park", "change"], ["person", "whose", "change"], ["find", "find", "input"]];

const asked = new URLSearchParams(location.search);
const chosen = {
  case: Number(asked.get("case")) || null,
  show: asked.get("show") in SHOWN ? asked.get("show") : "open",
  park: asked.get("park") ?? "",
  person: asked.get("person") ?? "",
  find: asked.get("find") ?? "",
};
let cases = null;
let me = null;

async function read() {
  byId("listed").setAttribute("aria-busy", "true");
  try {
    cases = await ask(ADDRESS);
    told();
  } catch (error) {
    tell(error, read);
  }
  byId("listed").setAttribute("aria-busy", "false");
  write();
}

/** The cases of the chosen park, person and parcel, in whatever state. */
function among() {
  const sought = chosen.find.trim().toLowerCase();
  return (cases ?? []).filter((one) => (!chosen.park || one.park_code === chosen.park)
    && (!chosen.person || one.responsible === chosen.person || one.checker === chosen.person)
    && (!sought || one.parcel_no.toLowerCase().includes(sought)));
}

function write() {
  const all = among();
  byId("chips").replaceChildren(...Object.entries(SHOWN).map(([name, is]) => el("button", {
    type: "button", class: "quiet", "aria-pressed": String(chosen.show === name), "data-show": name,
    text: t(`show_${name}`, { n: number(all.filter(is).length) }), on: { click: () => choose({ show: name }) },
  })));
  const listed = all.filter(SHOWN[chosen.show]);
  const none = byId("case-none");
  none.hidden = cases === null || listed.length > 0;
  const [what, mend] = cases?.length ? ["cases_none_such", "cases_none_such_mend"] : ["cases_none", "cases_none_mend"];
  none.replaceChildren(el("strong", { text: t(what) }), el("span", { text: t(mend) }));
  byId("case-table").hidden = !listed.length;
  byId("case-list").replaceChildren(...listed.slice(0, MOST_ROWS).map(row));
  byId("case-more").hidden = listed.length <= MOST_ROWS;
  byId("case-more").textContent = t("cases_more", { shown: number(MOST_ROWS), n: number(listed.length) });
  const file = byId("file");
  file.hidden = view.run === null || !cases?.length;
  file.href = `/api/runs/${view.run}/cockpit/cases.xlsx?${new URLSearchParams({ ...(chosen.park ? { park: chosen.park } : {}), lang: currentLanguage() })}`;
}

function row(one) {
  const open = (event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); choose({ case: one.case_no }); } };
  return el("tr", { "aria-selected": String(one.case_no === chosen.case) },
    el("th", { scope: "row" },
      el("a", { href: place("/cases", { case: one.case_no }), text: `${one.park_code} ${one.parcel_no}`, on: { click: open } }),
      el("span", { class: "hint", text: ` #${one.case_no}` })),
    el("td", { class: "text" }, el("span", { text: pick(one.state_title) }), one.is_returned ? el("small", { class: "case-late", text: ` ${t("case_returned")}` }) : null),
    el("td", { class: "text" }, el("span", { text: one.responsible }), one.role ? el("span", { class: "hint wide", text: ` ${one.role}` }) : null),
    el("td", { class: "text wide", text: one.checker }),
    el("td", { class: "case-due" }, el("span", { text: one.due_on ?? "—" }),
      one.overdue_days ? el("span", { class: "case-late", text: t("case_overdue", { n: number(one.overdue_days) }) }) : null));
}

function writeOpened() {
  const one = cases?.find((each) => each.case_no === chosen.case);
  if (!one) {
    byId("case-panel").replaceChildren(el("p", { class: "hint", text: t(chosen.case === null ? "cases_choose" : "cases_none_such") }));
    return;
  }
  byId("case-panel").replaceChildren(
    el("header", { class: "card-head" }, el("h2", { text: `#${one.case_no} ${one.park_code} ${one.parcel_no}` })),
    caseSection(casesAt(ADDRESS), one.run, one, { caseNo: one.case_no, recorded: replace }),
    el("div", { class: "job-acts" },
      el("a", { class: "button", href: place("/map", { run: one.run, parcel: one.parcel_id }), text: t("case_on_map") }),
      el("a", { class: "button", href: `/api/runs/${one.run}/parcels/${one.parcel_id}/dossier.html?lang=${currentLanguage()}`, target: "_blank", rel: "noopener", text: t("dossier") })));
}

/** Show in the list what was just recorded beside it. */
function replace(one) {
  cases = cases.map((each) => (each.case_no === one.case_no ? one : each));
  write();
}

function choose(values) {
  Object.assign(chosen, values);
  remember({ ...chosen, show: chosen.show === "open" ? null : chosen.show });
  write();
  if (!("case" in values)) return;
  writeOpened();
  byId("case-panel").scrollIntoView({ block: "nearest" });    // on a phone it lies below the list
}

function writeChoices() {
  const option = (value, text) => el("option", { value, text });
  byId("park").replaceChildren(...parkOptions());
  const people = [...new Set([...(cases ?? []).flatMap((one) => [one.responsible, one.checker]), me?.shown_name, chosen.person].filter(Boolean))].sort((a, b) => a.localeCompare(b));
  byId("whose").replaceChildren(option("", t("cases_everybody")), ...people.map((name) => option(name, name === me?.shown_name ? t("cases_me", { name }) : name)));
  for (const [name, id] of FIELDS) byId(id).value = chosen[name];
}

for (const [name, id, event] of FIELDS) byId(id).addEventListener(event, () => choose({ [name]: byId(id).value }));
onLanguage(() => { writeChoices(); write(); writeOpened(); });
[me] = await Promise.all([whoIsHere(), read()]);
writeChoices();
writeOpened();
document.body.dataset.ready = "true";
