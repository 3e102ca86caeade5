// A shop with people of its own, whom the hub notifies.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { deactivate, HUB, notify, putPeople } from "./hub.mjs";
import { keySet, token } from "./issuer.mjs";

const PORT = process.env.PORT ?? 3000;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    `default-src 'none'; script-src 'self' ${HUB}/static/; connect-src 'self' ${HUB}; ` +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};
const people = [
  { id: "dora", name: "Dora Example", email: "dora@example.com", zone: "Europe/Vienna", active: true },
  { id: "emil", name: "Emil Example", email: "emil@example.com", groups: ["customers"], active: true },
];
const sessions = new Map(); // the person of each cookie

const file = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt()};`);
const page = (name, values) => file(name).replace(/{(\w+)}/g, (_, key) => escaped(values[key]));
const send = (type, text) => [200, { "Content-Type": `${type}; charset=utf-8` }, text];
const goHome = (cookie = {}) => [303, { Location: "/", ...cookie }];

// A route returns status, headers and text.
const open = {
  "GET /": () => send("text/html", page("sign-in.html")),
  "GET /keys": () => send("application/json", JSON.stringify(keySet())),
  "GET /token.js": () => send("text/javascript", file("token.js")),
  "POST /sign-in": (_, query) => {
    const session = randomUUID(); // in a real shop after a password
    sessions.set(session, people.find(({ id }) => id === query.get("id")));
    return goHome({ "Set-Cookie": `shop=${session}; HttpOnly; SameSite=Strict; Path=/` });
  },
};
const signedIn = {
  "GET /": ({ id, name }) => send("text/html", page("home.html", { hub: HUB, name, token: token(id) })),
  "POST /token": ({ id }) => send("text/plain", token(id)),
  "POST /orders": ({ id }) => {
    const order = randomUUID();
    const notification = { title: "Your order is confirmed", url: `${ORIGIN}/?order=${order}` };
    notify(id, order, notification).catch(console.error); // the order stands without it
    return [204]; // the browser stays on the page
  },
  "POST /closing": async (person) => {
    person.active = false;
    await deactivate(person.id);
    return goHome();
  },
};

async function answer({ method, url, headers }) {
  const { pathname, searchParams } = new URL(url, ORIGIN);
  const person = sessions.get(/\bshop=([\w-]+)/.exec(headers.cookie)?.[1]);
  const name = `${method} ${pathname}`;
  const route = (person?.active && signedIn[name]) || open[name];
  if (!route) return [401];
  if (method === "POST" && headers.origin !== ORIGIN) return [403]; // a form of another site
  return route(person, searchParams);
}

await putPeople(people);
createServer(async (request, response) => {
  const [status, headers, text] = await answer(request).catch((error) => (console.error(error), [500]));
  response.writeHead(status, { ...HEADERS, ...headers }).end(text);
}).listen(PORT, "127.0.0.1", () => console.log(`shop: ${ORIGIN}`));
