// Which notifications expire, and when. Times are in milliseconds since 1970, by the clock of the hub.

const MAX_IDS = 1000;

export class ExpiryQueue {
  #times = new Map(); // by id

  /** When the next one expires; Infinity if none does. */
  get next() {
    return Math.min(...this.#times.values());
  }

  /** An item of the API; most have no `expires_at`. */
  add({ id, expires_at }) {
    if (!expires_at) return;
    this.#times.delete(id);
    this.#times.set(id, Date.parse(expires_at));
    if (this.#times.size > MAX_IDS) this.#times.delete(this.#times.keys().next().value);
  }

  /** Remove those that have expired, and return their ids. */
  expire(now) {
    const ids = [...this.#times].filter(([, time]) => time <= now).map(([id]) => id);
    for (const id of ids) this.#times.delete(id);
    return ids;
  }
}
