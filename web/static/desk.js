// What a planner does on the map with pencil, ruler and paper: draw or paste an area, compare two days, print a sheet to scale.
// Only a served map has it: all of it is asked of the service.

import { enableArea } from "landgis/area.js";
import { enableComparing } from "landgis/comparing.js";
import { el, icon } from "landgis/dom.js";
import { enablePaper } from "landgis/paper.js";
import { view } from "landgis/view.js";
import { label } from "landgis/words.js";

/** Put a group of buttons among the map's tools and enliven them. */
export function enableDesk(map) {
  if (!view.addresses) return;
  const buttons = Object.fromEntries([["area", "tool_area"], ["comparing", "tool_comparing"], ["paper", "tool_paper"]].map(([name, key]) => {
    const button = el("button", { type: "button", id: `tool-${name}`, class: "icon-button", "aria-pressed": "false" }, icon(name));
    label(button, key);
    return [name, button];
  }));
  document.querySelector(".tools").append(el("div", { class: "tool-group" }, ...Object.values(buttons)));
  const card = el("section", { id: "desk-card", class: "card", hidden: true });
  document.getElementById("stage").append(card);
  let open = null;

  /** Show a tool's card, one at a time; `close` takes away what it drew. */
  function show(tool, children) {
    if (open && open !== tool) open.close();
    open = tool;
    card.hidden = false;
    card.dataset.tool = tool.name;
    card.replaceChildren(...children);
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === tool.name));
  }

  function hide(tool) {
    if (open !== tool) return;
    open = null;
    card.hidden = true;
    card.replaceChildren();
    for (const button of Object.values(buttons)) button.setAttribute("aria-pressed", "false");
    buttons[tool.name].focus();
  }

  const desk = { show, hide, isOpen: (tool) => open === tool };
  enableArea(map, buttons.area, desk);
  enableComparing(map, buttons.comparing, desk);
  enablePaper(map, buttons.paper, desk);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open && !event.target.matches?.("#search, #why *")) open.close();
  });
}

/** The head of a card: what it is, and the way to close it. */
export function cardHead(key, text, close) {
  const button = el("button", { type: "button", class: "notice-close", on: { click: close } }, icon("close"));
  label(button, "close");
  return el("header", {}, el("strong", { "data-t": key, text }), button);
}
