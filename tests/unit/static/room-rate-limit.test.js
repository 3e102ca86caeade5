// How fast messages are sent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RateLimit } from "../../../notifications/static/notifications/rooms/rate-limit.js";

const consumed = (limit, n) => Array.from({ length: n }, () => limit.consume());

test("a burst goes at once, and the next one waits for its token", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const limit = new RateLimit(10, 3);

  assert.deepEqual(consumed(limit, 4), [0, 0, 0, 100]);

  t.mock.timers.tick(100);
  assert.deepEqual(consumed(limit, 2), [0, 100]);
});

test("a long pause saves up one burst, and no more", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const limit = new RateLimit(10, 3);
  consumed(limit, 3);

  t.mock.timers.tick(60_000);

  assert.deepEqual(consumed(limit, 4), [0, 0, 0, 100]);
});

test("slowed down, it halves its rate and has no bursts, down to one a second", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const limit = new RateLimit(10, 3);

  limit.slowDown();
  assert.deepEqual(consumed(limit, 2), [0, 200]);

  for (let n = 0; n < 9; n++) limit.slowDown();
  assert.equal(limit.consume(), 1000);
});
