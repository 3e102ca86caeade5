// What went wrong, each thing until it is resolved: a list that loads in the end does not save a failed action.

export class ErrorNotice {
  #element;
  #i18n;
  #keys = new Set();

  /** `element`: one with role="alert" that is already in the page. */
  constructor(element, i18n) {
    this.#element = element;
    this.#i18n = i18n;
  }

  add(key) {
    this.#keys.add(key);
    this.#show();
  }

  clear(key) {
    if (this.#keys.delete(key)) this.#show();
  }

  #show() {
    this.#element.textContent = [...this.#keys].map((key) => this.#i18n.text(key)).join(" ");
  }
}
