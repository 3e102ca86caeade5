// <notification-toasts>: announces new notifications to screen readers at once, and shows them as toasts.

import { setStyles } from "./shared/component-styles.js";
import { h } from "./shared/dom.js";
import { translatorFor } from "./shared/i18n.js";
import { requestToken } from "./shared/links.js";
import { wants } from "./shared/preferences-rule.js";
import { storeFor } from "./shared/store.js";
import { BATCH_MS } from "./toasts/folding.js";

const MAX_IDS = 500; // remembered, so that none is announced twice

class Toasts extends HTMLElement {
  static observedAttributes = ["token"];
  #store = null;
  #i18n = null;
  #ready = null;
  #disconnecting = null;
  #view = null; // a promise of the view: not loaded before there is something to show
  #ids = new Set();
  #batch = [];
  #polite = h("div", { class: "hidden", role: "status" });
  #alert = h("div", { class: "hidden", role: "alert" });

  connectedCallback() {
    this.#store = storeFor(this);
    this.#disconnecting = new AbortController();
    const { signal } = this.#disconnecting;
    if (!this.shadowRoot) this.#draw();
    this.#ready ??= translatorFor(this).then((i18n) => (this.#i18n = i18n));
    const listen = (type, handle) =>
      this.#store.addEventListener(type, ({ detail }) => handle(detail), { signal });
    listen("notification", (item) => this.#receive(item));
    listen("recalled", ({ id }) => this.#remove(id));
    listen("reading", ({ id, read_at, archived_at }) => {
      this.#hideSeen();
      if (read_at || archived_at) this.#remove(id);
    });
    // One element of a page asks, the bell if there is one: both get the token that the page sets.
    listen("token-needed", () => document.querySelector("notification-bell") ?? requestToken(this));
    const visibilityChanged = () => {
      this.#hideSeen();
      this.#withView((view) => view.visibilityChanged());
    };
    document.addEventListener("visibilitychange", visibilityChanged, { signal });
  }

  attributeChangedCallback(name, old, token) {
    this.#store?.setToken(token);
  }

  disconnectedCallback() {
    this.#disconnecting.abort();
    this.#withView((view) => view.stop());
  }

  #draw() {
    setStyles(this.attachShadow({ mode: "open" }));
    this.shadowRoot.append(this.#polite, this.#alert);
  }

  /** Call it with the view, if there is one, in the order of the calls. */
  #withView(call) {
    this.#view?.then(call, () => {}).catch(reportError);
  }

  #receive(item) {
    if (this.#ids.has(item.id)) return;
    this.#ids.add(item.id);
    if (this.#ids.size > MAX_IDS) this.#ids.delete(this.#ids.values().next().value);
    if (!wants(this.#store.preferences, item, new Date()).toast) return;
    this.#batch.push(item);
    if (this.#batch.length === 1) setTimeout(() => this.#ready.then(() => this.#showBatch()), BATCH_MS);
  }

  #showBatch() {
    const items = this.#batch.splice(0);
    this.#announce(items);
    if (this.#store.openLists.size) return;
    const hidden = document.hidden; // now: by the time the view is loaded, the page may be visible
    this.#view ??= import("./toasts/view.js").then(({ ToastView }) => new ToastView(this, this.#store, this.#i18n));
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

  /** What a visible list shows needs no toast. */
  #hideSeen() {
    if (this.#store.openLists.size) this.#withView((view) => view.hideSeen());
  }

  #remove(id) {
    this.#batch = this.#batch.filter((item) => id !== "all" && item.id !== id);
    this.#withView((view) => view.remove(id));
  }
}

if (!customElements.get("notification-toasts")) customElements.define("notification-toasts", Toasts);
