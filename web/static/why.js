// Why a parcel got its answer: facts, tests, the gate that decided, the answer; then the evaluation and where the row came from.

import { caseSection } from "landgis/cases.js";
import { choice, choose, onChoice } from "landgis/choice.js";
import { byId, el, icon } from "landgis/dom.js";
import { chip } from "landgis/hover.js";
import { changes, computed, fold, gates, measured, missing, modes, points, scores } from "landgis/explained.js";
import { paintOf } from "landgis/paint.js";
import { onFields } from "landgis/sheet.js";
import { Refusal } from "landgis/source.js";
import { drawing, onDrawing } from "landgis/steadiness.js";
import {
  aligned, cited, fieldName, figure, hectares, isShare, known, label, mu, named, number, onLanguage, pick, rulesetTitle, squareMetres, t, unitWords,
} from "landgis/words.js";
import { view } from "landgis/view.js";

const FINDING_ORDER = ["suspected", "unknown", "clear"];

export function enableWhy(source, zoomTo) {
  const panel = byId("why");
  let request = new AbortController();
  let shown = null;
  let opener = null;

  /** Open the panel on a parcel; `box` is where it lies, if that is known. Gives it once it is. */
  async function open(id, box = null) {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    if (panel.hidden) opener = document.activeElement;
    choose({ selected: id });
    shown = { state: "loading", box };
    panel.hidden = false;
    document.body.classList.add("why-open");
    write();
    try {
      const answer = await source.parcel(id, signal);
      if (signal.aborted) return;
      shown = { state: "ready", answer, box: box ?? answer.parcel.bbox ?? null };
    } catch (error) {
      if (error.name === "AbortError") return;
      shown = { state: "failed", error, box, id };
    }
    write();
    panel.scrollTop = 0;
    byId("why-close")?.focus({ preventScroll: true });
    return shown.box;
  }

  /** Ask once more for the parcel that is shown: there is more to tell of it, and the reader stays where they are. */
  async function again() {
    const before = shown;
    const answer = await source.parcel(before.answer.parcel.parcel_id, request.signal).catch(() => null);    // what is shown still holds
    if (!answer || shown !== before) return;
    shown = { ...before, answer };
    write();
  }

  function close() {
    request.abort();
    panel.hidden = true;
    document.body.classList.remove("why-open");
    shown = null;
    choose({ selected: null });
    opener?.isConnected && opener.focus({ preventScroll: true });
  }

  function write() {
    if (!shown) return;
    panel.setAttribute("aria-busy", String(shown.state === "loading"));
    if (shown.state === "ready") {
      panel.setAttribute("aria-label", t("why_label", { no: shown.answer.parcel.parcel_no }));
      panel.replaceChildren(...ready(shown).filter(Boolean));
    } else {
      panel.setAttribute("aria-label", t("why"));
      panel.replaceChildren(head(t("why")), shown.state === "loading" ? waiting() : failed(shown));
    }
  }

  function head(...content) {
    const button = el("button", { type: "button", id: "why-close", class: "icon-button", on: { click: close } }, icon("close"));
    label(button, "close");
    return el("header", { class: "why-head" }, el("div", { class: "why-head-text" }, ...content), button);
  }

  function failed({ error, id, box }) {
    const absent = error instanceof Refusal && error.status === 404 && !view.addresses;
    const what = pick(error.what) || t(absent ? "why_absent" : "why_failed");
    const mend = [pick(error.mend) || t(absent ? "why_absent_mend" : "why_failed_mend"), error.id && t("request", { id: error.id })].filter(Boolean).join(" ");
    return el("div", { class: "why-failed", role: "alert" }, el("strong", { text: what }), el("p", { text: mend }),
      absent ? null : el("button", { type: "button", class: "quiet", text: t("retry"), on: { click: () => open(id, box) } }));
  }

  function ready({ answer, box }) {
    const { run, on, parcel, enterprises = [], triage, findings = [], activity = [], grades = [], stability, source: origin } = answer;
    const zoom = box
      ? el("button", { type: "button", class: "quiet with-icon", on: { click: () => zoomTo(box, 18) } }, icon("target"), el("span", { text: t("zoom_here") }))
      : null;
    return [
      head(
        el("p", { class: "why-park", text: parcel.park_name ?? parcel.park_code }),
        el("h2", { text: parcel.parcel_no }),
        triage ? chip(triage.answer) : null),
      triage ? el("p", { class: "why-reason", text: pick(triage.reason) || pick(triage.title) }) : null,
      el("ol", { class: "steps" },
        step("step_facts", null, facts(parcel, enterprises), computed(answer.facts), zoom),
        step("step_tests", counted(findings), ...tests(findings, answer.tests ?? [])),
        step("step_gate", null, ...(answer.gates ? gates(answer.gates) : [gate(triage)])),
        step("step_answer", urgency(triage), ...conclusion(triage), stability ? steadiness(stability) : drawing(source), modes(answer.modes),
          known(answer.reliability) ? el("p", { class: "reliability", text: t("reliability", { share: `${number(100 * answer.reliability)}%` }) }) : null,
          answer.agrees === false ? el("p", { class: "hint", role: "note", text: t("differs") }) : null)),
      source.cases ? caseSection(source, run, parcel) : null,
      answer.missing?.length ? section("step_missing", missing(answer.missing)) : null,
      answer.points ? section("step_points", ...points(answer.points)) : null,
      answer.scores?.length ? section("step_scores", scores(answer.scores)) : null,
      source.changes && answer.gates ? section("step_changes", changing(parcel.parcel_id)) : null,
      ...(activity.length ? [section("step_activity", ...activity.map((one) => atWork(one, enterprises)))] : []),
      section("step_grades", ...evaluations(grades, enterprises)),
      section("step_source", sources(origin, run, on), source.dossier
        ? el("a", { class: "dossier", href: source.dossier(parcel.parcel_id), target: "_blank", rel: "noopener", text: t("dossier") })
        : null),
      el("p", { class: "disclaimer", text: t("disclaimer") }),
    ];
  }

  /** What would change the answer is worked out when somebody asks. */
  function changing(id) {
    const place = el("div", {});
    const asking = el("details", { on: { toggle: async () => {
      if (!asking.open || place.childElementCount) return;
      place.replaceChildren(waiting());
      try {
        place.replaceChildren(changes(await source.changes(id, request.signal)));
      } catch (error) {
        if (error.name !== "AbortError") place.replaceChildren(el("p", { class: "hint", role: "alert", text: pick(error.what) || t("why_failed") }));
      }
    } } }, el("summary", { text: t("changes_ask") }), place);
    return asking;
  }

  onChoice(["selected"], () => {
    if (choice.selected === null && !panel.hidden && shown) close();
  });
  onLanguage(write);
  onDrawing(() => { if (shown?.state === "ready" && !shown.answer.stability) write(); });
  onFields(() => { if (shown?.state === "ready" && !shown.answer.stability) again(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden && !event.defaultPrevented && event.target.id !== "search") close();
  });
  return { open, close };
}

function waiting() {
  return el("div", { class: "waiting" }, ...[70, 100, 85, 60, 92].map((width) => {
    const bar = el("span");
    bar.style.width = `${width}%`;
    return bar;
  }));
}

function step(key, note, ...content) {
  return el("li", {}, el("h3", {}, el("span", { text: t(key) }), note ? el("small", { text: note }) : null), ...content);
}

function section(key, ...content) {
  return el("section", { class: "why-section" }, el("h3", { text: t(key) }), ...content);
}

/** Terms and what they are; what is not known says so. */
function list(rows) {
  return el("dl", { class: "facts" }, ...rows.flatMap(([term, value, ...more]) => [
    el("dt", { text: term }),
    el("dd", { class: known(value) ? undefined : "unknown" },
      el("span", { text: known(value) ? value : t("unknown") }),
      ...more.filter(known).map((text) => el("small", { text }))),
  ]));
}

function facts(parcel, enterprises) {
  const drawn = parcel.area_m2;
  const registered = parcel.cert_area_m2;
  const use = known(parcel.landuse_code) ? [parcel.landuse_code, pick(parcel.landuse_title)].join(" ").trim() : null;
  return list([
    [t("drawn_area"), ...(known(drawn) ? [mu(drawn), hectares(drawn), squareMetres(drawn)] : [null])],
    [t("cert_area"), ...(known(registered) ? [mu(registered), squareMetres(registered)] : [null])],
    [t("landuse"), use, use && (pick(parcel.landuse_scheme_title) || parcel.landuse_scheme)],
    [t("owner"), parcel.owner_name],
    ...(enterprises.length
      ? enterprises.map((one, i) => [i ? "" : t("enterprises"), one.name, one.role ? named("role", one.role) : null, one.uscc])
      : [[t("enterprises"), null]]),
    [t("location"), parcel.location],
  ]);
}

function counted(findings) {
  const of = (finding) => findings.filter((one) => one.finding === finding).length;
  return findings.length ? t("tests_counted", { suspected: of("suspected"), unknown: of("unknown"), clear: of("clear") }) : null;
}

function urgency(triage) {
  return triage?.urgency_title ? `${t("urgency")} ${pick(triage.urgency_title)}` : null;
}

function tests(findings, traces) {
  if (!findings.length) return [el("p", { class: "hint", text: t("tests_none") })];
  const sorted = [...findings].sort((a, b) => FINDING_ORDER.indexOf(a.finding) - FINDING_ORDER.indexOf(b.finding));
  const telling = sorted.filter((one) => one.finding !== "clear");
  const clear = sorted.filter((one) => one.finding === "clear");
  return [
    ...telling.map((one) => test(one, traces)),
    clear.length ? fold(t("tests_clear", { n: clear.length }), ...clear.map((one) => test(one, traces))) : null,
  ];
}

function test({ title, test: name, confidence, finding, value, threshold, margin, margin_share: share, unit, article, missing: lacks = [], ruleset }, traces) {
  const of = traces.find((one) => one.test === name)?.conditions.find((one) => one.unit === unit)?.measure;
  const sign = el("span", { class: `finding-chip ${finding}`, text: named("finding", finding) });
  return el("article", { class: `test ${finding}` },
    el("header", {}, el("strong", { text: pick(title) || name }), sign),
    list([
      ...(known(value) || finding === "unknown" ? [[t("value"), measured(value, unit, of)]] : []),    // some tests compare no number
      ...(known(threshold) ? [[t("threshold"), measured(threshold, unit, of)]] : []),
      ...(known(margin) ? [[t("margin"), beyond(margin, unit, of), known(share) && margin ? t("margin_share", { n: number(100 * Math.abs(share), 1) }) : null]] : []),
      ...(lacks?.length ? [[t("missing"), lacks.map(fieldName).join(t("list_comma"))]] : []),
      [t("article"), cited(article), rulesetTitle(ruleset), known(confidence) ? t("confidence", { mark: named("confidence", confidence) }) : null],
    ]));
}

/** How far beyond the line, or how much is left to it. */
function beyond(margin, unit, of) {
  if (margin === 0) return t("margin_none");
  const far = Math.abs(margin);
  return t(margin > 0 ? "margin_beyond" : "margin_short", { n: isShare(unit, of) ? t("margin_points", { n: number(100 * far, 1) }) : measured(far, unit, of) });
}

function gate(triage) {
  if (!triage) return el("p", { class: "hint", text: t("unknown") });
  if (!known(triage.gate)) return el("p", { class: "hint", text: t("unknown") });
  return el("p", { text: triage.gate > 1 ? t("gate_after", { gate: triage.gate, before: triage.gate - 1 }) : t("gate", { gate: triage.gate }) });
}

function conclusion(triage) {
  if (!triage) return [el("p", { class: "hint", text: t("unknown") })];
  const verdict = el("p", { class: "verdict" }, chip(triage.answer),
    pick(triage.title) && pick(triage.title) !== named("answer", triage.answer) ? el("span", { text: pick(triage.title) }) : null);
  verdict.style.borderColor = paintOf(triage.answer).ink;
  const rows = [];
  if (known(triage.track)) rows.push([t("track"), named("track", triage.track)]);
  if (triage.freeable_m2 > 0) rows.push([t("freeable"), mu(triage.freeable_m2), hectares(triage.freeable_m2)]);
  if (triage.upgrade_m2 > 0) rows.push([t("upgradable"), mu(triage.upgrade_m2), hectares(triage.upgrade_m2)]);
  return [verdict, rows.length ? list(rows) : null];
}

/** How often the answer and the grade hold when weights and figures move. */
function steadiness(stability) {
  const often = (shares, word) => Object.entries(shares).filter(([, share]) => share >= 0.005).sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${word(name)} ${number(100 * share, 0)}%`).join(t("list_comma"));
  const { rank_p05: best, rank_p95: worst } = stability;
  return list([
    [t("stability"), often(stability.answers, (name) => named("answer", name)), t("stability_draws", { n: number(stability.draws) })],
    [t("stability_grades"), often(stability.grades, (name) => (name === "none" ? t("not_graded") : name)),
      known(best) ? t("rank_band", { best: number(best), worst: number(worst) }) : null],
  ]);
}

/** How likely an enterprise, or all on the parcel, has stopped, and the signs that say so. */
function atWork({ uscc, probability, stopped, zombie, signs }, enterprises) {
  const name = uscc ? enterprises.find((one) => one.uscc === uscc)?.name ?? uscc : t("activity_parcel");
  return el("article", { class: `test ${stopped}` },
    el("header", {}, el("strong", { text: name }),
      el("span", { class: `finding-chip ${stopped}`, text: named("finding", stopped) })),
    list([
      [t("activity_probability"), known(probability) ? `${number(100 * probability, 1)}%` : null],
      ...(known(zombie) ? [[t("activity_zombie"), zombie === "out_of_scope" ? t(zombie) : named("finding", zombie)]] : []),
      ...signs.map((sign) => [pick(sign.title) || sign.sign, t(`sign_${sign.state}`),
        t("sign_age", { n: number(sign.age_months, 1), weight: number(sign.weight, 2) }),
        known(sign.since) ? t("sign_since", { day: sign.since }) : null]),
    ]),
    signs.length ? null : el("p", { class: "hint", text: t("signs_none") }));
}

/** The latest evaluation in full, earlier and other ones behind a line. */
function evaluations(grades, enterprises) {
  if (!grades.length) return [el("p", { class: "hint", text: t("grades_none") })];
  const names = new Map(enterprises.map((one) => [one.uscc, one.name]));
  const [first, ...rest] = grades.map((one) => evaluation(one, names));
  return [first, rest.length ? el("details", {}, el("summary", { text: t("grades_more", { n: rest.length }) }), ...rest) : null];
}

function evaluation({ ruleset, uscc, year, grade, total, rank, share, reason, scores, ...surety }, names) {
  const about = [
    names.get(uscc) ?? uscc, known(year) && t("year", { n: year }), known(rank) && t("rank", { rank: number(rank) }),
    known(rank) && known(share) && t("rank_share", { share: `${number(100 * share, 1)}%` }), rulesetTitle(ruleset),
  ];
  return el("div", { class: "evaluation" },
    el("div", { class: "grade-line" },
      el("span", { class: known(grade) ? "grade-sign" : "grade-sign none", text: known(grade) ? grade : "–" }),
      el("div", {}, el("strong", { text: known(grade) ? named("grade", grade) : t("not_graded") }),
        el("small", { text: about.filter(Boolean).join(" · ") })),
      el("span", { class: "grade-total" }, el("small", { text: t("score_total") }),
        el("strong", { text: known(total) ? number(total, 2) : t("unknown") }))),
    pick(reason) ? el("p", { class: "hint", text: pick(reason) }) : null,
    ...sureness(grade, total, surety),
    scores?.length ? scoreTable(scores, total) : null);
}

/** What is missing could still change the total and the grade: between what, and how much of the weight is known. */
function sureness(grade, total, { total_low: low, total_high: high, possible, reliability }) {
  const said = [];
  if (known(low) && (low !== total || high !== total)) {
    said.push(t("total_between", { low: number(low, 2), high: known(high) ? number(high, 2) : t("no_bound") }));
  }
  if (known(possible) && possible !== grade) said.push(t("grade_possible", { grades: [...possible].join(t("list_comma")) }));
  if (known(reliability) && reliability < 1) said.push(t("reliability", { share: `${number(100 * reliability, 0)}%` }));
  return said.length ? [el("p", { class: "hint sureness", text: said.join(t("list_comma")) })] : [];
}

function scoreTable(scores, total) {
  const heads = ["score_name", "score_value", "score_base", "score_weight", "score"];
  return el("div", { class: "score-table", tabindex: "0", role: "group", "aria-label": t("step_grades") }, el("table", {},
    el("thead", {}, el("tr", {}, ...heads.map((key) => el("th", { scope: "col", text: t(key) })))),
    el("tbody", {}, ...scores.map(scoreRow)),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row", colspan: 4, text: t("score_total") }),
      el("td", { text: known(total) ? aligned(total, 2) : t("unknown") })))));
}

function scoreRow({ indicator, title, name, unit, value, base, weight, score, capped, missing }) {
  const isAdjustment = indicator === "bonus" || indicator === "deduction";
  const note = missing ? t(`missing_${missing}`) : capped ? t("capped") : unitWords(unit);
  const said = (one) => (unit === "ratio" ? measured(one, unit, name) : figure(one));    // a unit of its own stands under the name
  const cell = (one, write = said) => isAdjustment
    ? el("td")
    : el("td", { class: known(one) ? undefined : "unknown", text: known(one) ? write(one) : t("unknown") });
  return el("tr", {},
    el("th", { scope: "row" }, el("span", { text: isAdjustment ? t(indicator) : pick(title) || fieldName(indicator ?? name) }),
      note ? el("small", { text: note }) : null),
    cell(value), known(base) || isAdjustment ? cell(base) : el("td", { text: "–" }), cell(weight, figure), scoreCell(score, weight));
}

function scoreCell(score, weight) {
  const cell = el("td", { class: known(score) ? "score" : "unknown" }, el("span", { text: known(score) ? aligned(score, 2) : t("unknown") }));
  if (known(score) && weight > 0) {
    const bar = el("i", { "aria-hidden": "true" });
    const full = weight > 1 ? weight : 100 * weight;
    bar.style.width = `${Math.min(100, Math.max(0, (100 * score) / full))}%`;
    cell.append(bar);
  }
  return cell;
}

function sources(origin, run, on) {
  return list([
    [t("source_file"), origin?.file, known(origin?.row) ? `${t("source_row")} ${origin.row}` : null],
    [t("source_batch"), known(origin?.batch) ? `#${origin.batch}` : null],
    [t("run"), `#${run}`, `${t("data_date")} ${on}`],
  ]);
}
