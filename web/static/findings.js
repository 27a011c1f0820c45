// Layers by finding: a box per test; ticked ones bring out the parcels they suspect, without another tile.

import { choice, choose, onChoice, toggled } from "landgis/choice.js";
import { byId, el } from "landgis/dom.js";
import { number, onLanguage, pick, rulesetTitle, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const count = (layer) => choice.park
  ? layer.suspected[choice.park] ?? 0
  : Object.values(layer.suspected).reduce((sum, n) => sum + n, 0);

/** The titles of the tests that are brought out. */
export function chosenTests() {
  return view.tests.filter((layer) => choice.tests.has(layer.test)).map((layer) => pick(layer.title));
}

export function showFindings(map, detailZoom) {
  const list = byId("finding-list");
  const clear = byId("findings-clear");

  function write() {
    list.replaceChildren(...(view.tests.length
      ? [...grouped()].map(([ruleset, layers]) => el("fieldset", {},
        el("legend", { text: rulesetTitle(ruleset) }), ...layers.map(line)))
      : [el("p", { class: "hint", text: t("findings_none") })]));
    state();
  }

  function grouped() {
    const groups = new Map();
    for (const layer of view.tests) groups.set(layer.ruleset, [...(groups.get(layer.ruleset) ?? []), layer]);
    return groups;
  }

  function line(layer) {
    const box = el("input", { type: "checkbox", value: layer.test, on: {
      change: () => choose({ tests: toggled(choice.tests, layer.test) }),
    } });
    box.checked = choice.tests.has(layer.test);
    const n = count(layer);
    return el("label", { class: n ? "finding" : "finding none" }, box,
      el("span", { class: "finding-name", text: pick(layer.title) }), el("span", { class: "count", text: number(n) }));
  }

  function state() {
    clear.hidden = !choice.tests.size;
    for (const box of list.querySelectorAll("input")) box.checked = choice.tests.has(box.value);
    byId("findings-zoom").hidden = !choice.tests.size || map.getZoom() >= detailZoom;
  }

  clear.addEventListener("click", () => {
    choose({ tests: new Set() });
    list.querySelector("input")?.focus();
  });
  onChoice(["tests"], state);
  onChoice(["park"], write);
  onLanguage(write);
  map.on("zoomend", state);
  write();
}

