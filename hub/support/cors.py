"""What a page of an allowed origin may do at an endpoint (Fetch, CORS protocol)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CorsRule:
    """``methods`` and ``headers`` may be in a request, ``exposed`` are the response's headers that a page can
    read; with ``credentials`` the page's cookies count."""

    methods: str
    headers: str
    exposed: str = ""
    credentials: bool = False

    def response_headers(self, origin: str, *, preflight: bool) -> dict[str, str]:
        """Of a response to a page of this origin, or to its preflight; the caller adds `Vary: Origin`."""
        found = {"Access-Control-Allow-Origin": origin}
        if self.credentials:
            found["Access-Control-Allow-Credentials"] = "true"
        if preflight:
            found["Access-Control-Allow-Methods"] = self.methods
            found["Access-Control-Allow-Headers"] = self.headers
            found["Access-Control-Max-Age"] = "600"
        elif self.exposed:
            found["Access-Control-Expose-Headers"] = self.exposed
        return found
