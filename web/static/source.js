// Where tiles, details and search results come from: our own host, or this very file.

import { fetched } from "landgis/session.js";
import { view } from "landgis/view.js";
import { currentLanguage, pick, t } from "landgis/words.js";

/** A refusal of the service, with its words where it sent any. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.what = problem?.what;
    this.mend = problem?.mend;
    this.why = problem?.why;
    this.at = problem?.at;
    this.since = problem?.since;
    this.id = problem?.request_id;    // what the administrator finds in the log
  }
}

/** What a refusal says in the reader's language, with the number under which the log knows it. */
export function said(error) {
  if (!(error instanceof Refusal)) return t("unanswered");
  const words = [error.what, error.why, error.mend].map(pick).filter(Boolean);
  return words.length ? [...words, error.id ? `(${error.id})` : ""].join(" ").trim() : t("answered_with", { status: error.status });
}

const filled = (address, values) => address.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));

const TRIES = 3;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Ask, or send something; a service that is too busy to answer is asked again, twice, a little later each time. Throws what it refuses. */
export async function ask(address, signal, sent = undefined, headers = {}, tried = 1) {
  const posted = sent === undefined ? {} : { method: "POST", body: JSON.stringify(sent), headers: { "Content-Type": "application/json", ...headers } };
  const answer = await fetched(address, { signal, ...posted });
  if (answer.ok) return answer;
  if (answer.status === 503 && sent === undefined && tried < TRIES) {    // what was sent may have been taken all the same
    await pause(700 * tried * (0.5 + Math.random()));
    return ask(address, signal, sent, headers, tried + 1);
  }
  const problem = await answer.json().catch(() => null);
  throw new Refusal(answer.status, { request_id: answer.headers.get("x-request-id") ?? undefined, ...problem });
}

/** The cases behind an address of the service: those of a parcel, a new one, and one more act. */
export const casesAt = (address) => ({
  cases: async (park, no) => (await ask(`${address}?${new URLSearchParams({ park, parcel_no: no })}`)).json(),
  /** The names of the accounts that may check in a park. */
  checkers: async (park) => (await ask(`${address}/checkers?${new URLSearchParams({ park })}`)).json(),
  openCase: async (given) => (await ask(address, undefined, given)).json(),
  /** Record an act after the last one seen; a refusal holds what others recorded `since`. */
  record: async (no, seen, given) => (await ask(`${address}/${no}/events`, undefined, given, { "If-Match": `"${seen}"` })).json(),
});

function served(tileAddress) {
  const { parcel, search, run, cases, jobs } = view.addresses;
  const json = async (path, signal, sent) => (await ask(`${run}/${path}`, signal, sent)).json();
  return {
    async tile({ z, x, y }, signal) {
      const answer = await ask(filled(tileAddress, { z, x, y }), signal);
      return answer.status === 204 ? null : answer.arrayBuffer();
    },
    async parcel(id, signal) {
      return (await ask(filled(parcel, { id }), signal)).json();
    },
    dossier: (id) => `${filled(parcel, { id })}/dossier.html?lang=${currentLanguage()}`,
    async changes(id, signal) {
      return (await (await ask(`${filled(parcel, { id })}/changes`, signal)).json()).items;
    },
    fields: () => json("fields"),
    columns: (names) => json(names ? `columns?${new URLSearchParams({ names: names.join(",") })}` : "columns"),
    /** Some parcels by number, row by row. */
    rows: async (ids, signal) => (await json(`parcels?${new URLSearchParams({ filter: `parcel_id IN (${ids.join(",")})`, limit: ids.length })}`, signal)).items,
    classes: (field, method, count = 5) => json(`classes?${new URLSearchParams({ field, method, count })}`),
    weights: () => json("weights"),
    ...casesAt(cases),
    /** Ask for the draws of a run's stability: the job that assesses the same once more, with them. */
    drawStability: async (given) => (await ask(`${jobs}/assess`, undefined, { ...given, draws: {} })).json(),
    scenarios: () => json("scenarios"),
    keep: (name, weights) => json("scenarios", undefined, { name, weights }),
    /** Where a filter's parcels are to be had: as a file, or as the table's page in JSON. */
    file: (kind, filter) => `${run}/ledger.${kind}?${new URLSearchParams({ ...(filter ? { filter } : {}), lang: currentLanguage() })}`,
    page: (filter, sort) => `${run}/parcels?${new URLSearchParams({ ...(filter ? { filter } : {}), sort, limit: 1000 })}`,
    async search(text, limit, signal) {
      const asked = new URLSearchParams({ q: text, limit });
      return (await (await ask(`${search}?${asked}`, signal)).json()).items;
    },
  };
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

function inside() {
  const packed = document.getElementById("landgis-pack").textContent;
  const stream = new Blob([bytes(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const opened = new Response(stream).json();
  return {
    async tile({ z, x, y }) {
      const found = (await opened).tiles[`${z}/${x}/${y}`];
      return found ? bytes(found).buffer : null;
    },
    async parcel(id) {
      const found = (await opened).details[id];
      if (!found) throw new Refusal(404, null);
      return found;
    },
    async search(text, limit) {
      const wanted = text.toLocaleLowerCase();
      const found = [];
      for (const [id, detail] of Object.entries((await opened).details)) {
        const { parcel, enterprises = [], triage, bbox } = detail;
        const names = [parcel.parcel_no, parcel.owner_name, ...enterprises.map((one) => one.name)].filter(Boolean);
        const hit = names.find((name) => name.toLocaleLowerCase().includes(wanted));
        if (!hit || !bbox) continue;
        const name = hit === parcel.parcel_no ? names[1] ?? "" : hit;
        found.push({ parcel_id: Number(id), parcel_no: parcel.parcel_no, park_code: parcel.park_code, name, answer: triage?.answer, bbox });
        if (found.length === limit) break;
      }
      return found;
    },
  };
}

export function openSource(tileAddress) {
  return tileAddress ? served(tileAddress) : inside();
}
