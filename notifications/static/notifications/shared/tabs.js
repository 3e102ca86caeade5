// Of a browser's tabs one leads: it holds the stream, and the others hear from it.

export class Tabs {
  #channel = null;
  #left = null;

  /**
   * Join the tabs of this name. `lead()` is called when it is this tab's turn, at once in a browser that
   * has no locks; it returns what ends its leading. `hear(message)` is told what another tab `tell`s.
   */
  constructor(name, { lead, hear }) {
    this.name = name;
    this.lead = lead;
    this.hear = hear;
    // Kept by the browser for its back button, a page must hold neither the lock nor the stream.
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#join());
    this.#join();
  }

  tell(message) {
    this.#channel?.postMessage(message);
  }

  #join() {
    this.#left = new AbortController();
    const { signal } = this.#left;
    const lead = () => signal.addEventListener("abort", this.lead());
    if (!navigator.locks || !globalThis.BroadcastChannel) return lead();
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.addEventListener("message", ({ data }) => this.hear(data));
    const turn = () =>
      new Promise((done) => {
        signal.addEventListener("abort", done);
        lead();
      });
    navigator.locks.request(this.name, { signal }, turn).catch(() => {});
    this.tell({ hello: true });
  }

  #leave() {
    this.#left.abort();
    this.#channel?.close();
    this.#channel = null;
  }
}
