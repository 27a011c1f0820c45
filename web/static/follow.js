// A job as it goes: its events as the service sends them, from the first one on, however often the page is opened again.

const STATES = ["queued", "running", "step", "stopping", "again", "done", "refused", "failed", "cancelled"];
const FINAL = new Set(["done", "refused", "failed", "cancelled"]);

export const isOver = (state) => FINAL.has(state);

/** Follow a job; `each` is told every event with its state, `lost` whether the connection is away. Gives what ends it. */
export function follow(job, each, lost = () => {}) {
  const source = new EventSource(`/api/jobs/${job}/events`);
  for (const state of STATES) {
    source.addEventListener(state, (event) => {
      lost(false);
      if (isOver(state)) source.close();
      each({ ...JSON.parse(event.data), state });
    });
  }
  source.addEventListener("error", () => { if (source.readyState !== EventSource.CLOSED) lost(true); });
  return () => source.close();
}
