// What went wrong or is missing, in words, with what the reader can do; one notice of a kind at a time.

import { byId, el, icon } from "landgis/dom.js";
import { label, onLanguage, t } from "landgis/words.js";

const shown = new Map();

/** Show a notice: its words by key, the values in them, and what "try again" does. */
export function notify(kind, { what, mend, values = {}, retry, tone = "warning" }) {
  shown.set(kind, { what, mend, values, retry, tone });
  write();
}

/** Say that something was refused, what to do next, and the number under which the service's log knows it. */
export function refuse(kind, what, error, retry) {
  const { status } = error ?? {};
  const key = status === 401 || status === 403 ? "signed_out" : status === 429 ? "too_many" : what;
  const mend = status >= 500 ? "server_failed_mend" : { signed_out: "signed_out_mend", too_many: "too_many_mend" }[key] ?? "try_again_mend";
  notify(kind, { what: key, mend, values: { id: error?.id ?? "–" }, retry, tone: "error" });
}

export function dismiss(kind) {
  if (shown.delete(kind)) write();
}

function write() {
  byId("notices").replaceChildren(...[...shown].map(([kind, notice]) => {
    const close = el("button", { type: "button", class: "notice-close", on: { click: () => dismiss(kind) } }, icon("close"));
    label(close, "close");
    return el("div", { class: `notice ${notice.tone}`, "data-kind": kind },
      el("div", { class: "notice-text" },
        el("strong", { text: t(notice.what, notice.values) }),
        notice.mend ? el("span", { text: t(notice.mend, notice.values) }) : null),
      notice.retry
        ? el("button", { type: "button", class: "quiet", text: t("retry"), on: { click: () => { dismiss(kind); notice.retry(); } } })
        : null,
      close);
  }));
}

onLanguage(write);
