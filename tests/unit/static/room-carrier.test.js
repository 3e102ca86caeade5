// The socket that carries the rooms of a browser's tabs.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Carrier } from "../../../notifications/static/notifications/rooms/carrier.js";

class Socket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static all = [];
  readyState = Socket.CONNECTING;
  sent = [];
  isClosed = false;

  constructor(url) {
    super();
    this.url = url;
    Socket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  opens() {
    this.readyState = Socket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  says(frame) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  fails(code, reason) {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

let received;
let carrier;

beforeEach(() => {
  globalThis.WebSocket = Socket;
  Socket.all = [];
  received = [];
  carrier = new Carrier("ws://hub/rooms/", {
    receive: (key, text) => received.push([key, JSON.parse(text).type]),
    end: (key, code, reason) => received.push([key, code, reason]),
    unsupported: () => received.push(["unsupported"]),
  });
});

function carry(...keys) {
  for (const key of keys) carrier.open(key, "lobby", "");
  const [socket] = Socket.all.slice(-1);
  socket.opens();
  return socket;
}

test("a ping of the hub is answered for all rooms at once", () => {
  const socket = carry("a", "b");

  socket.says({ type: "ping" });

  assert.deepEqual(socket.sent.slice(-1), [{ type: "pong" }]);
  assert.deepEqual(received, []);
});

test("rooms are joined once the socket is open, each under a name of its own", () => {
  carrier.open("a", "lobby", "");
  carrier.open("b", "lobby", "17");
  carrier.open("b", "lobby", "17");
  const [socket] = Socket.all;
  assert.deepEqual(socket.sent, []);

  socket.opens();

  assert.deepEqual(socket.sent, [
    { type: "pong" },
    { type: "join", room: "lobby", as: "1" },
    { type: "join", room: "lobby", as: "2", after: "17" },
  ]);
  assert.equal(Socket.all.length, 1);
});

test("what one room is sent and ends with concerns that room alone", () => {
  const socket = carry("a", "b");

  socket.says({ type: "welcome", room: "1" });
  socket.says({ type: "left", room: "2", member: {} });
  socket.says({ type: "left", room: "1", code: 4403, reason: "no" });
  socket.says({ type: "said", room: "1" });
  socket.says({ type: "said", room: "2" });

  assert.deepEqual(received, [["a", "welcome"], ["b", "left"], ["a", 4403, "no"], ["b", "said"]]);
  assert.ok(!socket.isClosed);
});

test("race: what comes for a room after it was left and joined again is not taken for the new one's", () => {
  const socket = carry("a", "b");

  carrier.close("a");
  carrier.open("a", "lobby", "");
  socket.says({ type: "said", room: "1" });
  socket.says({ type: "left", room: "1", code: 1000, reason: "left" });
  socket.says({ type: "welcome", room: "3" });

  assert.deepEqual(received, [["a", "welcome"]]);
});

test("the socket is closed with its last room, and another is opened for the next", () => {
  const first = carry("a", "b");

  carrier.closeAll("a");
  assert.ok(!first.isClosed);
  carrier.close("b");
  carry("c");
  first.fails(1006, "");

  assert.ok(first.isClosed);
  assert.equal(Socket.all.length, 2);
  assert.deepEqual(received, []);
});

test("where the socket is lost, all rooms are", () => {
  carry("a", "b").fails(4000, "retire");

  assert.deepEqual(received, [["a", 4000, "retire"], ["b", 4000, "retire"]]);
});

test("a hub that knows no such socket loses no room", () => {
  carry("a").fails(4404, "no such room");

  assert.deepEqual(received, [["unsupported"], ["a", 1006, "no such room"]]);
});

test("a socket that answers no join is given up", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const socket = carry("a");

  mock.timers.tick(10_000);

  assert.deepEqual(received, [["a", 1006, ""]]);
  assert.ok(socket.isClosed);
  mock.timers.reset();
});
