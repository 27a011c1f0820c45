// How a job is told: its state as a tag, its steps as a list, its refusal in the service's own words, times in the reader's clock.

import { el } from "landgis/dom.js";
import { isOver } from "landgis/follow.js";
import { currentLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const TONES = { done: "good", refused: "bad", failed: "bad", cancelled: "", queued: "warn", again: "warn", stopping: "warn", running: "live" };

export function stateTag(state) {
  return el("span", { class: `tag ${TONES[state] ?? ""}`, "data-state": state, text: t(`state_${state}`) });
}

/** A moment in the reader's clock, to the minute; with seconds where steps are told. */
export function moment(text, seconds = false) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false };
  if (seconds) Object.assign(parts, { year: undefined, month: undefined, day: undefined, second: "2-digit" });
  return new Intl.DateTimeFormat(view.languageTags[currentLanguage()], parts).format(new Date(text));
}

/** How long something took, or has taken so far. */
export function lasted(from, to) {
  const s = Math.max(0, (new Date(to) - new Date(from)) / 1000);
  return s < 60 ? t("seconds", { n: s.toFixed(s < 10 ? 1 : 0) }) : t("minutes", { m: Math.floor(s / 60), s: Math.round(s % 60) });
}

/** The events of a job as a list, one line a step, the last one live while the job is. */
export function steps(events) {
  const live = events.length && !isOver(events.at(-1).state);
  return el("ol", { class: "job-steps" }, ...events.map((event, i) => el("li", { class: live && i === events.length - 1 ? "live" : "" },
    el("time", { datetime: event.at, text: moment(event.at, true) }),
    el("span", { text: event.zh ? pick(event) : t(`state_${event.state}`) }))));
}

/** A refusal or a fault: what, at, why, and how to mend it. */
export function refusal(detail) {
  if (!detail) return null;
  return el("dl", { class: "refusal" }, ...["what", "at", "why", "mend"].filter((part) => detail[part]).flatMap((part) => [
    el("dt", { text: t(`refusal_${part}`) }),
    el("dd", { text: typeof detail[part] === "string" ? detail[part] : pick(detail[part]) }),
  ]));
}
