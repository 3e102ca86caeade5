// The tabs of a browser elect a leader, which holds the feed and passes its events on to the others.

const lockOf = (tab) => `notification-hub tab ${tab}`;

const HEARTBEAT_MS = 5000;
const MAX_UNANSWERED = 2; // pings; at the heartbeat after them the leader is replaced

export class TabGroup {
  #name;
  #lead;
  #receive;
  #channel = null;
  #id = "";
  #left = null;
  #waiting = null;
  #leads = false;
  #unanswered = 0;

  /**
   * Join the tabs of this name. `lead()` is called when this tab becomes the leader, at once in a browser without
   * locks; it returns a function that ends that. `receive(message)` is called with what another tab sends. The leader
   * has to answer `{ping}` with any message: one that stands still, frozen or in a debugger, is replaced within
   * three heartbeats. Messages say which tab they are `from`.
   */
  constructor(name, { lead, receive }) {
    this.#name = name;
    this.#lead = lead;
    this.#receive = receive;
    // A page in the back/forward cache must hold neither the lock nor the feed.
    globalThis.addEventListener?.("pagehide", () => this.#leave());
    globalThis.addEventListener?.("pageshow", ({ persisted }) => persisted && this.#join());
    this.#join();
  }

  /** What this tab's messages are `from`; another one each time that it joins. */
  get id() {
    return this.#id;
  }

  send(message) {
    this.#channel?.postMessage({ ...message, leads: this.#leads, from: this.#id });
  }

  /** Resolves once that tab has left, if only by crashing: each holds a lock of its own while it is there. */
  async gone(tab) {
    await navigator.locks.request(lockOf(tab), {}, () => {});
  }

  #join() {
    this.#left = new AbortController();
    const { signal } = this.#left;
    // Outside a page, as in Node, there are no other tabs.
    const alone = !globalThis.document || !navigator.locks || !globalThis.BroadcastChannel;
    if (alone) return this.#leadUntil(signal);
    this.#id = crypto.randomUUID();
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }) => {
      if (data.leads) this.#unanswered = 0;
      this.#receive(data);
    });
    const timer = setInterval(() => this.#pingLeader(), HEARTBEAT_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#hold(signal).then(() => this.#queue(signal));
  }

  /** The lock of this tab, until it leaves. Resolves when it is held, or cannot be. */
  #hold(left) {
    return new Promise((resolve) => {
      const hold = () => new Promise((release) => {
        left.addEventListener("abort", release);
        resolve();
      });
      navigator.locks.request(lockOf(this.#id), { signal: left }, hold).catch(resolve);
    });
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
