// What opens below the map: the table, the weights. Its height is the reader's; the map keeps the rest.

import { choice, choose, onChoice } from "landgis/choice.js";
import { byId } from "landgis/dom.js";

const LEAST = 140;
const STEP = 40;

export function showDock(map) {
  const dock = byId("dock");
  const grip = byId("dock-grip");
  const tabs = [...dock.querySelectorAll("[data-dock]")];

  function write() {
    const isOpen = Boolean(choice.dock);
    document.body.classList.toggle("dock-open", isOpen);
    for (const tab of tabs) {
      const isOn = tab.dataset.dock === choice.dock;
      tab.setAttribute("aria-expanded", String(isOn));
      byId(`dock-${tab.dataset.dock}`).hidden = !isOn;
    }
    grip.hidden = !isOpen;
    map.invalidateSize({ animate: false });    // the middle stays the middle
  }

  function resize(height) {
    const room = dock.parentElement.clientHeight;
    const kept = Math.round(Math.max(LEAST, Math.min(height, room - 160)));
    document.body.style.setProperty("--dock", `${kept}px`);
    grip.setAttribute("aria-valuenow", String(kept));
    map.invalidateSize({ animate: false });    // the middle stays the middle
  }

  for (const tab of tabs) tab.addEventListener("click", () => choose({ dock: choice.dock === tab.dataset.dock ? "" : tab.dataset.dock }));
  grip.addEventListener("pointerdown", (event) => {
    grip.setPointerCapture(event.pointerId);
    const bottom = dock.getBoundingClientRect().bottom;
    const drag = ({ clientY }) => resize(bottom - clientY);
    grip.addEventListener("pointermove", drag);
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", drag), { once: true });    // let go, or taken away
  });
  grip.addEventListener("keydown", (event) => {
    const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    resize(dock.offsetHeight + by);
  });
  onChoice(["dock"], write);
  write();
}
