// The panel's list of notifications: a view of the inbox model.

import { DayList } from "../inbox/day-list.js";
import { InboxFilters } from "../inbox/filters.js";
import { InboxLoader } from "../inbox/loader.js";
import { InboxModel } from "../inbox/model.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { PanelRow } from "./panel-row.js";

const PAGE_SIZE = 30;
const TIMES_MS = 20_000;

export class PanelList {
  #i18n;
  #on;
  #model;
  #loader;
  #list;
  #loading = true;
  #days = h("div");
  #empty = h("div", { class: "empty" });
  #end = h("div", { class: "end", role: "status" });
  #observer;

  /** `on`: those of `PanelRow`, and `settled()` as `InboxLoader` takes it. It lives until `signal` aborts. */
  constructor(store, client, i18n, on, signal) {
    this.#i18n = i18n;
    this.#on = on;
    this.node = h("div", { class: "list", tabindex: -1 }, this.#days, this.#empty, this.#end);
    this.#list = new DayList(this.#days, i18n, {
      makeSection: () => h("section", null, h("h3"), h("ol", { role: "list" })),
      makeRow: (item) => new PanelRow(item, store, i18n, on),
      removed: (row) => (row.checkbox.checked = false),
      fallback: this.node,
    });
    this.#model = new InboxModel({ filters: new InboxFilters(), changed: () => this.#show() });
    this.#loader = new InboxLoader(client, this.#model, {
      pageSize: PAGE_SIZE,
      settled: on.settled,
      loaded: () => {
        this.#loading = false;
        this.#showEnd();
      },
    });
    this.#observer = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#loadOlder(), {
      root: this.node,
      rootMargin: "200px",
    });
    const handlers = {
      notification: (item) => this.#model.receive(item),
      reading: (change) => this.#model.update(change) && this.#refresh(),
      recalled: ({ id }) => this.#model.remove(id),
      behind: () => this.#refresh(),
      state: (state) => state === "live" && this.#loader.failed && this.#refresh(),
    };
    for (const [type, handle] of Object.entries(handlers)) {
      store.addEventListener(type, ({ detail }) => handle(detail), { signal });
    }
    const timer = setInterval(() => this.#list.refresh(), TIMES_MS);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#observer.disconnect();
      this.#loader.close();
    });
  }

  /** The rows, in order. */
  get rows() {
    return this.#list.rows;
  }

  get(id) {
    return this.#list.get(id);
  }

  get focused() {
    return this.#list.focused;
  }

  get selected() {
    return this.rows.filter((row) => row.checkbox.checked);
  }

  get items() {
    return this.#model.items;
  }

  /** Show one of the filters all, unread and archived. */
  load(filter) {
    this.#showLoading();
    this.#model.clear();
    return this.#loader.load(new InboxFilters({ filter }));
  }

  /** See `InboxModel.update`. */
  update(change) {
    this.#model.update(change);
  }

  #loadOlder() {
    this.#showLoading();
    return this.#loader.loadOlder();
  }

  #refresh() {
    this.#showLoading();
    return this.#loader.refresh();
  }

  #show() {
    this.#list.show(this.#model.items);
    this.#on.select();
    this.#showEnd();
  }

  #showLoading() {
    this.#loading = true;
    this.#observer.disconnect();
    this.#showText(this.#i18n.text("loading"));
  }

  #showEnd() {
    if (this.#loading) return;
    this.#observer.disconnect();
    if (this.#loader.failed) {
      const retry = { class: "plain", type: "button", onclick: () => this.#refresh() };
      return this.#showText(this.#i18n.text("not_loaded"), h("button", retry, this.#i18n.text("try_again")));
    }
    if (this.#loader.canLoadOlder) return this.#observer.observe(this.#end);
    const { items, filters } = this.#model;
    this.#showText(items.length ? this.#i18n.text("no_more") : "");
    if (items.length) return;
    this.#empty.replaceChildren(
      icon(filters.filter === "archived" ? "archive" : "bell"),
      h("h3", null, this.#i18n.text(filters.emptyKey)),
      h("p", null, this.#i18n.text(`${filters.emptyKey}_hint`)),
    );
  }

  #showText(...children) {
    this.#empty.replaceChildren();
    this.#end.replaceChildren(...children);
  }
}
