// The last thing done, and the chance to take it back.

const STAYS_MS = 8000;

export class Undo {
  #bar;
  #text = document.createElement("span");
  #button = document.createElement("button");
  #act = null;
  #timer;

  /** `bar`: an element with role="status" that is already in the page, so that what it says is read out. */
  constructor(bar, words) {
    this.#bar = bar;
    this.#button.type = "button";
    this.#button.className = "undo";
    this.#button.textContent = words.say("undo");
    this.#button.addEventListener("click", () => this.last());
    const listen = (types, then) => types.forEach((type) => bar.addEventListener(type, then));
    listen(["pointerenter", "focusin"], () => clearTimeout(this.#timer));
    listen(["pointerleave", "focusout"], () => this.#wait());
  }

  /** `act` takes it back. What is returned withdraws this offer, and no other. */
  offer(text, act) {
    this.#act = act;
    this.#text.textContent = text;
    this.#bar.replaceChildren(this.#text, this.#button);
    this.#wait();
    return () => this.#act === act && this.#clear();
  }

  /** Take the last thing back, if there still is one. */
  last() {
    const act = this.#act;
    this.#clear();
    return act?.();
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.#act && !this.#bar.matches(":hover, :focus-within")) {
      this.#timer = setTimeout(() => this.#clear(), STAYS_MS);
    }
  }

  #clear() {
    clearTimeout(this.#timer);
    this.#act = null;
    this.#bar.replaceChildren();
  }
}
