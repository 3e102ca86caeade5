// The panel's list: asked for by the page, kept up to date by the feed.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { Row } from "./panel-row.js";
import { dayName, dayOf } from "../shared/dates.js";

const PAGE = 30;
const MOST = 100; // that one question may ask for
const TIMES_MS = 20_000;
const AGAIN_MS = 5000;

const MATCHES = {
  unread: (row) => row.unread,
  all: (row) => !row.item.archived_at,
  archived: (row) => row.item.archived_at !== null,
};
const EMPTY = { unread: "nothing_unread", all: "all_quiet", archived: "nothing_archived" };

export class Rows {
  filter = "all";
  #store;
  #words;
  #on;
  #known = new Map();
  #touched = new Map();
  #next = null;
  #turn = 0;
  #standing = "asking"; // or "failed", or "there"
  #days = h("div");
  #empty = h("div", { class: "empty" });
  #end = h("div", { class: "end", role: "status" });
  #eye;

  constructor(store, words, on, signal) {
    this.#store = store;
    this.#words = words;
    this.#on = on;
    this.node = h("div", { class: "list", tabindex: -1 }, this.#days, this.#empty, this.#end);
    this.#eye = new IntersectionObserver(([seen]) => seen.isIntersecting && this.#ask(true), {
      root: this.node,
      rootMargin: "200px",
    });
    const heard = {
      notification: (item) => {
        this.#touch(item.id, {});
        if (!this.#known.has(item.id)) this.#put(item);
      },
      reading: ({ id, ...now }) => this.#reading(id, now),
      recalled: ({ id }) => {
        this.#touch(id, null);
        this.#drop(id);
      },
      behind: () => this.#ask(),
      state: (state) => state === "live" && this.#standing === "failed" && this.#ask(),
    };
    for (const [type, hear] of Object.entries(heard)) {
      store.addEventListener(type, ({ detail }) => hear(detail), { signal });
    }
    const clock = setInterval(() => this.#tick(), TIMES_MS);
    signal.addEventListener("abort", () => {
      clearInterval(clock);
      this.#eye.disconnect();
      this.#turn += 1;
    });
  }

  /** The rows that are shown, in order. */
  get shown() {
    return [...this.#days.querySelectorAll(".row")].map((node) => this.#known.get(node.dataset.id));
  }

  get picked() {
    return this.shown.filter((row) => row.box.checked);
  }

  view(filter) {
    this.filter = filter;
    this.#known.clear();
    this.#days.replaceChildren();
    this.#on.pick();
    return this.#ask();
  }

  /** The next page, or all that is shown anew; what is touched meanwhile is newer than the answer. */
  async #ask(more = false) {
    const turn = ++this.#turn;
    const limit = more ? PAGE : Math.min(MOST, Math.max(PAGE, this.#known.size));
    this.#touched.clear();
    this.#eye.disconnect();
    this.#standing = "asking";
    this.#say(this.#words.say("loading"));
    try {
      const before = more && this.#next;
      const { items, next } = await this.#store.find({ filter: this.filter, before, limit });
      if (turn !== this.#turn) return;
      const there = new Set(items.map(({ id }) => id));
      const gone = (id) => !more && !there.has(id) && !this.#touched.has(id);
      for (const id of [...this.#known.keys()].filter(gone)) this.#drop(id);
      for (const item of items) {
        const newer = this.#touched.get(item.id);
        if (newer !== null) this.#put({ ...item, ...this.#touched.get("all"), ...newer });
      }
      this.#next = next;
      this.#standing = "there";
      this.#settle();
    } catch {
      if (turn !== this.#turn) return;
      this.#standing = "failed";
      const again = { class: "plain", type: "button", onclick: () => this.#ask(more) };
      this.#say(this.#words.say("not_loaded"), h("button", again, this.#words.say("try_again")));
      setTimeout(() => turn === this.#turn && this.#ask(more), AGAIN_MS * (1 + Math.random()));
    }
  }

  #touch(id, now) {
    this.#touched.set(id, now && { ...this.#touched.get(id), ...now });
  }

  #reading(id, said) {
    // Of all, only the moments that are given hold.
    const now = id === "all" ? Object.fromEntries(Object.entries(said).filter(([, at]) => at)) : said;
    this.#touch(id, now);
    const rows = id === "all" ? [...this.#known.values()] : [this.#known.get(id)];
    for (const row of rows) {
      // It may belong here, and is not known: archived until now, or not asked for yet.
      if (!row) return now.read_at === null || "archived_at" in now ? this.#ask() : undefined;
      Object.assign(row.item, now);
      this.#place(row);
    }
  }

  #put(item) {
    const row = this.#known.get(item.id) ?? new Row(item, this.#store, this.#words, this.#on);
    Object.assign(row.item, item);
    this.#known.set(item.id, row);
    this.#place(row);
  }

  #drop(id) {
    const row = this.#known.get(id);
    if (row) this.#leave(row);
    this.#known.delete(id);
  }

  #place(row) {
    row.show();
    if (!MATCHES[this.filter](row)) return this.#leave(row);
    if (row.node.isConnected) return;
    const day = dayOf(new Date(row.item.created_at));
    const list = this.#section(day).querySelector("ol");
    const next = [...list.children].find((node) => order(this.#known.get(node.dataset.id)) < order(row));
    list.insertBefore(row.node, next ?? null);
    this.#settle();
  }

  #section(day) {
    const sections = [...this.#days.children];
    const there = sections.find((section) => section.dataset.day === day);
    if (there) return there;
    const heading = h("h3", null, dayName(day, new Date(), this.#words));
    const section = h("section", { "data-day": day }, heading, h("ol", { role: "list" }));
    this.#days.insertBefore(section, sections.find((other) => other.dataset.day < day) ?? null);
    return section;
  }

  #leave(row) {
    if (!row.node.isConnected) return;
    if (row.node.matches(":focus-within")) {
      const { shown } = this;
      const at = shown.indexOf(row);
      (shown[at + 1]?.title ?? shown[at - 1]?.title ?? this.node).focus();
    }
    const section = row.node.closest("section");
    row.node.remove();
    row.box.checked = false;
    if (!section.querySelector(".row")) section.remove();
    this.#on.pick();
    this.#settle();
  }

  #settle() {
    if (this.#standing !== "there") return;
    this.#eye.disconnect();
    if (this.#next) return this.#eye.observe(this.#end);
    const none = !this.#days.firstChild;
    this.#say(none ? "" : this.#words.say("no_more"));
    if (none) {
      const key = EMPTY[this.filter];
      this.#empty.replaceChildren(
        icon(this.filter === "archived" ? "archive" : "bell"),
        h("h3", null, this.#words.say(key)),
        h("p", null, this.#words.say(`${key}_hint`)),
      );
    }
  }

  #say(...said) {
    this.#empty.replaceChildren();
    this.#end.replaceChildren(...said);
  }

  #tick() {
    for (const row of this.shown) row.show();
    for (const { dataset, firstChild } of this.#days.children) {
      firstChild.textContent = dayName(dataset.day, new Date(), this.#words);
    }
  }
}

const order = ({ item }) => `${item.created_at} ${item.id}`;
