// The inbox list without a DOM: which items are shown and in what order, while events, actions and answers race.

export const MAX_ITEMS = 500; // shown at once; older ones are on another page
const MAX_HIDDEN = 500; // remembered after they left the list, to return without a request

/**
 * Items are as the API returns them. They are replaced when they change, never modified, so that a view can
 * compare by identity. What changes while a request is under way is newer than its answer: `begin` records it,
 * and `merge` lays it over what the answer says.
 */
export class InboxModel {
  filters;
  hasMore; // whether the hub has older items
  #visible = new Map();
  #hidden = new Map();
  #sorted = null;
  #requests = new Set();
  #changed;

  /** `changed()` is called after each change of `items`. */
  constructor({ filters, items = [], hasMore = false, changed = () => {} }) {
    this.filters = filters;
    this.hasMore = hasMore;
    this.#changed = changed;
    for (const item of items) this.#visible.set(item.id, item);
  }

  /** What is shown, newest first. */
  get items() {
    this.#sorted ??= [...this.#visible.values()].sort(newestFirst);
    return this.#sorted;
  }

  get last() {
    return this.items.at(-1);
  }

  /** An item that is shown. */
  get(id) {
    return this.#visible.get(id);
  }

  /** Change the filters; what is shown stays until the answer, unless `clear` is called. */
  setFilters(filters) {
    this.filters = filters;
    this.#hidden.clear();
  }

  clear() {
    this.#visible.clear();
    this.hasMore = false;
    this.#notify();
  }

  /** A notification came. An event is the same for all its recipients, so it never changes the state of a known item. */
  receive(event) {
    const known = this.#known(event.id);
    const { read_at = null, archived_at = null } = known ?? event;
    const item = { ...event, read_at, archived_at };
    if (this.#visible.has(item.id)) this.#visible.set(item.id, item);
    else this.#refreshHidden(item);
    this.#record(item.id, {});
    if (!known && this.filters.accepts(item)) this.#show(item);
    this.#notify();
  }

  /**
   * An item, or `"all"`, was read, marked unread, archived or moved back. Returns whether the list may lack an
   * item now and should be loaded again.
   */
  update({ id, read_at, archived_at }) {
    if (id === "all") return read_at ? this.#readAll(read_at) : false;
    const state = given({ read_at, archived_at });
    this.#record(id, state);
    const known = this.#known(id);
    if (!known) return this.filters.mayGain(state);
    this.#place({ ...known, ...state });
    this.#notify();
    return false;
  }

  /** It was recalled. */
  remove(id) {
    this.#record(id, null);
    this.#visible.delete(id);
    this.#hidden.delete(id);
    this.#notify();
  }

  /** Before a request for items: the changes that come before its answer are recorded in what is returned. */
  begin() {
    const changes = new Map();
    this.#requests.add(changes);
    return changes;
  }

  end(changes) {
    this.#requests.delete(changes);
  }

  /** Show what a request found. Of the items that it did not find, those stay for which `keep(item)` holds. */
  merge(found, hasMore, changes, keep) {
    this.end(changes);
    const ids = new Set(found.map(({ id }) => id));
    for (const item of [...this.#visible.values()]) {
      if (!ids.has(item.id) && !keep(item)) this.#visible.delete(item.id);
    }
    this.#sorted = null;
    this.hasMore = false; // what was found has no gap
    for (const item of found) {
      const change = changes.get(item.id);
      if (change !== null) this.#place({ ...item, ...changes.get("all"), ...change });
    }
    this.hasMore ||= hasMore;
    this.#notify();
  }

  #known(id) {
    return this.#visible.get(id) ?? this.#hidden.get(id);
  }

  #readAll(read_at) {
    this.#record("all", { read_at });
    for (const item of [...this.#visible.values(), ...this.#hidden.values()]) {
      if (item.read_at !== null) continue;
      this.#record(item.id, { read_at });
      this.#place({ ...item, read_at });
    }
    this.#notify();
    return true; // what came after the hub's moment is unread
  }

  #record(id, change) {
    for (const changes of this.#requests) {
      changes.set(id, change && { ...changes.get(id), ...change });
    }
  }

  #place(item) {
    if (this.filters.keeps(item)) this.#show(item);
    else this.#hide(item);
  }

  #show(item) {
    const shown = this.#visible.has(item.id);
    // Between the last item and an older one lie some that were not loaded.
    if (!shown && this.hasMore && this.last && newestFirst(item, this.last) > 0) return this.#refreshHidden(item);
    this.#hidden.delete(item.id);
    this.#visible.set(item.id, item);
    this.#sorted = null;
    if (this.#visible.size <= MAX_ITEMS) return;
    this.#visible.delete(this.last.id);
    this.#sorted = null;
    this.hasMore = true;
  }

  #refreshHidden(item) {
    if (this.#hidden.has(item.id)) this.#hidden.set(item.id, item);
  }

  #hide(item) {
    this.#visible.delete(item.id);
    this.#sorted = null;
    this.#hidden.delete(item.id);
    this.#hidden.set(item.id, item);
    if (this.#hidden.size > MAX_HIDDEN) this.#hidden.delete(this.#hidden.keys().next().value);
  }

  #notify() {
    this.#sorted = null;
    this.#changed();
  }
}

/** Below zero if the first stands above the second. */
function newestFirst(one, other) {
  if (one.created_at !== other.created_at) return one.created_at < other.created_at ? 1 : -1;
  return one.id < other.id ? 1 : one.id > other.id ? -1 : 0;
}

const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
