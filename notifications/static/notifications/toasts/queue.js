// Which toasts are shown, and for how long. It takes the time from its callers, in milliseconds of any clock.

import { Folding, SUMMARY_MS } from "./folding.js";

const MAX_SHOWN = 3;
const SHOWN_MS = { info: 6000, success: 6000, warning: 10_000, error: 10_000, critical: Infinity };

const isOrdinary = ({ severity }) => severity !== "critical";

export class ToastQueue {
  /** Newest first, each `{key, item, ids, severity, until, folded}`; a summary's `item` is null. */
  #toasts = [];
  #held = [];
  #folding = new Folding();
  #pausedAt = null;
  #key = 0;

  get shown() {
    return this.#toasts.filter(({ folded }) => !folded);
  }

  /** The number of notifications for which there is no room. */
  get more() {
    return this.#toasts.reduce((n, { folded, ids }) => n + (folded ? ids.size : 0), 0);
  }

  /** When the next toast expires; Infinity if none does. */
  get next() {
    return this.#pausedAt === null ? Math.min(...this.shown.map(({ until }) => until)) : Infinity;
  }

  /** Show items that came together. */
  add(items, now) {
    this.#add(items, this.#folding.isExceeded(items.filter(isOrdinary).length, now), now);
  }

  /** Keep items that came while the page was hidden. */
  hold(items) {
    this.#held.push(...items);
  }

  /** The page is visible: show what was held. */
  release(now) {
    const items = this.#held.splice(0);
    this.#add(items, items.filter(isOrdinary).length > 1, now);
  }

  /** It was read, archived or recalled. */
  remove(id) {
    this.#held = this.#held.filter((item) => item.id !== id);
    for (const { ids } of this.#toasts) ids.delete(id);
    this.#arrange();
  }

  dismiss(key) {
    this.#toasts = this.#toasts.filter((toast) => toast.key !== key);
    this.#arrange();
  }

  /** A visible list shows all of these. Critical ones stay until they are dismissed. */
  hideSeen() {
    this.#held = [];
    this.#toasts = this.#toasts.filter((toast) => !isOrdinary(toast));
    this.#arrange();
  }

  clear() {
    this.#held = [];
    this.#toasts = [];
  }

  expire(now) {
    if (this.#pausedAt !== null) return;
    this.#toasts = this.#toasts.filter(({ folded, until }) => folded || until > now);
    this.#arrange();
  }

  pause(now) {
    this.#pausedAt ??= now;
  }

  resume(now) {
    if (this.#pausedAt === null) return;
    for (const toast of this.#toasts) toast.until += now - this.#pausedAt;
    this.#pausedAt = null;
  }

  #add(items, fold, now) {
    const summary = this.#toasts.find(({ item }) => item === null);
    for (const item of items) {
      if (isOrdinary(item) && (fold || summary)) continue;
      this.#put(item, [item.id], item.severity, SHOWN_MS[item.severity], now);
    }
    const ids = items.filter(isOrdinary).map(({ id }) => id);
    if (ids.length && (fold || summary)) {
      const before = this.#toasts.filter(isOrdinary).flatMap((toast) => [...toast.ids]);
      this.#toasts = this.#toasts.filter((toast) => !isOrdinary(toast));
      this.#put(null, [...before, ...ids], "info", SUMMARY_MS, now, summary?.key);
    }
    this.#arrange();
  }

  #put(item, ids, severity, duration, now, key = ++this.#key) {
    const until = (this.#pausedAt ?? now) + duration;
    this.#toasts.unshift({ key, item, ids: new Set(ids), severity, until, folded: false });
  }

  /** There is room for the newest, critical ones first; a toast that has lost its room is only counted from then on. */
  #arrange() {
    this.#toasts = this.#toasts.filter(({ ids }) => ids.size);
    const critical = this.#toasts.filter((toast) => !isOrdinary(toast));
    for (const [index, toast] of critical.entries()) toast.folded = index >= MAX_SHOWN;
    const others = this.#toasts.filter((toast) => isOrdinary(toast) && !toast.folded);
    for (const toast of others.slice(Math.max(0, MAX_SHOWN - critical.length))) toast.folded = true;
    if (!this.shown.length) this.#toasts = [];
  }
}
