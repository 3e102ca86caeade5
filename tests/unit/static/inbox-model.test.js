// What the inbox shows after events and actions.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_ITEMS } from "../../../notifications/static/notifications/inbox/model.js";
import { READ, item, items, model, numbers } from "./inbox.js";

test("a new notification is shown by its time", () => {
  const inbox = model({ items: items(3, 3) });

  for (const n of [2, 5, 4]) inbox.receive(item(n));

  assert.deepEqual(numbers(inbox), [5, 4, 3, 2]);
});

test("of two of the same moment the larger id is first, as on the server", () => {
  const same = { created_at: item(1).created_at };
  const inbox = model({ items: [item(1, same), item(3, same), item(2, same)] });

  assert.deepEqual(numbers(inbox), [3, 2, 1]);
});

test("a notification that comes again keeps its state", () => {
  const inbox = model({ items: [item(1, { read_at: READ })] });

  inbox.receive(item(1, { title: "corrected" }));

  assert.equal(inbox.get("0001").read_at, READ);
  assert.equal(inbox.get("0001").title, "corrected");
});

test("what was read leaves the unread ones, and comes back to its place when it is unread again", () => {
  const inbox = model({ filter: "unread", items: items(3, 1) });

  inbox.update({ id: "0002", read_at: READ });
  assert.deepEqual(numbers(inbox), [3, 1]);

  inbox.update({ id: "0002", read_at: null });
  assert.deepEqual(numbers(inbox), [3, 2, 1]);
});

test("what was archived leaves, and comes back as it was", () => {
  const inbox = model({ items: items(2, 1, { read_at: READ }) });

  inbox.update({ id: "0001", archived_at: READ });
  assert.deepEqual(numbers(inbox), [2]);

  inbox.update({ id: "0001", archived_at: null });
  assert.equal(inbox.get("0001").read_at, READ);
});

test("a recalled one does not come back", () => {
  const inbox = model({ filter: "unread", items: items(2, 1) });
  inbox.update({ id: "0001", read_at: READ });

  inbox.remove("0001");

  assert.equal(inbox.update({ id: "0001", read_at: null }), true, "it has to be loaded, if it is there");
  assert.deepEqual(numbers(inbox), [2]);
});

test("when all were read, those shown are, and the list is loaded again", () => {
  const inbox = model({ items: [item(2), item(1, { read_at: "2026-03-01T12:30:00.000Z" })] });

  assert.equal(inbox.update({ id: "all", read_at: READ }), true);

  assert.deepEqual(inbox.items.map(({ read_at }) => read_at), [READ, "2026-03-01T12:30:00.000Z"]);
});

test("that all were seen changes nothing", () => {
  const inbox = model({ items: items(2, 1) });

  assert.equal(inbox.update({ id: "all", seen_at: READ }), false);

  assert.equal(inbox.get("0001").read_at, null);
});

test("of a state that is not given, nothing changes", () => {
  const inbox = model({ items: [item(1, { read_at: READ })] });

  inbox.update({ id: "0001", seen_at: READ });

  assert.equal(inbox.get("0001").read_at, READ);
});

test("items are replaced, so that a view sees which changed", () => {
  const inbox = model({ items: items(2, 1) });
  const [newer, older] = inbox.items;

  inbox.update({ id: "0001", read_at: READ });

  assert.equal(inbox.items[0], newer);
  assert.notEqual(inbox.items[1], older);
});

test("nothing is shown below a gap", () => {
  const inbox = model({ items: items(9, 5), hasMore: true });

  inbox.receive(item(2));

  assert.deepEqual(numbers(inbox), [9, 8, 7, 6, 5]);
});

test("beyond its limit the oldest makes room, and lies on another page", () => {
  const inbox = model({ items: items(MAX_ITEMS, 1) });

  inbox.receive(item(MAX_ITEMS + 1));

  assert.equal(inbox.items.length, MAX_ITEMS);
  assert.equal(inbox.last.id, "0002");
  assert.equal(inbox.hasMore, true);
});

test("each change is reported", () => {
  let changes = 0;
  const inbox = model({ changed: () => changes++ });

  inbox.receive(item(1));
  inbox.update({ id: "0001", read_at: READ });
  inbox.remove("0001");

  assert.equal(changes, 3);
});

test("what left a list does not come back to another one", () => {
  const inbox = model({ filter: "unread", items: items(1, 1) });
  inbox.update({ id: "0001", read_at: READ });

  inbox.setFilters(inbox.filters.with({ category: "builds" }));

  assert.equal(inbox.update({ id: "0001", read_at: null }), true, "the hub knows whether it belongs there");
  assert.deepEqual(numbers(inbox), []);
});
