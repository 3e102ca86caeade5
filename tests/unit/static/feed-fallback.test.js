// A feed that a proxy swallows or holds back: it is polled, says so, and recovers by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RequestError } from "../../../notifications/static/notifications/shared/api.js";
import { Feed } from "../../../notifications/static/notifications/shared/feed.js";

const RESPONSE_MS = 12_000;
const RETRY_MS = 30_000; // at most
const POLL_MS = 18_000; // at most
const OPEN = 'event: stream-open\ndata: {"heartbeat_s": 20}\n\n';
const LIVE = "event: stream-live\ndata: {}\n\n";

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

/** A feed over responses that the test writes; `answer(status)` decides how the next connections are answered. */
function setUp(t, { poll = async () => {} } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.mock.method(Math, "random", () => 0.999);
  globalThis.addEventListener = () => {};
  globalThis.document = new EventTarget();
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  const page = { states: [], polls: 0, connections: [], status: 200 };
  globalThis.fetch = async (url, { signal }) => {
    let stream;
    const body = new ReadableStream({ start: (controller) => (stream = controller) });
    signal.addEventListener("abort", () => stream.error(signal.reason));
    page.connections.push(stream);
    return new Response(body, { status: page.status });
  };
  page.write = async (text) => {
    page.connections.at(-1).enqueue(new TextEncoder().encode(text));
    await settle();
  };
  page.end = async (text) => {
    page.connections.at(-1).enqueue(new TextEncoder().encode(text));
    page.connections.at(-1).close();
    await settle();
  };
  page.pass = async (ms) => {
    for (let passed = 0; passed < ms; passed += 1000) {
      t.mock.timers.tick(1000);
      await settle();
    }
  };
  const api = { origin: "http://hub", token: "T", authentication: { headers: {}, credentials: "omit" } };
  const state = (name) => page.states.at(-1) === name || page.states.push(name);
  const feed = new Feed(api, "", () => {}, state, {
    poll: () => {
      page.polls += 1;
      return poll();
    },
  });
  t.after(() => feed.close());
  return page;
}

/** Silent twice: the time in which the first two connections are given up. */
const failTwice = (page) => page.pass(2 * RESPONSE_MS + 2000);

test("one failure is no reason to poll", async (t) => {
  const page = setUp(t);

  await page.pass(RESPONSE_MS + 1000);

  assert.deepEqual([page.states, page.polls], [["reconnecting"], 0]);
});

test("after the second failure it is slow, and polled every 15 s or so", async (t) => {
  const page = setUp(t);

  await failTwice(page);
  assert.deepEqual([page.states, page.polls], [["reconnecting", "slow"], 1]);
  await page.pass(10 * POLL_MS);

  assert.ok(page.polls >= 10 && page.polls <= 16, `${page.polls} polls`);
  assert.equal(page.states.at(-1), "slow");
});

test("it goes on connecting, and is live and polled no more once a stream comes through", async (t) => {
  const page = setUp(t);
  await failTwice(page);
  const { length } = page.connections;
  while (page.connections.length === length) await page.pass(1000);

  await page.write(OPEN + LIVE);

  assert.equal(page.states.at(-1), "live");
  const { polls } = page;
  await page.pass(2 * POLL_MS);
  assert.equal(page.polls, polls);
});

test("a block that comes late stays slow, until a heartbeat comes by itself", async (t) => {
  const page = setUp(t);
  await failTwice(page);
  const { length } = page.connections;
  while (page.connections.length === length) await page.pass(1000);
  await page.pass(8000);

  await page.write(OPEN + LIVE);
  assert.equal(page.states.at(-1), "slow");
  await page.write(": heartbeat\n");

  assert.equal(page.states.at(-1), "live");
});

test("a feed that is refused says that it reconnects, and is polled", async (t) => {
  const page = setUp(t);
  page.status = 503;

  await page.pass(RETRY_MS);

  assert.deepEqual(page.states, ["reconnecting"]);
  assert.ok(page.polls > 0);
});

test("a gateway that waited for the end of the stream has swallowed it", async (t) => {
  const page = setUp(t);
  page.status = 504;

  await page.pass(RETRY_MS);

  assert.equal(page.states.at(-1), "slow");
});

test("a poll that fails as well leaves it reconnecting", async (t) => {
  const page = setUp(t, { poll: async () => { throw new TypeError("no network"); } });

  await page.pass(4 * RETRY_MS);

  assert.ok(page.polls > 1);
  assert.deepEqual(page.states, ["reconnecting"]);
});

test("a poll that is refused for good ends the feed", async (t) => {
  const refusal = new RequestError(new Response(null, { status: 401 }));
  const page = setUp(t, { poll: async () => { throw refusal; } });

  await page.pass(4 * RETRY_MS);

  assert.deepEqual([page.states.at(-1), page.polls], ["signed out", 1]);
});

test("a stream whose beginning comes in one chunk has until its heartbeat", async (t) => {
  const page = setUp(t);

  await page.write(OPEN + LIVE);
  await page.pass(50_000);

  assert.deepEqual([page.states, page.connections.length], [["live"], 1]);
});

test("a connection that the hub retires has not failed", async (t) => {
  const page = setUp(t);
  await page.write(OPEN + LIVE);

  await page.end('event: retire\ndata: {"retry": 1000}\n\n');
  await page.pass(1000 + RESPONSE_MS + 1000);

  assert.equal(page.polls, 0);
});
