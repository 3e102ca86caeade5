// The hub's API, as the person who is signed in.

export class Refused extends Error {
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** What the API answers; throws `Refused` for any status but 2xx. */
export async function api(method, path) {
  const headers = { Accept: "application/json" };
  // From the cookie, not from the page: signing in again in another tab changes it.
  if (method !== "GET") headers["X-CSRFToken"] = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  const response = await fetch(`/api/v1/${path}`, {
    method,
    headers,
    keepalive: method !== "GET", // reading a notification often leaves the page
    signal: AbortSignal.timeout(15_000),
  });
  if (!response.ok) throw new Refused(response.status);
  return response.json();
}
