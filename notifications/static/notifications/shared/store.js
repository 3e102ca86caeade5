// What this document knows of a user's notifications, shared by all elements that show them.

import { Api } from "./api.js";
import { NotificationClient } from "./client.js";
import { Feed } from "./feeds/feed.js";
import { PositionSet } from "./feeds/position-set.js";
import { wants } from "./preferences-rule.js";
import { TabGroup } from "./tabs.js";

const ISSUER = "hub"; // of the hub's own tokens, which name their user as the topics do
const USER_TOPIC = "user-"; // and their primary key
const WAKE_MS = 1000;

const stores = new Map();

/** The store of an element's hub and user. It connects in the next task, when all elements have set what they know. */
export function storeFor(element) {
  const token = element.getAttribute("token");
  const origin = element.getAttribute("hub")?.replace(/\/$/, "") ?? new URL(import.meta.url).origin;
  const { iss = "", sub = "" } = claims(token ?? "");
  const isOwn = token === null || iss === ISSUER;
  const user = element.getAttribute("user") ?? (isOwn ? sub : null);
  const name = `${origin} ${user ?? `${iss} ${sub}`}`;
  if (!stores.has(name)) stores.set(name, new Store(name, new Api(origin, token), user));
  const store = stores.get(name);
  store.readAttributes(element);
  return store;
}

/** Events besides the client's, by `detail`: "state", "notification" and "recalled". */
class Store extends NotificationClient {
  state = "connecting"; // then one of those that `Feed` reports
  #api;
  #user;
  #tabs;
  #feed = null;
  #position = "";
  #positions = new PositionSet();
  #ended = false;
  #queue = Promise.resolve();

  /** A `user` of null is the one whose topics the feed opens first. */
  constructor(name, api, user) {
    super(api);
    this.#api = api;
    this.#user = user;
    const join = () =>
      (this.#tabs = new TabGroup(`hub ${name}`, {
        lead: () => this.#lead(),
        receive: (message) => this.#receive(message),
      }));
    setTimeout(join);
    setInterval(() => this.#wakeLeader(), WAKE_MS);
  }

  /** Position and count, as the server wrote them on an element of the page. */
  readAttributes(element) {
    const position = element.getAttribute("position");
    if (position && !this.#tabs) this.#position = position;
    const [unread, unseen, version] = ["unread", "unseen", "version"].map((name) => element.getAttribute(name));
    if (version) this.setCount({ unread: Number(unread), unseen: Number(unseen), version: Number(version) });
  }

  /** Go on with another token; "token-needed" asks for it. */
  setToken(token) {
    if (token === this.#api.token) return;
    this.#api.token = token;
    if (this.state !== "signed out") return;
    if (this.#feed) this.#feed.connect();
    else this.#tabs?.send({ token });
  }

  /** While this tab is visible, a leader that is hidden must not wait for its slow timers. */
  #wakeLeader() {
    const lost = ["reconnecting", "slow", "offline"].includes(this.state);
    if (lost && !this.#feed && !document.hidden) this.#tabs?.send({ wake: true });
  }

  #lead() {
    this.#tabs?.send({ here: this.#snapshot });
    this.loadPreferences().catch(() => {}); // tried again when the first notification comes
    this.#feed = new Feed(
      this.#api,
      this.#position,
      (...event) => this.#publish(...event),
      (state) => {
        this.#tabs?.send({ state });
        this.#setState(state);
      },
      { request: () => this.#requestState() },
    );
    return () => {
      this.#feed.close();
      this.#feed = null;
    };
  }

  /** In this tab and the others. */
  #publish(type, data, id) {
    this.#tabs?.send({ event: [type, data, id] });
    this.#enqueue(type, data, id);
  }

  /** What a feed that brings nothing should have brought; the lists reload themselves. */
  async #requestState() {
    const { count } = await this.request("GET", "notifications/count");
    this.#publish("count", count, "");
    this.#publish("behind", {}, "");
  }

  /** From another tab: what the leader received, or a new tab that asks for a snapshot. */
  #receive({ event, state, hello, ping, wake, here, token }) {
    if (event) this.#enqueue(...event);
    if (state && !this.#feed) this.#setState(state);
    if (ping && this.#feed) this.#tabs.send({ state: this.state });
    if (wake) this.#feed?.wake();
    if (token && this.#feed) this.setToken(token);
    if (hello && this.#feed) {
      this.#tabs.send({ here: this.#snapshot });
      // A page that has just been loaded has a session.
      if (this.state === "signed out") this.#feed.connect();
    }
    if (here && !this.#feed) this.#restore(here);
  }

  get #snapshot() {
    const { state, count, preferences } = this;
    return { state, count, preferences, position: this.#position };
  }

  #restore({ position, preferences, count, state }) {
    // This tab missed what came after its page was made and before it joined.
    if (BigInt(position) > BigInt(this.#position)) {
      if (this.#position) this.emit("behind", {});
      this.#position = position;
    }
    if (preferences) this.setPreferences(preferences);
    this.setCount(count);
    this.#setState(state);
  }

  #enqueue(type, data, id) {
    if (this.#ended) return;
    // A position stands for one event; what the stream says of itself repeats one.
    if (id && !type.startsWith("stream-") && !this.#positions.add(id)) return;
    this.#position = id || this.#position;
    this.#queue = this.#queue.then(() => this.#handle(type, data)).catch(reportError);
  }

  async #handle(type, data) {
    if (type === "stream-open") {
      this.#user ??= data.topics.find((topic) => topic.startsWith(USER_TOPIC))?.slice(USER_TOPIC.length) ?? null;
      const isOurs = !this.#user || data.topics.includes(USER_TOPIC + this.#user);
      // Another user has signed in, in another tab: what comes now is not for this page.
      if (!isOurs) return this.#end();
      this.setCount(data.count);
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
    } else if (type === "behind") {
      this.emit(type, {});
    }
  }

  #end() {
    this.#feed?.close();
    this.#setState("signed out");
    this.#ended = true;
  }

  #setState(state) {
    if (state === this.state || this.#ended) return;
    this.state = state;
    this.emit("state", state);
    if (state === "signed out") this.requestToken();
  }
}

/** The claims of a token. They are not verified here: they only tell two users apart. */
function claims(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))) ?? {};
  } catch {
    return {};
  }
}
