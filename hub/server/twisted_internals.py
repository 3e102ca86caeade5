"""The private names of Twisted that the hub touches: all of them, and nothing else.

Twisted has no public way to give a connection away, to read a request line before the body has come, or to
answer a bad request. The contract test names what an upgrade moved and what it was used for.

The public way to give a connection away, ``getHandle().dup()`` and ``abortConnection()``, takes 1.33 times
the CPU (120 µs per connection instead of 90; 1.09 times for a whole feed) and accepts 0.83 times as many
connections per second: Twisted 26.10, 2026-11-30, both ways by turns in one run.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from twisted.web.http import HTTPChannel

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class HookedChannel(HTTPChannel):
    """An `HTTPChannel` whose answers to bad heads and to ``Expect: 100-continue`` can be replaced."""

    factory: Any
    transport: Any  # a socket of Twisted's; its types stop at their interfaces

    @property
    def server(self) -> Any:
        """The `hub.server.daphne.Server`."""
        return self.factory.server

    @property
    def peer(self) -> str:
        """The address of the other side."""
        return str(self.transport.getPeer().host)

    def parse(self, data: bytes) -> None:
        """Have Twisted make requests of what has come."""
        raise NotImplementedError

    def refuse_head(self, *, too_large: bool) -> None:
        """Answer a head that is no HTTP/1.1, or has too many bytes or headers."""
        raise NotImplementedError

    def may_continue(self) -> bool:
        """Whether a client that asks before it sends its body may do so now."""
        raise NotImplementedError

    @property
    def head_has_begun(self) -> bool:
        """Whether a part of a head has come, and not yet all of it."""
        return bool(self.line_mode and (self._receivedHeaderSize or self._buffer))

    @property
    def between_requests(self) -> bool:
        """Whether what comes now begins a request, and the one before is answered."""
        # 2 after an empty line, which Twisted ignores once.
        at_first_line = getattr(self, "_HTTPChannel__first_line") == 1  # noqa: B009
        return bool(
            at_first_line and self.line_mode and self.persistent and not (self.requests or self._buffer)
        )

    @property
    def method_and_target(self) -> tuple[bytes, bytes]:
        """Method and target, from `Request.gotLength` until the body has come."""
        target: Any = self._path  # Twisted's stubs take it for a request
        return self._command, target

    @property
    def version(self) -> bytes:
        """``HTTP/1.1``, known as long as those."""
        version: bytes = self._version
        return version

    @property
    def unparsed(self) -> int:
        """Bytes that came along with the head."""
        return len(self._buffer)

    @property
    def pipelined(self) -> bytes:
        """What came after the request that is being answered."""
        return b"".join(self._dataBuffer)

    def read_without_context(self) -> None:
        """Read without the context of Twisted's log, which no one reads: it takes as long as the reading."""
        reactor = self.transport.reactor
        reactor._asyncioEventloop.add_reader(
            self.transport.fileno(), reactor._readOrWrite, self.transport, True
        )

    def write_now(self, data: bytes) -> None:
        """Write, if nothing waits to be written, without another turn of the event loop."""
        transport = self.transport
        if transport is None or transport.disconnecting or not transport.connected:
            return
        sent = 0
        if not (transport.dataBuffer or transport._tempDataBuffer):
            with suppress(OSError):  # Twisted finds it again, and loses the connection
                sent = transport.socket.send(data)
        if sent < len(data):
            transport.write(data[sent:])

    def pause_reading(self) -> None:
        self.transport.pauseProducing()

    def resume_reading(self) -> None:
        """Unless the client does not read what was written to it."""
        if not self._waitingForTransport and self.transport is not None:
            self.transport.resumeProducing()

    def _respondToBadRequestAndDisconnect(self) -> None:
        too_many = self._receivedHeaderCount > self.maxHeaders
        self.refuse_head(too_large=too_many or self._receivedHeaderSize > self.totalHeadersSize)

    def _send100Continue(self) -> None:
        if self.may_continue():
            self.transport.write(CONTINUE)


def detach(request: Any) -> tuple[socket.socket, bytes]:
    """Part a request's connection from Daphne and Twisted, which forget it without closing it.

    Returns the socket and what Twisted had still to write. Reference cycles are cut, so that nothing waits
    for the garbage collector.
    """
    transport, channel = request.transport, request.channel
    unsent = bytes(transport.dataBuffer[transport.offset :]) + b"".join(transport._tempDataBuffer)
    channel.setTimeout(None)
    transport.unregisterProducer()
    transport.stopReading()
    transport.stopWriting()
    transport.protocol = None
    channel.requests.clear()
    request.channel = request.transport = channel.transport = None
    return transport.getHandle(), unsent
