// Which toasts are shown, in what order, and for how long.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ToastQueue } from "../../../notifications/static/notifications/toasts/queue.js";

const toast = (id, severity = "info") => ({ id, severity });
const many = (n, severity) => Array.from({ length: n }, (_, at) => toast(`t${at}`, severity));
const ids = (queue) => queue.shown.flatMap(({ item, ids }) => (item ? [item.id] : [[...ids].length]));

test("the newest is first", () => {
  const queue = new ToastQueue();

  queue.add([toast("a"), toast("b")], 0);

  assert.deepEqual(ids(queue), ["b", "a"]);
});

test("a toast goes after the time of its severity", () => {
  const queue = new ToastQueue();
  queue.add([toast("a"), toast("b", "error")], 0);

  assert.equal(queue.next, 6000);
  queue.expire(6000);

  assert.deepEqual(ids(queue), ["b"]);
});

test("a critical toast stays", () => {
  const queue = new ToastQueue();
  queue.add([toast("a", "critical")], 0);

  queue.expire(1e9);

  assert.deepEqual(ids(queue), ["a"]);
});

test("while it is paused nothing expires, and afterwards as much time is left as before", () => {
  const queue = new ToastQueue();
  queue.add([toast("a")], 0);

  queue.pause(1000);
  queue.expire(60_000);
  assert.equal(queue.next, Infinity);

  queue.resume(60_000);
  assert.equal(queue.next, 65_000);
});

test("what comes during a pause has its whole time afterwards", () => {
  const queue = new ToastQueue();
  queue.pause(1000);
  queue.add([toast("a")], 5000);

  queue.resume(9000);

  assert.equal(queue.next, 15_000);
});

test("three have room, and of the others only their number is shown", () => {
  const queue = new ToastQueue();

  for (const [at, one] of many(4).entries()) queue.add([one], at * 2000);

  assert.deepEqual(ids(queue), ["t3", "t2", "t1"]);
  assert.equal(queue.more, 1);
});

test("critical ones have room before others", () => {
  const queue = new ToastQueue();
  queue.add([toast("a"), toast("b")], 0);

  queue.add([toast("x", "critical"), toast("y", "critical")], 0);

  assert.deepEqual(ids(queue), ["y", "x", "b"]);
});

test("too many at once become one summary, and what comes next joins it", () => {
  const queue = new ToastQueue();
  queue.add(many(4), 0);
  const [{ key }] = queue.shown;

  queue.add([toast("late")], 5000);

  assert.deepEqual(ids(queue), [5]);
  assert.equal(queue.shown[0].key, key, "the same toast");
  assert.equal(queue.next, 15_000);
});

test("a critical one is never folded", () => {
  const queue = new ToastQueue();

  queue.add([...many(4), toast("x", "critical")], 0);

  assert.deepEqual(ids(queue), [4, "x"]);
});

test("what was read elsewhere leaves its toast, and a summary its number", () => {
  const queue = new ToastQueue();
  queue.add(many(5), 0);

  queue.remove("t0");

  assert.deepEqual(ids(queue), [4]);
});

test("what came while the page was hidden is shown when it is visible, as one", () => {
  const queue = new ToastQueue();
  queue.hold([toast("a"), toast("b")]);
  assert.deepEqual(ids(queue), []);

  queue.release(0);

  assert.deepEqual(ids(queue), [2]);
});

test("what was read while the page was hidden is not shown later", () => {
  const queue = new ToastQueue();
  queue.hold([toast("a"), toast("b")]);

  queue.remove("a");
  queue.release(0);

  assert.deepEqual(ids(queue), ["b"]);
});

test("what a visible list shows needs no toast, unless it is critical", () => {
  const queue = new ToastQueue();
  queue.add([toast("a"), toast("x", "critical")], 0);

  queue.hideSeen();

  assert.deepEqual(ids(queue), ["x"]);
});

test("a dismissed one is gone, and the folded ones with the last that is shown", () => {
  const queue = new ToastQueue();
  for (const [at, one] of many(4).entries()) queue.add([one], at * 2000);

  for (const { key } of queue.shown) queue.dismiss(key);

  assert.deepEqual([ids(queue), queue.more], [[], 0]);
});
