// Keyboard shortcuts of the inbox page. `notifications/inbox/views.py` lists them in the page's help.

import { Keyboard } from "../shared/keyboard.js";

const HELP = document.getElementById("keys");
const COMPONENTS = ["notification-bell", "notification-toasts"];

/** A dialog and the components have keys of their own. */
const isElsewhere = (event) =>
  HELP.open || event.composedPath().some(({ localName }) => COMPONENTS.includes(localName));

export class Shortcuts {
  #list;
  #selection;
  #loader;
  #act;
  #last = null; // the id of the row that had the focus

  /** `act(verb, items)` does it. */
  constructor({ list, model, selection, loader, form, undo, act }) {
    this.#list = list;
    this.#selection = selection;
    this.#loader = loader;
    this.#act = act;
    document.getElementById("days").addEventListener("focusin", ({ target }) => {
      this.#last = target.closest(".row").dataset.id;
    });
    const handlers = {
      j: () => this.#step(1),
      k: () => this.#step(-1),
      e: () => this.#apply(() => (model.filters.filter === "archived" ? "unarchive" : "archive")),
      u: () => this.#apply((items) => (items.some(({ read_at }) => read_at === null) ? "read" : "unread")),
      x: () => list.focused && selection.toggle(list.focused),
      z: () => undo.last(),
      "/": () => form.focusSearch(),
      "?": () => HELP.showModal(),
      Enter: ({ target }) => (target.matches(".row") ? list.focused.link.click() : false),
      Escape: () => (selection.items.length ? selection.clear() : false),
    };
    const guard = (handle) => (event) => !isElsewhere(event) && handle(event);
    new Keyboard(document, Object.fromEntries(Object.entries(handlers).map(([key, handle]) => [key, guard(handle)])));
  }

  #step(by) {
    const { rows, focused } = this.#list;
    const at = rows.indexOf(this.#list.get(this.#last));
    // From elsewhere on the page, first back to where the user was.
    const row = rows[at < 0 ? 0 : at + (focused ? by : 0)];
    row?.focus();
    row?.node.scrollIntoView({ block: "nearest" });
    if (!row && by > 0) this.#loader.loadOlder();
  }

  /** To the selected items, or else to the focused one. */
  #apply(verb) {
    const selected = this.#selection.items;
    const focused = this.#list.focused;
    const items = selected.length || !focused ? selected : [focused.item];
    this.#act(verb(items), items);
    this.#selection.clear();
  }
}
