// The table of open connections, of all instances together and newest first.

import { h } from "../shared/dom.js";
import { KeyedRows, labeller } from "./keyed-rows.js";
import { Reports } from "./reports.js";
import { duration, labelsFromPage, number, setText } from "./text.js";

const MAX_ROWS = 200;

export class ConnectionRows {
  #i18n;
  #labels = labelsFromPage();
  #links;
  #may;
  #reports = new Reports(); // {matching, connections}
  #opened = new Map(); // by key: when it was opened, computed once, so that no row moves
  #rows;
  #now = 0;
  #label = labeller(document.getElementById("list"));
  #empty = document.getElementById("no-connections");
  #shown = document.getElementById("shown");
  #held = document.getElementById("held");

  /** `dataset` of the page: where the links lead, and what the viewer may do. */
  constructor(i18n, dataset) {
    this.#i18n = i18n;
    this.#links = { why: dataset.why, people: dataset.people, tail: dataset.tail };
    this.#may = { test: "sends" in dataset, disconnect: "manages" in dataset };
    this.#rows = new KeyedRows(document.getElementById("list"), (connection) => this.#draw(connection), {
      holds: true,
      held: (n) => setText(this.#held, n ? i18n.text("watch_waiting_rows", { n: number(n) }) : ""),
    });
  }

  add({ instance, matching, connections }, at) {
    const keyed = connections.map((connection) => {
      const key = `${instance} ${connection.number}`;
      if (!this.#opened.has(key)) this.#opened.set(key, at - connection.age_s * 1000);
      return { ...connection, key, instance, opened: this.#opened.get(key) };
    });
    this.#reports.add(instance, { matching, connections: keyed }, at);
  }

  /** Show the reports of every instance that is not silent `now`. */
  show(now) {
    this.#now = now;
    this.#reports.prune(now);
    const reports = this.#reports.all;
    if (!reports.length) return;
    const all = reports.flatMap(({ connections }) => connections);
    all.sort((a, b) => b.opened - a.opened || (a.key < b.key ? 1 : -1));
    const matching = reports.reduce((total, report) => total + report.matching, 0);
    const keys = new Set(all.map(({ key }) => key));
    for (const key of this.#opened.keys()) if (!keys.has(key)) this.#opened.delete(key);
    const rows = all.slice(0, MAX_ROWS);
    this.#rows.show(rows);
    setText(this.#shown, this.#i18n.text("watch_showing", { n: number(rows.length), of: number(matching) }));
    this.#empty.hidden = matching > 0;
  }

  #draw({ instance, number: id, person, kind, address, topics, more_topics: more, opened }) {
    const i18n = this.#i18n;
    const age = h("span");
    const waiting = h("small");
    const labelFor = (verb) => i18n.text("watch_about", { verb: i18n.text(verb), name: person.name, number: id });
    const to = (url) => url + encodeURIComponent(person.name);
    const button = (action, style) => {
      const verb = `watch_${action}`;
      const props = { type: "button", class: style, "data-act": action, "aria-label": labelFor(verb) };
      return h("button", props, i18n.text(verb));
    };
    const link = (url, verb) =>
      h("a", { class: "quiet", href: to(url), "aria-label": labelFor(verb) }, i18n.text(verb));
    const suffix = more ? ` ${i18n.text("watch_more_topics", { n: number(more) })}` : "";
    const list = topics.map((topic) => this.#labels[topic] ?? topic).join(", ") + suffix;
    const element = h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: to(this.#links.people) }, h("bdi", {}, person.name))),
      h("td", {}, i18n.text(`watch_kind_${kind}`)),
      h("td", { class: "topics", title: list }, h("bdi", { class: "mono" }, list)),
      h("td", {}, h("bdi", {}, `${instance} #${id}`), h("small", {}, h("bdi", { class: "mono" }, address))),
      h("td", { class: "number" }, age, waiting),
      h(
        "td",
        { class: "acts-cell" },
        h(
          "div",
          { class: "actions" },
          this.#may.test ? button("test", "quiet") : null,
          link(this.#links.why, "watch_why"),
          this.#may.disconnect ? link(this.#links.tail, "watch_tail") : null,
          this.#may.disconnect ? button("disconnect", "danger") : null,
        ),
      ),
    );
    Object.assign(element.dataset, { instance, number: String(id), person: person.id, name: person.name });
    this.#label(element);
    const fill = ({ waiting_bytes: bytes }) => {
      setText(age, duration((this.#now - opened) / 1000, i18n));
      setText(waiting, bytes ? i18n.text("watch_waits", { n: number(bytes / 1000, 1) }) : "");
    };
    return { element, fill };
  }
}
