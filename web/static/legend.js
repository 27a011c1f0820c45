// The legend: parcels and area by answer for the chosen park; a row hides and shows its answer.

import { choice, choose, onChoice, toggled } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { paintOf, swatch } from "landgis/paint.js";
import { aligned, named, number, onLanguage, t } from "landgis/words.js";
import { view } from "landgis/view.js";

/** Parcels and m² of each answer in a park, or in all. */
export function totals(park) {
  const rows = new Map(Object.keys(view.paints).map((answer) => [answer, { parcels: 0, areaM2: 0 }]));
  for (const { park_code: code, answer, parcels, area_m2: areaM2 } of view.legend) {
    if (park && code !== park) continue;
    const row = rows.get(answer) ?? { parcels: 0, areaM2: 0 };
    rows.set(answer, { parcels: row.parcels + parcels, areaM2: row.areaM2 + areaM2 });
  }
  return rows;
}

export function showLegend(zoomTo) {
  const parks = byId("park");
  const rows = byId("legend-rows");

  function writeParks() {
    parks.replaceChildren(
      el("option", { value: "", text: t("park_all", { n: view.parks.length }) }),
      ...view.parks.map((park) => el("option", { value: park.park_code, text: park.name })));
    parks.value = choice.park;
  }

  function write() {
    const byAnswer = totals(choice.park);
    const all = [...byAnswer.values()];
    const areaM2 = all.reduce((sum, row) => sum + row.areaM2, 0);
    byId("share-bar").replaceChildren(...[...byAnswer].filter(([, row]) => row.areaM2 > 0).map(([answer, row]) => {
      const part = el("span", { title: `${named("answer", answer)} ${number((100 * row.areaM2) / areaM2, 1)}%` });
      part.style.flexGrow = String(row.areaM2 / areaM2);
      part.style.backgroundColor = choice.hidden.has(answer) ? "#e4e7e6" : paintOf(answer).fill;
      return part;
    }));
    rows.replaceChildren(...[...byAnswer].map(([answer, row]) => line(answer, row)));
    byId("legend-total").replaceChildren(
      el("td", { text: t("total") }), ...cells(all.reduce((sum, row) => sum + row.parcels, 0), areaM2));
  }

  function line(answer, { parcels, areaM2 }) {
    const shown = !choice.hidden.has(answer);
    const button = el("button", {
      type: "button", class: "legend-toggle", "aria-pressed": String(shown), "data-answer": answer,
      on: { click: () => {
        choose({ hidden: toggled(choice.hidden, answer) });
        rows.querySelector(`[data-answer="${CSS.escape(answer)}"]`).focus();
      } },
    }, swatch(answer), el("span", { text: named("answer", answer) }));
    return el("tr", { class: shown ? "" : "off" }, el("th", { scope: "row" }, button), ...cells(parcels, areaM2));
  }

  function cells(parcels, areaM2) {
    return [
      el("td", { text: number(parcels) }),
      el("td", { text: aligned(areaM2 / view.units.m2PerMu, 1) }),
      el("td", { text: aligned(areaM2 / view.units.m2PerHa, 2) }),
    ];
  }

  parks.addEventListener("change", () => {
    choose({ park: parks.value });
    const park = view.parks.find((one) => one.park_code === parks.value);
    zoomTo(park ? park.bbox : view.bounds);
  });
  onChoice(["park", "hidden"], write);
  onLanguage(() => { writeParks(); write(); });
  writeParks();
  write();
}
