"""ASGI types, and the answers of the endpoints that Django does not serve."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from hub import errors
from hub.errors import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = Iterable[tuple[bytes, bytes]]


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """A request's whole body; None if the client has gone. Raises a `Problem` of 413."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > limit:
            raise Problem(413, f"The body is over {limit // 1024} KiB: send less.")
        if not message.get("more_body", False):
            return body


async def respond(
    send: Send, status: int, body: bytes = b"", content_type: str = "", headers: Headers = ()
) -> None:
    """Send a whole response, not to be cached."""
    fields = [(b"cache-control", b"no-store"), *headers]
    if content_type:
        fields += [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def respond_json(send: Send, status: int, data: object, headers: Headers = ()) -> None:
    await respond(send, status, json.dumps(data).encode(), "application/json", headers)


async def respond_problem(send: Send, problem: Problem, headers: Headers = ()) -> None:
    """Send a refusal (RFC 9457)."""
    own = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await respond(send, problem.status, problem.body(), errors.CONTENT_TYPE, [*headers, *own])
