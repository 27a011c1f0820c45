// What is said of a plan beside its sites: another plan held against it, and what a project lacks that it does not serve.

import { el } from "landgis/dom.js";
import { known, land, number, pick, t, unitWords } from "landgis/words.js";

/** Ten thousand of a plan's currency, in words. */
export function money(n, currency) {
  if (!known(n)) return t("unknown");
  return currency === "CNY" ? `${number(n)} ${unitWords("万元")}` : t("plan_money", { n: number(n), currency });
}

/** A cost with its low and high estimates, where both are known. */
export function costs({ cost_wan: mid, cost_low_wan: low, cost_high_wan: high }, currency) {
  return money(mid, currency) + (known(low) && known(high) && high > low ? t("plan_span", { low: number(low), high: number(high) }) : "");
}

/** Two plans side by side: their figures, at which costs the choice between them flips, and the parcels they use differently. */
export function compared({ scenarios, flips, parcels }) {
  const plans = scenarios.filter((one) => one.plan);
  const { currency } = plans[0];
  const rows = [
    ["plan_served", (one) => t("plan_served_of", { served: one.demands_served, demands: one.demands })],
    ["plan_freed", (one) => land(one.freed_m2)],
    ["plan_reserve", (one) => land(one.reserve_m2)],
    ["plan_cost", (one) => money(one.cost_wan, currency)],
    ["plan_worth", (one) => money(one.worth_wan, currency)],
    ["plan_tax", (one) => money(one.tax_gained_wan, currency)],
    ["plan_jobs", (one) => t("plan_people", { n: number(one.jobs_gained) })],
    ["plan_moves", (one) => number(one.moves)],
    ["plan_break_even", (one) => one.break_even_year ?? "–"],
  ];
  const flip = flips.find((one) => one.plans.every((plan) => plan));
  const says = !parcels.length ? "plan_same" : known(flip.flip_cost_factor) ? "plan_flips" : "plan_never_flips";
  const used = ({ demand }) => plans.map(({ plan }) => demand[plan] ?? "–").join(" / ");
  return [
    el("table", { class: "plan-table" },
      el("thead", {}, el("tr", {}, el("th", {}), ...plans.map(({ plan }) => el("th", { scope: "col", text: t("plan_number", { plan }) })))),
      el("tbody", {}, ...rows.map(([word, of]) => el("tr", {}, el("th", { scope: "row", text: t(word) }), ...plans.map((one) => el("td", { text: of(one) })))))),
    el("p", { class: "hint", text: t(says, { factor: number(flip.flip_cost_factor, 2), plan: flip.better_below }) }),
    parcels.length ? el("details", {}, el("summary", { text: t("plan_differs", { n: parcels.length }) }),
      el("ul", {}, ...parcels.map((one) => el("li", { text: `${one.park_code} ${one.parcel_no} · ${used(one)}` })))) : null,
  ].filter(Boolean);
}

/** What a project would have to give up, as the search for its site found: one row each, with the site that it then gets. */
export function lacking({ sites, relaxations, currency }) {
  const at = ({ park_code: park, parcels, area_m2: areaM2, cost_wan: cost }) => ({ parcels: `${park} ${parcels.join(t("list_comma"))}`, area: land(areaM2), cost: money(cost, currency) });
  if (sites.length) return [el("p", { class: "hint", text: t("plan_lack_site", at(sites[0])) })];
  if (!relaxations.length) return [el("p", { class: "hint", text: t("plan_lack_nothing") })];
  const value = (condition, what) => (condition.startsWith("area_") ? land(what) : typeof what === "number" ? number(what, 2) : Array.isArray(what) ? what.join(t("list_comma")) : String(what));
  const condition = (row) => row.conditions.map((name, i) => {
    const [asked, given] = [row.asked[i], row.given];
    const words = pick(row.condition_titles[i]);
    if (!known(asked)) return words;
    return words + (known(given) ? t("plan_lack_given", { asked: value(name, asked), given: value(name, given) }) : t("plan_lack_asked", { asked: value(name, asked) }));
  }).join(" + ");
  return [
    el("p", { class: "hint", text: t("plan_lack_any") }),
    el("ul", { class: "plan-lack" }, ...relaxations.map((row) => el("li", {}, el("span", { text: condition(row) }), el("small", { class: "hint", text: t("plan_lack_then", at(row)) })))),
  ];
}
