// The user's choice of filter, category and search, kept in the page's address.

import { InboxFilters } from "./filters.js";

const TYPING_MS = 300;

const $ = (id) => document.getElementById(id);

export class FilterForm {
  #model;
  #load;
  #category;
  #q;
  #typing;

  /** `load(filters)` shows them. */
  constructor(model, load) {
    this.#model = model;
    this.#load = load;
    const { category, q } = $("find").elements;
    this.#category = category;
    this.#q = q;
    $("views").addEventListener("click", (event) => {
      const tab = event.target.closest("a");
      if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#go({ filter: tab.dataset.filter });
    });
    $("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go({ q: q.value.trim() });
    });
    category.addEventListener("change", () => this.#go({ category: category.value }));
    q.addEventListener("input", () => this.#debounce());
    addEventListener("popstate", () => load(InboxFilters.parse(location.search)));
    addEventListener("hashchange", () => this.#followHash());
    this.#followHash();
  }

  show(filters) {
    for (const tab of $("views").children) {
      const { filter } = tab.dataset;
      tab.href = filters.with({ filter, before: "" }).url;
      if (filter === filters.filter) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    this.addCategory(filters.category);
    this.#category.value = filters.category;
    if (this.#q.value.trim() !== filters.q) this.#q.value = filters.q;
  }

  addCategory(name) {
    const { options } = this.#category;
    if (!name || [...options].some((option) => option.value === name)) return;
    const after = [...options].slice(1).find((option) => option.value > name);
    this.#category.add(new Option(name, name), after ?? null);
  }

  focusSearch() {
    this.#q.focus();
    this.#q.select();
  }

  /** The panel's "/" leads here. */
  #followHash() {
    if (location.hash !== "#search") return;
    this.focusSearch();
    history.replaceState(null, "", this.#model.filters.url); // so that the next time is a change again
  }

  #debounce() {
    clearTimeout(this.#typing);
    // A search typed letter by letter is one step of the history.
    const method = this.#model.filters.q ? "replaceState" : "pushState";
    this.#typing = setTimeout(() => this.#go({ q: this.#q.value.trim() }, method), TYPING_MS);
  }

  #go(changes, method = "pushState") {
    const filters = this.#model.filters.with({ before: "", ...changes });
    if (filters.url === this.#model.filters.url) return;
    history[method](null, "", filters.url);
    this.#load(filters);
  }
}
