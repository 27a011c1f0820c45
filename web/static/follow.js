// A job as it goes: its events as the service sends them, from the first one on, however often the page is opened again.

import { fetched } from "landgis/session.js";

const STATES = ["queued", "running", "step", "stopping", "again", "done", "refused", "failed", "cancelled"];
const FINAL = new Set(["done", "refused", "failed", "cancelled"]);
const AGAIN_MS = 1000;

export const isOver = (state) => FINAL.has(state);

/**
 * Follow a job; `each` is told every event once, with its state, `lost` whether the connection is away, `gone` that there is nothing to
 * follow any more. Gives what ends it.
 */
export function follow(job, each, lost = () => {}, gone = () => {}) {
  const address = `/api/jobs/${job}`;
  let source = null;
  let seen = 0;
  let isEnded = false;

  function open() {
    if (isEnded) return;
    source = new EventSource(`${address}/events`);
    for (const state of STATES) {
      source.addEventListener(state, (event) => {
        lost(false);
        if (isOver(state)) source.close();
        if (Number(event.lastEventId) <= seen) return;    // a stream that was opened again tells it from the start
        seen = Number(event.lastEventId);
        each({ ...JSON.parse(event.data), state });
      });
    }
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) again();
      else lost(true);    // the browser tries again by itself
    });
  }

  /** A stream that was refused does not say why: the job itself does, behind another login where it takes one. */
  async function again() {
    const answer = await fetched(address).catch(() => null);
    if (isEnded) return;
    if (answer && !answer.ok && answer.status < 500) return gone();
    if (!answer?.ok) lost(true);
    setTimeout(answer?.ok ? open : again, AGAIN_MS);
  }

  open();
  return () => {
    isEnded = true;
    source.close();
  };
}
