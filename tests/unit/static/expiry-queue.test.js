// Which notifications have expired.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ExpiryQueue } from "../../../notifications/static/notifications/shared/expiry-queue.js";

const item = (id, ms) => ({ id, expires_at: new Date(ms).toISOString() });

test("what has expired is returned once", () => {
  const queue = new ExpiryQueue();
  queue.add(item("a", 1000));
  queue.add(item("b", 2000));

  assert.equal(queue.next, 1000);
  assert.deepEqual(queue.expire(1999), ["a"]);
  assert.deepEqual(queue.expire(1999), []);
  assert.equal(queue.next, 2000);
});

test("what has no time does not expire", () => {
  const queue = new ExpiryQueue();
  queue.add({ id: "a" });
  queue.add({ id: "b", expires_at: null });

  assert.equal(queue.next, Infinity);
  assert.deepEqual(queue.expire(Infinity), []);
});

test("an item that comes again expires once", () => {
  const queue = new ExpiryQueue();
  queue.add(item("a", 1000));
  queue.add(item("a", 1000));

  assert.deepEqual(queue.expire(1000), ["a"]);
});

test("of very many the latest are remembered", () => {
  const queue = new ExpiryQueue();
  for (let n = 0; n < 1001; n++) queue.add(item(`i${n}`, 1000));

  const ids = queue.expire(1000);

  assert.equal(ids.length, 1000);
  assert.ok(!ids.includes("i0"));
});
