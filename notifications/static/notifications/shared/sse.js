// One connection to a feed. Over fetch, because a native EventSource hides the heartbeats and a refusal's
// status, and can show no token.

import { Refused } from "./api.js";

/**
 * Read events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the hub ends them.
 * `hear(type, data, id)` is told each, its id "" if it bears none; `beat()` that anything came, `retry(ms)`
 * what the hub says of coming back. Throws `Refused`, or what fetch throws.
 */
export async function read(url, request, { hear, beat, retry }) {
  const response = await fetch(url, { ...request, cache: "no-store" });
  if (!response.ok) throw new Refused(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let type = "message";
  let data = [];
  let id = "";
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    beat();
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length) hear(type, data.join("\n"), id);
        type = "message";
        data = [];
        id = "";
        continue;
      }
      // U+2028 ends a line for a regular expression, but not here.
      const [, name, said] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (name === "data") data.push(said);
      else if (name === "event") type = said;
      else if (name === "id") id = said;
      else if (name === "retry") retry(Number(said));
    }
  }
}
