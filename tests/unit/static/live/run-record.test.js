// What a run has brought: its text, whatever stands between its tokens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RunRecord } from "../../../../notifications/static/notifications/live/run-record.js";

function recordOf(...events) {
  const record = new RunRecord();
  for (const [type, data] of events) record.receive(type, data);
  return record;
}
const token = (text) => ["token", { text }];
const kinds = (record) => record.blocks.map(({ kind }) => kind);

test("tokens are one text until something stands between them", () => {
  const record = recordOf(token("a"), token("b"), ["tool", { name: "search" }], token("c"));

  assert.deepEqual(kinds(record), ["text", "tool", "text"]);
  assert.equal(record.text, "abc");
});

test("after a reset the next token has all of the text, and what else came stays", () => {
  const record = recordOf(token("a"), ["phase", { name: "writing" }], token("b"), ["reset"], token("abc"), token("d"));

  assert.equal(record.text, "abcd");
  assert.deepEqual(kinds(record), ["phase", "text"]);
});

test("a stream that begins anew brings all of it again", () => {
  assert.equal(recordOf(token("a"), ["phase", { name: "x" }], ["begin"], token("ab")).text, "ab");
});

test("a call of a tool that goes on is one, with what is known of it by now", () => {
  const record = recordOf(["tool", { name: "search", id: 1, query: "SSE" }], token("a"), ["tool", { name: "search", id: 1, hits: 3 }]);

  assert.deepEqual(kinds(record), ["tool", "text"]);
  assert.deepEqual(record.blocks[0].data, { name: "search", id: 1, query: "SSE", hits: 3 });
});

for (const [type, data, state, detail] of [
  ["done", { outcome: null }, "done", ""],
  ["error", { detail: "No model" }, "failed", "No model"],
  ["stopped", { by: "alice" }, "stopped", "alice"],
  ["lost", { lease_s: 2 }, "lost", ""],
]) {
  test(`a run that ends with ${type} is ${state}, and in no phase`, () => {
    const record = recordOf(["phase", { name: "writing" }], [type, data]);

    assert.deepEqual([record.state, record.detail, record.phase], [state, detail, ""]);
  });
}

for (const data of [null, 7, "search", [], {}]) {
  test(`a phase and a tool of ${JSON.stringify(data)} are shown`, () => {
    assert.deepEqual(kinds(recordOf(["phase", data], ["tool", data], ["artifact", data])), ["phase", "tool", "artifact"]);
  });
}
