// The tabs of a browser elect a leader, which holds the feed and passes its events on to the others.

export class TabGroup {
  #name;
  #lead;
  #receive;
  #channel = null;
  #left = null;

  /**
   * Join the tabs of this name. `lead()` is called when this tab becomes the leader, at once in a browser without
   * locks; it returns a function that ends that. `receive(message)` is called with what another tab sends.
   */
  constructor(name, { lead, receive }) {
    this.#name = name;
    this.#lead = lead;
    this.#receive = receive;
    // A page in the back/forward cache must hold neither the lock nor the feed.
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#join());
    this.#join();
  }

  send(message) {
    this.#channel?.postMessage(message);
  }

  #join() {
    this.#left = new AbortController();
    const { signal } = this.#left;
    const lead = () => signal.addEventListener("abort", this.#lead());
    if (!navigator.locks || !globalThis.BroadcastChannel) return lead();
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }) => this.#receive(data));
    const hold = () =>
      new Promise((release) => {
        signal.addEventListener("abort", release);
        lead();
      });
    navigator.locks.request(this.#name, { signal }, hold).catch(() => {});
    this.send({ hello: true });
  }

  #leave() {
    this.#left.abort();
    this.#channel?.close();
    this.#channel = null;
  }
}
