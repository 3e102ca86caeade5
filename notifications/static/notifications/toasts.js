// <notification-toasts>: says what is new, to the ear at once, and to the eye in a stack.

import { h } from "./shared/dom.js";
import { needToken } from "./shared/links.js";
import { storeFor } from "./shared/store.js";
import { dress } from "./shared/component-styles.js";
import { wants } from "./shared/preferences-rule.js";
import { wordsFor } from "./shared/i18n.js";

const GATHER_MS = 400;
const MOST_IDS = 500; // remembered, so that none is told twice

class Toasts extends HTMLElement {
  static observedAttributes = ["token"];
  #store = null;
  #words = null;
  #ready = null;
  #leaving = null;
  #stack = null; // a promise of it: not before there is something to show
  #ids = new Set();
  #gathered = [];
  #polite = h("div", { class: "hidden", role: "status" });
  #alert = h("div", { class: "hidden", role: "alert" });

  connectedCallback() {
    this.#store = storeFor(this);
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    if (!this.shadowRoot) this.#draw();
    this.#ready ??= wordsFor(this).then((words) => (this.#words = words));
    const listen = (type, hear) =>
      this.#store.addEventListener(type, ({ detail }) => hear(detail), { signal });
    listen("notification", (item) => this.#hear(item));
    listen("recalled", ({ id }) => this.#drop(id));
    listen("reading", ({ id, read_at, archived_at }) => {
      this.#see();
      if (read_at || archived_at) this.#drop(id);
    });
    // One of a page's elements asks for it, and the bell if there is one: they share what they are given.
    listen("token-needed", () => document.querySelector("notification-bell") ?? needToken(this));
    const look = () => {
      this.#see();
      this.#with((stack) => stack.look());
    };
    document.addEventListener("visibilitychange", look, { signal });
  }

  attributeChangedCallback(name, old, token) {
    this.#store?.renew(token);
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#with((stack) => stack.leave());
  }

  #draw() {
    dress(this.attachShadow({ mode: "open" }));
    this.shadowRoot.append(this.#polite, this.#alert);
  }

  /** Do it to the stack, if there is one, in the order in which it was asked for. */
  #with(act) {
    this.#stack?.then(act).catch(reportError);
  }

  #hear(item) {
    if (this.#ids.has(item.id)) return;
    this.#ids.add(item.id);
    if (this.#ids.size > MOST_IDS) this.#ids.delete(this.#ids.values().next().value);
    if (!wants(this.#store.preferences, item, new Date()).toast) return;
    this.#gathered.push(item);
    if (this.#gathered.length === 1) setTimeout(() => this.#ready.then(() => this.#tell()), GATHER_MS);
  }

  #tell() {
    const items = this.#gathered.splice(0);
    this.#announce(items);
    if (this.#store.watching.size) return;
    const away = document.hidden; // now: when the stack is there, somebody may look
    this.#stack ??= import("./toasts/view.js").then(({ Stack }) => new Stack(this, this.#store, this.#words));
    this.#stack.catch(() => (this.#stack = null)); // tried again with the next ones
    this.#with((stack) => stack.arrive(items, away));
  }

  #announce(items) {
    const critical = items.filter(({ severity }) => severity === "critical");
    const others = items.filter(({ severity }) => severity !== "critical");
    const say = (key, values) => h("p", null, this.#words.say(key, values));
    const [first, second] = others;
    if (first) {
      const said = second ? say("new_many", { n: others.length }) : say("new_one", { title: first.title });
      this.#polite.replaceChildren(said);
    }
    if (!critical.length) return;
    this.#alert.replaceChildren(...critical.map(({ title }) => say("new_critical", { title })));
  }

  /** What the list shows while it is looked at needs no toast. */
  #see() {
    if (this.#store.watching.size) this.#with((stack) => stack.seen());
  }

  #drop(id) {
    this.#gathered = this.#gathered.filter((item) => id !== "all" && item.id !== id);
    this.#with((stack) => stack.drop(id));
  }
}

if (!customElements.get("notification-toasts")) customElements.define("notification-toasts", Toasts);
