// Requests to the hub's API, authenticated by the session's cookie or by a subscriber token.

export class RequestError extends Error {
  /** `problem` is the answer's body (RFC 9457), {} without one; `retryAfter` is in seconds, 0 without the header. */
  constructor(response, problem = {}) {
    super(`the hub answered ${response.status}${problem.detail ? `: ${problem.detail}` : ""}`);
    this.status = response.status;
    this.problem = problem;
    this.retryAfter = Number(response.headers.get("Retry-After")) || 0;
  }

  static async of(response) {
    const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
    return new RequestError(response, isProblem ? await response.json().catch(() => ({})) : {});
  }

  /** Whether it is of who requests, and will be the same again. */
  get isFinal() {
    return this.status === 401 || this.status === 403;
  }
}

/** From the cookie. Over https it has the prefix that no other site of the domain can set. */
export const csrfToken = () =>
  /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";

export class Api {
  /** A `token` of null means the session. */
  constructor(origin, token) {
    this.origin = origin;
    this.token = token;
  }

  /** The `fetch` options that authenticate a request. */
  get authentication() {
    if (this.token === null) return { credentials: "same-origin", headers: {} };
    return { credentials: "omit", headers: { Authorization: `Bearer ${this.token}` } };
  }

  /** The parsed answer; throws `RequestError` for any status but 2xx. */
  async request(method, path, body) {
    const { credentials, headers } = this.authentication;
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
    if (!response.ok) throw await RequestError.of(response);
    return response.json();
  }
}
