"""Daphne's request, with a bounded body: limited by method, path and length before it is read, and authorized
before much of it is accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from daphne.http_protocol import WebRequest

from hub.support import mount

from twisted.internet import reactor as twisted_reactor  # isort: skip

from hub.errors import Problem
from hub.server import body_limits
from hub.server.streamed_body import StreamedBody
from hub.server.twisted_internals import CONTINUE
from hub.support import headers, outages

AUTHORIZE_S = 5.0
UPGRADE = b"hub-upgrade"  # the Upgrade header of a handshake for a room, kept from Daphne

# May the sender of these headers send a large body? Raises a `Problem`.
AuthorizeBulk = Callable[[Mapping[str, str]], Awaitable[object]]

# Is the body of such a request (path, method, content type) read while it arrives?
StreamsBody = Callable[[str, str, str], bool]

# Twisted's types stop at its interfaces.
reactor: Any = twisted_reactor


class BoundedRequest(WebRequest):  # type: ignore[misc]  # daphne is not typed
    """Made by Twisted's channel for each request, and called by it while the request arrives."""

    body: StreamedBody | None = None  # if it is read while it arrives
    _size = 0  # bytes of the body that have arrived
    _max_size = 0
    _counted = 0  # bytes counted as buffered
    _authorizing: asyncio.Task[None] | None = None
    _authorized = False  # to send a large body
    _continue_due = False  # the client waits for 100 Continue
    _deadline: Any = None

    def __init__(self, *args: Any) -> None:
        # Views read a form's fields from the body.
        super().__init__(*args, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        if length == 0:
            super().gotLength(length)
            return
        method, target = self.channel.method_and_target
        if self._streams(method, target):
            return self._stream(method, target)
        self._max_size = body_limits.max_bytes(method, target.partition(b"?")[0])
        if not self._max_size or (length or 0) > self._max_size:
            self.channel.refuse(body_limits.too_large(self._max_size))
            return
        self._address = self.server.address_of(self)
        # Small bodies are counted as they arrive: announcing a length costs a client nothing.
        large = length is not None and length > body_limits.MAX_SMALL_BYTES
        if self._count(length if length is not None and large else 0):
            if length is None or self.channel.unparsed < length:  # most arrive along with the head
                seconds = body_limits.deadline_s(length or self._max_size)
                self._deadline = reactor.callLater(seconds, self._time_out, seconds)
            super().gotLength(length)
            if large:
                self._authorize()

    def handleContentChunk(self, data: bytes) -> None:
        if self.channel.refused:
            return
        if self.body is not None:
            return self.body.add(data)
        self._size += len(data)
        if self._size > self._max_size:
            self.channel.refuse(body_limits.too_large(self._max_size))
            return
        if self._size > self._counted and not self._count(self._size - self._counted):
            return
        large = self._size > body_limits.MAX_SMALL_BYTES
        if large and not self._authorized and self._authorizing is None:
            self._authorize()
        super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self.channel is None or self.channel.refused:
            return
        if self.body is not None:
            return self.body.end()
        if self._authorizing is not None:
            self._authorizing.add_done_callback(lambda _: self.requestReceived(command, path, version))
            return
        super().requestReceived(command, path, version)

    def process(self) -> None:
        # The socket of a room is handed over: to Daphne it is a request, and all are where no consumer is.
        given = self.requestHeaders
        given.removeHeader(UPGRADE)
        path = mount.below(unquote(self.path, "latin-1"))
        own = not self.server.serves_websockets or path.startswith("/rooms/")
        if own and (upgrade := given.getRawHeaders(b"Upgrade")):
            given.setRawHeaders(UPGRADE, upgrade)
            given.removeHeader(b"Upgrade")
        if not all(value.isascii() for value in given.getRawHeaders(b"Daphne-Root-Path", [])):
            given.removeHeader(b"Daphne-Root-Path")
        super().process()

    def hold_continue(self) -> bool:
        """Whether 100 Continue has to wait for the authorization, or for whoever reads the body."""
        self._continue_due = self._authorizing is not None or self.body is not None
        return self._continue_due

    def handle_reply(self, message: Any) -> None:
        if self.channel is not None and not self.channel.refused:
            super().handle_reply(message)

    def finish(self) -> None:
        self._release()
        if self.body is not None and self.channel is not None:
            self.channel.lingers = not self.body.complete
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._release()
        super().connectionLost(reason)

    def _streams(self, method: bytes, target: bytes) -> bool:
        if self.server.streams_body is None:
            return False
        path = mount.below(unquote(target.partition(b"?")[0], "latin-1"))
        kinds = self.requestHeaders.getRawHeaders(b"Content-Type", [b""])
        streams: bool = self.server.streams_body(path, method.decode("latin-1"), kinds[0].decode("latin-1"))
        return streams

    def _stream(self, method: bytes, target: bytes) -> None:
        """Begin with the application, which is handed the body as it arrives and says how long it waits."""
        self.channel.setTimeout(None)
        self.channel.persistent = False
        self.body = StreamedBody(
            begin=self._continue, pause=self.transport.pauseProducing, resume=self._resume
        )
        super().gotLength(0)
        super().requestReceived(method, target, self.channel.version)

    def _continue(self) -> None:
        if self._continue_due and self.channel is not None:
            self.transport.write(CONTINUE)

    def _resume(self) -> None:
        if self.channel is not None:
            self.transport.resumeProducing()

    def _count(self, size: int) -> bool:
        try:
            self.server.bodies.add(self._address, size)
        except Problem as problem:
            self.channel.refuse(problem)
            return False
        self._counted += size
        return True

    def _release(self) -> None:
        if self._counted:
            self.server.bodies.remove(self._address, self._counted)
            self._counted = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _authorize(self) -> None:
        """Read no more of a large body until its sender is authorized."""
        if self.server.authorize_bulk is None:
            self._authorized = True
            return
        self.transport.pauseProducing()
        self._authorizing = asyncio.get_running_loop().create_task(self._ask_application())

    async def _ask_application(self) -> None:
        given = headers.fields(
            (name.lower(), value)
            for name, values in self.requestHeaders.getAllRawHeaders()
            for value in values
        )
        problem: Problem | None = None
        try:
            async with asyncio.timeout(AUTHORIZE_S):
                await self.server.authorize_bulk(given)
        except Problem as refused:
            problem = refused
        except Exception as error:
            problem = outages.problem(error, "authorizing a large body")
        self._authorized, self._authorizing = problem is None, None
        if self.channel is None:
            return  # the client has closed
        if problem is not None:
            self.channel.refuse(problem)
            return
        self.transport.resumeProducing()
        if self._continue_due:
            self.transport.write(CONTINUE)

    def _time_out(self, seconds: float) -> None:
        self._deadline = None
        self.channel.refuse(Problem(408, f"The body did not come within {seconds:.0f} s: send it faster."))
