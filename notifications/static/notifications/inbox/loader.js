// What of the inbox is on the page: asked for by view, by page, and anew when something may be missing.

import { MOST } from "./list.js";

const PAGE = 50;
const MOST_AT_ONCE = 100; // of the API
const AGAIN_MS = [2000, 10_000];

export class Finder {
  view;
  behind;
  #store;
  #list;
  #says;
  #wanted = false;
  #refreshing = false;
  #reaching = false;
  #again;

  /** `says.changed(view)` when another view is to be shown, `says.found(ok)` after each answer. */
  constructor(store, list, view, behind, says) {
    this.#store = store;
    this.#list = list;
    this.#says = says;
    this.view = view;
    this.behind = behind;
  }

  /** Show another view. */
  async go(view) {
    this.view = view;
    this.#list.begin();
    this.#says.changed(view);
    const touched = this.#list.expect();
    await this.#ask(view, touched, async () => {
      const { items, next } = await this.#find({});
      return () => this.#merge(items, next, touched, (row) => touched.has(row.id) && view.takes(row));
    });
  }

  /** Ask for what is shown again, once `settled` says that nothing of the reader's is still on its way. */
  async refresh(settled) {
    this.#wanted = true;
    if (this.#refreshing) return;
    this.#refreshing = true;
    while (this.#wanted) {
      this.#wanted = false;
      await settled?.();
      const { view } = this;
      const touched = this.#list.expect();
      await this.#ask(view, touched, async () => {
        const items = [];
        let next = null;
        do {
          const answer = await this.#find(next ? { before: next, limit: MOST_AT_ONCE } : {});
          items.push(...answer.items);
          next = answer.next;
        } while (next && this.view === view && this.#list.last?.at < items.at(-1).at);
        // A row of the last one's very moment may lie after it.
        const further = (row) => next !== null && row.at <= items.at(-1).at;
        const keeps = (row) => (touched.has(row.id) ? view.holds(row) : further(row));
        return () => this.#merge(items, next, touched, keeps);
      });
    }
    this.#refreshing = false;
  }

  /** Whether `older` has something to fetch; what lies beyond is for another page. */
  get reaches() {
    return this.#list.more && this.#list.size < MOST;
  }

  async older() {
    if (this.#reaching || !this.reaches) return;
    this.#reaching = true;
    const { view } = this;
    const touched = this.#list.expect();
    await this.#ask(view, touched, async () => {
      const { items, next } = await this.#find({ before: this.#list.last?.id ?? view.before });
      return () => this.#merge(items, next, touched, () => true);
    });
    this.#reaching = false;
  }

  #find(changes) {
    return this.#store.find({ ...this.view, limit: PAGE, ...changes });
  }

  #merge(items, next, touched, keeps) {
    this.#list.merge(items, next !== null, touched, this.#store.preferences, keeps);
  }

  /** Ask, and show the answer if it is still wanted. */
  async #ask(view, touched, asking) {
    clearTimeout(this.#again);
    const show = await asking().catch(() => null);
    this.#list.settle(touched);
    if (this.view !== view) return;
    this.behind = show === null;
    show?.();
    if (this.behind) {
      const [least, most] = AGAIN_MS;
      this.#again = setTimeout(() => this.refresh(), least + Math.random() * (most - least));
    }
    this.#says.found(!this.behind);
  }
}
