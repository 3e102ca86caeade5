// The tab that leads loads what it needs to hold the feed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../../../../notifications/static/notifications/shared/api.js";
import { sharedFeed } from "../../../../notifications/static/notifications/shared/feeds/shared-feed.js";

const MEMBER = {
  own: true,
  topics: new Set(),
  receive() {},
  stateChanged() {},
  restore() {},
  leads() {},
  snapshot: () => ({}),
};

/** A tab without others, which leads: what it requests, and a call that leaves its page. */
function leading(t, user) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const left = {};
  const tab = { requests: [], leave: () => left.pagehide() };
  globalThis.addEventListener = (type, call) => (left[type] = call);
  t.mock.method(globalThis, "fetch", async (url, { signal }) => {
    tab.requests.push(url);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  sharedFeed(new Api("http://hub", null), user).add(MEMBER);
  t.mock.timers.tick(1);
  return tab;
}

async function settle() {
  for (let n = 0; n < 200; n += 1) await new Promise(setImmediate);
}

test("race_a page that is left before it can hold the feed requests none", async (t) => {
  const tab = leading(t, "1");

  tab.leave();
  await import("../../../../notifications/static/notifications/shared/feeds/leadership.js");
  await settle();

  assert.deepEqual(tab.requests, []);
});

test("a tab that leads holds the feed, until its page is left", async (t) => {
  const tab = leading(t, "2");

  await settle();
  tab.leave();

  assert.deepEqual(tab.requests, ["http://hub/feed/?acks=1"]);
});
