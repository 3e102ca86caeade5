// Throttles the user's signals: for each name, the latest body at a limited rate.

const INTERVAL_MS = 1000 / 15;

export class SignalThrottle {
  #send;
  #pending = new Map(); // by name, while its interval runs: {next}

  constructor(send) {
    this.#send = send;
  }

  signal(name, body) {
    const pending = this.#pending.get(name);
    if (pending) {
      pending.next = { body };
      return;
    }
    this.#send(name, body);
    this.#start(name);
  }

  #start(name) {
    const pending = { next: null };
    const timer = setInterval(() => {
      if (pending.next) {
        this.#send(name, pending.next.body);
        pending.next = null;
      } else {
        clearInterval(timer);
        this.#pending.delete(name);
      }
    }, INTERVAL_MS);
    this.#pending.set(name, pending);
  }
}
