// Signals of ours: of many at once the latest is sent, and of each name only so many a second.

const EACH_MS = 1000 / 15;

export class Signals {
  #send;
  #turns = new Map(); // by name, while one more has to wait: {next}

  constructor(send) {
    this.#send = send;
  }

  signal(name, body) {
    const turn = this.#turns.get(name);
    if (turn) {
      turn.next = { body };
      return;
    }
    this.#send(name, body);
    this.#begin(name);
  }

  #begin(name) {
    const turn = { next: null };
    const timer = setInterval(() => {
      if (turn.next) {
        this.#send(name, turn.next.body);
        turn.next = null;
      } else {
        clearInterval(timer);
        this.#turns.delete(name);
      }
    }, EACH_MS);
    this.#turns.set(name, turn);
  }
}
