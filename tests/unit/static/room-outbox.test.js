// The messages that a room has not accepted yet.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";

import { Outbox } from "../../../notifications/static/notifications/rooms/outbox.js";

globalThis.crypto ??= webcrypto; // before Node 20

function storage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}

const bodies = ({ messages }) => messages.map(({ body }) => body);

test("messages are sent in order, past those that were refused", () => {
  const outbox = new Outbox("key", storage());
  const [first, second] = [outbox.add("one"), outbox.add("two")];
  assert.equal(outbox.next, first);

  outbox.refuse(first.id, "too-long", "");

  assert.equal(outbox.next, second);
});

test("after a reload they are there with their ids", () => {
  const kept = storage();
  const { id } = new Outbox("key", kept).add("one");

  assert.equal(new Outbox("key", kept).next.id, id);
});

test("what was accepted is gone, and known to have been ours", () => {
  const outbox = new Outbox("key", storage());
  const { id } = outbox.add("one");

  assert.equal(outbox.remove(id), true);
  assert.equal(outbox.remove(id), false);

  assert.deepEqual(bodies(outbox), []);
});

test("a refused one that is sent again goes to the end", () => {
  const outbox = new Outbox("key", storage());
  const { id } = outbox.add("one");
  outbox.add("two");
  outbox.refuse(id, "too-many", "Wait.");

  outbox.retry(id);

  assert.deepEqual(bodies(outbox), ["two", "one"]);
  assert.equal(outbox.messages[1].refused, null);
});

test("messages for a room that was deleted are not sent to the next one of its name", () => {
  const kept = storage();
  const former = new Outbox("key", kept);
  former.join("room-1");
  former.add("for the former");

  const outbox = new Outbox("key", kept);
  outbox.add("written before joining");
  outbox.join("room-2");

  assert.deepEqual(bodies(outbox), ["written before joining"]);
});

test("a browser that stores nothing loses nothing but after a reload", () => {
  const broken = () => {
    throw new Error("no storage");
  };
  const outbox = new Outbox("key", { getItem: broken, setItem: broken });

  outbox.add("one");

  assert.deepEqual(bodies(outbox), ["one"]);
});
