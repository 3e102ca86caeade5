// A message of a chat: its text, what it answers, its reactions, and what the viewer can do with it.

import { full } from "../shared/dates.js";
import { h } from "../shared/dom.js";

const REACTIONS = ["👍", "❤️", "😂", "🎉"];

/** The text of a message's body. */
export const textOf = (body) =>
  typeof body === "string" ? body : typeof body?.text === "string" ? body.text : JSON.stringify(body);

export class ChatMessage {
  node = h("div", { class: "message" });
  #data;
  #log;
  #i18n;
  #user;
  #act;

  /** `log.get(position)` is another message's data, if it is shown; `act(verb, data, reaction)` does something. */
  constructor(data, log, i18n, user, act) {
    this.#data = data;
    this.#log = log;
    this.#i18n = i18n;
    this.#user = user;
    this.#act = act;
    this.node.id = `message-${data.position}`;
    this.draw();
  }

  draw() {
    const { body, at, edited } = this.#data;
    const mark = edited ? h("span", { class: "edited" }, ` ${this.#i18n.text("edited_mark")}`) : null;
    const text = h("p", { class: "line", dir: "auto", title: full(new Date(at), this.#i18n) }, textOf(body), mark);
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.act : "";
    this.node.replaceChildren(...[this.#drawQuote(), text, this.#drawReactions(), this.#drawActions()].filter(Boolean));
    if (focused) this.node.querySelector(`[data-act="${focused}"]`)?.focus();
  }

  #drawQuote() {
    const to = this.#data.body?.reply_to;
    if (!to) return null;
    const quoted = this.#log.get(to);
    const text = quoted ? `${quoted.from.name}: ${textOf(quoted.body)}` : this.#i18n.text("earlier_message");
    return h("a", { class: "quote", href: `#message-${to}`, dir: "auto" }, text);
  }

  #drawReactions() {
    const given = Object.entries(this.#data.reactions ?? {});
    if (!given.length) return null;
    const draw = ([reaction, people]) =>
      h(
        "button",
        {
          type: "button",
          class: "reaction",
          "aria-pressed": String(people.includes(this.#user)),
          "data-act": `shown ${reaction}`,
          onclick: () => this.#act("react", this.#data, reaction),
        },
        `${reaction} ${people.length}`,
      );
    return h("div", { class: "reactions" }, ...given.map(draw));
  }

  #drawActions() {
    const isOwn = this.#data.from.id === this.#user;
    const button = (verb, label, reaction) =>
      h(
        "button",
        {
          type: "button",
          "aria-label": reaction ? this.#i18n.text("react_with", { reaction }) : null,
          "data-act": `${verb} ${reaction ?? ""}`,
          onclick: () => this.#act(verb, this.#data, reaction),
        },
        label,
      );
    return h(
      "div",
      { class: "actions" },
      ...REACTIONS.map((reaction) => button("react", reaction, reaction)),
      button("reply", this.#i18n.text("reply")),
      isOwn ? button("edit", this.#i18n.text("edit_message")) : null,
      isOwn || document.getElementById("room").dataset.moderates ? button("remove", this.#i18n.text("remove_message")) : null,
    );
  }
}
