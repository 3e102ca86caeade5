// <notification-toasts>: says what is new, to the eye and to the ear, and goes by itself.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { needToken, open, target } from "./links.js";
import { Pile } from "./pile.js";
import { storeFor } from "./store.js";
import { dress, toasts } from "./style.js";
import { wants } from "./wants.js";
import { wordsFor } from "./words.js";

const GATHER_MS = 400;
const MOST_IDS = 500; // remembered, so that none is told twice

class Toasts extends HTMLElement {
  static observedAttributes = ["token"];
  #store = null;
  #words = null;
  #ready = null;
  #leaving = null;
  #pile = new Pile();
  #ids = new Set();
  #gathered = [];
  #nodes = new Map();
  #timer = 0;
  #stops = new Set(); // why the timers stand still
  #before = null; // what had the focus before a toast had it
  #polite = h("div", { class: "hidden", role: "status" });
  #alert = h("div", { class: "hidden", role: "alert" });
  #more = h("button", { class: "more", type: "button", onclick: () => this.#list() });
  #stack = h("section", { class: "stack", hidden: true }, this.#more);

  connectedCallback() {
    this.#store = storeFor(this);
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    if (!this.shadowRoot) this.#draw();
    this.#ready ??= wordsFor(this).then((words) => {
      this.#words = words;
      this.#stack.setAttribute("aria-label", words.say("notifications"));
    });
    const listen = (type, hear) =>
      this.#store.addEventListener(type, ({ detail }) => hear(detail), { signal });
    listen("notification", (item) => this.#hear(item));
    listen("recalled", ({ id }) => this.#drop(id));
    listen("reading", ({ id, read_at, archived_at }) => {
      if (this.#store.watching.size) this.#pile.seen();
      if (read_at || archived_at) this.#drop(id);
    });
    // One of a page's elements asks for it, and the bell if there is one: they share what they are given.
    listen("token-needed", () => document.querySelector("notification-bell") ?? needToken(this));
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    this.#look();
  }

  attributeChangedCallback(name, old, token) {
    this.#store?.renew(token);
  }

  disconnectedCallback() {
    this.#leaving.abort();
    clearTimeout(this.#timer);
  }

  #draw() {
    const root = this.attachShadow({ mode: "open" });
    dress(root, toasts);
    root.append(this.#polite, this.#alert, this.#stack);
    const stop = { pointerenter: ["hover", true], pointerleave: ["hover", false], focusin: ["focus", true] };
    for (const [type, [why, on]] of Object.entries(stop)) {
      this.#stack.addEventListener(type, () => this.#stop(why, on));
    }
    this.#stack.addEventListener("focusin", ({ relatedTarget }) => {
      if (!this.#stack.contains(relatedTarget)) this.#before = relatedTarget;
    });
    this.#stack.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.#stack.contains(relatedTarget)) this.#stop("focus", false);
    });
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
    if (document.hidden) this.#pile.hold(items);
    else this.#pile.arrive(items, performance.now());
    this.#render();
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

  #drop(id) {
    if (id === "all") this.#pile.clear();
    else this.#pile.drop(id);
    this.#gathered = this.#gathered.filter((item) => id !== "all" && item.id !== id);
    this.#render();
  }

  /** The document was hidden, or is looked at again. */
  #look() {
    this.#stop("hidden", document.hidden);
    if (document.hidden) return;
    if (this.#store.watching.size) this.#pile.seen();
    this.#ready.then(() => {
      this.#pile.reveal(performance.now());
      this.#render();
    });
  }

  #stop(why, on) {
    if (on) this.#stops.add(why);
    else this.#stops.delete(why);
    if (this.#stops.size) this.#pile.stop(performance.now());
    else this.#pile.go(performance.now());
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    const { next } = this.#pile;
    if (next === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#pile.expire(performance.now());
        this.#render();
      },
      Math.max(0, next - performance.now()) + 1,
    );
  }

  #render() {
    const { shown, more } = this.#pile;
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, node] of this.#nodes) if (!keys.has(key)) this.#remove(key, node);
    let after = null;
    for (const toast of shown) {
      const node = this.#nodes.get(toast.key) ?? this.#toast(toast);
      this.#nodes.set(toast.key, node);
      if (toast.item === null) {
        node.querySelector(".title").textContent = this.#words.say("new_many", { n: toast.ids.size });
      }
      const place = after ? after.nextSibling : this.#stack.firstChild;
      if (node !== place) this.#stack.insertBefore(node, place);
      after = node;
    }
    this.#more.hidden = more === 0;
    if (more) this.#more.textContent = this.#words.say("more", { n: more });
    this.#stack.hidden = !shown.length;
    if (!shown.length) this.#stops.delete("hover");
    this.#stop("hidden", document.hidden);
  }

  #remove(key, node) {
    const focused = node.matches(":focus-within");
    node.remove();
    this.#nodes.delete(key);
    if (!focused) return;
    this.#stops.delete("focus");
    this.#before?.focus();
  }

  #toast({ key, item, severity }) {
    const id = `toast-${key}`;
    const said = this.#words.say("dismiss");
    const dismiss = () => {
      this.#pile.dismiss(key);
      this.#render();
    };
    const close = { class: "tool", type: "button", title: said, "aria-label": said, "aria-describedby": id };
    const follow = (event) => open(this, this.#store, item, event) && dismiss();
    const link = item && { class: "title", id, dir: "auto", href: target(this.#store.origin, item) };
    const title = item
      ? h("a", { ...link, onclick: follow }, item.title)
      : h("button", { class: "title", id, type: "button", onclick: () => this.#list() });
    const body = item?.body ? h("p", { class: "body", dir: "auto" }, item.body) : null;
    const props = {
      class: "toast",
      role: "group",
      "aria-labelledby": id,
      "data-severity": severity,
      onkeydown: (event) => event.key === "Escape" && dismiss(),
    };
    const mark = h("div", { class: "mark" }, icon(item ? severity : "bell"));
    const what = h("div", { class: "what" }, title, body);
    return h("div", props, mark, what, h("button", { ...close, onclick: dismiss }, icon("close")));
  }

  /** Show them all: in the panel of the page's bell, or else in the inbox. */
  #list() {
    const more = new CustomEvent("notification-more", { bubbles: true, composed: true, cancelable: true });
    if (!this.dispatchEvent(more)) return;
    const bell = document.querySelector("notification-bell");
    if (bell?.open) bell.open();
    else location.assign(`${this.#store.origin}/`);
  }
}

if (!customElements.get("notification-toasts")) customElements.define("notification-toasts", Toasts);
