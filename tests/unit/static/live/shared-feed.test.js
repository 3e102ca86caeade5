// Who shares a feed, and for what.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../../../../notifications/static/notifications/shared/api.js";
import { identityOf } from "../../../../notifications/static/notifications/shared/feeds/identity.js";
import { LatestValues } from "../../../../notifications/static/notifications/shared/feeds/latest-values.js";
import { Peers } from "../../../../notifications/static/notifications/shared/feeds/peers.js";

const HUB = "https://hub";
const token = (claims) => `h.${btoa(JSON.stringify(claims))}.s`;
const nameOf = (claims, user) => identityOf(new Api(HUB, claims && token(claims)), user).name;
const ALICE = { iss: "hub", sub: "7", own: true, topics: [] };

test("a session and a token of one user share a feed, and so do their renewed tokens", () => {
  assert.equal(nameOf(null, "7"), nameOf(ALICE));
  assert.equal(nameOf({ ...ALICE, topics: ["b", "a"], exp: 1 }), nameOf({ ...ALICE, topics: ["a", "b"], exp: 2 }));
});

test("tokens with other rights, of other users or other issuers do not", () => {
  const names = [
    nameOf(ALICE),
    nameOf({ ...ALICE, sub: "8" }),
    nameOf({ ...ALICE, iss: "https://login" }),
    nameOf({ ...ALICE, own: false }),
    nameOf({ ...ALICE, topics: ["job-42"] }),
    identityOf(new Api("https://other", token(ALICE))).name,
  ];

  assert.equal(new Set(names).size, names.length);
});

for (const broken of ["", "x", "a.b.c", token({ ...ALICE, topics: 7 }), token({ ...ALICE, topics: null }), token([])]) {
  test(`a token that cannot be read, ${broken.slice(0, 12)}, is of someone`, () => {
    assert.equal(typeof identityOf(new Api(HUB, broken)).name, "string");
  });
}

test("the union has what is carried first, and the rest as it was requested", () => {
  const peers = new Peers(new Map([["tab", { own: true, topics: ["c", "b"] }]]));

  assert.deepEqual(peers.union({ own: false, topics: ["a", "b"] }, ["b", "gone"]), {
    own: true,
    topics: ["b", "a", "c"],
    excess: [],
  });
});

test("what has no room is named, and what is carried stays", () => {
  const names = Array.from({ length: 120 }, (_, n) => `t${n}`);
  const peers = new Peers(new Map([["tab", { own: false, topics: names.slice(60) }]]));

  const { topics, excess } = peers.union({ own: false, topics: names.slice(0, 60) }, names.slice(60, 120));

  assert.equal(topics.length, 100);
  assert.deepEqual(excess, names.slice(40, 60));
});

test("a tab that is gone wants nothing", () => {
  const tabs = new Map([["tab", { own: true, topics: ["a"] }]]);
  const peers = new Peers(tabs);

  tabs.delete("tab");

  assert.deepEqual(peers.union({ own: false, topics: [] }, ["a"]), { own: false, topics: [], excess: [] });
});

test("race_a latest value that a replay brings after a newer one is not passed on", () => {
  const latest = new LatestValues();
  const event = (id, key) => ["tick", { topic: "job-1", key, data: id }, String(id)];

  for (const one of [event(20, "a"), event(15, "a"), event(16, "b"), ["tick", { topic: "job-1", data: 21 }, "21"]]) {
    latest.add(...one);
  }

  assert.deepEqual(latest.of(["job-1", "job-2"]).map(([, { data }]) => data), [20, 16]);
  latest.keep(["job-2"]);
  assert.deepEqual(latest.of(["job-1"]), []);
});
