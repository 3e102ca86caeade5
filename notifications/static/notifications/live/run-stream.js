// Reads the stream of a run to its end, however often it is cut; where a proxy lets no stream through the run is polled.

import { RequestError } from "../shared/api.js";
import { LongPoll } from "../shared/feeds/long-poll.js";
import { ProxyMemory } from "../shared/feeds/proxy-memory.js";
import { readEvents } from "../shared/feeds/sse.js";
import { StreamRecord } from "../shared/feeds/stream-record.js";

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
  #record = null; // of its connections, once it is known what the hub's feed found
  #polls = null; // in place of the stream
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
    globalThis.addEventListener?.("online", () => this.#ended || this.#connectAnew(), { signal });
    this.#connect();
  }

  close() {
    this.#ended = true;
    this.#closing.abort();
    this.#disconnect();
  }

  /** On another network, which may let streams through. */
  #connectAnew() {
    this.#polls = null;
    this.#connect();
  }

  async #connect() {
    this.#disconnect();
    const abort = (this.#abort = new AbortController());
    const found = { wait: null, begun: false, last: "" };
    const error = await this.#request(abort.signal, found).then(() => null, (thrown) => thrown);
    if (abort !== this.#abort || this.#ended) return;
    if (error instanceof RequestError && FINAL.includes(error.status)) return this.#refused();
    if (this.#polls && !error) return void (this.#timer = setTimeout(() => this.#connect(), found.wait));
    if (this.#polls) this.#polls = null;
    else this.#judge(found, error);
    this.#reconnect(found.wait ?? Math.max(1000 * (error?.retryAfter ?? 0), this.#backoff()));
  }

  async #request(signal, found) {
    if (!this.#polls) this.#watch(RESPONSE_MS);
    const api = await this.#api();
    if (!this.#record) {
      this.#record = new StreamRecord(new ProxyMemory(api.origin).swallows);
      if (this.#record.swallowed) this.#poll();
    }
    if (this.#polls) return void (found.wait = await this.#polls.poll(signal));
    this.#record.connecting(Date.now());
    await this.#read(api, "", signal, found);
  }

  /** Of what became of a stream that has ended. */
  #judge({ begun, last }, error) {
    if (!this.#record) return;
    if (last === "retire") return this.#record.retired();
    const outcome = { status: error?.status ?? 0, begun, announced: last === "stream-error" };
    this.#record.ended(Date.now(), outcome);
    if (this.#record.failing && this.#record.swallowed) this.#poll();
  }

  /** From now on. */
  #poll() {
    clearTimeout(this.#watchdog);
    this.#polls = new LongPoll(async (waitS, signal) => {
      const found = { wait: 0 };
      await this.#read(await this.#api(), `?wait=${waitS}`, signal, found);
      return found.wait;
    });
  }

  async #read(api, query, signal, found) {
    const { headers, credentials } = api.authentication;
    if (this.#position) headers["Last-Event-ID"] = this.#position;
    else this.#event("begin", null, false);
    const url = `${api.origin}/api/v1/runs/${this.#run}/stream${query}`;
    const response = await fetch(url, { headers, credentials, signal, cache: "no-store" });
    if (!response.ok) throw await RequestError.of(response);
    let isLive = Boolean(query && this.#position);
    await readEvents(response, {
      event: (type, text, id) => {
        if (signal.aborted) return;
        const data = JSON.parse(text);
        found.last = type;
        if (type === "stream-open" && data.heartbeat_s && !query) this.#watch(2500 * data.heartbeat_s + 5000);
        else if (type === "stream-live") {
          isLive = true;
          this.#retryMs = MIN_RETRY_MS;
          if (!query) this.#record.live(Date.now());
          this.#state("live");
        } else if (type === "stream-reset") {
          this.#position = "";
          this.#event("reset", null, isLive);
        } else if (type === "stream-error" && data.retry === false) this.#refused();
        else if (type === "retire") found.wait = data.retry;
        else if (!type.startsWith("stream-")) this.#received(type, data, id, isLive);
      },
      activity: (isHeartbeat) => {
        found.begun = true;
        if (signal.aborted || query) return;
        this.#watch();
        if (isHeartbeat) this.#record.beat(Date.now());
      },
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
    this.#watchdog = setTimeout(() => this.#silent(), ms);
  }

  /** Nothing came for too long: a proxy may hold it back. */
  #silent() {
    this.#record?.silent(Date.now());
    this.#poll();
    this.#reconnect(0);
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#abort?.abort();
    this.#abort = null;
  }
}
