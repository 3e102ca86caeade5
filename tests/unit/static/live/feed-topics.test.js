// A feed changes its topics while it is open: no gap, no state, no second stream for longer than it takes to begin.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../../../../notifications/static/notifications/shared/api.js";
import { Feed } from "../../../../notifications/static/notifications/shared/feeds/feed.js";

const open = (position, feed = "") =>
  `id: ${position}\nevent: stream-open\ndata: {"heartbeat_s": 20, "feed": "${feed}", "topics": []}\n\n`;
const LIVE = "event: stream-live\ndata: {}\n\n";
const tick = (id) => `id: ${id}\nevent: tick\ndata: {"topic": "job-1", "data": ${id}}\n\n`;

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

const problem = (status, body) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });

/** A feed over streams that the test writes; `page.answers` are taken before a stream is made. */
function setUp(t, { refuse, answers = [] } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.mock.method(Math, "random", () => 0.5);
  globalThis.addEventListener = () => {};
  globalThis.document = new EventTarget();
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  const page = { states: [], events: [], streams: [], requests: [], answers, changes: [], changed: null };
  globalThis.fetch = async (url, { signal, headers, body }) => {
    if (url.endsWith("/acks")) return new Response(null, { status: 204 });
    if (url.endsWith("/api/v1/feed/topics")) {
      page.changes.push(JSON.parse(body));
      return page.changed();
    }
    page.requests.push([url.replace("http://hub/feed/", ""), headers["Last-Event-ID"]]);
    const answer = page.answers.shift();
    if (answer) return answer;
    const stream = { cancelled: false };
    const made = new ReadableStream({ start: (controller) => (stream.controller = controller) });
    signal.addEventListener("abort", () => {
      stream.cancelled = true;
      stream.controller.error(signal.reason);
    });
    page.streams.push(stream);
    return new Response(made);
  };
  page.write = async (text, n = page.streams.length - 1) => {
    page.streams[n].controller.enqueue(new TextEncoder().encode(text));
    await settle();
  };
  page.pass = async (ms) => {
    t.mock.timers.tick(ms);
    await settle();
  };
  page.feed = new Feed(
    new Api("http://hub", "T"),
    "",
    (type, data, id) => data.topic && page.events.push(id),
    (name) => page.states.at(-1) === name || page.states.push(name),
    { query: "?own=0&topic=job-1", refuse },
  );
  t.after(() => page.feed.close());
  return page;
}

test("a stream is given up only once the one with the new topics has begun, and that resumes from where it was", async (t) => {
  const page = setUp(t);
  await page.write(open(10) + LIVE + tick(11));

  page.feed.change("?own=0&topic=job-1&topic=job-2");
  await settle();
  await page.write(tick(12), 0);
  assert.equal(page.streams[0].cancelled, false);
  await page.write(open(11) + tick(12));

  assert.equal(page.streams[0].cancelled, true);
  assert.deepEqual(page.requests.at(-1), ["?own=0&topic=job-1&topic=job-2&acks=1", "11"]);
  assert.deepEqual([page.events, page.states], [["11", "12", "12"], ["live"]]);
});

test("a new stream that is cut in its replay is resumed from where it began", async (t) => {
  const page = setUp(t);
  await page.write(open(10) + LIVE);
  page.feed.change("?own=0&topic=job-1&topic=job-2");
  await settle();
  await page.write(tick(15), 0);
  await page.write(open(10) + tick(12));

  page.streams[1].controller.close();
  await settle();
  await page.pass(2000);

  assert.deepEqual(page.requests.at(-1), ["?own=0&topic=job-1&topic=job-2&acks=1", "12"]);
});

test("a hub that changes topics of an open stream is asked to, and no other stream is opened", async (t) => {
  const page = setUp(t);
  page.changed = () => Response.json({ topics: [] });
  await page.write(open(10, "F") + LIVE);

  await page.feed.change("?own=0&topic=job-2");
  await settle();

  assert.deepEqual(page.changes, [{ feed: "F", add: ["job-2"], remove: ["job-1"] }]);
  assert.equal(page.requests.length, 1);
});

for (const status of [404, 410, 503]) {
  test(`where it answers ${status}, another stream is opened`, async (t) => {
    const page = setUp(t);
    page.changed = () => problem(status, {});
    await page.write(open(10, "F") + LIVE);

    page.feed.change("?own=0&topic=job-2");
    await settle();

    assert.equal(page.requests.length, 2);
    assert.deepEqual(page.states, ["live"]);
  });
}

test("a topic that is refused leaves the stream as it is", async (t) => {
  const refused = [];
  const page = setUp(t, {
    refuse: ({ topics }) => {
      refused.push(...topics);
      return "?own=0&topic=job-1";
    },
  });
  await page.write(open(10) + LIVE);
  page.answers.push(problem(403, { topics: ["secret"] }));

  page.feed.change("?own=0&topic=job-1&topic=secret");
  await settle();
  await page.write(tick(11), 0);

  assert.deepEqual([refused, page.events, page.states], [["secret"], ["11"], ["live"]]);
  assert.equal(page.requests.length, 2);
});

test("a feed that is refused for one topic connects without it at once", async (t) => {
  const answers = [problem(403, { topics: ["job-1"] })];
  const page = setUp(t, { answers, refuse: () => "?own=0&topic=job-2" });

  await settle();
  await page.write(open(10) + LIVE);

  assert.deepEqual(page.requests.at(-1)[0], "?own=0&topic=job-2&acks=1");
  assert.deepEqual(page.states, ["live"]);
});

test("a feed that is refused as a whole stops", async (t) => {
  const page = setUp(t, { answers: [problem(403, { topics: ["job-1"] })] });

  await settle();

  assert.deepEqual(page.states, ["signed out"]);
});

test("an instance that is leaving keeps the old stream until another takes the new one", async (t) => {
  const page = setUp(t);
  await page.write(open(10) + LIVE);
  page.answers.push(problem(503, {}));

  page.feed.change("?own=0&topic=job-2");
  await settle();
  await page.write(tick(11), 0);
  assert.deepEqual([page.events, page.streams[0].cancelled], [["11"], false]);
  await page.pass(2000);
  await page.write(open(11) + LIVE);

  assert.equal(page.streams[0].cancelled, true);
  assert.deepEqual(page.states, ["live"]);
});

test("race_topics that change while a stream begins are those of the next one", async (t) => {
  const page = setUp(t);
  await page.write(open(10) + LIVE);
  page.feed.change("?own=0&topic=job-2");
  await settle();
  page.feed.change("?own=0&topic=job-3");
  await settle();

  await page.write(open(10) + LIVE, 1);
  await page.write(open(10) + LIVE, 2);

  assert.deepEqual(page.requests.map(([query]) => query), [
    "?own=0&topic=job-1&acks=1",
    "?own=0&topic=job-2&acks=1",
    "?own=0&topic=job-3&acks=1",
  ]);
  assert.deepEqual(page.streams.map(({ cancelled }) => cancelled), [true, true, false]);
});

test("race_topics that change before a stream is live are asked for once it is", async (t) => {
  const page = setUp(t);
  page.changed = () => Response.json({ topics: [] });
  await page.write(open(10, "F"));

  page.feed.change("?own=0&topic=job-1&topic=job-2");
  await settle();
  assert.deepEqual([page.changes, page.requests.length], [[], 1]);
  await page.write(LIVE);

  assert.deepEqual(page.changes, [{ feed: "F", add: ["job-2"], remove: [] }]);
});
