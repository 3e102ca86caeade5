// One notification in the panel.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { target } from "../shared/links.js";
import { ago, full } from "../shared/dates.js";
import { wants } from "../shared/preferences-rule.js";
import { why } from "../shared/reason-text.js";

export class Row {
  #words;
  #dot;
  #time;
  #read;
  #archive;

  /** `on`: `open(row, event)`, `act([row], verb)` and `pick()`. */
  constructor(item, store, words, on) {
    this.item = item;
    this.#words = words;
    const say = (key, values) => words.say(key, values);
    const at = new Date(item.created_at);
    const id = `title-${item.id}`;
    const act = (verb) => on.act([this], verb);
    const tool = { class: "tool", type: "button", "aria-describedby": id };
    this.#read = h("button", { ...tool, onclick: () => act(this.reads) });
    this.#archive = h("button", { ...tool, onclick: () => act(this.archives) });
    this.#dot = h("span", { class: "dot" }, h("span", { class: "hidden" }, say("unread_mark")));
    this.#time = h("time", { datetime: item.created_at, title: full(at, words) });
    const link = { class: "title", id, dir: "auto", href: target(store.origin, item) };
    this.title = h("a", { ...link, onclick: (event) => on.open(this, event) }, item.title);
    const select = say("select", { title: item.title });
    this.box = h("input", { type: "checkbox", "aria-label": select, onchange: on.pick });
    const reason = h("p");
    const explain = () => (reason.textContent = why(item, words, wants(store.preferences, item, at)));
    this.node = h(
      "li",
      { class: "row", "data-id": item.id, "data-severity": item.severity },
      h("div", { class: "mark" }, icon(item.severity), this.box),
      h(
        "div",
        { class: "what" },
        h("h4", null, this.#dot, this.title),
        item.body ? h("p", { class: "body", dir: "auto" }, item.body) : null,
        h(
          "div",
          { class: "facts" },
          h("span", { class: "severity" }, say(`severity_${item.severity}`)),
          item.category ? h("span", null, h("bdi", null, item.category)) : null,
          this.#time,
          h("details", { class: "why", ontoggle: explain }, h("summary", null, say("why")), reason),
        ),
      ),
      h("div", { class: "acts" }, this.#read, this.#archive),
    );
    this.show();
  }

  get id() {
    return this.item.id;
  }

  get archived() {
    return this.item.archived_at !== null;
  }

  get unread() {
    return !this.item.read_at && !this.item.archived_at;
  }

  /** What its two buttons do. */
  get reads() {
    return this.unread ? "read" : "unread";
  }

  get archives() {
    return this.archived ? "unarchive" : "archive";
  }

  show() {
    this.node.classList.toggle("unread", this.unread);
    this.#dot.hidden = !this.unread;
    this.#read.hidden = this.archived;
    name(this.#read, this.unread ? "check" : "dot", this.#words.say(`mark_${this.reads}`));
    name(this.#archive, this.archives, this.#words.say(this.archives));
    this.#time.textContent = ago(new Date(this.item.created_at), new Date(), this.#words);
  }
}

function name(button, drawn, said) {
  if (button.title === said) return;
  button.title = said;
  button.setAttribute("aria-label", said);
  button.replaceChildren(icon(drawn));
}
