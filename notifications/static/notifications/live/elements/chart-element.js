// <hub-chart topic keys field points format unit min max>: the last values of up to eight keys as lines over time.

import { h } from "../../shared/dom.js";
import { formatted } from "./numbers.js";
import { Series } from "./series.js";
import { TopicElement } from "./topic-element.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 160;
const MAX_SERIES = 8;
const POINTS = 120;
const MAX_POINTS = 2000;
const DESCRIBE_MS = 2000; // between changes of what screen readers read

export class ChartElement extends TopicElement {
  static observedAttributes = [...TopicElement.observedAttributes, "keys", "field", "points", "format", "unit", "min", "max"];
  static styles = `
:host {
  --c1: light-dark(#3d52d5, #9dabff);
  --c2: light-dark(#b4530a, #f0a35e);
  --c3: light-dark(#0f7a5f, #62d3ae);
  --c4: light-dark(#a3286f, #f08fc4);
  --c5: light-dark(#5b6b12, #c3d065);
  --c6: light-dark(#0b6e99, #6fc8ee);
  --c7: light-dark(#7a3db8, #cb9bf5);
  --c8: light-dark(#8f2c2c, #f0a0a0);
}
.head { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: baseline; margin-bottom: 0.5rem; }
.plot { position: relative; height: var(--hub-chart-height, 10rem); }
svg.lines {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  overflow: visible;
  stroke-width: 2;
}
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.series { vector-effect: non-scaling-stroke; }
.scale {
  position: absolute;
  inset-inline-end: 0;
  padding: 0 0.25rem;
  border-radius: 0.25rem;
  background: color-mix(in srgb, var(--surface) 75%, transparent);
  color: var(--muted);
  font-size: 0.75rem;
  line-height: 1rem;
  font-variant-numeric: tabular-nums;
}
.scale.top { top: 0; }
.scale.bottom { bottom: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 0.125rem 1rem; margin: 0.5rem 0 0; padding: 0; font-size: 0.875rem; list-style: none; }
.legend li { display: flex; gap: 0.375rem; align-items: center; min-width: 0; }
.dash { width: 1rem; height: 0.1875rem; flex: none; border-radius: 1rem; background: var(--tone); }
.name { overflow-wrap: anywhere; color: var(--muted); }
@media (forced-colors: active) { .dash { forced-color-adjust: none; } .series { forced-color-adjust: none; } }
`;
  #series = new Map(); // by name
  #paths = new Map();
  #rows = new Map();
  #describedAt = 0;
  #title = h("span", { class: "label" });
  #note = h("span", { class: "muted" });
  #svg = make("svg", { class: "lines", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  #top = h("span", { class: "scale top", "aria-hidden": "true" });
  #bottom = h("span", { class: "scale bottom", "aria-hidden": "true" });
  #legend = h("ul", { class: "legend", "aria-hidden": "true" });

  draw(root) {
    for (const y of [0, HEIGHT / 2, HEIGHT]) this.#svg.append(make("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
    root.append(
      h("div", { class: "head" }, this.#title, this.#note),
      h("div", { class: "plot" }, this.#svg, this.#top, this.#bottom),
      this.#legend,
    );
  }

  receive(data, { key, at }) {
    const keys = names(this.getAttribute("keys"));
    const time = Date.parse(at);
    const fields = names(this.getAttribute("field"));
    for (const [name, value] of readings(data, key, fields)) {
      if (keys.length && !keys.includes(name)) continue;
      if (!this.#series.has(name)) {
        if (this.#series.size >= MAX_SERIES) continue;
        this.#series.set(name, new Series(this.#maxPoints));
      }
      this.#series.get(name).add(time, value);
    }
  }

  empty() {
    this.#series.clear();
    this.#describedAt = 0;
  }

  attributeChangedCallback(name, before, value) {
    super.attributeChangedCallback(["keys", "field", "points"].includes(name) ? "topic" : name, before, value);
  }

  show() {
    const series = [...this.#series].sort(([a], [b]) => a.localeCompare(b));
    const format = (value) => this.#format(value);
    const [from, to] = [Math.min(...series.map(([, one]) => one.from)), Math.max(...series.map(([, one]) => one.to))];
    const [low, high] = this.#bounds(series);
    this.#title.textContent = this.label;
    this.#note.textContent = series.length ? "" : this.i18n.text(this.failed ? "live_refused" : "live_waiting");
    this.#note.classList.toggle("failed", this.failed);
    this.#top.textContent = series.length ? format(high) : "";
    this.#bottom.textContent = series.length ? format(low) : "";
    for (const name of [...this.#paths.keys()].filter((name) => !this.#series.has(name))) this.#remove(name);
    series.forEach(([name, one], n) => {
      const tone = `var(--c${n + 1})`;
      this.#path(name, tone).setAttribute("d", one.path(from, to, low, high, WIDTH, HEIGHT));
      const { row, value } = this.#row(name, tone);
      value.textContent = format(one.last);
      if (this.#legend.children[n] !== row) this.#legend.insertBefore(row, this.#legend.children[n] ?? null);
    });
    this.#legend.hidden = series.length === 0;
    this.#describe(series, format);
  }

  get #maxPoints() {
    const given = Number(this.getAttribute("points") ?? POINTS);
    return Number.isFinite(given) ? Math.min(MAX_POINTS, Math.max(2, Math.floor(given))) : POINTS;
  }

  #format(value) {
    const unit = this.getAttribute("format") === "currency" ? null : this.getAttribute("unit");
    return [formatted(value, this, this.i18n.language), unit].filter(Boolean).join(" ");
  }

  /** Given, or around what is shown; never of no height. */
  #bounds(series) {
    const given = (name) => (this.hasAttribute(name) ? Number(this.getAttribute(name)) : NaN);
    const [min, max] = [given("min"), given("max")];
    const least = Math.min(...series.map(([, one]) => one.least));
    const greatest = Math.max(...series.map(([, one]) => one.greatest));
    const margin = (greatest - least) * 0.05 || Math.abs(greatest) * 0.05 || 1;
    const low = Number.isFinite(min) ? min : least >= 0 ? Math.max(0, least - margin) : least - margin;
    const high = Number.isFinite(max) ? max : greatest + margin;
    return high > low ? [low, high] : [low, low + 1];
  }

  #path(name, tone) {
    if (!this.#paths.has(name)) {
      const node = make("path", { class: "series", fill: "none" });
      this.#paths.set(name, node);
      this.#svg.append(node);
    }
    const node = this.#paths.get(name);
    node.style.stroke = tone;
    return node;
  }

  #row(name, tone) {
    if (!this.#rows.has(name)) {
      const dash = h("span", { class: "dash" });
      const value = h("span", { class: "number" });
      const row = h("li", {}, dash, h("span", { class: "name" }, name || this.label), value);
      this.#rows.set(name, { row, value, dash });
    }
    const parts = this.#rows.get(name);
    parts.dash.style.background = tone;
    return parts;
  }

  #remove(name) {
    this.#paths.get(name).remove();
    this.#rows.get(name)?.row.remove();
    this.#paths.delete(name);
    this.#rows.delete(name);
  }

  /** The chart in words. */
  #describe(series, format) {
    if (this.#describedAt && Date.now() - this.#describedAt < DESCRIBE_MS) return;
    if (series.length) this.#describedAt = Date.now();
    const words = series.map(([name, one]) =>
      this.i18n.text("chart_series", {
        name: name || this.label,
        value: format(one.last),
        least: format(one.least),
        greatest: format(one.greatest),
      }),
    );
    this.#svg.setAttribute("aria-label", [this.label, ...(words.length ? words : [this.#note.textContent])].join(". "));
  }
}

const names = (text) => (text ?? "").split(",").map((name) => name.trim()).filter(Boolean);

/** [name, value] of what data say: by key, or by the fields of an object. */
function readings(data, key, fields) {
  if (Number.isFinite(data)) return [[key ?? "", data]];
  if (data === null || typeof data !== "object") return [];
  const given = fields.length ? fields : key === undefined && !("value" in data) ? Object.keys(data) : ["value"];
  const found = given.filter((field) => Number.isFinite(data[field]));
  const only = found.length === 1 && given.length === 1;
  return found.map((field) => [only ? (key ?? (field === "value" ? "" : field)) : key === undefined ? field : `${key} ${field}`, data[field]]);
}

function make(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
