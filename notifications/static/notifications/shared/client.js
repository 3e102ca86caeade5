// A reader at the hub: what is asked for them, what they do, and what is known by the answers.

import { Refused } from "./api.js";

export class Reader extends EventTarget {
  count = null;
  preferences = null;
  watching = new Set(); // what shows them the list while they look
  #api;

  constructor(api) {
    super();
    this.#api = api;
  }

  get origin() {
    return this.#api.origin;
  }

  /** Any call of /api/v1/; throws `Refused`. */
  async ask(method, path, body) {
    try {
      return await this.#api.ask(method, path, body);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) this.needToken();
      throw error;
    }
  }

  async find(query) {
    const given = Object.entries(query).filter(([, value]) => value);
    const answer = await this.ask("GET", `notifications?${new URLSearchParams(given)}`);
    this.showCount(answer.count);
    return answer;
  }

  /** The preferences, asked for once. */
  async knowPreferences() {
    if (!this.preferences) this.prefer(await this.ask("GET", "preferences"));
    return this.preferences;
  }

  read(id) {
    const now = new Date().toISOString();
    return this.#mark("PUT", `notifications/${id}/reading`, { id, read_at: now, seen_at: now });
  }

  /** Its own link was followed. */
  click(id) {
    const now = new Date().toISOString();
    return this.#mark("PUT", `notifications/${id}/click`, { id, read_at: now, seen_at: now });
  }

  unread(id) {
    return this.#mark("DELETE", `notifications/${id}/reading`, { id, read_at: null });
  }

  archive(id) {
    const now = new Date().toISOString();
    return this.#mark("PUT", `notifications/${id}/archive`, { id, archived_at: now, seen_at: now });
  }

  unarchive(id) {
    return this.#mark("DELETE", `notifications/${id}/archive`, { id, archived_at: null });
  }

  readAll() {
    const now = new Date().toISOString();
    return this.#mark("POST", "notifications/read-all", { id: "all", read_at: now, seen_at: now });
  }

  see() {
    return this.#mark("POST", "notifications/seen", { id: "all", seen_at: new Date().toISOString() });
  }

  /** Say it at once in this document; the server's own word follows by the stream. */
  async #mark(method, path, reading) {
    this.say("reading", reading);
    try {
      this.showCount((await this.ask(method, path)).count);
    } catch (error) {
      this.say("behind", {});
      throw error;
    }
  }

  /** Unless a later one is known. */
  showCount(count) {
    if (!count || count.version < (this.count?.version ?? 0)) return;
    this.count = count;
    this.say("count", count);
  }

  prefer(preferences) {
    this.preferences = preferences;
    this.say("preferences", preferences);
  }

  needToken() {
    if (this.#api.token !== null) this.say("token-needed", {});
  }

  /** To all that show it. */
  say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
