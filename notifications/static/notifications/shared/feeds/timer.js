// A timer that knows that it is late, as in a hidden tab it may be by a minute.

export class Timer {
  #call;
  #ms = 0;
  #id = 0;
  #dueAt = Infinity;

  constructor(call) {
    this.#call = call;
  }

  /** Start, or start over, with the time that it had if none is given. */
  start(ms = this.#ms) {
    this.stop();
    this.#ms = ms;
    this.#dueAt = Date.now() + ms;
    this.#id = setTimeout(this.#call, ms);
  }

  stop() {
    clearTimeout(this.#id);
    this.#dueAt = Infinity;
  }

  get overdue() {
    return Date.now() >= this.#dueAt;
  }
}
