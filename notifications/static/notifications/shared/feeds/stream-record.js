// What became of the connections of a stream: whether a proxy swallows it, holds it back or cuts it.

const MAX_FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 30_000;
const MAX_FAILURES = 1; // in a row
const MAX_CUTS = 1; // in a row
const YOUNG_MS = 60_000; // a live stream that ends sooner, and not by the hub, was cut
const TIMELY_MS = 5000; // from connecting to "stream-live", where a proxy has held the stream back before
const REFUSALS = [400, 401, 403, 429, 503]; // the hub's own; a proxy that takes no stream answers otherwise

/** Times are in ms, of one clock. */
export class StreamRecord {
  refused = false; // by the hub, the last time
  #failures = 0; // in a row
  #cuts = 0;
  #cutMs = 0; // the longest life of the streams that were cut
  #startedAt = 0;
  #liveAt = 0; // of this connection; 0 before
  #beat = false; // since it is live
  #late = false; // it came in a block, and the next block may not come for long
  #proven = false;
  #swallowed = false;
  #unreachable = false;
  #polled = false; // since it failed
  #polledUnreachable = false; // … when the stream had found no network

  /** `swallowed` if one was, before this page. */
  constructor(swallowed = false) {
    this.#swallowed = swallowed;
    if (swallowed) this.#failures = MAX_FAILURES + 1;
  }

  /** Whether something else has to bring what the stream does not. */
  get failing() {
    return this.#failures > MAX_FAILURES || this.#cuts > MAX_CUTS;
  }

  /** Whether other requests are answered where the stream does not come through. */
  get swallowed() {
    return this.#swallowed;
  }

  /** In which to connect anew; `retryMs` is what the hub has set. */
  backoffMs(retryMs) {
    const max = this.#failures > 1 ? retryMs * 2 ** (this.#failures - 1) : Math.min(retryMs, MAX_FIRST_RETRY_MS);
    return Math.random() * Math.min(MAX_RETRY_MS, max);
  }

  connecting(now) {
    this.#startedAt = now;
    this.#liveAt = 0;
    this.#late = this.#proven = this.#beat = false;
  }

  /** "stream-live" came. Whether it is to be believed. */
  live(now) {
    if (this.#liveAt === 0) {
      this.#liveAt = now;
      this.#late = this.#polled && now - this.#startedAt > TIMELY_MS;
    }
    return this.#proven || this.#prove(now);
  }

  /** A heartbeat came by itself, so nothing is held back any more. Whether that proves the stream. */
  beat(now) {
    this.#beat = true;
    this.#late = false;
    return !this.#proven && this.#prove(now);
  }

  /** The hub sent it elsewhere, which is no failure. */
  retired() {
    this.#cuts = this.#cutMs = 0;
  }

  /** It brought nothing for too long, and was given up. */
  silent(now) {
    this.#fail(now, this.#beat ? YOUNG_MS : Infinity);
    this.refused = this.#unreachable = false;
    this.#swallowed = true;
  }

  /** It ended: with this status of a refusal, else 0; `begun` if anything had come; `announced` if by the hub. */
  ended(now, { status, begun, announced }) {
    this.#fail(now, announced ? 0 : YOUNG_MS);
    this.refused = REFUSALS.includes(status);
    this.#unreachable = status === 0 && !begun;
    this.#swallowed = !this.refused && !announced && (!this.#unreachable || this.#polledUnreachable);
  }

  /** Something else was answered. Whether the network is back, so that the stream may be, too. */
  polled() {
    this.#polled = true;
    const back = this.#unreachable && !this.#polledUnreachable;
    this.#polledUnreachable ||= this.#unreachable;
    return back;
  }

  #fail(now, youngMs) {
    this.#failures += 1;
    const lifeMs = now - this.#liveAt;
    if (this.#liveAt && lifeMs < youngMs) {
      this.#cuts += 1;
      this.#cutMs = Math.max(this.#cutMs, lifeMs);
    } else if (this.#liveAt) {
      this.#cuts = this.#cutMs = 0;
    }
  }

  /** After cuts a stream has to outlive those that were cut. */
  #prove(now) {
    const steadyMs = this.#cuts > MAX_CUTS ? 2 * this.#cutMs : 0;
    if (this.#late || !this.#liveAt || now - this.#liveAt < steadyMs) return false;
    if (steadyMs) this.#cuts = this.#cutMs = 0;
    this.#proven = true;
    this.#failures = 0;
    this.refused = this.#swallowed = this.#unreachable = this.#polled = this.#polledUnreachable = false;
    return true;
  }
}
