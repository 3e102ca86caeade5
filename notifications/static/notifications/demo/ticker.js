// The ticker: a row for each share.

import { h } from "../shared/dom.js";
import { Spark } from "./spark.js";
import { gathered, show } from "./stage.js";

const price = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
const table = document.getElementById("prices");
const rows = new Map();
const changed = new Set();

function rowOf(symbol) {
  if (!rows.has(symbol)) {
    const spark = new Spark();
    const [cost, change] = ["", ""].map(() => h("td", { class: "number" }));
    const trend = h("td", { class: "trend" });
    trend.append(spark.node);
    const node = h("tr", { "data-key": symbol }, h("th", { scope: "row" }, symbol), cost, change, trend);
    rows.set(symbol, { node, cost, change, spark, latest: null });
    const after = [...rows.keys()].sort();
    const next = after[after.indexOf(symbol) + 1];
    table.insertBefore(node, next ? rows.get(next).node : null);
  }
  return rows.get(symbol);
}

const draw = gathered(() => {
  for (const row of changed) {
    row.cost.textContent = price.format(row.latest.price);
    row.change.textContent = `${percent.format(row.latest.change).replace("-", "−")} %`;
    row.node.className = row.latest.change > 0 ? "up" : row.latest.change < 0 ? "down" : "same";
    row.spark.draw();
  }
  changed.clear();
});

show(
  {
    price(data, { key }) {
      const row = rowOf(key);
      row.latest = data;
      row.spark.add(data.price);
      changed.add(row);
      draw();
    },
  },
  {
    started() {
      for (const { spark } of rows.values()) spark.clear();
    },
  },
);
