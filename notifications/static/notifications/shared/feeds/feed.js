// A feed connection that reconnects until the hub refuses it for good, and reports its state.

import { RequestError } from "../api.js";
import { Acknowledgements } from "./acknowledgements.js";
import { Fallback } from "./fallback.js";
import { JoinedTexts } from "./joined-texts.js";
import { LongPoll } from "./long-poll.js";
import { ProxyMemory } from "./proxy-memory.js";
import { readFeed } from "./sse.js";
import { StreamRecord } from "./stream-record.js";
import { Timer } from "./timer.js";

const RESPONSE_MS = 12_000;
const LONG_ABSENCE_MS = 60_000; // after which more may have changed than the feed repeats
const [ENDED, REFUSED] = ["ended", "refused"]; // in place of the time after which to reconnect; ended for good

export class Feed {
  #api;
  #query;
  #position;
  #event;
  #state;
  #acknowledgements;
  #abort = null;
  #retry = new Timer(() => this.connect());
  #watchdog = new Timer(() => {
    this.#record.silent(Date.now());
    this.#reconnect();
  });
  #retryMs = 2000; // until the hub sets it
  #activeAt = 0;
  #opened = false; // the stream has
  #live = false; // it is
  #adjusting = false;
  #torn = false; // the stream: it joined a text across what polls, or the stream before it, had brought
  #polling = false; // polls are answered, and bring what a torn stream does not
  #texts = new JoinedTexts();
  #degraded = false;
  #record;
  #memory;
  #fallback;
  #slow = false;
  #stopped = false;
  #successor = null; // of the stream: an AbortController
  #begun = () => {}; // to be called when the successor has
  #adjustment = new Timer(() => this.#adjust());
  #id = ""; // of the stream, for requests to change its topics
  #carried = null; // the query of the stream
  #polledQuery = null; // … and of the last poll that was answered
  #reason = "";
  #refuse;
  #acknowledges;
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
    this.#query = query;
    this.#position = position;
    this.#event = event;
    this.#state = (name) => state(name, name === "signed out" ? this.#reason : "");
    this.#refuse = refuse;
    this.#acknowledges = acknowledges;
    this.#memory = new ProxyMemory(api.origin);
    this.#record = new StreamRecord(this.#memory.swallows);
    this.#acknowledgements = new Acknowledgements((report) => api.acknowledge(report));
    const polls = new LongPoll((waitS, signal) => this.#poll(waitS, signal));
    const isPolled = () => this.#record.swallowed || (!request && !this.#record.refused);
    const poll = (signal) => {
      const answer = isPolled() ? polls.poll(signal) : null;
      if (answer) answer.catch(() => this.#pollsEnd());
      else this.#pollsEnd();
      return answer;
    };
    this.#fallback = new Fallback(request, poll, (error) => this.#polled(error));
    const { signal } = this.#closing;
    globalThis.addEventListener?.("online", () => this.#stopped || this.connect(), { signal });
    globalThis.addEventListener?.("offline", () => this.#stopped || this.#reconnect(), { signal });
    // Visible again: timers may have slept, and the session may be another.
    const shown = () => (document.hidden ? this.#acknowledgements.flush() : this.wake());
    globalThis.document?.addEventListener("visibilitychange", shown, { signal });
    if (this.#record.failing) this.#fallback.start();
    this.connect();
  }

  close() {
    this.#closing.abort();
    this.#fallback.stop();
    this.#acknowledgements.flush();
    this.#disconnect();
  }

  /** This tab or another one is visible again. The timers of a hidden tab may be a minute late. */
  wake() {
    // Signed out: there may be a new session by now, but a token does not change by itself.
    if (this.#stopped) return this.#api.token === null && this.connect();
    this.#fallback.wake();
    if (this.#abort === null ? this.#retry.overdue : this.#watchdog.overdue) this.connect();
  }

  /** Connect, or reconnect at once, perhaps with another session or token. */
  async connect() {
    this.#stopped = false;
    this.#disconnect();
    const abort = (this.#abort = new AbortController());
    this.#record.connecting(Date.now());
    this.#watchdog.start(RESPONSE_MS);
    await this.#follow(abort);
  }

  /**
   * Subscribe to the topics that another query names. A stream that is open stays, or is replaced by one that resumes
   * from its position: nothing is missed, and no state is reported.
   */
  async change(query) {
    this.#query = query;
    if (this.#stopped) return void this.connect();
    await this.#adjust();
  }

  /**
   * Until the stream carries what the query names, and is not torn. While it is not live it waits: another one may be
   * next. A torn one waits for the end of the polls, which would tear the next one, too.
   */
  async #adjust() {
    if (this.#adjusting) return;
    this.#adjusting = true;
    while (this.#live && (this.#carried !== this.#query || (this.#torn && !this.#polling))) {
      const stream = this.#abort;
      const asked = this.#id && this.#carried !== this.#query ? await this.#request(this.#query) : {};
      if (stream !== this.#abort || !asked || this.#isRefused(asked)) continue;
      const error = asked.status === 429 ? asked : await this.#replace();
      if (stream !== this.#abort || this.#isRefused(error)) continue;
      // Two streams may be too many here, or this person's are over.
      if ([401, 403].includes(error.status) || error !== asked && error.status === 429) this.connect();
      else this.#adjustment.start(Math.max(1000 * (error.retryAfter ?? 0), this.#record.backoffMs(this.#retryMs)));
      break;
    }
    this.#adjusting = false;
  }

  /** Have the hub change the topics of the stream; resolves to why it does not, or null. */
  async #request(query) {
    const [before, after] = [this.#carried, query].map((one) => new URLSearchParams(one).getAll("topic"));
    const add = after.filter((topic) => !before.includes(topic));
    const remove = before.filter((topic) => !after.includes(topic));
    const stream = this.#abort;
    try {
      await this.#api.request("POST", "feed/topics", { feed: this.#id, add, remove });
      if (stream === this.#abort) this.#carried = query;
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Open another stream, which takes over when it begins; resolves to why it has not, {} if that is not known. */
  async #replace() {
    const abort = (this.#successor = new AbortController());
    const timer = setTimeout(() => abort.abort(), RESPONSE_MS);
    const begun = new Promise((resolve) => (this.#begun = resolve));
    const error = await Promise.race([begun, this.#follow(abort)]);
    clearTimeout(timer);
    if (this.#successor === abort) this.#successor = null;
    return error ?? {};
  }

  /** Whether topics were refused, and the query does without them. */
  #isRefused({ status, problem }) {
    if (status !== 403 || !problem.topics?.length) return false;
    const query = this.#refuse(problem) ?? this.#query;
    const changed = query !== this.#query;
    this.#query = query;
    return changed;
  }

  /** Read a stream to its end, and reconnect; resolves to a `RequestError` if it was refused. */
  async #follow(abort) {
    let wait;
    let error;
    let begun = false;
    let last = ""; // the type of the event before
    try {
      await this.#read("", abort.signal, {
        event: (type, data, id, since) => {
          if (type === "stream-open" && abort === this.#successor) this.#succeed(since);
          // What arrives after this connection was given up is not lost: the next one resumes before it.
          if (abort !== this.#abort) return;
          last = type;
          wait = this.#handleStreamed(type, data, id, since) ?? wait;
        },
        activity: (isHeartbeat) => {
          begun = true;
          if (abort !== this.#abort) return;
          this.#watchdog.start();
          if (isHeartbeat && this.#record.beat(Date.now())) this.#recover();
        },
      });
      begun = true;
    } catch (thrown) {
      if (thrown instanceof RequestError) error = thrown;
    }
    if (abort !== this.#abort) return error;
    if (error && this.#isRefused(error)) return abort === this.#abort ? void this.connect() : undefined;
    if (error) wait = this.#handleError(error);
    if (wait === ENDED && (await this.#api.hasSession())) wait = undefined;
    if (abort !== this.#abort) return;
    if (last === "retire") this.#record.retired();
    else this.#record.ended(Date.now(), { status: error?.status ?? 0, begun, announced: last === "stream-error" });
    this.#reconnect(wait);
  }

  /** The successor has begun: it is the stream now. */
  #succeed({ position }) {
    this.#abort.abort();
    this.#abort = this.#successor;
    this.#successor = null;
    this.#live = this.#torn = false;
    this.#position = position; // it repeats what came meanwhile, and may be cut before it has
    this.#record.connecting(Date.now());
    this.#begun();
  }

  /** One poll of the feed; resolves to the ms until the next. */
  async #poll(waitS, signal) {
    let ms = 0;
    // Topics that are new to it have last events, which are older than its position.
    const latest = this.#position && this.#polledQuery !== this.#query ? "latest=1&" : "";
    const query = this.#query;
    await this.#read(`${latest}wait=${waitS}`, signal, {
      event: (type, data, ...event) => {
        if (signal.aborted) return;
        // A stream that is open has to be acknowledged with its own.
        if (type === "stream-open" && !this.#opened) this.#acknowledgements.open(data.ack ?? "");
        ms = this.#handle(type, data, ...event) ?? ms;
      },
    });
    this.#polling = !signal.aborted;
    this.#polledQuery = query;
    if (ms !== ENDED) return ms;
    this.connect(); // to be refused, or to go on with a new session
    return RESPONSE_MS;
  }

  /**
   * With `event(type, data, id, since)`: what the request had, when anything had come before it, what it has `reached`,
   * and whether it is `torn`.
   */
  #read(wait, signal, { event, activity }) {
    const since = { position: this.#position, activeAt: this.#activeAt, query: this.#query };
    Object.assign(since, { reached: Number(this.#position), torn: false });
    const acks = this.#acknowledgements.works ? "acks=1" : "";
    const parameters = [this.#query.slice(1), acks, wait].filter(Boolean);
    return readFeed(this.#api, parameters, this.#position, signal, {
      event: (type, data, id) => event(type, JSON.parse(data), id, since),
      activity: (isHeartbeat) => {
        this.#activeAt = Date.now();
        this.#acknowledgements.active();
        activity?.(isHeartbeat);
      },
      retry: (ms) => (this.#retryMs = ms),
    });
  }

  #handleStreamed(type, data, id, since) {
    if (type === "stream-open") {
      if (data.heartbeat_s) this.#watchdog.start(2500 * data.heartbeat_s + 5000);
      this.#opened = true;
      this.#id = data.feed ?? "";
      this.#carried = since.query;
      this.#acknowledgements.open(data.ack ?? "");
    }
    const wait = this.#handle(type, data, id, since);
    if (since.torn && !this.#torn) {
      this.#torn = true;
      this.#adjust();
    }
    if (type === "stream-live") {
      this.#live = true;
      this.#adjust(); // the query may have changed meanwhile
      if (this.#record.live(Date.now())) this.#recover();
      else this.#showDisconnected();
    }
    return wait;
  }

  /**
   * An event of the stream or of a poll. From an overlap on what has an id is left to the other one, or to the next,
   * which has the events after the position one by one.
   */
  #handle(type, data, id, since) {
    since.torn ||= this.#texts.overlaps(data, id, since.reached);
    if (since.torn && id) {
      if (type !== "stream-topics") return undefined;
      id = "";
    }
    if (id) since.reached = type === "stream-open" ? Number(id) : Math.max(since.reached, Number(id));
    this.#texts.add(data, id);
    // Forward, as a stream that was held back is behind polls, unless the hub goes on from elsewhere than requested.
    if (type === "stream-open" ? id !== since.position : Number(id) > Number(this.#position)) this.#position = id;
    let wait;
    if (type === "notification") {
      if (this.#acknowledges) this.#acknowledgements.add(data.data.id);
    } else if (type === "stream-live") {
      const wasAway = since.activeAt && Date.now() - since.activeAt > LONG_ABSENCE_MS;
      if (wasAway || this.#degraded) this.#event("behind", {}, "");
      this.#degraded = false;
    } else if (type === "stream-degraded") {
      this.#degraded = true;
      this.#state("degraded");
    } else if (type === "stream-reset") {
      if (data.reason === "unknown") {
        this.#position = data.position;
        this.#texts.clear();
      }
      this.#event("behind", {}, "");
    } else if (type === "retire") {
      wait = data.retry;
    } else if (type === "stream-error" && data.retry === false) {
      this.#reason = data.reason;
      wait = ENDED;
    }
    this.#event(type, data, id);
    return wait;
  }

  #handleError({ isFinal, status, retryAfter }) {
    if (isFinal) {
      this.#reason = status === 401 ? "unauthorized" : "forbidden";
      return REFUSED;
    }
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
    this.#slow = this.#memory.swallows = false;
    this.#fallback.stop();
    this.#state("live");
    this.#pollsEnd();
  }

  /** For now, or until the stream fails again. */
  #pollsEnd() {
    this.#polling = false;
    if (this.#torn) this.#adjust();
  }

  #polled(error) {
    if (error && this.#isRefused(error)) return;
    if (error?.isFinal) return this.#reconnect(REFUSED);
    this.#slow = !error && !this.#record.refused;
    if (this.#slow && this.#record.swallowed) this.#memory.swallows = true;
    if (!error && this.#record.polled()) this.connect();
    if (this.#abort === null || !this.#degraded) this.#showDisconnected();
  }

  #showDisconnected() {
    this.#state(globalThis.navigator?.onLine === false ? "offline" : this.#slow ? "slow" : "reconnecting");
  }

  #reconnect(wait) {
    this.#disconnect();
    if (wait === ENDED || wait === REFUSED) {
      this.#stopped = true;
      this.#fallback.stop();
      return this.#state("signed out");
    }
    this.#showDisconnected();
    if (this.#record.failing) this.#fallback.start();
    this.#retry.start(wait ?? this.#record.backoffMs(this.#retryMs));
  }

  #disconnect() {
    this.#retry.stop();
    this.#adjustment.stop();
    this.#watchdog.stop();
    this.#successor?.abort();
    this.#successor = null;
    this.#acknowledgements.close();
    this.#opened = this.#live = this.#torn = false;
    this.#abort?.abort();
    this.#abort = null;
  }
}
