"""A request of Daphne's whose body is bounded: judged by method, path and length before it is read, and by
who sends it before much of it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from daphne.http_protocol import WebRequest

from twisted.internet import reactor as twisted_reactor  # isort: skip

from hub.errors import Problem
from hub.server import bodies
from hub.server.twisted_internals import CONTINUE
from hub.support import headers, outages

JUDGE_S = 5.0  # that who sends a large body is asked about
UPGRADE = b"hub-upgrade"  # the Upgrade header of a handshake for a room, kept from Daphne

# May who sends these headers send a large body? Raises a `Problem`.
Judge = Callable[[Mapping[str, str]], Awaitable[None]]

# Twisted's types stop at its interfaces.
reactor: Any = twisted_reactor


class Request(WebRequest):  # type: ignore[misc]  # daphne is not typed
    _size = 0  # bytes that have come
    _most = 0
    _counted = 0  # bytes that are counted as in hand
    _asking: asyncio.Task[None] | None = None  # about who sends this
    _known = False  # that they may send a large body
    _continuing = False  # they wait for a word before they send it
    _deadline: Any = None

    def __init__(self, *args: Any) -> None:
        # Whoever wants a form's fields reads them from the body.
        super().__init__(*args, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        if length == 0:
            super().gotLength(length)
            return
        method, target = self.channel.request_line
        self._most = bodies.most(method, target.partition(b"?")[0])
        if not self._most or (length or 0) > self._most:
            self.channel.refuse(bodies.too_large(self._most))
            return
        self._from = self.server.address_of(self)
        # Others are counted as they come: a length alone costs nobody anything.
        if self._count(length if length is not None and length > bodies.SMALL else 0):
            if length is None or self.channel.unparsed < length:  # most come along with the head
                wait_s = bodies.patience_s(length or self._most)
                self._deadline = reactor.callLater(wait_s, self._dawdled, wait_s)
            super().gotLength(length)
            if (length or 0) > bodies.SMALL:
                self._ask()

    def handleContentChunk(self, data: bytes) -> None:
        if self.channel.refused:
            return
        self._size += len(data)
        if self._size > self._most:
            self.channel.refuse(bodies.too_large(self._most))
            return
        if self._size > self._counted and not self._count(self._size - self._counted):
            return
        if self._size > bodies.SMALL and not self._known and self._asking is None:
            self._ask()
        super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self.channel is None or self.channel.refused:
            return
        if self._asking is not None:
            self._asking.add_done_callback(lambda _: self.requestReceived(command, path, version))
            return
        super().requestReceived(command, path, version)

    def process(self) -> None:
        # A room's socket is taken from us, and nothing else speaks WebSocket: Daphne shall see a request.
        lines = self.requestHeaders
        lines.removeHeader(UPGRADE)
        if upgrade := lines.getRawHeaders(b"Upgrade"):
            lines.setRawHeaders(UPGRADE, upgrade)
            lines.removeHeader(b"Upgrade")
        if not all(value.isascii() for value in lines.getRawHeaders(b"Daphne-Root-Path", [])):
            lines.removeHeader(b"Daphne-Root-Path")
        super().process()

    def hold_continue(self) -> bool:
        """Whether the word to go on has to wait until it is known who asks for it."""
        self._continuing = self._asking is not None
        return self._continuing

    def finish(self) -> None:
        self._release()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._release()
        super().connectionLost(reason)

    def _count(self, size: int) -> bool:
        try:
            self.server.bodies.take(self._from, size)
        except Problem as problem:
            self.channel.refuse(problem)
            return False
        self._counted += size
        return True

    def _release(self) -> None:
        if self._counted:
            self.server.bodies.give_back(self._from, self._counted)
            self._counted = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _ask(self) -> None:
        """Take no more of a large body until it is known that its sender may send one."""
        if self.server.judge is None:
            self._known = True
            return
        self.transport.pauseProducing()
        self._asking = asyncio.get_running_loop().create_task(self._judge())

    async def _judge(self) -> None:
        given = headers.fields(
            (name.lower(), value)
            for name, values in self.requestHeaders.getAllRawHeaders()
            for value in values
        )
        problem: Problem | None = None
        try:
            async with asyncio.timeout(JUDGE_S):
                await self.server.judge(given)
        except Problem as refused:
            problem = refused
        except Exception as error:
            problem = outages.problem(error, "asking who sends a large body")
        self._known, self._asking = problem is None, None
        if self.channel is None:
            return  # its client has left
        if problem is not None:
            self.channel.refuse(problem)
            return
        self.transport.resumeProducing()
        if self._continuing:
            self.transport.write(CONTINUE)

    def _dawdled(self, wait_s: float) -> None:
        self._deadline = None
        self.channel.refuse(Problem(408, f"The body did not come within {wait_s:.0f} s: send it faster."))
