// The last values of one key, and their path.

export class Series {
  #max;
  #points = []; // [at, value], at in ms

  constructor(max) {
    this.#max = max;
  }

  /** Each a moment after the one before, also of a batch. */
  add(at, value) {
    this.#points.push([Math.max(at || 0, this.to + 1), value]);
    if (this.#points.length > this.#max) this.#points.shift();
  }

  get length() {
    return this.#points.length;
  }

  get from() {
    return this.#points[0]?.[0] ?? Infinity;
  }

  get to() {
    return this.#points.at(-1)?.[0] ?? -Infinity;
  }

  get last() {
    return this.#points.at(-1)[1];
  }

  get least() {
    return Math.min(...this.#points.map(([, value]) => value));
  }

  get greatest() {
    return Math.max(...this.#points.map(([, value]) => value));
  }

  /** The `d` of a path: `from` to `to` over the width, `low` to `high` over the height; a point alone is a level line. */
  path(from, to, low, high, width, height) {
    const x = (at) => (to > from ? ((at - from) / (to - from)) * width : width).toFixed(1);
    const y = (value) => (height - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * height).toFixed(1);
    const drawn = this.#points.map(([at, value], n) => `${n ? "L" : "M"}${x(at)} ${y(value)}`);
    if (drawn.length > 1) return drawn.join("");
    const [[, value]] = this.#points;
    return `M0 ${y(value)}L${width} ${y(value)}`;
  }
}
