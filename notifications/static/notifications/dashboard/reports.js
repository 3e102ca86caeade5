// The last report of each instance, dropped when it has been silent.

import { SILENT_MS } from "./instances.js";

export class Reports {
  #reports = new Map(); // by instance: {…report, at}

  add(instance, report, at) {
    this.#reports.set(instance, { ...report, at });
    this.prune(at);
  }

  /** Drop what no instance has repeated recently. */
  prune(now) {
    for (const [name, { at }] of this.#reports) if (now - at > SILENT_MS) this.#reports.delete(name);
  }

  get all() {
    return [...this.#reports.values()];
  }
}
