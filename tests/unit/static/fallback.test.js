// What takes turns while a stream does not come through, and how often.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Fallback } from "../../../notifications/static/notifications/shared/feeds/fallback.js";

const settle = () => new Promise(setImmediate);

function setUp(t, request = async () => {}, poll = () => null) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const calls = { requests: 0, polls: 0, settled: [] };
  const fallback = new Fallback(
    request && (() => {
      calls.requests += 1;
      return request();
    }),
    (signal) => {
      const answer = poll(signal);
      if (answer) calls.polls += 1;
      return answer;
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

  assert.deepEqual(calls, { requests: 1, polls: 0, settled: [] });
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

/** Polls that the test answers, the last one at the end of `all`. */
function polls() {
  const all = [];
  const poll = () => new Promise((resolve, reject) => all.push({ resolve, reject }));
  return { all, poll };
}

test("a request that succeeds is followed by polls, one after the other, as long as they are answered", async (t) => {
  const { all, poll } = polls();
  const { fallback, calls, pass } = setUp(t, async () => {}, poll);
  fallback.start();
  await settle();

  for (const n of [1, 2, 3]) {
    assert.equal(calls.polls, n);
    all.at(-1).resolve(0);
    await settle();
  }
  await pass(60_000);

  assert.deepEqual(calls, { requests: 1, polls: 4, settled: [null, null, null, null] });
});

test("the next poll comes after the time that the last one resolved to", async (t) => {
  const { all, poll } = polls();
  const { fallback, calls, pass } = setUp(t, async () => {}, poll);
  fallback.start();
  await settle();
  all[0].resolve(2000);
  await settle();

  await pass(1999);
  assert.equal(calls.polls, 1);
  await pass(1);

  assert.equal(calls.polls, 2);
});

test("a poll that fails is not reported, and requests go on, each with a poll", async (t) => {
  const { fallback, calls, pass } = setUp(t, async () => {}, () => Promise.reject(new TypeError("cut")));
  fallback.start();
  await settle();

  await pass(18_001);

  assert.deepEqual(calls, { requests: 2, polls: 2, settled: [null, null] });
});

test("after polls that were answered one that fails is followed by a request soon", async (t) => {
  const { all, poll } = polls();
  const { fallback, calls, pass } = setUp(t, async () => {}, poll);
  fallback.start();
  await settle();
  await pass(20_000);
  all[0].resolve(0);
  await settle();

  all[1].reject(new TypeError("cut"));
  await settle();
  await pass(1000);

  assert.equal(calls.requests, 2);
});

test("polls that are not answered do not keep requests waiting", async (t) => {
  const { all, poll } = polls();
  const { fallback, calls, pass } = setUp(t, async () => {}, poll);
  fallback.start();
  await settle();

  await pass(9000);
  all[0].reject(new TypeError("not answered"));
  await settle();
  await pass(9001);

  assert.equal(calls.requests, 2);
});

test("a request that fails is followed by no poll", async (t) => {
  const { fallback, calls, pass } = setUp(t, async () => { throw new TypeError("no network"); }, async () => 0);

  fallback.start();
  await settle();
  await pass(18_001);

  assert.deepEqual([calls.requests, calls.polls], [2, 0]);
});

test("without requests it polls, and reports what fails", async (t) => {
  const error = new TypeError("no network");
  const { fallback, calls, pass } = setUp(t, null, () => Promise.reject(error));

  fallback.start();
  await settle();
  await pass(18_001);

  assert.deepEqual([calls.polls, calls.settled], [2, [error, error]]);
});

test("stopped, it aborts the poll under way and polls no more", async (t) => {
  let aborted = false;
  const { fallback, calls, pass } = setUp(t, async () => {}, (signal) =>
    new Promise((resolve, reject) => signal.addEventListener("abort", () => (aborted = true) && reject(signal.reason))),
  );
  fallback.start();
  await settle();

  fallback.stop();
  await pass(60_000);

  assert.deepEqual([aborted, calls.requests, calls.polls], [true, 1, 1]);
});
