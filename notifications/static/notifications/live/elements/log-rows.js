// The rows of a log: texts of events split into rows, bounded, and searched.

const MAX_LENGTH = 4000; // characters of a row
// Colours and cursor movements of terminals (ECMA-48).
// eslint-disable-next-line no-control-regex
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** The text of an event: data that are a text, or their `message` or `text`; anything else as JSON. */
export function textOf(data) {
  if (typeof data === "string") return data;
  const text = data?.message ?? data?.text ?? data?.line;
  return typeof text === "string" ? text : JSON.stringify(data);
}

export class LogRows {
  first = 1; // the number of the oldest row that is kept
  all = []; // {number, text, level}
  matches = null; // of a search, else null
  #max;
  #query = "";

  constructor(max) {
    this.#max = max;
  }

  /** Those that are shown. */
  get shown() {
    return this.matches ?? this.all;
  }

  add(data) {
    const level = typeof data?.level === "string" ? data.level.toLowerCase() : "";
    const text = textOf(data).replace(ESCAPES, "");
    for (const part of text.replace(/\r?\n$/, "").split(/\r?\n/)) this.#push(part, level);
  }

  /** A row of the element's own. */
  note(text) {
    this.#push(text, "note");
  }

  clear() {
    this.all = [];
    this.first = 1;
    this.search(this.#query);
  }

  /** Show only rows with this text, regardless of case; "" shows all. */
  search(query) {
    this.#query = query.toLowerCase();
    this.matches = query ? this.all.filter((row) => this.#isMatch(row)) : null;
  }

  #push(text, level) {
    const row = { number: this.first + this.all.length, text: text.slice(0, MAX_LENGTH), level };
    this.all.push(row);
    if (this.matches && this.#isMatch(row)) this.matches.push(row);
    if (this.all.length > this.#max * 1.1) this.#trim();
  }

  /** In batches, as it moves all others. */
  #trim() {
    const excess = this.all.length - this.#max;
    this.all.splice(0, excess);
    this.first += excess;
    if (this.matches) this.matches = this.matches.filter(({ number }) => number >= this.first);
  }

  #isMatch({ text }) {
    return text.toLowerCase().includes(this.#query);
  }
}
