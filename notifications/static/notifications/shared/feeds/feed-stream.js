// The live source of a feed: a stream, and the one that takes over from it where its topics change.

import { RequestError } from "../api.js";
import { ENDED } from "./feed-reader.js";
import { Timer } from "./timer.js";
import { TopicChange } from "./topic-change.js";

const RESPONSE_MS = 12_000;

export const REFUSED = "refused"; // as `ENDED`, for good

export class FeedStream {
  isOpen = false;
  #api;
  #reader;
  #feed;
  #abort = null;
  #successor = null; // an AbortController
  #begun = () => {}; // to be called when the successor has
  #live = false;
  #torn = false; // it joined a text across what polls, or the stream before it, had brought
  #change;
  #watchdog = new Timer(() => this.#feed.silent());

  /**
   * `feed` has `connecting()`, `live()`, `beat()`, `silent()`, nothing came for too long, `ended(wait, {status, begun,
   * last})`, by an event of type `last`, `isRefused(error)`, whether the query does without some topics now, `connect()`,
   * `backoffMs()`, and `isPolled()`, whether polls bring what a torn stream does not, and would tear the next one, too.
   */
  constructor(api, reader, feed) {
    this.#api = api;
    this.#reader = reader;
    this.#feed = feed;
    this.#change = new TopicChange(api, {
      ...feed,
      query: () => reader.query,
      live: () => (this.#live ? this.#abort : null),
      isTorn: () => this.#torn && !feed.isPolled(),
      replace: () => this.#replace(),
    });
  }

  get isConnected() {
    return this.#abort !== null;
  }

  get overdue() {
    return this.#watchdog.overdue;
  }

  async connect() {
    this.disconnect();
    const abort = (this.#abort = new AbortController());
    this.#feed.connecting();
    this.#watchdog.start(RESPONSE_MS);
    await this.#follow(abort);
  }

  disconnect() {
    this.#watchdog.stop();
    this.#change.stop();
    this.#successor?.abort();
    this.#successor = null;
    this.#reader.acknowledgements.close();
    this.isOpen = this.#live = this.#torn = false;
    this.#abort?.abort();
    this.#abort = null;
  }

  /** The query of the reader has changed. */
  async change() {
    await this.#change.make();
  }

  /** What tears a stream is over. */
  mend() {
    if (this.#torn) this.#change.make();
  }

  /** Open another stream, which takes over when it begins; resolves to why it has not, {} if that is not known. */
  async #replace() {
    const abort = (this.#successor = new AbortController());
    const timer = setTimeout(() => abort.abort(), RESPONSE_MS);
    const begun = new Promise((resolve) => (this.#begun = resolve));
    const error = await Promise.race([begun, this.#follow(abort)]);
    clearTimeout(timer);
    if (this.#successor === abort) this.#successor = null;
    return error ?? {};
  }

  /** Read a stream to its end; resolves to a `RequestError` if it was refused. */
  async #follow(abort) {
    let wait;
    let error;
    let begun = false;
    let last = "";
    try {
      await this.#reader.read("", abort.signal, {
        event: (type, data, id, since) => {
          if (type === "stream-open" && abort === this.#successor) this.#succeed(since);
          // What arrives after this connection was given up is not lost: the next one resumes before it.
          if (abort !== this.#abort) return;
          last = type;
          wait = this.#handle(type, data, id, since) ?? wait;
        },
        activity: (isHeartbeat) => {
          begun = true;
          if (abort !== this.#abort) return;
          this.#watchdog.start();
          if (isHeartbeat) this.#feed.beat();
        },
      });
      begun = true;
    } catch (thrown) {
      if (thrown instanceof RequestError) error = thrown;
    }
    if (abort !== this.#abort) return error;
    if (error && this.#feed.isRefused(error)) return abort === this.#abort ? void this.#feed.connect() : undefined;
    if (error) wait = this.#handleError(error);
    if (wait === ENDED && (await this.#hasSession())) wait = undefined;
    if (abort === this.#abort) this.#feed.ended(wait, { status: error?.status ?? 0, begun, last });
  }

  /** Whether a new session has replaced the one that ended, after signing in again in another tab. */
  async #hasSession() {
    if (this.#api.token !== null) return false;
    return this.#api.request("GET", "notifications/count").then(() => true, (error) => !error.isFinal);
  }

  /** The successor has begun: it is the stream now. */
  #succeed({ position }) {
    this.#abort.abort();
    this.#abort = this.#successor;
    this.#successor = null;
    this.#live = this.#torn = false;
    this.#reader.position = position; // it repeats what came meanwhile, and may be cut before it has
    this.#feed.connecting();
    this.#begun();
  }

  /** Returns the ms after which to reconnect, if the event says so. */
  #handle(type, data, id, since) {
    if (type === "stream-open") {
      if (data.heartbeat_s) this.#watchdog.start(2500 * data.heartbeat_s + 5000);
      this.isOpen = true;
      this.#change.opened(data.feed ?? "", since.query);
      this.#reader.acknowledgements.open(data.ack ?? "");
    }
    const wait = this.#reader.handle(type, data, id, since);
    if (since.torn && !this.#torn) {
      this.#torn = true;
      this.#change.make();
    }
    if (type === "stream-live") {
      this.#live = true;
      this.#change.make(); // the query may have changed meanwhile
      this.#feed.live();
    }
    return wait;
  }

  #handleError({ isFinal, status, retryAfter }) {
    if (isFinal) {
      this.#reader.reason = status === 401 ? "unauthorized" : "forbidden";
      return REFUSED;
    }
    // During a deploy: an instance of an earlier release refuses the promise to acknowledge.
    if (status === 400 && this.#reader.acknowledgements.works) {
      this.#reader.acknowledgements.giveUp();
      return 0;
    }
    // The hub answers 400 to a position that it cannot parse.
    if (status === 400 && this.#reader.position) this.#reader.forget();
    return retryAfter ? retryAfter * 1000 * (1 + Math.random()) : undefined;
  }
}
