// What all elements of a live topic have in common.

import { hub as pageHub } from "../../hub.js";
import { setStyles } from "../../shared/component-styles.js";
import { translatorFor } from "../../shared/i18n.js";
import { topicStyles } from "./styles.js";

const elements = new Set(); // that are in the document
let hub = pageHub;

/** Have all elements use another hub, such as `hub.connect({ url, token })` returns. */
export function useHub(other) {
  hub = other;
  for (const element of elements) element.reopen();
}

/**
 * Its subclasses implement `draw(root)`, called once, `show()`, called at most once a frame after something has changed,
 * and `receive(data, event)`; `reset()` where events are missing, and `empty()` before another topic.
 */
export class TopicElement extends HTMLElement {
  static observedAttributes = ["topic", "lang"];
  i18n = null;
  failed = false; // the topic is refused
  #topic = null;
  #scheduled = false;

  /** Of the topic's events: see `Hub.topic`. */
  get options() {
    return { history: this.hasAttribute("history") };
  }

  /** The type of the events that are shown. */
  get type() {
    return this.getAttribute("type") ?? "*";
  }

  get label() {
    return this.getAttribute("label") ?? this.getAttribute("topic") ?? "";
  }

  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open", delegatesFocus: true });
      setStyles(root, topicStyles, this.constructor.styles);
      this.draw(root);
    }
    elements.add(this);
    this.#translate();
    // In a moment, so that the page's own module can say which hub to use.
    queueMicrotask(() => this.isConnected && !this.#topic && this.reopen());
  }

  disconnectedCallback() {
    elements.delete(this);
    this.#topic?.close();
    this.#topic = null;
  }

  attributeChangedCallback(name, before, value) {
    if (before === value || !elements.has(this)) return;
    if (name === "topic") this.reopen();
    else if (name === "lang") this.#translate();
    this.schedule();
  }

  reopen() {
    this.#topic?.close();
    this.#topic = null;
    this.failed = false;
    this.empty();
    this.schedule();
    const name = this.getAttribute("topic");
    if (!name) return;
    const topic = (this.#topic = hub.topic(name, this.options));
    topic.on(this.type, (data, event) => {
      this.receive(data, event);
      this.schedule();
    });
    topic.on("stream-reset", () => {
      this.reset();
      this.schedule();
    });
    topic.on("error", (error) => {
      this.failed = true;
      this.schedule();
      console.warn(error.message);
    });
    this.opened(topic);
  }

  /** Shown in the next frame; a hidden page has none. */
  schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const show = () => {
      this.#scheduled = false;
      if (this.isConnected && this.i18n) this.show();
    };
    if (document.hidden) setTimeout(show, 500);
    else requestAnimationFrame(show);
  }

  opened() {}

  reset() {}

  empty() {}

  async #translate() {
    this.i18n = await translatorFor(this);
    this.schedule();
  }
}
