"""Refusals: what tells a program what to do, and a page what to say; one shape on the wire (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"


class Refusal(Exception):
    """What cannot be done. The text is for programs; a page has words of its own for the ``reason``, and puts
    the ``values`` into them."""

    def __init__(self, text: str, reason: str = "", /, **values: object) -> None:
        super().__init__(text)
        self.reason = reason
        self.values: Mapping[str, object] = values


class Unavailable(Exception):
    """A part that the hub depends on cannot be reached now; ``part`` names it to clients."""

    part = ""


class Problem(Refusal):
    """A request that is refused. ``detail`` tells the client what to do."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        retry_after: int | None = None,
        reason: str = "",
        values: Mapping[str, object] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail, reason, **(values or {}))
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
