// One notification in the panel.

import { ago, full } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { targetUrl } from "../shared/links.js";
import { wants } from "../shared/preferences-rule.js";
import { reasonText } from "../inbox/reason-text.js";

export class PanelRow {
  #i18n;
  #dot;
  #time;
  #read;
  #archive;

  /** `on`: `open(row, event)`, `act([row], verb)` and `select()`. */
  constructor(item, store, i18n, on) {
    this.item = item;
    this.#i18n = i18n;
    const text = (key, values) => i18n.text(key, values);
    const at = new Date(item.created_at);
    const id = `title-${item.id}`;
    const act = (verb) => on.act([this], verb);
    const tool = { class: "tool", type: "button", "aria-describedby": id };
    this.#read = h("button", { ...tool, onclick: () => act(this.readVerb) });
    this.#archive = h("button", { ...tool, onclick: () => act(this.archiveVerb) });
    this.#dot = h("span", { class: "dot" }, h("span", { class: "hidden" }, text("unread_mark")));
    this.#time = h("time", { datetime: item.created_at, title: full(at, i18n) });
    const link = { class: "title", id, dir: "auto", href: targetUrl(store.origin, item) };
    this.title = h("a", { ...link, onclick: (event) => on.open(this, event) }, item.title);
    const select = text("select", { title: item.title });
    this.checkbox = h("input", { type: "checkbox", "aria-label": select, onchange: on.select });
    const reason = h("p");
    const explain = () => (reason.textContent = reasonText(item, i18n, wants(store.preferences, item, at)));
    this.node = h(
      "li",
      { class: "row", "data-id": item.id, "data-severity": item.severity },
      h("div", { class: "mark" }, icon(item.severity), this.checkbox),
      h(
        "div",
        { class: "what" },
        h("h4", null, this.#dot, this.title),
        item.body ? h("p", { class: "body", dir: "auto" }, item.body) : null,
        h(
          "div",
          { class: "facts" },
          h("span", { class: "severity" }, text(`severity_${item.severity}`)),
          item.category ? h("span", null, h("bdi", null, item.category)) : null,
          this.#time,
          h("details", { class: "why", ontoggle: explain }, h("summary", null, text("why")), reason),
        ),
      ),
      h("div", { class: "acts" }, this.#read, this.#archive),
    );
    this.update(item);
  }

  /** What its two buttons do. */
  get readVerb() {
    return this.#unread ? "read" : "unread";
  }

  get archiveVerb() {
    return this.#archived ? "unarchive" : "archive";
  }

  focus() {
    this.title.focus();
  }

  /** Show another state; its text stays. */
  update(item) {
    this.item = item;
    this.node.classList.toggle("unread", this.#unread);
    this.#dot.hidden = !this.#unread;
    this.#read.hidden = this.#archived;
    setButton(this.#read, this.#unread ? "check" : "dot", this.#i18n.text(`mark_${this.readVerb}`));
    setButton(this.#archive, this.archiveVerb, this.#i18n.text(this.archiveVerb));
    this.refresh(new Date());
  }

  refresh(now) {
    this.#time.textContent = ago(new Date(this.item.created_at), now, this.#i18n);
  }

  get #archived() {
    return this.item.archived_at !== null;
  }

  get #unread() {
    return this.item.read_at === null && !this.#archived;
  }
}

function setButton(button, name, label) {
  if (button.title === label) return;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.replaceChildren(icon(name));
}
