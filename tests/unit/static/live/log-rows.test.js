// The rows of <hub-log>: whatever a program prints.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LogRows, textOf } from "../../../../notifications/static/notifications/live/elements/log-rows.js";

function rowsOf(max, ...data) {
  const rows = new LogRows(max);
  for (const one of data) rows.add(one);
  return rows;
}
const texts = (rows) => rows.shown.map(({ text }) => text);

for (const [data, text] of [
  ["text", "text"],
  [{ message: "of a logger" }, "of a logger"],
  [{ text: "of a stream" }, "of a stream"],
  [{ done: 1 }, '{"done":1}'],
  [null, "null"],
  [42, "42"],
  [["a"], '["a"]'],
  [{ message: 7 }, '{"message":7}'],
]) {
  test(`${JSON.stringify(data)} is shown as ${text}`, () => assert.equal(textOf(data), text));
}

test("a text of several lines is several rows, and its last line break none", () => {
  assert.deepEqual(texts(rowsOf(10, "a\nb\r\nc\n", "", "d\n\n")), ["a", "b", "c", "", "d", ""]);
});

test("colours of terminals are left out", () => {
  assert.deepEqual(texts(rowsOf(10, "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 end")), ["red link end"]);
});

test("a very long line is cut", () => {
  assert.equal(rowsOf(10, "x".repeat(100_000)).all[0].text.length, 4000);
});

test("beyond its size it drops the oldest rows and keeps their numbers", () => {
  const rows = rowsOf(100, ...Array.from({ length: 1000 }, (_, n) => `${n + 1}`));

  assert.ok(rows.all.length <= 110);
  assert.ok(rows.all.every(({ number, text }) => String(number) === text));
  assert.equal(rows.all.at(-1).text, "1000");
});

test("a search shows what matches, regardless of case, and what comes meanwhile", () => {
  const rows = rowsOf(10, "An ERROR", "fine");

  rows.search("error");
  rows.add("another Error");
  rows.add("fine again");

  assert.deepEqual(texts(rows), ["An ERROR", "another Error"]);
  rows.search("");
  assert.equal(texts(rows).length, 4);
});

test("a search forgets matches that were dropped", () => {
  const rows = rowsOf(10);
  rows.search("row");

  for (let n = 0; n < 50; n += 1) rows.add(`row ${n}`);

  assert.deepEqual(rows.shown, rows.all);
});
