"""The reading side of a connection, with bounds that Twisted lacks.

- A refusal is a problem like any other, after which input is still read for a while: closing under a client
  that still sends would be a reset, which loses the response and looks to a proxy like a failed instance.
- A head has to arrive within its time, however steadily it drips; so has a body (`hub.server.request`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from daphne.http_protocol import HTTPFactory

from twisted.internet import reactor as twisted_reactor  # isort: skip

from hub.errors import CONTENT_TYPE, Problem
from hub.server import cors
from hub.server.plain_posts import PlainPosts
from hub.server.request import BoundedRequest
from hub.server.twisted_internals import HookedChannel

HEAD_S = 10.0  # in which a request's head has to arrive
LINGER_S = 5.0  # for which a refused client may go on sending, …
MAX_DISCARDED_BYTES = 16 * 1024 * 1024  # … and how much
MAX_HEAD_BYTES = 72 * 1024  # more than nginx passes on (large_client_header_buffers)
MAX_LINE_BYTES = 33 * 1024  # of the head

# Twisted's types stop at its interfaces.
reactor: Any = twisted_reactor


class Channel(HookedChannel):
    """One connection, which reads one request after the other."""

    totalHeadersSize = MAX_HEAD_BYTES
    MAX_LENGTH = MAX_LINE_BYTES
    refused = False
    posts: PlainPosts | None = None  # once it has posted
    lingers = False  # the request is answered while its body still comes
    _left_bytes = MAX_DISCARDED_BYTES
    _head_deadline: Any = None
    _linger_deadline: Any = None

    def dataReceived(self, data: bytes) -> None:
        if self.refused:
            return self._discard(len(data))
        if self.posts is None and data.startswith(b"POST ") and (post := self.server.posts) is not None:
            self.posts = PlainPosts(self, post)
            self.read_without_context()
        if self.posts is None:
            return self.parse(data)
        self.resetTimeout()  # type: ignore[no-untyped-call]
        self.posts.receive(data)

    def parse(self, data: bytes) -> None:
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        begun = self.head_has_begun and not self.refused
        if begun and self._head_deadline is None:
            self._head_deadline = reactor.callLater(HEAD_S, self._time_out_head)
        elif not begun and self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def lineReceived(self, line: bytes) -> None:
        if not self.refused:
            super().lineReceived(line)  # type: ignore[no-untyped-call]

    def rawDataReceived(self, data: bytes) -> None:
        if not self.refused:
            super().rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(Problem(431, "A line of the head is too long: send a shorter address or cookie."))

    def connectionLost(self, reason: Any = None) -> None:
        for call in (self._head_deadline, self._linger_deadline):
            if call is not None and call.active():
                call.cancel()
        if self.posts is not None:
            self.posts.lose()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def refuse(self, problem: Problem) -> None:
        """Respond with a problem, however much of the request has arrived, and close."""
        if self.refused:
            return
        if self.requests and (streamed := self.requests[-1].body) is not None:
            streamed.cut()
        body = problem.body()
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
            **cors.api_headers(self._origin()),
            **problem.headers,
        }
        head = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self.transport.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        self._linger()

    def timeoutConnection(self) -> None:
        if self.posts is not None and self.posts.busy:
            self.setTimeout(self.timeOut)  # type: ignore[no-untyped-call]
        else:
            super().timeoutConnection()  # type: ignore[no-untyped-call]

    def loseConnection(self) -> Any:
        return self._linger() if self.lingers else super().loseConnection()  # type: ignore[no-untyped-call]

    def refuse_head(self, *, too_large: bool) -> None:
        if too_large:
            return self.refuse(Problem(431, "The head is too large: send fewer headers or cookies."))
        self.refuse(Problem(400, "This is no request of HTTP/1.1: see RFC 9112."))

    def may_continue(self) -> bool:
        return not (self.refused or self.requests[-1].hold_continue())

    def _linger(self) -> None:
        """Send no more, and read for a while what comes."""
        self.refused = True
        self.setTimeout(None)  # type: ignore[no-untyped-call]
        self.clearLineBuffer()  # type: ignore[no-untyped-call]
        self.transport.loseWriteConnection()
        self.transport.resumeProducing()
        self._linger_deadline = reactor.callLater(LINGER_S, self.transport.abortConnection)

    def _origin(self) -> str | None:
        """Of the request that arrives, if its headers have."""
        origins = self.requests[-1].requestHeaders.getRawHeaders("Origin") if self.requests else None
        return ",".join(origins) if origins else None

    def _time_out_head(self) -> None:
        self._head_deadline = None
        self.refuse(Problem(408, f"The request's head did not come within {HEAD_S:g} s: send it at once."))

    def _discard(self, size: int) -> None:
        self._left_bytes -= size
        if self._left_bytes < 0:
            self.transport.abortConnection()


class Factory(HTTPFactory):  # type: ignore[misc]  # daphne is not typed
    """Makes the channel of each connection that the server admits."""

    protocol = Channel

    def log(self, request: Any) -> None:
        """Nothing: Twisted formats a line for a log that no one reads, which takes 8 % of a small request."""

    def buildProtocol(self, addr: Any) -> Any:
        if not self.server.admits(addr.host):
            return None  # closes it
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol
