// The overview: the numbers of all instances together, now and over the last two minutes.

import { h } from "../shared/dom.js";
import { Chart } from "./chart.js";
import { Instances, SPAN_MS, TAGS, sum, worst } from "./instances.js";
import { KeyedRows } from "./keyed-rows.js";
import { LiveFeed, isConnected } from "./live.js";
import { number, rounded, setText, translatorFromPage } from "./text.js";

const LABEL_MS = 10_000; // the interval at which a screen reader gets the numbers of a chart
const TICK_MS = 1000;

const $ = (id) => document.getElementById(id);
const i18n = translatorFromPage();
const page = $("live");
const instances = new Instances();

const ms = (value) => i18n.text("watch_ms", { n: rounded(value) });
const perS = (value) => i18n.text("watch_per_s", { n: rounded(value) });
const connections = (one) => one.feeds + one.members;

const NUMBERS = {
  instances: (all) => number(all.length),
  feeds: (all) => number(sum(all, (one) => one.feeds)),
  members: (all) => number(sum(all, (one) => one.members)),
  deliveries: (all) => perS(sum(all, (one) => one.deliveries_per_s)),
  loop: (all) => ms(worst(all, (one) => one.loop_lag_ms)),
  hearing: (all) => ms(worst(all, (one) => one.hearing_lag_ms)),
};

const CHARTS = [
  { id: "deliveries", min: 10, value: (one) => one.deliveries_per_s, total: sum, format: perS },
  { id: "connections", min: 10, value: connections, total: sum, format: (value) => number(value) },
  { id: "lag", min: 10, value: (one) => one.loop_lag_ms, total: worst, format: ms },
].map((one) => ({ ...one, chart: new Chart($(`chart-${one.id}`), { min: one.min }) }));

const pills = new KeyedRows($("pills"), () => {
  const name = h("bdi");
  const tag = h("span");
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  return {
    element: h("li", { class: "pill" }, mark, name, " ", tag),
    fill: (one) => {
      mark.className = `mark tone-${one.hue}`;
      setText(name, one.name);
      tag.className = `tag ${TAGS[one.state]}`;
      setText(tag, i18n.text(`watch_${one.state}`));
    },
  };
});

let labelledAt = -Infinity;
let requested = false;

function show() {
  requested = false;
  const all = instances.all;
  const reporting = all.filter(({ state }) => state !== "silent");
  for (const [id, format] of Object.entries(NUMBERS)) setText($(`n-${id}`), all.length ? format(reporting) : "—");
  pills.show(all.map((one) => ({ key: one.name, ...one })));
  const to = instances.now;
  const label = performance.now() - labelledAt >= LABEL_MS && all.length > 0;
  if (label) labelledAt = performance.now();
  for (const { id, chart, value, total, format } of CHARTS) {
    const lines = instances.lines(value);
    chart.draw(lines, to - SPAN_MS, to, format);
    const now = format(total(reporting, value));
    setText($(`now-${id}`), all.length ? now : "—");
    if (label) chart.label = labelOf(id, lines, now, format);
  }
}

function labelOf(id, lines, now, format) {
  const max = Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
  return i18n.text("watch_chart", { what: $(`name-${id}`).textContent, now, most: format(max) });
}

function requestShow() {
  if (!requested) requestAnimationFrame(show);
  requested = true;
}

for (const { id, chart } of CHARTS) {
  chart.label = i18n.text("watch_chart_none", { what: $(`name-${id}`).textContent });
}
new LiveFeed(page.dataset.query, {
  position: page.dataset.position,
  element: $("state"),
  i18n,
  event: (type, report, { at }) => {
    if (type !== "instance") return;
    instances.add(report, at);
    requestShow();
  },
  state: (state) => {
    instances.setConnected(isConnected(state));
    page.classList.toggle("stale", !isConnected(state));
  },
});
setInterval(requestShow, TICK_MS);
