// Marks the user's notifications seen while the list is looked at.

const PAUSE_MS = 1000;

export class SeenReporter {
  #store;
  #client;
  #busy = false;

  constructor(store, client) {
    this.#store = store;
    this.#client = client;
    document.addEventListener("visibilitychange", () => this.report());
  }

  /** Mark them seen if there are unseen ones and the page is visible. */
  async report() {
    if (document.hidden) this.#store.openLists.delete(this);
    else this.#store.openLists.add(this);
    if (this.#busy || document.hidden || !this.#store.count?.unseen) return;
    this.#busy = true;
    const ok = await this.#client.markSeen().then(() => true, () => false);
    setTimeout(() => {
      this.#busy = false;
      if (ok) this.report();
    }, PAUSE_MS);
  }
}
