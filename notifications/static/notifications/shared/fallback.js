// Requests again and again what a feed does not bring: behind a proxy that swallows it or holds it back.

const INTERVAL_MS = 15_000;
const JITTER = 0.2; // of the interval, either way

export class Fallback {
  #request;
  #settled;
  #round = null; // a new object for each request
  #timer = 0;
  #dueAt = Infinity;

  /** After each `request()`, which returns a promise, `settled(error)` is called with null or what was thrown. */
  constructor(request, settled) {
    this.#request = request;
    this.#settled = settled;
  }

  /** At once, and until it is stopped. */
  start() {
    if (!this.#round) this.#run();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#round = null;
    this.#dueAt = Infinity;
  }

  /** The timers of a hidden tab may be a minute late. */
  wake() {
    if (Date.now() >= this.#dueAt) this.#run();
  }

  async #run() {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    const round = (this.#round = {});
    let thrown = null;
    try {
      await this.#request();
    } catch (error) {
      thrown = error;
    }
    if (round === this.#round) this.#settled(thrown);
    if (round !== this.#round) return; // stopped meanwhile
    const wait = INTERVAL_MS * (1 - JITTER + 2 * JITTER * Math.random());
    this.#dueAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.#run(), wait);
  }
}
