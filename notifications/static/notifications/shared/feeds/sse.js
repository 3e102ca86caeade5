// Reads an SSE response. Over fetch, because EventSource hides heartbeats and status codes and sends no token.

import { RequestError } from "../api.js";

const MAX_QUERY = 1500; // characters; proxies refuse long addresses

/**
 * Request the feed from a position, "" for none, with these parameters (`name=value`), and read events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the hub ends the response.
 * `event(type, data, id)` is called for each, with an id of "" if it has none; `activity(isHeartbeat)` when anything
 * arrives, true for a chunk that begins with a comment; `retry(ms)` with the reconnection time. Throws `RequestError`, or what fetch throws.
 */
export async function readFeed(api, parameters, position, signal, { event, activity, retry }) {
  const { headers, credentials } = api.authentication;
  if (position) headers["Last-Event-ID"] = position;
  const query = parameters.join("&");
  const options = { headers, credentials, signal, cache: "no-store" };
  if (query.length > MAX_QUERY) Object.assign(options, inBody(query, headers));
  const address = `${api.origin}/feed/${query && !options.body ? `?${query}` : ""}`;
  const response = await fetch(address, options);
  if (!response.ok) throw await RequestError.of(response);
  await readEvents(response, { event, activity, retry });
}

/** Read the events of a response that has begun, to its end. */
export async function readEvents(response, { event, activity, retry }) {
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

/** The same request, with its parameters in a body. */
function inBody(query, headers) {
  const parameters = new URLSearchParams(query);
  const body = { topics: parameters.getAll("topic"), own: parameters.get("own") !== "0", acks: parameters.has("acks") };
  if (parameters.has("wait")) body.wait = Number(parameters.get("wait"));
  headers["Content-Type"] = "application/json";
  return { method: "POST", body: JSON.stringify(body) };
}
