// A small line chart: lines over the last minutes on one scale.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 72;
const GAP_MS = 9000; // without a report, after which a line is broken

/** The smallest of 1, 2 and 5 times a power of ten that is not below the value. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999_999);
}

/** The `d` of a path for points [at, value]: `from` to `to` over the width, 0 to `top` over the height. */
function path(points, from, to, top) {
  let d = "";
  let before = -Infinity;
  for (const [at, value] of points) {
    if (at < from - GAP_MS) continue;
    const x = ((at - from) / (to - from)) * WIDTH;
    const y = HEIGHT - (Math.min(value, top) / top) * HEIGHT;
    d += `${at - before > GAP_MS ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    before = at;
  }
  return d;
}

export class Chart {
  #svg;
  #top;
  #min;
  #paths = new Map();

  /** `min` is the smallest top of the scale, so that noise near zero stays flat. */
  constructor(element, { min = 1 } = {}) {
    this.#min = min;
    this.#svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    for (const y of [0, HEIGHT / 2, HEIGHT]) {
      this.#svg.append(make("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
    }
    this.#top = document.createElement("span");
    this.#top.className = "top";
    this.#top.ariaHidden = "true";
    element.replaceChildren(this.#svg, this.#top);
  }

  /** For screen readers. */
  set label(text) {
    this.#svg.setAttribute("aria-label", text);
  }

  /** Lines {name, hue, points}; `format(value)` labels the scale. */
  draw(lines, from, to, format) {
    const visible = lines.flatMap(({ points }) => points.filter(([at]) => at >= from));
    const max = Math.max(0, ...visible.map(([, value]) => value));
    const top = ceiling(Math.max(this.#min, max));
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
