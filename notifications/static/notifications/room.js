// A room: who is in it, what is said in it, and what we say, each line once and in order.

import { Outbox } from "./rooms/outbox.js";
import { Pace } from "./rooms/rate-limit.js";
import { Signals } from "./rooms/signals.js";
import { Socket } from "./rooms/connection.js";

const LINES_PER_S = 15;
const LINES_AT_ONCE = 30;
const MAX_BYTES = 60 * 1024; // of a line; a frame may have 64 KiB
const ANSWER_MS = 20_000; // then a line is sent again
const AWAY_MS = 2000;
const AWAY_CAP_MS = 30_000;

const TOO_FAST = 4429;
const OUR_FAULT = { 1009: "too-long", 4400: "malformed" };

/**
 * Its events, by `detail`: "state" {state, code, reason}, "members" {members, count}, "said" {position, from,
 * id, body, at}, "mine" the lines not said yet, "signal" {name, from, body}, "reset" {reason, resumed},
 * "refused" {id, reason, detail}.
 */
export class Room extends EventTarget {
  state = "connecting";
  you = null;
  members = new Map(); // by id: {id, name}; at most 200 are named
  count = 0;
  #socket;
  #topic = ""; // of the room that has this name; one made later has another
  #outbox;
  #user;
  #position;
  #resumed = false;
  #live = false;
  #sent = null; // the id of the line that is on its way
  #pace = new Pace(LINES_PER_S, LINES_AT_ONCE);
  #timer = 0;
  #away = 0;
  #signals = new Signals((name, body) => this.#live && this.#socket.send({ type: "signal", name, body }));

  /**
   * Enter. `after` is the position from which on to be told what was said ("": the room's own history), `user`
   * whose page this is: as somebody else nothing is said.
   */
  constructor(name, { origin = location.origin, after = "", user = "" } = {}) {
    super();
    this.#position = after;
    this.#user = user;
    this.#outbox = new Outbox(`room ${origin} ${name} ${user}`);
    const url = () => {
      this.#resumed = this.#position !== "";
      const query = this.#resumed ? `?after=${this.#position}` : "";
      return `${origin.replace(/^http/, "ws")}/rooms/${name}/${query}`;
    };
    this.#socket = new Socket(url, {
      hear: (frame) => this.#heard[frame.type]?.call(this, frame),
      say: (state, why) => this.#stand(state, why),
    });
  }

  /** The lines of ours that were not said yet, oldest first: {id, body, at, refused}. */
  get mine() {
    return this.#outbox.lines;
  }

  /** Say it as soon as may be, and not twice. The line's id. */
  say(body) {
    const { id } = this.#outbox.add(body);
    if (new TextEncoder().encode(JSON.stringify(body)).length > MAX_BYTES) {
      this.#refuse(id, "too-long", "");
    } else {
      this.#tell("mine", this.mine);
      this.#send();
    }
    return id;
  }

  /** Try a refused line once more. */
  again(id) {
    this.#outbox.again(id);
    this.#tell("mine", this.mine);
    this.#send();
  }

  /** Give a refused line up. */
  discard(id) {
    this.#outbox.remove(id);
    this.#tell("mine", this.mine);
  }

  /** Tell those who are here now. Nothing keeps it, and of many at once the latest counts. */
  signal(name, body) {
    this.#signals.signal(name, body);
  }

  /** Enter anew, as one who knows nothing of it. */
  enterAnew() {
    this.#position = "";
    this.#still();
    this.#socket.connect();
  }

  close() {
    this.#still();
    this.#socket.close();
  }

  #heard = {
    welcome({ topic, you, position, members, count }) {
      if (this.#user && you.id !== this.#user) {
        return this.#socket.stop(4401, "somebody else has signed in");
      }
      if (this.#topic && topic !== this.#topic) return this.#socket.stop(4404, "the room was deleted");
      this.#topic = topic;
      this.#outbox.enter(topic);
      this.#tell("mine", this.mine);
      this.you = you;
      this.#position = position;
      this.members = new Map(members.map((member) => [member.id, member]));
      this.#showMembers(count ?? members.length);
    },
    live() {
      this.#live = true;
      this.#send();
    },
    said(line) {
      const ours = line.from.id === this.you.id && this.#outbox.remove(line.id);
      // One of ours that was said before comes once more, as its acknowledgement.
      if (BigInt(line.position) > BigInt(this.#position)) {
        this.#position = line.position;
        this.#tell("said", line);
      }
      if (ours) this.#settled(line.id);
    },
    signal(frame) {
      this.#tell("signal", frame);
    },
    joined({ member }) {
      const known = this.members.has(member.id);
      this.members.set(member.id, member);
      this.#showMembers(this.count + (known ? 0 : 1));
    },
    left({ member }) {
      this.#showMembers(this.count - (this.members.delete(member.id) ? 1 : 0));
    },
    members({ count }) {
      this.#showMembers(count);
    },
    reset({ reason }) {
      this.#tell("reset", { reason, resumed: this.#resumed });
    },
    error({ id, reason, detail }) {
      if (reason === "away") this.#wait(id);
      else if (id) this.#refuse(id, reason, detail);
    },
  };

  #stand(state, why = {}) {
    if (state !== "live" && state !== "degraded") {
      const fault = OUR_FAULT[why.code];
      // Sent again it would end the next connection too.
      if (fault && this.#sent) this.#refuse(this.#sent, fault, why.reason);
      if (why.code === TOO_FAST) this.#pace.slower();
      this.#still();
    }
    this.state = state;
    this.#tell("state", { state, ...why });
  }

  #still() {
    clearTimeout(this.#timer);
    this.#live = false;
    this.#sent = null;
  }

  // One line at a time is on its way: so they stay in order, whatever happens to one of them.

  #send() {
    const line = this.#outbox.next;
    if (!this.#live || this.#sent || !line) return;
    clearTimeout(this.#timer);
    const wait = this.#pace.take();
    if (wait) {
      this.#timer = setTimeout(() => this.#send(), wait);
      return;
    }
    this.#sent = line.id;
    this.#socket.send({ type: "say", id: line.id, body: line.body });
    this.#timer = setTimeout(() => this.#sendAgain(), ANSWER_MS);
  }

  #sendAgain() {
    this.#sent = null;
    this.#send();
  }

  /** The hub can keep nothing now. */
  #wait(id) {
    if (id !== this.#sent) return;
    clearTimeout(this.#timer);
    const most = Math.min(AWAY_CAP_MS, AWAY_MS * 2 ** this.#away);
    this.#away += 1;
    this.#timer = setTimeout(() => this.#sendAgain(), Math.random() * most);
  }

  #settled(id) {
    this.#away = 0;
    this.#tell("mine", this.mine);
    if (id !== this.#sent) return;
    this.#sendAgain();
  }

  #refuse(id, reason, detail) {
    if (!this.#outbox.refuse(id, reason, detail)) return;
    this.#tell("refused", { id, reason, detail });
    this.#settled(id);
  }

  #showMembers(count) {
    this.count = count;
    this.#tell("members", { members: this.members, count });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
