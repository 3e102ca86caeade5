// The hub's API, as the reader: by the session's cookie, or by a subscriber token.

export class Refused extends Error {
  /** `retryAfter` is in seconds, 0 where the hub does not say. */
  constructor(response) {
    super(`refused with ${response.status}`);
    this.status = response.status;
    this.retryAfter = Number(response.headers.get("Retry-After")) || 0;
  }
}

/** From the cookie, which over https alone bears the prefix that no other site of the domain can set. */
export const csrfToken = () =>
  /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";

export class Api {
  /** A `token` of null means the session. */
  constructor(origin, token) {
    this.origin = origin;
    this.token = token;
  }

  /** What every request to the hub bears. */
  get request() {
    if (this.token === null) return { credentials: "same-origin", headers: {} };
    return { credentials: "omit", headers: { Authorization: `Bearer ${this.token}` } };
  }

  /** What the API answers; throws `Refused` for any status but 2xx. */
  async ask(method, path, body) {
    const { credentials, headers } = this.request;
    headers.Accept = "application/json";
    if (body !== undefined) headers["Content-Type"] = "application/json";
    // From the cookie, not from the page: signing in again in another tab changes it.
    if (method !== "GET" && this.token === null) {
      headers["X-CSRFToken"] = csrfToken();
    }
    const response = await fetch(`${this.origin}/api/v1/${path}`, {
      method,
      credentials,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      keepalive: method !== "GET", // reading a notification often leaves the page
      signal: AbortSignal.timeout(15_000),
    });
    if (!response.ok) throw new Refused(response);
    return response.json();
  }
}
