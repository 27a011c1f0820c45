// The buttons at the map's edge: zoom, full extent, full screen; and scale and coordinates at its foot.

import { choice, choose, onChoice } from "landgis/choice.js";
import { byId } from "landgis/dom.js";
import { planeOf } from "landgis/plane.js";
import { currentLanguage, label, onLanguage, setLanguage, t } from "landgis/words.js";
import { view } from "landgis/view.js";

export function enableTools(map, zoomTo) {
  byId("tool-zoom-in").addEventListener("click", () => map.zoomIn());
  byId("tool-zoom-out").addEventListener("click", () => map.zoomOut());
  byId("tool-home").addEventListener("click", () => zoomTo(view.bounds));
  const limits = () => {
    byId("tool-zoom-in").disabled = map.getZoom() >= map.getMaxZoom();
    byId("tool-zoom-out").disabled = map.getZoom() <= map.getMinZoom();
  };
  map.on("zoomend", limits);
  limits();

  const full = byId("tool-fullscreen");
  if (!document.fullscreenEnabled) full.hidden = true;
  full.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  });
  document.addEventListener("fullscreenchange", () => {
    label(full, document.fullscreenElement ? "fullscreen_exit" : "fullscreen");
    full.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
  });

  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  const coordinates = byId("coordinates");
  const tell = ({ latlng }) => {
    const plane = choice.crs === "plane" ? planeOf(latlng) : null;
    coordinates.textContent = plane
      ? t("coordinates_plane", { zone: plane.zone, epsg: plane.epsg, x: plane.x.toFixed(1), y: plane.y.toFixed(1) })
      : t("coordinates", { lon: latlng.lng.toFixed(5), lat: latlng.lat.toFixed(5) });
  };
  const tellMiddle = () => {
    coordinates.title = t("coordinates_switch");
    tell({ latlng: map.getCenter() });
  };
  map.on("mousemove", tell);
  map.whenReady(tellMiddle);
  coordinates.addEventListener("click", () => choose({ crs: choice.crs ? "" : "plane" }));
  onChoice(["crs"], tellMiddle);
  onLanguage(tellMiddle);

  const unit = byId("unit");
  unit.value = choice.unit;
  unit.addEventListener("change", () => choose({ unit: unit.value }));
  onChoice(["unit"], () => { unit.value = choice.unit; });
  const theme = byId("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const dress = () => {
    const isDark = choice.theme ? choice.theme === "dark" : dark.matches;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    label(theme, isDark ? "theme_light" : "theme_dark");
  };
  theme.addEventListener("click", () => choose({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" }));
  dark.addEventListener("change", () => choose({ theme: choice.theme }));
  onChoice(["theme"], dress);
  dress();

  const sidebar = byId("sidebar");
  const handle = byId("sidebar-handle");
  handle.addEventListener("click", () => {
    const open = sidebar.classList.toggle("open");
    handle.setAttribute("aria-expanded", String(open));
  });

  const languages = [...document.querySelectorAll("[data-language]")];
  const press = () => languages.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.language === currentLanguage())));
  languages.forEach((one) => one.addEventListener("click", () => setLanguage(one.dataset.language)));
  onLanguage(press);
}
