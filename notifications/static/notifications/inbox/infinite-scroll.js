// Where the list ends: older ones come as the reader gets there, or nothing is left to see.

const $ = (id) => document.getElementById(id);

export class End {
  #list;
  #finder;
  #words;
  #eye;

  constructor(list, finder, words) {
    this.#list = list;
    this.#finder = finder;
    this.#words = words;
    this.#eye = new IntersectionObserver(([end]) => end.isIntersecting && finder.older(), { rootMargin: "600px" });
    $("older").addEventListener("click", (event) => {
      if (!finder.reaches || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      finder.older();
    });
  }

  /** Of another view. */
  begin(view) {
    $("empty").querySelector("h2").textContent = this.#words.say(view.empty);
    $("empty").querySelector("p").textContent = this.#words.say(`${view.empty}_hint`);
    $("newest")?.remove();
  }

  show() {
    const { size, more, last } = this.#list;
    $("empty").hidden = size > 0 || more || $("inbox").hasAttribute("aria-busy");
    $("older").hidden = !more;
    if (last) $("older").href = this.#finder.view.with({ before: last.id }).url;
    // Asked anew, the observer says whether the end is still in sight.
    this.#eye.unobserve($("older"));
    if (this.#finder.reaches && !this.#finder.behind) this.#eye.observe($("older"));
  }
}
