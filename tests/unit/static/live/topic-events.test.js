// Each event of a topic once and in order, whatever comes twice, and the latest of each key.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TopicEvents } from "../../../../notifications/static/notifications/live/topic-events.js";

function setUp() {
  const events = new TopicEvents();
  const received = [];
  events.topics.add({ receive: ({ data }) => received.push(data), reset: () => received.push("reset") });
  const receive = (id, data, key) => events.receive("tick", { topic: "job-1", at: "", ...(key && { key }), data }, String(id));
  return { events, received, receive };
}

test("what comes again after a reconnect is dropped", () => {
  const { received, receive } = setUp();

  for (const id of [1, 2, 2, 1, 3]) receive(id, id);

  assert.deepEqual(received, [1, 2, 3]);
});

test("latest values that come ahead of older events of other keys are all received", () => {
  const { received, receive } = setUp();

  receive(20, "b20", "b");
  receive(10, "a10", "a");

  assert.deepEqual(received, ["b20", "a10"]);
});

test("race_an older value of a key that a replay brings after a newer one is dropped", () => {
  const { events, received, receive } = setUp();

  receive(20, "new", "a");
  receive(15, "old", "a");
  receive(21, "newer", "a");

  assert.deepEqual(received, ["new", "newer"]);
  assert.equal(events.latest("a").data, "newer");
});

test("the last event is the one with the greatest position, of any key", () => {
  const { events, receive } = setUp();

  receive(20, "b20", "b");
  receive(10, "a10", "a");

  assert.equal(events.latest().data, "b20");
  assert.equal(events.latest("a").data, "a10");
  assert.equal(events.latest("c"), undefined);
  assert.deepEqual(events.values.map(({ data }) => data), ["a10", "b20"]);
});

test("keys that are named like properties of objects are keys", () => {
  const { events, receive } = setUp();

  for (const key of ["__proto__", "constructor", "0"]) receive(events.values.length + 1, key, key);

  assert.deepEqual(events.values.map(({ data }) => data), ["__proto__", "constructor", "0"]);
});

test("another log, whose positions are lower, is received after its reset", () => {
  const { events, received, receive } = setUp();
  receive(1000, "before");
  receive(1001, "keyed", "a");

  events.reset({ reason: "unknown", position: "5" });
  receive(6, "after");
  receive(7, "keyed after", "a");

  assert.deepEqual(received, ["before", "keyed", "reset", "after", "keyed after"]);
});

test("of very many keys the oldest are forgotten", () => {
  const { events, receive } = setUp();

  for (let n = 1; n <= 10_001; n += 1) receive(n, n, `k${n}`);

  assert.equal(events.latest("k1"), undefined);
  assert.equal(events.latest("k2").data, 2);
});
