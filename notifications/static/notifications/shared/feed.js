// A feed connection that reconnects until the hub refuses it for good, and reports its state.

import { Acknowledgements } from "./acknowledgements.js";
import { RequestError } from "./api.js";
import { Fallback } from "./fallback.js";
import { readEvents } from "./sse.js";

const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 30_000;
const RESPONSE_MS = 12_000;
const TIMELY_MS = 5000; // from connecting to "stream-live", where a proxy has held the stream back before
const MAX_FAILURES = 1; // in a row; with more, the fallback steps in
const LONG_ABSENCE_MS = 60_000; // after which more may have changed than the feed repeats

// In place of the time after which to reconnect.
const ENDED = "ended"; // by the hub, for good
const REFUSED = "refused";

const GATEWAY_TIMEOUT = 504; // a proxy has waited for the end of the stream

const isFinal = ({ status }) => status === 401 || status === 403;

export class Feed {
  #api;
  #query;
  #position;
  #event;
  #state;
  #acknowledgements;
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
  #fallback;
  #slow = false;
  #refused = false;
  #startedAt = 0;
  #late = false;
  #stopped = false;
  #closing = new AbortController();

  /**
   * Connect from a position ("" means from now). `event(type, data, id)` is called for every event, and with type
   * "behind" where something may be missing; `state(state)` with one of "live", "reconnecting", "slow", "offline",
   * "degraded" and "signed out". `query` subscribes to other topics than the user's own. `poll()` requests what the
   * feed should bring; it is called every 15 s or so when the feed fails again and again, which is "slow" while poll
   * succeeds and the hub has not refused the feed.
   */
  constructor(api, position, event, state, { query = "", poll = null } = {}) {
    this.#api = api;
    this.#query = query;
    this.#position = position;
    this.#event = event;
    this.#state = state;
    this.#acknowledgements = new Acknowledgements((report) => api.acknowledge(report));
    this.#fallback = poll && new Fallback(poll, (error) => this.#polled(error));
    const { signal } = this.#closing;
    addEventListener("online", () => this.#stopped || this.connect(), { signal });
    addEventListener("offline", () => this.#stopped || this.#reconnect(), { signal });
    // Visible again: timers may have slept, and the session may be another.
    const shown = () => (document.hidden ? this.#acknowledgements.flush() : this.wake());
    document.addEventListener("visibilitychange", shown, { signal });
    this.connect();
  }

  close() {
    this.#closing.abort();
    this.#fallback?.stop();
    this.#acknowledgements.flush();
    this.#disconnect();
  }

  /** This tab or another one is visible again. The timers of a hidden tab may be a minute late. */
  wake() {
    // Signed out: there may be a new session by now, but a token does not change by itself.
    if (this.#stopped) return this.#api.token === null && this.connect();
    this.#fallback?.wake();
    if (this.#abort === null ? Date.now() >= this.#retryAt : Date.now() > this.#silentAt) this.connect();
  }

  /** Connect, or reconnect at once, perhaps with another session or token. */
  async connect() {
    this.#stopped = false;
    this.#disconnect();
    const abort = new AbortController();
    this.#abort = abort;
    this.#silenceMs = RESPONSE_MS;
    this.#startedAt = Date.now();
    this.#late = false;
    this.#restartWatchdog();
    const lastActiveAt = this.#activeAt;
    const { headers, credentials } = this.#api.authentication;
    if (this.#position) headers["Last-Event-ID"] = this.#position;
    let wait;
    let status = 0; // of a refusal
    let retired = false;
    try {
      await readEvents(this.#url, { headers, credentials, signal: abort.signal }, {
        event: (type, data, id) => {
          // What arrives after this connection was given up is not lost: the next one resumes before it.
          if (abort !== this.#abort) return;
          retired = type === "retire";
          wait = this.#handle(type, JSON.parse(data), id, lastActiveAt) ?? wait;
        },
        activity: (isHeartbeat) => {
          this.#activeAt = Date.now();
          this.#restartWatchdog();
          this.#acknowledgements.active();
          // It has come by itself, so nothing is held back any more.
          if (isHeartbeat && this.#late && abort === this.#abort) this.#recover();
        },
        retry: (ms) => (this.#retryMs = ms),
      });
    } catch (error) {
      if (error instanceof RequestError) {
        status = error.status;
        wait = this.#handleError(error);
      }
    }
    if (wait === ENDED && (await this.#hasSession())) wait = undefined;
    if (abort !== this.#abort) return;
    this.#refused = status !== 0 && status !== GATEWAY_TIMEOUT;
    this.#reconnect(wait, retired);
  }

  get #url() {
    const acks = this.#acknowledgements.works ? `${this.#query ? "&" : "?"}acks=1` : "";
    return `${this.#api.origin}/feed/${this.#query}${acks}`;
  }

  #handle(type, data, id, lastActiveAt) {
    this.#position = id || this.#position;
    let wait;
    if (type === "stream-open") {
      if (data.heartbeat_s) this.#silenceMs = 2500 * data.heartbeat_s + 5000;
      this.#restartWatchdog();
      this.#acknowledgements.open(data.ack ?? "");
    } else if (type === "notification") {
      // With a query they may be another person's.
      if (!this.#query) this.#acknowledgements.add(data.data.id);
    } else if (type === "stream-live") {
      const wasAway = lastActiveAt && Date.now() - lastActiveAt > LONG_ABSENCE_MS;
      if (wasAway || this.#degraded) this.#event("behind", {}, "");
      this.#degraded = false;
      // What comes in blocks comes late, and the next block may not come for long.
      this.#late = this.#slow && Date.now() - this.#startedAt > TIMELY_MS;
      if (!this.#late) this.#recover();
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
    // During a deploy: an instance of an earlier release refuses the promise to acknowledge.
    if (status === 400 && this.#acknowledgements.works) {
      this.#acknowledgements.giveUp();
      return 0;
    }
    // The hub answers 400 to a position that it cannot parse: load the list instead.
    if (status === 400 && this.#position) {
      this.#position = "";
      this.#event("behind", {}, "");
    }
    return retryAfter ? retryAfter * 1000 * (1 + Math.random()) : undefined;
  }

  #recover() {
    this.#failures = 0;
    this.#late = this.#slow = this.#refused = false;
    this.#fallback?.stop();
    this.#state("live");
  }

  #polled(error) {
    if (error instanceof RequestError && isFinal(error)) return this.#reconnect(REFUSED);
    this.#slow = !error && !this.#refused;
    if (this.#abort === null || !this.#degraded) this.#showDisconnected();
  }

  #showDisconnected() {
    this.#state(!navigator.onLine ? "offline" : this.#slow ? "slow" : "reconnecting");
  }

  #reconnect(wait, retired = false) {
    this.#disconnect();
    this.#retryAt = 0;
    if (wait === ENDED || wait === REFUSED) {
      this.#stopped = true;
      this.#fallback?.stop();
      return this.#state("signed out");
    }
    this.#showDisconnected();
    const max = this.#failures ? this.#retryMs * 2 ** this.#failures : Math.min(this.#retryMs, FIRST_RETRY_MS);
    if (!retired) this.#failures += 1;
    if (this.#failures > MAX_FAILURES) this.#fallback?.start();
    wait ??= Math.random() * Math.min(MAX_RETRY_MS, max);
    this.#retryAt = Date.now() + wait;
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #fallSilent() {
    this.#refused = false;
    this.#reconnect();
  }

  #restartWatchdog() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#fallSilent(), this.#silenceMs);
    this.#silentAt = Date.now() + this.#silenceMs;
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#acknowledgements.close();
    this.#abort?.abort();
    this.#abort = null;
  }
}
