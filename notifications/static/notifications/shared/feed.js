// A feed connection that reconnects until the hub refuses it for good, and reports its state.

import { RequestError } from "./api.js";
import { readEvents } from "./sse.js";

const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 30_000;
const RESPONSE_MS = 15_000;
const LONG_ABSENCE_MS = 60_000; // after which more may have changed than the feed repeats

// In place of the time after which to reconnect.
const ENDED = "ended"; // by the hub, for good
const REFUSED = "refused";

const isFinal = ({ status }) => status === 401 || status === 403;

export class Feed {
  #api;
  #query;
  #position;
  #event;
  #state;
  #abort = null;
  #timer = 0;
  #retryAt = 0;
  #watchdog = 0;
  #failures = 0;
  #retryMs = FIRST_RETRY_MS;
  #silenceMs = RESPONSE_MS;
  #activeAt = 0;
  #silentAt = 0;
  #degraded = false;
  #stopped = false;
  #closing = new AbortController();

  /**
   * Connect from a position ("" means from now). `event(type, data, id)` is called for every event, and with type
   * "behind" where something may be missing; `state(state)` with one of "live", "reconnecting", "offline",
   * "degraded" and "signed out". `query` subscribes to other topics than the user's own.
   */
  constructor(api, position, event, state, query = "") {
    this.#api = api;
    this.#query = query;
    this.#position = position;
    this.#event = event;
    this.#state = state;
    const { signal } = this.#closing;
    addEventListener("online", () => this.#stopped || this.connect(), { signal });
    addEventListener("offline", () => this.#stopped || this.#reconnect(), { signal });
    // Visible again: timers may have slept, and the session may be another.
    document.addEventListener("visibilitychange", () => !document.hidden && this.wake(), { signal });
    this.connect();
  }

  close() {
    this.#closing.abort();
    this.#disconnect();
  }

  /** This tab or another one is visible again. The timers of a hidden tab may be a minute late. */
  wake() {
    // Signed out: there may be a new session by now, but a token does not change by itself.
    if (this.#stopped) return this.#api.token === null && this.connect();
    if (this.#abort === null ? Date.now() >= this.#retryAt : Date.now() > this.#silentAt) this.connect();
  }

  /** Connect, or reconnect at once, perhaps with another session or token. */
  async connect() {
    this.#stopped = false;
    this.#disconnect();
    const abort = new AbortController();
    this.#abort = abort;
    this.#silenceMs = RESPONSE_MS;
    this.#restartWatchdog();
    const lastActiveAt = this.#activeAt;
    const { headers, credentials } = this.#api.authentication;
    if (this.#position) headers["Last-Event-ID"] = this.#position;
    let wait;
    try {
      await readEvents(`${this.#api.origin}/feed/${this.#query}`, { headers, credentials, signal: abort.signal }, {
        event: (type, data, id) => {
          // What arrives after this connection was given up is not lost: the next one resumes before it.
          if (abort === this.#abort) wait = this.#handle(type, JSON.parse(data), id, lastActiveAt) ?? wait;
        },
        activity: () => {
          this.#activeAt = Date.now();
          this.#restartWatchdog();
        },
        retry: (ms) => (this.#retryMs = ms),
      });
    } catch (error) {
      if (error instanceof RequestError) wait = this.#handleError(error);
    }
    if (wait === ENDED && (await this.#hasSession())) wait = undefined;
    if (abort === this.#abort) this.#reconnect(wait);
  }

  #handle(type, data, id, lastActiveAt) {
    this.#position = id || this.#position;
    let wait;
    if (type === "stream-open") {
      if (data.heartbeat_s) this.#silenceMs = 2500 * data.heartbeat_s + 5000;
    } else if (type === "stream-live") {
      const wasAway = lastActiveAt && Date.now() - lastActiveAt > LONG_ABSENCE_MS;
      if (wasAway || this.#degraded) this.#event("behind", {}, "");
      this.#degraded = false;
      this.#failures = 0;
      this.#state("live");
    } else if (type === "stream-degraded") {
      this.#degraded = true;
      this.#state("degraded");
    } else if (type === "stream-reset") {
      this.#event("behind", {}, "");
    } else if (type === "retire") {
      wait = data.retry;
    } else if (type === "stream-error" && data.retry === false) {
      wait = ENDED;
    }
    this.#event(type, data, id);
    return wait;
  }

  /** Whether a new session has replaced the one that ended, after signing in again in another tab. */
  async #hasSession() {
    if (this.#api.token !== null) return false;
    try {
      await this.#api.request("GET", "notifications/count");
      return true;
    } catch (error) {
      return !(error instanceof RequestError && isFinal(error));
    }
  }

  #handleError({ status, retryAfter }) {
    if (isFinal({ status })) return REFUSED;
    // The hub answers 400 to a position that it cannot parse: load the list instead.
    if (status === 400 && this.#position) {
      this.#position = "";
      this.#event("behind", {}, "");
    }
    return retryAfter ? retryAfter * 1000 * (1 + Math.random()) : undefined;
  }

  #reconnect(wait) {
    this.#disconnect();
    this.#retryAt = 0;
    if (wait === ENDED || wait === REFUSED) {
      this.#stopped = true;
      return this.#state("signed out");
    }
    this.#state(navigator.onLine ? "reconnecting" : "offline");
    const max = this.#failures ? this.#retryMs * 2 ** this.#failures : Math.min(this.#retryMs, FIRST_RETRY_MS);
    this.#failures += 1;
    wait ??= Math.random() * Math.min(MAX_RETRY_MS, max);
    this.#retryAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #restartWatchdog() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#reconnect(), this.#silenceMs);
    this.#silentAt = Date.now() + this.#silenceMs;
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#abort?.abort();
    this.#abort = null;
  }
}
