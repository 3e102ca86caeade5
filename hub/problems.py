"""Refusals: one exception, one shape on the wire (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is refused. ``detail`` tells the client what to do."""

    def __init__(self, status: int, detail: str, *, retry_after: int | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.members = members
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if status == HTTPStatus.UNAUTHORIZED:
            self.headers["WWW-Authenticate"] = "Bearer"

    def body(self) -> bytes:
        title = HTTPStatus(self.status).phrase
        return json.dumps(
            {
                "type": "about:blank",
                "title": title,
                "status": self.status,
                "detail": self.detail,
                **self.members,
            }
        ).encode()
