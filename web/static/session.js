// Who is logged in. When the session ends the login comes to the page: what was under way waits for it, and goes on.

import { el } from "landgis/dom.js";
import { currentLanguage, t } from "landgis/words.js";

const SAME = { credentials: "same-origin" };
let person = Promise.resolve(null);
let asking = null;    // the login that is open, for all who wait for it

const current = () => fetch("/api/session", SAME);

/** Who is logged in: {account, shown_name, role, park_codes}, or null where no login is asked for; a promise. */
export const whoIsHere = () => person;

/** Fetch from our own service; where the session has ended, again after the login. */
export async function fetched(address, options = {}) {
  const answer = await fetch(address, { ...SAME, ...options });
  return answer.status === 401 && await login() ? fetch(address, { ...SAME, ...options }) : answer;
}

/** Ask for name and password on top of the page; gives whether the person is in again. */
export function login() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

async function ask() {
  const before = await person;
  const problem = el("div", { role: "alert" });
  const name = el("input", { type: "text", name: "name", required: true, maxlength: "64", autocomplete: "username", autocapitalize: "none", spellcheck: "false", value: before?.account ?? "" });
  const password = el("input", { type: "password", name: "password", required: true, maxlength: "1024", autocomplete: "current-password" });
  const send = el("button", { type: "submit", class: "quiet", "data-t": "login", text: t("login") });
  const form = el("form", { class: "login" },
    el("h2", { id: "session-title", "data-t": "session_over", text: t("session_over") }),
    el("p", { class: "hint", "data-t": "session_over_mend", text: t("session_over_mend") }),
    problem,
    el("label", {}, el("span", { "data-t": "login_name", text: t("login_name") }), name),
    el("label", {}, el("span", { "data-t": "login_password", text: t("login_password") }), password),
    el("p", { class: "line" },
      el("button", { type: "button", class: "quiet", "data-t": "session_later", text: t("session_later"), on: { click: () => dialog.close() } }), send));
  const dialog = el("dialog", { class: "asking", id: "session-over", "aria-labelledby": "session-title" }, form);
  dialog.addEventListener("keydown", (event) => event.stopPropagation());    // Escape closes this, and nothing behind it
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "in"); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      send.disabled = true;
      problem.replaceChildren(...await refusal(new URLSearchParams(new FormData(form))));
      send.disabled = false;
      if (problem.childElementCount) return password.select();
      const now = await current().then((answer) => answer.json()).catch(() => null);
      if (before && now?.account !== before.account) return location.reload();    // what is shown was another person's
      dialog.close("in");
    });
    document.body.append(dialog);
    dialog.showModal();
    (before ? password : name).focus();
  });
}

/** Send the form; gives what was refused, as elements, and none where it was taken. */
async function refusal(body) {
  const answer = await fetch("/login", { ...SAME, method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) return [];
  const told = await answer?.json().catch(() => null);
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const said = ["what", "mend"].map((part) => told?.[part]?.[language]).filter(Boolean);
  return [el("p", { class: "refused" }, el("strong", { text: said[0] ?? t("session_failed") }), said[1] && el("span", { text: said[1] }))];
}

/** Where the own password is changed, and from there back to the view as it is now. */
const passwordPage = () => `/password?${new URLSearchParams({ lang: currentLanguage(), next: location.pathname + location.search })}`;
const follow = ({ currentTarget }) => { currentTarget.href = passwordPage(); };

/** Show who is logged in beside the way to the other pages, with the way out. */
export function showPerson() {
  person = current().then((answer) => (answer.ok ? answer.json() : null), () => null).then((found) => (found?.account ? found : null));
  person.then((found) => {
    if (!found) return;
    document.querySelector(".places").after(el("form", { class: "person screen-only", method: "post", action: "/logout" },
      el("span", { id: "person", title: found.account, text: found.shown_name }),
      el("a", { id: "change-password", href: passwordPage(), "data-t": "change_password", text: t("change_password"), on: { focus: follow, pointerdown: follow } }),
      el("button", { type: "submit", class: "quiet", "data-t": "logout", text: t("logout") })));
  });
}
