// The selected rows of the inbox page, and the bar with their number and their actions.

export class Selection {
  #bar;
  #i18n;
  #rows = new Map();

  constructor(bar, i18n) {
    this.#bar = bar;
    this.#i18n = i18n;
  }

  /** Start with these filters and nothing selected. */
  reset({ filter }) {
    this.clear();
    this.#bar.querySelector("[data-act=archive]").hidden = filter === "archived";
    this.#bar.querySelector("[data-act=unarchive]").hidden = filter !== "archived";
  }

  get items() {
    return [...this.#rows.values()].map(({ item }) => item);
  }

  set(row, on) {
    if (on) this.#rows.set(row.item.id, row);
    else this.#rows.delete(row.item.id);
    row.select(on);
    this.#show();
  }

  toggle(row) {
    this.set(row, !this.#rows.has(row.item.id));
  }

  clear() {
    for (const row of this.#rows.values()) row.select(false);
    this.#rows.clear();
    this.#show();
  }

  #show() {
    const n = this.#rows.size;
    this.#bar.querySelector("[role=status]").textContent = n ? this.#i18n.text("selected", { n }) : "";
    this.#bar.hidden = n === 0;
  }
}
