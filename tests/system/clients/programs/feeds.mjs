// Reads a feed with a client from npm, set as docs/clients.md says, or with hub.js: node feeds.mjs CLIENT URL TOKEN.
// Each event `number` is printed as a line of JSON: its id and its data.

import { fetchEventSource } from "@microsoft/fetch-event-source";
import { EventSourcePlus } from "event-source-plus";
import polyfill from "event-source-polyfill";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { EventSource as LaunchDarkly } from "launchdarkly-eventsource";
import Reconnecting from "reconnecting-eventsource";

import { hub } from "../../../../notifications/static/notifications/hub.js";

const [client, url, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const print = ({ id, lastEventId, data }) =>
  console.log(JSON.stringify({ id: id ?? lastEventId, n: JSON.parse(data).data }));

/** An EventSource whose requests have the token, as a browser's have the cookie. */
class Signed extends EventSource {
  constructor(address) {
    super(address, { fetch: (it, init) => fetch(it, { ...init, headers: { ...init.headers, ...headers } }) });
  }
}

const clients = {
  "hub.js": () => {
    const { origin, searchParams } = new URL(url);
    const other = hub.connect({ url: origin, token });
    other.topic(searchParams.get("topic")).on("number", (n, { id }) => console.log(JSON.stringify({ id, n })));
  },

  eventsource: () => new Signed(url).addEventListener("number", print),

  "eventsource-client": () =>
    createEventSource({ url, headers, onMessage: (event) => event.event === "number" && print(event) }),

  "event-source-plus": () =>
    new EventSourcePlus(url, { headers }).listen({ onMessage: (event) => event.event === "number" && print(event) }),

  "event-source-polyfill": () =>
    new polyfill.EventSourcePolyfill(url, { headers }).addEventListener("number", print),

  "reconnecting-eventsource": () =>
    new Reconnecting(url, { eventSourceClass: Signed }).addEventListener("number", print),

  "launchdarkly-eventsource": () => {
    const feed = new LaunchDarkly(url, { headers, initialRetryDelayMillis: 500 });
    feed.onerror = () => {};
    feed.addEventListener("number", print);
  },

  "@microsoft/fetch-event-source": () => {
    // What it needs of a browser.
    globalThis.window = globalThis;
    globalThis.document = { addEventListener() {}, removeEventListener() {} };
    return fetchEventSource(url, {
      headers,
      openWhenHidden: true,
      onopen: async ({ status }) => {
        if ([400, 401, 403].includes(status)) throw new Error(`refused: ${status}`);
      },
      onmessage: (event) => event.event === "number" && print(event),
      onclose: () => {
        throw new Error("come back");
      },
      onerror: (error) => {
        if (error.message.startsWith("refused")) throw error;
      },
    });
  },

  "eventsource-parser": async () => {
    let last = "";
    for (;;) {
      try {
        const response = await fetch(url, { headers: last ? { ...headers, "Last-Event-ID": last } : headers });
        const decoded = response.body.pipeThrough(new TextDecoderStream());
        for await (const event of decoded.pipeThrough(new EventSourceParserStream())) {
          if (event.id) last = event.id;
          if (event.event === "number") print(event);
        }
      } catch {}
      await pause(500);
    }
  },
};

setInterval(() => {}, 1000); // some clients' timers do not keep a process alive
await clients[client]();
