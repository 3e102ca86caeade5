// <notification-bell>: how many notifications wait, and the panel that shows them.

import { h } from "./shared/dom.js";
import { icon } from "./shared/icons.js";
import { needToken } from "./shared/links.js";
import { storeFor } from "./shared/store.js";
import { bell, dress } from "./shared/component-styles.js";
import { wordsFor } from "./shared/i18n.js";

const MOST = 99;

/** The panel: not before somebody reaches for it. */
const load = () => import("./bell/panel.js");

class Bell extends HTMLElement {
  static observedAttributes = ["token"];
  #store = null;
  #words = null;
  #ready = null;
  #panel = null;
  #leaving = null;
  #button = null;
  #badge = h("span", { class: "badge", hidden: true });
  #light = h("span", { class: "light", hidden: true });

  connectedCallback() {
    this.#store = storeFor(this);
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    for (const type of ["count", "state"]) this.#store.addEventListener(type, () => this.#show(), { signal });
    this.#store.addEventListener("token-needed", () => needToken(this), { signal });
    if (!this.#button) this.#draw();
    this.#ready ??= wordsFor(this).then((words) => (this.#words = words));
    this.#ready.then(() => this.#show());
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#panel?.node.close();
  }

  attributeChangedCallback(name, old, token) {
    this.#store?.renew(token);
  }

  async open() {
    const fallback = this.querySelector("a[href]")?.href ?? `${this.#store.origin}/`;
    const inbox = this.getAttribute("inbox") ?? fallback;
    const [made] = await Promise.all([load(), this.#ready]).catch((error) => [reportError(error)]);
    if (this.#panel || !this.isConnected) return;
    if (!made) return location.assign(fallback);
    this.#panel = new made.Panel(this, {
      store: this.#store,
      words: this.#words,
      bell: this.#button,
      inbox: inbox === "none" ? null : new URL(inbox, document.baseURI).href,
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
      "aria-label": this.textContent.trim(), // until the words are there
      onclick: () => this.open(),
      onpointerenter: () => load().catch(() => {}),
    };
    this.#button = h("button", props, icon("bell"), this.#badge, this.#light);
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    dress(root, bell);
    root.append(this.#button);
  }

  #show() {
    if (!this.#words) return;
    const say = (key, values) => this.#words.say(key, values);
    const { state, count } = this.#store;
    const n = count?.unread ?? 0;
    this.#badge.hidden = n === 0;
    this.#badge.textContent = n > MOST ? say("many", { n: MOST }) : n;
    this.#button.setAttribute("aria-label", say(n ? "notifications_unread" : "notifications", { n }));
    this.#light.hidden = ["connecting", "live"].includes(state);
    this.#light.dataset.state = this.#button.dataset.state = state;
    this.#button.title = this.#light.hidden ? "" : say(`state_${state.replace(" ", "_")}`);
  }
}

if (!customElements.get("notification-bell")) customElements.define("notification-bell", Bell);
