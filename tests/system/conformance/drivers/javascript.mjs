// Drives hub.js, as tests/system/conformance/__init__.py says: node javascript.mjs '{"url": …}'.

import { createInterface } from "node:readline";

import { hub } from "../../../../notifications/static/notifications/hub.js";

const given = JSON.parse(process.argv[2]);
const print = (data) => process.stdout.write(`${JSON.stringify(data)}\n`);
const topics = new Map();
let carried = null;
let pauseS = 0; // from the next event on

/** The whole process stands still: what comes stays in the socket. */
function pause() {
  if (pauseS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseS * 1000);
  pauseS = 0;
}

const connection = hub.connect({ url: given.url, token: given.token, position: given.last_event_id ?? "" });

function giveUp(reason) {
  print({ error: { reason } });
  connection.close();
  process.exitCode = 1;
  commands.close();
}

function open(name) {
  const topic = connection.topic(name);
  topics.set(name, topic);
  topic.on("*", (data, { id, type, topic }) => {
    print({ event: { id, type, topic, data } });
    pause();
  });
  topic.on("stream-reset", ({ reason }) => print({ reset: { topics: [name], reason } }));
  topic.on("error", () => giveUp("forbidden"));
}

connection.on("state", ({ state, reason }) => {
  if (state === "refused") return giveUp(reason);
  if (reason === "polling") return; // events come meanwhile, until a stream proves to last
  print({ state: ["connecting", "offline"].includes(state) ? "reconnecting" : state });
});
connection.on("topics", ({ topics }) => {
  const names = [...topics].sort().join();
  if (carried !== null && carried !== names) print({ topics });
  carried = names;
});

const commands = createInterface({ input: process.stdin });
commands.on("line", (text) => {
  const { add = [], remove = [], pause = 0 } = JSON.parse(text);
  pauseS = pause;
  for (const name of remove) topics.get(name)?.close();
  for (const name of add) open(name);
});
commands.on("close", () => connection.close());

for (const name of given.topics) open(name);
