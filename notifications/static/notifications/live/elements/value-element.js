// <hub-value topic key field="value" format unit digits>: the latest value of a key.

import { h } from "../../shared/dom.js";
import { formatted, valueOf } from "./numbers.js";
import { TopicElement } from "./topic-element.js";

const ANNOUNCE_MS = 5000; // at most so often

export class ValueElement extends TopicElement {
  static observedAttributes = [...TopicElement.observedAttributes, "key", "field", "format", "unit", "digits"];
  static styles = `
:host { display: inline-block; }
.value { padding: 0 0.25em; margin: 0 -0.25em; border-radius: 0.25em; font-variant-numeric: tabular-nums; }
.unit { margin-inline-start: 0.25em; color: var(--muted); font-size: 0.8em; }
.value.up { animation: up 900ms ease-out; }
.value.down { animation: down 900ms ease-out; }
@keyframes up { from { background: color-mix(in srgb, var(--success) 35%, transparent); } }
@keyframes down { from { background: color-mix(in srgb, var(--error) 35%, transparent); } }
@media (prefers-reduced-motion: reduce) { .value { animation: none !important; } }
`;
  #value;
  #shown;
  #announcedAt = 0;
  #number = h("span", { class: "value" });
  #unit = h("span", { class: "unit", hidden: true });
  #status = h("span", { class: "hidden", role: "status" });

  get key() {
    return this.getAttribute("key") ?? undefined;
  }

  draw(root) {
    root.append(this.#number, this.#unit, this.#status);
  }

  opened(topic) {
    const event = topic.latest(this.key);
    if (event) this.receive(event.data, event);
  }

  receive(data, { key }) {
    if (this.key === undefined || key === this.key) this.#value = valueOf(data, this.getAttribute("field"));
  }

  empty() {
    this.#value = this.#shown = undefined;
  }

  attributeChangedCallback(name, before, value) {
    super.attributeChangedCallback(name === "key" ? "topic" : name, before, value);
  }

  show() {
    const value = this.#value;
    const text = value === undefined ? "–" : formatted(value, this, this.i18n.language);
    if (this.#number.textContent !== text) this.#number.textContent = text;
    this.#number.title = this.failed ? this.i18n.text("live_refused") : "";
    this.#labelEmpty(value === undefined ? this.i18n.text(this.failed ? "live_refused" : "live_waiting") : null);
    const unit = this.getAttribute("format") === "currency" ? "" : (this.getAttribute("unit") ?? "");
    this.#unit.textContent = unit;
    this.#unit.hidden = !unit || value === undefined;
    if (this.#shown !== undefined && value !== this.#shown) this.#flash(value < this.#shown ? "down" : "up", `${text} ${unit}`);
    this.#shown = value;
  }

  /** A dash says nothing by itself. */
  #labelEmpty(label) {
    for (const [name, value] of [["role", "img"], ["aria-label", label]]) {
      if (label) this.#number.setAttribute(name, value);
      else this.#number.removeAttribute(name);
    }
  }

  #flash(direction, text) {
    this.#number.classList.remove("up", "down");
    void this.#number.offsetWidth; // so that the animation begins anew
    this.#number.classList.add(direction);
    if (!this.hasAttribute("announce") || Date.now() - this.#announcedAt < ANNOUNCE_MS) return;
    this.#announcedAt = Date.now();
    this.#status.textContent = `${this.getAttribute("label") ?? this.key ?? ""} ${text}`;
  }
}
