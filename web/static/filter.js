// The filter of parcels, read and judged in the browser: the same part of CQL2 text that landgis/terms/filters.py reads for the
// service and the files. Both are held to tests/filter/cases.json.

export const MOST = { signs: 8000, deep: 20, tests: 200, listed: 500, corners: 1000 };

const TOKEN = /[ \t\r\n]*(?:([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)(?![A-Za-z_0-9.])|('(?:[^']|'')*')|"([A-Za-z_][A-Za-z_0-9.]*)"|([A-Za-z_][A-Za-z_0-9.]*)|(<=|>=|<>|[=<>(),]))/y;
const KEYS = new Set(["AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "CASEI", "S_INTERSECTS", "POLYGON", "BBOX"]);
const SIGNS = new Set(["=", "<>", "<", "<=", ">", ">="]);

const NO = 0;
const YES = 1;
const UNKNOWN = 2;

/** Why a text is no filter: where it goes wrong (from 1 on), and a key of the page's words with its values. */
export class FilterError extends Error {
  constructor(at, key, values = {}) {
    super(`${key} at ${at}`);
    Object.assign(this, { at, key, values });
  }
}

/** Read a filter; `fields` maps a name to {kind: "number" | "text" | "place"}. */
export function readFilter(text, fields) {
  if (text.length > MOST.signs) throw new FilterError(1, "filter_long", { n: MOST.signs });
  let at = 0;
  let token = null;
  let tests = 0;
  let corners = 0;

  const wrong = (key, values) => new FilterError([...text.slice(0, token.start)].length + 1, key, values);

  function next() {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) {
      const rest = text.slice(at);
      token = { kind: "end", value: "", start: at + rest.length - rest.replace(/^[ \t\r\n]+/, "").length };
      if (token.start < text.length) throw wrong("filter_unreadable");
      return;
    }
    const [whole, number, quoted, name, word, sign] = found;
    at += whole.length;
    const start = at - whole.trimStart().length;
    if (number !== undefined) token = { kind: "number", value: Number(number), start };
    else if (quoted !== undefined) token = { kind: "text", value: quoted.slice(1, -1).replaceAll("''", "'"), start };
    else if (name !== undefined) token = { kind: "word", value: name, start };
    else if (word !== undefined && KEYS.has(word.toUpperCase())) token = { kind: "key", value: word.toUpperCase(), start };
    else if (word !== undefined) token = { kind: "word", value: word, start };
    else token = { kind: "sign", value: sign, start };
    if (token.kind === "text" && token.value.includes("\0")) throw wrong("filter_unreadable");
  }

  function take(value) {
    if ((token.kind !== "key" && token.kind !== "sign") || token.value !== value) return false;
    next();
    return true;
  }

  function expect(value) {
    if (!take(value)) throw wrong("filter_expected", { what: value });
  }

  function or(depth) {
    const parts = [and(depth)];
    while (take("OR")) parts.push(and(depth));
    return parts.length === 1 ? parts[0] : { is: "or", parts };
  }

  function and(depth) {
    const parts = [not(depth)];
    while (take("AND")) parts.push(not(depth));
    return parts.length === 1 ? parts[0] : { is: "and", parts };
  }

  function not(depth) {
    if (depth > MOST.deep) throw wrong("filter_deep", { n: MOST.deep });
    if (take("NOT")) return { is: "not", part: not(depth + 1) };
    if (take("(")) {
      const found = or(depth + 1);
      expect(")");
      return found;
    }
    return test();
  }

  function test() {
    tests += 1;
    if (tests > MOST.tests) throw wrong("filter_wide", { n: MOST.tests });
    if (take("S_INTERSECTS")) return inside();
    const caseless = take("CASEI");
    if (caseless) expect("(");
    const field = fieldName();
    if (caseless) {
      textual(field);
      expect(")");
    }
    if (fields[field].kind === "place") throw wrong("filter_expected", { what: "S_INTERSECTS" });
    if (!caseless && take("IS")) {
      const negated = take("NOT");
      expect("NULL");
      const unknown = { is: "unknown", field };
      return negated ? { is: "not", part: unknown } : unknown;
    }
    if (token.kind === "sign" && SIGNS.has(token.value)) {
      const sign = token.value;
      next();
      return { is: "compare", field, sign, value: literal(field, caseless), caseless };
    }
    const negated = take("NOT");
    const found = longer(field, caseless);
    return negated ? { is: "not", part: found } : found;
  }

  function longer(field, caseless) {
    if (take("IN")) {
      expect("(");
      const values = [literal(field, caseless)];
      while (take(",")) {
        values.push(literal(field, caseless));
        if (values.length > MOST.listed) throw wrong("filter_wide", { n: MOST.listed });
      }
      expect(")");
      return { is: "in", field, values, caseless };
    }
    if (!caseless && take("BETWEEN")) {
      if (fields[field].kind !== "number") throw wrong("filter_no_number", { name: field });
      const low = number();
      expect("AND");
      return { is: "between", field, low, high: number() };
    }
    if (take("LIKE")) {
      textual(field);
      const value = literal(field, caseless);
      if ((value.length - value.replace(/\\+$/, "").length) % 2) throw wrong("filter_unreadable");
      return { is: "like", field, value, caseless };
    }
    throw wrong("filter_expected", { what: "= <> < > IN BETWEEN LIKE IS" });
  }

  function inside() {
    expect("(");
    const field = fieldName();
    if (fields[field].kind !== "place") throw wrong("filter_expected", { what: "place" });
    expect(",");
    const rings = [];
    if (take("BBOX")) {
      expect("(");
      const box = [number()];
      for (let i = 0; i < 3; i++) {
        expect(",");
        box.push(number());
      }
      const [west, south, east, north] = box;
      rings.push([[west, south], [east, south], [east, north], [west, north], [west, south]]);
    } else {
      expect("POLYGON");
      expect("(");
      do rings.push(ring()); while (take(","));
    }
    expect(")");
    expect(")");
    return { is: "inside", field, rings };
  }

  function ring() {
    expect("(");
    const found = [[number(), number()]];
    while (take(",")) {
      found.push([number(), number()]);
      corners += 1;
      if (corners > MOST.corners) throw wrong("filter_wide", { n: MOST.corners });
    }
    const [first, last] = [found[0], found[found.length - 1]];
    if (found.length < 4 || first[0] !== last[0] || first[1] !== last[1]) throw wrong("filter_ring");
    expect(")");
    return found;
  }

  function fieldName() {
    if (token.kind !== "word") throw wrong("filter_field_expected");
    if (!Object.hasOwn(fields, token.value)) throw wrong("filter_no_field", { name: token.value });
    const name = token.value;
    next();
    return name;
  }

  function textual(field) {
    if (fields[field].kind !== "text") throw wrong("filter_no_text", { name: field });
  }

  function literal(field, caseless) {
    if (fields[field].kind === "number") return number();
    const wrapped = caseless && take("CASEI");
    if (wrapped) expect("(");
    if (token.kind !== "text") throw wrong("filter_text_expected");
    const { value } = token;
    next();
    if (wrapped) expect(")");
    return value;
  }

  function number() {
    if (token.kind !== "number") throw wrong("filter_number_expected");
    const { value } = token;
    if (!(Math.abs(value) <= 1e300)) throw wrong("filter_number_expected");
    next();
    return value;
  }

  next();
  const found = or(0);
  if (token.kind !== "end") throw wrong("filter_expected", { what: "AND, OR" });
  return found;
}

/** The names of the fields a filter reads. */
export function fieldsIn(filter, found = new Set()) {
  if (filter.field) found.add(filter.field);
  if (filter.part) fieldsIn(filter.part, found);
  for (const part of filter.parts ?? []) fieldsIn(part, found);
  return found;
}

/** Judge every row: 1 shown, 0 not, 2 unknown. Columns as sheet.js holds them: numbers (NaN unknown), texts each once, or places. */
export function judge(filter, columns, rows) {
  const { is } = filter;
  if (is === "and" || is === "or") {
    const ends = is === "and" ? NO : YES;
    const result = judge(filter.parts[0], columns, rows);
    for (const part of filter.parts.slice(1)) {
      const other = judge(part, columns, rows);
      for (let i = 0; i < rows; i++) {
        if (result[i] === ends || other[i] === ends) result[i] = ends;
        else if (other[i] === UNKNOWN) result[i] = UNKNOWN;
      }
    }
    return result;
  }
  if (is === "not") return judge(filter.part, columns, rows).map((one) => (one === UNKNOWN ? UNKNOWN : 1 - one));
  const column = columns[filter.field];
  const result = new Uint8Array(rows);
  if (is === "inside") {
    for (let i = 0; i < rows; i++) result[i] = isInside(column.lon[i], column.lat[i], filter.rings) ? YES : NO;
  } else if (column.values) {
    const holds = numberTest(filter);
    for (let i = 0; i < rows; i++) {
      const value = column.values[i];
      result[i] = Number.isNaN(value) ? (is === "unknown" ? YES : UNKNOWN) : holds(value) ? YES : NO;
    }
  } else {
    const holds = textTest(filter);
    const byText = column.texts.map((text) => (holds(text) ? YES : NO));
    for (let i = 0; i < rows; i++) result[i] = column.at[i] < 0 ? (is === "unknown" ? YES : UNKNOWN) : byText[column.at[i]];
  }
  return result;
}

function numberTest({ is, sign, value, values, low, high }) {
  if (is === "unknown") return () => false;
  if (is === "between") return (one) => one >= low && one <= high;
  if (is === "in") return (one) => values.includes(one);
  return {
    "=": (one) => one === value, "<>": (one) => one !== value, "<": (one) => one < value, "<=": (one) => one <= value,
    ">": (one) => one > value, ">=": (one) => one >= value,
  }[sign];
}

/** A-Z as a-z and nothing else, as the service does. */
const small = (text) => text.replace(/[A-Z]/g, (sign) => sign.toLowerCase());

/** In the order of code points, where a plain comparison goes by halves of them. */
function order(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i].codePointAt(0) - right[i].codePointAt(0);
  }
  return left.length - right.length;
}

function textTest({ is, sign, value, values, caseless }) {
  const as = caseless ? small : (text) => text;
  if (is === "unknown") return () => false;
  if (is === "in") {
    const listed = new Set(values.map(as));
    return (text) => listed.has(as(text));
  }
  if (is === "like") {
    const like = pattern(as(value));
    return (text) => like.test(as(text));
  }
  const given = as(value);
  return {
    "=": (text) => as(text) === given, "<>": (text) => as(text) !== given, "<": (text) => order(as(text), given) < 0,
    "<=": (text) => order(as(text), given) <= 0, ">": (text) => order(as(text), given) > 0, ">=": (text) => order(as(text), given) >= 0,
  }[sign];
}

/** A pattern of LIKE as a regular expression: one without branches, so that no text can make it slow but in proportion. */
function pattern(like) {
  let source = "";
  const signs = [...like];
  for (let i = 0; i < signs.length; i++) {
    if (signs[i] === "%") source += source.endsWith(".*?") ? "" : ".*?";
    else if (signs[i] === "_") source += ".";
    else source += (signs[i] === "\\" ? signs[++i] : signs[i]).replace(/[$()*+./?[\\\]^{|}]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "su");
}

/** Inside by the even-odd rule over all rings. */
function isInside(x, y, rings) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [x1, y1] = ring[i];
      const [x2, y2] = ring[j];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}

/** Write a text as a literal. */
export const quote = (text) => `'${String(text).replaceAll("'", "''")}'`;

/** Write a text so that LIKE takes it as it is. */
export const literally = (text) => text.replace(/[\\%_]/g, "\\$&");
