"""Refusals, with a text for programs and a reason for pages, and their JSON (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"


class Refusal(Exception):
    """Something that cannot be done. The text is for programs; pages translate ``reason``, and put the
    ``values`` into that."""

    def __init__(self, text: str, reason: str = "", /, **values: object) -> None:
        super().__init__(text)
        self.reason = reason
        self.values: Mapping[str, object] = values


class Unavailable(Exception):
    """Something that the hub depends on cannot be reached now; ``part`` names it to clients."""

    part = ""


class Problem(Refusal):
    """A refused request; ``detail`` tells the client what to do. ``members`` are added to the JSON."""

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
