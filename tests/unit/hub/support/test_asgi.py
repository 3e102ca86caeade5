"""What is answered outside Django is a whole response, and never cached."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from hub.errors import Problem
from hub.support import asgi


class Client:
    """Collects a response."""

    def __init__(self) -> None:
        self.messages: list[MutableMapping[str, Any]] = []

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.messages.append(message)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.messages[0]["headers"])


async def test_a_response_without_a_body_has_no_type() -> None:
    client = Client()

    await asgi.respond(client.send, 204, headers=[(b"vary", b"origin")])

    assert client.messages[0]["status"] == 204
    assert client.headers == {b"cache-control": b"no-store", b"vary": b"origin"}
    assert client.messages[1]["body"] == b""


async def test_json_comes_with_its_type_and_length() -> None:
    client = Client()

    await asgi.respond_json(client.send, 503, {"status": "not ready"})

    body = client.messages[1]["body"]
    assert (client.messages[0]["status"], json.loads(body)) == (503, {"status": "not ready"})
    assert client.headers[b"content-type"] == b"application/json"
    assert client.headers[b"content-length"] == b"%d" % len(body)


async def test_a_problem_says_when_to_come_back() -> None:
    client = Client()

    await asgi.respond_problem(client.send, Problem(429, "Too many.", retry_after=7), [(b"vary", b"origin")])

    assert client.messages[0]["status"] == 429
    assert json.loads(client.messages[1]["body"])["detail"] == "Too many."
    assert client.headers[b"content-type"] == b"application/problem+json"
    assert (client.headers[b"retry-after"], client.headers[b"vary"]) == (b"7", b"origin")
