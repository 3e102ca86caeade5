// A sending while it goes: its numbers come by the feed, and say nothing until they are others.

import { h } from "../shared/dom.js";
import { full } from "../shared/dates.js";
import { Live } from "./live.js";
import { count, textsOf, write } from "./text.js";
import { localize } from "./time-zone.js";

const TICK_MS = 250;
const SOON_S = 120; // before it goes out, the seconds are counted
const NONE = "–";

const told = (id, page = document) => JSON.parse(page.getElementById(id).textContent);

class Sending {
  #root = document.getElementById("sending");
  #words = textsOf();
  #tags = told("tags");
  #held = told("held");
  #dueAt = performance.now() + Number(this.#root.dataset.left) * 1000;

  begin() {
    localize(this.#root);
    new Live(this.#root.dataset.query, {
      hear: (type, progress) => type === "progress" && this.#show(progress),
      gap: () => this.#refresh(),
      // What happened before it was live was told to nobody here.
      say: (state) => state === "live" && this.#refresh(),
      element: document.getElementById("live"),
      words: this.#words,
    });
    if (this.#state === "waiting") this.#count();
  }

  get #state() {
    return this.#root.dataset.state;
  }

  async #refresh() {
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.#show(told("progress", page));
    } catch {
      // The feed tells the next numbers.
    }
  }

  #show(progress) {
    for (const row of this.#root.querySelectorAll("[data-step]")) {
      const part = progress[row.dataset.step];
      const percent = progress.people ? Math.min(100, Math.round((100 * part) / progress.people)) : 0;
      write(row.querySelector(".n"), String(part));
      write(row.querySelector(".percent"), `${percent} %`);
      row.querySelector("rect").setAttribute("width", `${percent}%`);
    }
    this.#write("offline", String(progress.offline));
    this.#write("rate_per_s", count(progress.rate_per_s, 1));
    for (const name of ["t50_ms", "t95_ms", "t99_ms"]) this.#write(name, this.#span(progress[name]));
    this.#write("recalled_by", progress.recalled_by || NONE);
    this.#write("recall_reason", progress.recall_reason || NONE);
    this.#write("recalled_at", progress.recalled_at ? full(new Date(progress.recalled_at), this.#words) : NONE);
    this.#write("failed", String(progress.failed));
    this.#write("failure", progress.failure || NONE);
    this.#list("suppressed", progress.suppressed, (reason) => this.#held[reason] ?? this.#held.other);
    this.#list("instances", progress.instances, (name) => h("bdi", null, name));
    this.#stand(progress);
  }

  #stand({ state, recalled }) {
    for (const part of this.#root.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    document.getElementById("tombstone").hidden = recalled === 0;
    if (state === this.#state) return;
    this.#root.dataset.state = state;
    const tag = document.getElementById("tag");
    tag.textContent = this.#words.say(`sending_${state}`);
    tag.className = `tag ${this.#tags[state]}`;
    document.getElementById("told").textContent = this.#words.say(`sending_${state}_hint`);
  }

  #count() {
    const node = document.getElementById("countdown");
    const left = Math.ceil((this.#dueAt - performance.now()) / 1000);
    write(node, left > 0 && left <= SOON_S ? this.#words.say("sending_due_in", { n: left }) : "");
    if (left > 0 && this.#state === "waiting") setTimeout(() => this.#count(), TICK_MS);
  }

  #span(ms) {
    if (ms === null) return NONE;
    if (ms < 1000) return this.#words.say("sending_ms", { n: ms });
    return this.#words.say("sending_s", { n: count(ms / 1000, 1) });
  }

  #write(name, text) {
    for (const node of this.#root.querySelectorAll(`[data-of=${name}]`)) write(node, text);
  }

  #list(name, numbers, say) {
    const list = this.#root.querySelector(`[data-rows=${name}]`);
    const rows = Object.entries(numbers).map(([key, n]) => [h("dt", null, say(key)), h("dd", null, String(n))]);
    list.replaceChildren(...rows.flat());
    this.#root.querySelector(`[data-none=${name}]`).hidden = rows.length > 0;
  }
}

new Sending().begin();
