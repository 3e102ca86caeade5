// A client of the API for one user: requests, actions, and the count and preferences that the answers bring.

import { RequestError } from "./api.js";
import { ExpiryQueue } from "./expiry-queue.js";

const CHOICES = {
  follow: ["PUT", "subscription"],
  unfollow: ["DELETE", "subscription"],
  mute: ["PUT", "mute"],
  unmute: ["DELETE", "mute"],
};
const MAX_TIMER_MS = 60_000; // a clock may be set meanwhile

/**
 * Events, by `detail`: "count", "preferences", "reading" (a change of state), "recalled" (when something has expired),
 * "behind" and "token-needed".
 */
export class NotificationClient extends EventTarget {
  count = null; // {unread, unseen, version}
  preferences = null;
  openLists = new Set(); // lists of notifications that the user looks at now
  #api;
  #expiry = new ExpiryQueue();
  #expiryTimer = 0;
  #clockMs = 0; // by how much the hub's clock is ahead of this one

  constructor(api) {
    super();
    this.#api = api;
  }

  get origin() {
    return this.#api.origin;
  }

  /** Any request to /api/v1/; throws `RequestError`. */
  async request(method, path, body) {
    try {
      return await this.#api.request(method, path, body);
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) this.requestToken();
      throw error;
    }
  }

  /** A page of notifications, `{items, next, count}`; empty values of `query` are left out. */
  async list(query) {
    const given = Object.entries(query).filter(([, value]) => value);
    const answer = await this.request("GET", `notifications?${new URLSearchParams(given)}`);
    this.setCount(answer.count);
    this.expire(...answer.items);
    return answer;
  }

  /** The preferences, requested once. */
  async loadPreferences() {
    if (!this.preferences) this.setPreferences(await this.request("GET", "preferences"));
    return this.preferences;
  }

  read(id) {
    const now = new Date().toISOString();
    return this.#change("PUT", `notifications/${id}/reading`, { id, read_at: now, seen_at: now });
  }

  /** Its own link was followed. */
  click(id) {
    const now = new Date().toISOString();
    return this.#change("PUT", `notifications/${id}/click`, { id, read_at: now, seen_at: now });
  }

  unread(id) {
    return this.#change("DELETE", `notifications/${id}/reading`, { id, read_at: null });
  }

  archive(id) {
    const now = new Date().toISOString();
    return this.#change("PUT", `notifications/${id}/archive`, { id, archived_at: now, seen_at: now });
  }

  unarchive(id) {
    return this.#change("DELETE", `notifications/${id}/archive`, { id, archived_at: null });
  }

  readAll() {
    const now = new Date().toISOString();
    return this.#change("POST", "notifications/read-all", { id: "all", read_at: now, seen_at: now });
  }

  markSeen() {
    return this.#change("POST", "notifications/seen", { id: "all", seen_at: new Date().toISOString() });
  }

  /** "follow", "unfollow", "mute" or "unmute" a topic. */
  async choose(verb, topic) {
    const [method, action] = CHOICES[verb];
    this.setPreferences(await this.request(method, `topics/${encodeURIComponent(topic)}/${action}`));
    this.emit("behind", {});
  }

  /** Show it at once in this document; the hub's own event follows on the feed. */
  async #change(method, path, change) {
    this.emit("reading", change);
    try {
      this.setCount((await this.request(method, path)).count);
    } catch (error) {
      this.emit("behind", {});
      throw error;
    }
  }

  /** Unless a later one is known. */
  setCount(count) {
    if (!count || count.version < (this.count?.version ?? 0)) return;
    this.count = count;
    this.#clockMs = count.version / 1000 - Date.now(); // a version is about the time at the hub
    this.#expire();
    this.emit("count", count);
  }

  /** Take these items away when they expire. */
  expire(...items) {
    for (const item of items) this.#expiry.add(item);
    this.#expire();
  }

  #expire() {
    clearTimeout(this.#expiryTimer);
    const now = Date.now() + this.#clockMs;
    for (const id of this.#expiry.expire(now)) this.emit("recalled", { id });
    const { next } = this.#expiry;
    if (next < Infinity) this.#expiryTimer = setTimeout(() => this.#expire(), Math.min(next - now, MAX_TIMER_MS));
  }

  setPreferences(preferences) {
    this.preferences = preferences;
    this.emit("preferences", preferences);
  }

  requestToken() {
    if (this.#api.token !== null) this.emit("token-needed", {});
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
