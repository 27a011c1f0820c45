// The way from page to page: one list for all, in the language that is read.

import { currentLanguage, onLanguage } from "landgis/words.js";

/** The address of a page, in the language that is read. */
export function place(path, values = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...values, lang: currentLanguage() })) {
    if (value !== null && value !== undefined && value !== "") asked.set(name, value);
  }
  return `${path}?${asked}`;
}

/** Keep the links to the other pages in the page's language; `values` gives what else they carry, such as the run. */
export function linkPlaces(values = () => ({})) {
  const write = () => {
    for (const link of document.querySelectorAll("[data-place]")) link.href = place(`/${link.dataset.place}`, values(link.dataset.place));
  };
  onLanguage(write);
  write();
  return write;
}
