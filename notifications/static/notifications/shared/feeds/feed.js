// A feed connection that reconnects until the hub refuses it for good, and reports its state.

import { ENDED, FeedReader } from "./feed-reader.js";
import { FeedStream, REFUSED } from "./feed-stream.js";
import { ProxyMemory } from "./proxy-memory.js";
import { StreamRecord } from "./stream-record.js";
import { Timer } from "./timer.js";

/** They are loaded when a stream fails, or has been live for a while: once a network is gone it would be too late. */
const loadPolls = () => import("./feed-polls.js");
const LOAD_POLLS_MS = 10_000;

export class Feed {
  #api;
  #reader;
  #state;
  #request;
  #refuse;
  #stream;
  #retry = new Timer(() => this.connect());
  #record;
  #memory;
  #polls = null;
  #polled = false; // or it is to be, once the polls are loaded
  #loading = new Timer(() => loadPolls().catch(() => {}));
  #slow = false;
  #stopped = false;
  #closing = new AbortController();

  /**
   * Connect from a position ("" means from now). `event(type, data, id)` is called for every event, and with type
   * "behind" where something may be missing; `state(state, reason)` with one of "live", "reconnecting", "slow", "offline",
   * "degraded" and "signed out", and for the last one why. `query` subscribes to other topics than the user's own. When the stream fails again and
   * again, the feed is polled, which is "slow", until a stream comes through. `request()` requests what the feed should
   * bring; it is called before polls of the feed, and every 15 s or so where they are not answered, either.
   * `refuse(problem)` is called where the hub refuses topics of the query; it returns one without them.
   * `acknowledges` says that notifications are the user's own: with a query they may be another person's.
   */
  constructor(api, position, event, state, { query = "", request = null, refuse = () => null, acknowledges = !query } = {}) {
    this.#api = api;
    this.#request = request;
    this.#refuse = refuse;
    this.#state = (name) => state(name, name === "signed out" ? this.#reader.reason : "");
    const receive = (type, ...more) => {
      if (type === "stream-degraded") this.#state("degraded");
      event(type, ...more);
    };
    this.#reader = new FeedReader(api, { position, query, event: receive, acknowledges });
    this.#memory = new ProxyMemory(api.origin);
    this.#record = new StreamRecord(this.#memory.swallows);
    this.#stream = new FeedStream(api, this.#reader, {
      connecting: () => this.#record.connecting(Date.now()),
      live: () => (this.#record.live(Date.now()) ? this.#recover() : this.#showDisconnected()),
      beat: () => this.#record.beat(Date.now()) && this.#recover(),
      silent: () => this.#silent(),
      ended: (wait, outcome) => this.#ended(wait, outcome),
      isRefused: (error) => this.#isRefused(error),
      connect: () => this.connect(),
      backoffMs: () => this.#backoffMs,
      isPolled: () => this.#polls?.works ?? false,
    });
    const { signal } = this.#closing;
    globalThis.addEventListener?.("online", () => this.#stopped || this.connect(), { signal });
    globalThis.addEventListener?.("offline", () => this.#stopped || this.#reconnect(), { signal });
    // Visible again: timers may have slept, and the session may be another.
    const shown = () => (document.hidden ? this.#reader.acknowledgements.flush() : this.wake());
    globalThis.document?.addEventListener("visibilitychange", shown, { signal });
    if (this.#record.failing) this.#startPolls();
    this.connect();
  }

  close() {
    this.#closing.abort();
    this.#stopPolls();
    this.#reader.acknowledgements.flush();
    this.#disconnect();
  }

  /** This tab or another one is visible again. The timers of a hidden tab may be a minute late. */
  wake() {
    // Signed out: there may be a new session by now, but a token does not change by itself.
    if (this.#stopped) return this.#api.token === null && this.connect();
    this.#polls?.wake();
    if (this.#stream.isConnected ? this.#stream.overdue : this.#retry.overdue) this.connect();
  }

  /** Connect, or reconnect at once, perhaps with another session or token. */
  async connect() {
    this.#stopped = false;
    this.#disconnect();
    await this.#stream.connect();
  }

  /**
   * Subscribe to the topics that another query names. A stream that is open stays, or is replaced by one that resumes
   * from its position: nothing is missed, and no state is reported.
   */
  async change(query) {
    this.#reader.query = query;
    if (this.#stopped) return void this.connect();
    await this.#stream.change();
  }

  /** Whether topics were refused, and the query does without them. */
  #isRefused({ status, problem }) {
    if (status !== 403 || !problem.topics?.length) return false;
    const query = this.#refuse(problem) ?? this.#reader.query;
    const changed = query !== this.#reader.query;
    this.#reader.query = query;
    return changed;
  }

  #silent() {
    this.#record.silent(Date.now());
    this.#reconnect();
  }

  #ended(wait, { status, begun, last }) {
    if (last === "retire") this.#record.retired();
    else this.#record.ended(Date.now(), { status, begun, announced: last === "stream-error" });
    this.#reconnect(wait);
  }

  #recover() {
    this.#slow = this.#memory.swallows = false;
    this.#stopPolls();
    this.#state("live");
    this.#stream.mend();
    if (!this.#polls) this.#loading.start(LOAD_POLLS_MS);
  }

  async #startPolls() {
    this.#polled = true;
    const module = await loadPolls().catch(() => null); // tried again when the stream fails again
    if (!module || !this.#polled) return;
    this.#polls ??= new module.FeedPolls(this.#reader, {
      request: this.#request,
      isPolled: () => this.#record.swallowed || (!this.#request && !this.#record.refused),
      isOpen: () => this.#stream.isOpen,
      settled: (error) => this.#settled(error),
      failed: () => this.#stream.mend(),
      ended: () => this.connect(), // to be refused, or to go on with a new session
    });
    this.#polls.start();
  }

  #stopPolls() {
    this.#polled = false;
    this.#polls?.stop();
  }

  /** What is polled was answered, or not. */
  #settled(error) {
    if (error && this.#isRefused(error)) return;
    if (error?.isFinal) return this.#reconnect(REFUSED);
    this.#slow = !error && !this.#record.refused;
    if (this.#slow && this.#record.swallowed) this.#memory.swallows = true;
    if (!error && this.#record.polled()) this.connect();
    if (!this.#stream.isConnected || !this.#reader.degraded) this.#showDisconnected();
  }

  get #backoffMs() {
    return this.#record.backoffMs(this.#reader.retryMs);
  }

  #showDisconnected() {
    this.#state(globalThis.navigator?.onLine === false ? "offline" : this.#slow ? "slow" : "reconnecting");
  }

  #reconnect(wait) {
    this.#disconnect();
    if (wait === ENDED || wait === REFUSED) {
      this.#stopped = true;
      this.#stopPolls();
      return this.#state("signed out");
    }
    this.#showDisconnected();
    if (this.#record.failing) this.#startPolls();
    this.#retry.start(wait ?? this.#backoffMs);
  }

  #disconnect() {
    this.#retry.stop();
    this.#loading.stop();
    this.#stream.disconnect();
  }
}
