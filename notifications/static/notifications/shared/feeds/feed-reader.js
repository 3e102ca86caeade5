// Reads a feed by whichever request, from the position that it has reached, and hands on each event.

import { Acknowledgements, acknowledge } from "./acknowledgements.js";
import { JoinedTexts } from "./joined-texts.js";
import { readFeed } from "./sse.js";

const LONG_ABSENCE_MS = 60_000; // after which more may have changed than the feed repeats

export const ENDED = "ended"; // in place of the time after which to reconnect: by the hub

export class FeedReader {
  acknowledgements;
  degraded = false;
  position;
  query; // of the next request
  reason = ""; // of the end
  retryMs = 2000; // until the hub sets it
  #api;
  #event;
  #acknowledges;
  #texts = new JoinedTexts();
  #activeAt = 0;

  /** `event` and `acknowledges` are as for `Feed`. */
  constructor(api, { position, query, event, acknowledges }) {
    this.#api = api;
    this.position = position;
    this.query = query;
    this.#event = event;
    this.#acknowledges = acknowledges;
    this.acknowledgements = new Acknowledgements((report) => acknowledge(api.origin, report));
  }

  /**
   * One request, with more parameters or none. `event(type, data, id, since)`: what the request had, when anything had
   * come before it, what it has `reached`, and whether it is `torn`.
   */
  read(more, signal, { event, activity }) {
    const since = { position: this.position, activeAt: this.#activeAt, query: this.query };
    Object.assign(since, { reached: Number(this.position), torn: false });
    const acks = this.acknowledgements.works ? "acks=1" : "";
    const parameters = [this.query.slice(1), acks, more].filter(Boolean);
    return readFeed(this.#api, parameters, this.position, signal, {
      event: (type, data, id) => event(type, JSON.parse(data), id, since),
      activity: (isHeartbeat) => {
        this.#activeAt = Date.now();
        this.acknowledgements.active();
        activity?.(isHeartbeat);
      },
      retry: (ms) => (this.retryMs = ms),
    });
  }

  /**
   * An event of the stream or of a poll; returns the ms after which to reconnect, if it says so. From an overlap on what
   * has an id is left to the other one, or to the next, which has the events after the position one by one.
   */
  handle(type, data, id, since) {
    since.torn ||= this.#texts.overlaps(data, id, since.reached);
    if (since.torn && id) {
      if (type !== "stream-topics") return undefined;
      id = "";
    }
    if (id) since.reached = type === "stream-open" ? Number(id) : Math.max(since.reached, Number(id));
    this.#texts.add(data, id);
    // Forward, as a stream that was held back is behind polls, unless the hub goes on from elsewhere than requested.
    if (type === "stream-open" ? id !== since.position : Number(id) > Number(this.position)) this.position = id;
    let wait;
    if (type === "notification") {
      if (this.#acknowledges) this.acknowledgements.add(data.data.id);
    } else if (type === "stream-live") {
      const wasAway = since.activeAt && Date.now() - since.activeAt > LONG_ABSENCE_MS;
      if (wasAway || this.degraded) this.#event("behind", {}, "");
      this.degraded = false;
    } else if (type === "stream-degraded") {
      this.degraded = true;
    } else if (type === "stream-reset") {
      if (data.reason === "unknown") {
        this.position = data.position;
        this.#texts.clear();
      }
      this.#event("behind", {}, "");
    } else if (type === "retire") {
      wait = data.retry;
    } else if (type === "stream-error" && data.retry === false) {
      this.reason = data.reason;
      wait = ENDED;
    }
    this.#event(type, data, id);
    return wait;
  }

  /** The hub cannot go on from the position: load the list instead. */
  forget() {
    this.position = "";
    this.#event("behind", {}, "");
  }
}
