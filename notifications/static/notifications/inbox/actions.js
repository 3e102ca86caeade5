// What the user does with items: shown at once, sent to the hub, and undone on request.

const PAST = { read: "was_read", unread: "was_unread", archive: "was_archived", unarchive: "was_unarchived" };
const INVERSE = { read: "unread", unread: "read", archive: "unarchive", unarchive: "archive" };
const CHANGES = {
  read: ({ read_at }) => read_at === null,
  unread: ({ read_at }) => read_at !== null,
  archive: ({ archived_at }) => archived_at === null,
  unarchive: ({ archived_at }) => archived_at !== null,
};
// What the user does with topics.
const CHOSEN = {
  follow: "was_followed",
  unfollow: "was_unfollowed",
  mute: "was_muted",
  unmute: "was_unmuted",
};
const OPPOSITE = { follow: "unfollow", unfollow: "follow", mute: "unmute", unmute: "mute" };
// The state of an item before an action that the hub refused.
const BEFORE = {
  read: () => ({ read_at: null }),
  click: () => ({ read_at: null }),
  unread: () => ({ read_at: now() }),
  archive: () => ({ archived_at: null }),
  unarchive: () => ({ archived_at: now() }),
};

const now = () => new Date().toISOString();

export class InboxActions {
  #client;
  #undo;
  #notice;
  #i18n;
  #rejected;
  #last = Promise.resolve();

  /** `rejected({id, …state})` is called with the former state of each item whose action the hub refused. */
  constructor(client, undo, notice, i18n, rejected) {
    this.#client = client;
    this.#undo = undo;
    this.#notice = notice;
    this.#i18n = i18n;
    this.#rejected = rejected;
  }

  /** Do it to those items that it changes, and offer to undo it; `undone()` is called after that. */
  async offer(verb, items, undone = () => {}) {
    const ids = items.filter(CHANGES[verb]).map(({ id }) => id);
    if (!ids.length) return;
    const sent = this.send(verb, ids);
    const text = this.#i18n.text(PAST[verb], { n: ids.length });
    const withdraw = this.#undo.offer(text, async () => {
      this.send(INVERSE[verb], await sent);
      undone();
    });
    if (!(await sent).length) withdraw();
  }

  /** Do it; resolves to the ids for which the hub accepted it. */
  send(verb, ids) {
    this.#notice.clear("not_saved");
    const sending = Promise.all(ids.map((id) => this.#send(verb, id)));
    this.#last = Promise.all([this.#last, sending]);
    return sending.then((accepted) => ids.filter((_, index) => accepted[index]));
  }

  /** Follow or mute a topic, or no longer, and offer to undo it. */
  async choose(verb, topic, name) {
    const sent = this.#choose(verb, topic);
    const text = this.#i18n.text(CHOSEN[verb], { topic: name });
    const withdraw = this.#undo.offer(text, async () => (await sent) && this.#choose(OPPOSITE[verb], topic));
    if (!(await sent)) withdraw();
  }

  /** Mark all of the user's notifications read, of which these items are shown. */
  async readAll(items) {
    const unread = items.filter(CHANGES.read);
    this.#notice.clear("not_saved");
    try {
      await this.#client.readAll();
    } catch {
      this.#notice.add("not_saved");
      for (const { id } of unread) this.#rejected({ id, ...BEFORE.read() });
    }
  }

  /** Resolves when all actions so far were answered. */
  settled() {
    return this.#last;
  }

  async #choose(verb, topic) {
    this.#notice.clear("not_saved");
    try {
      await this.#client.choose(verb, topic);
      return true;
    } catch {
      this.#notice.add("not_saved");
      return false;
    }
  }

  async #send(verb, id) {
    try {
      await this.#client[verb](id);
      return true;
    } catch {
      this.#notice.add("not_saved");
      this.#rejected({ id, ...BEFORE[verb]() });
      return false;
    }
  }
}
