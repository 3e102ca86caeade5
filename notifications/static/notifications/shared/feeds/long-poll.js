// Polls of the feed: requests that end, for where a proxy lets no stream through.

import { RequestError } from "../api.js";

const MAX_WAIT_S = 20;
const ANSWER_MS = 8000; // beyond the wait, in which an answer has to arrive
const QUICK_MS = 100; // the hub takes longer to answer, unless it cuts a long replay
const PAUSE_MS = 1000; // after a quick answer
const MIN_CUT_MS = 1000; // a connection that ends sooner was not cut for its age
const GATEWAY_ERRORS = [502, 504, 524]; // a proxy has not waited for the answer

export class LongPoll {
  #request;
  #waitS = MAX_WAIT_S;
  #answered = false; // the last one was

  /**
   * `request(waitS, signal)` requests the feed, and resolves after its end to the ms in which to come back. The first
   * one waits for a second, to see whether it is answered. After one that a proxy cuts, they wait for half of what it
   * allows, and for a second more after each answer.
   */
  constructor(request) {
    this.#request = request;
  }

  /** One answer; resolves to the ms after which the next may be requested, or throws what `request` threw. */
  async poll(signal) {
    for (;;) {
      const waitS = this.#answered ? this.#waitS : 1;
      const startedAt = Date.now();
      const maxMs = waitS * 1000 + ANSWER_MS;
      try {
        const ms = await this.#requestWithin(maxMs, waitS, signal);
        if (this.#answered) this.#waitS = Math.min(MAX_WAIT_S, waitS + 1);
        this.#answered = true;
        return Date.now() - startedAt < QUICK_MS ? Math.max(ms, PAUSE_MS) : ms;
      } catch (error) {
        const elapsedMs = Date.now() - startedAt;
        const refused = error instanceof RequestError && !GATEWAY_ERRORS.includes(error.status);
        const late = !refused && elapsedMs >= MIN_CUT_MS && waitS > 1;
        if (late) this.#waitS = Math.max(1, Math.floor(Math.min(elapsedMs / 1000, waitS) / 2));
        this.#answered = late && elapsedMs < maxMs;
        if (signal.aborted || !this.#answered) throw error;
      }
    }
  }

  async #requestWithin(ms, waitS, signal) {
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener("abort", stop);
    const timer = setTimeout(stop, ms);
    try {
      return await this.#request(waitS, abort.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }
}
