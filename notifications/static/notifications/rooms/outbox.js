// The user's messages that the room has not accepted yet. They survive a reload, with their ids.

export class Outbox {
  /** Oldest first: {id, body, at, refused: null or {reason, detail}}. */
  messages;
  #key;
  #storage;
  #topic = ""; // of the room, once it is joined

  /** `key`: that under which this tab stores them. */
  constructor(key, storage = sessionStorage) {
    this.#key = key;
    this.#storage = storage;
    this.messages = load(key, storage);
  }

  /** The message to be sent now. */
  get next() {
    return this.messages.find((message) => !message.refused);
  }

  add(body) {
    const id = crypto.randomUUID();
    const message = { id, body, at: new Date().toISOString(), refused: null, room: this.#topic };
    this.messages.push(message);
    this.#save();
    return message;
  }

  /** The room is joined. Messages for another room that had this name are dropped. */
  join(topic) {
    this.#topic = topic;
    this.messages = this.messages.filter(({ room }) => !room || room === topic);
    for (const message of this.messages) message.room = topic;
    this.#save();
  }

  /** Remove a message that was accepted or given up. Returns whether it was here. */
  remove(id) {
    const at = this.messages.findIndex((message) => message.id === id);
    if (at >= 0) this.messages.splice(at, 1);
    this.#save();
    return at >= 0;
  }

  /** The room refused it: it stays, but is not sent. Returns whether it was here. */
  refuse(id, reason, detail) {
    const message = this.#find(id);
    if (message) message.refused = { reason, detail };
    this.#save();
    return Boolean(message);
  }

  /** Send a refused message once more, after the others. */
  retry(id) {
    const message = this.#find(id);
    if (!message) return;
    this.remove(id);
    this.messages.push({ ...message, refused: null });
    this.#save();
  }

  #find(id) {
    return this.messages.find((message) => message.id === id);
  }

  #save() {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(this.messages));
    } catch {
      // A browser that stores nothing: a reload loses what is pending.
    }
  }
}

function load(key, storage) {
  try {
    return JSON.parse(storage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}
