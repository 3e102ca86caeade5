// <hub-log topic type max>: a log with its history, which follows the end and can be searched. Only visible rows are drawn.

import { h } from "../../shared/dom.js";
import { LogRows } from "./log-rows.js";
import { logStyles } from "./log-styles.js";
import { TopicElement } from "./topic-element.js";

const MAX_ROWS = 100_000;
const ROW_PX = 22; // as in the style sheet
const SPARE_ROWS = 10; // above and below what is visible
const END_PX = 4; // from the end, within which the list follows
const ANNOUNCE_MS = 3000;
const SEARCH_MS = 120; // after the last key

export class LogElement extends TopicElement {
  static styles = logStyles;
  #rows;
  #follows = true;
  #unread = 0; // rows below, since it does not follow
  #announced = 0; // rows
  #announceTimer = 0;
  #searchTimer = 0;
  #loading = false;
  #title = h("span", { class: "label", id: "title" });
  #count = h("span", { class: "muted number", dir: "auto" });
  #search = h("input", { type: "search", autocomplete: "off", spellcheck: "false", oninput: () => this.#searchSoon() });
  #follow = h("button", { type: "button", class: "follow", onclick: () => this.#setFollows(!this.#follows) });
  #drawn = h("div", { class: "drawn" });
  #sizer = h("div", { class: "sizer" }, this.#drawn);
  #view = h(
    "div",
    {
      class: "view",
      role: "log",
      tabindex: 0,
      dir: "ltr",
      "aria-live": "off",
      "aria-labelledby": "title",
      onscroll: () => this.#scrolled(),
    },
    this.#sizer,
  );
  #empty = h("p", { class: "empty muted" });
  #status = h("div", { class: "hidden", role: "status" });

  get options() {
    return { history: this.getAttribute("history") !== "none" };
  }

  draw(root) {
    const tools = h("div", { class: "tools" }, this.#search, this.#follow);
    const head = h("div", { class: "head" }, this.#title, this.#count, tools);
    root.append(head, h("div", { class: "frame" }, this.#view, this.#empty), this.#status);
    new ResizeObserver(() => this.schedule()).observe(this.#view);
  }

  opened(topic) {
    this.#loading = true;
    topic.ready.then(() => {
      this.#loading = false;
      this.#announced = this.#rows.all.length; // what was there before is not announced
      this.schedule();
    });
  }

  receive(data) {
    const before = this.#rows.all.length;
    this.#rows.add(data);
    if (!this.#follows) this.#unread += Math.max(0, this.#rows.all.length - before);
    if (!this.#announceTimer && !this.#loading) this.#announceTimer = setTimeout(() => this.#announce(), ANNOUNCE_MS);
  }

  reset() {
    this.#rows.note(this.i18n?.text("log_gap") ?? "…");
  }

  empty() {
    const max = Number(this.getAttribute("max"));
    this.#rows = new LogRows(Number.isInteger(max) && max > 0 ? Math.min(max, MAX_ROWS) : MAX_ROWS);
    this.#rows.search(this.#search.value.trim());
    this.#unread = this.#announced = 0;
  }

  show() {
    const { shown, all, matches } = this.#rows;
    const format = new Intl.NumberFormat(this.i18n.language);
    const text = (key, values) => this.i18n.text(key, values);
    this.#title.textContent = this.label;
    this.#search.placeholder = this.#search.ariaLabel = text("log_search");
    const total = text("log_rows", { n: all.length, count: format.format(all.length) });
    this.#count.textContent = matches
      ? text("log_matches", { n: matches.length, count: format.format(matches.length), total })
      : total;
    this.#follow.textContent = this.#unread && !this.#follows
      ? text("log_new", { n: this.#unread, count: format.format(this.#unread) })
      : text("log_follow");
    this.#follow.setAttribute("aria-pressed", String(this.#follows));
    this.#view.ariaBusy = String(this.#loading);
    this.#showEmpty(shown);
    this.#sizer.style.height = `${shown.length * ROW_PX}px`;
    if (this.#follows) this.#view.scrollTop = this.#view.scrollHeight;
    this.#drawVisible();
  }

  #showEmpty(shown) {
    const key = this.failed ? "live_refused" : this.#loading ? "log_loading" : this.#search.value ? "log_none" : "log_empty";
    this.#empty.hidden = shown.length > 0;
    this.#empty.classList.toggle("failed", this.failed);
    this.#empty.textContent = this.i18n.text(key);
  }

  #drawVisible() {
    const { shown } = this.#rows;
    const first = Math.max(0, Math.floor(this.#view.scrollTop / ROW_PX) - SPARE_ROWS);
    const last = Math.min(shown.length, Math.ceil((this.#view.scrollTop + this.#view.clientHeight) / ROW_PX) + SPARE_ROWS);
    const query = this.#search.value.trim();
    this.#drawn.style.transform = `translateY(${first * ROW_PX}px)`;
    this.#drawn.style.setProperty("--digits", String(this.#rows.first + this.#rows.all.length).length);
    this.#drawn.replaceChildren(...shown.slice(first, last).map((row) => drawRow(row, query)));
  }

  #scrolled() {
    const fromEnd = this.#view.scrollHeight - this.#view.scrollTop - this.#view.clientHeight;
    const follows = fromEnd <= END_PX;
    // A search that finds little is at its end at once.
    if (follows !== this.#follows && !this.#rows.matches) this.#setFollows(follows);
    else this.schedule();
  }

  #setFollows(follows) {
    this.#follows = follows;
    if (follows) this.#unread = 0;
    this.schedule();
  }

  #searchSoon() {
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => {
      this.#rows.search(this.#search.value.trim());
      this.schedule();
    }, SEARCH_MS);
  }

  #announce() {
    this.#announceTimer = 0;
    const { all } = this.#rows;
    const n = all.length - this.#announced;
    this.#announced = all.length;
    if (n > 0 && this.i18n) this.#status.textContent = this.i18n.text("log_announce", { n, text: all.at(-1).text });
  }
}

function drawRow({ number, text, level }, query) {
  const content = h("span", { class: "text" }, ...marked(text, query));
  return h("div", { class: "row", "data-level": level }, h("span", { class: "gutter", "aria-hidden": "true" }, String(number)), content);
}

/** The text, with what is searched for marked. */
function marked(text, query) {
  if (!query) return [text];
  const found = [];
  const [lower, sought] = [text.toLowerCase(), query.toLowerCase()];
  let from = 0;
  // Of some letters the lower case is longer: then the places do not agree, and nothing is marked.
  if (lower.length !== text.length) return [text];
  for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, from)) {
    found.push(text.slice(from, at), h("mark", {}, text.slice(at, at + sought.length)));
    from = at + sought.length;
  }
  return [...found, text.slice(from)];
}
