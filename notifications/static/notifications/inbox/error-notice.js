// What went wrong, each thing until it is mended: a list that could be had after all saves no deed.

export class Notice {
  #element;
  #words;
  #wrong = new Set();

  /** `element`: one with role="alert" that is already in the page. */
  constructor(element, words) {
    this.#element = element;
    this.#words = words;
  }

  say(key) {
    this.#wrong.add(key);
    this.#show();
  }

  clear(key) {
    if (this.#wrong.delete(key)) this.#show();
  }

  #show() {
    this.#element.textContent = [...this.#wrong].map((key) => this.#words.say(key)).join(" ");
  }
}
