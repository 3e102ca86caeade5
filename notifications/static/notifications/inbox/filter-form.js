// What the reader chooses to see, by view, category and search; the page's address says it.

import { View } from "./filters.js";

const TYPING_MS = 300;

const $ = (id) => document.getElementById(id);

export class Choice {
  #finder;
  #category;
  #q;
  #typing;

  constructor(finder) {
    this.#finder = finder;
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
    q.addEventListener("input", () => this.#type());
    addEventListener("popstate", () => finder.go(View.of(location.search)));
    addEventListener("hashchange", () => this.#follow());
    this.#follow();
  }

  show(view) {
    for (const tab of $("views").children) {
      const { filter } = tab.dataset;
      tab.href = view.with({ filter, before: "" }).url;
      if (filter === view.filter) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    this.know(view.category);
    this.#category.value = view.category;
    if (this.#q.value.trim() !== view.q) this.#q.value = view.q;
  }

  /** There is such a category. */
  know(name) {
    const { options } = this.#category;
    if (!name || [...options].some((option) => option.value === name)) return;
    const after = [...options].slice(1).find((option) => option.value > name);
    this.#category.add(new Option(name, name), after ?? null);
  }

  /** To where the reader types. */
  search() {
    this.#q.focus();
    this.#q.select();
  }

  /** The panel's "/" leads here. */
  #follow() {
    if (location.hash !== "#search") return;
    this.search();
    history.replaceState(null, "", this.#finder.view.url); // so that the next time is a change again
  }

  #type() {
    clearTimeout(this.#typing);
    // A search that grows letter by letter is one step back.
    const how = this.#finder.view.q ? "replaceState" : "pushState";
    this.#typing = setTimeout(() => this.#go({ q: this.#q.value.trim() }, how), TYPING_MS);
  }

  #go(changes, how = "pushState") {
    const view = this.#finder.view.with({ before: "", ...changes });
    if (view.url === this.#finder.view.url) return;
    history[how](null, "", view.url);
    this.#finder.go(view);
  }
}
