// What the other tabs of a browser want of the shared feed.

export const MAX_TOPICS = 100; // of a feed, along with the user's own

export class Peers {
  #tabs;

  /** `tabs`: {own, topics} of each. */
  constructor(tabs) {
    this.#tabs = tabs;
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
