// The rows that are selected, and the bar that says how many and what can be done with them.

export class Selection {
  #bar;
  #words;
  #rows = new Map();

  constructor(bar, words) {
    this.#bar = bar;
    this.#words = words;
  }

  /** In this view, with nothing selected. */
  begin({ filter }) {
    this.clear();
    this.#bar.querySelector("[data-act=archive]").hidden = filter === "archived";
    this.#bar.querySelector("[data-act=unarchive]").hidden = filter !== "archived";
  }

  get rows() {
    return [...this.#rows.values()];
  }

  set(row, on) {
    if (on) this.#rows.set(row.id, row);
    else this.#rows.delete(row.id);
    row.pick(on);
    this.#show();
  }

  toggle(row) {
    this.set(row, !this.#rows.has(row.id));
  }

  clear() {
    for (const row of this.rows) row.pick(false);
    this.#rows.clear();
    this.#show();
  }

  #show() {
    const n = this.#rows.size;
    this.#bar.querySelector("[role=status]").textContent = n ? this.#words.say("selected", { n }) : "";
    this.#bar.hidden = n === 0;
  }
}
