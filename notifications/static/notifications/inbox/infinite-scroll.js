// The end of the inbox page: older items load when the user gets there, and an empty list says so.

const $ = (id) => document.getElementById(id);

export class InfiniteScroll {
  #model;
  #loader;
  #i18n;
  #observer;

  constructor(model, loader, i18n) {
    this.#model = model;
    this.#loader = loader;
    this.#i18n = i18n;
    const load = ([{ isIntersecting }]) => isIntersecting && loader.loadOlder();
    this.#observer = new IntersectionObserver(load, { rootMargin: "600px" });
    $("older").addEventListener("click", (event) => {
      if (!loader.canLoadOlder || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      loader.loadOlder();
    });
  }

  /** Other filters are shown. */
  reset({ emptyKey }) {
    $("empty").querySelector("h2").textContent = this.#i18n.text(emptyKey);
    $("empty").querySelector("p").textContent = this.#i18n.text(`${emptyKey}_hint`);
    $("newest")?.remove();
  }

  show() {
    const { items, hasMore, last, filters } = this.#model;
    $("empty").hidden = items.length > 0 || hasMore || $("inbox").hasAttribute("aria-busy");
    $("older").hidden = !hasMore;
    if (last) $("older").href = filters.with({ before: last.id }).url;
    // Observed anew, it reports whether the end is still in sight.
    this.#observer.unobserve($("older"));
    if (this.#loader.canLoadOlder && !this.#loader.failed) this.#observer.observe($("older"));
  }
}
