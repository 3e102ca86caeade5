// A feed promises to acknowledge what it brings, and does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../../../notifications/static/notifications/shared/api.js";
import { Feed } from "../../../notifications/static/notifications/shared/feeds/feed.js";
// Loaded by now, as it is in a page that was live.
import "../../../notifications/static/notifications/shared/feeds/feed-polls.js";

const OPEN = 'event: stream-open\ndata: {"heartbeat_s": 20, "ack": "T"}\n\nevent: stream-live\ndata: {}\n\n';
const NOTIFICATION = 'id: 7\nevent: notification\ndata: {"topic": "user-1", "data": {"id": "n1"}}\n\n';
const MAX_DELAY_MS = 6000;
const REPORT = { ack: "T", ids: ["n1"] };

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

/** A feed over a hub that answers reports with `hub.status`. */
function setUp(t, { query = "" } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  globalThis.addEventListener = () => {};
  globalThis.document = new EventTarget();
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  const hub = { urls: [], positions: [], reports: [], status: 204, refuses: () => false, stream: null, polls: [] };
  globalThis.fetch = async (url, options) => {
    if (url.endsWith("/feed/acks")) {
      hub.reports.push(options);
      return new Response(null, { status: hub.status });
    }
    hub.urls.push(url);
    hub.positions.push(options.headers["Last-Event-ID"]);
    if (url.includes("wait=")) {
      return new Response(new ReadableStream({ start: (controller) => void hub.polls.push(controller) }));
    }
    if (hub.refuses(url)) return new Response(null, { status: 400 });
    const body = new ReadableStream({ start: (controller) => (hub.stream = controller) });
    options.signal.addEventListener("abort", () => hub.stream.error(options.signal.reason));
    return new Response(body);
  };
  hub.write = async (text) => {
    hub.stream.enqueue(new TextEncoder().encode(text));
    await settle();
  };
  hub.pass = async (ms) => {
    t.mock.timers.tick(ms);
    await settle();
  };
  const feed = new Feed(new Api("http://hub", "token"), "", () => {}, () => {}, { query });
  t.after(() => feed.close());
  return { hub, feed };
}

test("a notification is acknowledged a few seconds after it arrived", async (t) => {
  const { hub } = setUp(t);

  await hub.write(OPEN + NOTIFICATION);
  await hub.pass(MAX_DELAY_MS);

  assert.deepEqual(hub.urls, ["http://hub/feed/?acks=1"]);
  assert.deepEqual(hub.reports.map(({ body }) => JSON.parse(body)), [REPORT]);
});

test("a report takes no preflight, and outlives the page", async (t) => {
  const { hub } = setUp(t);

  await hub.write(OPEN + NOTIFICATION);
  await hub.pass(MAX_DELAY_MS);

  const { method, headers, credentials, keepalive } = hub.reports[0];
  assert.deepEqual([method, headers, credentials, keepalive], ["POST", undefined, "omit", true]);
});

function hide() {
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
}

for (const [how, leave] of [
  ["is hidden", hide],
  ["goes", (feed) => feed.close()],
]) {
  test(`a page that ${how} acknowledges at once`, async (t) => {
    const { hub, feed } = setUp(t);
    await hub.write(OPEN + NOTIFICATION);

    leave(feed);
    await settle();

    assert.deepEqual(hub.reports.map(({ body }) => JSON.parse(body)), [REPORT]);
  });
}

test("a heartbeat is acknowledged now and then", async (t) => {
  const { hub } = setUp(t);
  await hub.write(OPEN);

  await hub.pass(20_000);
  await hub.write(": heartbeat\n");
  assert.equal(hub.reports.length, 0);
  await hub.pass(20_000);
  await hub.write(": heartbeat\n");

  assert.deepEqual(hub.reports.map(({ body }) => JSON.parse(body)), [{ ack: "T", ids: [] }]);
});

test("what came from topics of others is not acknowledged, but that the page is there", async (t) => {
  const { hub } = setUp(t, { query: "?own=0&topic=user-2" });
  await hub.write(OPEN + NOTIFICATION);

  await hub.pass(40_000);
  await hub.write(": heartbeat\n");

  assert.deepEqual(hub.reports.map(({ body }) => JSON.parse(body)), [{ ack: "T", ids: [] }]);
});

test("where reports do not get through, the next feed promises none", async (t) => {
  const { hub, feed } = setUp(t, { query: "?own=0" });
  hub.status = 405;
  await hub.write(OPEN);

  for (let n = 0; n < 6; n += 1) {
    await hub.pass(20_000);
    await hub.write(": heartbeat\n");
  }
  feed.connect();
  await settle();

  assert.deepEqual(hub.urls, ["http://hub/feed/?own=0&acks=1", "http://hub/feed/?own=0"]);
});

test("a hub that refuses the promise is connected to without it, at once and from the same position", async (t) => {
  const { hub, feed } = setUp(t);
  await hub.write(OPEN + NOTIFICATION);
  hub.refuses = (url) => url.includes("acks");

  feed.connect();
  await settle();
  await hub.pass(1);

  assert.deepEqual(hub.urls.slice(1), ["http://hub/feed/?acks=1", "http://hub/feed/"]);
  assert.equal(hub.positions.at(-1), "7");
});

test("what polls bring is acknowledged, in a few seconds however fast they follow", async (t) => {
  t.mock.method(Math, "random", () => 0.5);
  const { hub } = setUp(t);
  await hub.pass(12_000);
  await hub.pass(2000);
  await hub.pass(12_000);
  hub.reports.length = 0;

  for (let n = 0; n <= MAX_DELAY_MS / 1000; n += 1) {
    await hub.pass(1000);
    hub.polls.at(-1).enqueue(new TextEncoder().encode((n ? OPEN : OPEN + NOTIFICATION)));
    hub.polls.at(-1).close();
    await settle();
  }

  assert.deepEqual(hub.reports.map(({ body }) => JSON.parse(body)), [REPORT]);
});
