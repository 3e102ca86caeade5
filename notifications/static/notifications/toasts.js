// <notification-toasts>: announces new notifications to screen readers at once, and shows them as toasts.

import { setStyles } from "./shared/component-styles.js";
import { h } from "./shared/dom.js";
import { translatorFor } from "./shared/i18n.js";
import { lazyModule } from "./shared/lazy-module.js";
import { requestToken, storeFor } from "./shared/store.js";

class Toasts extends HTMLElement {
  static observedAttributes = ["token"];
  #store = null;
  #disconnecting = null;
  #announcer = null; // a promise, not before the first notification
  #polite = h("div", { class: "hidden", role: "status" });
  #alert = h("div", { class: "hidden", role: "alert" });

  connectedCallback() {
    this.#store = storeFor(this);
    this.#disconnecting = new AbortController();
    const { signal } = this.#disconnecting;
    if (!this.shadowRoot) this.#draw();
    const listen = (type, handle) =>
      this.#store.addEventListener(type, ({ detail }) => handle(detail), { signal });
    listen("notification", (item) => {
      this.#announcer ??= this.#loadAnnouncer();
      this.#announce((announcer) => announcer.receive(item));
    });
    listen("recalled", ({ id }) => this.#announce((announcer) => announcer.remove(id)));
    listen("reading", ({ id, read_at, archived_at }) =>
      this.#announce((announcer) => {
        announcer.hideSeen();
        if (read_at || archived_at) announcer.remove(id);
      }),
    );
    // One element of a page asks, the bell if there is one: both get the token that the page sets.
    listen("token-needed", () => document.querySelector("notification-bell") ?? requestToken(this));
    const visibilityChanged = () => this.#announce((announcer) => announcer.visibilityChanged());
    document.addEventListener("visibilitychange", visibilityChanged, { signal });
  }

  attributeChangedCallback(name, old, token) {
    this.#store?.setToken(token);
  }

  disconnectedCallback() {
    this.#disconnecting.abort();
    this.#announce((announcer) => announcer.stop());
  }

  #draw() {
    setStyles(this.attachShadow({ mode: "open" }));
    this.shadowRoot.append(this.#polite, this.#alert);
  }

  /** Call it with the announcer, if there is one, in the order of the calls. */
  #announce(call) {
    this.#announcer?.then(call).catch(reportError);
  }

  async #loadAnnouncer() {
    const loading = lazyModule(() => import("./toasts/announcer.js"));
    const [{ Announcer }, i18n] = await Promise.all([loading, translatorFor(this)]);
    return new Announcer(this, this.#store, i18n, { polite: this.#polite, alert: this.#alert });
  }
}

if (!customElements.get("notification-toasts")) customElements.define("notification-toasts", Toasts);
