// A room: its members, its messages, and the user's own messages, each sent once and in order.

import { RoomConnection } from "./rooms/connection.js";
import { Outbox } from "./rooms/outbox.js";
import { RateLimit } from "./rooms/rate-limit.js";
import { openRoom } from "./rooms/shared-socket.js";
import { SignalThrottle } from "./rooms/signals.js";

const MESSAGES_PER_S = 15;
const MESSAGE_BURST = 30;
const MAX_MESSAGE_BYTES = 60 * 1024; // a frame may have 64 KiB
const ANSWER_MS = 20_000; // then a message is sent again
const FIRST_AWAY_MS = 2000; // the wait after an error "away", doubled each time
const MAX_AWAY_MS = 30_000;

const TOO_FAST = 4429;
const REFUSED_BY_CLOSE = { 1009: "too-long", 4400: "malformed" };

/**
 * Its events, by `detail`: "state" {state, code, reason}, "members" {members, count}, "said" {position, from,
 * id, body, at}, "edited" and "removed" {of, …}, "reacted" {of, from, body, on}, "mine" the messages that are pending,
 * "signal" {name, from, body}, "reset" {reason, resumed}, "refused" {id, reason, detail}.
 */
export class Room extends EventTarget {
  state = "connecting";
  you = null;
  members = new Map(); // by id: {id, name}; at most 200 are named
  count = 0;
  #connection;
  #topic = ""; // of the room that has this name; one that is created later has another
  #outbox;
  #user;
  #position;
  #resumed = false;
  #live = false;
  #sent = null; // the id of the message that is under way
  #rate = new RateLimit(MESSAGES_PER_S, MESSAGE_BURST);
  #changes = new Set(); // ids of changes that are under way
  #timer = 0;
  #away = 0; // errors "away" in a row
  #signals = new SignalThrottle((name, body) => this.#live && this.#connection.send({ type: "signal", name, body }));

  /**
   * Join. `after` is the position after which messages are replayed ("": the room's own history), `user` the id of
   * the user whose page this is: as another user nothing is sent.
   */
  constructor(name, { origin = location.origin, after = "", user = "" } = {}) {
    super();
    this.#position = after;
    this.#user = user;
    this.#outbox = new Outbox(`room ${origin} ${name} ${user}`);
    const open = () => {
      this.#resumed = this.#position !== "";
      return openRoom(origin, user, name, this.#position);
    };
    this.#connection = new RoomConnection(open, {
      frame: (frame) => this.#frames[frame.type]?.call(this, frame),
      state: (state, why) => this.#setState(state, why),
    });
  }

  /** The pending messages, oldest first: {id, body, at, refused}. */
  get mine() {
    return this.#outbox.messages;
  }

  /** Send a message as soon as possible, and once. Returns its id. */
  say(body) {
    const { id } = this.#outbox.add(body);
    if (new TextEncoder().encode(JSON.stringify(body)).length > MAX_MESSAGE_BYTES) {
      this.#refuse(id, "too-long", "");
    } else {
      this.#emit("mine", this.mine);
      this.#send();
    }
    return id;
  }

  /** Send a refused message once more. */
  again(id) {
    this.#outbox.retry(id);
    this.#emit("mine", this.mine);
    this.#send();
  }

  /** Drop a refused message. */
  discard(id) {
    this.#outbox.remove(id);
    this.#emit("mine", this.mine);
  }

  /** "edit", "remove" or "react" to the message at the position `of`, once. Returns whether it could be sent now. */
  change(type, of, body) {
    if (!this.#live) return false;
    const frame = { type, id: crypto.randomUUID(), of };
    this.#changes.add(frame.id);
    this.#connection.send(type === "remove" ? frame : { ...frame, body });
    return true;
  }

  /** Send a signal to the members who are connected. It is never stored; of many the latest is sent. */
  signal(name, body) {
    this.#signals.signal(name, body);
  }

  /** Join again from the room's own history. */
  enterAnew() {
    this.#position = "";
    this.#pause();
    this.#connection.connect();
  }

  close() {
    this.#pause();
    this.#connection.close();
  }

  #frames = {
    welcome({ topic, you, position, members, count }) {
      if (this.#user && you.id !== this.#user) {
        return this.#connection.stop(4401, "another user has signed in");
      }
      if (this.#topic && topic !== this.#topic) return this.#connection.stop(4404, "the room was deleted");
      this.#topic = topic;
      this.#outbox.join(topic);
      this.#emit("mine", this.mine);
      this.you = you;
      this.#position = position;
      this.members = new Map(members.map((member) => [member.id, member]));
      this.#setCount(count ?? members.length);
    },
    live() {
      this.#live = true;
      this.#send();
    },
    said(message) {
      const isOurs = message.from.id === this.you.id && this.#outbox.remove(message.id);
      // An own message that was replayed comes once more, as its acknowledgement.
      if (BigInt(message.position) > BigInt(this.#position)) {
        this.#position = message.position;
        this.#emit("said", message);
      }
      if (isOurs) this.#settle(message.id);
    },
    edited: this.#changed,
    removed: this.#changed,
    reacted: this.#changed,
    signal(frame) {
      this.#emit("signal", frame);
    },
    joined({ member }) {
      const isKnown = this.members.has(member.id);
      this.members.set(member.id, member);
      this.#setCount(this.count + (isKnown ? 0 : 1));
    },
    left({ member }) {
      this.#setCount(this.count - (this.members.delete(member.id) ? 1 : 0));
    },
    members({ count }) {
      this.#setCount(count);
    },
    reset({ reason }) {
      this.#emit("reset", { reason, resumed: this.#resumed });
    },
    error({ id, reason, detail }) {
      if (reason === "away" && !this.#changes.has(id)) this.#wait(id);
      else if (id && this.#changes.delete(id)) this.#emit("refused", { id, reason, detail });
      else if (id) this.#refuse(id, reason, detail);
    },
  };

  /** What was done to a message, once. */
  #changed(frame) {
    this.#changes.delete(frame.id);
    if (BigInt(frame.position) <= BigInt(this.#position)) return;
    this.#position = frame.position;
    this.#emit(frame.type, frame);
  }

  #setState(state, why = {}) {
    if (state !== "live" && state !== "degraded") {
      const reason = REFUSED_BY_CLOSE[why.code];
      // Sent again, it would close the next connection too.
      if (reason && this.#sent) this.#refuse(this.#sent, reason, why.reason);
      if (why.code === TOO_FAST) this.#rate.slowDown();
      this.#pause();
    }
    this.state = state;
    this.#emit("state", { state, ...why });
  }

  #pause() {
    clearTimeout(this.#timer);
    this.#live = false;
    this.#sent = null;
  }

  // One message at a time is under way: so they stay in order, whatever happens to one of them.

  #send() {
    const message = this.#outbox.next;
    if (!this.#live || this.#sent || !message) return;
    clearTimeout(this.#timer);
    const wait = this.#rate.consume();
    if (wait) {
      this.#timer = setTimeout(() => this.#send(), wait);
      return;
    }
    this.#sent = message.id;
    this.#connection.send({ type: "say", id: message.id, body: message.body });
    this.#timer = setTimeout(() => this.#sendAgain(), ANSWER_MS);
  }

  #sendAgain() {
    this.#sent = null;
    this.#send();
  }

  /** The hub cannot store it now. */
  #wait(id) {
    if (id !== this.#sent) return;
    clearTimeout(this.#timer);
    const max = Math.min(MAX_AWAY_MS, FIRST_AWAY_MS * 2 ** this.#away);
    this.#away += 1;
    this.#timer = setTimeout(() => this.#sendAgain(), Math.random() * max);
  }

  #settle(id) {
    this.#away = 0;
    this.#emit("mine", this.mine);
    if (id !== this.#sent) return;
    this.#sendAgain();
  }

  #refuse(id, reason, detail) {
    if (!this.#outbox.refuse(id, reason, detail)) return;
    this.#emit("refused", { id, reason, detail });
    this.#settle(id);
  }

  #setCount(count) {
    this.count = count;
    this.#emit("members", { members: this.members, count });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
