// What the leading tab does for all tabs: it holds the feed, with what any of them wants.

import { Feed } from "./feed.js";
import { LatestValues } from "./latest-values.js";
import { MAX_TOPICS, Peers } from "./peers.js";

const GATHER_MS = 10; // in which changes of topics are one
const LINGER_MS = 2000; // a tab that is gone may be back with the next page of its site

export class Leadership {
  #shared;
  #peers;
  #latest = new LatestValues();
  #feed = null;
  #own = false; // of the feed
  #topics = []; // of the feed
  #timer = 0;
  #changing = false;
  #over = false;

  /** Of a `SharedFeed`. */
  constructor(shared) {
    this.#shared = shared;
    this.#peers = new Peers(shared.peers);
    for (const tab of shared.peers.keys()) this.await(tab);
    this.connect();
  }

  stop() {
    this.#over = true;
    this.#close();
  }

  /** That a tab is gone, so that its topics are dropped. */
  async await(tab) {
    await this.#shared.gone(tab).catch(() => {});
    setTimeout(() => {
      this.#shared.peers.delete(tab);
      this.update();
    }, LINGER_MS);
  }

  /** The latest values of these topics, as events. */
  latest(topics) {
    return this.#latest.of(topics);
  }

  received(type, data, id) {
    if (data.topic) this.#latest.add(type, data, id);
  }

  wake() {
    this.#feed?.wake();
  }

  /** With another token or session. */
  reconnect() {
    this.#feed?.connect();
  }

  /** Something else may be wanted. */
  update() {
    if (!this.#over && !this.#timer) this.#timer = setTimeout(() => this.#change(), GATHER_MS);
  }

  connect() {
    this.#close();
    const { own, topics } = this.#union();
    this.#own = own;
    this.#topics = topics;
    if (!own && !topics.length) return;
    const event = (...given) => this.#shared.publish(...given);
    const state = (...given) => this.#shared.report(...given);
    this.#feed = new Feed(this.#shared.api, this.#shared.position, event, state, {
      query: query(own, topics),
      acknowledges: own,
      request: own ? () => this.#requestState() : null,
      refuse: (problem) => this.#refuse(problem),
    });
  }

  #close() {
    this.#feed?.close();
    this.#feed = null;
  }

  /** What is to be carried now. */
  #union() {
    const { own, topics, excess } = this.#peers.union(this.#shared.wants, this.#topics);
    if (excess.length) this.#shared.refuse(excess, { status: 0, limit: MAX_TOPICS });
    return { own, topics };
  }

  /** One change after the other. */
  async #change() {
    this.#timer = 0;
    if (this.#changing || this.#over) return;
    const { own, topics } = this.#union();
    const isSame = topics.length === this.#topics.length && topics.every((topic, n) => topic === this.#topics[n]);
    if (own === this.#own && isSame) return;
    if (own !== this.#own || !topics.length || !this.#feed) return this.connect();
    for (const topic of this.#topics) if (!topics.includes(topic)) this.#shared.dropped(topic);
    this.#topics = topics;
    this.#latest.keep(topics);
    this.#changing = true;
    await this.#feed.change(query(own, topics));
    this.#changing = false;
    this.update();
  }

  /** The query without the topics that the hub has refused, null if there is nothing left. */
  #refuse(problem) {
    this.#shared.refuse(problem.topics, problem);
    this.#topics = this.#topics.filter((topic) => !problem.topics.includes(topic));
    if (this.#own || this.#topics.length) return query(this.#own, this.#topics);
    this.#close();
    return null;
  }

  /** What a feed that brings nothing should have brought; the lists reload themselves. */
  async #requestState() {
    const { count } = await this.#shared.api.request("GET", "notifications/count");
    this.#shared.publish("count", count, "");
    this.#shared.publish("behind", {}, "");
  }
}

function query(own, topics) {
  const parameters = [...(own ? [] : ["own=0"]), ...topics.map((topic) => `topic=${topic}`)];
  return parameters.length ? `?${parameters.join("&")}` : "";
}
