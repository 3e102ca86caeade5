// So many a second, and some at once: what the hub allows, and a little less.

export class Pace {
  #perS;
  #burst;
  #left;
  #at = Date.now();

  constructor(perS, burst) {
    this.#perS = perS;
    this.#burst = this.#left = burst;
  }

  /** Take one if it may be had: 0, else the milliseconds until it may. */
  take() {
    const now = Date.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perS);
    this.#at = now;
    if (this.#left < 1) return Math.ceil(((1 - this.#left) / this.#perS) * 1000);
    this.#left -= 1;
    return 0;
  }

  /** It was still too fast. */
  slower() {
    this.#perS = Math.max(1, this.#perS / 2);
    this.#burst = 1;
    this.#left = Math.min(1, this.#left);
  }
}
