// The table of the instances.

import { h } from "../shared/dom.js";
import { TAGS } from "./instances.js";
import { KeyedRows, labeller } from "./keyed-rows.js";
import { duration, number, rounded, setText } from "./text.js";

export class InstanceRows {
  #i18n;
  #manages;
  #rows;
  #empty = document.getElementById("no-instances");
  #now = 0;
  #label = labeller(document.getElementById("instances"));

  constructor(i18n, { manages }) {
    this.#i18n = i18n;
    this.#manages = manages;
    this.#rows = new KeyedRows(document.getElementById("instances"), (instance) => this.#draw(instance));
  }

  show(all, now) {
    this.#now = now;
    this.#empty.hidden = all.length > 0;
    this.#rows.show(all.map((instance) => ({ key: instance.name, ...instance })));
  }

  #draw({ name }) {
    const i18n = this.#i18n;
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
    const fill = (instance) => {
      element.classList.toggle("silent", instance.state === "silent");
      tag.className = `tag ${TAGS[instance.state]}`;
      setText(tag, i18n.text(`watch_${instance.state}`));
      setText(cells.feeds, number(instance.feeds));
      setText(cells.members, number(instance.members));
      setText(cells.topics, number(instance.topics));
      setText(cells.deliveries, rounded(instance.deliveries_per_s));
      setText(cells.loop, i18n.text("watch_ms", { n: rounded(instance.loop_lag_ms) }));
      setText(cells.hearing, i18n.text("watch_ms", { n: rounded(instance.hearing_lag_ms) }));
      setText(cells.memory, i18n.text("watch_mb", { n: number(instance.memory_mb) }));
      setText(cells.cpu, `${number(instance.cpu * 100)} %`);
      const up = duration((this.#now - Date.parse(instance.started_at)) / 1000, i18n);
      setText(since, i18n.text("watch_up", { version: instance.version, up }));
      const action = instance.draining ? "undrain" : "drain";
      if (button.dataset.act !== action) {
        button.dataset.act = action;
        button.textContent = i18n.text(`watch_${action}`);
        button.setAttribute("aria-label", i18n.text(`watch_${action}_named`, { name }));
      }
    };
    return { element, fill };
  }
}
