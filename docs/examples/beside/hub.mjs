// The shop's calls to the hub, where its people are `shop-…`.
const { API_KEY } = process.env;
export const HUB = process.env.HUB ?? "http://127.0.0.1:8000";

async function call(method, path, body, more = {}) {
  const headers = { Authorization: `Bearer ${API_KEY}`, "Content-Type": "application/json", ...more };
  const request = { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) };
  const answer = await fetch(`${HUB}/api/v1/${path}`, request);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

export const putPeople = (people) =>
  call("PUT", "people", { people: people.map((person) => ({ ...person, id: `shop-${person.id}` })) });

export const deactivate = (id) => call("PATCH", `people/shop-${id}`, { active: false });

/** The same `key` sends it once, so that a call that failed may be repeated. */
export const notify = (id, key, notification) =>
  call("POST", "notifications", { to: [`id:shop-${id}`], ...notification }, { "Idempotency-Key": key });
