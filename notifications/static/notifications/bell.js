// <notification-bell>: the number of unread notifications, and a panel that lists them.

import { bellStyles, setStyles } from "./shared/component-styles.js";
import { h } from "./shared/dom.js";
import { BELL, drawn } from "./shared/icon-path.js";
import { translatorFor } from "./shared/i18n.js";
import { requestToken, storeFor } from "./shared/store.js";

const MAX_COUNT = 99; // above it the badge says "99+"

/** The panel is not loaded before the user reaches for it. */
const loadPanel = () => import("./bell/panel.js");

class Bell extends HTMLElement {
  static observedAttributes = ["token"];
  #store = null;
  #i18n = null;
  #ready = null;
  #panel = null;
  #disconnecting = null;
  #button = null;
  #badge = h("span", { class: "badge", hidden: true });
  #light = h("span", { class: "light", hidden: true });

  connectedCallback() {
    this.#store = storeFor(this);
    this.#disconnecting = new AbortController();
    const { signal } = this.#disconnecting;
    for (const type of ["count", "state"]) this.#store.addEventListener(type, () => this.#show(), { signal });
    this.#store.addEventListener("token-needed", () => requestToken(this), { signal });
    if (!this.#button) this.#draw();
    this.#ready ??= translatorFor(this).then((i18n) => (this.#i18n = i18n));
    this.#ready.then(() => this.#show());
  }

  disconnectedCallback() {
    this.#disconnecting.abort();
    this.#panel?.node.close();
  }

  attributeChangedCallback(name, old, token) {
    this.#store?.setToken(token);
  }

  async open() {
    const fallback = this.querySelector("a[href]")?.href ?? `${this.#store.origin}/`;
    const loading = new AbortController();
    let leaving = false; // for another page: then browsers reject what is still loading
    addEventListener("beforeunload", () => (leaving = true), { signal: loading.signal });
    const failed = (error) => [leaving ? null : reportError(error)];
    const [module] = await Promise.all([loadPanel(), this.#ready]).catch(failed);
    loading.abort();
    if (this.#panel || !this.isConnected) return;
    if (!module) return leaving || location.assign(fallback);
    this.#panel = new module.Panel(this, {
      store: this.#store,
      i18n: this.#i18n,
      bell: this.#button,
      inbox: this.getAttribute("inbox") ?? fallback,
      closed: () => {
        this.#panel = null;
        this.#button.setAttribute("aria-expanded", "false");
        this.#button.focus();
      },
    });
    this.#panel.show();
    this.#button.setAttribute("aria-expanded", "true");
  }

  #draw() {
    const props = {
      class: "bell",
      type: "button",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
      "aria-label": this.textContent.trim(), // until the phrases are loaded
      onclick: () => this.open(),
      onpointerenter: () => loadPanel().catch(() => {}),
    };
    this.#button = h("button", props, drawn(BELL), this.#badge, this.#light);
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    setStyles(root, bellStyles);
    root.append(this.#button);
  }

  #show() {
    if (!this.#i18n) return;
    const text = (key, values) => this.#i18n.text(key, values);
    const { state, count } = this.#store;
    const n = count?.unread ?? 0;
    this.#badge.hidden = n === 0;
    this.#badge.textContent = n > MAX_COUNT ? text("many", { n: MAX_COUNT }) : n;
    this.#button.setAttribute("aria-label", text(n ? "notifications_unread" : "notifications", { n }));
    this.#light.hidden = ["connecting", "live"].includes(state);
    this.#light.dataset.state = this.#button.dataset.state = state;
    this.#button.title = this.#light.hidden ? "" : this.#i18n.state(state);
  }
}

if (!customElements.get("notification-bell")) customElements.define("notification-bell", Bell);
