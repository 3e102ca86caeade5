// The last action, and the chance to undo it.

const SHOWN_MS = 8000;

export class Undo {
  #bar;
  #text = document.createElement("span");
  #button = document.createElement("button");
  #undo = null;
  #timer;

  /** `bar`: an element with role="status" that is already in the page, so that its text is announced. */
  constructor(bar, i18n) {
    this.#bar = bar;
    this.#button.type = "button";
    this.#button.className = "undo";
    this.#button.textContent = i18n.text("undo");
    this.#button.addEventListener("click", () => this.last());
    const listen = (types, handle) => types.forEach((type) => bar.addEventListener(type, handle));
    listen(["pointerenter", "focusin"], () => clearTimeout(this.#timer));
    listen(["pointerleave", "focusout"], () => this.#startTimer());
  }

  /** `undo()` undoes it. Returns a function that withdraws this offer, and no other. */
  offer(text, undo) {
    this.#undo = undo;
    this.#text.textContent = text;
    this.#bar.replaceChildren(this.#text, this.#button);
    this.#startTimer();
    return () => this.#undo === undo && this.#clear();
  }

  /** Undo the last action, if it is still offered. */
  last() {
    const undo = this.#undo;
    this.#clear();
    return undo?.();
  }

  #startTimer() {
    clearTimeout(this.#timer);
    if (this.#undo && !this.#bar.matches(":hover, :focus-within")) {
      this.#timer = setTimeout(() => this.#clear(), SHOWN_MS);
    }
  }

  #clear() {
    clearTimeout(this.#timer);
    this.#undo = null;
    this.#bar.replaceChildren();
  }
}
