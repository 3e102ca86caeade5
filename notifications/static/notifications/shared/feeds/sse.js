// Reads one SSE response. Over fetch, because EventSource hides heartbeats and status codes and sends no token.

import { RequestError } from "../api.js";

/**
 * Request the feed from a position, "" for none, with these parameters (`name=value`), and read events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the hub ends the response.
 * `event(type, data, id)` is called for each, with an id of "" if it has none; `activity(isHeartbeat)` when anything
 * arrives, true for a chunk that begins with a comment; `retry(ms)` with the reconnection time. Throws `RequestError`, or what fetch throws.
 */
export async function readFeed(api, parameters, position, signal, { event, activity, retry }) {
  const { headers, credentials } = api.authentication;
  if (position) headers["Last-Event-ID"] = position;
  const query = parameters.length ? `?${parameters.join("&")}` : "";
  const response = await fetch(`${api.origin}/feed/${query}`, { headers, credentials, signal, cache: "no-store" });
  if (!response.ok) throw new RequestError(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let type = "message";
  let data = [];
  let id = "";
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    activity(value.startsWith(":"));
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length) event(type, data.join("\n"), id);
        type = "message";
        data = [];
        id = "";
        continue;
      }
      // U+2028 ends a line for a regular expression, but not here.
      const [, name, field] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (name === "data") data.push(field);
      else if (name === "event") type = field;
      else if (name === "id") id = field;
      else if (name === "retry") retry(Number(field));
    }
  }
}
