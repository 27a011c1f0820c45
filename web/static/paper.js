// The sheet to scale: what is on the screen, on A4 or A3, as PDF or picture, drawn by the service.

import { choice } from "landgis/choice.js";
import { cardHead } from "landgis/desk.js";
import { el } from "landgis/dom.js";
import { ask, said } from "landgis/source.js";
import { currentLanguage, onLanguage, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const LINES = [["title", "paper_title", 120], ["secrecy", "paper_secrecy", 40], ["approval", "paper_approval", 60]];

export function enablePaper(map, button, desk) {
  const given = { paper: "a4", form: "pdf", title: "", secrecy: "", approval: "" };
  let failed = null;
  let isBusy = false;
  const tool = { name: "paper", close: () => desk.hide(tool) };

  function address() {
    const bounds = map.getBounds();
    const bbox = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((one) => one.toFixed(6)).join(",");
    const { form, ...rest } = given;
    const asked = Object.entries({ bbox, park: choice.park, filter: choice.filter, lang: currentLanguage(), ...rest }).filter(([, value]) => value);
    return `/api/runs/${view.run}/sheet.${form}?${new URLSearchParams(asked)}`;
  }

  async function fetchSheet(event) {
    event.preventDefault();
    failed = null;
    isBusy = true;
    write();
    try {
      const content = await (await ask(address())).blob();
      const link = el("a", { href: URL.createObjectURL(content), download: `landgis-run-${view.run}-${given.paper}.${given.form}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      failed = said(error);
    }
    isBusy = false;
    if (desk.isOpen(tool)) write();
  }

  const select = (name, key, options) => {
    const field = el("select", { on: { change: (event) => { given[name] = event.target.value; } } }, ...options.map(([value, text]) => el("option", { value, text })));
    field.value = given[name];
    return el("label", { class: "desk-field" }, el("span", { text: t(key) }), field);
  };

  function write() {
    desk.show(tool, [cardHead("tool_paper", t("tool_paper"), tool.close),
      failed ? el("p", { class: "wrong", role: "alert", text: failed }) : null,
      el("p", { class: "hint", text: t("paper_hint") }),
      el("form", { id: "paper-form", on: { submit: fetchSheet } },
        select("paper", "paper_size", [["a4", "A4"], ["a3", "A3"]]),
        select("form", "paper_form", [["pdf", "PDF"], ["png", "PNG"]]),
        ...LINES.map(([name, key, most]) => {
          const field = el("input", { type: "text", maxlength: String(most), on: { input: (event) => { given[name] = event.target.value; } } });
          field.value = given[name];
          return el("label", { class: "desk-field" }, el("span", { text: t(key) }), field);
        }),
        el("button", { type: "submit", class: "quiet", disabled: isBusy, text: t(isBusy ? "paper_drawing" : "paper_get") }))].filter(Boolean));
  }

  button.addEventListener("click", () => (desk.isOpen(tool) ? tool.close() : write()));
  onLanguage(() => { if (desk.isOpen(tool)) write(); });
}
