// How the inbox is loaded: pages, refreshes, retries, and answers that come too late.

import assert from "node:assert/strict";
import { test } from "node:test";

import { InboxFilters } from "../../../notifications/static/notifications/inbox/filters.js";
import { InboxLoader } from "../../../notifications/static/notifications/inbox/loader.js";
import { MAX_ITEMS } from "../../../notifications/static/notifications/inbox/model.js";
import { Client, READ, item, items, model, numbers, settle } from "./inbox.js";

const UNREAD = new InboxFilters({ filter: "unread" });
const ARCHIVED = new InboxFilters({ filter: "archived" });

/** `timers`: what was to be called later. */
function loading(t, inbox, options = {}) {
  const timers = [];
  t.mock.method(globalThis, "setTimeout", (call) => timers.push(call));
  t.mock.method(globalThis, "clearTimeout", (number) => delete timers[number - 1]);
  const client = new Client();
  const results = [];
  const loader = new InboxLoader(client, inbox, {
    pageSize: 2,
    settled: () => Promise.resolve(),
    loaded: (ok) => results.push(ok),
    ...options,
  });
  return { client, loader, results, timers };
}

test("other filters show what they find, and nothing else", async (t) => {
  const inbox = model({ items: items(4, 3) });
  const { client, loader, results } = loading(t, inbox);

  loader.load(ARCHIVED);
  await client.answer(items(2, 1, { archived_at: READ }), "0001");

  assert.equal(client.queries[0].filter, "archived");
  assert.deepEqual(numbers(inbox), [2, 1]);
  assert.equal(inbox.hasMore, true);
  assert.deepEqual(results, [true]);
});

test("what comes while other filters load stays if it belongs there", async (t) => {
  const inbox = model();
  const { client, loader } = loading(t, inbox);

  loader.load(UNREAD);
  inbox.receive(item(5));
  await client.answer(items(2, 1));

  assert.deepEqual(numbers(inbox), [5, 2, 1]);
});

test("an answer for filters that were left is ignored", async (t) => {
  const inbox = model();
  const { client, loader, results } = loading(t, inbox);

  loader.load(UNREAD);
  loader.load(ARCHIVED);
  await client.answer(items(9, 8));
  await client.answer(items(2, 1, { archived_at: READ }));

  assert.deepEqual(numbers(inbox), [2, 1]);
  assert.deepEqual(results, [true]);
});

test("older items follow those that are shown", async (t) => {
  const inbox = model({ items: items(4, 3), hasMore: true });
  const { client, loader } = loading(t, inbox);

  loader.loadOlder();
  loader.loadOlder();
  await client.answer(items(2, 1));

  assert.deepEqual(client.queries.map(({ before }) => before), ["0003"], "once");
  assert.deepEqual(numbers(inbox), [4, 3, 2, 1]);
  assert.equal(loader.canLoadOlder, false);
});

test("older items load for the new filters while those of the former ones are still awaited", async (t) => {
  const inbox = model({ items: items(4, 3), hasMore: true });
  const { client, loader } = loading(t, inbox);
  loader.loadOlder();
  loader.load(ARCHIVED);
  await client.answer(items(2, 1));
  await client.answer(items(9, 8, { archived_at: READ }), "0008");

  loader.loadOlder();

  assert.equal(client.open, 1);
});

test("beyond the limit nothing older is loaded", (t) => {
  const { loader } = loading(t, model({ items: items(MAX_ITEMS, 1), hasMore: true }));

  assert.equal(loader.canLoadOlder, false);
});

test("a refresh loads as many as are shown", async (t) => {
  const inbox = model({ items: items(150, 1) });
  const { client, loader } = loading(t, inbox);

  loader.refresh();
  await settle();
  await client.answer(items(150, 51), "0051");
  await client.answer(items(50, 1));

  assert.deepEqual(client.queries.map(({ limit, before }) => [limit, before]), [[100, ""], [100, "0051"]]);
  assert.equal(inbox.items.length, 150);
});

test("a refresh drops what is gone, and keeps what lies beyond it", async (t) => {
  const inbox = model({ items: items(5, 1) });
  const { client, loader } = loading(t, inbox, { pageSize: 2 });

  loader.refresh();
  await settle();
  await client.answer([item(5), item(3), item(1)], "0001");

  assert.deepEqual(numbers(inbox), [5, 3, 1]);
  assert.equal(inbox.hasMore, true);
});

test("what comes during a refresh stays, though its answer does not have it", async (t) => {
  const inbox = model({ items: items(2, 1) });
  const { client, loader } = loading(t, inbox);

  loader.refresh();
  await settle();
  inbox.receive(item(3));
  await client.answer(items(2, 1));

  assert.deepEqual(numbers(inbox), [3, 2, 1]);
});

test("a refresh keeps an item of the same moment as the last one that it found", async (t) => {
  const same = { created_at: item(1).created_at };
  const inbox = model({ items: [item(2, same), item(1, same)] });
  const { client, loader } = loading(t, inbox);

  loader.refresh();
  await settle();
  await client.answer([item(2, same)], "0002");

  assert.deepEqual(numbers(inbox), [2, 1]);
});

test("a refresh waits for the actions that are under way", async (t) => {
  let finish;
  const action = new Promise((resolve) => (finish = resolve));
  const { client, loader } = loading(t, model(), { settled: () => action });

  loader.refresh();
  await settle();
  assert.equal(client.open, 0);

  finish();
  await settle();
  assert.equal(client.open, 1);
});

test("refreshes that are asked for meanwhile are one more", async (t) => {
  const { client, loader } = loading(t, model());

  loader.refresh();
  await settle();
  loader.refresh();
  loader.refresh();
  await client.answer([]);
  await client.answer([]);

  assert.equal(client.queries.length, 2);
});

test("a failure is reported, and tried again", async (t) => {
  const inbox = model({ items: items(2, 1) });
  const { client, loader, results, timers } = loading(t, inbox);

  loader.load(UNREAD);
  await client.fail();
  assert.equal(loader.failed, true);

  timers[0]();
  await settle();
  await client.answer(items(2, 1));
  assert.deepEqual(results, [false, true]);
  assert.equal(loader.failed, false);
});

test("after it was closed nothing is shown or tried again", async (t) => {
  const inbox = model();
  const { client, loader, results, timers } = loading(t, inbox);
  loader.load(UNREAD);

  loader.close();
  await client.fail();

  assert.deepEqual(results, []);
  assert.deepEqual(timers, []);
});
