// The live tail: each event as a line, told as text and nothing else.

import { h } from "../shared/dom.js";
import { Live } from "./live.js";
import { count, labelsOf, textsOf, write } from "./text.js";

const KEPT = 500;
const COMPACT = 240; // characters of the data on its line
const AT_END_PX = 24;

const $ = (id) => document.getElementById(id);
const words = textsOf();
const labels = labelsOf();
const page = $("tail");
const list = $("events");
const types = $("type");

let waiting = []; // what came and is not shown yet
let skipped = 0;
let paused = false;
let due = false;
let total = 0;

function show() {
  due = false;
  if (paused) return showCounts();
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < AT_END_PX;
  const lines = document.createDocumentFragment();
  if (skipped) lines.append(note(words.say("watch_tail_skipped", { n: count(skipped) })));
  for (const one of waiting) lines.append(one.gap ? note(words.say("watch_tail_gap")) : line(one));
  waiting = [];
  skipped = 0;
  list.append(lines);
  while (list.children.length > KEPT) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
  showCounts();
}

function showCounts() {
  $("blank").hidden = total > 0;
  write($("count"), words.say("watch_tail_count", { n: count(total) }));
  const later = waiting.length + skipped;
  write($("pause"), words.say(paused ? "watch_tail_resume" : "watch_tail_pause"));
  write($("later"), paused && later ? words.say("watch_tail_waiting", { n: count(later) }) : "");
}

function line({ type, data, topic, at, id }) {
  if (![...types.options].some(({ value }) => value === type)) types.append(h("option", { value: type }, type));
  const text = JSON.stringify(data);
  const pretty = h("pre", { class: "mono", dir: "ltr" });
  const details = h(
    "details",
    {
      // Only what is looked at is written out.
      ontoggle: () => details.open && write(pretty, JSON.stringify(data, null, 2)),
    },
    h(
      "summary",
      {},
      h("time", { datetime: new Date(at).toISOString(), title: id }, clock(at)),
      h("bdi", { class: "topic mono", title: topic }, labels[topic] ?? topic),
      h("bdi", { class: "type" }, type),
      h("bdi", { class: "data mono" }, text.length > COMPACT ? `${text.slice(0, COMPACT)}…` : text),
    ),
    pretty,
  );
  return h("div", { class: "event", "data-type": type, hidden: !fits(type) }, details);
}

const note = (text) => h("p", { class: "note" }, text);

const fits = (type) => !types.value || types.value === type;

const pad = (value, digits = 2) => String(value).padStart(digits, "0");

function clock(at) {
  const time = new Date(at);
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part));
  return `${parts.join(":")}.${pad(time.getMilliseconds(), 3)}`;
}

function take(one) {
  waiting.push(one);
  if (waiting.length > KEPT) {
    waiting.shift();
    skipped += 1;
  }
  if (!due) (document.hidden ? setTimeout : requestAnimationFrame)(show);
  due = true;
}

types.addEventListener("change", () => {
  for (const one of list.children) one.hidden = Boolean(one.dataset.type) && !fits(one.dataset.type);
});
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  show();
});
$("empty").addEventListener("click", () => {
  list.replaceChildren();
  waiting = [];
  skipped = total = 0;
  showCounts();
});
$("aloud").addEventListener("click", () => {
  const on = list.ariaLive === "off";
  list.ariaLive = on ? "polite" : "off";
  $("aloud").setAttribute("aria-pressed", String(on));
});

showCounts();
new Live(page.dataset.query, {
  rests: false, // whoever comes back wants to see what came meanwhile
  element: $("state"),
  words,
  hear: (type, data, event) => {
    total += 1;
    take({ type, data, ...event });
  },
  gap: () => take({ gap: true }),
});
