// What is shown was seen, and needs no toast.

const AGAIN_MS = 1000;

export class Sight {
  #store;
  #telling = false;

  constructor(store) {
    this.#store = store;
    document.addEventListener("visibilitychange", () => this.see());
  }

  /** Tell the hub, if there is something to tell and somebody looks. */
  async see() {
    if (document.hidden) this.#store.watching.delete(this);
    else this.#store.watching.add(this);
    if (this.#telling || document.hidden || !this.#store.count?.unseen) return;
    this.#telling = true;
    const told = await this.#store.see().then(() => true, () => false);
    setTimeout(() => {
      this.#telling = false;
      if (told) this.see();
    }, AGAIN_MS);
  }
}
