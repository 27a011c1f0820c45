// The legend: by which field the map is coloured, parcels and area of each class as park and filter show them; a row hides its class.

import { choice, choose, onChoice, toggled } from "landgis/choice.js";
import { colour, onColour } from "landgis/colour.js";
import { byId, el } from "landgis/dom.js";
import { swatch } from "landgis/paint.js";
import { onFields, onSheet, sheet } from "landgis/sheet.js";
import { onShown, shown, totals } from "landgis/shown.js";
import { landColumn, number, onLanguage, pick, t, unitWords } from "landgis/words.js";
import { view } from "landgis/view.js";

const FIRST = ["answer", "grade", "idle_state", "urgency"];
const NEVER = new Set(["parcel_id", "parcel_no", "tests", "owner_name", "enterprises", "uscc", "location", "search_text", "place"]);

/** Parcels and m² of each answer as the page was made with them, before the rows are here. */
function made() {
  return Object.keys(view.paints).map((answer) => view.legend
    .filter((row) => row.answer === answer && (!choice.park || row.park_code === choice.park))
    .reduce((sum, row) => ({ parcels: sum.parcels + row.parcels, areaM2: sum.areaM2 + row.area_m2 }), { parcels: 0, areaM2: 0 }));
}

export function showLegend(zoomTo) {
  const parks = byId("park");
  const fields = byId("colour");
  const methods = byId("method");
  const rows = byId("legend-rows");

  function writeParks() {
    parks.replaceChildren(
      el("option", { value: "", text: t("park_all", { n: view.parks.length }) }),
      ...view.parks.map((park) => el("option", { value: park.park_code, text: park.name })));
    parks.value = choice.park;
  }

  function writeFields() {
    const known = Object.values(sheet.fields).filter((field) => !NEVER.has(field.name) && field.kind !== "place");
    const option = ({ name, title, unit }) => el("option", { value: name, text: `${pick(title)}${unitWords(unit) ? t("in_unit", { unit: unitWords(unit) }) : ""}` });
    const group = (key, list) => (list.length ? el("optgroup", { label: t(key) }, ...list.map(option)) : null);
    const first = known.filter((field) => FIRST.includes(field.name));
    const rest = known.filter((field) => !FIRST.includes(field.name));
    fields.replaceChildren(...(known.length
      ? [group("colour_classes", [...first, ...rest.filter((field) => field.kind === "text")]),
        group("colour_numbers", rest.filter((field) => field.kind === "number"))].filter(Boolean)
      : [el("option", { value: "answer", text: t("answers") })]));
    fields.value = choice.colour;
    fields.disabled = !known.length;
    methods.replaceChildren(...["quantile", "jenks", "equal"].map((one) => el("option", { value: one, text: t(`method_${one}`) })));
    state();
  }

  function state() {
    fields.value = choice.colour;
    methods.value = choice.method;
    methods.hidden = sheet.fields[choice.colour]?.kind !== "number";
  }

  function write() {
    const counts = colour.of && sheet.isReady ? totals() : made();
    const parcels = counts.reduce((sum, row) => sum + row.parcels, 0);
    const areaM2 = counts.reduce((sum, row) => sum + row.areaM2, 0);
    byId("share-bar").replaceChildren(...colour.classes.flatMap(({ key, paint, say }, i) => {
      if (!(counts[i].areaM2 > 0)) return [];
      const part = el("span", { title: `${say()} ${number((100 * counts[i].areaM2) / areaM2, 1)}%`, class: choice.hidden.has(key) ? "off" : undefined });
      part.style.flexGrow = String(counts[i].areaM2 / areaM2);
      part.style.backgroundColor = choice.hidden.has(key) ? "" : paint.fill;
      return [part];
    }));
    const focused = document.activeElement?.dataset?.class;
    rows.replaceChildren(...colour.classes.map((one, i) => line(one, counts[i])));
    if (focused) rows.querySelector(`[data-class="${CSS.escape(focused)}"]`)?.focus();
    byId("legend-total").replaceChildren(el("td", { text: t(shown.mask ? "total_shown" : "total") }), ...cells(parcels, areaM2));
    byId("legend-trial").hidden = !colour.isTrial;
  }

  function line({ key, paint, say }, { parcels, areaM2 }) {
    const isOn = !choice.hidden.has(key);
    const button = el("button", {
      type: "button", class: "legend-toggle", "aria-pressed": String(isOn), "data-class": key, "data-answer": colour.field === "answer" ? key : undefined,
      on: { click: () => choose({ hidden: toggled(choice.hidden, key) }) },
    }, swatch(paint), el("span", { text: say() }));
    return el("tr", { class: [isOn ? "" : "off", parcels ? "" : "none"].join(" ").trim() || undefined },
      el("th", { scope: "row" }, button), ...cells(parcels, areaM2));
  }

  function cells(parcels, areaM2) {
    return [el("td", { text: number(parcels) }), el("td", { text: landColumn(areaM2) })];
  }

  parks.addEventListener("change", () => {
    choose({ park: parks.value });
    const park = view.parks.find((one) => one.park_code === parks.value);
    zoomTo(park ? park.bbox : view.bounds);
  });
  fields.addEventListener("change", () => choose({ colour: fields.value, hidden: new Set() }));
  methods.addEventListener("change", () => choose({ method: methods.value, hidden: new Set() }));
  onChoice(["colour", "method"], state);
  onChoice(["hidden", "unit"], write);
  onChoice(["park"], () => { parks.value = choice.park; write(); });
  onColour(write);
  onShown(write);
  onSheet(() => { writeFields(); write(); });
  onFields(writeFields);
  onLanguage(() => { writeParks(); writeFields(); write(); });
  writeParks();
  writeFields();
  write();
}
