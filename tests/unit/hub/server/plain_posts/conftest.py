"""Connections of a server that does not listen, which are fed by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Histogram

# Daphne installs Twisted's reactor on import, so it comes before anything of Twisted.
from hub.server.daphne import Server

from hub.delivery.endpoint import EndpointOptions  # isort: skip
from hub.errors import Problem
from hub.events import Draft
from hub.log import KeyReused, LogAway, LogFull, Terms
from hub.posts.endpoint import PostEndpoint
from hub.server.channel import Factory
from hub.support.asgi import respond

from twisted.internet.address import IPv4Address  # isort: skip
from twisted.internet.testing import StringTransport

DEADLINE_S = 10
KEY, UNKNOWN = "known", "unknown"
EVENT = {"topic": "job-42", "type": "progress", "data": {"done": 3}}
TWISTED = "TE: trailers"  # a field that none of them acts on, and that no plain request has
GET = b"GET /other HTTP/1.1\r\nHost: testserver\r\n\r\n"


class Publisher:
    owner = "7"

    def check(self, topics: Any, /) -> None:
        if "forbidden-1" in topics:
            raise Problem(403, "Not to this topic.", topics=["forbidden-1"])

    def spend(self, events: int, size: int, /) -> None: ...


class HeldLog:
    """Appends at once, or when it is let go; an event of type ``fail-…`` is refused."""

    FAILURES: Mapping[str, Exception] = {
        "fail-full": LogFull(3),
        "fail-key": KeyReused(),
        "fail-away": LogAway("gone"),
        "fail-badly": RuntimeError("password=hunter2"),
    }

    def __init__(self) -> None:
        self.appended: list[Draft] = []
        self.held: list[Callable[[], None]] | None = None

    def append_soon(
        self, drafts: Sequence[Draft], terms: Terms, done: Callable[[list[int] | Exception], None]
    ) -> None:
        if self.held is None:
            done(self._append(drafts))
        else:
            self.held.append(lambda: done(self._append(drafts)))

    async def append_grouped(self, drafts: Sequence[Draft], terms: Terms) -> list[int]:
        result = self._append(drafts)
        if isinstance(result, Exception):
            raise result
        return result

    def release(self) -> None:
        held, self.held = self.held or [], None
        for append in held:
            append()

    def _append(self, drafts: Sequence[Draft]) -> list[int] | Exception:
        if (failure := self.FAILURES.get(drafts[0].type)) is not None:
            return failure
        self.appended += drafts
        return [1763712345678901] * len(drafts)


class Served:
    """A server that does not listen, and whose connections are fed by hand."""

    def __init__(self) -> None:
        self.log = HeldLog()
        self.plain = 0  # requests that were served beside Twisted
        durations = Histogram("hub_request_seconds", "", ["kind", "status"], registry=CollectorRegistry())
        log: Any = self.log
        endpoint = PostEndpoint(log, self._find, EndpointOptions.of_settings(), durations, self._known)

        def post(*args: Any) -> None:
            self.plain += 1
            endpoint.post(*args)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            if scope["method"] == "POST" and scope["path"] == "/api/v1/events":
                await endpoint(scope, receive, send)
            else:
                await respond(send, 200, scope["path"].encode(), "text/plain")

        self.server = Server(application, "127.0.0.1", 0, proxies=["10.0.0.0/8"], posts=post)
        self.server.connections = {}

    def connect(self, peer: str = "10.0.0.1") -> Any:
        """A connection; ``transport.value()`` is what it was answered."""
        channel: Any = Factory(self.server).buildProtocol(IPv4Address("TCP", peer, 5000))
        transport = new_transport(peerAddress=IPv4Address("TCP", peer, 5000))
        channel.makeConnection(transport)
        return channel

    async def answers(self, *parts: bytes, number: int = 1, peer: str = "10.0.0.1") -> bytes:
        """All answers on a connection on which these parts come, one after the other."""
        channel = self.connect(peer)
        for part in parts:
            channel.dataReceived(part)
        await until(lambda: channel.transport.value().count(b"HTTP/1.1 ") >= number)
        await until(lambda: not channel.requests)
        value: bytes = channel.transport.value()
        close(channel)
        return value

    async def _find(self, headers: Mapping[str, str]) -> Publisher:
        await asyncio.sleep(0)
        key = headers.get("authorization", "")
        if key not in (KEY, UNKNOWN):
            raise (
                Problem(401, "Who?", headers={"WWW-Authenticate": "Bearer"}) if key else Problem(401, "Who?")
            )
        return Publisher()

    def _known(self, headers: Mapping[str, str]) -> Publisher | None:
        return Publisher() if headers.get("authorization") == KEY else None


class Transport(StringTransport):
    disconnected = False
    reading = True
    # Nothing waits to be written, and there is no socket to which that could be written at once.
    dataBuffer, _tempDataBuffer = b"waits", ()
    reactor = None

    def fileno(self) -> int:
        return -1

    def setTcpNoDelay(self, enabled: bool) -> None: ...

    def loseWriteConnection(self) -> None: ...

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True


new_transport: Any = Transport  # Twisted's functions have no types


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0)


def close(channel: Any) -> None:
    requests = list(channel.requests)
    channel.connectionLost()
    for one in requests:
        del channel.server.connections[one]


def request(event: object = EVENT, *lines: str, key: str = KEY, target: str = "/api/v1/events") -> bytes:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    given = (f"Host: testserver\r\nAuthorization: {key}", f"Content-Length: {len(body)}", *lines)
    return "\r\n".join((f"POST {target} HTTP/1.1", *given, "", "")).encode("latin-1") + body


def by_twisted(plain: bytes) -> bytes:
    """The same request with one more field."""
    first, _, rest = plain.partition(b"\r\n")
    return b"%b\r\n%b\r\n%b" % (first, TWISTED.encode(), rest)


@pytest.fixture
async def served(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Served:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.HUB_ALLOWED_ORIGINS = ["https://app.example.com"]
    monkeypatch.setattr("hub.server.channel.Channel.read_without_context", lambda _: None)
    return Served()
