// A notification in the list. `notifications/inbox/presentation.py` and `row.html` write the same.

import { href } from "../shared/links.js";
import { ago, full } from "../shared/dates.js";
import { wants } from "../shared/preferences-rule.js";
import { why } from "../shared/reason-text.js";

export class Entry {
  #words;

  constructor(element, words) {
    this.element = element;
    this.#words = words;
  }

  get id() {
    return this.element.dataset.id;
  }

  get at() {
    return this.#find("time").dateTime;
  }

  get unread() {
    return this.element.classList.contains("unread");
  }

  get archived() {
    return this.#find("[name=archive]").value === "no";
  }

  get category() {
    return this.element.dataset.category;
  }

  get title() {
    return this.#find(".title").textContent;
  }

  get body() {
    return this.#find(".body").textContent;
  }

  get link() {
    return this.#find(".title");
  }

  /** Whether its title leads to what it is about, and not to itself. */
  get leads() {
    return this.#find(".when").hasAttribute("href");
  }

  /** Say what the item says, but for what the reader did with it. */
  fill(item, preferences) {
    const { element } = this;
    const page = `/notifications/${item.id}/`;
    const own = href(item.url);
    const { id, topic, group, category, severity } = item;
    Object.assign(element.dataset, { id, topic, group: group ?? "", category, severity });
    this.#draw(".icon", severity);
    this.link.id = `title-${id}`;
    this.link.href = own ?? page;
    this.link.textContent = item.title;
    this.#write(".body", item.body);
    this.#find(".severity").textContent = this.#words.say(`severity_${severity}`);
    this.#write(".category", category);
    if (own) this.#find(".when").href = page;
    else this.#find(".when").removeAttribute("href");
    this.#find("time").dateTime = item.created_at;
    this.#find("time").title = full(new Date(item.created_at), this.#words);
    this.#find(".pick").setAttribute("aria-label", this.#words.say("select", { title: item.title }));
    this.#find(".acts").setAttribute("action", `${page}read`);
    this.#find("[name=archive]").setAttribute("formaction", `${page}archive`);
    for (const button of element.querySelectorAll(".acts button")) {
      button.setAttribute("aria-describedby", this.link.id);
    }
    this.explain(preferences);
    this.refresh(new Date());
  }

  mark(read) {
    this.element.classList.toggle("unread", !read);
    this.#find(".dot").hidden = read;
    this.#offer("read", !read, read ? "mark_unread" : "mark_read", read ? "unread" : "read");
  }

  put(archived) {
    const other = archived ? "unarchive" : "archive";
    this.#offer("archive", !archived, other, other);
  }

  pick(on) {
    this.element.classList.toggle("picked", on);
    this.#find(".pick").checked = on;
  }

  /** Why the reader gets it. */
  explain(preferences) {
    const { topic, group, category, severity } = this.element.dataset;
    const item = { topic, group, category, severity };
    const decision = wants(preferences, item, new Date(this.at));
    this.#find(".why p").textContent = why(item, this.#words, decision);
  }

  /** Say the time anew. */
  refresh(now) {
    this.#find("time").textContent = ago(new Date(this.at), now, this.#words);
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  #write(selector, text) {
    const element = this.#find(selector);
    element.firstElementChild.textContent = text;
    element.hidden = !text;
  }

  #offer(name, yes, word, icon) {
    const button = this.#find(`[name=${name}]`);
    button.value = yes ? "yes" : "no";
    button.title = this.#words.say(word);
    button.querySelector("span").textContent = button.title;
    this.#draw(`[name=${name}] svg`, icon);
  }

  #draw(selector, icon) {
    const use = this.#find(`${selector} use`);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#${icon}`));
  }
}
