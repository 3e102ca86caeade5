// The messages of a chat on its page, grouped by day and by turns of one member.

import { clock, dayName, dayOf, full } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { avatar } from "./member-list.js";
import { ChatMessage, textOf } from "./chat-message.js";

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
  #messages = new Map(); // by position: {data, message}
  #read; // the position up to which the viewer had read; "" if nothing is unread
  #day = "";
  #last = null; // the turn that may continue: {id, until, node}
  #unread = 0;
  #follows = true;
  #top = 0;

  /**
   * `user`: the viewer's id. `act(verb, id)`: with a refused message, "again" or "discard"; with one that was said
   * "react", "reply", "edit" or "remove", its data, and the reaction. `read`: up to where the viewer had read.
   */
  constructor({ log, turns, pending, jump }, i18n, user, act, read = "") {
    this.#read = read;
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

  /** The first message that is shown, by position; "" if none is. */
  get first() {
    return this.#messages.keys().next().value ?? "";
  }

  get(position) {
    return this.#messages.get(position)?.data;
  }

  /** The viewer's last message, to be edited. */
  get lastOwn() {
    return [...this.#messages.values()].map(({ data }) => data).findLast(({ from }) => from.id === this.#user);
  }

  clear() {
    this.#messages.clear();
    this.#turns.replaceChildren();
    this.#day = "";
    this.#last = null;
  }

  add(data, isOld = false) {
    const { from, at: timestamp } = data;
    const at = new Date(timestamp);
    const day = dayOf(at);
    if (day !== this.#day) this.#startDay(day);
    if (this.#read && from.id !== this.#user && BigInt(data.position) > BigInt(this.#read)) this.#startUnread();
    if (this.#last?.id !== from.id || at - this.#last.until > TURN_MS) {
      this.#last = { id: from.id, node: this.#drawTurn(from, at) };
      this.#turns.append(this.#last.node);
    }
    this.#last.until = at;
    const message = new ChatMessage(data, this, this.#i18n, this.#user, this.#act);
    this.#messages.set(data.position, { data, message });
    this.#last.node.append(message.node);
    if (!isOld) this.#added(from.id === this.#user);
  }

  /** Earlier messages, the oldest first: what is looked at stays where it is. */
  prepend(earlier) {
    const messages = [...earlier, ...[...this.#messages.values()].map(({ data }) => data)];
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.clear();
    for (const data of messages) this.add(data, true);
    this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
  }

  edit({ of, body, at }) {
    const found = this.#messages.get(of);
    if (!found) return;
    Object.assign(found.data, { body, edited: at });
    found.message.draw();
  }

  remove({ of }) {
    const found = this.#messages.get(of);
    if (!found) return;
    const turn = found.message.node.parentNode;
    found.message.node.remove();
    this.#messages.delete(of);
    if (turn.querySelector(".message")) return;
    turn.remove();
    if (this.#last?.node === turn) this.#last = null;
  }

  react({ of, from, body, on }) {
    const found = this.#messages.get(of);
    if (!found) return;
    const reactions = (found.data.reactions ??= {});
    const others = (reactions[body] ?? []).filter((id) => id !== from.id);
    reactions[body] = on ? [...others, from.id] : others;
    if (!reactions[body].length) delete reactions[body];
    found.message.draw();
    if (this.#follows) this.#scroll();
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

  #startUnread() {
    this.#read = "";
    this.#last = null;
    this.#turns.append(h("li", { class: "day new" }, h("span", null, this.#i18n.text("new_messages"))));
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
    return h("p", { class: "line", dir: "auto", title: full(at, this.#i18n) }, textOf(body));
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
