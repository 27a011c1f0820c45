// The card at the pointer: number, answer, area and grade of the parcel under it; counts where squares stand for many.

import { choice } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { swatch } from "landgis/paint.js";
import { colour } from "landgis/colour.js";
import { classOfShape, countsOf, shownCount } from "landgis/parcel-tiles.js";
import { isDrawing } from "landgis/pencil.js";
import { sheet, valueAt, want } from "landgis/sheet.js";
import { fieldName, known, land, named, number, t } from "landgis/words.js";

const OFFSET = 16;

export function followPointer(map, tiles) {
  const card = byId("hover-card");
  let asked = 0;
  let isScored = false;    // whether the scores were asked for: by the first parcel under the pointer

  map.on("mousemove", (event) => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      const found = isDrawing() ? null : tiles.at(event.latlng);
      tiles.hover(found?.kind === "parcel" ? found.id : null);
      map.getContainer().classList.toggle("over-parcel", Boolean(found));
      if (!found) return hide();
      if (sheet.isReady && !isScored) {
        isScored = true;
        want(["total"]).catch(() => {});    // the card tells the rest
      }
      card.replaceChildren(...(found.kind === "parcel" ? parcelLines(found) : cellLines(found)));
      card.hidden = false;
      place(event.containerPoint, map.getSize());
    });
  });
  map.on("mouseout movestart zoomstart", () => {
    cancelAnimationFrame(asked);
    tiles.hover(null);
    hide();
  });

  function hide() {
    card.hidden = true;
  }

  function place(point, size) {
    const { offsetWidth: width, offsetHeight: height } = card;
    const left = point.x + OFFSET + width > size.x ? point.x - OFFSET - width : point.x + OFFSET;
    const top = point.y + OFFSET + height > size.y ? point.y - OFFSET - height : point.y + OFFSET;
    card.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;
  }
}

function parcelLines(shape) {
  const { properties, tests } = shape;
  const { no, answer, area_m2: area, grade, suspected } = properties;
  const count = suspected ?? tests.size;
  const total = shape.row < 0 ? null : valueAt("total", shape.row);
  return [
    el("div", { class: "hover-title" }, el("strong", { text: no }), chip(answer)),
    el("dl", { class: "hover-facts" },
      el("dt", { text: t("area") }), el("dd", { text: land(area) }),
      ...(colour.field === "answer" || colour.field === "grade" ? [] : [
        el("dt", { text: fieldName(colour.field) }), el("dd", { text: classOfShape(shape)?.say() ?? t("unknown") })]),
      el("dt", { text: t("grade") }), el("dd", { text: grade ? `${grade} ${named("grade", grade)}` : t("not_graded") }),
      ...(known(total) ? [el("dt", { text: t("score_total") }), el("dd", { text: number(total, 2) })] : []),
      el("dt", { text: t("findings") }), el("dd", { text: count ? t("suspected_count", { n: count }) : t("suspected_none") })),
  ];
}

function cellLines(found) {
  const counts = countsOf(found);
  const rows = counts.map((one, i) => ({ ...one, ...colour.classes[i] })).filter(({ key, parcels }) => parcels && !choice.hidden.has(key));
  const areaM2 = counts.reduce((sum, one) => sum + one.areaM2, 0) || found.properties.area_m2;
  return [
    el("div", { class: "hover-title" }, el("strong", { text: t("cell", { n: number(shownCount(found)) }) })),
    el("div", { class: "hover-area", text: land(areaM2) }),
    el("dl", { class: "hover-counts" }, ...rows.flatMap(({ paint, say, parcels }) => [
      el("dt", {}, swatch(paint, 18, 12), el("span", { text: say() })),
      el("dd", { text: number(parcels) }),
    ])),
    el("div", { class: "hint", text: t("cell_hint") }),
  ];
}

/** An answer as a small sign: its sample and its word. */
export function chip(answer) {
  return el("span", { class: "chip" }, swatch(answer, 16, 12), el("span", { text: named("answer", answer) }));
}

/** A class of the map's colour as such a sign. */
export function tag(one) {
  return el("span", { class: "chip" }, swatch(one?.paint, 16, 12), el("span", { text: one?.say() ?? t("unknown") }));
}
