// The one feed that the tabs of a browser share for a hub and its user: the leader holds it, for all that any tab wants.

import { TabGroup } from "../tabs.js";
import { Feed } from "./feed.js";
import { identityOf } from "./identity.js";
import { LatestValues } from "./latest-values.js";
import { MAX_TOPICS, Peers } from "./peers.js";

const GATHER_MS = 10; // in which changes of topics are one
const LINGER_MS = 2000; // a tab that is gone may be back with the next page of its site
const WAKE_MS = 1000;

const feeds = new Map();

/** The feed of an `Api`'s hub, for this user, undefined for the one whom the token names. */
export function sharedFeed(api, user) {
  const identity = identityOf(api, user);
  if (!feeds.has(identity.name)) feeds.set(identity.name, new SharedFeed(identity, api));
  return feeds.get(identity.name);
}

/**
 * Its members in this tab have `own`, whether they want the topics of the user's inbox, `topics`, a set of others, and
 * the methods `receive(type, data, id)`, `stateChanged(state, reason)`, as `Feed` reports them, `refused(topics,
 * problem)`, `restore(snapshot)`, of the leading tab's members, `snapshot()`, and `leads()`, when this tab does.
 */
class SharedFeed {
  state = "connecting";
  reason = "";
  position = ""; // from which the first feed connects
  #name;
  #api;
  #members = new Set();
  #peers = new Peers();
  #latest = new LatestValues();
  #open = new Set(); // topics whose events come, from any position that was known since
  #started = false;
  #tabs = null;
  #leads = false;
  #feed = null;
  #own = false; // of the feed
  #carried = []; // its topics
  #timer = 0;
  #changing = false;

  constructor({ name, user }, api) {
    this.#name = name;
    this.#api = api;
    this.user = user;
  }

  get api() {
    return this.#api;
  }

  /** Whether events of this topic come: from now on nothing of it is missed. */
  carries(topic) {
    return this.#open.has(topic);
  }

  /** It connects in the next task, when all of a page have said what they want. */
  add(member) {
    this.#members.add(member);
    if (this.#started) return this.changed([...member.topics]);
    this.#started = true;
    setTimeout(() => {
      this.#tabs = new TabGroup(`hub feed ${this.#name}`, {
        lead: () => this.#lead(),
        receive: (message) => this.#receive(message),
      });
    });
    const timer = setInterval(() => this.#wakeLeader(), WAKE_MS);
    timer.unref?.(); // in Node
  }

  remove(member) {
    this.#members.delete(member);
    this.changed();
  }

  /** A member wants other topics; `added` are those that it did not before. */
  changed(added = []) {
    if (!this.#tabs) return;
    this.#tabs.send({ wants: this.#wants, added });
    this.#repeat(added, this.#members);
    this.#update();
  }

  /** Go on with another token. */
  setToken(token) {
    if (token === this.#api.token) return;
    this.#api.token = token;
    if (this.state !== "signed out") return;
    if (this.#leads) this.#feed?.connect();
    else this.#tabs?.send({ token });
  }

  /** In this tab and the others. */
  publish(type, data, id) {
    this.#tabs?.send({ event: [type, data, id] });
    this.#deliver(type, data, id);
  }

  get #wants() {
    const topics = [...this.#members].flatMap((member) => [...member.topics]);
    return { own: [...this.#members].some(({ own }) => own), topics: [...new Set(topics)] };
  }

  /** To a new leader or a new tab. */
  #announce() {
    const wants = this.#wants;
    if (wants.own || wants.topics.length) this.#tabs.send({ wants, added: wants.topics });
  }

  get #snapshot() {
    const { state, reason, position } = this;
    return Object.assign({ state, reason, position, open: [...this.#open] }, ...[...this.#members].map((member) => member.snapshot()));
  }

  /** While this tab is visible, a leader that is hidden must not wait for its slow timers. */
  #wakeLeader() {
    const lost = ["reconnecting", "slow", "offline"].includes(this.state);
    if (lost && !this.#leads && !globalThis.document?.hidden) this.#tabs?.send({ wake: true });
  }

  #lead() {
    this.#leads = true;
    this.#tabs?.send({ here: this.#snapshot });
    for (const tab of this.#peers.tabs) this.#await(tab);
    for (const member of this.#members) member.leads();
    this.#connect();
    return () => {
      this.#leads = false;
      this.#close();
    };
  }

  /** That a tab is gone, so that its topics are dropped. */
  async #await(tab) {
    await this.#tabs?.gone(tab).catch(() => {});
    setTimeout(() => {
      this.#peers.remove(tab);
      this.#update();
    }, LINGER_MS);
  }

  /** What is to be carried now. */
  #union() {
    const { own, topics, excess } = this.#peers.union(this.#wants, this.#carried);
    if (excess.length) this.#refuse(excess, { status: 0, limit: MAX_TOPICS });
    return { own, topics };
  }

  #update() {
    if (this.#leads && !this.#timer) this.#timer = setTimeout(() => this.#change(), GATHER_MS);
  }

  /** One change after the other. */
  async #change() {
    this.#timer = 0;
    if (this.#changing || !this.#leads) return;
    const { own, topics } = this.#union();
    const isSame = topics.length === this.#carried.length && topics.every((topic, n) => topic === this.#carried[n]);
    if (own === this.#own && isSame) return;
    if (own !== this.#own || !topics.length || !this.#feed) return this.#connect();
    for (const topic of this.#carried) if (!topics.includes(topic)) this.#open.delete(topic);
    this.#carried = topics;
    this.#latest.keep(topics);
    this.#changing = true;
    await this.#feed.change(query(own, topics));
    this.#changing = false;
    this.#update();
  }

  #connect() {
    this.#close();
    const { own, topics } = this.#union();
    this.#own = own;
    this.#carried = topics;
    if (!own && !topics.length) return;
    this.#feed = new Feed(
      this.#api,
      this.position,
      (...event) => this.publish(...event),
      (state, reason) => {
        this.#tabs?.send({ state, reason });
        this.#setState(state, reason);
      },
      {
        query: query(own, topics),
        acknowledges: own,
        request: own ? () => this.#requestState() : null,
        refuse: (problem) => this.#refuseCarried(problem),
      },
    );
  }

  #close() {
    this.#feed?.close();
    this.#feed = null;
  }

  /** The query without the topics that the hub has refused, null if there is nothing left. */
  #refuseCarried(problem) {
    this.#refuse(problem.topics, problem);
    this.#carried = this.#carried.filter((topic) => !problem.topics.includes(topic));
    if (this.#own || this.#carried.length) return query(this.#own, this.#carried);
    this.#close();
    return null;
  }

  /** Nobody wants them any more. */
  #refuse(topics, problem) {
    this.#tabs?.send({ refused: topics, problem });
    this.#drop(topics, problem);
  }

  #drop(topics, problem) {
    this.#peers.drop(topics);
    for (const member of this.#members) {
      const own = topics.filter((topic) => member.topics.delete(topic));
      if (own.length) member.refused(own, problem);
    }
  }

  /** What a feed that brings nothing should have brought; the lists reload themselves. */
  async #requestState() {
    const { count } = await this.#api.request("GET", "notifications/count");
    this.publish("count", count, "");
    this.publish("behind", {}, "");
  }

  /** From another tab: what the leader received, or what a tab wants. */
  #receive({ event, state, reason, hello, ping, wake, here, token, wants, added, refused, problem, latest, to, from }) {
    if (event) this.#deliver(...event);
    if (state && !this.#leads) this.#setState(state, reason);
    if (wants) this.#want(from, wants, added);
    if (latest && to === this.#tabs.id) for (const one of latest) this.#pass(...one);
    if (refused) this.#drop(refused, problem);
    if (here || hello) this.#announce();
    if (here && !this.#leads) this.#restore(here);
    if (!this.#leads) return;
    if (ping) this.#tabs.send({ state: this.state, reason: this.reason });
    if (wake) this.#feed?.wake();
    if (token) this.setToken(token);
    if (!hello) return;
    this.#tabs.send({ here: this.#snapshot });
    // A page that has just been loaded has a session.
    if (this.state === "signed out") this.#feed?.connect();
  }

  #want(tab, wants, added = []) {
    const isNew = this.#peers.set(tab, wants);
    if (!this.#leads) return;
    if (isNew) this.#await(tab);
    const latest = this.#latest.of(added);
    if (latest.length) this.#tabs.send({ latest, to: tab });
    this.#update();
  }

  /** To members that want topics which are carried already. */
  #repeat(topics) {
    for (const event of this.#leads ? this.#latest.of(topics) : []) this.#pass(...event);
  }

  #restore({ position, state, reason, open, ...snapshot }) {
    this.#open = new Set(open);
    // This tab missed what came after its page was made and before it joined.
    const missed = BigInt(position) > BigInt(this.position);
    if (missed && this.position) this.#pass("behind", {}, "");
    if (missed) this.position = position;
    for (const member of this.#members) member.restore(snapshot);
    this.#setState(state, reason);
  }

  #deliver(type, data, id) {
    if (["stream-open", "stream-topics"].includes(type)) this.#open = new Set(data.topics);
    if (this.#leads && data.topic) this.#latest.add(type, data, id);
    // Forward, but where the hub goes on from elsewhere: the latest values of topics have old ids.
    if (type === "stream-open" || Number(id) > Number(this.position)) this.position = id;
    if (type === "stream-reset" && data.reason === "unknown") this.position = data.position;
    this.#pass(type, data, id);
  }

  #pass(type, data, id) {
    for (const member of this.#members) member.receive(type, data, id);
  }

  #setState(state, reason = "") {
    this.state = state;
    this.reason = reason;
    for (const member of this.#members) member.stateChanged(state, reason);
  }
}

function query(own, topics) {
  const parameters = [...(own ? [] : ["own=0"]), ...topics.map((topic) => `topic=${topic}`)];
  return parameters.length ? `?${parameters.join("&")}` : "";
}
