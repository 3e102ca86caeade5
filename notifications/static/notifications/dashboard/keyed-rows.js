// Rows that are written anew often: in place, by key, so that neither focus nor scroll nor a press is lost.

export class Grid {
  #body;
  #make;
  #rows = new Map(); // by key: {element, fill}
  #waiting = null;
  #held;

  /**
   * `make(item)` gives {element, fill(item)}; every item has a `key`. While somebody points into a grid that
   * `holds`, no row moves: new ones wait, those that went are only marked. `held(n)` is told how many wait.
   */
  constructor(body, make, { holds = false, held = () => {} } = {}) {
    this.#body = body;
    this.#make = make;
    this.#held = held;
    this.holds = holds && matchMedia("(hover: hover)").matches;
    if (this.holds) {
      const go = () => this.#waiting && this.show(this.#waiting);
      body.addEventListener("pointerleave", go);
    }
  }

  /** All rows there are, in order. Those that stay are not moved among each other. */
  show(items) {
    this.#waiting = null;
    const byKey = new Map(items.map((item) => [item.key, item]));
    if (this.holds && this.#rows.size && this.#body.matches(":hover")) return this.#wait(items, byKey);
    for (const [key, { element }] of this.#rows) {
      if (byKey.has(key)) continue;
      if (element.contains(document.activeElement)) this.#leave(element);
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

  #wait(items, byKey) {
    this.#waiting = items;
    for (const [key, { element, fill }] of this.#rows) {
      const item = byKey.get(key);
      element.classList.toggle("gone", !item);
      if (item) fill(item);
    }
    this.#held(items.filter(({ key }) => !this.#rows.has(key)).length);
  }

  /** The keyboard goes on from the row beside. */
  #leave(element) {
    const beside = element.nextElementSibling ?? element.previousElementSibling;
    const same = beside?.querySelector("a, button:not(:disabled)");
    const target = same ?? this.#body.closest("[tabindex]");
    target?.focus({ preventScroll: true });
  }
}

/** On a phone each cell of a row says its column, as the table's head names it. */
export function labeller(body) {
  const labels = [...body.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  return (row) => {
    for (const cell of row.cells) if (cell.localName === "td") cell.dataset.label = labels[cell.cellIndex];
  };
}
