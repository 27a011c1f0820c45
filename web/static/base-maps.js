// Base maps by setting, and none. One that cannot be reached says so and leaves the parcels alone.

import { byId, el } from "landgis/dom.js";
import { dismiss, notify } from "landgis/notices.js";
import { onLanguage, pick, t } from "landgis/words.js";
import { view } from "landgis/view.js";

export function showBaseMaps(map) {
  const pane = map.createPane("base");
  pane.style.zIndex = 100;
  let shown = [];
  let chosen = view.addresses && view.baseMaps.length ? 0 : -1;    // a file on its own asks nobody until told to

  function show(i) {
    shown.forEach((layer) => layer.remove());
    dismiss("base");
    chosen = i;
    const setting = view.baseMaps[i];
    shown = setting ? setting.urls.map((url) => layer(url, setting)) : [];
    shown.forEach((one) => one.addTo(map));
    map.getContainer().classList.toggle("has-base", Boolean(setting));
    byId("attribution").textContent = setting?.attribution ?? "";
  }

  function layer(url, setting) {
    const tiles = L.tileLayer(url, {
      pane: "base", maxNativeZoom: setting.max_zoom, maxZoom: view.maxZoom, subdomains: setting.subdomains || "a",
      referrerPolicy: "no-referrer",
    });
    let came = 0;
    let failed = 0;
    tiles.on("tileload", () => { came += 1; });
    tiles.on("tileerror", () => {
      failed += 1;
      if (came || failed !== 3) return;
      notify("base", { what: "base_failed", mend: "base_failed_mend", values: { name: pick(setting.name) }, retry: () => show(chosen) });
    });
    return tiles;
  }

  function write() {
    const names = [...view.baseMaps.map((one) => pick(one.name)), t("base_none")];
    byId("base-list").replaceChildren(...names.map((name, at) => {
      const i = at < view.baseMaps.length ? at : -1;
      const radio = el("input", { type: "radio", name: "base", value: String(i), on: { change: () => show(i) } });
      radio.checked = i === chosen;
      return el("label", { class: "base" }, radio, el("span", { text: name }));
    }));
  }

  onLanguage(write);
  write();
  show(chosen);
}
