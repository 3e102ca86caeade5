// A name that is no topic is refused where it is used: one of them would end the feed of all others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hub } from "../../../../notifications/static/notifications/hub.js";

const other = hub.connect({ url: "https://hub.example.com", token: () => new Promise(() => {}) });

for (const name of ["", "a b", "-a", "a/b", "ä", "a".repeat(201), undefined, null, 7, ["job-1"], "room-lobby", "a\n", "a&own=1"]) {
  test(`${JSON.stringify(name)} is no topic`, () => assert.throws(() => other.topic(name), TypeError));
}

for (const name of ["a", "job-42", "A.b_c~d-e", "0", "a".repeat(200)]) {
  test(`${name.slice(0, 20)} is one`, () => assert.equal(other.topic(name).name, name));
}

test("a handler that is no function is refused", () => {
  assert.throws(() => other.topic("job-1").on("tick"), TypeError);
});

test("a hub that is closed opens no topic", () => {
  const closed = hub.connect({ url: "https://hub.example.com", token: () => new Promise(() => {}) });
  closed.close();

  assert.throws(() => closed.topic("job-1"), TypeError);
});

test("an address that is none is refused", () => {
  assert.throws(() => hub.connect({ url: "::" }), TypeError);
});
