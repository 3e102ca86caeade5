// The reader of a run: once each event, whatever becomes of its connections.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RunStream } from "../../../../notifications/static/notifications/live/run-stream.js";

const LIVE = "event: stream-open\ndata: {\"heartbeat_s\":15}\n\nevent: stream-live\ndata: {}\n\n";
const RESET = 'event: stream-reset\ndata: {"reason":"trimmed","position":"9"}\n\n';
const DONE = 'id: 99\nevent: done\ndata: {"outcome":null}\n\n';
const token = (id, text) => `id: ${id}\nevent: token\ndata: {"text":"${text}"}\n\n`;
const ok = (text) => () => new Response(text, { headers: { "Content-Type": "text/event-stream" } });
const refusal = (status) => () => new Response("{}", { status });

/** Reads a run from these answers, one a connection; resolves at its end to what came. */
function read(t, ...answers) {
  const found = { positions: [], events: [], states: [] };
  t.mock.method(globalThis, "fetch", async (url, { headers }) => {
    found.positions.push(headers["Last-Event-ID"] ?? "");
    return answers.shift()();
  });
  return new Promise((resolve) => {
    new RunStream("r", {
      api: async () => ({ origin: "http://hub", authentication: { headers: {}, credentials: "omit" } }),
      event: (type, data) => {
        found.events.push(type === "token" ? data.text : type);
        if (type === "done") resolve(found);
      },
      state: (state) => {
        found.states.push(state);
        if (state === "refused") setTimeout(() => resolve(found));
      },
    });
  });
}

test("a stream that breaks goes on after the last event, and none comes twice", async (t) => {
  const found = await read(t, ok(LIVE + token(5, "a") + "id: 6\nevent: tok"), ok(LIVE + token(5, "a") + token(6, "b") + DONE));

  assert.deepEqual(found.positions, ["", "5"]);
  assert.deepEqual(found.events, ["begin", "a", "b", "done"]);
});

test("after a reset the whole text comes, though its id is below one that was known", async (t) => {
  const found = await read(t, ok(LIVE + token(5, "a")), ok(RESET + token(4, "ab") + LIVE + token(7, "c") + DONE));

  assert.deepEqual(found.events, ["begin", "a", "reset", "ab", "c", "done"]);
});

test("an instance that cannot answer now is tried again", async (t) => {
  const found = await read(t, refusal(503), ok(LIVE + DONE));

  assert.deepEqual(found.events, ["begin", "begin", "done"]);
  assert.deepEqual(found.states, ["reconnecting", "live"]);
});

for (const status of [400, 401, 403, 404]) {
  test(`what is answered with ${status} is not tried again`, async (t) => {
    const found = await read(t, refusal(status));

    assert.deepEqual([found.positions.length, found.states], [1, ["refused"]]);
  });
}

test("a right that is revoked in the middle ends it", async (t) => {
  const error = 'event: stream-error\ndata: {"reason":"revoked","retry":false}\n\n';

  assert.deepEqual((await read(t, ok(LIVE + token(5, "a") + error))).states.at(-1), "refused");
});
