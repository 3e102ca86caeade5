// The page of one room: its members and its last messages.

import { full } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { confirmForms } from "./actions.js";
import { KeyedRows } from "./keyed-rows.js";
import { LiveFeed } from "./live.js";
import { Reports } from "./reports.js";
import { number, setText, translatorFromPage } from "./text.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const i18n = translatorFromPage();
const reports = new Reports();

const people = new KeyedRows($("people"), ({ name }) => {
  const form = $("remove-one")?.content.firstElementChild.cloneNode(true) ?? null;
  if (form) {
    form.elements.person.value = name;
    form.querySelector("button").setAttribute("aria-label", i18n.text("watch_remove_named", { name }));
  }
  return { element: h("li", {}, h("bdi", {}, name), form), fill: () => {} };
});

const log = $("messages"); // only there for staff who may read the messages
const messages = log && new KeyedRows(log, ({ name, at, text }) => {
  const time = h("time", { datetime: at }, full(new Date(at), i18n));
  const author = h("p", {}, h("bdi", { class: "author" }, name), " ", time);
  return { element: h("li", {}, author, h("p", { dir: "auto" }, text)), fill: () => {} };
});
let replaced = false; // whether the messages that the server wrote were replaced

function showPeople() {
  const { all } = reports;
  const here = new Map(all.flatMap((report) => report.people).map((person) => [person.id, person]));
  const count = Math.max(0, ...all.map((report) => report.count));
  const named = [...here.values()].sort((a, b) => a.name.localeCompare(b.name));
  setText($("n-people"), number(count));
  setText($("n-connections"), number(all.reduce((total, report) => total + report.here, 0)));
  people.show(named.map((person) => ({ key: person.id, ...person })));
  $("room-empty").hidden = count > 0;
  const more = Math.max(0, count - named.length);
  setText($("more-people"), more ? i18n.text("watch_people_more", { n: number(more) }) : "");
}

function showMessages(last) {
  if (!replaced) log.replaceChildren();
  replaced = true;
  $("no-messages").hidden = last.length > 0;
  messages.show(last.map(({ position, name, at, body }) => ({ key: position, name, at, text: textOf(body) })));
  log.scrollTop = log.scrollHeight;
}

const textOf = (body) => (typeof body === "string" ? body : JSON.stringify(body));

confirmForms(page);
if (log) log.scrollTop = log.scrollHeight;
new LiveFeed(page.dataset.query, {
  element: $("state"),
  i18n,
  event: (type, data, { at }) => {
    if (type === "lines") return showMessages(data.lines);
    if (type !== "room") return;
    reports.add(data.instance, data, at);
    showPeople();
  },
});
