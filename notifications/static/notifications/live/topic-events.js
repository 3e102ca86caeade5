// What a tab has received of one topic: each event once, in order, and the latest of each key.

const MAX_KEYS = 10_000; // with more the oldest are given up

export class TopicEvents {
  topics = new Set(); // who is given the events: of type `Topic`
  carried; // a promise: from then on nothing is missed
  setCarried;
  #keyed = new Map();
  #last;
  #unkeyedId = 0; // the latest of an event without key

  constructor() {
    this.carried = new Promise((resolve) => (this.setCarried = resolve));
  }

  receive(type, envelope, id) {
    const event = asEvent(type, envelope, id);
    if (!this.#add(event)) return;
    for (const topic of [...this.topics]) topic.receive(event);
  }

  /** The log has not what followed; `reason` "unknown" says that it is another log, whose positions are others. */
  reset({ reason, position }) {
    if (reason === "unknown") {
      this.#unkeyedId = 0;
      this.#keyed.clear();
    }
    for (const topic of [...this.topics]) topic.reset({ reason, position });
  }

  /** The last event with this key, or at all. */
  latest(key) {
    return key === undefined ? this.#last : this.#keyed.get(key);
  }

  /** The last one of each key, in order. */
  get values() {
    return [...this.#keyed.values()].sort((a, b) => Number(a.id) - Number(b.id));
  }

  /**
   * Whether it is to be passed on. Without keys all come in order, so one that is not newer came before. The latest
   * values of keys come ahead of older events of others: they are compared with those of their own key.
   */
  #add(event) {
    const id = Number(event.id);
    const { key } = event;
    if (id <= (key === undefined ? this.#unkeyedId : Number(this.#keyed.get(key)?.id ?? 0))) return false;
    if (id > Number(this.#last?.id ?? 0)) this.#last = event;
    if (key === undefined) {
      this.#unkeyedId = id;
      return true;
    }
    this.#keyed.delete(key); // to be the newest
    this.#keyed.set(key, event);
    if (this.#keyed.size > MAX_KEYS) this.#keyed.delete(this.#keyed.keys().next().value);
    return true;
  }
}

/** An event as handlers get it, from the envelope on the wire. */
export function asEvent(type, envelope, id) {
  return { ...envelope, type, id };
}
