// What was said in a chat, as its page shows it: by day, and by turns.

import { h } from "../shared/dom.js";
import { avatar } from "./member-list.js";
import { clock, dayName, dayOf, full } from "../shared/dates.js";

const TOGETHER_MS = 5 * 60_000; // the lines of one person within it are one turn
const MOST_TURNS = 500;
const NEAR_PX = 48; // so far from its end the log still follows

export class Talk {
  #log;
  #turns;
  #pending;
  #jump;
  #words;
  #act;
  #you = "";
  #day = "";
  #last = null; // the turn that goes on: {id, until, node}
  #unread = 0;
  #follows = true;
  #top = 0;

  /** `you`: the reader's id. `act(verb, id)`: what to do with a line that was refused, "again" or "discard". */
  constructor({ log, turns, pending, jump }, words, you, act) {
    this.#log = log;
    this.#turns = turns;
    this.#pending = pending;
    this.#jump = jump;
    this.#words = words;
    this.#you = you;
    this.#act = act;
    log.addEventListener("scroll", () => this.#scrolled());
    jump.addEventListener("click", () => this.toEnd());
    // A keyboard that comes up, a text that grows: who reads the end goes on reading it.
    new ResizeObserver(() => this.#follows && this.toEnd()).observe(log);
  }

  get size() {
    return this.#turns.childElementCount + this.#pending.childElementCount;
  }

  clear() {
    this.#turns.replaceChildren();
    this.#day = "";
    this.#last = null;
  }

  add({ from, body, at: stamp }) {
    const at = new Date(stamp);
    const day = dayOf(at);
    if (day !== this.#day) this.#begin(day);
    if (this.#last?.id !== from.id || at - this.#last.until > TOGETHER_MS) {
      this.#last = { id: from.id, node: this.#turn(from, at) };
      this.#turns.append(this.#last.node);
    }
    this.#last.until = at;
    this.#last.node.append(this.#line(body, at));
    this.#came(from.id === this.#you);
  }

  /** Between what was said before and what follows, something is missing. */
  gap() {
    this.#last = null;
    this.#turns.append(h("li", { class: "day" }, h("span", null, this.#words.say("lines_missing"))));
  }

  /** The lines that are not said yet. */
  wait(lines) {
    const grew = lines.length > this.#pending.childElementCount;
    this.#pending.replaceChildren(...lines.map((line) => this.#waiting(line)));
    if (grew) this.toEnd();
    else if (this.#follows) this.#scroll();
  }

  toEnd() {
    this.#follows = true;
    this.#unread = 0;
    this.#scroll();
    this.#showJump();
  }

  #begin(day) {
    this.#day = day;
    this.#last = null;
    const name = dayName(day, new Date(), this.#words);
    this.#turns.append(h("li", { class: "day" }, h("time", { datetime: day }, name)));
  }

  #turn(from, at) {
    const mine = from.id === this.#you;
    const time = h("time", { datetime: at.toISOString(), title: full(at, this.#words) }, clock(at, this.#words));
    const name = h("bdi", { class: mine ? "visually-hidden" : "name" }, mine ? this.#words.say("you") : from.name);
    // One's own lines are not read out.
    return h(
      "li",
      { class: mine ? "turn mine" : "turn", "aria-live": mine ? "off" : null },
      mine ? null : avatar(from),
      h("p", { class: "by" }, name, " ", time),
    );
  }

  #line(body, at) {
    return h("p", { class: "line", dir: "auto", title: full(at, this.#words) }, String(body));
  }

  #waiting({ id, body, at, refused }) {
    const line = this.#line(body, new Date(at));
    if (!refused) {
      const sending = h("span", { class: "visually-hidden" }, this.#words.say("sending"));
      return h("li", { class: "turn mine waiting", "aria-live": "off" }, line, sending);
    }
    const button = (verb) =>
      h("button", { type: "button", class: "quiet", onclick: () => this.#act(verb, id) }, this.#words.say(verb));
    const detail = refused.reason === "too-long" ? this.#words.say("too_long_line") : refused.detail;
    const why = this.#words.say(detail ? "not_sent_because" : "not_sent", { detail });
    const said = h("p", { class: "why-not" }, h("span", null, why), button("again"), button("discard"));
    return h("li", { class: "turn mine refused" }, line, said);
  }

  #came(mine) {
    if (this.#turns.childElementCount > MOST_TURNS && this.#follows) this.#turns.firstElementChild.remove();
    if (this.#follows) {
      this.#scroll();
    } else if (!mine) {
      this.#unread += 1;
      this.#showJump();
    }
  }

  #scroll() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    // A window that shrinks leaves the end too, but nobody has turned back.
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX) this.#follows = true;
    else if (scrollTop < this.#top) this.#follows = false;
    this.#top = scrollTop;
    if (this.#follows) this.#unread = 0;
    this.#showJump();
  }

  #showJump() {
    this.#jump.hidden = this.#follows;
    const said = this.#unread ? this.#words.say("new_lines", { n: this.#unread }) : this.#words.say("to_newest");
    this.#jump.firstElementChild.textContent = said;
  }
}
