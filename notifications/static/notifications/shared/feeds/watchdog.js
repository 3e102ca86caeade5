// Notices that nothing has happened for too long.

export class Watchdog {
  #ms = 0; // of silence that are too long
  #call;
  #timer = 0;
  #dueAt = Infinity;

  constructor(call) {
    this.#call = call;
  }

  /** Something has happened; from now on `ms` without anything are too long, if given. */
  restart(ms = this.#ms) {
    clearTimeout(this.#timer);
    this.#ms = ms;
    this.#timer = setTimeout(this.#call, ms);
    this.#dueAt = Date.now() + ms;
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** Whether it is late: the timers of a hidden tab may sleep. */
  get overdue() {
    return Date.now() > this.#dueAt;
  }
}
