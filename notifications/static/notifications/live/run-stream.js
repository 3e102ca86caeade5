// Reads the stream of a run to its end, however often it is cut.

import { RequestError } from "../shared/api.js";
import { readEvents } from "../shared/feeds/sse.js";

const RESPONSE_MS = 12_000;
const MIN_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;
const ENDS = ["done", "error", "stopped", "lost"];
const FINAL = [400, 401, 403, 404, 422];

export class RunStream {
  #run;
  #api;
  #event;
  #state;
  #position = "";
  #abort = null;
  #retryMs = MIN_RETRY_MS;
  #timer = 0;
  #watchdog = 0;
  #silenceMs = RESPONSE_MS;
  #ended = false;
  #closing = new AbortController();

  /**
   * `api()` returns a promise of an `Api`, and is called for each connection. `event(type, data, isLive)` is called once for
   * each event of the run, with "begin" where all of it comes, with "reset" where the text so far is to be forgotten: the
   * next token has all of it. `state` is called with "live", "reconnecting", and "refused" for good.
   */
  constructor(run, { api, event, state }) {
    this.#run = run;
    this.#api = api;
    this.#event = event;
    this.#state = state;
    const { signal } = this.#closing;
    globalThis.addEventListener?.("online", () => this.#ended || this.#connect(), { signal });
    this.#connect();
  }

  close() {
    this.#ended = true;
    this.#closing.abort();
    this.#disconnect();
  }

  async #connect() {
    this.#disconnect();
    const abort = (this.#abort = new AbortController());
    let wait = null;
    try {
      this.#watch(RESPONSE_MS);
      await this.#read(await this.#api(), abort.signal, (ms) => (wait = ms));
    } catch (error) {
      if (abort !== this.#abort) return;
      if (error instanceof RequestError && FINAL.includes(error.status)) return this.#refused();
      wait = Math.max(1000 * (error.retryAfter ?? 0), this.#backoff());
    }
    if (abort === this.#abort && !this.#ended) this.#reconnect(wait ?? this.#backoff());
  }

  async #read(api, signal, retire) {
    const { headers, credentials } = api.authentication;
    if (this.#position) headers["Last-Event-ID"] = this.#position;
    else this.#event("begin", null, false);
    const url = `${api.origin}/api/v1/runs/${this.#run}/stream`;
    const response = await fetch(url, { headers, credentials, signal, cache: "no-store" });
    if (!response.ok) throw await RequestError.of(response);
    let isLive = false;
    await readEvents(response, {
      event: (type, text, id) => {
        if (signal.aborted) return;
        const data = JSON.parse(text);
        if (type === "stream-open" && data.heartbeat_s) this.#watch(2500 * data.heartbeat_s + 5000);
        else if (type === "stream-live") {
          isLive = true;
          this.#retryMs = MIN_RETRY_MS;
          this.#state("live");
        } else if (type === "stream-reset") {
          this.#position = "";
          this.#event("reset", null, isLive);
        } else if (type === "stream-error" && data.retry === false) this.#refused();
        else if (type === "retire") retire(data.retry);
        else if (!type.startsWith("stream-")) this.#received(type, data, id, isLive);
      },
      activity: () => signal.aborted || this.#watch(),
      retry: () => {},
    });
  }

  #received(type, data, id, isLive) {
    if (id && Number(id) <= Number(this.#position)) return;
    this.#position = id || this.#position;
    this.#event(type, data, isLive);
    if (ENDS.includes(type)) this.close();
  }

  #refused() {
    this.close();
    this.#state("refused");
  }

  #reconnect(ms) {
    this.#disconnect();
    this.#state("reconnecting");
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  #backoff() {
    const ms = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
    return ms;
  }

  #watch(ms = this.#silenceMs) {
    this.#silenceMs = ms;
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#reconnect(this.#backoff()), ms);
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#abort?.abort();
    this.#abort = null;
  }
}
