// The table of the instances.

import { h } from "../shared/dom.js";
import { Grid, labeller } from "./keyed-rows.js";
import { TAGS } from "./instances.js";
import { count, short, span, write } from "./text.js";

export class InstanceRows {
  #words;
  #manages;
  #grid;
  #empty = document.getElementById("no-instances");
  #now = 0;
  #label = labeller(document.getElementById("instances"));

  constructor(words, { manages }) {
    this.#words = words;
    this.#manages = manages;
    this.#grid = new Grid(document.getElementById("instances"), (one) => this.#row(one));
  }

  show(all, now) {
    this.#now = now;
    this.#empty.hidden = all.length > 0;
    this.#grid.show(all.map((one) => ({ key: one.name, ...one })));
  }

  #row({ name }) {
    const words = this.#words;
    const cells = {};
    const cell = (key) => (cells[key] = h("td", { class: "number" }));
    const tag = h("span");
    const since = h("small");
    const button = h("button", { type: "button", class: "quiet" });
    const element = h(
      "tr",
      { "data-instance": name },
      h("th", { scope: "row" }, h("bdi", {}, name), since),
      h("td", {}, tag),
      cell("feeds"),
      cell("members"),
      cell("topics"),
      cell("deliveries"),
      cell("loop"),
      cell("hearing"),
      cell("memory"),
      cell("cpu"),
      this.#manages ? h("td", { class: "acts-cell" }, button) : null,
    );
    this.#label(element);
    const fill = (one) => {
      element.classList.toggle("silent", one.state === "silent");
      tag.className = `tag ${TAGS[one.state]}`;
      write(tag, words.say(`watch_${one.state}`));
      write(cells.feeds, count(one.feeds));
      write(cells.members, count(one.members));
      write(cells.topics, count(one.topics));
      write(cells.deliveries, short(one.deliveries_per_s));
      write(cells.loop, words.say("watch_ms", { n: short(one.loop_lag_ms) }));
      write(cells.hearing, words.say("watch_ms", { n: short(one.hearing_lag_ms) }));
      write(cells.memory, words.say("watch_mb", { n: count(one.memory_mb) }));
      write(cells.cpu, `${count(one.cpu * 100)} %`);
      const up = span((this.#now - Date.parse(one.started_at)) / 1000, words);
      write(since, words.say("watch_up", { version: one.version, up }));
      const act = one.draining ? "undrain" : "drain";
      if (button.dataset.act !== act) {
        button.dataset.act = act;
        button.textContent = words.say(`watch_${act}`);
        button.setAttribute("aria-label", words.say(`watch_${act}_named`, { name }));
      }
    };
    return { element, fill };
  }
}
