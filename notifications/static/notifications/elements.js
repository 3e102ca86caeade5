// Elements that need no script: <hub-progress>, <hub-log>, <hub-value> and <hub-chart> show live topics, <hub-run> a run.

import { ChartElement } from "./live/elements/chart-element.js";
import { LogElement } from "./live/elements/log-element.js";
import { ProgressElement } from "./live/elements/progress-element.js";
import { RunElement } from "./live/elements/run-element.js";
import { ValueElement } from "./live/elements/value-element.js";

export { useHub } from "./live/elements/element.js";

const ELEMENTS = {
  "hub-chart": ChartElement,
  "hub-log": LogElement,
  "hub-progress": ProgressElement,
  "hub-run": RunElement,
  "hub-value": ValueElement,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
