// The part of an inbox that is shown: filter, category, search and page. `notifications/inbox/filters.py` mirrors it.

import { mount } from "../shared/mount.js";

const FILTERS = ["all", "unread", "archived"];

export class InboxFilters {
  constructor({ filter = "all", category = "", q = "", before = "" } = {}) {
    this.filter = FILTERS.includes(filter) ? filter : "all";
    this.category = category;
    this.q = q;
    this.before = before;
  }

  /** From a query string, as `location.search` has it. */
  static parse(search) {
    return new InboxFilters(Object.fromEntries(new URLSearchParams(search)));
  }

  with(changes) {
    return new InboxFilters({ ...this, ...changes });
  }

  /** The address of the inbox page with these filters. */
  get url() {
    const defaults = new InboxFilters();
    const changed = Object.entries(this).filter(([name, value]) => value !== defaults[name]);
    return changed.length ? `${mount}/?${new URLSearchParams(changed)}` : `${mount}/`;
  }

  /** The key of the phrase for an empty list. */
  get emptyKey() {
    if (this.q || this.category) return "nothing_found";
    return this.filter === "all" ? "all_quiet" : `nothing_${this.filter}`;
  }

  /** Whether an item that matched once still does, after its state changed. */
  keeps({ read_at, archived_at }) {
    const archived = archived_at !== null;
    return archived === (this.filter === "archived") && (this.filter !== "unread" || read_at === null);
  }

  /** Whether a new item belongs in the list. */
  accepts(item) {
    if (!this.keeps(item) || this.filter === "archived" || this.before) return false;
    if (this.category && item.category !== this.category) return false;
    return `${item.title}\n${item.body}`.toLowerCase().includes(this.q.toLowerCase());
  }

  /** Whether an item that was never loaded may belong in the list once its state changed so. */
  mayGain({ read_at, archived_at }) {
    if (archived_at !== undefined && (archived_at !== null) === (this.filter === "archived")) return true;
    return read_at === null && this.filter === "unread";
  }
}
