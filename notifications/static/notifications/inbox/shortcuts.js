// The inbox by the keyboard alone.

import { Keys } from "../shared/keyboard.js";

const HELP = document.getElementById("keys");
const TAGS = ["notification-bell", "notification-toasts"];

/** A dialog and the components have keys of their own. */
const elsewhere = (event) => HELP.open || event.composedPath().some(({ localName }) => TAGS.includes(localName));

export class Shortcuts {
  #list;
  #selection;
  #finder;
  #act;
  #here = null;

  /** `act(verb, rows)` does it. */
  constructor({ list, selection, finder, choice, undo, act }) {
    this.#list = list;
    this.#selection = selection;
    this.#finder = finder;
    this.#act = act;
    document.getElementById("days").addEventListener("focusin", ({ target }) => {
      this.#here = target.closest(".row").dataset.id;
    });
    const handlers = {
      j: () => this.#step(1),
      k: () => this.#step(-1),
      e: () => this.#do(() => (finder.view.filter === "archived" ? "unarchive" : "archive")),
      u: () => this.#do((rows) => (rows.some((row) => row.unread) ? "read" : "unread")),
      x: () => this.#current && selection.toggle(this.#current),
      z: () => undo.last(),
      "/": () => choice.search(),
      "?": () => HELP.showModal(),
      Enter: ({ target }) => (target.matches(".row") ? this.#current.link.click() : false),
      Escape: () => (selection.rows.length ? selection.clear() : false),
    };
    const guard = (does) => (event) => !elsewhere(event) && does(event);
    new Keys(document, Object.fromEntries(Object.entries(handlers).map(([key, does]) => [key, guard(does)])));
  }

  get #current() {
    return this.#list.get(document.activeElement?.closest(".row")?.dataset.id);
  }

  #step(by) {
    const { rows } = this.#list;
    const at = rows.indexOf(this.#list.get(this.#here));
    // From elsewhere on the page, first back to where the reader was.
    const row = rows[at < 0 ? 0 : at + (this.#current ? by : 0)];
    row?.element.focus();
    row?.element.scrollIntoView({ block: "nearest" });
    if (!row && by > 0) this.#finder.older();
  }

  /** To what is selected, or else to where the reader is. */
  #do(verb) {
    const selected = this.#selection.rows;
    const rows = selected.length ? selected : [this.#current].filter(Boolean);
    this.#act(verb(rows), rows);
    this.#selection.clear();
  }
}
