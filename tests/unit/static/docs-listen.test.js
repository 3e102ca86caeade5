// listen() of docs/embedding.md: where it resumes, and how it comes back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const page = readFileSync(new URL("../../../docs/embedding.md", import.meta.url), "utf8");
const [code] = [...page.matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1]).filter((it) => it.includes("listen("));
const { listen } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const feeds = [];

class Feed {
  constructor(url) {
    this.query = new URL(url).searchParams;
    this.open = true;
    this.handlers = {};
    feeds.push(this);
  }

  addEventListener(type, handler) {
    this.handlers[type] = handler;
  }

  receive(type, data, lastEventId) {
    this.handlers[type]({ data: JSON.stringify(data), lastEventId });
  }

  close() {
    this.open = false;
  }
}

const { setTimeout } = globalThis;
let due = [];

/** Let so many milliseconds pass, and what is due then run to its end. */
async function pass(ms) {
  due.forEach((timer) => (timer.ms -= ms));
  const over = due.filter((timer) => timer.ms <= 0);
  due = due.filter((timer) => timer.ms > 0);
  over.forEach((timer) => timer.call());
  await new Promise(setImmediate);
}

function setUp(t) {
  feeds.length = 0;
  due = [];
  let tickets = 0;
  globalThis.setTimeout = (call, ms, ...args) => due.push({ ms, call: () => call(...args) });
  t.after(() => (globalThis.setTimeout = setTimeout));
  globalThis.EventSource = Feed;
  globalThis.fetch = async () => ({ json: async () => ({ ticket: `T${tickets++}` }) });
}

test("a topic resumes from its own position, whatever others have reached", async (t) => {
  setUp(t);
  await listen("http://hub", "job-a", ["tick"], () => {});
  await listen("http://hub", "job-b", ["tick"], () => {});
  const [a, b] = feeds;
  a.receive("stream-open", {}, "10");
  b.receive("stream-open", {}, "10");
  a.receive("tick", 1, "20");

  b.onerror({});
  await pass(5000);

  assert.equal(feeds[2].query.get("topic"), "job-b");
  assert.equal(feeds[2].query.get("last_event_id"), "10");
});

test("a retired feed is made anew after its time, with a new ticket", async (t) => {
  setUp(t);
  await listen("http://hub", "job-a", ["tick"], () => {});
  feeds[0].receive("tick", 1, "20");
  feeds[0].receive("retire", { retry: 300 }, "20");
  assert.equal(feeds[0].open, false);

  await pass(299);
  assert.equal(feeds.length, 1);
  await pass(1);

  assert.equal(feeds[1].query.get("ticket"), "T1");
  assert.equal(feeds[1].query.get("last_event_id"), "20");
});

test("a lost connection is not left to the browser, whose ticket is used", async (t) => {
  setUp(t);
  await listen("http://hub", "job-a", ["tick"], () => {});

  feeds[0].onerror({});

  assert.equal(feeds[0].open, false);
});

test("several topics are one feed", async (t) => {
  setUp(t);

  await listen("http://hub", ["job-a", "job-b"], ["tick"], () => {});

  assert.equal(feeds.length, 1);
  assert.deepEqual(feeds[0].query.getAll("topic"), ["job-a", "job-b"]);
});

test("without a ticket it tries again", async (t) => {
  setUp(t);
  const { fetch } = globalThis;
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  await listen("http://hub", "job-a", ["tick"], () => {});
  globalThis.fetch = fetch;

  await pass(5000);

  assert.equal(feeds.length, 1);
});
