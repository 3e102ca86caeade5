// Reads from the log what came on a topic before, by polls, which end: the shared stream is left alone.

import { readFeed } from "../shared/feeds/sse.js";
import { asEvent } from "./topic-events.js";

export const START = "1"; // before every position
const TIMEOUT_MS = 30_000;

/**
 * The events after a position, oldest first, `{events, position, complete}`: unless it is complete there are more after
 * that position. `lost` says that the log no longer has all of them. Throws `RequestError`, or what fetch throws.
 */
export async function readHistory(api, topic, after, signal) {
  const page = { events: [], position: after, complete: false, lost: false };
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  await readFeed(api, ["own=0", `topic=${topic}`, "wait=1"], after, within, {
    event(type, text, id) {
      const data = JSON.parse(text);
      if (data.topic === topic) page.events.push(asEvent(type, data, id));
      else if (type === "stream-live") page.complete = true;
      else if (type === "stream-reset") page.lost ||= after !== START || data.reason === "long";
    },
    activity() {},
    retry() {},
  });
  // The latest values come first, and again in their places.
  page.events.sort((a, b) => Number(a.id) - Number(b.id));
  page.events = page.events.filter(({ id }, n, all) => Number(id) > Number(all[n - 1]?.id ?? after));
  page.position = page.events.at(-1)?.id ?? after;
  return page;
}
