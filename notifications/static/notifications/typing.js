// Who types now: says so of us, and knows it of the others.

const SAY_MS = 2000;
const STAYS_MS = 4000;

/** Its event "change" comes whenever `people` has changed. */
export class Typing extends EventTarget {
  #room;
  #saidAt = 0;
  #others = new Map(); // by id: {name, timer}

  constructor(room) {
    super();
    this.#room = room;
    room.addEventListener("signal", ({ detail: { name, from, body } }) => {
      if (name !== "typing" || from.id === room.you.id) return;
      if (body === true) this.#types(from);
      else this.#stops(from.id);
    });
    // Who has said it types no more.
    room.addEventListener("said", ({ detail }) => this.#stops(detail.from.id));
  }

  /** The names of the others who type now, as they began. */
  get people() {
    return [...this.#others.values()].map(({ name }) => name);
  }

  /** Something was typed. */
  typed() {
    const now = Date.now();
    if (now - this.#saidAt < SAY_MS) return;
    this.#saidAt = now;
    this.#room.signal("typing", true);
  }

  /** It was sent, or taken back. */
  stopped() {
    if (!this.#saidAt) return;
    this.#saidAt = 0;
    this.#room.signal("typing", false);
  }

  #types({ id, name }) {
    clearTimeout(this.#others.get(id)?.timer);
    this.#others.set(id, { name, timer: setTimeout(() => this.#stops(id), STAYS_MS) });
    this.dispatchEvent(new Event("change"));
  }

  #stops(id) {
    if (!this.#others.has(id)) return;
    clearTimeout(this.#others.get(id).timer);
    this.#others.delete(id);
    this.dispatchEvent(new Event("change"));
  }
}
