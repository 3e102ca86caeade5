// The live tail: every event of a topic as a line of text.

import { h } from "../shared/dom.js";
import { LiveFeed } from "./live.js";
import { labelsFromPage, number, setText, translatorFromPage } from "./text.js";

const MAX_EVENTS = 500;
const MAX_DATA_LENGTH = 240; // characters of the data in its line
const FOLLOW_PX = 24; // from the end, within which the list still follows

const $ = (id) => document.getElementById(id);
const i18n = translatorFromPage();
const labels = labelsFromPage();
const page = $("tail");
const list = $("events");
const types = $("type");

let pending = []; // events that are not shown yet
let skipped = 0;
let paused = false;
let requested = false;
let total = 0;

function show() {
  requested = false;
  if (paused) return showCounts();
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < FOLLOW_PX;
  const nodes = document.createDocumentFragment();
  if (skipped) nodes.append(drawNote(i18n.text("watch_tail_skipped", { n: number(skipped) })));
  for (const event of pending) nodes.append(event.gap ? drawNote(i18n.text("watch_tail_gap")) : draw(event));
  pending = [];
  skipped = 0;
  list.append(nodes);
  while (list.children.length > MAX_EVENTS) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
  showCounts();
}

function showCounts() {
  $("blank").hidden = total > 0;
  setText($("count"), i18n.text("watch_tail_count", { n: number(total) }));
  const later = pending.length + skipped;
  setText($("pause"), i18n.text(paused ? "watch_tail_resume" : "watch_tail_pause"));
  setText($("later"), paused && later ? i18n.text("watch_tail_waiting", { n: number(later) }) : "");
}

function draw({ type, data, topic, at, id }) {
  if (![...types.options].some(({ value }) => value === type)) types.append(h("option", { value: type }, type));
  const text = JSON.stringify(data);
  const pretty = h("pre", { class: "mono", dir: "ltr" });
  const details = h(
    "details",
    {
      // Formatted only when it is opened.
      ontoggle: () => details.open && setText(pretty, JSON.stringify(data, null, 2)),
    },
    h(
      "summary",
      {},
      h("time", { datetime: new Date(at).toISOString(), title: id }, clock(at)),
      h("bdi", { class: "topic mono", title: topic }, labels[topic] ?? topic),
      h("bdi", { class: "type" }, type),
      h("bdi", { class: "data mono" }, text.length > MAX_DATA_LENGTH ? `${text.slice(0, MAX_DATA_LENGTH)}…` : text),
    ),
    pretty,
  );
  return h("div", { class: "event", "data-type": type, hidden: !matches(type) }, details);
}

const drawNote = (text) => h("p", { class: "note" }, text);

const matches = (type) => !types.value || types.value === type;

const pad = (value, digits = 2) => String(value).padStart(digits, "0");

function clock(at) {
  const time = new Date(at);
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part));
  return `${parts.join(":")}.${pad(time.getMilliseconds(), 3)}`;
}

function add(event) {
  pending.push(event);
  if (pending.length > MAX_EVENTS) {
    pending.shift();
    skipped += 1;
  }
  if (!requested) (document.hidden ? setTimeout : requestAnimationFrame)(show);
  requested = true;
}

types.addEventListener("change", () => {
  for (const node of list.children) node.hidden = Boolean(node.dataset.type) && !matches(node.dataset.type);
});
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  show();
});
$("empty").addEventListener("click", () => {
  list.replaceChildren();
  pending = [];
  skipped = total = 0;
  showCounts();
});
$("aloud").addEventListener("click", () => {
  const on = list.ariaLive === "off";
  list.ariaLive = on ? "polite" : "off";
  $("aloud").setAttribute("aria-pressed", String(on));
});

showCounts();
new LiveFeed(page.dataset.query, {
  rests: false, // staff who come back want to see what came meanwhile
  element: $("state"),
  i18n,
  event: (type, data, event) => {
    total += 1;
    add({ type, data, ...event });
  },
  gap: () => add({ gap: true }),
});
