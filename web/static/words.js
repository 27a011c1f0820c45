// The page's two languages: texts by key, words that come as {zh, en}, and numbers with their units.

import { choice } from "landgis/choice.js";
import { view } from "landgis/view.js";

let language = view.language;
const listeners = [];

/** A text by key with its values filled in; {s} is the s of an English word of which there are {n}. */
export function t(key, values = {}) {
  const filled = { s: String(values.n) === "1" ? "" : "s", ...values };
  return view.words[key][language].replace(/\{(\w+)\}/g, (_, name) => String(filled[name]));
}

/** Choose the language of a {zh, en} pair, with a capital where English starts; a missing pair is an empty text. */
export function pick(words) {
  const text = words?.[language] ?? words?.zh ?? words?.en ?? "";
  return language === "en" ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** Name a code of a domain; a code nobody described is shown as it is. */
export function named(domain, code) {
  return pick(view.codes[domain][code]) || String(code ?? "");
}

/** Where a threshold comes from: a law in its own words; of a proposal of ours in the other language only that it is one. */
export function cited(article) {
  return article?.startsWith(view.ownProposal[language === "en" ? "zh" : "en"]) ? pick(view.ownProposal) : article;
}

export function currentLanguage() {
  return language;
}

export function onLanguage(listener) {
  listeners.push(listener);
}

export function setLanguage(next) {
  if (next === language || !view.languageTags[next]) return;
  language = next;
  translate();
  if (location.protocol.startsWith("http")) {
    const address = new URL(location.href);
    address.searchParams.set("lang", next);
    history.replaceState(history.state, "", address);
  }
  listeners.forEach((listener) => listener());
}

/** Write every element that carries a key in its language. */
function translate() {
  document.documentElement.lang = view.languageTags[language];
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) label(element, element.dataset.tLabel);
  for (const element of document.querySelectorAll("[data-t-placeholder]")) {
    element.placeholder = t(element.dataset.tPlaceholder);
  }
}

/** Name a control by key, for the eye on hover and for a screen reader. */
export function label(element, key) {
  element.dataset.tLabel = key;
  element.setAttribute("aria-label", t(key));
  if (element.tagName === "BUTTON") element.title = t(key);
}

const formats = new Map();

/** How numbers of so many decimals are written: made once, for to make it takes longer than to write a hundred numbers. */
function format(least, most) {
  const key = `${language} ${least} ${most}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(view.languageTags[language], { minimumFractionDigits: least, maximumFractionDigits: most }));
  return formats.get(key);
}

/** A number with at most so many decimals; what is not known is said, never shown as zero. */
export function number(value, decimals = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return t("unknown");
  return format(0, decimals).format(value);
}

/** A number with exactly so many decimals, for columns. */
export function aligned(value, decimals) {
  return format(decimals, decimals).format(value);
}

/** A measured value: enough figures to be compared with a threshold, no more. */
export function figure(value) {
  if (typeof value !== "number") return value === true ? t("yes") : value === false ? t("no") : String(value);
  const size = Math.abs(value);
  return number(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4);
}

/** Ratios that people read as numbers; all others are shares and read as per cent. */
const RATIOS = new Set(["far", "plan_far_min", "plan_far_max", "agreed_far_min"]);

/** Whether a figure is a share, read as per cent; what lies between two of them is read as percentage points. */
export const isShare = (unit, measure) => unit === "ratio" && !RATIOS.has(measure);

export const percent = (share, decimals = 1) => `${number(100 * share, decimals)}%`;

const UNITS = {
  d: "unit_d", month: "unit_month", year: "unit_year", count: "unit_count", 万元: "unit_wan", 元: "unit_yuan", 亩: "unit_mu",
  人: "unit_head", currency: "unit_currency", "m²": "m2", tce: "unit_tce", t: "unit_t",
};

/** A unit of the rules in words; a plain share has none, and a unit nobody described is shown as it is. */
export function unitWords(unit) {
  if (!unit || unit === "ratio" || unit === "score") return "";
  return unit.split("/").map((part) => (UNITS[part] ? t(UNITS[part]) : part)).join("/");
}

/** Name a column, a measure or a table; a name nobody described is shown as it is. */
export function fieldName(name) {
  return pick(view.names[name]) || String(name);
}

/** What a ruleset is called; its code where the page does not know it. */
export function rulesetTitle(code) {
  return pick(view.titles?.[code]) || code;
}

export function mu(areaM2) {
  if (!known(areaM2)) return t("unknown");
  const value = areaM2 / view.units.m2PerMu;
  return t("mu_value", { n: number(value, value < 100 ? 2 : 1) });
}

export function hectares(areaM2) {
  if (!known(areaM2)) return t("unknown");
  return t("ha_value", { n: number(areaM2 / view.units.m2PerHa, 2) });
}

/** An area in the unit the reader has chosen. */
export function land(areaM2) {
  return { mu, ha: hectares, m2: squareMetres }[choice.unit](areaM2);
}

/** How many m² the chosen unit is. */
export const unitM2 = () => ({ mu: view.units.m2PerMu, ha: view.units.m2PerHa, m2: 1 }[choice.unit]);

/** A column of areas in the chosen unit, without its name. */
export function landColumn(areaM2) {
  return known(areaM2) ? aligned(areaM2 / unitM2(), { mu: 1, ha: 2, m2: 0 }[choice.unit]) : t("unknown");
}

export function squareMetres(areaM2) {
  if (!known(areaM2)) return t("unknown");
  return t("m2_value", { n: number(areaM2) });
}

export function metres(length) {
  return length < 2000 ? t("m_value", { n: number(length, 1) }) : t("km_value", { n: number(length / 1000, 3) });
}

export function known(value) {
  return value !== null && value !== undefined && value !== "";
}
