// The projects that need land: listed, changed and added where plans are asked for. What the form does not ask a changed project keeps.

import { choice, onChoice } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { may } from "landgis/may.js";
import { ask, said as refused } from "landgis/source.js";
import { known, land, number, onLanguage, pick, t, unitM2 } from "landgis/words.js";
import { view } from "landgis/view.js";

/** What the form asks: our column, the kind of its input, and whether it must be given. Areas are asked in the unit that is read. */
const ASKED = [
  ["demand_no", "text", true], ["name", "text", true], ["area_min_m2", "number", true], ["area_max_m2", "number"], ["width_min_m", "number"],
  ["tax_wan", "number"], ["jobs", "number"], ["priority", "number"], ["ready_by", "date"],
];
const isArea = (name) => name.endsWith("_m2");

/** Show the projects in their fold; they are asked for when it is first opened. */
export function showDemands() {
  const address = view.addresses.demands;
  const fold = byId("demands");
  let demands = null;
  let changed = null;    // the project the form changes; null: it adds one
  let said = "";

  async function load() {
    try {
      demands = await (await ask(address)).json();
    } catch (error) {
      said = refused(error);
    }
    write();
  }

  function row(one) {
    const areas = [one.area_min_m2, one.area_max_m2].filter(known).map(land).join(" – ") || t("unknown");
    const asks = [areas, known(one.tax_wan) ? t("demand_tax", { n: number(one.tax_wan) }) : null, known(one.ready_by ?? one.start_on) ? t("demand_by", { day: one.ready_by ?? one.start_on }) : null];
    const what = `${one.park_code} ${one.demand_no} ${one.name}`;
    return el("li", {}, el("span", { text: what }, el("small", { class: "hint", text: asks.filter(Boolean).join(" · ") })),
      may("manager") ? el("button", { type: "button", class: "quiet plan-mark", "aria-label": t("demand_change_what", { what }), text: t("demand_change"), on: { click: () => { changed = one; said = ""; write(); fold.querySelector("[name=area_min_m2]").focus(); } } }) : null);
  }

  function field([name, type, isNeeded]) {
    const input = el("input", { type, name, required: isNeeded, step: type === "number" ? "any" : null, min: type === "number" ? 0 : null, maxlength: type === "text" ? 100 : null, readonly: changed && name === "demand_no" });
    const value = changed?.[name];
    input.defaultValue = known(value) ? (isArea(name) ? Number((value / unitM2()).toFixed(4)) : value) : "";
    return el("label", {}, el("span", { text: t(`demand_${name}`) + (isArea(name) ? t("in_unit", { unit: t(choice.unit) }) : "") }), input);
  }

  function form() {
    const park = el("select", { name: "park_code", disabled: Boolean(changed) }, ...view.parks.map((one) => el("option", { value: one.park_code, text: one.name })));
    park.value = changed?.park_code ?? (choice.park || view.parks[0].park_code);
    return el("form", { id: "demand-form", on: { submit: send } },
      el("strong", { text: changed ? t("demand_change_what", { what: changed.demand_no }) : t("demand_add") }),
      el("label", {}, el("span", { text: t("park") }), park), ...ASKED.map(field),
      el("p", {}, el("button", { type: "submit", class: "primary", text: t("demand_keep") }), " ",
        changed ? el("button", { type: "button", class: "quiet", text: t("demand_leave"), on: { click: () => { changed = null; write(); } } }) : null));
  }

  async function send(event) {
    event.preventDefault();
    const { elements } = event.target;
    const sent = { ...changed, park_code: elements.park_code.value };
    for (const [name, type] of ASKED) {
      if (elements[name].value === elements[name].defaultValue) continue;    // an area that went through mu and back would be another
      const value = elements[name].value.trim();
      sent[name] = value === "" ? null : type === "number" ? Number(value) * (isArea(name) ? unitM2() : 1) : value;
    }
    let done = null;
    try {
      done = await (await ask(address, undefined, [sent])).json();
      said = [done.refused ? "" : t(done.stored ? "demand_kept" : "demand_same", { no: sent.demand_no }), ...done.issues.map(pick)].filter(Boolean).join(" ");
    } catch (error) {
      said = refused(error);
    }
    byId("demands-status").textContent = said;
    if (!done || done.refused) return;    // what was typed stays
    changed = null;
    await load();
  }

  function write() {
    byId("demands-sum").textContent = demands ? t("demands_count", { n: demands.length }) : t("demands_title");
    byId("demands-status").textContent = said;
    const shown = (demands ?? []).filter((one) => !choice.park || one.park_code === choice.park);
    byId("demands-list").replaceChildren(...shown.map(row));
    byId("demands-form").replaceChildren(...(demands && may("manager") ? [form()] : []));
  }

  fold.addEventListener("toggle", () => { if (fold.open && !demands) load(); });
  onChoice(["park", "unit"], write);
  onLanguage(write);
  write();
}
