// What the reader has chosen to see; every part of the page listens, none keeps a copy. address.js writes all of it into the address.

const listeners = [];

export const choice = {
  park: "",                                  // park code; "" is all
  colour: "answer",                          // the field that colours the map
  method: "quantile",                        // how a number is cut into classes
  hidden: new Set(),                         // classes of the colour that are not drawn
  tests: new Set(),                          // tests whose suspected parcels are brought out
  filter: "",                                // CQL2 text
  selected: null,                            // number of the parcel whose details are open
  picked: new Set(),                         // numbers of the parcels that are ticked
  sort: "-area_m2",                          // the table's order: a field, "-" before it: downwards
  dock: "",                                  // what is open below the map: "", "table", "weights"
  area: "",                                  // the area that is looked at, as text; "": none
  plan: "",                                  // number of the plan that is drawn; "": none
  compare: "",                               // the run to the left of the bar; "": none
  left: "",                                  // what the scenario on the map is held against: "official", a kept one's number; "": nothing
  weights: null,                             // weights on trial: population -> measure -> share; null: the official ones
  unit: "mu",                                // of areas: "mu", "ha", "m2"
  crs: "",                                   // coordinates of the pointer: "" degrees, "plane" the zone of the place
  theme: "",                                 // "light", "dark"; "": as the system has it
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
