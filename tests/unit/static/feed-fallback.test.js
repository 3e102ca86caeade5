// A feed that a proxy swallows or holds back: it is polled, says so, and recovers by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Api, RequestError } from "../../../notifications/static/notifications/shared/api.js";
import { Feed } from "../../../notifications/static/notifications/shared/feeds/feed.js";
// Loaded by now, as it is in a page that was live.
import "../../../notifications/static/notifications/shared/feeds/feed-polls.js";

const RESPONSE_MS = 12_000;
const RETRY_MS = 30_000; // at most
const POLL_MS = 18_000; // at most
const OPEN = 'event: stream-open\ndata: {"heartbeat_s": 20}\n\n';
const LIVE = "event: stream-live\ndata: {}\n\n";

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

/**
 * A feed over streams that the test writes, answered with `status`. Its polls are answered by `polled`, a text or an
 * error; while it is null they wait.
 */
function setUp(t, { poll = async () => {}, query = "", position = "" } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.mock.method(Math, "random", () => 0.999);
  globalThis.addEventListener = () => {};
  globalThis.document = new EventTarget();
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  const page = { states: [], events: [], polls: 0, connections: [], status: 200, requests: [] };
  page.polled = new TypeError("cut");
  globalThis.fetch = async (url, { signal, headers }) => {
    if (url.endsWith("/acks")) return new Response(null, { status: 204 });
    page.requests.push(url.replace("http://hub", ""));
    page.position = headers["Last-Event-ID"];
    if (url.includes("wait=")) return page.answer(signal);
    if (page.reset) throw new TypeError("reset");
    let stream;
    const body = new ReadableStream({ start: (controller) => (stream = controller) });
    signal.addEventListener("abort", () => stream.error(signal.reason));
    page.connections.push(stream);
    return new Response(body, { status: page.status });
  };
  page.answer = async (signal) => {
    page.signal = signal;
    while (page.polled === null) {
      await new Promise((resolve, reject) => {
        page.release = resolve;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    }
    const answer = page.polled;
    page.polled = null;
    if (answer instanceof Error) {
      page.polled = answer;
      throw answer;
    }
    return new Response(answer);
  };
  /** The poll that waits is answered, after a second. */
  page.reply = async (text) => {
    await page.pass(1000);
    page.polled = text;
    page.release();
    await settle();
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
  const api = new Api("http://hub", "T");
  const state = (name) => page.states.at(-1) === name || page.states.push(name);
  const event = (type, data, id) => page.events.push(id ? `${type} ${id}` : type);
  const request = poll && (() => {
    page.polls += 1;
    return poll();
  });
  const feed = new Feed(api, position, event, state, { query, request });
  t.after(() => feed.close());
  return page;
}

/** Silent twice: the time in which the first two connections are given up. */
const failTwice = (page) => page.pass(2 * RESPONSE_MS + 2000);

const opened = (position) => `id: ${position}\nevent: stream-open\ndata: {"heartbeat_s": 20}\n\n`;
const event = (position) => `id: ${position}\nevent: tick\ndata: {}\n\n`;
const polls = ({ requests }) => requests.filter((url) => url.includes("wait="));

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

test("a stream that is swallowed is polled, from where it was, and the poll's events are the feed's", async (t) => {
  const page = setUp(t, { position: "5" });
  page.polled = null;
  await failTwice(page);

  await page.reply(opened(5) + LIVE + event(7));
  await page.reply(opened(7) + LIVE + event(8) + event(9));

  // What the last events of its topics are, the stream may have swallowed.
  assert.deepEqual(polls(page), ["/feed/?acks=1&latest=1&wait=1", "/feed/?acks=1&wait=20", "/feed/?acks=1&wait=20"]);
  assert.equal(page.position, "9");
  assert.deepEqual(page.events.filter((one) => one.startsWith("tick")), ["tick 7", "tick 8", "tick 9"]);
  assert.deepEqual([page.states, page.polls], [["reconnecting", "slow"], 1]);
});

test("the first poll is answered soon, with a position if there was none", async (t) => {
  const page = setUp(t, { query: "?own=0&topic=a" });
  page.polled = null;
  await failTwice(page);

  await page.reply(opened(5) + LIVE);

  assert.deepEqual(polls(page), ["/feed/?own=0&topic=a&acks=1&wait=1", "/feed/?own=0&topic=a&acks=1&wait=20"]);
});

test("a stream that comes through ends the poll that waits", async (t) => {
  const page = setUp(t, { position: "5" });
  page.polled = null;
  await failTwice(page);
  const { length } = page.connections;
  while (page.connections.length === length) await page.pass(1000);

  await page.write(opened(5) + LIVE);

  assert.equal(page.signal.aborted, true);
  assert.equal(page.states.at(-1), "live");
});

test("a stream that was held back does not take the feed back to before the polls", async (t) => {
  const page = setUp(t, { position: "5" });
  page.polled = null;
  await failTwice(page);
  const { length } = page.connections;
  while (page.connections.length === length) await page.pass(1000);
  await page.reply(opened(5) + LIVE + event(9));
  await page.pass(7000);

  await page.write(opened(5) + event(7));
  await page.reply(LIVE);

  assert.equal(page.position, "9");
});

test("a position that the hub does not know is given up for its own", async (t) => {
  const page = setUp(t, { position: "900" });
  page.polled = null;
  await failTwice(page);

  await page.reply(opened(50) + 'event: stream-reset\ndata: {"topics": []}\n\n' + LIVE);

  assert.equal(page.position, "50");
  assert.ok(page.events.includes("behind"));
});

test("a stream that is cut again and again is polled, and trusted again when it outlives the cuts", async (t) => {
  const page = setUp(t, { position: "5" });
  page.polled = null;
  const { connections, pass } = page;
  const cut = async (afterMs) => {
    await page.write(opened(5) + LIVE);
    await pass(afterMs);
    connections.at(-1).error(new TypeError("reset"));
    const { length } = connections;
    while (connections.length === length) await pass(1000);
  };

  await cut(16_000);
  await cut(16_000);
  assert.equal(polls(page).length, 1);
  assert.equal(page.states.at(-1), "slow");
  await page.write(opened(5) + LIVE);
  assert.equal(page.states.at(-1), "slow");
  await page.reply(opened(5) + LIVE + event(6));
  assert.ok(page.events.includes("tick 6"));
  await pass(20_000);
  await page.write(": heartbeat\n");
  assert.equal(page.states.at(-1), "slow");
  await pass(20_000);
  await page.write(": heartbeat\n");

  assert.equal(page.states.at(-1), "live");
  assert.equal(page.signal.aborted, true);
});

test("a poll that is told that a right has ended ends the feed as the hub then answers", async (t) => {
  const page = setUp(t, { position: "5" });
  page.polled = null;
  await failTwice(page);
  page.status = 401;

  await page.reply('event: stream-error\ndata: {"reason": "revoked", "retry": false}\n\n');

  assert.equal(page.states.at(-1), "signed out");
  const { length } = page.requests;
  await page.pass(4 * RETRY_MS);
  assert.equal(page.requests.length, length);
});

test("a poll that an instance sends elsewhere is followed by another in its time", async (t) => {
  const page = setUp(t, { position: "5" });
  page.polled = null;
  await failTwice(page);

  await page.reply(opened(5) + LIVE + 'event: retire\ndata: {"retry": 2500}\n\n');
  assert.equal(polls(page).length, 1);
  await page.pass(3000);

  assert.equal(polls(page).length, 2);
});

test("a feed that requests nothing else is polled all the same", async (t) => {
  const page = setUp(t, { poll: null, position: "5" });
  page.polled = null;
  page.reset = true; // from the second connection on
  await page.pass(RESPONSE_MS + 3000);
  assert.equal(page.states.at(-1), "reconnecting");

  await page.reply(opened(5) + LIVE + event(6));

  assert.ok(page.events.includes("tick 6"));
  assert.equal(page.states.at(-1), "slow");
});

test("a feed that the hub refuses is not polled", async (t) => {
  const page = setUp(t);
  page.status = 503;

  await page.pass(4 * RETRY_MS);

  assert.deepEqual(polls(page), []);
});

test("the next page polls at once, until a stream has come through on one", async (t) => {
  const stored = new Map();
  t.after(() => delete globalThis.localStorage);
  globalThis.localStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
  const first = setUp(t, { position: "5" });
  await failTwice(first);
  t.mock.timers.reset();

  const second = setUp(t, { position: "5" });
  second.polled = null;
  await settle();
  await second.reply(opened(5) + LIVE + event(6));
  assert.ok(second.events.includes("tick 6"));
  assert.equal(second.states.at(-1), "slow");
  await second.write(opened(6) + LIVE);
  assert.equal(second.states.at(-1), "live");
  t.mock.timers.reset();

  const third = setUp(t, { position: "6" });
  await settle();
  assert.deepEqual([polls(third), third.polls], [[], 0]);
});
