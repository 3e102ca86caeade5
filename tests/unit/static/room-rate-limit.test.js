// How fast messages are sent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RateLimit } from "../../../notifications/static/notifications/rooms/rate-limit.js";

/** A clock that stands still until it is moved. */
function clock(t) {
  let now = Date.now();
  t.mock.method(Date, "now", () => now);
  return { tick: (ms) => (now += ms) };
}

const consumed = (limit, n) => Array.from({ length: n }, () => limit.consume());

test("a burst goes at once, and the next one waits for its token", (t) => {
  const time = clock(t);
  const limit = new RateLimit(10, 3);

  assert.deepEqual(consumed(limit, 4), [0, 0, 0, 100]);

  time.tick(100);
  assert.deepEqual(consumed(limit, 2), [0, 100]);
});

test("a long pause saves up one burst, and no more", (t) => {
  const time = clock(t);
  const limit = new RateLimit(10, 3);
  consumed(limit, 3);

  time.tick(60_000);

  assert.deepEqual(consumed(limit, 4), [0, 0, 0, 100]);
});

test("slowed down, it halves its rate and has no bursts, down to one a second", (t) => {
  clock(t);
  const limit = new RateLimit(10, 3);

  limit.slowDown();
  assert.deepEqual(consumed(limit, 2), [0, 200]);

  for (let n = 0; n < 9; n++) limit.slowDown();
  assert.equal(limit.consume(), 1000);
});
