// <hub-progress topic label type="progress">: how far a job is, as `hub.progress` publishes it.

import { h } from "../../shared/dom.js";
import { TopicElement } from "./topic-element.js";

const STATES = ["running", "done", "failed"];

export class ProgressElement extends TopicElement {
  static styles = `
.head { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; margin-bottom: 0.375rem; }
.track {
  position: relative;
  height: 0.625rem;
  overflow: hidden;
  border-radius: 1rem;
  background: color-mix(in srgb, var(--text) 12%, var(--surface));
}
.fill {
  height: 100%;
  border-radius: inherit;
  background: var(--tone, var(--accent));
  transition: width 200ms ease-out;
}
[data-state="done"] { --tone: var(--success); }
[data-state="failed"] { --tone: var(--error); }
.note { margin-top: 0.25rem; min-height: 1.25rem; }
.unknown .fill { width: 30% !important; animation: sweep 1.6s ease-in-out infinite; }
@keyframes sweep { from { translate: -110% 0; } to { translate: 350% 0; } }
@media (prefers-reduced-motion: reduce) {
  .fill { transition: none; }
  .unknown .fill { width: 100% !important; opacity: 0.4; animation: none; }
}
@media (forced-colors: active) { .track { border: 1px solid; } .fill { background: Highlight; } }
`;
  #data = null;
  #title = h("span", { class: "label", id: "title", dir: "auto" });
  #value = h("span", { class: "muted number", dir: "auto" });
  #fill = h("div", { class: "fill" });
  #track = h("div", { class: "track", role: "progressbar", "aria-labelledby": "title" }, this.#fill);
  #step = h("span", { dir: "auto" });
  #note = h("span", { role: "status", dir: "auto" });
  #box = h(
    "div",
    { class: "box" },
    h("div", { class: "head" }, this.#title, this.#value),
    this.#track,
    h("div", { class: "note muted" }, this.#note, this.#step),
  );

  get type() {
    return this.getAttribute("type") ?? "progress";
  }

  draw(root) {
    root.append(this.#box);
  }

  opened(topic) {
    this.#data = topic.latest()?.type === this.type ? topic.latest().data : null;
  }

  receive(data) {
    if (data && typeof data === "object") this.#data = data;
  }

  empty() {
    this.#data = null;
  }

  show() {
    const data = this.#data ?? {};
    const [done, of] = [number(data.done), number(data.of ?? data.total)];
    const state = STATES.includes(data.state) ? data.state : of !== null && done >= of ? "done" : "running";
    const share = of > 0 ? Math.min(1, Math.max(0, done / of)) : null;
    const format = new Intl.NumberFormat(this.i18n.language);
    const label = this.getAttribute("label");
    const step = typeof data.label === "string" ? data.label : "";
    this.#title.textContent = (label ?? step) || this.label;
    this.#step.textContent = label !== null && state === "running" ? step : ""; // not said, as it may change often
    this.#box.dataset.state = state;
    const isUnknown = share === null && this.#data !== null && state === "running";
    this.#box.classList.toggle("unknown", isUnknown && !this.failed);
    const full = state === "done" ? 1 : 0;
    this.#fill.style.width = `${100 * (share ?? full)}%`;
    this.#value.textContent = done === null ? "" : this.#text(of === null ? "progress_count" : "progress_of", {
      n: format.format(done),
      of: format.format(of ?? 0),
      percent: new Intl.NumberFormat(this.i18n.language, { style: "percent" }).format(Math.floor(100 * (share ?? full)) / 100),
    });
    if (isUnknown || this.#data === null) {
      this.#track.removeAttribute("aria-valuenow");
    } else {
      this.#track.setAttribute("aria-valuenow", Math.floor(100 * (share ?? full)));
    }
    this.#track.setAttribute("aria-valuetext", this.#value.textContent || this.#text("live_waiting"));
    this.#showNote(state);
  }

  #showNote(state) {
    const key = this.failed ? "live_refused" : this.#data === null ? "live_waiting" : `progress_${state}`;
    const text = state === "running" && this.#data && !this.failed ? "" : this.#text(key);
    if (this.#note.textContent !== text) this.#note.textContent = text; // said once
    this.#note.classList.toggle("failed", this.failed);
  }

  #text(key, values) {
    return this.i18n.text(key, values);
  }
}

const number = (value) => (Number.isFinite(value) ? value : null);
