// Live topics on the one feed of a browser: hub.topic("job-42").on("progress", (data) => …). Types are in hub.d.ts.

import { Emitter } from "./live/emitter.js";
import { Topic } from "./live/topic.js";
import { TopicEvents } from "./live/topic-events.js";
import { TopicError } from "./live/topic-error.js";
import { Api } from "./shared/api.js";
import { sharedFeed } from "./shared/feeds/shared-feed.js";
import { mount } from "./shared/mount.js";

export { TopicError };

const TOPIC = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,199}$/;
const MIN_TOKEN_RETRY_MS = 1000;
const MAX_TOKEN_RETRY_MS = 30_000;
const ROOM = "room-";
// By what `Feed` reports.
const STATES = {
  connecting: "connecting",
  reconnecting: "connecting",
  live: "live",
  slow: "degraded",
  degraded: "degraded",
  offline: "offline",
  "signed out": "refused",
};

/** A hub, for whom a session or a token names. */
class Hub {
  own = false; // wants no notifications
  topics = new Set(); // names, as the shared feed reads them
  #configuration;
  #emitter = new Emitter();
  #events = new Map(); // by topic
  #starting = null; // a promise
  #feed = null;
  #token = null; // or returns one, or a promise
  #closed = false;
  #state = "connecting";
  #reason = "";
  #renewed = false; // the token was, and nothing has been live since

  /** `configuration()` returns {url, token, user, position}; the first topic that is requested connects. */
  constructor(configuration) {
    this.#configuration = configuration;
  }

  /**
   * Another hub, or another origin's. `token` is a subscriber token, or returns one, or a promise of one; `position` is
   * the id of the last event that the page has.
   */
  connect({ url, token = null, user, position = "" }) {
    const { href } = new URL(url, globalThis.document?.baseURI);
    return new Hub(() => ({ url: href.replace(/\/$/, ""), token, user, position }));
  }

  get state() {
    return this.#state;
  }

  /** Why the state is "refused" or "degraded", else "". */
  get reason() {
    return this.#reason;
  }

  /** A subscription of one's own: closed by itself, with handlers of its own. */
  topic(name, { history = false } = {}) {
    if (typeof name !== "string" || !TOPIC.test(name)) {
      throw new TypeError(`${name} is not a topic: use 1 to 200 characters of A-Z a-z 0-9 . _ ~ -.`);
    }
    // One of them would have the hub refuse all that the feed carries.
    if (name.startsWith(ROOM)) throw new TypeError(`${name} is a room's: join the room with room.js.`);
    if (this.#closed) throw new TypeError("This hub is closed: connect anew.");
    const settings = this.#configuration();
    const isNew = !this.topics.has(name);
    if (isNew) {
      this.topics.add(name);
      this.#events.set(name, new TopicEvents());
    }
    const events = this.#events.get(name);
    const topic = new Topic(name, events, { history, closed: () => this.#leave(name, events) });
    if (this.#feed) {
      if (isNew) this.#feed.changed([name]);
      this.#begin(topic, events);
    } else if (!this.#starting) {
      this.#starting = this.#start(settings);
    }
    return topic;
  }

  /** `call({state, reason})` whenever the "state" has changed, and `call({topics})` the "topics" that are received. */
  on(type, call) {
    if (!["state", "topics"].includes(type)) {
      throw new TypeError(`A hub reports its "state" and "topics", not ${type}: events are a topic's.`);
    }
    this.#emitter.on(type, call);
    return this;
  }

  off(type, call) {
    this.#emitter.off(type, call);
    return this;
  }

  /** What requests from this hub, with a token as it is now. */
  async api() {
    const { url, token } = this.#configuration();
    return new Api(url, typeof token === "function" ? await token() : token);
  }

  /** With all its topics. */
  close() {
    this.#closed = true;
    for (const events of this.#events.values()) for (const topic of [...events.topics]) topic.close();
    this.#feed?.remove(this);
  }

  // What the shared feed calls.

  receive(type, data, id) {
    if (data.topic) return this.#events.get(data.topic)?.receive(type, data, id);
    if (type === "stream-reset") {
      for (const name of data.topics) this.#events.get(name)?.reset(data);
    } else if (type === "stream-open" || type === "stream-topics") {
      this.restore();
      this.#emitter.emit("topics", { topics: [...this.topics].filter((name) => this.#feed.carries(name)) });
    }
  }

  stateChanged(state, reason) {
    if (state === "signed out" && this.#requestsTokens) return this.#renew();
    if (state === "live") this.#renewed = false;
    this.#setState(STATES[state], reason || (state === "slow" ? "polling" : state === "degraded" ? "log" : ""));
  }

  refused(names, problem) {
    for (const name of names) {
      const topics = [...(this.#events.get(name)?.topics ?? [])];
      for (const topic of topics) topic.close();
      for (const topic of topics) topic.fail(new TopicError(name, problem));
    }
  }

  restore() {
    for (const [name, events] of this.#events) if (this.#feed.carries(name)) events.setCarried();
  }

  snapshot() {
    return {};
  }

  leads() {}

  get #requestsTokens() {
    return typeof this.#token === "function";
  }

  async #start({ url, token, user, position }) {
    this.#token = token;
    const api = new Api(url, this.#requestsTokens ? await this.#requestToken() : token);
    if (this.#closed) return;
    this.#feed = sharedFeed(api, user);
    this.#feed.position ||= position;
    this.#feed.add(this);
    this.stateChanged(this.#feed.state, this.#feed.reason);
    for (const events of this.#events.values()) for (const topic of events.topics) this.#begin(topic, events);
  }

  #begin(topic, events) {
    if (this.#feed.carries(topic.name)) events.setCarried();
    topic.start(this.#feed.api);
  }

  #leave(name, events) {
    if (events.topics.size) return;
    this.#events.delete(name);
    // Not if it was refused, which the feed knows.
    if (this.topics.delete(name)) this.#feed?.changed();
  }

  /** A token, however often that takes. */
  async #requestToken() {
    let retryMs = MIN_TOKEN_RETRY_MS;
    while (!this.#closed) {
      try {
        return await this.#token();
      } catch (error) {
        this.#setState("connecting", String(error?.message ?? error));
        await new Promise((resolve) => setTimeout(resolve, retryMs * Math.random()));
        retryMs = Math.min(2 * retryMs, MAX_TOKEN_RETRY_MS);
      }
    }
    return "";
  }

  /** The hub takes the token no more. */
  async #renew() {
    const reason = this.#feed.reason;
    if (this.#renewed) return this.#setState("refused", reason);
    this.#renewed = true;
    this.#setState("connecting", "");
    const token = await this.#requestToken();
    if (token === this.#feed.api.token) return this.#setState("refused", reason);
    this.#feed.setToken(token);
  }

  #setState(state, reason) {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#emitter.emit("state", { state, reason });
  }
}

/** Of the page: the hub and the user of its bell or toasts, the hub that a page of its own belongs to, or this file's. */
function ofPage() {
  const element = globalThis.document?.querySelector("notification-bell, notification-toasts");
  const origin = new URL(import.meta.url).origin;
  if (!globalThis.document) throw new TypeError("Say where the hub is: hub.connect({ url, token }).");
  return {
    url: element?.getAttribute("hub") ?? (mount || origin),
    token: element?.getAttribute("token") ?? null,
    user: element?.getAttribute("user") ?? undefined,
    position: element?.getAttribute("position") ?? "",
  };
}

/** The hub of this page, which connects when a topic is wanted. */
export const hub = new Hub(ofPage);
