// A job as it goes: its events as the service sends them, from the first one on, however often the page is opened again.

import { loggedInAgain } from "landgis/session.js";

const STATES = ["queued", "running", "step", "stopping", "again", "done", "refused", "failed", "cancelled"];
const FINAL = new Set(["done", "refused", "failed", "cancelled"]);

export const isOver = (state) => FINAL.has(state);

/** Follow a job; `each` is told every event once, with its state, `lost` whether the connection is away. Gives what ends it. */
export function follow(job, each, lost = () => {}) {
  let source = null;
  let seen = 0;
  let isEnded = false;
  const open = () => {
    source = new EventSource(`/api/jobs/${job}/events`);
    for (const state of STATES) {
      source.addEventListener(state, (event) => {
        lost(false);
        if (isOver(state)) source.close();
        if (Number(event.lastEventId) <= seen) return;    // after another login it is told from the start
        seen = Number(event.lastEventId);
        each({ ...JSON.parse(event.data), state });
      });
    }
    source.addEventListener("error", async () => {
      if (source.readyState !== EventSource.CLOSED) lost(true);
      else if (await loggedInAgain() && !isEnded) open();
    });
  };
  open();
  return () => {
    isEnded = true;
    source.close();
  };
}
