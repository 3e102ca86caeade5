// The notifications on the page: rows under the days they came on, newest first.

import { ago, dayName, dayOf, full } from "./times.js";

const MOST = 200; // rows a page that stays open for days may hold

export class List {
  #days;
  #templates;
  #empty;
  #rows = new Map();
  #touched = new Set();

  constructor(days, templates, empty) {
    this.#days = days;
    this.#templates = templates;
    this.#empty = empty;
    for (const row of days.querySelectorAll(".row")) this.#rows.set(row.dataset.id, row);
    // The server wrote the days of UTC.
    for (const row of this.#rows.values()) this.#place(row);
    this.#trim();
    this.refresh();
  }

  get unread() {
    return this.#days.querySelectorAll(".unread").length;
  }

  /** Show a notification, or what is new about it; whether it was new here. */
  put(item, fresh = false) {
    this.#touched.add(item.id);
    const known = this.#rows.get(item.id);
    const row = known ?? this.#templates.row.content.firstElementChild.cloneNode(true);
    fill(row, item);
    if (!known) {
      this.#rows.set(item.id, row);
      // An event is the same for everybody, so of a known row it must not change the reading.
      this.mark(item.id, item.read_at !== null);
      row.classList.toggle("fresh", fresh);
    }
    this.#place(row);
    this.#trim();
    return !known;
  }

  mark(id, read) {
    this.#touched.add(id);
    const row = this.#rows.get(id);
    if (!row) return;
    row.classList.toggle("unread", !read);
    row.querySelector(".dot").hidden = read;
    row.querySelector("button").textContent = read ? "Mark unread" : "Mark read";
  }

  remove(id) {
    this.#touched.add(id);
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
    this.#trim();
  }

  /** Call it before the list is asked for: what changes until `merge` is newer than the answer. */
  expect() {
    this.#touched.clear();
  }

  merge(items) {
    const newer = new Set(this.#touched);
    const there = new Set(items.map((item) => item.id));
    for (const id of [...this.#rows.keys()]) if (!there.has(id) && !newer.has(id)) this.remove(id);
    for (const item of items) {
      if (newer.has(item.id)) continue;
      this.put(item);
      this.mark(item.id, item.read_at !== null);
    }
  }

  /** Say times and days anew. */
  refresh() {
    const now = new Date();
    for (const section of this.#days.children) {
      section.querySelector("h2").textContent = dayName(section.dataset.day, now);
      for (const time of section.querySelectorAll("time")) time.textContent = ago(new Date(time.dateTime), now);
    }
  }

  #trim() {
    if (this.#rows.size > MOST) {
      const last = [...this.#days.querySelectorAll(".row")].at(-1);
      this.#rows.delete(last.dataset.id);
      last.remove();
    }
    for (const section of [...this.#days.children]) if (!section.querySelector(".row")) section.remove();
    this.#empty.hidden = this.#rows.size > 0;
  }

  #place(row) {
    const { dateTime } = row.querySelector("time");
    const from = row.parentElement;
    const rows = this.#section(dayOf(new Date(dateTime))).querySelector("ol");
    if (from !== rows) {
      const next = [...rows.children].find((other) => other.querySelector("time").dateTime <= dateTime);
      rows.insertBefore(row, next ?? null);
    }
  }

  #section(day) {
    const sections = [...this.#days.children];
    const there = sections.find((section) => section.dataset.day === day);
    if (there) return there;
    const section = this.#templates.day.content.firstElementChild.cloneNode(true);
    section.dataset.day = day;
    section.querySelector("h2").textContent = dayName(day, new Date());
    this.#days.insertBefore(section, sections.find((other) => other.dataset.day < day) ?? null);
    return section;
  }
}

function fill(row, item) {
  const find = (selector) => row.querySelector(selector);
  row.dataset.id = item.id;
  row.dataset.severity = item.severity;
  const icon = find("use");
  icon.setAttribute("href", icon.getAttribute("href").replace(/#.*$/, `#${item.severity}`));
  const title = find(".title");
  title.id = `title-${item.id}`;
  title.textContent = item.title;
  if (/^(https?:\/\/|\/(?!\/))/i.test(item.url)) title.href = item.url;
  else title.removeAttribute("href");
  write(find(".body"), item.body);
  write(find(".severity"), item.severity[0].toUpperCase() + item.severity.slice(1));
  write(find(".category"), item.category);
  const time = find("time");
  time.dateTime = item.created_at;
  time.title = full(new Date(item.created_at));
  time.textContent = ago(new Date(item.created_at), new Date());
  find("button").setAttribute("aria-describedby", title.id);
}

function write(element, text) {
  element.textContent = text;
  element.hidden = !text;
}
