// Sockets of rooms over the one that the tabs of a browser share: the leading tab holds it, for the rooms of all.

import { TabGroup } from "../shared/tabs.js";
import { Carrier, answerPings } from "./carrier.js";

const ANSWER_MS = 3000; // the leader's; after it, a room has a socket of its own
const LOST = 1006;

const shared = new Map();

/**
 * The socket of a room of the hub at `origin`, as `user`, from the position `after`, or "": what there is of
 * `WebSocket` in `RoomSocket`.
 */
export function openRoom(origin, user, name, after) {
  const base = `${origin.replace(/^http/, "ws")}/rooms/`;
  const group = `${base} ${user}`;
  if (!shared.has(group)) shared.set(group, new SharedSocket(base, group));
  return shared.get(group).open(name, after);
}

/** Events "message" and "close", as a `WebSocket` has them. */
class RoomSocket extends EventTarget {
  readyState = WebSocket.CONNECTING;
  timer = 0;
  #shared;
  #own = null;

  constructor(sharedSocket, id, name, after) {
    super();
    Object.assign(this, { id, name, after });
    this.#shared = sharedSocket;
  }

  /** Whether a leader carries it. */
  get isCarried() {
    return this.readyState === WebSocket.OPEN && this.#own === null;
  }

  /** Whether it waits for a leader. */
  get waits() {
    return this.readyState === WebSocket.CONNECTING && this.#own === null;
  }

  carried() {
    clearTimeout(this.timer);
    this.readyState = WebSocket.OPEN;
  }

  /** Go on with a socket of its own. */
  separate(base) {
    clearTimeout(this.timer);
    const socket = new WebSocket(`${base}${this.name}/${this.after && `?after=${this.after}`}`);
    this.#own = socket;
    answerPings(socket);
    socket.addEventListener("open", () => (this.readyState = WebSocket.OPEN));
    socket.addEventListener("message", ({ data }) => this.receive(data));
    socket.addEventListener("close", ({ code, reason }) => this.end(code, reason));
  }

  send(text) {
    if (this.#own) this.#own.send(text);
    else this.#shared.send(this, JSON.parse(text));
  }

  close() {
    if (this.readyState === WebSocket.CLOSED) return;
    if (this.#own) this.#own.close();
    else this.#shared.close(this);
    this.#over();
  }

  receive(data) {
    if (this.readyState !== WebSocket.CLOSED) this.dispatchEvent(new MessageEvent("message", { data }));
  }

  end(code, reason) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.#over();
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
  }

  #over() {
    clearTimeout(this.timer);
    this.readyState = WebSocket.CLOSED;
    this.#shared.forget(this);
  }
}

class SharedSocket {
  #base;
  #sockets = new Map(); // of this tab, by id
  #number = 0;
  #carrier = null; // where this tab leads
  #known = new Set(); // other tabs, where this one leads
  #isSupported = true;
  #tabs;

  constructor(base, group) {
    this.#base = base;
    this.#tabs = new TabGroup(`hub rooms ${group}`, {
      lead: () => this.#lead(),
      receive: (message) => this.#receive(message),
    });
  }

  open(name, after) {
    const socket = new RoomSocket(this, (this.#number += 1), name, after);
    this.#sockets.set(socket.id, socket);
    // A page that comes back from the cache joins the other tabs within this task.
    setTimeout(() => this.#request(socket));
    return socket;
  }

  send(socket, frame) {
    if (this.#carrier) this.#carrier.send(this.#key(socket.id), frame);
    else this.#tabs.send({ send: frame, id: socket.id });
  }

  close(socket) {
    if (this.#carrier) this.#carrier.close(this.#key(socket.id));
    else this.#tabs.send({ close: true, id: socket.id });
  }

  forget(socket) {
    this.#sockets.delete(socket.id);
  }

  #request(socket) {
    if (!socket.waits) return;
    if (!this.#isSupported) return socket.separate(this.#base);
    if (this.#carrier) {
      socket.carried();
      this.#carrier.open(this.#key(socket.id), socket.name, socket.after);
    } else {
      this.#tabs.send({ open: socket.name, after: socket.after, id: socket.id });
      clearTimeout(socket.timer);
      socket.timer = setTimeout(() => socket.separate(this.#base), ANSWER_MS);
    }
  }

  #lead() {
    this.#known.clear();
    const carrier = new Carrier(this.#base, {
      receive: (key, text) => this.#pass(key, { text }),
      end: (key, code, reason) => this.#pass(key, { end: [code, reason] }),
      unsupported: () => {
        this.#tabs?.send({ unsupported: true });
        this.#isSupported = false;
      },
    });
    this.#carrier = carrier;
    this.#tabs?.send({ begins: true });
    this.#begin();
    return () => {
      carrier.stop();
      this.#carrier = null;
      this.#endCarried();
    };
  }

  /** There is another leader, perhaps this tab. */
  #begin() {
    this.#endCarried();
    for (const socket of this.#sockets.values()) this.#request(socket);
  }

  #endCarried() {
    for (const socket of [...this.#sockets.values()]) if (socket.isCarried) socket.end(LOST, "");
  }

  #key(id, tab = "") {
    return `${tab} ${id}`;
  }

  /** To the room's tab. */
  #pass(key, message) {
    const [to, id] = key.split(" ");
    if (to) this.#tabs.send({ ...message, to, id: Number(id) });
    else this.#deliver({ ...message, id: Number(id) });
  }

  #deliver({ id, text, end, carried }) {
    const socket = this.#sockets.get(id);
    if (carried && socket?.waits) socket.carried();
    if (!socket?.isCarried) {
      if (carried) this.#tabs.send({ close: true, id }); // too late: it has a socket of its own, or none any more
      return;
    }
    if (text) socket.receive(text);
    if (end) socket.end(...end);
  }

  #receive(message) {
    const { from, to, begins, unsupported, ping } = message;
    if (unsupported) this.#isSupported = false;
    if (begins && !this.#carrier) this.#begin();
    if (to && to === this.#tabs.id) this.#deliver(message);
    if (!this.#carrier) return;
    if (ping) this.#tabs.send({});
    this.#serve(from, message);
  }

  /** A tab wants something of this one, which leads. */
  #serve(tab, { id, open, after, send, close }) {
    const key = this.#key(id, tab);
    if (open) {
      if (!this.#known.has(tab)) this.#await(tab);
      this.#tabs.send({ to: tab, id, carried: true });
      this.#carrier.open(key, open, after);
    }
    if (send) this.#carrier.send(key, send);
    if (close) this.#carrier.close(key);
  }

  async #await(tab) {
    const carrier = this.#carrier;
    this.#known.add(tab);
    await this.#tabs.gone(tab);
    this.#known.delete(tab);
    carrier.closeAll(this.#key("", tab));
  }
}
