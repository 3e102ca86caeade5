// How long a poll of the feed waits, and when it is given up.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RequestError } from "../../../notifications/static/notifications/shared/api.js";
import { LongPoll } from "../../../notifications/static/notifications/shared/feeds/long-poll.js";

const settle = () => new Promise(setImmediate);
const cut = new TypeError("network error");
const refusal = (status) => new RequestError(new Response(null, { status }));

/** Polls, each of which is answered as `answers` say in turn: [after how many s, with what], for ever if null. */
function setUp(t, ...answers) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const waits = [];
  const polls = new LongPoll((waitS, signal) => {
    const [seconds, what] = answers[waits.length] ?? [null];
    waits.push(waitS);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (seconds === null) return;
      if (seconds === 0) return resolve(what);
      setTimeout(() => (what instanceof Error ? reject(what) : resolve(what)), seconds * 1000);
    });
  });
  const { signal } = new AbortController();
  return {
    waits,
    async poll(seconds, given = signal) {
      const result = polls.poll(given).then((ms) => ({ ms }), (error) => ({ error }));
      for (let passed = 0; passed < seconds * 10; passed += 1) {
        await settle();
        t.mock.timers.tick(100);
      }
      await settle();
      return Promise.race([result, Promise.resolve("waits")]);
    },
  };
}

test("the first waits for 1 s, the others for 20, and each resolves to the time until the next", async (t) => {
  const { waits, poll } = setUp(t, [1, 0], [20, 0], [3, 1500]);

  assert.deepEqual(await poll(2), { ms: 0 });
  assert.deepEqual(await poll(21), { ms: 0 });
  assert.deepEqual(await poll(4), { ms: 1500 });
  assert.deepEqual(waits, [1, 20, 20]);
});

test("where a proxy cuts it, it polls again at once, and waits for half of that time, then longer", async (t) => {
  const { waits, poll } = setUp(t, [1, 0], [16, cut], [8, 0], [9, 0]);
  await poll(2);

  assert.deepEqual(await poll(25), { ms: 0 });
  assert.deepEqual(await poll(10), { ms: 0 });
  assert.deepEqual(waits, [1, 20, 8, 9]);
});

test("a gateway that does not wait so long has cut it", async (t) => {
  const { waits, poll } = setUp(t, [1, 0], [10, refusal(504)], [5, 0]);
  await poll(2);

  assert.deepEqual(await poll(16), { ms: 0 });
  assert.deepEqual(waits, [1, 20, 5]);
});

test("what fails at once is thrown, and the next one waits for 1 s again", async (t) => {
  const { waits, poll } = setUp(t, [1, 0], [0.1, cut], [1, 0], [20, 0]);
  await poll(2);

  assert.deepEqual(await poll(1), { error: cut });
  await poll(2);
  await poll(21);
  assert.deepEqual(waits, [1, 20, 1, 20]);
});

test("a refusal is thrown, however late", async (t) => {
  const late = refusal(503);
  const { waits, poll } = setUp(t, [1, 0], [5, late]);
  await poll(2);

  assert.deepEqual(await poll(6), { error: late });
  assert.deepEqual(waits, [1, 20]);
});

test("one that is not answered is given up 8 s after its time", async (t) => {
  const { waits, poll } = setUp(t, [null]);

  const { error } = await poll(10);

  assert.ok(error instanceof DOMException);
  assert.deepEqual(waits, [1]);
});

test("one that is no longer answered is given up at once, and the next ones wait for less", async (t) => {
  const { waits, poll } = setUp(t, [1, 0], [null], [1, 0], [10, 0]);
  await poll(2);

  const { error } = await poll(29);
  await poll(2);
  await poll(11);

  assert.ok(error instanceof DOMException);
  assert.deepEqual(waits, [1, 20, 1, 10]);
});

test("one that is cut when its time is over waits for less at once", async (t) => {
  const { waits, poll } = setUp(t, [1, 0], [20, cut], [10, 0]);
  await poll(2);

  assert.deepEqual(await poll(31), { ms: 0 });
  assert.deepEqual(waits, [1, 20, 10]);
});

test("answers out of a cache do not make it run", async (t) => {
  const { poll } = setUp(t, [0, 0]);

  assert.deepEqual(await poll(1), { ms: 1000 });
});

test("aborted, it ends", async (t) => {
  const { waits, poll } = setUp(t, [null]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 500);

  const { error } = await poll(1, abort.signal);

  assert.ok(error instanceof DOMException);
  assert.deepEqual(waits, [1]);
});
