// How often what a feed does not bring is requested.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Fallback } from "../../../notifications/static/notifications/shared/fallback.js";

const settle = () => new Promise(setImmediate);

function setUp(t, request = async () => {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const calls = { requests: 0, settled: [] };
  const fallback = new Fallback(
    () => {
      calls.requests += 1;
      return request();
    },
    (error) => calls.settled.push(error),
  );
  const pass = async (ms) => {
    t.mock.timers.tick(ms);
    await settle();
  };
  return { fallback, calls, pass };
}

test("it requests at once, and again after 12 to 18 s", async (t) => {
  const { fallback, calls, pass } = setUp(t);

  fallback.start();
  await settle();
  assert.equal(calls.requests, 1);
  await pass(11_999);
  assert.equal(calls.requests, 1);
  await pass(6002);

  assert.equal(calls.requests, 2);
});

test("started twice, it runs once", async (t) => {
  const { fallback, calls, pass } = setUp(t);

  fallback.start();
  fallback.start();
  await pass(0);

  assert.equal(calls.requests, 1);
});

test("what is thrown is reported, and requested again", async (t) => {
  const error = new TypeError("no network");
  const { fallback, calls, pass } = setUp(t, async () => { throw error; });

  fallback.start();
  await pass(0);
  await pass(18_001);

  assert.deepEqual(calls.settled, [error, error]);
});

test("an answer after it was stopped is not reported, and nothing follows", async (t) => {
  const { fallback, calls, pass } = setUp(t);

  fallback.start();
  fallback.stop();
  await pass(60_000);

  assert.deepEqual(calls, { requests: 1, settled: [] });
});

test("woken, it requests what a late timer has not, but nothing before its time", async (t) => {
  const { fallback, calls } = setUp(t);
  globalThis.setTimeout = () => 0; // a timer that sleeps
  fallback.start();
  await settle();
  fallback.wake();
  assert.equal(calls.requests, 1);

  t.mock.timers.setTime(18_001);
  fallback.wake();

  assert.equal(calls.requests, 2);
});
