// Order status: where each of the reader's orders is on its way.

import { h } from "../shared/dom.js";
import { gathered, show } from "./stage.js";

const STATES = ["placed", "paid", "packed", "shipped", "delivered"];
const list = document.getElementById("list");
const rows = new Map();
const changed = new Map();

function rowOf(number, item) {
  if (!rows.has(number)) {
    const steps = STATES.map((state) => h("li", {}, state));
    const way = h("ol", { class: "way-to-door", role: "list" }, ...steps);
    const node = h("li", { "data-key": number }, h("h3", {}, h("span", {}, item), h("span", { class: "small" }, `No. ${number}`)), way);
    const next = [...rows.keys()].sort().find((other) => other > number);
    list.insertBefore(node, next ? rows.get(next).node : null);
    rows.set(number, { node, steps });
  }
  return rows.get(number);
}

const draw = gathered(() => {
  for (const [number, { item, state }] of changed) {
    const { node, steps } = rowOf(number, item);
    const reached = STATES.indexOf(state);
    node.dataset.state = state;
    steps.forEach((step, n) => {
      step.className = n <= reached ? "reached" : "";
      if (n === reached) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
  }
  changed.clear();
});

show({
  order(data, { key }) {
    changed.set(key, data);
    draw();
  },
});
