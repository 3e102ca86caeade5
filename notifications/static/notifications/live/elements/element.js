// What all elements have in common: a shadow root with a style, the page's language, and the hub they read from.

import { hub as pageHub } from "../../hub.js";
import { setStyles } from "../../shared/component-styles.js";
import { translatorFor } from "../../shared/i18n.js";
import { elementStyles } from "./styles.js";

const elements = new Set(); // that are in the document
let hub = pageHub;

/** Have all elements use another hub, such as `hub.connect({ url, token })` returns. */
export function useHub(other) {
  hub = other;
  for (const element of elements) element.reopen();
}

/**
 * Its subclasses implement `draw(root)`, called once, `show()`, called at most once a frame after something has changed,
 * `open()` and `close()` for what they read, and `empty()` before that is another. `source` is the attribute that names it.
 */
export class HubElement extends HTMLElement {
  i18n = null;
  failed = false; // what it reads is refused
  #isOpen = false;
  #scheduled = false;

  get hub() {
    return hub;
  }

  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open", delegatesFocus: true });
      setStyles(root, elementStyles, this.constructor.styles);
      this.draw(root);
    }
    elements.add(this);
    this.#translate();
    // In a moment, so that the page's own module can say which hub to use.
    queueMicrotask(() => this.isConnected && !this.#isOpen && this.reopen());
  }

  disconnectedCallback() {
    elements.delete(this);
    this.#close();
  }

  attributeChangedCallback(name, before, value) {
    if (before === value || !elements.has(this)) return;
    if (name === this.constructor.source) this.reopen();
    else if (name === "lang") this.#translate();
    this.schedule();
  }

  reopen() {
    this.#close();
    this.failed = false;
    this.empty();
    this.schedule();
    const name = this.getAttribute(this.constructor.source);
    if (!name) return;
    this.#isOpen = true;
    this.open(name);
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

  #close() {
    if (this.#isOpen) this.close();
    this.#isOpen = false;
  }

  async #translate() {
    this.i18n = await translatorFor(this);
    this.schedule();
  }
}
