// The WebSocket of the leading tab, which carries the rooms of all tabs of a browser.

const ANSWER_MS = 10_000; // after a join, within which something comes, or the socket is dead
const LOST = 1006;
const UNKNOWN = 4404; // at a hub of a release that knows no socket for many rooms

/** Answer the hub's pings on a socket: so it knows that the page is there, and not only a proxy that answers for it. */
export function answerPings(socket) {
  const pong = () => socket.send('{"type":"pong"}');
  socket.addEventListener("open", pong);
  socket.addEventListener("message", ({ data }) => data === '{"type":"ping"}' && pong());
}

export class Carrier {
  #url;
  #receive;
  #end;
  #unsupported;
  #socket = null;
  #queue = []; // frames from before it is open
  #names = new Map(); // on the socket, by key; none is used twice
  #keys = new Map(); // by name
  #number = 0;
  #watchdog = 0;

  /**
   * It connects to `url` while it carries a room. `receive(key, text)` is called with each frame of a room, and
   * `end(key, code, reason)` once that is over; `unsupported()` before that, if the hub has no such sockets.
   */
  constructor(url, { receive, end, unsupported }) {
    this.#url = url;
    this.#receive = receive;
    this.#end = end;
    this.#unsupported = unsupported;
  }

  /** Join a room; what concerns it has this `key`. Without `after` it begins with the room's history. */
  open(key, room, after) {
    if (this.#names.has(key)) return;
    const name = `${(this.#number += 1)}`;
    this.#names.set(key, name);
    this.#keys.set(name, key);
    this.#send({ type: "join", room, as: name, ...(after && { after }) });
    this.#watchdog ||= setTimeout(() => this.#closed(LOST, ""), ANSWER_MS);
  }

  send(key, frame) {
    const room = this.#names.get(key);
    if (room) this.#send({ ...frame, room });
  }

  close(key) {
    const room = this.#names.get(key);
    if (!room) return;
    this.#send({ type: "leave", room });
    this.#forget(key, room);
  }

  /** Close all that belong to a tab, whose keys begin so. */
  closeAll(beginning) {
    for (const key of [...this.#names.keys()]) if (key.startsWith(beginning)) this.close(key);
  }

  /** Without a word to anyone. */
  stop() {
    this.#names.clear();
    this.#keys.clear();
    this.#disconnect();
  }

  #send(frame) {
    const text = JSON.stringify(frame);
    this.#socket ??= this.#connect();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
    else this.#queue.push(text);
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    const ifCurrent = (handle) => (event) => socket === this.#socket && handle(event);
    answerPings(socket);
    socket.addEventListener("open", ifCurrent(() => this.#queue.splice(0).forEach((text) => socket.send(text))));
    socket.addEventListener("message", ifCurrent(({ data }) => typeof data === "string" && this.#message(data)));
    socket.addEventListener("close", ifCurrent(({ code, reason }) => this.#closed(code, reason)));
    return socket;
  }

  #message(text) {
    clearTimeout(this.#watchdog);
    this.#watchdog = 0;
    const frame = JSON.parse(text);
    const key = this.#keys.get(frame.room);
    if (key === undefined) return; // it was left
    if (frame.type !== "left" || !("code" in frame)) return this.#receive(key, text);
    this.#forget(key, frame.room);
    this.#end(key, frame.code, frame.reason);
  }

  #forget(key, name) {
    this.#names.delete(key);
    this.#keys.delete(name);
    if (!this.#names.size) this.#disconnect();
  }

  #closed(code, reason) {
    const keys = [...this.#names.keys()];
    this.stop();
    if (code === UNKNOWN) this.#unsupported();
    for (const key of keys) this.#end(key, code === UNKNOWN ? LOST : code, reason);
  }

  #disconnect() {
    clearTimeout(this.#watchdog);
    this.#watchdog = 0;
    this.#queue = [];
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
