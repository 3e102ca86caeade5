// One room: who is in it now, and what was said last.

import { h } from "../shared/dom.js";
import { askBefore } from "./actions.js";
import { Grid } from "./keyed-rows.js";
import { SILENT_MS } from "./instances.js";
import { Live } from "./live.js";
import { count, textsOf, write } from "./text.js";
import { full } from "../shared/dates.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const words = textsOf();
const told = new Map(); // by instance: {people, count, here, at}

const people = new Grid($("people"), ({ name }) => {
  const form = $("remove-one")?.content.firstElementChild.cloneNode(true) ?? null;
  if (form) {
    form.elements.person.value = name;
    form.querySelector("button").setAttribute("aria-label", words.say("watch_remove_named", { name }));
  }
  return { element: h("li", {}, h("bdi", {}, name), form), fill: () => {} };
});

const said = $("lines"); // there only for who may look at them
const lines = said && new Grid(said, ({ name, at, text }) => {
  const moment = new Date(at);
  const time = h("time", { datetime: at }, full(moment, words));
  const who = h("p", {}, h("bdi", { class: "who-said" }, name), " ", time);
  return { element: h("li", {}, who, h("p", { dir: "auto" }, text)), fill: () => {} };
});
let ownLines = false;

function showPeople() {
  const all = [...told.values()];
  const here = new Map(all.flatMap((one) => one.people).map((one) => [one.id, one]));
  const most = Math.max(0, ...all.map((one) => one.count));
  const named = [...here.values()].sort((a, b) => a.name.localeCompare(b.name));
  write($("n-people"), count(most));
  write($("n-connections"), count(all.reduce((total, one) => total + one.here, 0)));
  people.show(named.map((one) => ({ key: one.id, ...one })));
  $("nobody").hidden = most > 0;
  const more = Math.max(0, most - named.length);
  write($("more-people"), more ? words.say("watch_people_more", { n: count(more) }) : "");
}

function showLines(last) {
  if (!ownLines) said.replaceChildren(); // what the server wrote is among them
  ownLines = true;
  $("nothing").hidden = last.length > 0;
  lines.show(last.map(({ position, name, at, body }) => ({ key: position, name, at, text: textOf(body) })));
  said.scrollTop = said.scrollHeight;
}

const textOf = (body) => (typeof body === "string" ? body : JSON.stringify(body));

askBefore(page);
if (said) said.scrollTop = said.scrollHeight;
new Live(page.dataset.query, {
  element: $("state"),
  words,
  hear: (type, data, { at }) => {
    if (type === "lines") return showLines(data.lines);
    if (type !== "room") return;
    told.set(data.instance, { ...data, at });
    for (const [name, one] of told) if (at - one.at > SILENT_MS) told.delete(name);
    showPeople();
  },
});
