// The tabs of a browser elect a leader, which holds the feed and passes its events on to the others.

const HEARTBEAT_MS = 5000;
const MAX_UNANSWERED = 2; // pings; at the heartbeat after them the leader is replaced

export class TabGroup {
  #name;
  #lead;
  #receive;
  #channel = null;
  #left = null;
  #waiting = null;
  #leads = false;
  #unanswered = 0;

  /**
   * Join the tabs of this name. `lead()` is called when this tab becomes the leader, at once in a browser without
   * locks; it returns a function that ends that. `receive(message)` is called with what another tab sends. The leader
   * has to answer `{ping}` with any message: one that stands still, frozen or in a debugger, is replaced within
   * three heartbeats.
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
    this.#channel?.postMessage({ ...message, leads: this.#leads });
  }

  #join() {
    this.#left = new AbortController();
    const { signal } = this.#left;
    if (!navigator.locks || !globalThis.BroadcastChannel) return this.#leadUntil(signal);
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }) => {
      if (data.leads) this.#unanswered = 0;
      this.#receive(data);
    });
    const timer = setInterval(() => this.#pingLeader(), HEARTBEAT_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#queue(signal);
  }

  /** Lead whenever this tab holds the lock, until it leaves. */
  async #queue(left) {
    let steal = false;
    while (!left.aborted) {
      this.#waiting = new AbortController();
      if (!steal) this.send({ hello: true });
      const options = steal ? { steal } : { signal: this.#waiting.signal };
      const turn = new AbortController();
      left.addEventListener("abort", () => turn.abort(), { signal: turn.signal });
      try {
        await navigator.locks.request(this.#name, options, () => this.#leadUntil(turn.signal));
      } catch (error) {
        // No lock can be had here (an opaque origin): as in a browser without locks.
        if (error.name !== "AbortError" && !left.aborted) return this.#leadUntil(left);
      }
      turn.abort(); // stolen, or over
      steal = this.#waiting.signal.aborted;
    }
  }

  #leadUntil(signal) {
    this.#leads = true;
    const stop = this.#lead();
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        this.#leads = false;
        stop();
        resolve();
      });
    });
  }

  /** A message is answered even by a hidden tab, whose own timers may be a minute late. */
  #pingLeader() {
    if (this.#leads) return;
    if (this.#unanswered >= MAX_UNANSWERED) this.#waiting.abort();
    this.#unanswered = (this.#unanswered + 1) % (MAX_UNANSWERED + 1);
    this.send({ ping: true });
  }

  #leave() {
    this.#left.abort();
    this.#waiting?.abort();
    this.#channel?.close();
    this.#channel = null;
  }
}
