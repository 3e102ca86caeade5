// Which toasts are shown, and for how long. It knows no clock but the `now` it is given, in milliseconds.

const MOST = 3;
const STORM = { atOnce: 3, lately: 6, latelyMs: 10_000 }; // more than this becomes one summary
const STAYS_MS = { info: 6000, success: 6000, warning: 10_000, error: 10_000, critical: Infinity };
const SUMMARY_MS = 10_000;

const ordinary = ({ severity }) => severity !== "critical";

export class Pile {
  /** Newest first, each `{key, item, ids, severity, until, folded}`; a summary's `item` is null. */
  #toasts = [];
  #held = [];
  #lately = [];
  #stoppedAt = null;
  #key = 0;

  get shown() {
    return this.#toasts.filter(({ folded }) => !folded);
  }

  /** How many notifications have no room. */
  get more() {
    return this.#toasts.reduce((n, { folded, ids }) => n + (folded ? ids.size : 0), 0);
  }

  /** When the next one goes by itself; Infinity if none does. */
  get next() {
    return this.#stoppedAt === null ? Math.min(...this.shown.map(({ until }) => until)) : Infinity;
  }

  arrive(items, now) {
    const fresh = items.filter(ordinary).map(() => now);
    this.#lately = [...this.#lately.filter((at) => now - at < STORM.latelyMs), ...fresh];
    this.#add(items, fresh.length > STORM.atOnce || this.#lately.length > STORM.lately, now);
  }

  /** These came while nobody looked. */
  hold(items) {
    this.#held.push(...items);
  }

  /** Somebody looks: what was held and is still unread. */
  reveal(now) {
    const items = this.#held.splice(0);
    this.#add(items, items.filter(ordinary).length > 1, now);
  }

  /** It was read, archived or recalled. */
  drop(id) {
    this.#held = this.#held.filter((item) => item.id !== id);
    for (const { ids } of this.#toasts) ids.delete(id);
    this.#settle();
  }

  dismiss(key) {
    this.#toasts = this.#toasts.filter((toast) => toast.key !== key);
    this.#settle();
  }

  /** The list is looked at, which shows all of these. */
  seen() {
    this.#held = [];
    this.#toasts = this.#toasts.filter((toast) => !ordinary(toast));
    this.#settle();
  }

  clear() {
    this.#held = [];
    this.#toasts = [];
  }

  expire(now) {
    if (this.#stoppedAt !== null) return;
    this.#toasts = this.#toasts.filter(({ folded, until }) => folded || until > now);
    this.#settle();
  }

  stop(now) {
    this.#stoppedAt ??= now;
  }

  go(now) {
    if (this.#stoppedAt === null) return;
    for (const toast of this.#toasts) toast.until += now - this.#stoppedAt;
    this.#stoppedAt = null;
  }

  #add(items, storm, now) {
    const summary = this.#toasts.find(({ item }) => item === null);
    for (const item of items) {
      if (ordinary(item) && (storm || summary)) continue;
      this.#put(item, [item.id], item.severity, STAYS_MS[item.severity], now);
    }
    const ids = items.filter(ordinary).map(({ id }) => id);
    if (ids.length && (storm || summary)) {
      const before = this.#toasts.filter(ordinary).flatMap((toast) => [...toast.ids]);
      this.#toasts = this.#toasts.filter((toast) => !ordinary(toast));
      this.#put(null, [...before, ...ids], "info", SUMMARY_MS, now, summary?.key);
    }
    this.#settle();
  }

  #put(item, ids, severity, stays, now, key = ++this.#key) {
    const until = (this.#stoppedAt ?? now) + stays;
    this.#toasts.unshift({ key, item, ids: new Set(ids), severity, until, folded: false });
  }

  /** The newest have room, critical ones before others; what has lost its room is only counted then. */
  #settle() {
    this.#toasts = this.#toasts.filter(({ ids }) => ids.size);
    const critical = this.#toasts.filter((toast) => !ordinary(toast));
    for (const [at, toast] of critical.entries()) toast.folded = at >= MOST;
    const others = this.#toasts.filter((toast) => ordinary(toast) && !toast.folded);
    for (const toast of others.slice(Math.max(0, MOST - critical.length))) toast.folded = true;
    if (!this.shown.length) this.#toasts = [];
  }
}
