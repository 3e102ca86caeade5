// The panel of the bell: recent notifications, and what can be done with them.

import { InboxActions } from "../inbox/actions.js";
import { ErrorNotice } from "../inbox/error-notice.js";
import { Undo } from "../inbox/undo.js";
import { bellStyles, setStyles } from "../shared/component-styles.js";
import { showState } from "../shared/connection-state.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { InboxClient } from "../shared/inbox-client.js";
import { itemStyles } from "../shared/item-styles.js";
import { Keyboard } from "../shared/keyboard.js";
import { open } from "../shared/links.js";
import { shortcutHelp } from "../shared/shortcut-help.js";
import { PanelList } from "./panel-list.js";
import { PanelRooms } from "./panel-rooms.js";
import { panelStyles } from "./panel-styles.js";

const GAP_PX = 8;
const MIN_HEIGHT_PX = 320; // with less below the bell, the panel stands above it

export class Panel {
  #host;
  #store;
  #client;
  #i18n;
  #bell;
  #inbox;
  #list;
  #undo;
  #actions;
  #closing = new AbortController();
  #views = [];
  #tools = [];
  #count = h("span", { role: "status" });
  #state;
  #readAll;
  #help;
  #helpButton;

  /** `inbox` is the address of the whole list, or "none"; `closed()` is called once. */
  constructor(host, { store, i18n, bell, inbox, closed }) {
    this.#host = host;
    this.#store = store;
    this.#client = new InboxClient(store);
    this.#i18n = i18n;
    this.#bell = bell;
    this.#inbox = inbox === "none" ? null : new URL(inbox, document.baseURI).href;
    const { signal } = this.#closing;
    const notice = h("div", { class: "notice", role: "alert" });
    const bar = h("div", { class: "bar", role: "status" });
    this.#undo = new Undo(bar, i18n);
    const rejected = (state) => this.#list.update(state);
    this.#actions = new InboxActions(this.#client, this.#undo, new ErrorNotice(notice, i18n), i18n, rejected);
    const on = {
      open: (row, event) => open(host, this.#client, row.item, event) || this.node.close(),
      act: (rows, verb) => this.#act(rows, verb),
      select: () => this.#showSelection(),
      settled: () => this.#actions.settled(),
    };
    this.#list = new PanelList(store, this.#client, i18n, on, signal);
    const list = [notice, new PanelRooms(store, i18n, signal).node, this.#list.node, bar];
    this.node = h(
      "dialog",
      { "aria-labelledby": "heading", onclick: (event) => event.target === this.node && this.node.close() },
      h("div", { class: "panel" }, this.#drawHead(), this.#drawTabs(), ...list, this.#drawFoot()),
    );
    this.node.addEventListener("close", () => {
      this.#closing.abort();
      store.openLists.delete(this);
      this.node.remove();
      closed();
    });
    new Keyboard(this.node, this.#shortcuts());
    store.addEventListener("state", () => this.#showState(), { signal });
    addEventListener("resize", () => this.#position(), { signal });
    this.#showState();
  }

  show() {
    const root = this.#host.shadowRoot;
    setStyles(root, bellStyles, itemStyles, panelStyles);
    root.append(this.node);
    this.#store.openLists.add(this);
    this.node.showModal();
    this.#position();
    this.#load("all");
    this.#client.markSeen().catch(() => {});
  }

  #text(key, values) {
    return this.#i18n.text(key, values);
  }

  #drawTool(name, key, onclick) {
    const label = this.#text(key);
    return h("button", { class: "tool", type: "button", title: label, "aria-label": label, onclick }, icon(name));
  }

  #drawHead() {
    this.#state = h("span", { class: "state", role: "status" });
    const label = this.#text("preferences");
    const href = `${this.#store.origin}/preferences/`;
    return h(
      "div",
      { class: "head" },
      h("h2", { id: "heading", tabindex: -1, autofocus: true }, this.#text("notifications")),
      this.#state,
      h("a", { class: "tool", href, title: label, "aria-label": label }, icon("gear")),
      this.#drawTool("close", "close", () => this.node.close()),
    );
  }

  #drawTabs() {
    this.#views = ["all", "unread", "archived"].map((filter) => {
      const view = { type: "button", value: filter, onclick: () => this.#load(filter) };
      return h("button", view, this.#text(`view_${filter}`));
    });
    const group = { class: "views", role: "group", "aria-label": this.#text("views") };
    const readAll = () => this.#actions.readAll(this.#list.items);
    this.#tools = [
      this.#drawTool("check", "key_unread", () => this.#toggle("readVerb", this.#list.selected)),
      this.#drawTool("archive", "archive", () => this.#toggle("archiveVerb", this.#list.selected)),
    ];
    this.#readAll = h("button", { class: "plain", type: "button", onclick: readAll }, this.#text("mark_all_read"));
    const views = h("div", group, ...this.#views);
    return h("div", { class: "tabs" }, views, this.#readAll, this.#count, ...this.#tools);
  }

  #drawFoot() {
    this.#help = h("dl", { class: "help", hidden: true }, ...shortcutHelp(this.#i18n));
    const onclick = () => this.#toggleHelp();
    const props = { class: "plain keys", type: "button", "aria-expanded": "false", onclick };
    this.#helpButton = h("button", props, this.#text("keys"));
    const inbox = this.#inbox ? h("a", { class: "plain", href: this.#inbox }, this.#text("open_inbox")) : null;
    return h("div", { class: "foot" }, this.#help, inbox, this.#helpButton);
  }

  #shortcuts() {
    const step = (by) => () => {
      const { rows, focused } = this.#list;
      const at = rows.indexOf(focused);
      rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
    };
    const affected = () => {
      const { selected, focused } = this.#list;
      return selected.length || !focused ? selected : [focused];
    };
    return {
      j: step(1),
      ArrowDown: step(1),
      k: step(-1),
      ArrowUp: step(-1),
      e: () => this.#toggle("archiveVerb", affected()),
      u: () => this.#toggle("readVerb", affected()),
      x: () => {
        const { focused } = this.#list;
        if (focused) focused.checkbox.checked = !focused.checkbox.checked;
        this.#showSelection();
      },
      z: () => this.#undo.last(),
      "/": () => this.#search(),
      "?": () => this.#toggleHelp(),
    };
  }

  /** In the inbox, which may be this very page. */
  #search() {
    if (!this.#inbox) return;
    // Not before the bell has the focus back.
    this.node.addEventListener("close", () => location.assign(new URL("#search", this.#inbox)));
    this.node.close();
  }

  /** All rows are treated as the first of them would be alone. */
  #toggle(verbOf, rows) {
    if (rows.length) this.#act(rows, rows[0][verbOf]);
  }

  #act(rows, verb) {
    const items = rows.map(({ item }) => item);
    for (const row of rows) row.checkbox.checked = false;
    this.#showSelection();
    this.#actions.offer(verb, items, () => this.#list.get(items[0].id)?.focus());
  }

  #showSelection() {
    const n = this.#list.selected.length;
    for (const tool of this.#tools) tool.hidden = n === 0;
    this.#readAll.hidden = n > 0;
    this.#count.textContent = n ? this.#text("selected", { n }) : "";
  }

  #load(filter) {
    for (const button of this.#views) button.setAttribute("aria-pressed", button.value === filter);
    this.#list.load(filter);
  }

  #showState() {
    showState(this.#state, this.#store.state, this.#i18n);
  }

  #toggleHelp() {
    this.#help.hidden = !this.#help.hidden;
    this.#helpButton.setAttribute("aria-expanded", !this.#help.hidden);
  }

  /** Under the bell, and within the window; on a phone the style sheet's own rules win. */
  #position() {
    const bell = this.#bell.getBoundingClientRect();
    const { width } = this.node.getBoundingClientRect();
    const start = getComputedStyle(this.#host).direction === "rtl" ? bell.left : bell.right - width;
    const below = innerHeight - bell.bottom - 2 * GAP_PX;
    const under = below >= Math.min(MIN_HEIGHT_PX, bell.top);
    const set = (name, px) => this.node.style.setProperty(`--${name}`, `${px}px`);
    set("left", Math.max(GAP_PX, Math.min(start, innerWidth - width - GAP_PX)));
    set("height", under ? below : bell.top - 2 * GAP_PX);
    set("top", under ? bell.bottom + GAP_PX : bell.top - GAP_PX - this.node.offsetHeight);
  }
}
