// What this document knows of a user's notifications, shared by all elements that show them.

import { Api, RequestError } from "./api.js";
import { lazyModule } from "./lazy-module.js";
import { PositionSet } from "./position-set.js";
import { sharedFeed } from "./feeds/shared-feed.js";

const USER_TOPIC = "user-"; // with the primary key
const HANDLED = ["stream-open", "count", "preferences", "notification", "recalled", "reading", "behind", "room-unread"];

const stores = new Map();

/** Ask the page for another token, which it sets as the element's attribute. */
export const requestToken = (element) =>
  element.dispatchEvent(new CustomEvent("notification-token-needed", { bubbles: true, composed: true }));

/** The store of an element's hub and user. It connects in the next task, when all elements have set what they know. */
export function storeFor(element) {
  const token = element.getAttribute("token");
  const origin = element.getAttribute("hub")?.replace(/\/$/, "") ?? new URL(import.meta.url).origin;
  const feed = sharedFeed(new Api(origin, token), element.getAttribute("user") ?? undefined);
  if (!stores.has(feed)) stores.set(feed, new Store(feed));
  const store = stores.get(feed);
  store.readAttributes(element);
  return store;
}

/**
 * Events, by `detail`: "state", "count", "preferences", "notification", "reading" (a change of state), "recalled" (also
 * when something has expired), "behind", "room-unread" and "token-needed".
 */
class Store extends EventTarget {
  count = null; // {unread, unseen, version}
  preferences = null;
  clockMs = 0; // by how much the hub's clock is ahead of this one
  openLists = new Set(); // lists of notifications that the user looks at now
  state = "connecting"; // then one of those that `Feed` reports
  own = true; // with no other topics
  topics = new Set();
  #feed;
  #user;
  #positions = new PositionSet();
  #opened = null; // the topics of the feed that was open last
  #ended = false;
  #queue = Promise.resolve();
  #expiry = null; // a promise, not before there is anything that expires

  constructor(feed) {
    super();
    this.#feed = feed;
    this.#user = feed.user; // null is the one whose topics the feed opens first
    this.state = feed.state;
    feed.add(this);
  }

  get origin() {
    return this.#feed.api.origin;
  }

  /** Any request to /api/v1/; throws `RequestError`. */
  async request(method, path, body) {
    try {
      return await this.#feed.api.request(method, path, body);
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) this.requestToken();
      throw error;
    }
  }

  /** The preferences, requested once. */
  async loadPreferences() {
    if (!this.preferences) this.setPreferences(await this.request("GET", "preferences"));
    return this.preferences;
  }

  /** Unless a later one is known. */
  setCount(count) {
    if (!count || count.version < (this.count?.version ?? 0)) return;
    this.count = count;
    this.clockMs = count.version / 1000 - Date.now(); // a version is about the time at the hub
    this.#expiry?.then((expiry) => expiry.run());
    this.emit("count", count);
  }

  /** Take these items away when they expire. */
  expire(...items) {
    if (!this.#expiry && !items.some(({ expires_at }) => expires_at)) return;
    this.#expiry ??= lazyModule(() => import("./expiry.js")).then(({ Expiry }) => new Expiry(this));
    this.#expiry.then((expiry) => expiry.add(items));
  }

  setPreferences(preferences) {
    this.preferences = preferences;
    this.emit("preferences", preferences);
  }

  requestToken() {
    if (this.#feed.api.token !== null) this.emit("token-needed", {});
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Position and count, as the server wrote them on an element of the page. */
  readAttributes(element) {
    const position = element.getAttribute("position");
    if (position && !this.#feed.position) this.#feed.position = position;
    const [unread, unseen, version] = ["unread", "unseen", "version"].map((name) => element.getAttribute(name));
    if (version) this.setCount({ unread: Number(unread), unseen: Number(unseen), version: Number(version) });
  }

  /** Go on with another token; "token-needed" asks for it. */
  setToken(token) {
    this.#feed.setToken(token);
  }

  /** This tab leads: preferences are there when the first notification comes. */
  leads() {
    this.loadPreferences().catch(() => {}); // tried again then
  }

  snapshot() {
    const { count, preferences } = this;
    return { count, preferences };
  }

  /** What the leading tab knows. It has no store where its page has no bell. */
  restore({ preferences, count }) {
    if (preferences) this.setPreferences(preferences);
    if (count) this.setCount(count);
    else if (!this.count) this.request("GET", "notifications/count").then(({ count }) => this.setCount(count), () => {});
  }

  receive(type, data, id) {
    if (this.#ended || !HANDLED.includes(type)) return;
    // A position stands for one event; what the stream says of itself repeats one.
    if (id && type !== "stream-open" && !this.#positions.add(id)) return;
    this.#queue = this.#queue.then(() => this.#handle(type, data)).catch(reportError);
  }

  async #handle(type, data) {
    if (type === "stream-open") {
      this.#user ??= data.topics.find((topic) => topic.startsWith(USER_TOPIC))?.slice(USER_TOPIC.length) ?? null;
      const isOurs = !this.#user || data.topics.includes(USER_TOPIC + this.#user);
      // Another user has signed in, in another tab: what comes now is not for this page.
      if (!isOurs) return this.#end();
      this.setCount(data.count);
      // What was sent to a new topic may be older than the position that the feed was resumed from.
      if (this.#opened && data.topics.some((topic) => !this.#opened.has(topic))) this.emit("behind", {});
      this.#opened = new Set(data.topics);
    } else if (type === "count") {
      this.setCount(data);
    } else if (type === "preferences") {
      this.setPreferences(data.data);
      this.emit("behind", {});
    } else if (type === "notification") {
      const given = [this.loadPreferences(), import("./preferences-rule.js")];
      const [preferences, rule] = await Promise.all(given.map((one) => one.catch(() => null)));
      if (rule?.wants(preferences, data.data, new Date()).feed === false) return;
      this.emit(type, data.data);
      this.expire(data.data);
    } else if (["recalled", "reading"].includes(type)) {
      this.emit(type, data.data);
    } else if (type === "room-unread") {
      this.emit(type, data.rooms);
    } else if (type === "behind") {
      this.emit(type, {});
    }
  }

  #end() {
    this.stateChanged("signed out");
    this.#ended = true;
    this.#feed.remove(this);
  }

  stateChanged(state) {
    if (state === this.state || this.#ended) return;
    this.state = state;
    this.emit("state", state);
    if (state === "signed out") this.requestToken();
  }
}
