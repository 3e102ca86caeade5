// Texts that a policy joins, where a stream and polls, or two streams, bring them side by side: each once, in order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TopicEvents } from "../../../../notifications/static/notifications/live/topic-events.js";
import { Api } from "../../../../notifications/static/notifications/shared/api.js";
import { Feed } from "../../../../notifications/static/notifications/shared/feeds/feed.js";
// Loaded by now, as it is in a page that was live.
import "../../../../notifications/static/notifications/shared/feeds/feed-polls.js";
import { JoinedTexts } from "../../../../notifications/static/notifications/shared/feeds/joined-texts.js";

const QUERY = "?own=0&topic=log";
const LIVE = "event: stream-live\ndata: {}\n\n";
const opened = (position) => `id: ${position}\nevent: stream-open\ndata: {"heartbeat_s": 20}\n\n`;
const textOf = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `${from + n};`).join("");

/** The parts from one position to another, joined. */
const joined = (from, to = from) =>
  `id: ${to}\nevent: line\ndata: ${JSON.stringify({ topic: "log", data: { text: textOf(from, to) } })}\n\n`;

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

/** A feed over streams and polls that the test writes; `page.text` is what a subscriber was given, `connected` is called for each. */
function setUp(t, connected = () => {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.mock.method(Math, "random", () => 0.5);
  globalThis.addEventListener = () => {};
  globalThis.document = new EventTarget();
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
  const page = { text: "", states: [], sources: [] };
  globalThis.fetch = async (url, { signal, headers }) => {
    if (url.endsWith("/acks")) return new Response(null, { status: 204 });
    const source = { isPoll: url.includes("wait="), position: Number(headers["Last-Event-ID"] ?? 0), isOpen: true };
    const body = new ReadableStream({ start: (controller) => (source.controller = controller) });
    source.write = async (text) => {
      if (source.isOpen) source.controller.enqueue(new TextEncoder().encode(text));
      await settle();
    };
    source.end = async (how = "close") => {
      if (source.isOpen) source.controller[how](new TypeError("reset"));
      source.isOpen = false;
      await settle();
    };
    signal.addEventListener("abort", () => source.end("error"));
    page.sources.push(source);
    connected(source);
    return new Response(body);
  };
  page.pass = async (ms) => {
    for (let passed = 0; passed < ms; passed += 500) {
      t.mock.timers.tick(500);
      await settle();
    }
  };
  page.stream = () => page.sources.findLast(({ isPoll, isOpen }) => isOpen && !isPoll);
  page.poll = () => page.sources.findLast(({ isPoll, isOpen }) => isOpen && isPoll);
  page.until = async (find) => {
    for (let n = 0; n < 100 && !find(); n += 1) await page.pass(500);
    assert.ok(find());
    return find();
  };
  const events = new TopicEvents();
  events.topics.add({ receive: ({ data }) => (page.text += data.text), reset() {} });
  page.feed = new Feed(
    new Api("http://hub", "T"),
    "10",
    (type, data, id) => data.topic && events.receive(type, data, id),
    (name) => page.states.at(-1) === name || page.states.push(name),
    { query: QUERY },
  );
  t.after(() => page.feed.close());
  return page;
}

/** Polled, as two streams were cut, beside a third one that is not proven. */
async function besidePolls(t) {
  const page = setUp(t);
  await settle();
  for (let cut = 0; cut < 2; cut += 1) {
    const stream = await page.until(page.stream);
    await stream.write(opened(10) + LIVE);
    await page.pass(3000);
    await stream.end("error");
  }
  const stream = await page.until(page.stream);
  await stream.write(opened(10) + LIVE);
  return { page, stream, poll: await page.until(page.poll) };
}

test("a text that a stream joined across what a poll brought is left to the polls, then to another stream", async (t) => {
  const { page, stream, poll } = await besidePolls(t);
  await page.pass(1000);
  await poll.write(opened(10) + joined(11, 15) + LIVE);
  await poll.end();
  await stream.write(joined(11, 20));
  assert.equal(page.text, textOf(11, 15));

  const next = await page.until(page.poll);
  await stream.write(joined(21, 25));
  await next.write(opened(15) + joined(16) + joined(17) + LIVE);
  await page.pass(10_000);
  await stream.write(": heartbeat\n");

  assert.deepEqual([page.states.at(-1), next.position], ["live", 15]);
  const successor = page.stream();
  assert.equal(successor.position, 17);
  await successor.write(opened(17) + joined(18) + joined(19) + joined(20, 25) + LIVE);
  assert.equal(page.text, textOf(11, 25));
  assert.deepEqual([stream.isOpen, page.states.at(-1)], [false, "live"]);
});

test("a text that a poll joined across what the stream brought is left to the stream and the next poll", async (t) => {
  const { page, stream, poll } = await besidePolls(t);
  await page.pass(1000);
  await stream.write(joined(11, 15));
  await poll.write(opened(10) + joined(11, 12) + joined(13, 17) + LIVE);
  await poll.end();

  const next = await page.until(page.poll);
  assert.deepEqual([page.text, next.position], [textOf(11, 15), 15]);
  await stream.write(joined(16, 20));

  assert.equal(page.text, textOf(11, 20));
});

test("a torn stream is replaced at once where polls are not answered", async (t) => {
  const { page, stream, poll } = await besidePolls(t);
  await page.pass(1000);
  await poll.write(opened(10) + joined(11, 15));
  await poll.end("error");
  await stream.write(joined(11, 20));

  const successor = await page.until(() => page.stream() !== stream && page.stream());
  await successor.write(opened(15) + joined(16) + joined(17, 20) + LIVE);

  assert.equal(page.text, textOf(11, 20));
});

test("race_a successor that was under way while the stream before it went on repeats nothing", async (t) => {
  const page = setUp(t);
  await settle();
  const [stream] = page.sources;
  await stream.write(opened(10) + LIVE + joined(11));
  page.feed.change(`${QUERY}&topic=other`);
  await settle();
  const successor = page.stream();
  await stream.write(joined(12, 15));

  await successor.write(opened(11) + joined(12) + joined(13, 20) + LIVE);
  const last = await page.until(() => page.stream() !== successor && page.stream());
  await last.write(opened(12) + [13, 14, 15, 16, 17].map((id) => joined(id)).join("") + joined(18, 20) + LIVE);

  assert.equal(page.text, textOf(11, 20));
  assert.deepEqual(page.states, ["live"]);
});

test("what cannot be joined is not held for an overlap, nor is the text that begins where the last one ended", () => {
  const texts = new JoinedTexts();
  texts.add({ topic: "log", data: "a" }, "15");

  assert.equal(texts.overlaps({ topic: "log", data: { text: "b" } }, "20", 12), true);
  assert.equal(texts.overlaps({ topic: "log", data: { text: "b", more: 1 } }, "20", 12), false);
  assert.equal(texts.overlaps({ topic: "other", data: "b" }, "20", 12), false);
  assert.equal(texts.overlaps({ topic: "log", data: "b" }, "20", 15), false);
  assert.equal(texts.overlaps({ topic: "log", data: "b" }, "15", 12), false);
  texts.clear();
  assert.equal(texts.overlaps({ topic: "log", data: "b" }, "20", 12), false);
});

/** A hub that joins what waits wherever a tick falls, for each source by itself, and a network that holds back. */
class MadeHub {
  head = 10;
  #sources = [];

  constructor(random) {
    this.random = random;
  }

  connected(source) {
    const { position } = source;
    Object.assign(source, { reached: this.head, outbox: [opened(position)], ends: source.isPoll && position < this.head });
    for (let id = position + 1; id <= this.head; id += 1) source.outbox.push(joined(id));
    if (!source.isPoll || source.ends) source.outbox.push(LIVE);
    this.#sources.push(source);
  }

  get open() {
    return (this.#sources = this.#sources.filter(({ isOpen }) => isOpen));
  }

  tick(source) {
    if (source.ends || source.reached === this.head) return;
    const middle = source.reached + this.random(this.head - source.reached);
    if (middle > source.reached) source.outbox.push(joined(source.reached + 1, middle));
    source.outbox.push(joined(middle + 1, this.head));
    source.reached = this.head;
    if (!source.isPoll) return;
    source.outbox.push(LIVE);
    source.ends = true;
  }

  async deliver(source, most = Infinity) {
    await source.write(source.outbox.splice(0, most).join(""));
    if (source.ends && !source.outbox.length) await source.end();
  }
}

function seeded(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (let seed = 1; seed <= 60; seed += 1) {
  test(`race_schedule ${seed} of cuts, ticks and held chunks ends with each text once`, async (t) => {
    const random = seeded(seed * 7919);
    const made = new MadeHub(random);
    const page = setUp(t, (source) => made.connected(source));
    await settle();
    const steps = [
      () => (made.head += 1 + random(4)),
      () => (made.head += 1 + random(4)),
      (source) => made.tick(source),
      (source) => made.tick(source),
      (source) => made.deliver(source, 1 + random(3)),
      (source) => made.deliver(source),
      (source) => (random(6) || source.isPoll ? made.deliver(source) : source.end("error")),
      (source) => (source.isPoll || source.outbox.length ? undefined : source.write(": heartbeat\n")),
      () => page.pass(500 + 500 * random(6)),
      () => void (random(4) || page.feed.change(`${QUERY}&topic=other-${random(9)}`)),
    ];

    for (let n = 0; n < 150; n += 1) {
      const open = made.open;
      const source = open[random(open.length)];
      const step = steps[random(steps.length)];
      if (source || !step.length) await step(source);
    }

    const whole = () => textOf(11, made.head);
    for (let n = 0; n < 100 && page.text.length < whole().length; n += 1) {
      for (const source of made.open) {
        made.tick(source);
        await made.deliver(source);
        if (!source.isPoll) await source.write(": heartbeat\n");
      }
      await page.pass(1000);
    }
    assert.equal(page.text, whole());
  });
}
