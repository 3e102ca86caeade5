// Rows that are updated often: in place, by key, so that focus, scroll position and clicks are not lost.

export class KeyedRows {
  #body;
  #make;
  #rows = new Map(); // by key: {element, fill}
  #pending = null;
  #held;
  #holds;

  /**
   * `make(item)` returns {element, fill(item)}; every item has a `key`. While the pointer is over rows that `holds`,
   * none moves: new ones wait, and those that are gone are only marked. `held(n)` is called with the number that wait.
   */
  constructor(body, make, { holds = false, held = () => {} } = {}) {
    this.#body = body;
    this.#make = make;
    this.#held = held;
    this.#holds = holds && matchMedia("(hover: hover)").matches;
    if (this.#holds) body.addEventListener("pointerleave", () => this.#pending && this.show(this.#pending));
  }

  /** All rows there are, in order. Those that stay are not moved among each other. */
  show(items) {
    this.#pending = null;
    const byKey = new Map(items.map((item) => [item.key, item]));
    if (this.#holds && this.#rows.size && this.#body.matches(":hover")) return this.#hold(items, byKey);
    for (const [key, { element }] of this.#rows) {
      if (byKey.has(key)) continue;
      if (element.contains(document.activeElement)) this.#moveFocus(element);
      element.remove();
      this.#rows.delete(key);
    }
    let next = this.#body.firstElementChild;
    for (const item of items) {
      const row = this.#rows.get(item.key) ?? this.#add(item);
      if (row.element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(row.element, next);
      row.element.classList.remove("gone");
      row.fill(item);
    }
    this.#held(0);
  }

  #add(item) {
    const row = this.#make(item);
    this.#rows.set(item.key, row);
    return row;
  }

  #hold(items, byKey) {
    this.#pending = items;
    for (const [key, { element, fill }] of this.#rows) {
      const item = byKey.get(key);
      element.classList.toggle("gone", !item);
      if (item) fill(item);
    }
    this.#held(items.filter(({ key }) => !this.#rows.has(key)).length);
  }

  /** From a row that leaves to the same control of its neighbour. */
  #moveFocus(element) {
    const neighbour = element.nextElementSibling ?? element.previousElementSibling;
    const control = neighbour?.querySelector("a, button:not(:disabled)");
    const target = control ?? this.#body.closest("[tabindex]");
    target?.focus({ preventScroll: true });
  }
}

/** Returns a function that labels the cells of a row with the heads of their columns, for a phone. */
export function labeller(body) {
  const labels = [...body.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  return (row) => {
    for (const cell of row.cells) if (cell.localName === "td") cell.dataset.label = labels[cell.cellIndex];
  };
}
