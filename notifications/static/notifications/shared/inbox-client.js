// What a user does with notifications and topics, and pages of the list.

const CHOICES = {
  follow: ["PUT", "subscription"],
  unfollow: ["DELETE", "subscription"],
  mute: ["PUT", "mute"],
  unmute: ["DELETE", "mute"],
};

export class InboxClient {
  #store;

  /** `store` is what the answers change, a `Store`. */
  constructor(store) {
    this.#store = store;
  }

  /** A page of notifications, `{items, next, count}`; empty values of `query` are left out. */
  async list(query) {
    const given = Object.entries(query).filter(([, value]) => value);
    const answer = await this.#store.request("GET", `notifications?${new URLSearchParams(given)}`);
    this.#store.setCount(answer.count);
    this.#store.expire(...answer.items);
    return answer;
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
    this.#store.setPreferences(await this.#store.request(method, `topics/${encodeURIComponent(topic)}/${action}`));
    this.#store.emit("behind", {});
  }

  /** Show it at once in this document; the hub's own event follows on the feed. */
  async #change(method, path, change) {
    this.#store.emit("reading", change);
    try {
      this.#store.setCount((await this.#store.request(method, path)).count);
    } catch (error) {
      this.#store.emit("behind", {});
      throw error;
    }
  }
}
