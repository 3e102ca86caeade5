// Who is typing in a room: signals that the user is, and lists the others.

const REPEAT_MS = 2000;
const EXPIRY_MS = 4000;

/** Emits "change" whenever `people` has changed. */
export class Typing extends EventTarget {
  #room;
  #signalledAt = 0;
  #others = new Map(); // by id: {name, timer}

  constructor(room) {
    super();
    this.#room = room;
    room.addEventListener("signal", ({ detail: { name, from, body } }) => {
      if (name !== "typing" || from.id === room.you.id) return;
      if (body === true) this.#add(from);
      else this.#remove(from.id);
    });
    // A member who has sent a message is not typing it any more.
    room.addEventListener("said", ({ detail }) => this.#remove(detail.from.id));
  }

  /** The names of the others who are typing, in the order in which they began. */
  get people() {
    return [...this.#others.values()].map(({ name }) => name);
  }

  /** Something was typed. */
  typed() {
    const now = Date.now();
    if (now - this.#signalledAt < REPEAT_MS) return;
    this.#signalledAt = now;
    this.#room.signal("typing", true);
  }

  /** It was sent, or deleted. */
  stopped() {
    if (!this.#signalledAt) return;
    this.#signalledAt = 0;
    this.#room.signal("typing", false);
  }

  #add({ id, name }) {
    clearTimeout(this.#others.get(id)?.timer);
    this.#others.set(id, { name, timer: setTimeout(() => this.#remove(id), EXPIRY_MS) });
    this.dispatchEvent(new Event("change"));
  }

  #remove(id) {
    if (!this.#others.has(id)) return;
    clearTimeout(this.#others.get(id).timer);
    this.#others.delete(id);
    this.dispatchEvent(new Event("change"));
  }
}
