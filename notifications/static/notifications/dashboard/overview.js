// The overview: the numbers of all instances together, and how they went in the last two minutes.

import { h } from "../shared/dom.js";
import { Chart } from "./chart.js";
import { Grid } from "./keyed-rows.js";
import { Instances, SPAN_MS, TAGS, sum, worst } from "./instances.js";
import { Live } from "./live.js";
import { count, short, textsOf, write } from "./text.js";

const LABEL_MS = 10_000; // a chart tells its numbers to a screen reader no more often
const TICK_MS = 1000;

const $ = (id) => document.getElementById(id);
const words = textsOf();
const page = $("live");
const instances = new Instances();

const ms = (value) => words.say("watch_ms", { n: short(value) });
const perS = (value) => words.say("watch_per_s", { n: short(value) });
const connections = (one) => one.feeds + one.members;

const NUMBERS = {
  instances: (all) => count(all.length),
  feeds: (all) => count(sum(all, (one) => one.feeds)),
  members: (all) => count(sum(all, (one) => one.members)),
  deliveries: (all) => perS(sum(all, (one) => one.deliveries_per_s)),
  loop: (all) => ms(worst(all, (one) => one.loop_lag_ms)),
  hearing: (all) => ms(worst(all, (one) => one.hearing_lag_ms)),
};

const CHARTS = [
  { id: "deliveries", least: 10, value: (one) => one.deliveries_per_s, total: sum, format: perS },
  { id: "connections", least: 10, value: connections, total: sum, format: (value) => count(value) },
  { id: "lag", least: 10, value: (one) => one.loop_lag_ms, total: worst, format: ms },
].map((one) => ({ ...one, chart: new Chart($(`chart-${one.id}`), { least: one.least }) }));

const pills = new Grid($("pills"), () => {
  const name = h("bdi");
  const tag = h("span");
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  return {
    element: h("li", { class: "pill" }, mark, name, " ", tag),
    fill: (one) => {
      mark.className = `mark tone-${one.hue}`;
      write(name, one.name);
      tag.className = `tag ${TAGS[one.state]}`;
      write(tag, words.say(`watch_${one.state}`));
    },
  };
});

let labelledAt = -Infinity;
let due = false;

function show() {
  due = false;
  const all = instances.all;
  const heard = all.filter(({ state }) => state !== "silent");
  for (const [id, say] of Object.entries(NUMBERS)) write($(`n-${id}`), all.length ? say(heard) : "—");
  pills.show(all.map((one) => ({ key: one.name, ...one })));
  const to = instances.now;
  const label = performance.now() - labelledAt >= LABEL_MS && all.length > 0;
  if (label) labelledAt = performance.now();
  for (const { id, chart, value, total, format } of CHARTS) {
    const lines = instances.lines(value);
    chart.draw(lines, to - SPAN_MS, to, format);
    const now = format(total(heard, value));
    write($(`now-${id}`), all.length ? now : "—");
    if (label) chart.label = labelOf(id, lines, now, format);
  }
}

function labelOf(id, lines, now, format) {
  const most = Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
  return words.say("watch_chart", { what: $(`name-${id}`).textContent, now, most: format(most) });
}

function soon() {
  if (!due) requestAnimationFrame(show);
  due = true;
}

for (const { id, chart } of CHARTS) {
  chart.label = words.say("watch_chart_none", { what: $(`name-${id}`).textContent });
}
new Live(page.dataset.query, {
  position: page.dataset.position,
  element: $("state"),
  words,
  hear: (type, told, { at }) => {
    if (type !== "instance") return;
    instances.hear(told, at);
    soon();
  },
  say: (state) => {
    instances.listen(state === "live");
    page.classList.toggle("stale", state !== "live");
  },
});
setInterval(soon, TICK_MS);
