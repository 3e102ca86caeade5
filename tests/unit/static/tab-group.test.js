// Which tab of a browser leads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TabGroup } from "../../../notifications/static/notifications/shared/tabs.js";

const turn = () => new Promise(setImmediate);

/** As browsers have them. */
class Locks {
  #locks = new Map();

  request(name, options, hold) {
    if (!this.#locks.has(name)) this.#locks.set(name, new Lock());
    return this.#locks.get(name).request(options, hold);
  }
}

class Lock {
  #holder = null;
  #queue = [];

  request({ steal = false, signal }, hold) {
    return new Promise((resolve, reject) => {
      const request = { hold, resolve, reject };
      if (steal) {
        this.#holder?.reject(new DOMException("stolen", "AbortError"));
        this.#holder = null;
        this.#queue.unshift(request);
      } else {
        this.#queue.push(request);
        signal?.addEventListener("abort", () => {
          this.#queue = this.#queue.filter((other) => other !== request);
          if (this.#holder !== request) reject(new DOMException("given up", "AbortError"));
        });
      }
      this.#grant();
    });
  }

  async #grant() {
    if (this.#holder || !this.#queue.length) return;
    const holder = (this.#holder = this.#queue.shift());
    holder.resolve(await holder.hold());
    if (this.#holder !== holder) return;
    this.#holder = null;
    this.#grant();
  }
}

/** Channels of one name; `frozen` ones keep what comes until they thaw. */
class Channel {
  static all = new Set();
  frozen = false;
  #kept = [];
  #handler = null;

  constructor() {
    Channel.all.add(this);
  }

  addEventListener(type, handler) {
    this.#handler = handler;
  }

  postMessage(data) {
    for (const other of Channel.all) if (other !== this) other.#deliver(structuredClone(data));
  }

  #deliver(data) {
    if (this.frozen) this.#kept.push(data);
    else this.#handler({ data });
  }

  thaw() {
    this.frozen = false;
    for (const data of this.#kept.splice(0)) this.#deliver(data);
  }

  close() {
    Channel.all.delete(this);
  }
}

function setUp(t, locks = new Locks()) {
  const { setInterval } = globalThis;
  t.after(() => (globalThis.setInterval = setInterval));
  const timers = [];
  globalThis.setInterval = (call) => timers.push({ call, channel: [...Channel.all].at(-1) });
  Channel.all.clear();
  const listeners = {};
  globalThis.addEventListener = (type, listener) => (listeners[type] ??= []).push(listener);
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  globalThis.BroadcastChannel = Channel;
  globalThis.document = new EventTarget();
  return {
    /** Of every tab that is not frozen, one after the other. */
    async heartbeat() {
      for (const { call, channel } of timers) {
        if (!channel.frozen) call();
        await turn();
      }
    },
    /** The page of the tab that joined as the nth leaves. */
    async leave(n) {
      listeners.pagehide[n]({});
      await turn();
    },
  };
}

/** A tab as the store has it: it answers while it leads and is not frozen. */
async function join() {
  const tab = { leads: false, received: [] };
  tab.group = new TabGroup("tabs", {
    lead() {
      tab.leads = true;
      tab.group?.send({ here: {} });
      return () => (tab.leads = false);
    },
    receive(message) {
      tab.received.push(message);
      if (message.ping && tab.leads) tab.group.send({ state: "live" });
    },
  });
  tab.channel = [...Channel.all].at(-1);
  await turn();
  return tab;
}

test("the first tab leads, and the next one when it leaves", async (t) => {
  const page = setUp(t);
  const [first, second] = [await join(), await join()];
  assert.deepEqual([first.leads, second.leads], [true, false]);

  await page.leave(0);

  assert.deepEqual([first.leads, second.leads], [false, true]);
});

test("a leader that answers stays, however long it has nothing to pass on", async (t) => {
  const page = setUp(t);
  const [first, second, third] = [await join(), await join(), await join()];

  for (let n = 0; n < 20; n += 1) await page.heartbeat();

  assert.deepEqual([first.leads, second.leads, third.leads], [true, false, false]);
});

test("a leader that stands still is replaced within three heartbeats", async (t) => {
  const page = setUp(t);
  const [first, second] = [await join(), await join()];
  first.channel.frozen = true;

  await page.heartbeat();
  await page.heartbeat();
  assert.equal(second.leads, false, "one late answer is no reason");
  await page.heartbeat();

  assert.equal(second.leads, true);
});

test("a replaced leader leads no more, asks what it missed, and leads again in its turn", async (t) => {
  const page = setUp(t);
  const [first, second] = [await join(), await join()];
  first.channel.frozen = true;
  for (let n = 0; n < 3; n += 1) await page.heartbeat();

  first.channel.thaw();
  await turn();

  assert.deepEqual([first.leads, second.leads], [false, true]);
  assert.ok(second.received.some(({ hello }) => hello));
  await page.leave(1);
  assert.equal(first.leads, true);
});

test("a frozen leader has one successor, which is replaced when it stands still as well", async (t) => {
  const page = setUp(t);
  const tabs = [await join(), await join(), await join(), await join()];
  tabs[0].channel.frozen = true;
  for (let n = 0; n < 3; n += 1) await page.heartbeat();
  assert.deepEqual(tabs.map(({ leads }) => leads), [false, true, false, false]);
  tabs[1].channel.frozen = true;

  for (let n = 0; n < 3; n += 1) await page.heartbeat();

  assert.deepEqual(tabs.map(({ leads }) => leads), [false, false, true, false]);
});

test("where no lock can be had, the tab leads by itself", async (t) => {
  setUp(t, { request: async () => { throw new DOMException("opaque origin", "SecurityError"); } });

  const tab = await join();

  assert.equal(tab.leads, true);
});
