// What this document knows of a reader's notifications. All that shows them shares it.

import { Api } from "./api.js";
import { Reader } from "./client.js";
import { Stream } from "./feed.js";
import { Tabs } from "./tabs.js";
import { wants } from "./preferences-rule.js";

const MOST_IDS = 2000; // remembered, so that what comes twice is told once
const WAKE_MS = 1000;

const stores = new Map();

/** The store of an element's hub and user. It begins to listen in the next task, when all have said what they know. */
export function storeFor(element) {
  const token = element.getAttribute("token");
  const origin = element.getAttribute("hub")?.replace(/\/$/, "") ?? new URL(import.meta.url).origin;
  const user = element.getAttribute("user") ?? (token && subject(token)) ?? "";
  const name = `${origin} ${user}`;
  if (!stores.has(name)) stores.set(name, new Store(name, new Api(origin, token), user));
  const store = stores.get(name);
  store.told(element);
  return store;
}

class Store extends Reader {
  state = "connecting";
  #api;
  #user;
  #tabs;
  #stream = null;
  #position = "";
  #heard = new Set();
  #ended = false;
  #turn = Promise.resolve();

  constructor(name, api, user) {
    super(api);
    this.#api = api;
    this.#user = user;
    const join = () =>
      (this.#tabs = new Tabs(`hub ${name}`, { lead: () => this.#lead(), hear: (said) => this.#hear(said) }));
    setTimeout(join);
    setInterval(() => this.#wakeLeader(), WAKE_MS);
  }

  /** Take what the server wrote on an element of the page. */
  told(element) {
    const position = element.getAttribute("position");
    if (position && !this.#tabs) this.#position = position;
    const [unread, unseen, version] = ["unread", "unseen", "version"].map((name) => element.getAttribute(name));
    if (version) this.showCount({ unread: Number(unread), unseen: Number(unseen), version: Number(version) });
  }

  /** Go on with another token; "token-needed" asks for it. */
  renew(token) {
    if (token === this.#api.token) return;
    this.#api.token = token;
    if (this.state !== "signed out") return;
    if (this.#stream) this.#stream.connect();
    else this.#tabs?.tell({ token });
  }

  /** While this tab is looked at, a leader that is not must not sleep. */
  #wakeLeader() {
    const lost = ["reconnecting", "offline"].includes(this.state);
    if (lost && !this.#stream && !document.hidden) this.#tabs?.tell({ wake: true });
  }

  #lead() {
    this.#tabs?.tell({ here: this.#here });
    this.knowPreferences().catch(() => {}); // asked for again when the first notification comes
    this.#stream = new Stream(
      this.#api,
      this.#position,
      (type, data, id) => {
        this.#tabs?.tell({ event: [type, data, id] });
        this.#take(type, data, id);
      },
      (state) => {
        this.#tabs?.tell({ state });
        this.#show(state);
      },
    );
    return () => {
      this.#stream.close();
      this.#stream = null;
    };
  }

  /** From another tab: the leader's word, or a new tab that asks where things stand. */
  #hear({ event, state, hello, wake, here, token }) {
    if (event) this.#take(...event);
    if (state) this.#show(state);
    if (wake) this.#stream?.wake();
    if (token && this.#stream) this.renew(token);
    if (hello && this.#stream) {
      this.#tabs.tell({ here: this.#here });
      // A page that has just come has a session.
      if (this.state === "signed out") this.#stream.connect();
    }
    if (here && !this.#stream) {
      // What came after this page was made and before this tab listened was told without it.
      if (BigInt(here.position) > BigInt(this.#position)) {
        if (this.#position) this.say("behind", {});
        this.#position = here.position;
      }
      if (here.preferences) this.prefer(here.preferences);
      this.showCount(here.count);
      this.#show(here.state);
    }
  }

  get #here() {
    const { state, count, preferences } = this;
    return { state, count, preferences, position: this.#position };
  }

  #take(type, data, id) {
    if (this.#ended) return;
    // A position stands for one event, but for `stream-open`, which repeats where the feed begins.
    if (id && type !== "stream-open") {
      if (this.#heard.has(id)) return;
      this.#heard.add(id);
      if (this.#heard.size > MOST_IDS) this.#heard.delete(this.#heard.values().next().value);
    }
    this.#position = id || this.#position;
    this.#turn = this.#turn.then(() => this.#tell(type, data)).catch(reportError);
  }

  async #tell(type, data) {
    if (type === "stream-open") {
      const mine = !this.#user || data.topics.includes(`user-${this.#user}`);
      // Somebody else has signed in, in another tab: what comes now is not this page's reader's.
      if (!mine) return this.#end();
      this.showCount(data.count);
    } else if (type === "count") {
      this.showCount(data);
    } else if (type === "preferences") {
      this.prefer(data.data);
      this.say("behind", {});
    } else if (type === "notification") {
      const preferences = await this.knowPreferences().catch(() => null);
      if (wants(preferences, data.data, new Date()).feed) this.say(type, data.data);
    } else if (["recalled", "reading"].includes(type)) {
      this.say(type, data.data);
    } else if (type === "behind") {
      this.say(type, {});
    }
  }

  #end() {
    this.#stream?.close();
    this.#show("signed out");
    this.#ended = true;
  }

  #show(state) {
    if (state === this.state || this.#ended) return;
    this.state = state;
    this.say("state", state);
    if (state === "signed out") this.needToken();
  }
}

/** Whose token it is; the hub checks it, this only tells two readers apart. */
function subject(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return "";
  }
}
