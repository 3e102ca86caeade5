// Whether a stream is swallowed, held back or cut, by what became of its connections.

import assert from "node:assert/strict";
import { test } from "node:test";

import { StreamRecord } from "../../../notifications/static/notifications/shared/feeds/stream-record.js";

const S = 1000;
const NETWORK = { status: 0, begun: false, announced: false };
const CUT = { status: 0, begun: true, announced: false };

/** Connections one after the other; `now` is the time, in ms. */
class Page {
  record = new StreamRecord();
  now = 1_000_000;

  /** Whether it is believed to be live, that many seconds after it connected. */
  live(seconds = 0.1) {
    this.record.connecting(this.now);
    this.now += seconds * S;
    return this.record.live(this.now);
  }

  silent(seconds = 12) {
    this.record.connecting(this.now);
    this.now += seconds * S;
    this.record.silent(this.now);
  }

  ended(how, seconds = 0) {
    if (!seconds) this.record.connecting(this.now);
    this.now += seconds * S;
    this.record.ended(this.now, how);
  }

  beat(seconds) {
    this.now += seconds * S;
    return this.record.beat(this.now);
  }
}

test("a stream that is live at once is believed", () => {
  const page = new Page();

  assert.equal(page.live(), true);
  assert.deepEqual([page.record.failing, page.record.swallowed], [false, false]);
});

test("two silent connections are a swallowed stream, one is not", () => {
  const page = new Page();

  page.silent();
  assert.equal(page.record.failing, false);
  page.silent();

  assert.deepEqual([page.record.failing, page.record.swallowed], [true, true]);
});

test("what becomes live in its time ends that", () => {
  const page = new Page();
  page.silent();
  page.silent();
  page.record.polled();

  assert.equal(page.live(1), true);
  assert.deepEqual([page.record.failing, page.record.swallowed], [false, false]);
});

test("what comes late in a block is believed once a heartbeat comes by itself", () => {
  const page = new Page();
  page.silent();
  page.silent();
  page.record.polled();

  assert.equal(page.live(8), false);
  assert.equal(page.record.failing, true);
  assert.equal(page.beat(5), true);
  assert.equal(page.record.failing, false);
});

test("a late stream is believed where nothing was polled: the network is slow", () => {
  const page = new Page();

  assert.equal(page.live(8), true);
});

test("two young streams in a row that end unannounced were cut", () => {
  const page = new Page();
  page.live();
  page.ended(CUT, 16);
  assert.equal(page.record.failing, false);
  page.live();

  page.ended(CUT, 16);

  assert.deepEqual([page.record.failing, page.record.swallowed], [true, true]);
});

test("after cuts a stream is believed when it has lived twice as long", () => {
  const page = new Page();
  for (const seconds of [16, 10]) {
    page.live();
    page.ended(CUT, seconds);
  }

  assert.equal(page.live(), false);
  assert.equal(page.beat(20), false);
  assert.equal(page.record.failing, true);
  assert.equal(page.beat(13), true);
  assert.equal(page.record.failing, false);
});

test("an old stream that ends was not cut, and neither was one that the hub sends elsewhere", () => {
  const page = new Page();
  for (const n of [1, 2, 3]) {
    page.live();
    page.ended(CUT, n % 2 ? 10 : 70);
    assert.equal(page.record.failing, false);
  }
  page.live();
  page.record.retired();
  page.live();
  page.ended(CUT, 10);

  assert.equal(page.record.failing, false);
});

test("streams that bring their beginning and nothing else are cut as well", () => {
  const page = new Page();
  for (const n of [1, 2]) {
    page.live();
    page.now += 55 * S * n;
    page.record.silent(page.now);
  }

  assert.deepEqual([page.record.failing, page.record.swallowed], [true, true]);
});

test("a stream that dies after hours is no cut, however often", () => {
  const page = new Page();
  for (const _ of [1, 2, 3]) {
    page.live();
    page.beat(3600);
    page.now += 55 * S;
    page.record.silent(page.now);
  }

  assert.equal(page.record.failing, false);
});

for (const status of [400, 401, 403, 429, 503]) {
  test(`a refusal by the hub (${status}) is no swallowed stream`, () => {
    const page = new Page();

    for (const _ of [1, 2, 3]) page.ended({ ...NETWORK, status });

    const { failing, swallowed, refused } = page.record;
    assert.deepEqual([failing, swallowed, refused], [true, false, true]);
  });
}

for (const status of [404, 411, 500, 502, 504, 505]) {
  test(`an answer that the hub does not give to a feed (${status}) is a proxy's`, () => {
    const page = new Page();

    for (const _ of [1, 2]) page.ended({ ...NETWORK, status });

    const { failing, swallowed, refused } = page.record;
    assert.deepEqual([failing, swallowed, refused], [true, true, false]);
  });
}

test("without a network nothing is swallowed; once something is answered the stream is tried first", () => {
  const page = new Page();
  for (const _ of [1, 2, 3]) page.ended(NETWORK);
  assert.equal(page.record.swallowed, false);

  assert.equal(page.record.polled(), true);
  assert.equal(page.record.swallowed, false);
  page.ended(NETWORK);

  assert.equal(page.record.swallowed, true);
  assert.equal(page.record.polled(), false);
});

test("it comes back within 2 s at first, then later and later, at most 30 s", (t) => {
  t.mock.method(Math, "random", () => 1);
  const page = new Page();
  const waits = [];

  for (const _ of [1, 2, 3, 4, 5, 6]) {
    page.silent();
    waits.push(page.record.backoffMs(3000) / S);
  }

  assert.deepEqual(waits, [2, 6, 12, 24, 30, 30]);
});

test("a page after one whose stream was swallowed begins with that, until a stream comes through", () => {
  const page = new Page();
  page.record = new StreamRecord(true);
  assert.deepEqual([page.record.failing, page.record.swallowed], [true, true]);

  assert.equal(page.live(), true);

  assert.deepEqual([page.record.failing, page.record.swallowed], [false, false]);
});
