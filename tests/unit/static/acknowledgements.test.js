// What has arrived on a feed is reported in batches, and that the page is there.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Acknowledgements } from "../../../notifications/static/notifications/shared/feeds/acknowledgements.js";

const MAX_DELAY_MS = 6000;
const INTERVAL_MS = 35_000;
const MAX_RETRY_MS = 22_500;

const settle = () => new Promise(setImmediate);

/** One over a hub that a test lets fail: `hub.error` is thrown. */
function setUp(t, { token = "T" } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const hub = { reports: [], error: null };
  const acknowledgements = new Acknowledgements(async (report) => {
    hub.reports.push(report);
    if (hub.error) throw hub.error;
  });
  hub.pass = async (ms) => {
    t.mock.timers.tick(ms);
    await settle();
  };
  acknowledgements.open(token);
  return { hub, acknowledgements };
}

test("what arrives within a moment is one report", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  acknowledgements.add("n1");
  acknowledgements.add("n2");
  acknowledgements.add("n1");
  await hub.pass(1999);
  assert.deepEqual(hub.reports, []);
  await hub.pass(MAX_DELAY_MS);

  assert.deepEqual(hub.reports, [{ ack: "T", ids: ["n1", "n2"] }]);
});

test("a page with heartbeats alone reports that it is there", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  for (let passed = 0; passed < 3 * INTERVAL_MS; passed += 5000) {
    await hub.pass(5000);
    acknowledgements.active();
    await settle();
  }

  assert.deepEqual(hub.reports, Array(3).fill({ ack: "T", ids: [] }));
});

test("a page that receives nothing reports nothing", async (t) => {
  const { hub } = setUp(t);

  await hub.pass(10 * INTERVAL_MS);

  assert.deepEqual(hub.reports, []);
});

test("a timer that fires a moment early, as those of browsers do, is no reason to wait", async (t) => {
  const { hub, acknowledgements } = setUp(t);
  const set = t.mock.method(globalThis, "setTimeout", () => 0);

  acknowledgements.add("n1");
  const [fire, ms] = set.mock.calls[0].arguments;
  t.mock.timers.tick(Math.floor(ms) - 1);
  fire();

  assert.deepEqual(hub.reports, [{ ack: "T", ids: ["n1"] }]);
});

test("a steady stream is reported every few seconds", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  for (let n = 0; n < 600; n += 1) {
    acknowledgements.add(`n${n}`);
    await hub.pass(100);
  }
  await hub.pass(MAX_DELAY_MS);

  assert.ok(hub.reports.length >= 60_000 / (MAX_DELAY_MS + 200) && hub.reports.length <= 31, `${hub.reports.length}`);
  assert.equal(hub.reports.flatMap(({ ids }) => ids).length, 600);
});

test("a page that may be about to go reports at once", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  acknowledgements.flush();
  acknowledgements.add("n1");
  acknowledgements.flush();
  await hub.pass(MAX_DELAY_MS);

  assert.deepEqual(hub.reports, [{ ack: "T", ids: ["n1"] }]);
});

test("more than a request holds follows in the next ones", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  for (let n = 0; n < 450; n += 1) acknowledgements.add(`n${n}`);
  for (let n = 0; n < 3; n += 1) await hub.pass(MAX_DELAY_MS);

  assert.deepEqual(hub.reports.map(({ ids }) => ids.length), [200, 200, 50]);
});

test("what arrived on one feed may be reported with the next one's token", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  acknowledgements.add("n1");
  acknowledgements.close();
  await hub.pass(2 * MAX_DELAY_MS);
  assert.deepEqual(hub.reports, []);
  acknowledgements.open("U");
  await hub.pass(MAX_DELAY_MS);

  assert.deepEqual(hub.reports, [{ ack: "U", ids: ["n1"] }]);
});

test("a hub that does not ask for it is sent nothing", async (t) => {
  const { hub, acknowledgements } = setUp(t, { token: "" });

  acknowledgements.add("n1");
  acknowledgements.flush();
  await hub.pass(10 * INTERVAL_MS);
  acknowledgements.active();

  assert.deepEqual(hub.reports, []);
});

test("a report that fails is repeated after a while", async (t) => {
  const { hub, acknowledgements } = setUp(t);
  hub.error = { retryAfter: 0 };

  acknowledgements.add("n1");
  await hub.pass(MAX_DELAY_MS);
  acknowledgements.add("n2");
  hub.error = null;
  await hub.pass(7000);
  assert.equal(hub.reports.length, 1);
  await hub.pass(MAX_RETRY_MS);

  assert.deepEqual(hub.reports[1].ids, ["n1", "n2"]);
});

test("it waits as long as the hub asks", async (t) => {
  const { hub, acknowledgements } = setUp(t);
  hub.error = { retryAfter: 60 };

  acknowledgements.add("n1");
  await hub.pass(MAX_DELAY_MS);
  await hub.pass(59_000);
  assert.equal(hub.reports.length, 1);
  await hub.pass(1000);

  assert.equal(hub.reports.length, 2);
});

test("where reports never get through, no more is promised", async (t) => {
  const { hub, acknowledgements } = setUp(t);
  hub.error = new TypeError("blocked");

  acknowledgements.add("n1");
  for (let n = 0; n < 10; n += 1) await hub.pass(MAX_RETRY_MS);
  acknowledgements.open("U");
  acknowledgements.add("n2");
  await hub.pass(INTERVAL_MS);
  acknowledgements.active();

  assert.equal(acknowledgements.works, false);
  assert.equal(hub.reports.length, 3);
});

test("one success forgets the failures before it", async (t) => {
  const { hub, acknowledgements } = setUp(t);

  for (let n = 0; n < 5; n += 1) {
    hub.error = new TypeError("away");
    acknowledgements.add(`n${n}`);
    await hub.pass(MAX_DELAY_MS);
    hub.error = null;
    await hub.pass(MAX_RETRY_MS);
  }

  assert.equal(acknowledgements.works, true);
  assert.equal(hub.reports.length, 10);
});
