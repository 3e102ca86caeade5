// An editor of a shared document: yjs and y-websocket from npm, as they are. It does what standard input says, a
// JSON array a line, and answers each with a line: `["edit", n]`, `["offline"]`, `["online"]`, `["type", text]`,
// `["text"]`.
import * as readline from "node:readline";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const [, , name, url, token] = process.argv;
const doc = new Y.Doc();
const text = doc.getText("body");
const provider = new WebsocketProvider(url, "clients-notes", doc, {
  WebSocketPolyfill: WebSocket,
  protocols: ["hub.v1", `bearer.${token}`],
  disableBc: true,
});
provider.awareness.setLocalState({ user: { name } });
provider.on("connection-close", (event) => event && console.error("closed", event.code, event.reason));

let seed = [...name].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7);
const below = (limit) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % limit;
};

let edits = 0;
const edit = () => {
  edits += 1;
  if (text.length > 20 && below(4) === 0) text.delete(below(text.length - 3), 3);
  else text.insert(below(text.length + 1), `<${name}${edits}>`);
  provider.awareness.setLocalStateField("cursor", below(text.length + 1));
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const deeds = {
  async edit(number) {
    for (let n = 0; n < number; n += 1) {
      edit();
      if (n % 5 === 0) await pause(4);
    }
  },
  type: (typed) => text.insert(text.length, typed),
  offline: () => provider.disconnect(),
  online: () => provider.connect(),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [deed, argument] = JSON.parse(line);
  await deeds[deed]?.(argument);
  const people = [...provider.awareness.getStates().values()].map((state) => state.user?.name).sort();
  console.log(JSON.stringify({ text: text.toString(), synced: provider.synced, people }));
}
