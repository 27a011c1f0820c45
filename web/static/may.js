// What the account's role may do: the page offers nothing else. Whether it may is decided by the service, each time it is asked.

import { el } from "landgis/dom.js";
import { t } from "landgis/words.js";
import { view } from "landgis/view.js";

/** Whether one of these roles is the reader's; everybody may everything where no login is asked for. */
export const may = (...roles) => !view.role || roles.includes(view.role);

/** Why something is not offered here: a line that stands in its place. */
export const takesManager = () => el("p", { class: "hint takes-role", "data-t": "takes_manager", text: t("takes_manager") });
