// Search by parcel number or enterprise: a combo box that works by keyboard alone.

import { byId, el } from "landgis/dom.js";
import { chip } from "landgis/hover.js";
import { onLanguage, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const WAIT_MS = 160;
const LIMIT = 20;

/** The park of a find, where there is more than one: parcel numbers are unique only inside a park. */
function parkName(code) {
  return view.parks.length > 1 ? view.parks.find((park) => park.park_code === code)?.name ?? code : "";
}

export function enableSearch(source, open) {
  const input = byId("search");
  const list = byId("search-list");
  const status = byId("search-status");
  const clear = byId("search-clear");
  let items = [];
  let active = -1;
  let waiting = 0;
  let request = new AbortController();
  let isStale = false;     // what is listed answers an earlier text
  let isAwaited = false;   // Enter was pressed before the answer came

  if (!view.hasDetails) {
    input.disabled = true;
    say("search_unavailable");
    onLanguage(() => say("search_unavailable"));
    return;
  }

  function say(key, values) {
    status.textContent = key ? t(key, values) : "";
    status.classList.toggle("in-sight", Boolean(key) && key !== "search_found");
  }

  async function find() {
    const text = input.value.trim();
    clear.hidden = !input.value;
    request.abort();
    if (!text) return close();
    request = new AbortController();
    try {
      const { signal } = request;
      const found = await source.search(text, LIMIT, signal);
      if (signal.aborted) return;
      show(found);
      if (isAwaited && found.length) return take(0);
      isAwaited = false;
      if (found.length) say("search_found", { n: found.length });
      else say("search_none", { text });
    } catch (error) {
      if (error.name === "AbortError") return;
      isAwaited = false;
      show([]);
      say("search_failed");
    }
  }

  function show(found) {
    items = found;
    isStale = false;
    list.replaceChildren(...found.map((item, i) => el("li", {
      id: `search-${i}`, role: "option", "aria-selected": "false",
      on: { click: () => take(i), mousemove: () => point(i) },
    },
    el("span", { class: "found-no", text: item.parcel_no }),
    el("span", { class: "found-name", text: [item.name, parkName(item.park_code)].filter(Boolean).join(" · ") }),
    item.answer ? chip(item.answer) : null)));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    point(found.length ? 0 : -1);
  }

  function point(i) {
    active = i;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === i)));
    const option = list.children[i];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function take(i) {
    const item = items[i];
    isAwaited = false;
    if (!item) return;
    close();
    open(item);
  }

  function close() {
    show([]);
    say("");
  }

  input.addEventListener("input", () => {
    isStale = true;
    isAwaited = false;
    clearTimeout(waiting);
    waiting = setTimeout(find, WAIT_MS);
  });
  input.addEventListener("focus", () => { if (input.value && !items.length && !isStale) find(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;    // the Enter that ends a Chinese word is not ours
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!items.length || isStale) return;
      event.preventDefault();
      point((active + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (isStale && input.value.trim()) isAwaited = true;
      else take(active);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (items.length) close();
      else clearText();
    }
  });
  clear.addEventListener("click", () => { clearText(); input.focus(); });
  document.addEventListener("click", (event) => { if (!byId("search-box").contains(event.target)) close(); });
  onLanguage(() => { if (items.length) show(items); say(""); });

  function clearText() {
    input.value = "";
    clear.hidden = true;
    close();
  }
}
