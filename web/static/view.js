// What the page was made with: the run, its legend, words and addresses. Read once, never changed.

function frozen(value) {
  if (value && typeof value === "object") Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

export const view = frozen(JSON.parse(document.getElementById("landgis-view").textContent));
