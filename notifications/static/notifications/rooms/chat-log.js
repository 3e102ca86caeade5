// The messages of a chat on its page, grouped by day and by turns of one member.

import { clock, dayName, dayOf, full } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { avatar } from "./member-list.js";

const TURN_MS = 5 * 60_000; // messages of a member closer than this are one turn
const MAX_TURNS = 500;
const FOLLOW_PX = 48; // from the end, within which the log still follows

export class ChatLog {
  #log;
  #turns;
  #pending;
  #jump;
  #i18n;
  #act;
  #user = "";
  #day = "";
  #last = null; // the turn that may continue: {id, until, node}
  #unread = 0;
  #follows = true;
  #top = 0;

  /** `user`: the viewer's id. `act(verb, id)`: with a refused message, "again" or "discard". */
  constructor({ log, turns, pending, jump }, i18n, user, act) {
    this.#log = log;
    this.#turns = turns;
    this.#pending = pending;
    this.#jump = jump;
    this.#i18n = i18n;
    this.#user = user;
    this.#act = act;
    log.addEventListener("scroll", () => this.#scrolled());
    jump.addEventListener("click", () => this.scrollToEnd());
    // A keyboard that comes up, a field that grows: a viewer at the end stays there.
    new ResizeObserver(() => this.#follows && this.scrollToEnd()).observe(log);
  }

  get size() {
    return this.#turns.childElementCount + this.#pending.childElementCount;
  }

  clear() {
    this.#turns.replaceChildren();
    this.#day = "";
    this.#last = null;
  }

  add({ from, body, at: timestamp }) {
    const at = new Date(timestamp);
    const day = dayOf(at);
    if (day !== this.#day) this.#startDay(day);
    if (this.#last?.id !== from.id || at - this.#last.until > TURN_MS) {
      this.#last = { id: from.id, node: this.#drawTurn(from, at) };
      this.#turns.append(this.#last.node);
    }
    this.#last.until = at;
    this.#last.node.append(this.#drawMessage(body, at));
    this.#added(from.id === this.#user);
  }

  /** Messages are missing here. */
  addGap() {
    this.#last = null;
    this.#turns.append(h("li", { class: "day" }, h("span", null, this.#i18n.text("lines_missing"))));
  }

  /** The user's messages that the room has not accepted yet. */
  setPending(messages) {
    const grew = messages.length > this.#pending.childElementCount;
    this.#pending.replaceChildren(...messages.map((message) => this.#drawPending(message)));
    if (grew) this.scrollToEnd();
    else if (this.#follows) this.#scroll();
  }

  scrollToEnd() {
    this.#follows = true;
    this.#unread = 0;
    this.#scroll();
    this.#showJump();
  }

  #startDay(day) {
    this.#day = day;
    this.#last = null;
    const name = dayName(day, new Date(), this.#i18n);
    this.#turns.append(h("li", { class: "day" }, h("time", { datetime: day }, name)));
  }

  #drawTurn(from, at) {
    const isOwn = from.id === this.#user;
    const time = h("time", { datetime: at.toISOString(), title: full(at, this.#i18n) }, clock(at, this.#i18n));
    const name = h("bdi", { class: isOwn ? "visually-hidden" : "name" }, isOwn ? this.#i18n.text("you") : from.name);
    // The user's own messages are not announced.
    return h(
      "li",
      { class: isOwn ? "turn mine" : "turn", "aria-live": isOwn ? "off" : null },
      isOwn ? null : avatar(from),
      h("p", { class: "by" }, name, " ", time),
    );
  }

  #drawMessage(body, at) {
    return h("p", { class: "line", dir: "auto", title: full(at, this.#i18n) }, String(body));
  }

  #drawPending({ id, body, at, refused }) {
    const message = this.#drawMessage(body, new Date(at));
    if (!refused) {
      const sending = h("span", { class: "visually-hidden" }, this.#i18n.text("sending"));
      return h("li", { class: "turn mine waiting", "aria-live": "off" }, message, sending);
    }
    const button = (verb) =>
      h("button", { type: "button", class: "quiet", onclick: () => this.#act(verb, id) }, this.#i18n.text(verb));
    const detail = refused.reason === "too-long" ? this.#i18n.text("too_long_line") : refused.detail;
    const reason = this.#i18n.text(detail ? "not_sent_because" : "not_sent", { detail });
    const note = h("p", { class: "why-not" }, h("span", null, reason), button("again"), button("discard"));
    return h("li", { class: "turn mine refused" }, message, note);
  }

  #added(isOwn) {
    if (this.#turns.childElementCount > MAX_TURNS && this.#follows) this.#turns.firstElementChild.remove();
    if (this.#follows) {
      this.#scroll();
    } else if (!isOwn) {
      this.#unread += 1;
      this.#showJump();
    }
  }

  #scroll() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    // A window that shrinks moves away from the end too, though nobody scrolled back.
    if (scrollHeight - scrollTop - clientHeight < FOLLOW_PX) this.#follows = true;
    else if (scrollTop < this.#top) this.#follows = false;
    this.#top = scrollTop;
    if (this.#follows) this.#unread = 0;
    this.#showJump();
  }

  #showJump() {
    this.#jump.hidden = this.#follows;
    const text = this.#unread ? this.#i18n.text("new_lines", { n: this.#unread }) : this.#i18n.text("to_newest");
    this.#jump.firstElementChild.textContent = text;
  }
}
