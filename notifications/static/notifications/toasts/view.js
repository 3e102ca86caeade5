// The toasts that are shown: a stack that goes by itself, and stands still while somebody is at it.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { open, target } from "../shared/links.js";
import { Pile } from "./queue.js";
import { dress } from "../shared/component-styles.js";

export const sheet = `
:host {
  position: fixed;
  z-index: 2147483000;
  inset-block-end: 1.25rem;
  inset-inline-end: 1.25rem;
  width: 23rem;
}
:host([hidden]) { display: none; }
.stack { display: grid; gap: 0.625rem; }
.toast {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr) auto;
  gap: 0.75rem;
  padding-block: 0.75rem;
  padding-inline: 0.875rem 0.625rem;
  border: 1px solid var(--rim);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: var(--shadow);
}
.toast[data-severity="critical"] { border-color: var(--tone); }
.what { align-self: center; font-size: 0.9375rem; line-height: 1.4; }
.what .title { font-weight: 600; }
.toast .body { margin-top: 0.125rem; font-size: 0.875rem; }
.more {
  justify-self: end;
  padding: 0.1875rem 0.875rem;
  border: 1px solid var(--rim);
  border-radius: 1rem;
  background: var(--surface);
  box-shadow: var(--shadow);
  font-size: 0.875rem;
  font-weight: 550;
}
button.title { padding: 0; border: 0; background: none; }
@media (prefers-reduced-motion: no-preference) {
  .toast { animation: come 0.22s ease-out; }
  @keyframes come { from { opacity: 0; transform: translateY(0.75rem); } }
}
@media (max-width: 34rem) {
  :host { inset-inline: 0.75rem; inset-block-end: 0.75rem; width: auto; }
}
`;

export class Stack {
  #host;
  #store;
  #words;
  #pile = new Pile();
  #nodes = new Map();
  #timer = 0;
  #stops = new Set(); // why the timers stand still
  #before = null; // what had the focus before a toast had it
  #more = h("button", { class: "more", type: "button", onclick: () => this.#list() });
  #stack = h("section", { class: "stack", hidden: true }, this.#more);

  /** In the shadow root of the element. */
  constructor(host, store, words) {
    this.#host = host;
    this.#store = store;
    this.#words = words;
    dress(host.shadowRoot, sheet);
    this.#stack.setAttribute("aria-label", words.say("notifications"));
    host.shadowRoot.append(this.#stack);
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

  /** `away`: nobody looked when they came. */
  arrive(items, away) {
    if (away) this.#pile.hold(items);
    else this.#pile.arrive(items, performance.now());
    this.#render();
  }

  /** It was read, archived or recalled. */
  drop(id) {
    if (id === "all") this.#pile.clear();
    else this.#pile.drop(id);
    this.#render();
  }

  /** The list is looked at, which shows all of these. */
  seen() {
    this.#pile.seen();
    this.#render();
  }

  /** The document was hidden, or is looked at again. */
  look() {
    if (!document.hidden) this.#pile.reveal(performance.now());
    this.#render();
  }

  leave() {
    clearTimeout(this.#timer);
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
    const follow = (event) => open(this.#host, this.#store, item, event) && dismiss();
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
    if (!this.#host.dispatchEvent(more)) return;
    const bell = document.querySelector("notification-bell");
    if (bell?.open) bell.open();
    else location.assign(`${this.#store.origin}/`);
  }
}
