// The browser decides as the server does: tests/cases/preferences.json holds both.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { wants } from "../../../notifications/static/notifications/shared/preferences-rule.js";

const cases = JSON.parse(readFileSync(new URL("../../cases/preferences.json", import.meta.url)));

test("there are cases", () => assert.ok(cases.length > 20));

for (const { name, preferences, topic, category, severity, at, wants: expected } of cases) {
  test(name, () => {
    assert.deepEqual(wants(preferences, { topic, category, severity }, new Date(at)), expected);
  });
}

test("before the preferences are loaded, everything is wanted", () => {
  const decision = wants(null, { topic: "everyone", category: "builds", severity: "info" }, new Date("2026-01-15T12:00:00Z"));

  assert.deepEqual(decision, { feed: true, toast: true, reason: "wanted" });
});
