// A topic with history: what the log has, then what comes live, without a gap and nothing twice.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Topic } from "../../../../notifications/static/notifications/live/topic.js";
import { TopicEvents } from "../../../../notifications/static/notifications/live/topic-events.js";
import { Api } from "../../../../notifications/static/notifications/shared/api.js";

const LIVE = "event: stream-live\ndata: {}\n\n";
const block = (id, data) => `id: ${id}\nevent: tick\ndata: ${JSON.stringify({ topic: "job-1", at: "", data })}\n\n`;

async function settle() {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
}

/** A topic that is carried, over polls that are answered by `pages`, texts or responses, one after the other. */
function setUp(t, ...pages) {
  const page = { received: [], errors: [], asked: [], resets: [], pages };
  globalThis.fetch = async (url, { headers }) => {
    page.asked.push(headers["Last-Event-ID"]);
    const answer = page.pages.shift() ?? LIVE;
    return answer instanceof Response ? answer : new Response(await answer);
  };
  const events = new TopicEvents();
  page.topic = new Topic("job-1", events, { history: true, closed() {} });
  page.topic.on("tick", (data) => page.received.push(data));
  page.topic.on("error", (error) => page.errors.push(error));
  page.topic.on("stream-reset", ({ reason }) => page.resets.push(reason));
  page.live = (id, data) => events.receive("tick", { topic: "job-1", at: "", data }, String(id));
  page.carry = async () => {
    events.setCarried();
    await settle();
  };
  page.topic.start(new Api("http://hub", "T"));
  return page;
}

test("history comes first, over as many answers as it takes, then what is live", async (t) => {
  const page = setUp(t, block(11, 1) + block(12, 2), block(13, 3) + LIVE);

  await page.carry();
  await page.topic.ready;
  page.live(14, 4);
  await settle();

  assert.deepEqual(page.received, [1, 2, 3, 4]);
  assert.deepEqual(page.asked, ["1", "12"]);
});

test("race_what comes live while the history is read comes once, after it", async (t) => {
  let answer;
  const page = setUp(t, new Promise((resolve) => (answer = resolve)));
  await page.carry();

  page.live(12, 2);
  page.live(13, 3);
  answer(block(11, 1) + block(12, 2) + LIVE);
  await settle();

  assert.deepEqual(page.received, [1, 2, 3]);
});

test("race_texts that are joined live do not repeat those that the history had", async (t) => {
  const text = (value) => ({ text: value });
  const page = setUp(t, block(11, text("a")) + block(12, text("b")) + LIVE, block(13, text("c")) + block(14, text("d")) + LIVE);
  await page.carry();

  page.live(13, text("abc")); // joined of 11 to 13
  page.live(14, text("d"));
  await settle();

  assert.equal(page.received.map((data) => data.text).join(""), "abcd");
});

test("latest values that an answer begins with are in their places", async (t) => {
  const page = setUp(t, block(13, 3) + block(11, 1) + block(12, 2) + block(13, 3) + LIVE);

  await page.carry();

  assert.deepEqual(page.received, [1, 2, 3]);
});

test("before the topic is received nothing is read, so that nothing is between", async (t) => {
  const page = setUp(t, block(11, 1) + LIVE);

  await settle();
  assert.deepEqual(page.asked, []);
  await page.carry();

  assert.deepEqual(page.received, [1]);
});

test("the latest event is one of the history while none came live", async (t) => {
  const page = setUp(t, block(11, 1) + block(12, 2) + LIVE);

  await page.carry();

  assert.equal(page.topic.latest().data, 2);
});

test("a history that is refused is an error, and what is live goes on", async (t) => {
  const problem = { status: 403, headers: { "Content-Type": "application/problem+json" } };
  const page = setUp(t, new Response('{"detail": "no"}', problem));

  await page.carry();
  page.live(14, 4);
  await settle();

  assert.deepEqual([page.errors.length, page.received], [1, [4]]);
});

test("a history that the log has no more is told", async (t) => {
  const reset = 'event: stream-reset\ndata: {"topics": ["job-1"], "reason": "long", "position": "12"}\n\n';
  const page = setUp(t, reset + block(12, 2) + LIVE);

  await page.carry();

  assert.deepEqual([page.resets, page.received], [["trimmed"], [2]]);
});
