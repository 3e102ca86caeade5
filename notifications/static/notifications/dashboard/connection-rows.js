// The open connections of all instances together, the newest first, each row written in place.

import { h } from "../shared/dom.js";
import { Grid, labeller } from "./keyed-rows.js";
import { SILENT_MS } from "./instances.js";
import { count, labelsOf, span, write } from "./text.js";

const SHOWN = 200;

export class ConnectionRows {
  #words;
  #labels = labelsOf();
  #links;
  #may;
  #told = new Map(); // by instance: {matching, connections, at}
  #came = new Map(); // by key: when it was opened, said once, so that no row moves
  #grid;
  #now = 0;
  #label = labeller(document.getElementById("list"));
  #empty = document.getElementById("no-connections");
  #shown = document.getElementById("shown");
  #held = document.getElementById("held");

  /** `dataset` says where the links lead, and what its reader may do. */
  constructor(words, dataset) {
    this.#words = words;
    this.#links = { why: dataset.why, people: dataset.people, tail: dataset.tail };
    this.#may = { test: "sends" in dataset, disconnect: "manages" in dataset };
    this.#grid = new Grid(document.getElementById("list"), (one) => this.#row(one), {
      holds: true,
      held: (n) => write(this.#held, n ? words.say("watch_waiting_rows", { n: count(n) }) : ""),
    });
  }

  hear(told, at) {
    const connections = told.connections.map((one) => {
      const key = `${told.instance} ${one.number}`;
      if (!this.#came.has(key)) this.#came.set(key, at - one.age_s * 1000);
      return { ...one, key, instance: told.instance, came: this.#came.get(key) };
    });
    this.#told.set(told.instance, { matching: told.matching, connections, at });
  }

  /** What every instance told that is not silent `now`. */
  show(now) {
    this.#now = now;
    for (const [name, { at }] of this.#told) if (now - at > SILENT_MS) this.#told.delete(name);
    if (!this.#told.size) return;
    const all = [...this.#told.values()].flatMap(({ connections }) => connections);
    all.sort((a, b) => b.came - a.came || (a.key < b.key ? 1 : -1));
    const matching = [...this.#told.values()].reduce((total, one) => total + one.matching, 0);
    const keys = new Set(all.map(({ key }) => key));
    for (const key of this.#came.keys()) if (!keys.has(key)) this.#came.delete(key);
    const shown = all.slice(0, SHOWN);
    this.#grid.show(shown);
    write(this.#shown, this.#words.say("watch_showing", { n: count(shown.length), of: count(matching) }));
    this.#empty.hidden = matching > 0;
  }

  #row({ instance, number, person, kind, address, topics, more_topics: more, came }) {
    const words = this.#words;
    const age = h("span");
    const waiting = h("small");
    const data = { instance, number: String(number), person: person.id, name: person.name };
    const about = (verb) => words.say("watch_about", { verb: words.say(verb), name: person.name, number });
    const to = (url) => url + encodeURIComponent(person.name);
    const button = (act, style) => {
      const verb = `watch_${act}`;
      const props = { type: "button", class: style, "data-act": act, "aria-label": about(verb) };
      return h("button", props, words.say(verb));
    };
    const link = (url, verb) =>
      h("a", { class: "quiet", href: to(url), "aria-label": about(verb) }, words.say(verb));
    const list = topics.map((topic) => this.#labels[topic] ?? topic).join(", ") + (more ? ` ${words.say("watch_more_topics", { n: count(more) })}` : "");
    const element = h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: to(this.#links.people) }, h("bdi", {}, person.name))),
      h("td", {}, words.say(`watch_kind_${kind}`)),
      h("td", { class: "topics", title: list }, h("bdi", { class: "mono" }, list)),
      h("td", {}, h("bdi", {}, `${instance} #${number}`), h("small", {}, h("bdi", { class: "mono" }, address))),
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
    Object.assign(element.dataset, data);
    this.#label(element);
    const fill = ({ waiting_bytes: bytes }) => {
      write(age, span((this.#now - came) / 1000, words));
      write(waiting, bytes ? words.say("watch_waits", { n: count(bytes / 1000, 1) }) : "");
    };
    return { element, fill };
  }
}
