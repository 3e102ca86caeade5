// A run whose stream a proxy swallows, holds back or cuts: it is polled from where it was, to its end.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RunStream } from "../../../../notifications/static/notifications/live/run-stream.js";

const RESPONSE_MS = 12_000;
const OPEN = 'event: stream-open\ndata: {"heartbeat_s":15}\n\n';
const LIVE = "event: stream-live\ndata: {}\n\n";
const DONE = 'id: 99\nevent: done\ndata: {"outcome":null}\n\n';
const token = (id, text) => `id: ${id}\nevent: token\ndata: {"text":"${text}"}\n\n`;

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

/** A reader of a run. `stream(requests)` and `poll(requests)` answer by a text, null for nothing at all, or a status. */
function setUp(t, { stream, poll }) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.mock.method(Math, "random", () => 0.5);
  const listeners = {};
  globalThis.addEventListener = (type, call) => (listeners[type] = call);
  const page = { requests: [], events: [], states: [], online: () => listeners.online() };
  t.mock.method(globalThis, "fetch", async (url, { headers, signal }) => {
    const query = new URL(url).search;
    page.requests.push(`${query ? "poll" : "stream"} ${headers["Last-Event-ID"] ?? ""}`.trim());
    const answer = (query ? poll : stream)(page.requests);
    if (typeof answer === "number") return new Response("{}", { status: answer });
    if (answer !== null) return new Response(answer);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  page.pass = async (ms) => {
    for (let passed = 0; passed < ms; passed += 500) {
      t.mock.timers.tick(500);
      await settle();
    }
  };
  const run = new RunStream("r", {
    api: async () => ({ origin: "http://hub", authentication: { headers: {}, credentials: "omit" } }),
    event: (type, data) => page.events.push(type === "token" ? data.text : type),
    state: (state) => page.states.at(-1) === state || page.states.push(state),
  });
  t.after(() => run.close());
  return page;
}

test("a stream of which nothing comes is polled, and each event comes once", async (t) => {
  const answers = [OPEN + token(5, "a") + LIVE, OPEN + LIVE + token(6, "b"), OPEN + LIVE + DONE];
  const page = setUp(t, { stream: () => null, poll: () => answers.shift() });

  await page.pass(RESPONSE_MS + 4000);

  assert.deepEqual(page.requests, ["stream", "poll", "poll 5", "poll 6"]);
  assert.deepEqual(page.events.filter((type) => type !== "begin"), ["a", "b", "done"]);
  assert.deepEqual(page.states, ["reconnecting", "live"]);
});

test("a stream that is cut again and again is polled from where it was", async (t) => {
  const streams = [OPEN + LIVE + token(5, "a"), OPEN + LIVE + token(6, "b")];
  const page = setUp(t, { stream: () => streams.shift(), poll: () => OPEN + LIVE + DONE });

  await page.pass(4000);

  assert.deepEqual(page.requests, ["stream", "stream 5", "poll 6"]);
  assert.deepEqual(page.events, ["begin", "a", "b", "done"]);
});

test("where the hub's feed found no stream to come through, a run is polled at once", async (t) => {
  globalThis.localStorage = { getItem: () => "1" };
  t.after(() => delete globalThis.localStorage);
  const page = setUp(t, { stream: () => null, poll: () => OPEN + LIVE + DONE });

  await page.pass(500);

  assert.deepEqual([page.requests, page.events.at(-1)], [["poll"], "done"]);
});

test("where polls are not answered, either, a stream is tried again", async (t) => {
  const streams = [null, OPEN + LIVE + DONE];
  const page = setUp(t, { stream: () => streams.shift(), poll: () => null });

  await page.pass(RESPONSE_MS + 12_000);

  assert.deepEqual(page.requests, ["stream", "poll", "stream"]);
  assert.equal(page.events.at(-1), "done");
});

test("on another network a stream is tried again", async (t) => {
  const streams = [null, OPEN + LIVE + DONE];
  const page = setUp(t, { stream: () => streams.shift(), poll: (requests) => (requests.length > 2 ? null : OPEN + LIVE) });
  await page.pass(RESPONSE_MS + 2000);

  page.online();
  await settle();

  assert.deepEqual([page.requests.at(-1), page.events.at(-1)], ["stream", "done"]);
});

test("a right that is gone ends the polls", async (t) => {
  const page = setUp(t, { stream: () => null, poll: () => 403 });

  await page.pass(RESPONSE_MS + 10_000);

  assert.deepEqual([page.requests, page.states.at(-1)], [["stream", "poll"], "refused"]);
});

test("an instance that is not ready, or leaves, is no reason to poll", async (t) => {
  const retire = 'event: retire\ndata: {"retry":100}\n\n';
  const streams = [503, 503, OPEN + LIVE + retire, OPEN + LIVE + retire, OPEN + LIVE + DONE];
  const page = setUp(t, { stream: () => streams.shift(), poll: () => null });

  await page.pass(20_000);

  assert.deepEqual([new Set(page.requests), page.events.at(-1)], [new Set(["stream"]), "done"]);
});
