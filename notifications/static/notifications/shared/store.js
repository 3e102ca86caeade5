// What this document knows of a user's notifications, shared by all elements that show them.

import { Api } from "./api.js";
import { NotificationClient } from "./client.js";
import { PositionSet } from "./position-set.js";
import { sharedFeed } from "./feeds/shared-feed.js";
import { wants } from "./preferences-rule.js";

const USER_TOPIC = "user-"; // with the primary key
const HANDLED = ["stream-open", "count", "preferences", "notification", "recalled", "reading", "behind", "room-unread"];

const stores = new Map();

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

/** Events besides the client's, by `detail`: "state", "notification", "recalled", "room-unread". */
class Store extends NotificationClient {
  state = "connecting"; // then one of those that `Feed` reports
  own = true; // with no other topics
  topics = new Set();
  #feed;
  #user;
  #positions = new PositionSet();
  #opened = null; // the topics of the feed that was open last
  #ended = false;
  #queue = Promise.resolve();

  constructor(feed) {
    super(feed.api);
    this.#feed = feed;
    this.#user = feed.user; // null is the one whose topics the feed opens first
    this.state = feed.state;
    feed.add(this);
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
      const preferences = await this.loadPreferences().catch(() => null);
      if (!wants(preferences, data.data, new Date()).feed) return;
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
