// Loads an inbox model: by filters, page by page, and again when something may be missing.

import { MAX_ITEMS } from "./model.js";

const MAX_ITEMS_PER_REQUEST = 100; // of the API
const RETRY_MS = [2000, 10_000];

export class InboxLoader {
  failed; // whether the last answer is missing: a retry is due
  #client;
  #model;
  #pageSize;
  #loaded;
  #settled;
  #refreshDue = false;
  #refreshing = false;
  #olderOf = null; // the filters for which older items are being loaded
  #timer;
  #closed = false;

  /**
   * `client.list(query)` resolves to `{items, next}`. `loaded(ok)` is called after each answer. A refresh waits
   * until `settled()` has resolved: until no action of the user is still on its way to the hub. `failed` says that
   * the model has to be refreshed from the start.
   */
  constructor(client, model, { pageSize, loaded, settled, failed = false }) {
    this.#client = client;
    this.#model = model;
    this.#pageSize = pageSize;
    this.#loaded = loaded;
    this.#settled = settled;
    this.failed = failed;
  }

  /** Show other filters. */
  async load(filters) {
    this.#model.setFilters(filters);
    await this.#request(async (changes) => {
      const { items, next } = await this.#list({ limit: this.#pageSize });
      const keep = (item) => changes.has(item.id) && filters.accepts(item);
      return () => this.#model.merge(items, next !== null, changes, keep);
    });
  }

  /** Load again what is shown. */
  async refresh() {
    this.#refreshDue = true;
    if (this.#refreshing) return;
    this.#refreshing = true;
    while (this.#refreshDue && !this.#closed) {
      this.#refreshDue = false;
      await this.#settled();
      await this.#request((changes) => this.#reload(changes));
    }
    this.#refreshing = false;
  }

  /** Whether `loadOlder` would load something. */
  get canLoadOlder() {
    return this.#model.hasMore && this.#model.items.length < MAX_ITEMS;
  }

  async loadOlder() {
    const { filters } = this.#model;
    if (this.#olderOf === filters || !this.canLoadOlder) return;
    this.#olderOf = filters;
    await this.#request(async (changes) => {
      const before = this.#model.last?.id ?? filters.before;
      const { items, next } = await this.#list({ before, limit: this.#pageSize });
      return () => this.#model.merge(items, next !== null, changes, () => true);
    });
    if (this.#olderOf === filters) this.#olderOf = null;
  }

  /** Ignore what is still under way. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #reload(changes) {
    const { filters } = this.#model;
    const items = [];
    let next = null;
    let limit = Math.min(MAX_ITEMS_PER_REQUEST, Math.max(this.#pageSize, this.#model.items.length));
    do {
      const answer = await this.#list(next ? { before: next, limit } : { limit });
      items.push(...answer.items);
      next = answer.next;
      limit = MAX_ITEMS_PER_REQUEST;
    } while (next && this.#model.filters === filters && this.#model.last?.created_at < items.at(-1).created_at);
    // An item of the same moment as the last one may stand after it.
    const isOlder = (item) => next !== null && item.created_at <= items.at(-1).created_at;
    const keep = (item) => (changes.has(item.id) ? filters.keeps(item) : isOlder(item));
    return () => this.#model.merge(items, next !== null, changes, keep);
  }

  #list(query) {
    return this.#client.list({ ...this.#model.filters, ...query });
  }

  /** Show the answer unless the filters have changed meanwhile; without one, try again later. */
  async #request(ask) {
    clearTimeout(this.#timer);
    const { filters } = this.#model;
    const changes = this.#model.begin();
    const show = await ask(changes).catch(() => null);
    this.#model.end(changes);
    if (this.#model.filters !== filters || this.#closed) return;
    this.failed = show === null;
    show?.();
    if (this.failed) {
      const [min, max] = RETRY_MS;
      this.#timer = setTimeout(() => this.refresh(), min + Math.random() * (max - min));
    }
    this.#loaded(!this.failed);
  }
}
