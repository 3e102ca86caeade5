// A small line of the last values, for the eye alone: the newest is in words elsewhere.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 40;
const MAX_POINTS = 120;

const make = (tag, attributes) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

export class Spark {
  node = make("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  #area = make("path", { class: "area" });
  #curve = make("path", {});
  #values = [];

  constructor() {
    this.node.append(this.#area, this.#curve);
  }

  add(value) {
    this.#values.push(value);
    if (this.#values.length > MAX_POINTS) this.#values.shift();
  }

  clear() {
    this.#values = [];
  }

  draw() {
    const values = this.#values;
    const low = Math.min(...values);
    const range = Math.max(...values) - low || 1;
    const step = WIDTH / Math.max(1, values.length - 1);
    const points = values.map((value, n) => {
      const y = HEIGHT - 3 - ((value - low) / range) * (HEIGHT - 6);
      return `${(n * step).toFixed(1)} ${y.toFixed(1)}`;
    });
    const d = points.length > 1 ? `M${points.join("L")}` : "";
    this.#curve.setAttribute("d", d);
    this.#area.setAttribute("d", d && `${d}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
  }
}
