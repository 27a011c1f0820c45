// How steady a rank is: the band in which it stands when weights and figures move. It is drawn by a job, when somebody asks for it.

import { choice } from "landgis/choice.js";
import { el } from "landgis/dom.js";
import { follow, isOver } from "landgis/follow.js";
import { may } from "landgis/may.js";
import { place } from "landgis/places.js";
import { readFields, sheet } from "landgis/sheet.js";
import { pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

const listeners = [];
let job = null;    // what the job said last; null: it was not asked for

export const isDrawn = () => Boolean(sheet.fields.rank_spread);

/** Be told how far the drawing is, and when it is done. */
export function onDrawing(listener) {
  listeners.push(listener);
}

function tell(next) {
  job = next;
  listeners.forEach((listener) => listener());
}

async function draw(source) {
  tell({ state: "queued" });
  try {
    const asked = await source.drawStability({ on: view.on, parks: view.parks.map((park) => park.park_code), rules: view.rulesets });
    follow(asked.job, async (event) => {
      if (event.state === "done" && event.detail.run === view.run) await readFields();
      tell(event);
    });
  } catch (error) {
    tell({ state: "refused", detail: error });
  }
}

/** Say that the bands are not drawn, with the button that has them drawn and how far that is; nothing where they are, or nobody can. */
export function drawing(source) {
  if (isDrawn() || !sheet.isReady || !source.drawStability || !may("manager")) return null;
  const isBusy = job && !isOver(job.state);
  const button = el("button", { type: "button", class: "quiet", text: t("draw"), title: t("draw_hint"), disabled: Boolean(isBusy), on: { click: () => draw(source) } });
  return el("span", { class: "drawing" }, button, said());
}

function said() {
  if (!job) return null;
  if (job.state === "done" && job.detail.run !== view.run) {    // the stock has changed since: the draws belong to another run
    return el("a", { href: place("/map", { run: job.detail.run, theme: choice.theme }), text: t("draw_elsewhere", { run: job.detail.run }) });
  }
  const words = { running: "draw_runs", step: "draw_runs", done: "draw_nothing", cancelled: "draw_cancelled", failed: "draw_failed" }[job.state] ?? "draw_waits";
  const refused = job.state === "refused" ? [pick(job.detail?.what) || t("draw_failed"), pick(job.detail?.mend)].filter(Boolean).join(" ") : null;
  return el("small", { class: "hint", role: "status", text: refused ?? (job.state === "step" ? pick(job) : t(words)) });
}
