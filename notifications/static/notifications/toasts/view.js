// The toasts on the screen: they expire by themselves, but not while the user points at them or has the focus there.

import { setStyles } from "../shared/component-styles.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { InboxClient } from "../shared/inbox-client.js";
import { itemStyles } from "../shared/item-styles.js";
import { open, targetUrl } from "../shared/links.js";
import { ToastQueue } from "./queue.js";
import { toastStyles } from "./styles.js";

export class ToastView {
  #host;
  #store;
  #client;
  #i18n;
  #queue = new ToastQueue();
  #nodes = new Map();
  #timer = 0;
  #pauses = new Set(); // reasons for which the timers pause
  #before = null; // what had the focus before a toast had it
  #more = h("button", { class: "more", type: "button", onclick: () => this.#openList() });
  #stack = h("section", { class: "stack", hidden: true }, this.#more);

  /** In the shadow root of the element. */
  constructor(host, store, i18n) {
    this.#host = host;
    this.#store = store;
    this.#client = new InboxClient(store);
    this.#i18n = i18n;
    setStyles(host.shadowRoot, itemStyles, toastStyles);
    this.#stack.setAttribute("aria-label", i18n.text("notifications"));
    host.shadowRoot.append(this.#stack);
    const pauses = { pointerenter: ["hover", true], pointerleave: ["hover", false], focusin: ["focus", true] };
    for (const [type, [reason, on]] of Object.entries(pauses)) {
      this.#stack.addEventListener(type, () => this.#pause(reason, on));
    }
    this.#stack.addEventListener("focusin", ({ relatedTarget }) => {
      if (!this.#stack.contains(relatedTarget)) this.#before = relatedTarget;
    });
    this.#stack.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.#stack.contains(relatedTarget)) this.#pause("focus", false);
    });
  }

  /** `hidden`: the page was not visible when they came. */
  add(items, hidden) {
    if (hidden) this.#queue.hold(items);
    else this.#queue.add(items, performance.now());
    this.#render();
  }

  /** It, or `"all"`, was read, archived or recalled. */
  remove(id) {
    if (id === "all") this.#queue.clear();
    else this.#queue.remove(id);
    this.#render();
  }

  /** A visible list shows all of these. */
  hideSeen() {
    this.#queue.hideSeen();
    this.#render();
  }

  visibilityChanged() {
    if (!document.hidden) this.#queue.release(performance.now());
    this.#render();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #pause(reason, on) {
    if (on) this.#pauses.add(reason);
    else this.#pauses.delete(reason);
    if (this.#pauses.size) this.#queue.pause(performance.now());
    else this.#queue.resume(performance.now());
    this.#startTimer();
  }

  #startTimer() {
    clearTimeout(this.#timer);
    const { next } = this.#queue;
    if (next === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#queue.expire(performance.now());
        this.#render();
      },
      Math.max(0, next - performance.now()) + 1,
    );
  }

  #render() {
    const { shown, more } = this.#queue;
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, node] of this.#nodes) if (!keys.has(key)) this.#removeNode(key, node);
    let previous = null;
    for (const toast of shown) {
      const node = this.#nodes.get(toast.key) ?? this.#draw(toast);
      this.#nodes.set(toast.key, node);
      if (toast.item === null) {
        node.querySelector(".title").textContent = this.#i18n.text("new_many", { n: toast.ids.size });
      }
      const next = previous ? previous.nextSibling : this.#stack.firstChild;
      if (node !== next) this.#stack.insertBefore(node, next);
      previous = node;
    }
    this.#more.hidden = more === 0;
    if (more) this.#more.textContent = this.#i18n.text("more", { n: more });
    this.#stack.hidden = !shown.length;
    if (!shown.length) this.#pauses.delete("hover");
    this.#pause("hidden", document.hidden);
  }

  #removeNode(key, node) {
    const focused = node.matches(":focus-within");
    node.remove();
    this.#nodes.delete(key);
    if (!focused) return;
    this.#pauses.delete("focus");
    this.#before?.focus();
  }

  #draw({ key, item, severity }) {
    const id = `toast-${key}`;
    const label = this.#i18n.text("dismiss");
    const dismiss = () => {
      this.#queue.dismiss(key);
      this.#render();
    };
    const close = { class: "tool", type: "button", title: label, "aria-label": label, "aria-describedby": id };
    const follow = (event) => open(this.#host, this.#client, item, event) && dismiss();
    const link = item && { class: "title", id, dir: "auto", href: targetUrl(this.#store.origin, item) };
    const title = item
      ? h("a", { ...link, onclick: follow }, item.title)
      : h("button", { class: "title", id, type: "button", onclick: () => this.#openList() });
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
  #openList() {
    const request = new CustomEvent("notification-more", { bubbles: true, composed: true, cancelable: true });
    if (!this.#host.dispatchEvent(request)) return;
    const bell = document.querySelector("notification-bell");
    if (bell?.open) bell.open();
    else location.assign(`${this.#store.origin}/`);
  }
}
