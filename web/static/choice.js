// What the reader has chosen to see; every part of the page listens, none keeps a copy.

const listeners = [];

export const choice = {
  park: "",             // park code; "" is all
  hidden: new Set(),    // answers that are not drawn
  tests: new Set(),     // tests whose suspected parcels are brought out
  selected: null,       // number of the parcel whose details are open
};

/** Be told when one of `names` changes. */
export function onChoice(names, listener) {
  listeners.push([new Set(names), listener]);
}

export function choose(change) {
  Object.assign(choice, change);
  const changed = Object.keys(change);
  for (const [names, listener] of listeners) if (changed.some((name) => names.has(name))) listener();
}

/** Give a set with one member put in or taken out. */
export function toggled(set, member) {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
