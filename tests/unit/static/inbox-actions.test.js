// Actions on items: which are sent, what is offered to be undone, and what happens if the hub refuses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { InboxActions } from "../../../notifications/static/notifications/inbox/actions.js";
import { READ, item } from "./inbox.js";

/** `refused` are the ids for which the hub does nothing. */
function acting(refused = []) {
  const done = { sent: [], offered: [], withdrawn: 0, notices: new Set(), rejected: [] };
  const send = (verb) => async (id) => {
    done.sent.push([verb, id]);
    if (refused.includes(id)) throw new Error("refused");
  };
  const verbs = ["read", "unread", "archive", "unarchive", "click"];
  const store = Object.fromEntries(verbs.map((verb) => [verb, send(verb)]));
  store.readAll = () => send("readAll")("all");
  const undo = {
    offer(text, undoIt) {
      done.offered.push({ text, undoIt });
      return () => done.withdrawn++;
    },
  };
  const notice = { add: (key) => done.notices.add(key), clear: (key) => done.notices.delete(key) };
  const i18n = { text: (key, { n }) => `${key} ${n}` };
  const actions = new InboxActions(store, undo, notice, i18n, (state) => done.rejected.push(state));
  return { actions, done };
}

test("only items that an action changes are sent and counted", async () => {
  const { actions, done } = acting();

  await actions.offer("read", [item(1), item(2, { read_at: READ }), item(3)]);

  assert.deepEqual(done.sent, [["read", "0001"], ["read", "0003"]]);
  assert.equal(done.offered[0].text, "was_read 2");
});

test("an action that changes nothing offers nothing", async () => {
  const { actions, done } = acting();

  await actions.offer("unarchive", [item(1)]);

  assert.deepEqual([done.sent, done.offered], [[], []]);
});

test("undoing does the opposite to what was accepted alone", async () => {
  const { actions, done } = acting(["0002"]);
  await actions.offer("archive", [item(1), item(2)]);

  await done.offered[0].undoIt();

  assert.deepEqual(done.sent.at(-1), ["unarchive", "0001"]);
  assert.equal(done.sent.length, 3);
});

test("what was refused is reported with its former state", async () => {
  const { actions, done } = acting(["0001"]);

  await actions.offer("archive", [item(1)]);

  assert.deepEqual(done.rejected, [{ id: "0001", archived_at: null }]);
  assert.deepEqual([...done.notices], ["not_saved"]);
  assert.equal(done.withdrawn, 1, "there is nothing to undo");
});

test("the next action clears the notice", async () => {
  const { actions, done } = acting(["0001"]);
  await actions.offer("archive", [item(1)]);

  await actions.offer("archive", [item(2)]);

  assert.deepEqual([...done.notices], []);
});

test("when marking all read is refused, those that were unread are so again", async () => {
  const { actions, done } = acting(["all"]);

  await actions.readAll([item(1), item(2, { read_at: READ })]);

  assert.deepEqual(done.rejected, [{ id: "0001", read_at: null }]);
});

test("all are settled once every action so far was answered", async () => {
  const { actions, done } = acting();
  actions.send("read", ["0001"]);
  actions.send("archive", ["0002"]);

  await actions.settled();

  assert.equal(done.sent.length, 2);
});
