// Which toasts are folded into a summary: tests/cases/toast_folding.json holds the browser and the server to one rule.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { BATCH_MS } from "../../../notifications/static/notifications/toasts/folding.js";
import { ToastQueue } from "../../../notifications/static/notifications/toasts/queue.js";

const cases = JSON.parse(readFileSync(new URL("../../cases/toast_folding.json", import.meta.url)));

/** The numbers of those, of notifications that came at these seconds, that never had a toast of their own. */
function folded(seconds) {
  const queue = new ToastQueue();
  const own = new Set();
  for (const batch of batches(seconds)) {
    queue.expire(batch.at);
    queue.add(batch.ids.map((id) => ({ id, severity: "info" })), batch.at);
    for (const { item } of queue.shown) if (item) own.add(item.id);
  }
  return seconds.map((_, id) => id).filter((id) => !own.has(id));
}

/** As `toasts.js` gathers them: what comes within a batch is shown when it ends. */
function batches(seconds) {
  const found = [];
  for (const [id, second] of seconds.entries()) {
    const at = second * 1000;
    const last = found.at(-1);
    if (last && at <= last.at) last.ids.push(id);
    else found.push({ at: at + BATCH_MS, ids: [id] });
  }
  return found;
}

for (const { name, seconds, folded: expected } of cases) {
  test(name, () => assert.deepEqual(folded(seconds), expected));
}
