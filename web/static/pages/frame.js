// What every page beside the map has: the way to the others, the two languages, the dark side, and how the API is asked.

import { byId } from "landgis/dom.js";
import { dismiss, notify } from "landgis/notices.js";
import { linkPlaces } from "landgis/places.js";
import { fetched, showPerson } from "landgis/session.js";
import { view } from "landgis/view.js";
import { currentLanguage, onLanguage, setLanguage } from "landgis/words.js";

/** A refusal of the service, in its own words where it sent any. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** Ask the API; gives its JSON, or throws what it refused with. A connection that is away is a refusal without a status. */
export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetched(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, null);
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw new Refusal(answer.status, await answer.json().catch(() => null));
}

/** Say a refusal to the reader, with what to do and the number under which the log knows it; one of a kind stands at a time. */
export function tell(refusal, retry, kind = "refusal") {
  if (!(refusal instanceof Refusal)) throw refusal;
  const { status, problem } = refusal;
  if (!status) return notify(kind, { what: "unreachable", mend: "unreachable_mend", retry, tone: "error" });
  const words = (pair) => pair?.[currentLanguage()] ?? "";
  if (!problem?.what) return notify(kind, { what: "failed", mend: "failed_mend", values: { status }, retry, tone: "error" });
  notify(kind, {
    what: "as_told", mend: "as_mended", retry, tone: "error",
    values: {
      what: [words(problem.what), problem.at].filter(Boolean).join(" "),
      mend: [words(problem.why), words(problem.mend)].filter(Boolean).join(" "),
      id: problem.request_id ?? "",
    },
  });
}

export function told(kind = "refusal") {
  dismiss(kind);
}

/** Set an answer of the address without another page, so that the address is the view. */
export function remember(values) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "") address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  history.replaceState(history.state, "", address);
}

function theme() {
  const button = byId("theme");
  const show = () => button.setAttribute("aria-pressed", String(document.documentElement.dataset.theme === "dark"));
  button.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    placed();
    try { localStorage.setItem("landgis.theme", next); } catch { /* it holds for this page */ }
    show();
  });
  show();
}

function languages() {
  const buttons = [...document.querySelectorAll("[data-language]")];
  const press = () => buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.language === currentLanguage())));
  buttons.forEach((one) => one.addEventListener("click", () => setLanguage(one.dataset.language)));
  onLanguage(press);
}

window.addEventListener("offline", () => notify("offline", { what: "offline", mend: "offline_page_mend" }));
window.addEventListener("online", () => dismiss("offline"));
const placed = linkPlaces((name) => ({ theme: document.documentElement.dataset.theme === "dark" ? "dark" : "", run: name === "map" || name === "cockpit" ? view.run : "" }));
theme();
languages();
showPerson();
