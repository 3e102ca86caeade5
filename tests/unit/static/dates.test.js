// The browser's time zone, which the server has to know.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const MODULE = new URL("../../../notifications/static/notifications/shared/dates.js", import.meta.url);
const PROGRAM = `import { zoneName } from "${MODULE}"; console.log(zoneName());`;

/** What a browser gives on a machine with this `TZ`. */
function zoneOn(TZ) {
  const env = { ...process.env, TZ };
  return execFileSync(process.execPath, ["--input-type=module", "-e", PROGRAM], { env, encoding: "utf8" }).trim();
}

test("a zone is given by its name", () => {
  assert.equal(zoneOn("Europe/Vienna"), "Europe/Vienna");
  assert.equal(zoneOn("Asia/Calcutta"), "Asia/Calcutta");
  assert.equal(zoneOn("UTC"), "UTC");
});

test("a zone without a name is given by its offset from UTC", () => {
  assert.equal(zoneOn("GMT+5"), "-05:00");
  assert.equal(zoneOn("GMT-3"), "+03:00");
  assert.equal(zoneOn(""), "+00:00");
  assert.equal(zoneOn("Mars/Olympus"), "+00:00");
});
