// What brings the events of a feed while its stream does not: polls of the feed, else requests for what they change.

import { Timer } from "./timer.js";

const INTERVAL_MS = 15_000; // of rounds that end with no poll answered
const JITTER = 0.2; // of the interval, either way
const MIN_PAUSE_MS = 1000;

export class Fallback {
  #request;
  #poll;
  #settled;
  #round = null; // an AbortController
  #polling = false; // in the next round, before anything is requested
  #timer = new Timer(() => this.#run());

  /**
   * `request()`, which may be null, returns a promise; it is followed by polls of the feed if it resolves and as long as
   * `poll(signal)` resolves, to the ms until the next one. `poll` returns null where it is not the time for polls.
   * `settled(error)` is called with null after each that resolves, and with what `request` threw, else `poll`.
   */
  constructor(request, poll, settled) {
    this.#request = request;
    this.#poll = poll;
    this.#settled = settled;
  }

  /** At once, and until it is stopped. */
  start() {
    if (!this.#round) this.#run();
  }

  stop() {
    this.#timer.stop();
    this.#round?.abort();
    this.#round = null;
    this.#polling = false;
  }

  wake() {
    if (this.#timer.overdue) this.#run();
  }

  async #run() {
    this.#timer.stop();
    const until = Date.now() + INTERVAL_MS * (1 - JITTER + 2 * JITTER * Math.random());
    const { signal } = (this.#round = new AbortController());
    let wait = this.#polling || !this.#request ? 0 : await this.#requestState(signal);
    // Not by a timer: in a hidden tab they are late.
    while (wait === 0 && !signal.aborted) wait = await this.#pollFeed(signal);
    if (signal.aborted) return;
    this.#polling = wait !== null;
    this.#timer.start(wait ?? Math.max(MIN_PAUSE_MS, until - Date.now()));
  }

  /** 0 where polls follow, else null. */
  async #requestState(signal) {
    const error = await this.#request().then(() => null, (thrown) => thrown);
    if (!signal.aborted) this.#settled(error);
    return error ? null : 0;
  }

  /** The ms until the next poll, or null where none is answered. */
  async #pollFeed(signal) {
    const answer = this.#poll(signal);
    if (!answer) return null;
    const [wait, error] = await answer.then((ms) => [ms, null], (thrown) => [null, thrown]);
    if (!signal.aborted && !(error && this.#request)) this.#settled(error);
    return wait;
  }
}
