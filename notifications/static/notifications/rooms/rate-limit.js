// A token bucket, a little stricter than the hub's own limit.

export class RateLimit {
  #perS;
  #burst;
  #tokens;
  #at = Date.now();

  constructor(perS, burst) {
    this.#perS = perS;
    this.#burst = this.#tokens = burst;
  }

  /** Consume a token and return 0; without one, return the milliseconds until there is one. */
  consume() {
    const now = Date.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perS);
    this.#at = now;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) / this.#perS) * 1000);
    this.#tokens -= 1;
    return 0;
  }

  /** The hub found it too fast: half the rate, without bursts. */
  slowDown() {
    this.#perS = Math.max(1, this.#perS / 2);
    this.#burst = 1;
    this.#tokens = Math.min(1, this.#tokens);
  }
}
