// The page of a sending: its progress, live. Numbers that have not changed are not written again.

import { full } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { LiveFeed } from "./live.js";
import { number, setText, translatorFromPage } from "./text.js";
import { localize } from "./time-zone.js";

const TICK_MS = 250;
const COUNTDOWN_S = 120; // before it goes out, during which seconds are shown
const NONE = "–";

const data = (id, page = document) => JSON.parse(page.getElementById(id).textContent);

class Sending {
  #root = document.getElementById("sending");
  #i18n = translatorFromPage();
  #tags = data("tags");
  #held = data("held");
  #dueAt = performance.now() + Number(this.#root.dataset.left) * 1000;

  start() {
    localize(this.#root);
    new LiveFeed(this.#root.dataset.query, {
      event: (type, progress) => type === "progress" && this.#show(progress),
      // The next numbers come on the feed.
      gap: () => this.#refresh().catch(() => {}),
      // This page missed what happened before the feed was live.
      state: (state) => state === "live" && this.#refresh().catch(() => {}),
      request: () => this.#refresh(),
      element: document.getElementById("live"),
      i18n: this.#i18n,
    });
    if (this.#state === "waiting") this.#countDown();
  }

  get #state() {
    return this.#root.dataset.state;
  }

  async #refresh() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.#show(data("progress", page));
  }

  #show(progress) {
    for (const row of this.#root.querySelectorAll("[data-step]")) {
      const part = progress[row.dataset.step];
      const percent = progress.people ? Math.min(100, Math.round((100 * part) / progress.people)) : 0;
      setText(row.querySelector(".n"), String(part));
      setText(row.querySelector(".percent"), `${percent} %`);
      row.querySelector("rect").setAttribute("width", `${percent}%`);
    }
    this.#setText("offline", String(progress.offline));
    this.#setText("rate_per_s", number(progress.rate_per_s, 1));
    for (const name of ["t50_ms", "t95_ms", "t99_ms"]) this.#setText(name, this.#duration(progress[name]));
    this.#setText("recalled_by", progress.recalled_by || NONE);
    this.#setText("recall_reason", progress.recall_reason || NONE);
    this.#setText("recalled_at", progress.recalled_at ? full(new Date(progress.recalled_at), this.#i18n) : NONE);
    this.#setText("failed", String(progress.failed));
    this.#setText("failure", progress.failure || NONE);
    this.#list("suppressed", progress.suppressed, (reason) => this.#held[reason] ?? this.#held.other);
    this.#list("instances", progress.instances, (name) => h("bdi", null, name));
    this.#setState(progress);
  }

  #setState({ state, recalled }) {
    for (const part of this.#root.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    document.getElementById("tombstone").hidden = recalled === 0;
    if (state === this.#state) return;
    this.#root.dataset.state = state;
    const tag = document.getElementById("tag");
    tag.textContent = this.#i18n.text(`sending_${state}`);
    tag.className = `tag ${this.#tags[state]}`;
    document.getElementById("state-hint").textContent = this.#i18n.text(`sending_${state}_hint`);
  }

  #countDown() {
    const node = document.getElementById("countdown");
    const left = Math.ceil((this.#dueAt - performance.now()) / 1000);
    setText(node, left > 0 && left <= COUNTDOWN_S ? this.#i18n.text("sending_due_in", { n: left }) : "");
    if (left > 0 && this.#state === "waiting") setTimeout(() => this.#countDown(), TICK_MS);
  }

  #duration(ms) {
    if (ms === null) return NONE;
    if (ms < 1000) return this.#i18n.text("sending_ms", { n: ms });
    return this.#i18n.text("sending_s", { n: number(ms / 1000, 1) });
  }

  #setText(name, text) {
    for (const node of this.#root.querySelectorAll(`[data-of=${name}]`)) setText(node, text);
  }

  #list(name, numbers, label) {
    const list = this.#root.querySelector(`[data-rows=${name}]`);
    const rows = Object.entries(numbers).map(([key, n]) => [h("dt", null, label(key)), h("dd", null, String(n))]);
    list.replaceChildren(...rows.flat());
    this.#root.querySelector(`[data-none=${name}]`).hidden = rows.length > 0;
  }
}

new Sending().start();
