"""The reading side of a connection, with bounds that Twisted lacks.

- What is refused here is a problem like any other, after which the connection is read on for a while: closed
  under a client that still sends, it would be a reset, the answer lost, and for a proxy a failed instance.
- A head has to come whole within its time, however steadily it drips; a body likewise (`hub.server.request`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from daphne.http_protocol import HTTPFactory

from twisted.internet import reactor as twisted_reactor  # isort: skip

from hub.errors import CONTENT_TYPE, Problem
from hub.server.request import Request
from hub.server.twisted_internals import HookedChannel

HEAD_S = 10.0  # that a request's head may take
LINGER_S = 5.0  # that who was refused may go on sending, …
LINGER_BYTES = 16 * 1024 * 1024  # … and how much
LARGEST_HEAD = 64 * 1024  # bytes; more than nginx passes on (large_client_header_buffers)
LONGEST_LINE = 32 * 1024

# Twisted's types stop at its interfaces.
reactor: Any = twisted_reactor


class Channel(HookedChannel):
    totalHeadersSize = LARGEST_HEAD
    MAX_LENGTH = LONGEST_LINE
    refused = False
    _left = LINGER_BYTES
    _heading: Any = None  # the call that ends a head which does not
    _lingering: Any = None

    def dataReceived(self, data: bytes) -> None:
        if self.refused:
            return self._discard(len(data))
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        begun = self.head_has_begun and not self.refused
        if begun and self._heading is None:
            self._heading = reactor.callLater(HEAD_S, self._dawdled)
        elif not begun and self._heading is not None:
            self._heading.cancel()
            self._heading = None

    def lineReceived(self, line: bytes) -> None:
        if not self.refused:
            super().lineReceived(line)  # type: ignore[no-untyped-call]

    def rawDataReceived(self, data: bytes) -> None:
        if not self.refused:
            super().rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(Problem(431, "A line of the head is too long: send a shorter address or cookie."))

    def connectionLost(self, reason: Any = None) -> None:
        for call in (self._heading, self._lingering):
            if call is not None and call.active():
                call.cancel()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem, whatever of the request has come, and close."""
        if self.refused:
            return
        self.refused = True
        self.setTimeout(None)  # type: ignore[no-untyped-call]
        self.clearLineBuffer()  # type: ignore[no-untyped-call]
        body = problem.body()
        lines = {
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
            **problem.headers,
        }
        head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
        head += [f"{name}: {value}" for name, value in lines.items()]
        self.transport.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        self.transport.loseWriteConnection()
        self.transport.resumeProducing()
        self._lingering = reactor.callLater(LINGER_S, self.transport.abortConnection)

    def refuse_head(self, *, too_large: bool) -> None:
        if too_large:
            return self.refuse(Problem(431, "The head is too large: send fewer headers or cookies."))
        self.refuse(Problem(400, "This is no request of HTTP/1.1: see RFC 9112."))

    def may_continue(self) -> bool:
        return not (self.refused or self.requests[-1].hold_continue())

    def _dawdled(self) -> None:
        self._heading = None
        self.refuse(Problem(408, f"The request's head did not come within {HEAD_S:g} s: send it at once."))

    def _discard(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            self.transport.abortConnection()


class Factory(HTTPFactory):  # type: ignore[misc]  # daphne is not typed
    protocol = Channel

    def buildProtocol(self, addr: Any) -> Any:
        if not self.server.lets_in(addr.host):
            return None  # closes it
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol
