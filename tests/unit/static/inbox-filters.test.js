// The part of the inbox that an address asks for, and what belongs in it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { InboxFilters } from "../../../notifications/static/notifications/inbox/filters.js";
import { READ, item } from "./inbox.js";

const filters = (changes) => new InboxFilters(changes);
const unread = { read_at: null, archived_at: null };

test("the address of the whole inbox says nothing", () => assert.equal(filters().url, "/"));

test("an address says what is chosen, and nothing else", () => {
  assert.equal(filters({ filter: "unread", q: "a b" }).url, "/?filter=unread&q=a+b");
});

test("an address is read back", () => {
  const chosen = filters({ filter: "archived", category: "builds", q: "ü", before: "id" });

  assert.deepEqual(InboxFilters.parse(new URL(chosen.url, "http://hub").search), chosen);
});

test("a filter that there is not is none", () => assert.equal(InboxFilters.parse("?filter=x").filter, "all"));

test("the unread list keeps what is neither read nor archived", () => {
  const kept = [unread, { ...unread, read_at: READ }, { ...unread, archived_at: READ }];

  assert.deepEqual(kept.map((state) => filters({ filter: "unread" }).keeps(state)), [true, false, false]);
});

test("the archived list keeps what is archived, read or not", () => {
  const kept = [unread, { read_at: READ, archived_at: READ }, { ...unread, archived_at: READ }];

  assert.deepEqual(kept.map((state) => filters({ filter: "archived" }).keeps(state)), [false, true, true]);
});

test("a new one of another category is not shown", () => {
  assert.equal(filters({ category: "builds" }).accepts(item(1, { category: "news" })), false);
  assert.equal(filters({ category: "builds" }).accepts(item(1, { category: "builds" })), true);
});

test("a new one is searched in title and body, in any case", () => {
  const needle = filters({ q: "Needle" });

  assert.equal(needle.accepts(item(1, { title: "a NEEDLE" })), true);
  assert.equal(needle.accepts(item(1, { body: "needles" })), true);
  assert.equal(needle.accepts(item(1)), false);
});

test("a new one is not shown among archived ones, nor on a page of older ones", () => {
  assert.equal(filters({ filter: "archived" }).accepts(item(1)), false);
  assert.equal(filters({ before: "0001" }).accepts(item(2)), false);
});

test("what was moved back from the archive may belong in the list", () => {
  assert.equal(filters().mayGain({ archived_at: null }), true);
  assert.equal(filters().mayGain({ archived_at: READ }), false);
  assert.equal(filters({ filter: "archived" }).mayGain({ archived_at: READ }), true);
});

test("what is unread again may belong among the unread ones", () => {
  assert.equal(filters({ filter: "unread" }).mayGain({ read_at: null }), true);
  assert.equal(filters({ filter: "unread" }).mayGain({ read_at: READ }), false);
  assert.equal(filters().mayGain({ read_at: null }), false);
});
