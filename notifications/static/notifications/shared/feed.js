// The feed's connection: it gives up when the hub says so and not before, and has one word for how it stands.

import { Refused } from "./api.js";
import { read } from "./sse.js";

const FIRST_MS = 2000;
const CAP_MS = 30_000;
const ANSWER_MS = 15_000;
const AWAY_MS = 60_000; // after which more may have changed than the feed repeats

// In place of the time after which to come back.
const GONE = "gone"; // the hub says that it is over
const REFUSED = "refused";

const isFinal = ({ status }) => status === 401 || status === 403;

export class Stream {
  #api;
  #query;
  #position;
  #hear;
  #say;
  #abort = null;
  #timer = 0;
  #dueAt = 0;
  #watchdog = 0;
  #failures = 0;
  #retryMs = FIRST_MS;
  #silenceMs = ANSWER_MS;
  #heardAt = 0;
  #silentAt = 0;
  #degraded = false;
  #stopped = false;
  #closing = new AbortController();

  /**
   * Listen from a position ("" means from now). `hear(type, data, id)` is told every event, and
   * "behind" where something may be missing; `say` one of "live", "reconnecting", "offline",
   * "degraded" and "signed out". `query` asks for other topics than the reader's own.
   */
  constructor(api, position, hear, say, query = "") {
    this.#api = api;
    this.#query = query;
    this.#position = position;
    this.#hear = hear;
    this.#say = say;
    const { signal } = this.#closing;
    addEventListener("online", () => this.#stopped || this.connect(), { signal });
    addEventListener("offline", () => this.#stopped || this.#comeBack(), { signal });
    // Somebody looks again: timers may have slept, and the session may be another.
    document.addEventListener("visibilitychange", () => !document.hidden && this.wake(), { signal });
    this.connect();
  }

  close() {
    this.#closing.abort();
    this.#hangUp();
  }

  /** Somebody looks, here or at another tab. Hidden, timers may be a minute late. */
  wake() {
    // Signed out: they may have signed in elsewhere, but a token stays what it is.
    if (this.#stopped) return this.#api.token === null && this.connect();
    if (this.#abort === null ? Date.now() >= this.#dueAt : Date.now() > this.#silentAt) this.connect();
  }

  /** Begin, or begin again: with another session or token, perhaps. */
  async connect() {
    this.#stopped = false;
    this.#hangUp();
    const abort = new AbortController();
    this.#abort = abort;
    this.#silenceMs = ANSWER_MS;
    this.#watch();
    const lastHeardAt = this.#heardAt;
    const { headers, credentials } = this.#api.request;
    if (this.#position) headers["Last-Event-ID"] = this.#position;
    let wait;
    try {
      await read(`${this.#api.origin}/feed/${this.#query}`, { headers, credentials, signal: abort.signal }, {
        hear: (type, data, id) => {
          // What was read before this connection was given up is not lost: the next one asks for it.
          if (abort === this.#abort) wait = this.#take(type, JSON.parse(data), id, lastHeardAt) ?? wait;
        },
        beat: () => {
          this.#heardAt = Date.now();
          this.#watch();
        },
        retry: (ms) => (this.#retryMs = ms),
      });
    } catch (error) {
      if (error instanceof Refused) wait = this.#refused(error);
    }
    if (wait === GONE && (await this.#mayStay())) wait = undefined;
    if (abort === this.#abort) this.#comeBack(wait);
  }

  #take(type, data, id, lastHeardAt) {
    this.#position = id || this.#position;
    let wait;
    if (type === "stream-open") {
      if (data.heartbeat_s) this.#silenceMs = 2500 * data.heartbeat_s + 5000;
    } else if (type === "stream-live") {
      const away = lastHeardAt && Date.now() - lastHeardAt > AWAY_MS;
      if (away || this.#degraded) this.#hear("behind", {}, "");
      this.#degraded = false;
      this.#failures = 0;
      this.#say("live");
    } else if (type === "stream-degraded") {
      this.#degraded = true;
      this.#say("degraded");
    } else if (type === "stream-reset") {
      this.#hear("behind", {}, "");
    } else if (type === "retire") {
      wait = data.retry;
    } else if (type === "stream-error" && data.retry === false) {
      wait = GONE;
    }
    this.#hear(type, data, id);
    return wait;
  }

  /** Whether another session took the place of one that has ended, as when they signed in again elsewhere. */
  async #mayStay() {
    if (this.#api.token !== null) return false;
    try {
      await this.#api.ask("GET", "notifications/count");
      return true;
    } catch (error) {
      return !(error instanceof Refused && isFinal(error));
    }
  }

  #refused({ status, retryAfter }) {
    if (isFinal({ status })) return REFUSED;
    // Of a position that it cannot read the hub says 400: the list is asked for instead.
    if (status === 400 && this.#position) {
      this.#position = "";
      this.#hear("behind", {}, "");
    }
    return retryAfter ? retryAfter * 1000 * (1 + Math.random()) : undefined;
  }

  #comeBack(wait) {
    this.#hangUp();
    this.#dueAt = 0;
    if (wait === GONE || wait === REFUSED) {
      this.#stopped = true;
      return this.#say("signed out");
    }
    this.#say(navigator.onLine ? "reconnecting" : "offline");
    const most = this.#failures ? this.#retryMs * 2 ** this.#failures : Math.min(this.#retryMs, FIRST_MS);
    this.#failures += 1;
    wait ??= Math.random() * Math.min(CAP_MS, most);
    this.#dueAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#comeBack(), this.#silenceMs);
    this.#silentAt = Date.now() + this.#silenceMs;
  }

  #hangUp() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#abort?.abort();
    this.#abort = null;
  }
}
