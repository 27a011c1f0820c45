// Plans on the map: sites, their parcels by deed, arrows for moves; pin and forbid, and plan again while the progress is told.

import { choice, choose as put, onChoice } from "landgis/choice.js";
import { showDemands } from "landgis/demands.js";
import { byId, el } from "landgis/dom.js";
import { follow } from "landgis/follow.js";
import { may } from "landgis/may.js";
import { compared, costs, lacking, money } from "landgis/plan-told.js";
import { ask as fetchAsked } from "landgis/source.js";
import { view } from "landgis/view.js";
import { currentLanguage, known, land, number, onLanguage, pick, t } from "landgis/words.js";

const RESERVE = { fill: "#8fb8c9", ink: "#2f5d70" };
const FACTORY = { fill: "#cc79a7", ink: "#6e2f50" };
const paints = () => ({ reserve: RESERVE, exit: view.paints.exit, swap: view.paints.swap, factory: FACTORY, upgrade: view.paints.upgrade });
const LIMIT_S = 120;

const ask = async (address, sent) => (await fetchAsked(address, undefined, sent)).json();

/** The changes that are marked and not yet planned: "pin" or "forbid" by kind and place. */
function noChanges() {
  return { parcels: new Map(), sites: new Map(), moves: new Map() };
}

/** Show plans in the side bar and in the group that Folium made for them; `isPlaced`: the address says where to look. */
export function showPlans(map, group, zoomTo, isPlaced) {
  const { plans: address, jobs } = view.addresses;
  const [choose, status, sum, key, sites, doing] = ["choose", "status", "sum", "key", "sites", "doing"].map((name) => byId(`plan-${name}`));
  const asked = byId("plan-asked");
  let heads = [];
  let shown = null;
  let changes = noChanges();
  let drawn = [];
  let outlines = null;
  let following = null;
  let note = "";
  let beside = null;    // what the plan is held against another one with
  const lacks = new Map();    // of demands that are not served, what the search for their site found, or how far it is

  async function load(wanted, isInSight = false) {
    try {
      heads = await ask(`${address}?${new URLSearchParams({ run: view.run, limit: 100 })}`);
      if (wanted) await open(wanted, isInSight);
      write();
    } catch (error) {
      refuse(error);
    }
  }

  async function open(plan, isInSight = false) {
    changes = noChanges();
    group.clearLayers();
    outlines = shown = beside = null;
    lacks.clear();
    put({ plan: "" });
    if (plan) {
      const [told, { features }] = await Promise.all([ask(`${address}/${plan}`), ask(`${address}/${plan}/features`)]);
      if (told.run === view.run) {
        shown = told;
        drawn = features;
        draw();
        if (!isInSight) bring(outlines.getBounds(), 16);
        put({ plan: String(plan) });
      } else note = t("plan_other_run", { plan, run: told.run });
    }
    write();
  }

  function draw() {
    const of = (kind) => drawn.filter((one) => one.properties.kind === kind);
    const members = L.geoJSON(of("member"), { style: ({ properties }) => {
      const paint = paints()[properties.deed];
      return { className: "plan-member", color: paint.ink, weight: 1.5, fillColor: paint.fill, fillOpacity: 0.6, dashArray: properties.deed === "reserve" ? "5 4" : null };
    } });
    members.on("click", (event) => {
      L.DomEvent.stop(event);
      offer(event.propagatedFrom.feature.properties, event.latlng);
    });
    outlines = L.geoJSON(of("site"), { interactive: false, style: { className: "plan-site", color: "#14212b", weight: outlineWidth(), fill: false } });
    group.addLayer(members).addLayer(outlines);
    for (const one of of("move")) group.addLayer(arrow(one));
  }

  /** A site of a whole city on one screen is a few pixels wide: its outline must leave something of it. */
  function outlineWidth() {
    return Math.min(Math.max(map.getZoom() - 11.5, 1), 4);
  }

  function bring(box, maxZoom) {
    if (box.isValid()) zoomTo([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], maxZoom);
  }

  function movesOf(one) {
    const freed = new Set(shown.members.filter((member) => member.site === one.site).map((member) => member.parcel_no));
    return shown.moved.filter((move) => move.park_code === one.park_code && freed.has(move.frees_parcel_no));
  }

  /** Bring a site into sight, with the ways of those who make room for it. */
  function bringSite(one) {
    const places = new Set(movesOf(one).map((move) => move.place));
    const itsOwn = ({ kind, site, place }) => (kind === "site" && site === one.site) || (kind === "move" && places.has(place));
    bring(L.geoJSON(drawn.filter(({ properties }) => itsOwn(properties))).getBounds(), 17);
  }

  /** Offer to pin or to forbid a parcel of the plan on the map itself. */
  function offer({ park_code: park, parcel_no: no, deed, area_m2: areaM2 }, at) {
    const marked = marks("parcels", `${park}/${no}`, { park_code: park, number: no }, no);
    const content = el("div", { class: "plan-popup" }, el("strong", { text: no }), el("span", { text: `${t(`plan_deed_${deed}`)} · ${land(areaM2)}` }), marked ?? "");
    const popup = L.popup(at, { content, closeButton: false, minWidth: 0 }).openOn(map);
    content.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      popup.remove();
      map.getContainer().focus({ preventScroll: true });
    });
    marked?.addEventListener("click", (event) => {    // after the mark was made: say so here, too
      event.stopPropagation();    // its button is replaced: Leaflet would take the click for one on the map
      const name = event.target.getAttribute("aria-label");
      offer({ park_code: park, parcel_no: no, deed, area_m2: areaM2 }, at).querySelector(`[aria-label="${CSS.escape(name)}"]`).focus();
    });
    return content;
  }

  /** A line from where a firm is to where it goes, with a head; a dot where it goes away. */
  function arrow({ geometry, properties }) {
    const { ink } = paints()[properties.deed];
    if (geometry.type === "Point") {
      const [lon, lat] = geometry.coordinates;
      return L.circleMarker([lat, lon], { className: "plan-away", radius: 5, color: ink, weight: 2, fillColor: "#fff", fillOpacity: 1 });
    }
    const ends = geometry.coordinates.map(([lon, lat]) => L.latLng(lat, lon));
    const [from, to] = ends.map((end) => map.project(end, 16));
    const head = el("span", { class: "plan-arrow" });
    head.style.borderLeftColor = ink;
    head.style.transform = `rotate(${Math.atan2(to.y - from.y, to.x - from.x)}rad)`;
    const line = L.polyline(ends, { className: "plan-move", color: ink, weight: 3, dashArray: "9 5", interactive: false });
    const icon = L.divIcon({ html: head, className: "plan-head", iconSize: [16, 16], iconAnchor: [8, 8] });
    return L.layerGroup([line, L.marker(ends[1], { icon, interactive: false, keyboard: false })]);
  }

  function write() {
    const options = heads.map((one) => el("option", { value: one.plan, text: t("plan_name", { plan: one.plan, served: one.demands_served, demands: one.demands })
      + (one.parent ? t("plan_child", { parent: one.parent }) : "") + (one.is_adopted ? t("plan_adopted") : "") }));
    choose.replaceChildren(el("option", { value: "", text: t("plan_none") }), ...options);
    choose.value = shown ? shown.plan : "";
    choose.hidden = !heads.length;
    status.textContent = note || (heads.length ? "" : t("plan_nothing"));
    byId("plan-part").classList.toggle("screen-only", !shown);    // a plan on the map is printed with its key
    sum.replaceChildren(...(shown ? summary() : []));
    writeActs();
    writeBeside();
    writeLeft();
    key.replaceChildren(...(shown ? legend() : []));
    sites.replaceChildren(...(shown ? shown.sites.map(site) : []));
    byId("plan-change").hidden = !Object.values(changes).some((marked) => marked.size) || Boolean(following);
    doing.hidden = !following;
    byId("plan-make").disabled = Boolean(following);
  }

  function writeActs() {
    byId("plan-acts").hidden = !shown;
    if (!shown) return;
    const adopt = byId("plan-adopt");
    adopt.hidden = !may("manager");
    const file = (kind, text) => el("a", { href: `${address}/${shown.plan}/plan.${kind}?lang=${currentLanguage()}`, download: true, text });
    byId("plan-files").replaceChildren(file("xlsx", "XLSX"), " ", file("gpkg", "GeoPackage"));
    adopt.textContent = t(shown.is_adopted ? "plan_withdraw" : "plan_adopt");
  }

  function writeBeside() {
    const select = byId("plan-beside");
    const others = shown ? heads.filter((one) => one.plan !== shown.plan) : [];
    select.hidden = !others.length;
    select.replaceChildren(el("option", { value: "", text: t("plan_beside_none") }), ...others.map(({ plan }) => el("option", { value: plan, text: t("plan_number", { plan }) })));
    select.value = beside?.scenarios.at(-1).plan ?? "";
    byId("plan-compared").replaceChildren(...(beside ? compared(beside) : []));
  }

  /** The projects without a site, each with its reason and the question what it lacks; and the parcels nobody can have. */
  function writeLeft() {
    const box = byId("plan-left");
    const isOpen = [...box.children].map((one) => one.open);
    const left = shown ? shown.demand_states.filter((one) => one.state !== "served") : [];
    const out = shown ? shown.left_out.reduce((sum, one) => sum + one.parcels, 0) : 0;
    box.replaceChildren(...[
      left.length ? el("details", {}, el("summary", { text: t("plan_unserved", { n: left.length }) }), el("ul", {}, ...left.map(unserved))) : null,
      out ? el("details", {}, el("summary", { text: t("plan_left_out", { n: number(out) }) }), el("ul", {}, ...shown.left_out.map((one) => el("li", {
        text: t("plan_left_row", { reason: pick(one.reason_title), n: number(one.parcels), area: land(one.area_m2) }) })))) : null,
    ].filter(Boolean));
    [...box.children].forEach((one, i) => { one.open = Boolean(isOpen[i]); });
  }

  function unserved(one) {
    const place = `${one.park_code}/${one.demand_no}`;
    const what = `${one.park_code} ${one.demand_no} ${one.name}`;
    const found = lacks.get(place);
    const canAsk = !found && may("manager") && ["no_site", "not_chosen"].includes(one.reason);
    return el("li", {},
      el("span", { text: what }), el("small", { class: "hint", text: ` ${pick(one.reason_title)} ` }),
      canAsk ? el("button", { type: "button", class: "quiet plan-mark", "aria-label": t("plan_lack_what", { what }), text: t("plan_lack"), on: { click: () => lookFor(one, place) } }) : null,
      found?.step ? el("small", { class: "hint", role: "status", text: found.step() }) : null,
      ...(found?.answer ? lacking(found.answer) : []));
  }

  /** Have the site of one demand looked for, which tells what it would have to give up. */
  async function lookFor(one, place) {
    const tell = (told) => {
      lacks.set(place, told);
      writeLeft();
    };
    const of = shown;
    tell({ step: () => t("plan_waiting") });
    try {
      const { job } = await ask(`${jobs}/site`, { demand: one.demand_no, park: one.park_code, run: of.run, rules: of.rules, level: of.asked.level, noted: of.asked.noted, alternatives: 0, time_limit_s: LIMIT_S });
      follow(job, ({ state, zh, en, detail }) => {
        if (shown !== of) return;
        if (state === "step") tell({ step: () => pick({ zh, en }) });
        else if (state === "done") tell({ answer: detail });
        else if (state === "refused") tell({ step: () => pick(detail.what) });
        else if (state === "failed" || state === "cancelled") tell({ step: () => t("plan_failed") });
      });
    } catch (error) {
      lacks.delete(place);
      refuse(error);
    }
  }

  function summary() {
    const { currency } = shown;
    const rows = [
      ["plan_served", t("plan_served_of", { served: shown.demands_served, demands: shown.demands })],
      ["plan_freed", land(shown.freed_m2)],
      ["plan_reserve", land(shown.reserve_m2)],
      ["plan_cost", costs(shown, currency)],
      ["plan_worth", money(shown.worth_wan, currency)],
      ["plan_tax", money(shown.tax_gained_wan, currency)],
      ["plan_jobs", t("plan_people", { n: number(shown.jobs_gained) })],
      ["plan_moves", number(shown.moves)],
      ["plan_break_even", shown.break_even_year ?? "–"],
      ["plan_gap", `${known(shown.gap) ? `${number(100 * shown.gap, 3)}%` : "–"} · ${t(shown.is_proved ? "plan_proved" : "plan_unproved")}`],
    ];
    const limits = shown.limits.map((one) => [pick(one.title), t("plan_limit", { used: number(one.used, 1), most: number(one.most, 1) })
      + (one.worth_per_unit ? t("plan_limit_more", { worth: number(one.worth_per_unit, 2) }) : "")]);
    const others = shown.parks.filter((code) => !view.parks.some((park) => park.park_code === code));
    return [
      others.length ? el("p", { class: "hint", id: "plan-whose", text: t("plan_whose", { parks: shown.parks.join(t("list_comma")) }) }) : null,
      el("dl", { class: "facts" }, ...[...rows.map(([word, value]) => [t(word), value]), ...limits].flatMap(([word, value]) => [el("dt", { text: word }), el("dd", { text: value })])),
    ].filter(Boolean);
  }

  function legend() {
    const used = new Set(shown.members.map((one) => one.deed));
    const rows = Object.entries(paints()).filter(([deed]) => used.has(deed)).map(([deed, paint]) => {
      const sample = el("i", { "aria-hidden": "true" });
      sample.style.background = paint.fill;
      sample.style.borderColor = paint.ink;
      return el("li", {}, sample, el("span", { text: t(`plan_deed_${deed}`) }));
    });
    return shown.moves ? [...rows, el("li", {}, el("i", { class: "plan-line", "aria-hidden": "true" }), el("span", { text: t("plan_moving") }))] : rows;
  }

  function site(one) {
    const members = shown.members.filter((member) => member.site === one.site);
    const title = t("plan_site", { no: one.demand_no, name: one.name ?? "" });
    return el("details", { class: "plan-one" },
      el("summary", { on: { click: ({ currentTarget }) => { if (!currentTarget.parentElement.open) bringSite(one); } } }, el("strong", { text: title }), el("small", { text: `${land(one.area_m2)} · ${t("plan_ready", { day: one.ready_on })}` })),
      el("p", { class: "plan-worth", text: `${t("plan_cost")} ${costs(one, shown.currency)} · ${t("plan_worth")} ${money(one.worth_wan, shown.currency)}` }),
      ...one.remark_titles.map((remark) => el("p", { class: "hint strong", text: pick(remark) })),
      marks("sites", one.site, one.site, title),
      el("ul", {}, ...members.map((member) => el("li", {},
        el("span", { text: `${member.parcel_no} · ${t(`plan_deed_${member.deed}`)} · ${land(member.area_m2)}` },
          el("small", { class: "hint", text: t("plan_member_cost", { cost: money(member.cost_wan, shown.currency), day: member.free_on }) })),
        marks("parcels", `${member.park_code}/${member.parcel_no}`, { park_code: member.park_code, number: member.parcel_no }, member.parcel_no)))),
      el("ul", {}, ...movesOf(one).map((move) => {
        const text = t("plan_move", { from: move.parcel_no, to: move.to_parcel_no ?? t("plan_away"), day: move.left_on });
        const paid = known(move.pay_wan) && Math.round(move.pay_wan) ? t(move.pay_wan < 0 ? "plan_pays" : "plan_gets", { n: money(Math.abs(move.pay_wan), shown.currency) }) : "";
        const told = [move.holder, `${t("plan_cost")} ${money(move.cost_wan, shown.currency)}`, paid].filter(Boolean).join(" · ");
        return el("li", {}, el("span", { text }, el("small", { class: "hint", text: told })), marks("moves", move.place, move.place, text));
      })));
  }

  /** Two buttons that mark something as pinned or forbidden, and take the mark away again. */
  function marks(kind, place, value, what) {
    if (!may("manager")) return null;
    const button = (act) => {
      const isOn = changes[kind].get(place)?.act === act;
      return el("button", { type: "button", class: "quiet plan-mark", "aria-pressed": String(isOn), "aria-label": t(`plan_${act}_what`, { what }), text: t(`plan_${act}`), on: { click: ({ target }) => {
        if (isOn) changes[kind].delete(place);
        else changes[kind].set(place, { act, value });
        const open = [...sites.children].map((one) => one.open);
        const name = target.getAttribute("aria-label");
        write();
        open.forEach((is, i) => { if (sites.children[i]) sites.children[i].open = is; });
        sites.querySelector(`[aria-label="${CSS.escape(name)}"]`)?.focus();
      } } });
    };
    return el("span", { class: "plan-marks" }, button("pin"), button("forbid"));
  }

  function altering(act) {
    const of = (kind) => [...changes[kind].values()].filter((one) => one.act === act).map((one) => one.value);
    return { parcels: of("parcels"), sites: of("sites"), moves: of("moves") };
  }

  async function plan(asked) {
    try {
      note = "";
      const job = await ask(`${jobs}/plan`, { time_limit_s: LIMIT_S, ...asked });
      following = { job: job.job, stop: follow(job.job, heard, undefined, () => end(t("plan_failed"))) };
      byId("plan-step").textContent = t("plan_waiting");
      write();
    } catch (error) {
      refuse(error);
    }
  }

  function heard({ state, zh, en, detail }) {
    if (state === "step") byId("plan-step").textContent = pick({ zh, en });
    else if (state === "done") end(t("plan_done", { plan: detail.plan }), detail.plan);
    else if (state === "refused") end(`${pick(detail.what)}${detail.at ? ` (${detail.at})` : ""}`);
    else if (state === "cancelled") end(t("plan_cancelled"));
    else if (state === "failed") end(t("plan_failed"));
  }

  function end(text, made) {
    following?.stop();
    following = null;
    note = text;
    if (made) load(made);
    else write();
  }

  function refuse(error) {
    note = [pick(error.what), error.at, pick(error.mend)].filter(Boolean).join(" ") || t("plan_failed");
    write();
  }

  /** Promise the parcels of the plan that is shown, or give them free. */
  async function adopt() {
    const { plan: number, is_adopted: isAdopted } = shown;
    if (!window.confirm(t(isAdopted ? "plan_withdraw_sure" : "plan_adopt_sure", { plan: number }))) return;
    try {
      const { promised, released } = await ask(`${address}/${number}/${isAdopted ? "withdraw" : "adopt"}`, {});
      note = t(isAdopted ? "plan_released" : "plan_promised", { plan: number, n: isAdopted ? released : promised });
      shown.is_adopted = !isAdopted;
      await load();
    } catch (error) {
      refuse(error);
    }
  }

  choose.addEventListener("change", () => { note = ""; open(Number(choose.value) || 0).catch(refuse); });
  byId("plan-adopt").addEventListener("click", adopt);
  byId("plan-beside").addEventListener("change", async ({ target }) => {
    const of = shown;
    try {
      const found = target.value ? await ask(`${address}/compare?plan=${of.plan}&plan=${target.value}`) : null;
      if (shown === of) beside = found;
      write();
    } catch (error) {
      refuse(error);
    }
  });
  byId("plan-make").addEventListener("click", ({ target }) => {
    asked.hidden = !asked.hidden;
    target.setAttribute("aria-expanded", String(!asked.hidden));
    if (!asked.hidden) asked.elements.budget_wan.focus();
  });
  asked.addEventListener("submit", (event) => {
    event.preventDefault();
    const { budget_wan: budget, staff_days: staff, level } = asked.elements;
    asked.hidden = true;
    byId("plan-make").setAttribute("aria-expanded", "false");
    const most = (input) => (input.value === "" ? null : Number(input.value));
    plan({ run: view.run, parks: choice.park ? [choice.park] : null, budget_wan: most(budget), staff_days: most(staff), level: level.value });
  });
  byId("plan-again").addEventListener("click", () => plan({ of: shown.plan, pin: altering("pin"), forbid: altering("forbid") }));
  byId("plan-forget").addEventListener("click", () => { changes = noChanges(); write(); });
  byId("plan-stop").addEventListener("click", () => { if (following) ask(`${jobs}/${following.job}/cancel`, {}).catch(refuse); });
  byId("plan-make").hidden = !may("manager");
  map.on("zoomend", () => outlines?.setStyle({ weight: outlineWidth() }));
  onChoice(["unit"], write);
  onLanguage(write);
  showDemands();
  write();
  load(Number(choice.plan) || 0, isPlaced);
}
