// Elements that show live topics and need no script: <hub-progress>, <hub-log>, <hub-value>, <hub-chart>.

import { ChartElement } from "./live/elements/chart-element.js";
import { LogElement } from "./live/elements/log-element.js";
import { ProgressElement } from "./live/elements/progress-element.js";
import { ValueElement } from "./live/elements/value-element.js";

export { useHub } from "./live/elements/topic-element.js";

const ELEMENTS = {
  "hub-chart": ChartElement,
  "hub-log": LogElement,
  "hub-progress": ProgressElement,
  "hub-value": ValueElement,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
