// Handlers by type of event. One that throws stops no other.

const report = globalThis.reportError ?? ((error) => queueMicrotask(() => { throw error; })); // Node has none

export class Emitter {
  #handlers = new Map();

  on(type, call) {
    if (typeof call !== "function") throw new TypeError(`A handler of ${type} is a function.`);
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    this.#handlers.get(type).add(call);
  }

  off(type, call) {
    this.#handlers.get(type)?.delete(call);
  }

  /** Whether anyone handles it. */
  emit(type, ...given) {
    const handlers = [...(this.#handlers.get(type) ?? [])];
    for (const call of handlers) {
      try {
        call(...given);
      } catch (error) {
        report(error);
      }
    }
    return handlers.length > 0;
  }

  /** An error is handled, or else reported as one that was thrown. */
  fail(error) {
    if (!this.emit("error", error)) report(error);
  }
}
