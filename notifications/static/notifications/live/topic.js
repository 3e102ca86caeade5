// A subscription to a topic, as hub.topic() returns it.

import { isText } from "../shared/feeds/joined-texts.js";
import { Emitter } from "./emitter.js";
import { START, readHistory } from "./history.js";
import { TopicError } from "./topic-error.js";

const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Its handlers' types: of events, "*" for all of them, "stream-reset" and "error". */
export class Topic {
  name;
  ready; // a promise: nothing is missed any more, and its history has been replayed
  #events;
  #closed;
  #emitter = new Emitter();
  #pending = null; // what came live while the history is read
  #arrived = () => {};
  #replayed;
  #replayedLast = new Map(); // by key
  #abort = new AbortController();

  /** `events` is the `TopicEvents` of the name; `closed()` is called once, when it is closed. */
  constructor(name, events, { history, closed }) {
    this.name = name;
    this.#events = events;
    this.#closed = closed;
    const values = events.values;
    events.topics.add(this);
    if (history) this.#pending = [];
    else if (values.length) queueMicrotask(() => values.forEach((event) => this.#emit(event)));
    this.ready = new Promise((resolve) => (this.#replayed = resolve));
    if (!history) events.carried.then(this.#replayed);
  }

  on(type, call) {
    this.#emitter.on(type, call);
    return this;
  }

  off(type, call) {
    this.#emitter.off(type, call);
    return this;
  }

  /** The last event with this key, or at all; undefined if there was none. */
  latest(key) {
    const [live, replayed] = [this.#events.latest(key), this.#replayedLast.get(key)];
    return Number(live?.id ?? 0) >= Number(replayed?.id ?? 0) ? live : replayed;
  }

  close() {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#events.topics.delete(this);
    this.#closed();
  }

  /** The feed of this `Api` receives the topic, or is about to. */
  async start(api) {
    if (!this.#pending) return;
    await this.#events.carried;
    const position = await this.#replay(api, START, Infinity);
    this.#replayed();
    const first = await this.#firstAfter(position);
    // One that joins texts may have some that were replayed: what leads up to it is read from the log, too.
    if (isText(first.data)) await this.#replay(api, position, Number(first.id));
    else this.#emit(first);
    const later = this.#pending.filter(({ id }) => Number(id) > Number(first.id));
    this.#pending = null;
    for (const event of later) this.#emit(event);
  }

  receive(event) {
    if (!this.#pending) return this.#emit(event);
    this.#pending.push(event);
    this.#arrived();
  }

  /** Events of the log after a position, up to another; resolves to that of the last one. */
  async #replay(api, position, upto) {
    const { signal } = this.#abort;
    let retryMs = MIN_RETRY_MS;
    while (!signal.aborted && Number(position) < upto) {
      try {
        const page = await readHistory(api, this.name, position, signal);
        if (page.lost) this.reset({ reason: "trimmed", position });
        const events = page.events.filter(({ id }) => Number(id) <= upto);
        for (const event of events) this.#remember(event);
        for (const event of events) this.#emit(event);
        position = page.position;
        if (page.complete) break;
        retryMs = MIN_RETRY_MS;
      } catch (error) {
        if (signal.aborted) break;
        if (error.status === 403) {
          this.fail(new TopicError(this.name, error.problem));
          break;
        }
        await pause(Math.max(retryMs * Math.random(), (error.retryAfter ?? 0) * 1000));
        retryMs = Math.min(2 * retryMs, MAX_RETRY_MS);
      }
    }
    return position;
  }

  #firstAfter(position) {
    return new Promise((resolve) => {
      this.#arrived = () => {
        const first = this.#pending.find(({ id }) => Number(id) > Number(position));
        if (first) resolve(first);
      };
      this.#arrived();
    });
  }

  #remember(event) {
    this.#replayedLast.set(undefined, event);
    if (event.key !== undefined) this.#replayedLast.set(event.key, event);
  }

  reset(reset) {
    this.#emitter.emit("stream-reset", reset);
  }

  fail(error) {
    this.#emitter.fail(error);
  }

  #emit(event) {
    if (this.#abort.signal.aborted) return;
    this.#emitter.emit(event.type, event.data, event);
    this.#emitter.emit("*", event.data, event);
  }
}
