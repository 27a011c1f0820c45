// A parcel's case in the why panel: who looks after it, what was done, what is due, and the form by which a person records the next act.

import { el } from "landgis/dom.js";
import { may } from "landgis/may.js";
import { whoIsHere } from "landgis/session.js";
import { cited, known, named, number, pick, t } from "landgis/words.js";

const LINES = 200;
const TEXT = 4000;
// An act whose day sets its usual clock going of itself needs no choice.
const USUAL = ["opened", "investigated", "decided"];
// What only the checker a case names does, and those acts that settle by which track it goes on.
const BY_CHECKER = ["returned", "closed"];
const SETS_TRACK = ["opened", "recognised", "decided"];
const TRACKS = ["fee", "take_back", "agreement"];

// What was typed and not sent, by parcel: another parcel may be looked at, or the language changed, and it is still there.
const drafts = new Map();

const today = () => {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
};

function keptName() {
  try { return sessionStorage.getItem("landgis.by") ?? ""; } catch { return ""; }
}

/** The section on a parcel's case; it reads itself, and writes what a person sends. Of several it is the latest, or `caseNo`. */
export function caseSection(source, run, parcel, { caseNo = null, recorded = () => {} } = {}) {
  const body = el("div", { class: "case", "aria-live": "polite" }, el("p", { class: "hint", text: "…" }));
  const section = el("section", { class: "why-section", id: "case" }, el("h3", { text: t("step_case") }), body);
  const about = `${parcel.park_code} ${parcel.parcel_no}`;
  let shown = null;    // the case, or null
  let me = null;       // who is logged in, and acts under no other name
  let checkers = [];   // whose accounts may check here, where people log in

  async function read() {
    try {
      const found = await source.cases(parcel.park_code, parcel.parcel_no);
      me = await whoIsHere();
      checkers = me ? await source.checkers(parcel.park_code) : [];
      shown = found.sort((a, b) => b.case_no - a.case_no).find((one) => caseNo === null || one.case_no === caseNo) ?? null;
      write();
    } catch (error) {
      if (error.name !== "AbortError") body.replaceChildren(el("p", { class: "hint", role: "alert", text: pick(error.what) || t("case_unread") }));
    }
  }

  function write(said = null) {
    body.replaceChildren(...[
      shown ? standing(shown) : el("p", { class: "hint", text: t("case_none") }),
      shown?.clocks.length ? clocks(shown.clocks) : null,
      shown ? events(shown.events) : null,
      said && el("p", { class: "case-said", role: "status", text: said }),
      offered(),
    ].filter(Boolean));
  }

  const checks = (found) => may("checker") && (!me || me.shown_name === found.checker);

  /** The acts that are this person's to record; the checker a case names returns and closes it, and nobody else. */
  function acts(found) {
    return found.next.filter(({ act }) => (BY_CHECKER.includes(act) ? checks(found) : may("manager")));
  }

  function offered() {
    const isOpen = shown?.is_open;
    if (isOpen ? acts(shown).length : may("manager")) return folded(isOpen ? "case_record" : "case_new", form(isOpen ? shown : null), drafts.has(about));
    return el("p", { class: "hint takes-role", text: t(isOpen && me && checks(shown) ? "case_yours_later" : "takes_manager_case") });
  }

  function folded(key, content, open) {
    return el("details", { class: "case-form", open }, el("summary", { text: t(key) }), content);
  }

  function form(found) {
    const name = me?.shown_name ?? keptName();
    const problem = el("div", { role: "alert" });
    const act = found ? el("select", { name: "act", required: true }, el("option", { value: "", text: t("case_choose") }),
      ...acts(found).map((one) => el("option", { value: one.act, text: pick(one) }))) : null;
    const more = el("div", { class: "case-more" });
    const made = el("form", {},
      act && field("case_act", act),
      found ? null : people(),
      found ? null : track(null),
      more,
      field("case_on", el("input", { type: "date", name: "happened_on", value: today(), required: true })),
      field("case_by", el("input", { type: "text", name: "done_by", value: name, maxlength: LINES, required: true, readonly: Boolean(me), autocomplete: "name" })),
      field("case_note", el("textarea", { name: "note", rows: "2", maxlength: TEXT, required: true })),
      field("case_evidence", el("input", { type: "text", name: "evidence", maxlength: TEXT })),
      field("case_due_on", el("input", { type: "date", name: "due_on" })),
      problem,
      el("button", { type: "submit", class: "quiet", text: t(found ? "case_send" : "case_new") }));
    act?.addEventListener("change", () => {
      const { triggers = [] } = found.next.find((one) => one.act === act.value) ?? {};
      more.replaceChildren(...[
        act.value === "assigned" ? people(found) : null,
        act.value === "returned" ? el("p", { class: "hint", text: t("case_returned_hint", { act: pick(found.state_title) }) }) : null,
        SETS_TRACK.includes(act.value) ? track(found) : null,
        triggers.length && !USUAL.includes(act.value) ? clock(triggers) : null,
      ].filter(Boolean));
    });
    made.addEventListener("input", () => drafts.set(about, [...new FormData(made)]));
    for (const [name, value] of drafts.get(about) ?? []) {
      if (made.elements[name]) made.elements[name].value = value;    // the act comes first, and brings its own fields
      if (name === "act") act?.dispatchEvent(new Event("change"));
    }
    made.addEventListener("submit", async (event) => {
      event.preventDefault();
      const given = Object.fromEntries([...new FormData(made)].map(([key, value]) => [key, value.trim()]).filter(([, value]) => value));
      try { sessionStorage.setItem("landgis.by", given.done_by ?? ""); } catch { /* it is asked again */ }
      const button = made.querySelector("button");
      button.disabled = true;
      try {
        shown = found
          ? await source.record(found.case_no, found.place, given)
          : await source.openCase({ run, parcel_id: parcel.parcel_id, ...given });
        drafts.delete(about);
        write(t("case_sent"));
        recorded(shown);
      } catch (error) {
        problem.replaceChildren(...refused(error));
        // What was written stays in the form; the next attempt follows on what the others did.
        if (error.since?.length) found.place += error.since.length;
      }
      button.disabled = false;
    });
    return made;
  }

  function people(found = null) {
    const line = (key, name, required, value) => field(key, el("input", { type: "text", name, maxlength: LINES, required, value: value ?? "" }));
    const among = (names) => field("case_checker", el("select", { name: "checker", required: true },
      el("option", { value: "", text: t("case_choose") }),
      ...names.map((one) => el("option", { value: one, selected: one === found?.checker, text: one }))));
    return el("div", { class: "case-people" },
      line("case_responsible", "responsible", true, found?.responsible ?? me?.shown_name), line("case_role", "role", false, found?.role),
      me ? among(checkers) : line("case_checker", "checker", true, found?.checker),
      el("p", { class: "hint", text: t(me && !checkers.length ? "case_no_checker" : "case_checker_hint") }));
  }

  read();
  return section;
}

function field(key, input) {
  return el("label", { class: "case-field" }, el("span", { text: t(key) }), input);
}

/** By which track of the idle-land measure it goes on: as the run suspects, or as it stands, unless a person says otherwise. */
function track(found) {
  return field("track", el("select", { name: "track" },
    el("option", { value: "", text: found?.track_title ? pick(found.track_title) : t(found ? "case_due_none" : "case_track_by_run") }),
    ...TRACKS.filter((one) => one !== found?.track).map((one) => el("option", { value: one, text: named("track", one) }))));
}

function clock(triggers) {
  return field("case_clock", el("select", { name: "sets_going" }, el("option", { value: "", text: t("case_clock_none") }),
    ...triggers.map((one) => el("option", { value: one, text: t(`clock_${one}`) }))));
}

function refused(error) {
  const why = [pick(error.why), pick(error.mend)].filter(Boolean).join(" ");
  return [
    el("strong", { text: pick(error.what) || t("case_failed") }),
    why ? el("p", { text: why }) : null,
    error.since?.length ? el("p", { text: t("case_since_you_looked") }) : null,
    error.since?.length ? el("ol", { class: "case-events" }, ...error.since.map(event)) : null,
  ].filter(Boolean);
}

function standing(found) {
  const late = found.overdue_days ? "case-late" : "";
  const due = el("dd", { class: late }, el("span", { text: found.due_on ?? t("case_due_none") }),
    late ? el("small", { class: late, text: t("case_overdue", { n: number(found.overdue_days) }) }) : null);
  const row = (key, ...values) => [el("dt", { text: t(key) }), el("dd", {}, ...values.filter(Boolean))];
  return el("dl", { class: "facts" },
    ...row("case_state", el("strong", { text: pick(found.state_title) }), found.is_returned && el("small", { class: "case-late", text: t("case_returned") }), el("small", { text: t("case_since", { day: found.since }) }),
      el("small", { text: t("case_head", { n: found.case_no }) })),
    ...row("case_responsible", el("span", { text: found.responsible }), found.role && el("small", { text: found.role })),
    ...row("case_checker", el("span", { text: found.checker })),
    ...(found.track_title ? row("track", el("span", { text: pick(found.track_title) })) : []),
    ...(found.is_open ? [el("dt", { text: t("case_due") }), due] : []));
}

function clocks(found) {
  return el("details", {}, el("summary", { text: t("case_clocks") }), el("dl", { class: "facts" }, ...found.flatMap((one) => [
    el("dt", { text: pick(one.title) }),
    el("dd", { class: one.is_overdue ? "case-late" : "" }, el("span", { text: one.due_on ?? pick(one.trigger_title) }),
      one.stopped_on ? el("small", { text: t("case_stopped", { day: one.stopped_on }) }) : null,
      known(one.article) ? el("small", { text: cited(one.article) }) : null),
  ])));
}

function events(found) {
  return el("ol", { class: "case-events", "aria-label": t("case_events") }, ...found.map(event));
}

function event(one) {
  const said = [
    ...(one.responsible ? [["case_responsible", one.responsible], ["case_checker", one.checker]] : []),
    ...(one.act !== "opened" && one.track ? [["track", named("track", one.track)]] : []),
    ...(one.due_on ? [["case_due_agreed", one.due_on]] : []),
  ].map(([key, value]) => `${t(key)} ${value}`).join(" · ");
  return el("li", {}, el(one.is_taken_back ? "s" : "strong", { text: pick(one.title) }), el("small", { text: `${one.happened_on} · ${one.done_by}` }),
    el("p", { text: one.note }), one.evidence ? el("small", { text: one.evidence }) : null, said ? el("p", { class: "hint", text: said }) : null);
}
