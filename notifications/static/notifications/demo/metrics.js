// The dashboard: a tile for each metric, drawn as often as its topic's policy lets values through.

import { h } from "../shared/dom.js";
import { Spark } from "./spark.js";
import { gathered, show } from "./stage.js";

// By key: what it is called, and its unit.
const METRICS = {
  requests: ["Requests", "per s"],
  latency: ["Latency, p95", "ms"],
  errors: ["Errors", "%"],
  cpu: ["CPU", "%"],
  memory: ["Memory", "%"],
  queue: ["Queue", "jobs"],
  feeds: ["Open feeds", ""],
  deliveries: ["Deliveries", "per s"],
};

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const tiles = new Map();
const changed = new Set();

for (const [key, [name, unit]] of Object.entries(METRICS)) {
  const spark = new Spark();
  const value = h("span", { "data-key": key }, "–");
  const tile = h("li", { class: "card" }, h("h2", {}, name), h("p", { class: "value" }, value, h("span", { class: "unit" }, unit)));
  tile.append(spark.node);
  document.getElementById("metrics").append(tile);
  tiles.set(key, { value, spark, latest: null });
}

const draw = gathered(() => {
  for (const tile of changed) {
    tile.value.textContent = number.format(tile.latest);
    tile.spark.draw();
  }
  changed.clear();
});

show({
  metric({ value }, { key }) {
    const tile = tiles.get(key);
    tile.latest = value;
    tile.spark.add(value);
    changed.add(tile);
    draw();
  },
});
