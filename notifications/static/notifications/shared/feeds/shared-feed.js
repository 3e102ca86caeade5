// The one feed that the tabs of a browser share for a hub and its user: the leader holds it, for all that any tab wants.

import { lazyModule } from "../lazy-module.js";
import { TabGroup } from "../tabs.js";
import { identityOf } from "./identity.js";

const WAKE_MS = 1000;
const LOAD_MS = 10_000; // by then a tab loads what it needs to lead: later the network may be gone

const loadLeadership = () => import("./leadership.js");

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
  peers = new Map(); // what other tabs want, {own, topics}
  #open = new Set(); // topics whose events come, from any position that was known since
  #started = false;
  #tabs = null;
  #leads = false;
  #leadership = null; // once it is loaded

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
    const timers = [setInterval(() => this.#wakeLeader(), WAKE_MS), setTimeout(() => loadLeadership().catch(() => {}), LOAD_MS)];
    for (const timer of timers) timer.unref?.(); // in Node
  }

  remove(member) {
    this.#members.delete(member);
    this.changed();
  }

  /** A member wants other topics; `added` are those that it did not before. */
  changed(added = []) {
    if (!this.#tabs) return;
    this.#tabs.send({ wants: this.wants, added });
    for (const event of this.#leadership?.latest(added) ?? []) this.#pass(...event);
    this.#leadership?.update();
  }

  /** Go on with another token. */
  setToken(token) {
    if (token === this.#api.token) return;
    this.#api.token = token;
    if (this.state !== "signed out") return;
    if (this.#leads) this.#leadership?.reconnect();
    else this.#tabs?.send({ token });
  }

  /** In this tab and the others. */
  publish(type, data, id) {
    this.#tabs?.send({ event: [type, data, id] });
    this.#deliver(type, data, id);
  }

  get wants() {
    const topics = [...this.#members].flatMap((member) => [...member.topics]);
    return { own: [...this.#members].some(({ own }) => own), topics: [...new Set(topics)] };
  }

  /** To a new leader or a new tab. */
  #announce() {
    const wants = this.wants;
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
    const stopped = new AbortController();
    this.#leads = true;
    this.#tabs?.send({ here: this.#snapshot });
    for (const member of this.#members) member.leads();
    this.#begin(stopped.signal);
    return () => {
      stopped.abort();
      this.#leads = false;
      this.#leadership?.stop();
      this.#leadership = null;
    };
  }

  async #begin(stopped) {
    const module = await lazyModule(loadLeadership, () => stopped.aborted || this.report("reconnecting", ""));
    if (stopped.aborted) return;
    this.#leadership = new module.Leadership(this);
  }

  // What `Leadership` calls, too.

  /** Of the feed, to this tab and the others. */
  report(state, reason) {
    this.#tabs?.send({ state, reason });
    this.#setState(state, reason);
  }

  /** Events of it come no more. */
  dropped(topic) {
    this.#open.delete(topic);
  }

  /** Resolves when that tab is. */
  async gone(tab) {
    await this.#tabs?.gone(tab);
  }

  /** Nobody wants these topics any more. */
  refuse(topics, problem) {
    this.#tabs?.send({ refused: topics, problem });
    this.#drop(topics, problem);
  }

  #drop(topics, problem) {
    for (const peer of this.peers.values()) peer.topics = peer.topics.filter((topic) => !topics.includes(topic));
    for (const member of this.#members) {
      const own = topics.filter((topic) => member.topics.delete(topic));
      if (own.length) member.refused(own, problem);
    }
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
    if (wake) this.#leadership?.wake();
    if (token) this.setToken(token);
    if (!hello) return;
    this.#tabs.send({ here: this.#snapshot });
    // A page that has just been loaded has a session.
    if (this.state === "signed out") this.#leadership?.reconnect();
  }

  #want(tab, wants, added = []) {
    const isNew = !this.peers.has(tab);
    this.peers.set(tab, wants);
    if (!this.#leadership) return;
    if (isNew) this.#leadership.await(tab);
    const latest = this.#leadership.latest(added);
    if (latest.length) this.#tabs.send({ latest, to: tab });
    this.#leadership.update();
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
    this.#leadership?.received(type, data, id);
    // Forward, but where the hub goes on from elsewhere: the latest values of topics have old ids.
    if (type === "stream-open" || Number(id) > Number(this.position)) this.position = id;
    if (type === "stream-reset" && data.reason === "unknown") this.position = data.position;
    this.#pass(type, data, id);
  }

  #pass(type, data, id) {
    for (const member of this.#members) member.receive(type, data, id);
  }

  #setState(state, reason) {
    this.state = state;
    this.reason = reason;
    for (const member of this.#members) member.stateChanged(state, reason);
  }
}
