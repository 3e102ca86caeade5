// Has an open stream carry what the query of its feed names: the hub changes its topics, or another stream takes over.

import { Timer } from "./timer.js";

export class TopicChange {
  #api;
  #stream;
  #id = ""; // of the stream, for requests to change its topics
  #carried = null; // the query of the stream
  #busy = false;
  #timer = new Timer(() => this.make());

  /**
   * `stream` has `query()`, `live()`, what stands for the stream while it is live, else null, `isTorn()`, whether it is
   * to be replaced though it carries the query, `replace()`, which resolves to why it is not, `isRefused(error)`, whether
   * the query does without some topics now, `connect()`, and `backoffMs()`.
   */
  constructor(api, stream) {
    this.#api = api;
    this.#stream = stream;
  }

  /** A stream has begun. */
  opened(id, query) {
    this.#id = id;
    this.#carried = query;
  }

  stop() {
    this.#timer.stop();
  }

  /** Until the stream carries what the query names, and is not torn. While it is not live it waits: another one may be next. */
  async make() {
    if (this.#busy) return;
    this.#busy = true;
    const { query, live, isTorn, isRefused, replace, connect, backoffMs } = this.#stream;
    while (live() && (this.#carried !== query() || isTorn())) {
      const stream = live();
      const asked = this.#id && this.#carried !== query() ? await this.#request(query()) : {};
      if (stream !== live() || !asked || isRefused(asked)) continue;
      const error = asked.status === 429 ? asked : await replace();
      if (stream !== live() || isRefused(error)) continue;
      // Two streams may be too many here, or this person's are over.
      if ([401, 403].includes(error.status) || (error !== asked && error.status === 429)) connect();
      else this.#timer.start(Math.max(1000 * (error.retryAfter ?? 0), backoffMs()));
      break;
    }
    this.#busy = false;
  }

  /** Have the hub change the topics of the stream; resolves to why it does not, or null. */
  async #request(query) {
    const [before, after] = [this.#carried, query].map((one) => new URLSearchParams(one).getAll("topic"));
    const add = after.filter((topic) => !before.includes(topic));
    const remove = before.filter((topic) => !after.includes(topic));
    const stream = this.#stream.live();
    try {
      await this.#api.request("POST", "feed/topics", { feed: this.#id, add, remove });
      if (stream === this.#stream.live()) this.#carried = query;
      return null;
    } catch (error) {
      return error;
    }
  }
}
