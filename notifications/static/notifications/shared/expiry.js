// Takes notifications away when they expire.

import { ExpiryQueue } from "./expiry-queue.js";

const MAX_TIMER_MS = 60_000; // a clock may be set meanwhile

export class Expiry {
  #store;
  #queue = new ExpiryQueue();
  #timer = 0;

  constructor(store) {
    this.#store = store;
  }

  add(items) {
    for (const item of items) this.#queue.add(item);
    this.run();
  }

  /** Until the next one; anew where the hub's time is known better. */
  run() {
    clearTimeout(this.#timer);
    const now = Date.now() + this.#store.clockMs;
    for (const id of this.#queue.expire(now)) this.#store.emit("recalled", { id });
    const { next } = this.#queue;
    if (next < Infinity) this.#timer = setTimeout(() => this.run(), Math.min(next - now, MAX_TIMER_MS));
  }
}
