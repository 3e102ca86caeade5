// Reports to the hub what has arrived on a feed, in batches, and that the page is there.

import { RequestError } from "../api.js";

const MIN_DELAY_MS = 2000; // from the first event of a batch, …
const MAX_DELAY_MS = 6000; // … at random: a broadcast arrives everywhere at once
const INTERVAL_MS = 35_000; // between reports while nothing but heartbeats arrives
const RETRY_MS = 15_000;
const MAX_FAILURES = 3; // in a row
const MAX_IDS = 200; // in a request
const MAX_WAITING = 1000; // ids; with more the oldest are given up

/** Report to a hub what a feed has brought; throws `RequestError`. No preflight: it has no headers of its own. */
export async function acknowledge(origin, report) {
  const response = await fetch(`${origin}/feed/acks`, {
    method: "POST",
    credentials: "omit",
    body: JSON.stringify(report),
    keepalive: true,
    signal: AbortSignal.timeout(15_000),
  });
  if (!response.ok) throw new RequestError(response);
}

export class Acknowledgements {
  #post;
  #token = "";
  #ids = new Set();
  #timer = 0;
  #dueAt = Infinity;
  #failures = 0;
  #busy = false;

  /** `post({ack, ids})` returns a promise, which is rejected if the hub did not accept them. */
  constructor(post) {
    this.#post = post;
  }

  /** Whether they get through. If not, feeds must not promise them: the hub closes those that break it. */
  get works() {
    return this.#failures < MAX_FAILURES;
  }

  /** A feed is open; `token` is the `ack` of its `stream-open`, "" if it has none. */
  open(token) {
    this.#token = token;
    // Polls open one after the other.
    this.#schedule(this.#ids.size ? Math.min(this.#delay, this.#dueAt - Date.now()) : INTERVAL_MS);
  }

  /** A notification has arrived. */
  add(id) {
    if (!this.works) return;
    this.#ids.add(id);
    if (this.#ids.size > MAX_WAITING) this.#ids.delete(this.#ids.values().next().value);
    if (this.#ids.size === 1) this.#schedule(Math.min(this.#delay, this.#dueAt - Date.now()));
  }

  /** Anything has arrived: so the page is there, even if its timers stand still. */
  active() {
    if (Date.now() >= this.#dueAt) this.#send();
  }

  /** At once, as the page may be about to go. */
  flush() {
    if (this.#ids.size) this.#send();
  }

  /** The hub knows no such promise. */
  giveUp() {
    this.#failures = MAX_FAILURES;
    this.#ids.clear();
    this.close();
  }

  /** The feed is over. What waits is reported with the token of the next one. */
  close() {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
  }

  get #delay() {
    return MIN_DELAY_MS + (MAX_DELAY_MS - MIN_DELAY_MS) * Math.random();
  }

  #schedule(ms) {
    this.close();
    if (!this.#token || !this.works) return;
    this.#dueAt = Date.now() + ms;
    // Without ids only a heartbeat is a reason to report.
    if (this.#ids.size) this.#timer = setTimeout(() => this.#send(), ms);
  }

  async #send() {
    if (!this.#token || this.#busy || !this.works) return;
    const ids = [...this.#ids].slice(0, MAX_IDS);
    for (const id of ids) this.#ids.delete(id);
    this.#busy = true;
    this.#schedule(INTERVAL_MS);
    try {
      await this.#post({ ack: this.#token, ids });
      this.#failures = 0;
      if (this.#ids.size) this.#schedule(this.#delay);
    } catch ({ retryAfter = 0 }) {
      this.#failures += 1;
      this.#ids = this.works ? new Set([...ids, ...this.#ids]) : new Set();
      this.#schedule(Math.max(RETRY_MS * (0.5 + Math.random()), retryAfter * 1000));
    }
    this.#busy = false;
  }
}
