// The parts of an explanation: what was computed and from which cell, gates with their conditions, modes, scores, points, what is missing.

import { el } from "landgis/dom.js";
import { chip } from "landgis/hover.js";
import { cited, figure, isShare, known, named, number, percent, pick, t, unitWords } from "landgis/words.js";

/** A value with its unit, as people read it; null where it is unknown. */
export function measured(value, unit, measure) {
  if (!known(value)) return null;
  if (typeof value !== "number") return figure(value);
  if (measure?.endsWith("year")) return String(value);
  if (isShare(unit, measure)) return percent(value);
  return `${figure(value)} ${unitWords(unit)}`.trim();
}

/** Fold something away behind one line. */
export function fold(summary, ...content) {
  return el("details", {}, el("summary", { text: summary }), ...content);
}

/** Every computed fact with the cells of the files it came from. */
export function computed(facts) {
  if (!facts?.length) return null;
  return fold(t("facts_computed", { n: facts.length }), el("ul", { class: "traced" }, ...facts.map((fact) => {
    const value = pick(fact.said) || measured(fact.value, fact.unit, fact.name);
    const cells = fact.cells.filter((one) => known(one.value) || one.column === "geom");
    return el("li", {},
      el("span", { class: "traced-line" }, el("span", { text: pick(fact.title) }),
        el("b", { class: known(value) ? undefined : "unknown", text: value ?? t("unknown") })),
      cells.length ? fold(t("cells", { n: cells.length }), el("ul", { class: "cells" }, ...cells.map(cell))) : null);
  })));
}

function cell(one) {
  const place = [one.file, one.layer, known(one.row) && `${t("source_row")} ${one.row}`, known(one.field) && `[${one.field}]`,
    known(one.file_unit) && one.file_unit !== one.unit && unitWords(one.file_unit)];
  const value = pick(one.said) || (one.column === "geom" ? "" : measured(one.value, one.unit, one.column) ?? t("unknown"));
  return el("li", {}, el("span", { text: [pick(one.title), one.key, value].filter(known).join(" · ") }),
    el("small", { text: `#${one.batch} ${place.filter(Boolean).join(" · ")}` }));
}

/** All gates in order: the one that decided, those before it with their conditions, those never asked. */
export function gates(listed) {
  const decided = listed.filter((one) => one.decided);
  const open = listed.filter((one) => !one.decided && one.state === "unknown");
  const failed = listed.filter((one) => one.state === "not_met");
  const later = listed.filter((one) => one.state === "not_asked" || (!one.decided && one.state === "met"));
  return [
    ...decided.map((one) => gate(one, true)),
    ...open.map((one) => gate(one, true)),
    failed.length ? fold(t("gates_not_met", { n: failed.length }), ...failed.map((one) => gate(one, false))) : null,
    later.length ? fold(t("gates_not_asked", { n: later.length }), ...later.map((one) => gate(one, false))) : null,
  ];
}

function gate(one, open) {
  const state = one.decided ? "decided" : one.state;
  const conditions = [...one.all, ...one.any].filter((part) => part.is_asked);
  return el("article", { class: `gate ${state}` },
    el("header", {}, el("b", { text: one.gate }), el("strong", { text: pick(one.title) }),
      el("span", { class: `state-chip ${state}`, text: t(`state_${state}`) })),
    one.state === "not_asked" || !conditions.length ? null : el("ul", { class: "conditions" }, ...conditions.map(condition)),
    el("small", { text: [cited(one.article), named("answer", one.answer)].join(" · ") }));
}

function condition(one) {
  const value = pick(one.said) || measured(one.value, one.unit, one.measure);
  const against = measured(one.threshold, one.unit, one.measure);
  const sign = { met: "✓", not_met: "✗", unknown: "?" }[one.state];
  return el("li", { class: one.state, title: cited(one.article) },
    el("i", { text: sign, role: "img", "aria-label": t(`state_${one.state}`) }),
    el("span", { text: pick(one.title) }),
    el("span", {}, el("b", { class: known(value) ? undefined : "unknown", text: value ?? t("unknown") }),
      against ? el("small", { text: ` ${t("threshold")} ${against}` }) : null,
      one.noted ? el("small", { text: ` ${t("noted")}` }) : null));
}

/** The modes of disposal that are open, or may be once something is known. */
export function modes(listed) {
  if (!listed?.length) return null;
  return el("div", { class: "modes" }, el("h4", { text: t("modes") }), el("ul", {}, ...listed.map((one) =>
    el("li", { class: one.state, title: `${cited(one.article)} · ${named("confidence", one.confidence)}` },
      el("b", { text: one.mode }), el("span", { text: pick(one.title) }),
      el("small", { text: [pick(one.stat_title), one.state === "unknown" && t("mode_unknown")].filter(Boolean).join(" · ") })))));
}

export function scores(listed) {
  if (!listed?.length) return null;
  return el("div", { class: "scores" }, ...listed.map((one) => {
    const points = interval(one.low, one.high);
    const bar = el("i", { "aria-hidden": "true" });
    bar.style.marginLeft = `${100 * (one.low === one.high ? 0 : one.low ?? 0)}%`;
    bar.style.width = `${100 * (one.low === one.high ? one.low ?? 0 : (one.high ?? 0) - (one.low ?? 0))}%`;
    if (one.low !== one.high) bar.className = "open";
    return fold(`${pick(one.title)} ${points ?? t("unknown")}`, el("span", { class: "score-bar" }, bar),
      el("ul", { class: "conditions" }, ...one.parts.map((part) => el("li", { class: part.level === null ? "unknown" : part.level ? "met" : "not_met" },
        el("i", { text: part.level === null ? "?" : part.level ? "✓" : "✗" }), el("span", { text: pick(part.title) }),
        el("span", {}, el("b", { text: part.level === null ? t("unknown") : `${number(100 * part.level)}%` }), el("small", { text: ` × ${number(part.weight)}` }))))));
  }));
}

function interval(low, high) {
  if (!known(low) || !known(high)) return null;
  const [least, most] = [Math.round(100 * low), Math.round(100 * high)];
  return least === most ? number(least) : `${number(least)}–${number(most)}`;
}

/** What speaks for doing something, what against, and what is open. */
export function points(sides) {
  if (!sides) return null;
  return ["for", "against", "open"].map((side) => sides[side].length
    ? fold(t(`points_${side}`, { n: sides[side].length }), el("ul", { class: `points ${side}` }, ...sides[side].map((one) => {
      const value = pick(one.said) || measured(one.value, one.unit, one.measure);
      const against = measured(one.threshold, one.unit, one.measure);
      return el("li", {}, el("span", { text: pick(one.title) }),
        value ? el("small", { text: [[pick(one.measure_title), value].filter(Boolean).join(" "), against && `${t("threshold")} ${against}`].filter(Boolean).join(" · ") }) : null);
    })))
    : null);
}

/** What is missing and who should supply it; what decides stands first. */
export function missing(listed) {
  return el("ul", { class: "missing" }, ...listed.map((one) => el("li", { class: one.decides ? "decides" : undefined },
    el("span", { text: pick(one.title) }), el("b", { text: one.suppliers.map((who) => pick(who.title)).join(t("list_comma")) }),
    el("small", { text: [one.decides && t("decides"), one.wanted_by.map((what) => pick(what.title)).join(t("list_comma"))].filter(Boolean).join(" · ") }))));
}

/** The smallest changes that would alter the answer, each with the answer it would give. */
export function changes(listed) {
  if (!listed.length) return el("p", { class: "hint", text: t("changes_none") });
  return el("ul", { class: "changes" }, ...listed.map((one) => el("li", {}, el("span", { text: pick(one.title) }), chip(one.answer))));
}
