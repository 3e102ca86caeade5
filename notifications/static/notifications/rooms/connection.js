// A room's connection: it comes back for as long as there is hope, and has one word for how it stands.

const FIRST_MS = 2000;
const CAP_MS = 30_000;
const ANSWER_MS = 15_000; // within which a new connection says something
const SILENT_MS = 20_000; // then the hub is asked whether it is there
const PONG_MS = 30_000;
const HURRY_MS = 5000; // the same, where there is reason to doubt it
const SETTLED_MS = 5000; // a connection that lived so long was a good one
const TOO_FAST_MS = 10_000;

const TOO_FAST = 4429;
// These will be said again next time: broken or foreign frames, and what only a person can mend.
const STOPS = new Set([1002, 1003, 1007, 1009, 4400, 4401, 4403, 4404]);
// A connection that has grown old ends with 4401 as well; whoever is still signed in comes back.
const OLD = "expired";

export class Socket {
  #url;
  #hear;
  #say;
  #socket = null;
  #timer = 0;
  #watchdog = 0;
  #dueAt = 0;
  #heardAt = 0;
  #liveAt = 0;
  #failures = 0;
  #closing = new AbortController();

  /**
   * Connect to what `url()` names each time. `hear(frame)` is told every frame; `say(state, why)` one of
   * "live", "degraded", "reconnecting", "offline" and "stopped", the last three with the `{code, reason}`
   * of the close.
   */
  constructor(url, { hear, say }) {
    this.#url = url;
    this.#hear = hear;
    this.#say = say;
    const { signal } = this.#closing;
    addEventListener("online", () => this.#wake(true), { signal });
    addEventListener("offline", () => this.#socket && this.#ended(1006, ""), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#wake(false), { signal });
    // Kept by the browser for its back button, a page must not stay in the room.
    addEventListener("pagehide", () => this.#hangUp(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.connect(), { signal });
    this.connect();
  }

  connect() {
    this.#hangUp();
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    this.#heardAt = this.#liveAt = 0;
    this.#expect(ANSWER_MS);
    // What was on its way when this connection was given up is not lost: the next one asks for it.
    const mine = (then) => (event) => socket === this.#socket && then(event);
    socket.addEventListener("message", mine(({ data }) => typeof data === "string" && this.#take(JSON.parse(data))));
    socket.addEventListener("close", mine(({ code, reason }) => this.#ended(code, reason)));
  }

  close() {
    this.#closing.abort();
    this.#hangUp();
  }

  stop(code, reason) {
    this.#hangUp();
    this.#dueAt = Infinity;
    this.#say("stopped", { code, reason });
  }

  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #take(frame) {
    this.#heardAt = Date.now();
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#ask(PONG_MS), SILENT_MS);
    if (frame.type === "live") {
      this.#liveAt ||= Date.now();
      this.#say("live");
    } else if (frame.type === "degraded") {
      this.#say("degraded");
    }
    this.#hear(frame);
  }

  #ask(ms) {
    this.send({ type: "ping" });
    this.#expect(ms);
  }

  #expect(ms) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#ended(1006, ""), ms);
  }

  /** Somebody looks again, or the network is another: timers may have slept, and the link be dead. */
  #wake(changed) {
    if (this.#socket === null) {
      if (this.#dueAt !== Infinity && (changed || Date.now() >= this.#dueAt)) this.connect();
    } else if (this.#heardAt && (changed || Date.now() - this.#heardAt > SILENT_MS)) {
      this.#ask(HURRY_MS);
    }
  }

  #ended(code, reason) {
    if (this.#liveAt && Date.now() - this.#liveAt > SETTLED_MS) this.#failures = 0;
    if (STOPS.has(code) && reason !== OLD) return this.stop(code, reason);
    this.#hangUp();
    const most = Math.min(CAP_MS, FIRST_MS * 2 ** this.#failures);
    const wait = Math.random() * most + (code === TOO_FAST ? TOO_FAST_MS : 0);
    this.#failures += 1;
    this.#dueAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.connect(), wait);
    this.#say(navigator.onLine ? "reconnecting" : "offline", { code, reason });
  }

  #hangUp() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
