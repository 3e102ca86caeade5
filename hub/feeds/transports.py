"""How a feed's bytes leave while it catches up: by a socket of ours, or by ASGI's `send()`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from email.utils import formatdate
from functools import partial
from typing import Any, Protocol

from hub.delivery.sockets import Wire
from hub.delivery.subscriber import STEP_BYTES, Subscriber
from hub.feeds.sse import chunk
from hub.support.asgi import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]
SEND_S = 30.0  # that a server may take over bytes; a reader who takes longer does not read


class Outlet(Protocol):
    @property
    def started(self) -> bool:
        """Whether the head of the response has gone out."""

    async def write(self, data: bytes) -> None:
        """Send, and wait for a reader that is behind; the head of the response goes first."""

    async def follow(self) -> None:
        """The feed is live: see to its bytes until it ends, or to that somebody does."""

    def leave(self) -> bool:
        """The coroutine is over; whether the feed is, too."""


class ByWire:
    """The connection is taken from the server at the first byte, and stays when the coroutine ends."""

    def __init__(self, subscriber: Subscriber, headers: Headers, take: Callable[[], Wire | None]) -> None:
        self._subscriber = subscriber
        self._headers = headers
        self._take = take
        self._wire: Wire | None = None

    @property
    def started(self) -> bool:
        return self._wire is not None

    async def write(self, data: bytes) -> None:
        if self._wire is None:
            self._wire = self._take()
            if self._wire is None:
                return self._subscriber.close("gone")
            first, data = data[:STEP_BYTES], data[STEP_BYTES:]
            self._wire.write(_head(self._headers) + chunk(first))
            self._subscriber.attach(self._wire)
            await self._subscriber.drained()
        await self._subscriber.write(data)

    async def follow(self) -> None:
        pass

    def leave(self) -> bool:
        return self._wire is None


class BySend:
    def __init__(self, subscriber: Subscriber, headers: Headers, receive: Receive, send: Send) -> None:
        self._subscriber = subscriber
        self._headers = headers
        self._send = send
        self.started = False
        self._stuck = False
        self._leaving = asyncio.ensure_future(_gone(receive, subscriber))

    async def write(self, data: bytes) -> None:
        if not self.started:
            self.started = True
            await self._give({"type": "http.response.start", "status": 200, "headers": self._headers})
        await self._give({"type": "http.response.body", "body": data, "more_body": True})

    async def follow(self) -> None:
        while data := await self._subscriber.take():
            await self.write(data)
        await self._give({"type": "http.response.body", "body": b"", "more_body": False})

    async def _give(self, message: MutableMapping[str, Any]) -> None:
        if self._stuck:
            return
        try:
            async with asyncio.timeout(SEND_S):
                await self._send(message)
        except TimeoutError:
            self._stuck = True
            self._subscriber.close("slow")

    def leave(self) -> bool:
        self._leaving.cancel()
        return True


def outlet(
    scope: Scope,
    receive: Receive,
    send: Send,
    subscriber: Subscriber,
    headers: Headers,
    limit: int,
    ended: Callable[[], None],
) -> Outlet:
    """What the server offers: ``hub.take`` in its extensions, or plain ASGI.

    ``limit`` is how many bytes may wait; ``ended`` is told of the end of a connection that was taken.
    """
    take = scope.get("extensions", {}).get("hub.take")
    if take is None:
        return BySend(subscriber, headers, receive, send)
    return ByWire(subscriber, headers, partial(take, limit, ended))


def _head(headers: Headers) -> bytes:
    now = formatdate(usegmt=True).encode()
    lines = b"".join([b"%b: %b\r\n" % line for line in headers])
    return b"HTTP/1.1 200 OK\r\nServer: hub\r\nDate: %b\r\n%bTransfer-Encoding: chunked\r\n\r\n" % (
        now,
        lines,
    )


async def _gone(receive: Receive, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close("gone")
