// The panel under the bell: what came lately, and what can be done with it.

import { Deeds } from "../inbox/actions.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { Keys } from "../shared/keyboard.js";
import { open } from "../shared/links.js";
import { Notice } from "../inbox/error-notice.js";
import { Rows } from "./panel-list.js";
import { panel } from "./panel-styles.js";
import { bell, dress } from "../shared/component-styles.js";
import { Undo } from "../inbox/undo.js";

const GAP_PX = 8;
const LEAST_PX = 320; // of height: with less the panel stands above the bell
const SHORTCUTS = {
  j: "next",
  k: "previous",
  "↵": "open",
  e: "archive",
  u: "unread",
  x: "select",
  z: "undo",
  "/": "search",
  "?": "help",
};

export class Panel {
  #host;
  #store;
  #words;
  #bell;
  #inbox;
  #rows;
  #undo;
  #deeds;
  #closing = new AbortController();
  #views = [];
  #tools = [];
  #count = h("span", { role: "status" });
  #help;

  /** `inbox` is where the whole list is, or null; `closed` is called once. */
  constructor(host, { store, words, bell, inbox, closed }) {
    this.#host = host;
    this.#store = store;
    this.#words = words;
    this.#bell = bell;
    this.#inbox = inbox;
    const { signal } = this.#closing;
    const on = {
      open: (row, event) => open(host, store, row.item, event) || this.node.close(),
      act: (rows, verb) => this.#act(rows, verb),
      pick: () => this.#pick(),
    };
    this.#rows = new Rows(store, words, on, signal);
    const notice = h("div", { class: "notice", role: "alert" });
    const bar = h("div", { class: "bar", role: "status" });
    this.#undo = new Undo(bar, words);
    this.#deeds = new Deeds(store, this.#undo, new Notice(notice, words), words);
    const list = [notice, this.#rows.node, bar];
    this.node = h(
      "dialog",
      { "aria-labelledby": "heading", onclick: (event) => event.target === this.node && this.node.close() },
      h("div", { class: "panel" }, this.#head(), this.#tabs(), ...list, this.#foot()),
    );
    this.node.addEventListener("close", () => {
      this.#closing.abort();
      store.watching.delete(this);
      this.node.remove();
      closed();
    });
    new Keys(this.node, this.#keys());
    store.addEventListener("state", () => this.#tell(), { signal });
    addEventListener("resize", () => this.#stand(), { signal });
    this.#tell();
  }

  show() {
    const root = this.#host.shadowRoot;
    dress(root, bell, panel);
    root.append(this.node);
    this.#store.watching.add(this);
    this.node.showModal();
    this.#stand();
    this.#view("all");
    this.#store.see().catch(() => {});
  }

  #say(key, values) {
    return this.#words.say(key, values);
  }

  #tool(drawn, key, act) {
    const said = this.#say(key);
    const props = { class: "tool", type: "button", title: said, "aria-label": said, onclick: act };
    return h("button", props, icon(drawn));
  }

  #head() {
    this.state = h("span", { class: "state", role: "status" });
    const said = this.#say("preferences");
    const href = `${this.#store.origin}/preferences/`;
    return h(
      "div",
      { class: "head" },
      h("h2", { id: "heading", tabindex: -1, autofocus: true }, this.#say("notifications")),
      this.state,
      h("a", { class: "tool", href, title: said, "aria-label": said }, icon("gear")),
      this.#tool("close", "close", () => this.node.close()),
    );
  }

  #tabs() {
    this.#views = ["all", "unread", "archived"].map((filter) => {
      const view = { type: "button", value: filter, onclick: () => this.#view(filter) };
      return h("button", view, this.#say(`view_${filter}`));
    });
    const group = { class: "views", role: "group", "aria-label": this.#say("views") };
    const all = () => this.#deeds.readAll(this.#rows.shown);
    this.#tools = [
      this.#tool("check", "key_unread", () => this.#toggle("reads", this.#rows.picked)),
      this.#tool("archive", "archive", () => this.#toggle("archives", this.#rows.picked)),
    ];
    this.readAll = h("button", { class: "plain", type: "button", onclick: all }, this.#say("mark_all_read"));
    const views = h("div", group, ...this.#views);
    return h("div", { class: "tabs" }, views, this.readAll, this.#count, ...this.#tools);
  }

  #foot() {
    const lines = Object.entries(SHORTCUTS).map(([key, does]) =>
      h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, this.#say(`key_${does}`))),
    );
    this.#help = h("dl", { class: "help", hidden: true }, ...lines);
    this.keys = h(
      "button",
      { class: "plain keys", type: "button", "aria-expanded": "false", onclick: () => this.#tellKeys() },
      this.#say("keys"),
    );
    const inbox = this.#inbox ? h("a", { class: "plain", href: this.#inbox }, this.#say("open_inbox")) : null;
    return h("div", { class: "foot" }, this.#help, inbox, this.keys);
  }

  #keys() {
    const step = (by) => () => {
      const { shown } = this.#rows;
      const at = shown.findIndex((row) => row.node.matches(":focus-within"));
      shown[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1)]?.title.focus();
    };
    const many = () => {
      const { picked, shown } = this.#rows;
      return picked.length ? picked : shown.filter((row) => row.node.matches(":focus-within"));
    };
    return {
      j: step(1),
      ArrowDown: step(1),
      k: step(-1),
      ArrowUp: step(-1),
      e: () => this.#toggle("archives", many()),
      u: () => this.#toggle("reads", many()),
      x: () => {
        const [row] = this.#rows.shown.filter(({ node }) => node.matches(":focus-within"));
        if (row) row.box.checked = !row.box.checked;
        this.#pick();
      },
      z: () => this.#undo.last(),
      "/": () => this.#search(),
      "?": () => this.#tellKeys(),
    };
  }

  /** In the inbox, which may be this very page. */
  #search() {
    if (!this.#inbox) return;
    // Not before the bell has the focus back.
    this.node.addEventListener("close", () => location.assign(new URL("#search", this.#inbox)));
    this.node.close();
  }

  /** The rows have one fate: what the first of them would have alone. */
  #toggle(what, rows) {
    if (rows.length) this.#act(rows, rows[0][what]);
  }

  #act(rows, verb) {
    for (const row of rows) row.box.checked = false;
    this.#pick();
    this.#deeds.offer(verb, rows, () => rows[0].node.isConnected && rows[0].title.focus());
  }

  #pick() {
    const n = this.#rows?.picked.length ?? 0;
    for (const tool of this.#tools) tool.hidden = n === 0;
    this.readAll.hidden = n > 0;
    this.#count.textContent = n ? this.#say("selected", { n }) : "";
  }

  #view(filter) {
    for (const button of this.#views) button.setAttribute("aria-pressed", button.value === filter);
    this.#rows.view(filter);
  }

  #tell() {
    const { state } = this.#store;
    this.state.textContent = this.#say(`state_${state.replace(" ", "_")}`);
    this.state.title = state === "degraded" ? this.#say("state_hint_degraded") : "";
    this.state.dataset.state = state;
  }

  #tellKeys() {
    this.#help.hidden = !this.#help.hidden;
    this.keys.setAttribute("aria-expanded", !this.#help.hidden);
  }

  /** Under the bell, and within the window; on a phone the sheet's own rules win. */
  #stand() {
    const bell = this.#bell.getBoundingClientRect();
    const { width } = this.node.getBoundingClientRect();
    const start = getComputedStyle(this.#host).direction === "rtl" ? bell.left : bell.right - width;
    const below = innerHeight - bell.bottom - 2 * GAP_PX;
    const under = below >= Math.min(LEAST_PX, bell.top);
    const set = (name, px) => this.node.style.setProperty(`--${name}`, `${px}px`);
    set("left", Math.max(GAP_PX, Math.min(start, innerWidth - width - GAP_PX)));
    set("room", under ? below : bell.top - 2 * GAP_PX);
    set("top", under ? bell.bottom + GAP_PX : bell.top - GAP_PX - this.node.offsetHeight);
  }
}
