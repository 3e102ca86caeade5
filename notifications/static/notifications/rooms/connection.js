// A connection to a room that reconnects for as long as that may help, and reports its state.

const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 30_000;
const RESPONSE_MS = 15_000; // within which the first frame comes
const SILENCE_MS = 20_000; // then the hub is pinged
const PONG_MS = 30_000;
const URGENT_PONG_MS = 5000; // where there is reason to doubt the connection
const STABLE_MS = 5000; // a connection that lasted so long was a good one
const TOO_FAST_MS = 10_000; // added to the wait after 4429

const TOO_FAST = 4429;
// Closed for a reason that will be the same next time: invalid frames, or what only a person can resolve.
const FINAL = new Set([1002, 1003, 1007, 1009, 4400, 4401, 4403, 4404]);

export class RoomConnection {
  #open;
  #frame;
  #state;
  #socket = null;
  #timer = 0;
  #watchdog = 0;
  #retryAt = 0;
  #activeAt = 0;
  #liveAt = 0;
  #failures = 0;
  #closing = new AbortController();

  /**
   * Connect by `open()`, which is called for each attempt and returns a `WebSocket`, or what has as much of one as
   * `RoomSocket`. `frame(frame)` is called for every frame; `state(state,
   * why)` with one of "live", "degraded", "reconnecting", "offline" and "stopped", the last three with the `{code,
   * reason}` of the close.
   */
  constructor(open, { frame, state }) {
    this.#open = open;
    this.#frame = frame;
    this.#state = state;
    const { signal } = this.#closing;
    addEventListener("online", () => this.#wake(true), { signal });
    addEventListener("offline", () => this.#socket && this.#closed(1006, ""), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#wake(false), { signal });
    // A page in the back/forward cache must not stay in the room.
    addEventListener("pagehide", () => this.#disconnect(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.connect(), { signal });
    this.connect();
  }

  connect() {
    this.#disconnect();
    const socket = this.#open();
    this.#socket = socket;
    this.#activeAt = this.#liveAt = 0;
    this.#startWatchdog(RESPONSE_MS);
    // What arrives after this connection was given up is not lost: the next one resumes before it.
    const ifCurrent = (handle) => (event) => socket === this.#socket && handle(event);
    const message = ({ data }) => typeof data === "string" && this.#receive(JSON.parse(data));
    socket.addEventListener("message", ifCurrent(message));
    socket.addEventListener("close", ifCurrent(({ code, reason }) => this.#closed(code, reason)));
  }

  close() {
    this.#closing.abort();
    this.#disconnect();
  }

  /** Disconnect for good, as if the hub had closed it so. */
  stop(code, reason) {
    this.#disconnect();
    this.#retryAt = Infinity;
    this.#state("stopped", { code, reason });
  }

  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame) {
    this.#activeAt = Date.now();
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#ping(PONG_MS), SILENCE_MS);
    if (frame.type === "live") {
      this.#liveAt ||= Date.now();
      this.#state("live");
    } else if (frame.type === "degraded") {
      this.#state("degraded");
    }
    this.#frame(frame);
  }

  #ping(ms) {
    this.send({ type: "ping" });
    this.#startWatchdog(ms);
  }

  #startWatchdog(ms) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#closed(1006, ""), ms);
  }

  /** Visible again, or on another network: timers may have slept, and the connection may be dead. */
  #wake(networkChanged) {
    if (this.#socket === null) {
      if (this.#retryAt !== Infinity && (networkChanged || Date.now() >= this.#retryAt)) this.connect();
    } else if (this.#activeAt && (networkChanged || Date.now() - this.#activeAt > SILENCE_MS)) {
      this.#ping(URGENT_PONG_MS);
    }
  }

  #closed(code, reason) {
    if (this.#liveAt && Date.now() - this.#liveAt > STABLE_MS) this.#failures = 0;
    if (FINAL.has(code)) return this.stop(code, reason);
    this.#disconnect();
    const max = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    const wait = Math.random() * max + (code === TOO_FAST ? TOO_FAST_MS : 0);
    this.#failures += 1;
    this.#retryAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.connect(), wait);
    this.#state(navigator.onLine ? "reconnecting" : "offline", { code, reason });
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
