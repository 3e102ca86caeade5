"""How a feed's bytes leave while it catches up: by a socket of our own, or by ASGI's `send()`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Protocol

from hub.delivery.asgi_sender import AsgiSender
from hub.delivery.sockets import ClientSocket
from hub.delivery.subscriber import STEP_BYTES, Subscriber
from hub.feeds.sse import chunk
from hub.support.asgi import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]


class Transport(Protocol):
    """Carries a response from its first byte on; it belongs to one coroutine."""

    @property
    def started(self) -> bool:
        """Whether the head of the response has been sent."""

    async def write(self, data: bytes) -> None:
        """Send, and wait for a reader that is behind; the head of the response goes first."""

    async def follow(self) -> None:
        """The feed is live: send its bytes until it ends, unless they are sent without this coroutine."""

    def leave(self) -> bool:
        """The coroutine is over; whether the feed is over with it."""


class SocketTransport:
    """Takes the connection over from the server at the first byte; it outlives the coroutine."""

    def __init__(
        self, subscriber: Subscriber, headers: Headers, adopt: Callable[[], ClientSocket | None]
    ) -> None:
        self._subscriber = subscriber
        self._headers = headers
        self._adopt = adopt
        self._socket: ClientSocket | None = None

    @property
    def started(self) -> bool:
        return self._socket is not None

    async def write(self, data: bytes) -> None:
        if self._socket is None:
            self._socket = self._adopt()
            if self._socket is None:
                return self._subscriber.close("gone")
            first, data = data[:STEP_BYTES], data[STEP_BYTES:]
            self._socket.write(_head(tuple(self._headers), int(time.time())) + chunk(first))
            self._subscriber.attach(self._socket)
            await self._subscriber.flushed()
        await self._subscriber.write(data)

    async def follow(self) -> None:
        pass

    def leave(self) -> bool:
        return self._socket is None


class SendTransport:
    """Plain ASGI: the coroutine lives as long as the feed."""

    def __init__(self, subscriber: Subscriber, headers: Headers, receive: Receive, send: Send) -> None:
        self._subscriber = subscriber
        self._headers = headers
        self._send = AsgiSender(send, subscriber)
        self.started = False
        self._disconnect = asyncio.ensure_future(close_on_disconnect(receive, subscriber))

    async def write(self, data: bytes) -> None:
        if not self.started:
            self.started = True
            await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def follow(self) -> None:
        while data := await self._subscriber.drain():
            await self.write(data)
        if self._subscriber.finishes:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def leave(self) -> bool:
        self._disconnect.cancel()
        return True


def transport(
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    subscriber: Subscriber,
    headers: Headers,
    mailbox_bytes: int,
    on_close: Callable[[], None],
) -> Transport:
    """The faster one that the server offers: a socket if it gives them away (``hub.adopt`` in the scope's
    extensions), else plain ASGI. ``on_close`` is called when an adopted connection ends."""
    adopt = scope.get("extensions", {}).get("hub.adopt")
    if adopt is None:
        return SendTransport(subscriber, headers, receive, send)
    return SocketTransport(subscriber, headers, partial(adopt, mailbox_bytes, on_close))


@lru_cache(maxsize=16)
def _head(headers: tuple[tuple[bytes, bytes], ...], now: int) -> bytes:
    """Many connect within a second, and most with the same headers."""
    date = formatdate(now, usegmt=True).encode()
    fields = b"".join([b"%b: %b\r\n" % field for field in headers])
    return b"HTTP/1.1 200 OK\r\nServer: hub\r\nDate: %b\r\n%bTransfer-Encoding: chunked\r\n\r\n" % (
        date,
        fields,
    )


async def close_on_disconnect(receive: Receive, subscriber: Subscriber) -> None:
    """For a client whose connection stays with the server; cancel it at the end of the response."""
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.close("gone")
