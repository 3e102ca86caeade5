// The agent runs of now and those that ended last, live, and a stop for managers.

import { h } from "../shared/dom.js";
import { confirm, post } from "./actions.js";
import { KeyedRows, labeller } from "./keyed-rows.js";
import { LiveFeed, isConnected } from "./live.js";
import { duration, number, rounded, setText, translatorFromPage } from "./text.js";

const TICK_MS = 1000;
const RATE_MS = 5000; // of which the tokens a second are told
const TAGS = { queued: "", running: "good", done: "good", failed: "bad", stopped: "warn", lost: "bad" };
const ANY_RUN = "00000000-0000-0000-0000-000000000000";

const $ = (id) => document.getElementById(id);
const page = $("runs");
const i18n = translatorFromPage();
const manages = "manages" in page.dataset;
const counted = new Map(); // by run: [[at, tokens], …] of the last seconds
let report = JSON.parse($("report").textContent);

const labels = { open: labeller($("open")), ended: labeller($("ended")) };
const open = new KeyedRows($("open"), (run) => row(run, "open"));
const ended = new KeyedRows($("ended"), (run) => row(run, "ended"));

function row({ run, owner, title }, table) {
  const name = title || i18n.text("runs_untitled");
  const tag = h("span");
  const cells = [h("td", { class: "number" }), h("td", { class: "number" })];
  const rate = table === "open" ? h("td", { class: "number" }) : null;
  const button = h("button", { type: "button", class: "quiet danger", "aria-label": i18n.text("runs_stop_named", { name }) }, i18n.text("runs_stop"));
  const element = h(
    "tr",
    { "data-run": run, "data-name": name },
    h("th", { scope: "row" }, h("bdi", {}, name)),
    h("td", {}, h("bdi", {}, owner)),
    h("td", {}, tag),
    ...cells,
    rate,
    rate && manages ? h("td", { class: "acts-cell" }, button) : null,
  );
  labels[table](element);
  const fill = ({ state, started_at: from, ended_at: to, tokens, perSecond }) => {
    tag.className = `tag ${TAGS[state]}`;
    setText(tag, i18n.text(`runs_${state}`));
    setText(cells[0], duration(((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000, i18n));
    setText(cells[1], number(tokens));
    if (rate) setText(rate, rounded(perSecond));
  };
  return { element, fill };
}

/** Tokens a second of a run in the last seconds. */
function rateOf({ run, tokens }) {
  const now = performance.now();
  const points = counted.get(run) ?? [];
  points.push([now, tokens]);
  while (points.length > 2 && points[1][0] < now - RATE_MS) points.shift();
  counted.set(run, points);
  const [at, before] = points[0];
  return now > at ? Math.max(0, (1000 * (tokens - before)) / (now - at)) : 0;
}

function show() {
  const now = report.open.map((run) => ({ key: run.run, ...run, perSecond: rateOf(run) }));
  for (const run of [...counted.keys()]) if (!now.some(({ key }) => key === run)) counted.delete(run);
  open.show(now);
  ended.show(report.ended.map((run) => ({ key: run.run, ...run })));
  $("no-open").hidden = now.length > 0;
  $("no-ended").hidden = report.ended.length > 0;
  const rate = i18n.text("runs_rate", { n: rounded(now.reduce((sum, { perSecond }) => sum + perSecond, 0)) });
  const listed = i18n.text("runs_of", { n: report.count, listed: number(now.length), count: number(report.count) });
  setText($("shown"), report.count > now.length ? `${listed} · ${rate}` : now.length ? rate : "");
}

page.addEventListener("click", async ({ target }) => {
  const { run, name } = target.closest("button")?.closest("[data-run]").dataset ?? {};
  if (!run) return;
  const asked = { title: i18n.text("runs_stop_sure", { name }), hint: i18n.text("runs_stop_hint"), verb: i18n.text("runs_stop") };
  if (await confirm(asked)) await post(page.dataset.stop.replace(ANY_RUN, run), {}, i18n.text("watch_failed"));
});

new LiveFeed(page.dataset.query, {
  element: $("state"),
  i18n,
  event: (type, data) => {
    if (type === "runs") report = data;
    show();
  },
  state: (state) => page.classList.toggle("stale", !isConnected(state)),
});
show();
setInterval(show, TICK_MS);
