// The lines of ours that the room has not said yet. They outlive a reload, and keep their ids.

export class Outbox {
  /** Oldest first: {id, body, at, refused: null or {reason, detail}}. */
  lines;
  #key;
  #room = ""; // its topic, once we are in

  /** `key`: under which this tab keeps them. */
  constructor(key) {
    this.#key = key;
    this.lines = read(key);
  }

  /** The line to be sent now. */
  get next() {
    return this.lines.find((line) => !line.refused);
  }

  add(body) {
    const line = { id: crypto.randomUUID(), body, at: new Date().toISOString(), refused: null, room: this.#room };
    this.lines.push(line);
    this.#keep();
    return line;
  }

  /** We are in. What was meant for another room of this name is not for this one. */
  enter(room) {
    this.#room = room;
    this.lines = this.lines.filter((line) => !line.room || line.room === room);
    for (const line of this.lines) line.room = room;
    this.#keep();
  }

  /** Take a line out: it was said, or given up. Whether it was here. */
  remove(id) {
    const at = this.lines.findIndex((line) => line.id === id);
    if (at >= 0) this.lines.splice(at, 1);
    this.#keep();
    return at >= 0;
  }

  /** The room does not want it: it stays, but is not sent. */
  refuse(id, reason, detail) {
    const line = this.lines.find((one) => one.id === id);
    if (line) line.refused = { reason, detail };
    this.#keep();
    return Boolean(line);
  }

  /** Try a refused line once more, after the others. */
  again(id) {
    const line = this.lines.find((one) => one.id === id);
    if (!line) return;
    this.remove(id);
    this.lines.push({ ...line, refused: null });
    this.#keep();
  }

  #keep() {
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.lines));
    } catch {
      // A browser that keeps nothing: a reload loses what is still pending.
    }
  }
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}
