// What the other tabs of a browser want of the shared feed.

export const MAX_TOPICS = 100; // of a feed, along with the user's own

export class Peers {
  #tabs = new Map(); // {own, topics} by tab

  get tabs() {
    return [...this.#tabs.keys()];
  }

  /** Whether the tab is new. */
  set(tab, wants) {
    const isNew = !this.#tabs.has(tab);
    this.#tabs.set(tab, wants);
    return isNew;
  }

  remove(tab) {
    this.#tabs.delete(tab);
  }

  /** No tab wants these topics any more. */
  drop(topics) {
    for (const peer of this.#tabs.values()) peer.topics = peer.topics.filter((topic) => !topics.includes(topic));
  }

  /**
   * What they and this tab want, {own, topics, excess}: first what is `carried` already, then in the order in which it
   * was requested; `excess` has no room.
   */
  union(wants, carried) {
    const all = [wants, ...this.#tabs.values()];
    const requested = new Set(all.flatMap(({ topics }) => topics));
    const kept = carried.filter((topic) => requested.has(topic));
    const topics = [...new Set([...kept, ...requested])];
    return { own: all.some(({ own }) => own), excess: topics.splice(MAX_TOPICS), topics };
  }
}
