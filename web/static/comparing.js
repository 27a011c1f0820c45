// Two days side by side: the run of the page to the right of a bar, another run to its left, and what moved between them.

import { choice, choose } from "landgis/choice.js";
import { cardHead } from "landgis/desk.js";
import { el } from "landgis/dom.js";
import { quote } from "landgis/filter.js";
import { paintOf, swatch } from "landgis/paint.js";
import { ask, said } from "landgis/source.js";
import { swipeOn } from "landgis/swipe.js";
import { aligned, currentLanguage, named, number, onLanguage, t } from "landgis/words.js";
import { view } from "landgis/view.js";

export function enableComparing(map, button, desk) {
  const swipe = swipeOn(map);
  let runs = null;
  let chosen = null;
  let moved = null;
  let failed = null;
  const tool = { name: "comparing", close };

  function close() {
    swipe.hide(tool);
    chosen = moved = failed = null;
    choose({ compare: "" });
    desk.hide(tool);
  }

  const json = async (address) => (await ask(address)).json();

  /** The other run's tiles as the service has them. */
  const tilesOf = (run) => async ({ x, y, z }) => {
    const answer = await ask(`/tiles/${run}/${z}/${x}/${y}.pbf`);
    return answer.status === 204 ? null : answer.arrayBuffer();
  };

  async function open() {
    failed = null;
    write();
    try {
      const parks = new Set(view.parks.map((park) => park.park_code));
      runs ??= (await json("/api/runs?limit=200")).filter((run) => run.run !== view.run && run.park_codes.some((code) => parks.has(code)));
      runs.sort((a, b) => (a.as_of < b.as_of ? -1 : a.as_of > b.as_of ? 1 : a.run - b.run));
    } catch (error) {
      failed = said(error);
    }
    if (!desk.isOpen(tool)) return;    // closed meanwhile, or another tool has the desk
    write();
    const named = runs?.findIndex((run) => String(run.run) === choice.compare) ?? -1;
    if (runs?.length && chosen === null) choosePlace(named >= 0 ? named : runs.length - 1);
  }

  async function choosePlace(at) {
    chosen = at;
    const { run } = runs[at];
    swipe.show(tool, {
      tile: tilesOf(run), paintOf: ({ properties }) => paintOf(properties.answer), maxNativeZoom: 19,
      left: `${runs[at].as_of} #${run}`, right: `${view.on} #${view.run}`,
    });
    choose({ compare: String(run) });
    write();
    try {
      const answer = await json(`/api/runs/${view.run}/moved?before=${run}`);
      if (runs[chosen]?.run !== run) return;    // another day was chosen meanwhile
      moved = answer;
      failed = null;
    } catch (error) {
      if (runs[chosen]?.run !== run) return;
      failed = said(error);
    }
    if (desk.isOpen(tool)) write();
  }

  function write() {
    const children = [cardHead("tool_comparing", t("tool_comparing"), close)];
    if (failed) children.push(el("p", { class: "wrong", role: "alert", text: failed }));
    if (runs && !runs.length) children.push(el("p", { class: "hint", text: t("compare_none") }));
    if (runs?.length) {
      const other = runs[chosen ?? runs.length - 1];
      const slider = el("input", { type: "range", id: "as-of", min: "0", max: String(runs.length - 1), step: "1", value: String(chosen ?? runs.length - 1), "aria-label": t("compare_day"), on: {
        change: (event) => { moved = null; choosePlace(Number(event.target.value)).then(() => document.getElementById("as-of")?.focus()); },
      } });
      slider.setAttribute("aria-valuetext", other.as_of);
      children.push(
        el("label", { class: "desk-field" }, el("span", { text: t("compare_day") }), slider),
        el("p", { class: "desk-days" }, el("span", {}, el("b", { text: other.as_of }), el("span", { class: "hint", text: ` ${t("run")} #${other.run} · ${t("compare_other_side")}` })),
          el("span", {}, el("b", { text: view.on }), el("span", { class: "hint", text: ` ${t("run")} #${view.run} · ${t("compare_this_side")}` }))),
        el("a", { class: "quiet", href: address(other.run), text: t("compare_open") }));
      if (moved) children.push(...table());
    }
    desk.show(tool, children);
  }

  function address(run) {
    const given = new URL(location.href);
    given.searchParams.set("run", run);
    return given.href;
  }

  /** What moved, the most land first; a row shows its parcels alone. */
  function table() {
    const sums = new Map();
    let same = 0;
    for (const move of moved.moves) {
      if (move.before === move.after) { same += move.parcels; continue; }
      const key = `${move.before} ${move.after}`;
      const sum = sums.get(key) ?? { ...move, parcels: 0, area_m2: 0, places: [] };
      sum.parcels += move.parcels;
      sum.area_m2 += move.area_m2;
      sum.places.push(move);
      sums.set(key, sum);
    }
    const rows = [...sums.values()].sort((a, b) => b.area_m2 - a.area_m2);
    const name = (answer) => (answer === null ? el("span", { class: "hint", text: t("compare_absent") })
      : el("span", { class: "desk-row" }, swatch(answer, 16, 11), el("span", { text: named("answer", answer) })));
    return [
      el("div", { class: "desk-head" }, el("span", { text: rows.length ? t("compare_moved") : t("compare_same", { n: number(same) }) }),
        el("span", { class: "exports" }, ...["csv", "xlsx", "json"].flatMap((kind) => [" ", twin(kind)]))),
      rows.length ? el("table", { class: "legend", id: "moved-runs" }, el("thead", {}, el("tr", {}, ...["compare_then", "compare_now", "parcels", "mu"].map((key) => el("th", { scope: "col", text: t(key) })))),
        el("tbody", {}, ...rows.map((row) => el("tr", {}, el("th", { scope: "row" }, name(row.before)), el("td", {}, name(row.after)),
          el("td", {}, row.after === null ? el("span", { text: number(row.parcels) })
            : el("button", { type: "button", class: "link", text: number(row.parcels), on: { click: () => choose({ filter: filterOf(row) }) } })),
          el("td", { text: aligned(row.area_m2 / view.units.m2PerMu, 1) })))))
        : null,
      rows.length ? el("p", { class: "hint", text: t("compare_same", { n: number(same) }) }) : null,
      rows.some(isCut) ? el("p", { class: "hint", id: "moved-cut", text: t("compare_cut") }) : null,
    ].filter(Boolean);
  }

  /** The same as a file, park by park; the JSON is what this table is made of. */
  function twin(kind) {
    const query = new URLSearchParams({ before: moved.before.run, ...(kind === "json" ? {} : { lang: currentLanguage() }) });
    const opened = kind === "json" ? { target: "_blank", rel: "noopener" } : {};
    return el("a", { href: `/api/runs/${view.run}/moved${kind === "json" ? "" : `.${kind}`}?${query}`, "data-kind": kind, ...opened, text: kind.toUpperCase(), "aria-label": t("compare_file", { kind: kind.toUpperCase() }) });
  }

  /** Whether a click shows fewer parcels than moved: the answer names so many of each park and no more. */
  const isCut = (row) => row.after !== null && row.places.some((move) => move.parcel_nos.length < move.parcels);

  const filterOf = (row) => row.places.map((place) =>
    `(park_code = ${quote(place.park_code)} AND parcel_no IN (${place.parcel_nos.map(quote).join(",")}))`).join(" OR ");

  button.addEventListener("click", () => (desk.isOpen(tool) ? close() : open()));
  onLanguage(() => { if (desk.isOpen(tool)) write(); });
  if (choice.compare) open();
}
