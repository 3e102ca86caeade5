// Reads a room with a client from npm, set as docs/clients.md says: node rooms.mjs CLIENT URL TOKEN.
// Each message is printed as a line of JSON: its position and its body.

import Reconnecting from "reconnecting-websocket";
import WebSocket from "ws";

const [client, url, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
let after = "";

class Signed extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { headers });
  }
}

function receive({ data }) {
  const frame = JSON.parse(data);
  if (frame.type !== "said") return;
  after = frame.position;
  console.log(JSON.stringify({ id: after, n: Number(frame.body) }));
}

const address = () => (after ? `${url}?after=${after}` : url);

const clients = {
  "reconnecting-websocket": () =>
    new Reconnecting(address, [], { WebSocket: Signed }).addEventListener("message", receive),

  ws: function open() {
    const socket = new Signed(address());
    socket.onmessage = receive;
    socket.onerror = () => {};
    socket.onclose = () => setTimeout(open, 500);
  },
};

setInterval(() => {}, 1000);
clients[client]();
