// Announces new notifications to screen readers at once, and has the view show them.

import { h } from "../shared/dom.js";
import { wants } from "../shared/preferences-rule.js";
import { BATCH_MS } from "./folding.js";

const MAX_IDS = 500; // remembered, so that none is announced twice

export class Announcer {
  #host;
  #store;
  #i18n;
  #polite;
  #alert;
  #view = null; // a promise of the view: not loaded before there is something to show
  #ids = new Set();
  #batch = [];

  /** `polite` and `alert` are the live regions of the element. */
  constructor(host, store, i18n, { polite, alert }) {
    this.#host = host;
    this.#store = store;
    this.#i18n = i18n;
    this.#polite = polite;
    this.#alert = alert;
  }

  receive(item) {
    if (this.#ids.has(item.id)) return;
    this.#ids.add(item.id);
    if (this.#ids.size > MAX_IDS) this.#ids.delete(this.#ids.values().next().value);
    if (!wants(this.#store.preferences, item, new Date()).toast) return;
    this.#batch.push(item);
    if (this.#batch.length === 1) setTimeout(() => this.#showBatch(), BATCH_MS);
  }

  /** It, or `"all"`, was read, archived or recalled. */
  remove(id) {
    this.#batch = this.#batch.filter((item) => id !== "all" && item.id !== id);
    this.#withView((view) => view.remove(id));
  }

  /** What a visible list shows needs no toast. */
  hideSeen() {
    if (this.#store.openLists.size) this.#withView((view) => view.hideSeen());
  }

  visibilityChanged() {
    this.hideSeen();
    this.#withView((view) => view.visibilityChanged());
  }

  stop() {
    this.#withView((view) => view.stop());
  }

  /** Call it with the view, if there is one, in the order of the calls. */
  #withView(call) {
    this.#view?.then(call, () => {}).catch(reportError);
  }

  #showBatch() {
    const items = this.#batch.splice(0);
    this.#announce(items);
    if (this.#store.openLists.size) return;
    const hidden = document.hidden; // now: by the time the view is loaded, the page may be visible
    this.#view ??= import("./view.js").then(({ ToastView }) => new ToastView(this.#host, this.#store, this.#i18n));
    // Tried again with the next batch. A page that is left for another one rejects what is still loading.
    this.#view.catch(() => (this.#view = null));
    this.#withView((view) => view.add(items, hidden));
  }

  #announce(items) {
    const critical = items.filter(({ severity }) => severity === "critical");
    const others = items.filter(({ severity }) => severity !== "critical");
    const paragraph = (key, values) => h("p", null, this.#i18n.text(key, values));
    const [first, second] = others;
    if (first) {
      const announcement = second ? ["new_many", { n: others.length }] : ["new_one", { title: first.title }];
      this.#polite.replaceChildren(paragraph(...announcement));
    }
    if (!critical.length) return;
    this.#alert.replaceChildren(...critical.map(({ title }) => paragraph("new_critical", { title })));
  }
}
