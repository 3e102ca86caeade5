// What changes while a request is under way is newer than its answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { READ, item, items, model, numbers } from "./inbox.js";

const never = () => false;

/** Change a list of 3 and 2 while it is loaded, and give it this answer. */
function race({ filter, hasMore = false, keep = never, answer = items(3, 2) }, change) {
  const inbox = model({ filter, items: items(3, 2), hasMore });
  const changes = inbox.begin();
  change(inbox);
  inbox.merge(answer, false, changes, (one) => keep(one, changes));
  return inbox;
}

test("what was read meanwhile stays read", () => {
  const inbox = race({}, (list) => list.update({ id: "0003", read_at: READ }));

  assert.equal(inbox.get("0003").read_at, READ);
});

test("what was read meanwhile, before it was known, is read when it comes", () => {
  const inbox = race({ answer: items(3, 1) }, (list) => list.update({ id: "0001", read_at: READ }));

  assert.equal(inbox.get("0001").read_at, READ);
});

test("what was read meanwhile, before it was known, does not join the unread ones", () => {
  const change = (list) => list.update({ id: "0001", read_at: READ });
  const inbox = race({ filter: "unread", answer: items(3, 1) }, change);

  assert.deepEqual(numbers(inbox), [3, 2]);
});

test("what was archived meanwhile does not come back", () => {
  const inbox = race({}, (list) => list.update({ id: "0003", archived_at: READ }));

  assert.deepEqual(numbers(inbox), [2]);
});

test("what was archived and moved back meanwhile is there", () => {
  const inbox = race({}, (list) => {
    list.update({ id: "0003", archived_at: READ });
    list.update({ id: "0003", archived_at: null });
  });

  assert.deepEqual(numbers(inbox), [3, 2]);
});

test("what was recalled meanwhile does not come back", () => {
  const inbox = race({}, (list) => list.remove("0003"));

  assert.deepEqual(numbers(inbox), [2]);
});

test("when all were read meanwhile, what comes is read", () => {
  const inbox = race({ answer: items(3, 1) }, (list) => list.update({ id: "all", read_at: READ }));

  assert.deepEqual(inbox.items.map(({ read_at }) => read_at), [READ, READ, READ]);
});

test("a change of one field leaves the others as the hub has them", () => {
  const answer = [item(3, { read_at: READ })];
  const inbox = race({ filter: "archived", answer }, (list) => list.update({ id: "0003", archived_at: READ }));

  assert.deepEqual([inbox.get("0003").read_at, inbox.get("0003").archived_at], [READ, READ]);
});

test("what came meanwhile stays if it is kept, though the answer does not have it", () => {
  const keep = ({ id }, changes) => changes.has(id);
  const inbox = race({ keep }, (list) => list.receive(item(4)));

  assert.deepEqual(numbers(inbox), [4, 3, 2]);
});

test("what changed before the request is as the answer says", () => {
  const inbox = model({ items: items(3, 3) });
  inbox.update({ id: "0003", read_at: READ });

  inbox.merge(items(3, 3), false, inbox.begin(), never);

  assert.equal(inbox.get("0003").read_at, null);
});

test("two requests at once each have the changes since they began", () => {
  const inbox = model({ items: items(3, 3) });
  const first = inbox.begin();
  inbox.update({ id: "0003", read_at: READ });
  const second = inbox.begin();

  inbox.merge(items(3, 3), false, second, never);
  assert.equal(inbox.get("0003").read_at, null);

  inbox.merge(items(3, 3), false, first, never);
  assert.equal(inbox.get("0003").read_at, READ);
});

test("a request that ended is told nothing more", () => {
  const inbox = model({ items: items(3, 3) });
  const changes = inbox.begin();
  inbox.end(changes);

  inbox.update({ id: "0003", read_at: READ });

  assert.equal(changes.size, 0);
});

test("an answer without a gap shows what lies below the last one", () => {
  const inbox = race({ hasMore: true, answer: items(3, 1) }, () => {});

  assert.deepEqual(numbers(inbox), [3, 2, 1]);
});
