// A small line chart: some lines over the last minutes, one scale, no library.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 72;
const BREAK_MS = 9000; // a line is broken where nothing was told for so long

/** The least of 1, 2 and 5 times a power of ten that is not below the value. */
export function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999_999);
}

/** A path's `d` for points [at, value], `from` … `to` over the width and 0 … `top` over the height. */
export function path(points, from, to, top) {
  let d = "";
  let before = -Infinity;
  for (const [at, value] of points) {
    if (at < from - BREAK_MS) continue;
    const x = ((at - from) / (to - from)) * WIDTH;
    const y = HEIGHT - (Math.min(value, top) / top) * HEIGHT;
    d += `${at - before > BREAK_MS ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    before = at;
  }
  return d;
}

export class Chart {
  #svg;
  #top;
  #least;
  #paths = new Map();

  /** `least` is the smallest scale; below it a line would dance about nothing. */
  constructor(element, { least = 1 } = {}) {
    this.#least = least;
    this.#svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    for (const y of [0, HEIGHT / 2, HEIGHT]) {
      this.#svg.append(make("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
    }
    this.#top = document.createElement("span");
    this.#top.className = "top";
    this.#top.ariaHidden = "true";
    element.replaceChildren(this.#svg, this.#top);
  }

  /** What it says to those who don't see it. */
  set label(text) {
    this.#svg.setAttribute("aria-label", text);
  }

  /** Lines {name, hue, points}; `format` says the scale. */
  draw(lines, from, to, format) {
    const seen = lines.flatMap(({ points }) => points.filter(([at]) => at >= from));
    const most = Math.max(0, ...seen.map(([, value]) => value));
    const top = ceiling(Math.max(this.#least, most));
    for (const [name, line] of this.#paths) {
      if (!lines.some((one) => one.name === name)) {
        line.remove();
        this.#paths.delete(name);
      }
    }
    for (const { name, hue, points } of lines) {
      if (!this.#paths.has(name)) {
        const line = make("path", { class: `line tone-${hue}` });
        this.#paths.set(name, line);
        this.#svg.append(line);
      }
      this.#paths.get(name).setAttribute("d", path(points, from, to, top));
    }
    this.#top.textContent = format(top);
  }
}

function make(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
