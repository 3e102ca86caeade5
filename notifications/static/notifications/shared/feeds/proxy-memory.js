// Remembers for the next page, and the next leading tab, that a proxy lets no stream of a hub through.

export class ProxyMemory {
  #key;

  constructor(origin) {
    this.#key = `notification-hub swallowed ${origin}`;
  }

  get swallows() {
    return this.#access((storage) => storage.getItem(this.#key) !== null) ?? false;
  }

  set swallows(value) {
    this.#access((storage) => (value ? storage.setItem(this.#key, "1") : storage.removeItem(this.#key)));
  }

  /** Where a page may store nothing, each finds out by itself. */
  #access(use) {
    try {
      return use(localStorage);
    } catch {
      return null;
    }
  }
}
