// The parks one sees: to choose among, and named beside what is of several.

import { el } from "landgis/dom.js";
import { t } from "landgis/words.js";
import { view } from "landgis/view.js";

/** The choices of a list of parks, all of them first. */
export const parkOptions = () => [
  el("option", { value: "", text: t("parks_all") }),
  ...view.parks.map((park) => el("option", { value: park.park_code, text: park.name })),
];

/** Some parks by their codes; `*` is all. */
export const parksSaid = (codes) => (codes[0] === "*" ? t("parks_all") : codes.join(t("list_comma")));
