"""What a page of an allowed origin may do at an endpoint (Fetch, CORS protocol)."""

from __future__ import annotations

from dataclasses import dataclass

# Request headers that tracing libraries and HTTP clients of pages add by themselves.
CLIENT_HEADERS = (
    "traceparent, tracestate, baggage, sentry-trace, b3, x-b3-traceid, x-b3-spanid, x-b3-parentspanid, "
    "x-b3-sampled, x-b3-flags, x-datadog-trace-id, x-datadog-parent-id, x-datadog-origin, "
    "x-datadog-sampling-priority, x-datadog-tags, newrelic, elastic-apm-traceparent, uber-trace-id, "
    "x-amzn-trace-id, x-cloud-trace-context, request-id, request-context, x-request-id, x-correlation-id, "
    "x-requested-with, cache-control, pragma"
)
# Response headers that a page can act on.
EXPOSED = "Retry-After, WWW-Authenticate, Idempotent-Replay, Allow, Date"


@dataclass(frozen=True, slots=True)
class CorsRule:
    """``methods`` and ``headers`` may be in a request, `CLIENT_HEADERS` as well; ``exposed`` are the
    response's headers that a page can read; with ``credentials`` the page's cookies count."""

    methods: str
    headers: str
    exposed: str = EXPOSED
    credentials: bool = False

    def response_headers(self, origin: str, *, preflight: bool) -> dict[str, str]:
        """Of a response to a page of this origin, or to its preflight; the caller adds `Vary: Origin`."""
        found = {"Access-Control-Allow-Origin": origin}
        if self.credentials:
            found["Access-Control-Allow-Credentials"] = "true"
        if preflight:
            found["Access-Control-Allow-Methods"] = self.methods
            found["Access-Control-Allow-Headers"] = f"{self.headers}, {CLIENT_HEADERS}"
            found["Access-Control-Max-Age"] = "600"
        elif self.exposed:
            found["Access-Control-Expose-Headers"] = self.exposed
        return found
