// The rows on the page, under the days they came on, newest first.

import { Entry } from "./row.js";
import { dayName, dayOf } from "../shared/dates.js";

export const MOST = 500; // rows a page may hold; what is older has a page of its own
const MOST_GONE = 500;

export class List {
  more; // whether older ones than these lie at the hub
  #days;
  #templates;
  #words;
  #left;
  #rows = new Map();
  #gone = new Map();
  #expecting = new Set();

  /** Take over what the server wrote. `left` is told of each row that leaves. */
  constructor(days, templates, words, more, left) {
    this.#days = days;
    this.#templates = templates;
    this.#words = words;
    this.#left = left;
    this.more = more;
    const rows = [...days.querySelectorAll(".row")].map((element) => new Entry(element, words));
    for (const row of rows) this.#rows.set(row.id, row);
    // The server wrote the days of UTC.
    for (const row of rows) this.#place(row);
    this.#tidy();
    this.refresh();
  }

  get size() {
    return this.#rows.size;
  }

  get rows() {
    return [...this.#days.querySelectorAll(".row")].map((element) => this.#rows.get(element.dataset.id));
  }

  get last() {
    return this.#rows.get(this.#days.querySelector(".day:last-child .row:last-child")?.dataset.id);
  }

  /** The row that is here. */
  get(id) {
    return this.#rows.get(id);
  }

  /** The row that is here, or was. */
  known(id) {
    return this.#rows.get(id) ?? this.#gone.get(id);
  }

  /** Show a new one. */
  put(item, preferences) {
    this.#touch(item.id);
    const row = new Entry(this.#templates.row.content.firstElementChild.cloneNode(true), this.#words);
    row.fill(item, preferences);
    row.mark(item.read_at !== null);
    row.put(item.archived_at !== null);
    this.#show(row);
    return row;
  }

  /** Show a row that had left, in its place. */
  back(row) {
    this.#touch(row.id);
    if (this.#rows.has(row.id)) return;
    this.#gone.delete(row.id);
    this.#show(row);
  }

  /** Let a row go, and remember it. */
  take(row) {
    this.#touch(row.id);
    this.#gone.set(row.id, row);
    if (this.#gone.size > MOST_GONE) this.#gone.delete(this.#gone.keys().next().value);
    if (this.#rows.has(row.id)) this.#drop(row);
  }

  /** Let it go for good. */
  forget(id) {
    this.#touch(id);
    const row = this.#rows.get(id);
    this.#gone.delete(id);
    if (row) this.#drop(row);
  }

  /** To be given to `merge`: what changes from now on is newer than an answer that is asked for now. */
  expect() {
    const touched = new Set();
    this.#expecting.add(touched);
    return touched;
  }

  settle(touched) {
    this.#expecting.delete(touched);
  }

  /** Show what the hub found, and of the others only those that `keeps` wants. */
  merge(items, more, touched, preferences, keeps) {
    this.settle(touched);
    const there = new Set(items.map((item) => item.id));
    for (const row of [...this.#rows.values()]) if (!there.has(row.id) && !keeps(row)) this.#drop(row);
    this.more = false; // what was found has no gap
    for (const item of items) {
      if (touched.has(item.id)) continue;
      const row = this.#rows.get(item.id);
      if (!row) {
        this.put(item, preferences);
        continue;
      }
      row.fill(item, preferences);
      row.mark(item.read_at !== null);
      row.put(item.archived_at !== null);
    }
    this.more ||= more;
    this.#tidy();
  }

  /** Forget what had left: another view begins. */
  begin() {
    this.#gone.clear();
  }

  /** Say times and days anew. */
  refresh() {
    const now = new Date();
    for (const row of this.#rows.values()) row.refresh(now);
    for (const section of this.#days.children) {
      section.querySelector("h2").textContent = dayName(section.dataset.day, now, this.#words);
    }
  }

  #touch(id) {
    for (const touched of this.#expecting) touched.add(id);
  }

  #show(row) {
    // Between the last row and an older one lie some that are not here yet.
    if (this.more && this.last && order(row, this.last) > 0) return;
    this.#rows.set(row.id, row);
    this.#place(row);
    if (this.#rows.size > MOST) {
      this.#drop(this.last);
      this.more = true;
    }
  }

  #drop(row) {
    const focused = row.element.contains(document.activeElement);
    const rows = focused ? this.rows : [];
    const at = rows.indexOf(row);
    this.#rows.delete(row.id);
    row.element.remove();
    row.element.classList.remove("fresh");
    this.#left(row);
    if (focused) (rows[at + 1] ?? rows[at - 1])?.element.focus();
    this.#tidy();
  }

  #tidy() {
    for (const section of [...this.#days.children]) if (!section.querySelector(".row")) section.remove();
  }

  #place(row) {
    const section = this.#section(dayOf(new Date(row.at))).querySelector("ol");
    if (row.element.parentElement === section) return;
    const next = [...section.children].find((other) => order(this.#rows.get(other.dataset.id), row) > 0);
    section.insertBefore(row.element, next ?? null);
  }

  #section(day) {
    const sections = [...this.#days.children];
    const there = sections.find((section) => section.dataset.day === day);
    if (there) return there;
    const section = this.#templates.day.content.firstElementChild.cloneNode(true);
    section.dataset.day = day;
    section.querySelector("h2").textContent = dayName(day, new Date(), this.#words);
    this.#days.insertBefore(section, sections.find((other) => other.dataset.day < day) ?? null);
    return section;
  }
}

/** Below zero if the first stands above the second. */
function order(one, other) {
  if (one.at !== other.at) return one.at < other.at ? 1 : -1;
  return one.id < other.id ? 1 : one.id > other.id ? -1 : 0;
}
