// Rows of notifications under headings of days, kept in step with a list of items without moving what stays.

import { dayName, dayOf } from "../shared/dates.js";

export class DayList {
  #root;
  #makeSection;
  #makeRow;
  #removed;
  #fallback;
  #i18n;
  #rows = new Map();

  /**
   * A row is `{node, item, update(item), refresh(now), focus()}`; `makeRow(item)` makes one, `makeSection()` a section
   * with a heading first and an `ol`. `removed(row)` is called after a row has left. `rows` are already in the page;
   * `fallback` takes the focus when the last row leaves.
   */
  constructor(root, i18n, { makeSection, makeRow, removed, rows = [], fallback = null }) {
    this.#root = root;
    this.#i18n = i18n;
    this.#makeSection = makeSection;
    this.#makeRow = makeRow;
    this.#removed = removed;
    this.#fallback = fallback;
    for (const row of rows) this.#rows.set(row.item.id, row);
  }

  /** The rows, in order. */
  get rows() {
    return [...this.#root.querySelectorAll("[data-id]")].map((node) => this.#rows.get(node.dataset.id));
  }

  get(id) {
    return this.#rows.get(id);
  }

  /** The row that has the focus. */
  get focused() {
    return this.#rows.get(this.#root.querySelector("[data-id]:focus-within")?.dataset.id);
  }

  /** Show these items, newest first. Of a focused row that leaves, the next one takes the focus. */
  show(items) {
    const shown = new Set(items.map(({ id }) => id));
    for (const row of this.#leaving(shown)) {
      row.node.remove();
      this.#rows.delete(row.item.id);
      this.#removed(row);
    }
    let section = null;
    let next = null; // where the following row belongs
    for (const item of items) {
      const day = dayOf(new Date(item.created_at));
      if (section?.dataset.day !== day) {
        section = this.#section(day, section);
        next = section.querySelector("ol").firstElementChild;
      }
      const row = this.#row(item);
      if (row.node === next) next = next.nextElementSibling;
      else section.querySelector("ol").insertBefore(row.node, next);
    }
    for (const other of [...this.#root.children]) if (!other.querySelector("[data-id]")) other.remove();
  }

  /** Write times and days as they are called now. */
  refresh() {
    const now = new Date();
    for (const row of this.#rows.values()) row.refresh(now);
    for (const section of this.#root.children) this.#name(section, now);
  }

  #leaving(shown) {
    const rows = this.rows;
    const { focused } = this;
    if (focused && !shown.has(focused.item.id)) {
      const at = rows.indexOf(focused);
      const stays = ({ item }) => shown.has(item.id);
      (rows.slice(at).find(stays) ?? rows.slice(0, at).findLast(stays) ?? this.#fallback)?.focus();
    }
    return rows.filter(({ item }) => !shown.has(item.id));
  }

  #row(item) {
    const known = this.#rows.get(item.id);
    if (!known) {
      const row = this.#makeRow(item);
      this.#rows.set(item.id, row);
      return row;
    }
    if (known.item !== item) known.update(item);
    return known;
  }

  /** The section of a day, after another one. */
  #section(day, before) {
    const next = before ? before.nextElementSibling : this.#root.firstElementChild;
    if (next?.dataset.day === day) return next;
    const there = [...this.#root.children].find((section) => section.dataset.day === day);
    const section = there ?? this.#makeSection();
    section.dataset.day = day;
    this.#name(section, new Date());
    this.#root.insertBefore(section, next);
    return section;
  }

  #name(section, now) {
    section.firstElementChild.textContent = dayName(section.dataset.day, now, this.#i18n);
  }
}
