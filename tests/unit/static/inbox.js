// Items, a model and a client for the tests of the inbox.

import { InboxFilters } from "../../../notifications/static/notifications/inbox/filters.js";
import { InboxModel } from "../../../notifications/static/notifications/inbox/model.js";

export const READ = "2026-03-01T13:00:00.000Z";

/** The nth item is a second newer than the one before. */
export function item(n, state = {}) {
  const created_at = new Date(Date.UTC(2026, 2, 1, 12, 0, n)).toISOString();
  const text = { title: `title ${n}`, body: "", category: "", severity: "info" };
  return { id: String(n).padStart(4, "0"), created_at, ...text, read_at: null, archived_at: null, ...state };
}

/** From a to b, newest first. */
export const items = (newest, oldest, state) =>
  Array.from({ length: newest - oldest + 1 }, (_, n) => item(newest - n, state));

export function model({ filter = "all", ...options } = {}) {
  return new InboxModel({ filters: new InboxFilters({ filter }), ...options });
}

export const numbers = ({ items }) => items.map(({ id }) => Number(id));

/** Resolves requests one by one: `answer()` gives the next its items. */
export class Client {
  queries = [];
  #waiting = [];

  list(query) {
    this.queries.push(query);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  get open() {
    return this.#waiting.length;
  }

  async answer(items, next = null) {
    this.#waiting.shift().resolve({ items, next });
    await settle();
  }

  async fail() {
    this.#waiting.shift().reject(new Error("no answer"));
    await settle();
  }
}

/** Every promise that can resolve by itself has done so. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
