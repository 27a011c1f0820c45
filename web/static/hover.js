// The card at the pointer: number, answer, area and grade of the parcel under it; counts where squares stand for many.

import { choice } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { swatch } from "landgis/paint.js";
import { shownCount } from "landgis/parcel-tiles.js";
import { hectares, mu, named, number, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const OFFSET = 16;

export function followPointer(map, tiles) {
  const card = byId("hover-card");
  let asked = 0;

  map.on("mousemove", (event) => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      const found = map.measuring ? null : tiles.at(event.latlng);
      tiles.hover(found?.kind === "parcel" ? found.id : null);
      map.getContainer().classList.toggle("over-parcel", Boolean(found));
      if (!found) return hide();
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

function parcelLines({ properties, tests }) {
  const { no, answer, area_m2: area, grade, suspected } = properties;
  const count = suspected ?? tests.size;
  return [
    el("div", { class: "hover-title" }, el("strong", { text: no }), chip(answer)),
    el("dl", { class: "hover-facts" },
      el("dt", { text: t("area") }), el("dd", { text: mu(area) }),
      el("dt", { text: t("grade") }), el("dd", { text: grade ? `${grade} ${named("grade", grade)}` : t("not_graded") }),
      el("dt", { text: t("findings") }), el("dd", { text: count ? t("suspected_count", { n: count }) : t("suspected_none") })),
  ];
}

function cellLines(found) {
  const { properties } = found;
  const rows = Object.keys(view.paints).filter((answer) => properties[answer] && !choice.hidden.has(answer));
  return [
    el("div", { class: "hover-title" }, el("strong", { text: t("cell", { n: number(shownCount(found)) }) })),
    el("div", { class: "hover-area", text: `${mu(properties.area_m2)} · ${hectares(properties.area_m2)}` }),
    el("dl", { class: "hover-counts" }, ...rows.flatMap((answer) => [
      el("dt", {}, swatch(answer, 18, 12), el("span", { text: named("answer", answer) })),
      el("dd", { text: number(properties[answer]) }),
    ])),
    el("div", { class: "hint", text: t("cell_hint") }),
  ];
}

/** An answer as a small sign: its sample and its word. */
export function chip(answer) {
  return el("span", { class: "chip" }, swatch(answer, 16, 12), el("span", { text: named("answer", answer) }));
}
