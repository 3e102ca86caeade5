"""Client sockets of our own: what is left of a connection once its feed or its room is open.

By then nothing of the server is needed: a feed's client sends nothing, and the room parses the frames of its
clients. So the server hands the socket over and forgets it. One `hub.delivery.readiness` covers all of them:
for the end of a client, for frames of a room's client and, behind a slow reader, for writability.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from hub.delivery.readiness import HUNG_UP, READABLE, WRITABLE, readiness
from hub.delivery.round_robin import RoundRobin

# Writes in this process: accepted by the kernel at once, at least in part; and queued.
direct = deferred = 0

LOST = -1  # the result of a `send` that failed for good
MAX_READ_BYTES = 64 * 1024
CLOSE_S = 5.0  # in which a client has to read the last bytes …
MAX_DISCARDED_BYTES = 16 * 1024 * 1024  # … and in which so much of what it still sends is read and dropped

OnClose = Callable[[], None]

logger = logging.getLogger(__name__)


class ClientSocket:
    """One client's socket. Bytes go straight to the kernel; what it does not accept is queued, up to a limit.

    ``on_change`` is called when `send` becomes None and when it is there again.
    """

    __slots__ = (
        "_closing",
        "_discarded",
        "_limit",
        "_on_close",
        "_poller",
        "_queue",
        "_queued_bytes",
        "_receive",
        "_socket",
        "on_change",
    )

    def __init__(self, poller: SocketPoller, raw: socket.socket, limit: int, on_close: OnClose) -> None:
        self._poller = poller
        self._socket: socket.socket | None = raw
        self._limit = limit
        self._on_close = on_close
        self._queue: list[bytes] | None = None  # None: the kernel accepted everything
        self._queued_bytes = 0
        self._closing = False
        self._receive: Callable[[bytes], None] | None = None
        self._discarded = 0
        self.on_change: Callable[[], None] = _nothing

    @property
    def send(self) -> Callable[[bytes], int] | None:
        """The socket's own `send` while nothing is queued, for the fan-out to thousands. After a short write
        call `queue_rest` before anything else is written."""
        if self._socket is None or self._closing or self._queue is not None:
            return None
        return self._socket.send

    @property
    def waiting(self) -> int:
        """Bytes that the kernel has not accepted yet."""
        return self._queued_bytes

    def write(self, data: bytes) -> bool:
        """Send or queue; False when too much is queued already: then nothing was added.

        Never closes the socket itself: the caller may be iterating over all subscribers.
        """
        global direct, deferred
        if self._closing or self._socket is None:
            return True
        if self._queue is not None:
            if self._queued_bytes + len(data) > self._limit:
                return False
            self._queue.append(data)
            self._queued_bytes += len(data)
            deferred += 1
            return True
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            sent = LOST
        direct += 1
        if sent != len(data):
            self.queue_rest(data, sent)
        return True

    def queue_rest(self, data: bytes, sent: int) -> None:
        """Handle a short write: queue the unsent rest, or close if ``sent`` is `LOST`."""
        if self._socket is None:
            return
        if sent == LOST:
            self._poller.loop.call_soon(self.abort)
            return
        self._queue = [data[sent:]]
        self._queued_bytes = len(data) - sent
        self._set_interest()
        self.on_change()

    def close(self, last: bytes) -> None:
        """Close once everything queued and these last bytes are sent, or after `CLOSE_S`."""
        if self._closing or self._socket is None:
            return
        self._limit += len(last)
        self.write(last)
        self._closing = True
        if self._receive is not None:
            self._receive = self._discard
        self.on_change()
        if self._queue is None:
            self._poller.loop.call_soon(self._shut_down)
        else:
            self._poller.loop.call_later(CLOSE_S, self.abort)

    def abort(self) -> None:
        """Close now, whatever is queued."""
        if self._socket is not None:
            raw, self._socket = self._socket, None
            # No cycle is left for the garbage collector.
            on_close, self._on_close, self.on_change = self._on_close, _nothing, _nothing
            self._receive = None
            self._queue, self._queued_bytes = None, 0
            self._poller.unregister(raw)
            raw.close()
            on_close()

    def receive(self, handler: Callable[[bytes], None] | None) -> None:
        """Pass what the client sends to the handler; with None it waits in the kernel."""
        self._receive = handler
        if self._socket is not None:
            self._set_interest()

    def on_writable(self) -> None:
        """Send all that is queued, as one write."""
        if self._socket is None or self._queue is None:
            return
        data = self._queue[0] if len(self._queue) == 1 else b"".join(self._queue)
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return self.abort()
        if sent < len(data):
            self._queue = [data[sent:]]
            self._queued_bytes = len(data) - sent
        else:
            self._queue, self._queued_bytes = None, 0
            self._set_interest()
            self.on_change()
            if self._closing:
                self._shut_down()

    def on_readable(self) -> None:
        if self._socket is None or self._receive is None:
            return
        try:
            data = self._socket.recv(MAX_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            return self.abort()
        if data:
            self._receive(data)
        else:
            self.abort()

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > MAX_DISCARDED_BYTES:
            self.receive(None)

    def _shut_down(self) -> None:
        """Everything was sent. Half-close first: closing with unread input makes the kernel send a reset and
        drop our last bytes."""
        if self._receive is None or self._socket is None:
            return self.abort()
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return self.abort()  # the client has closed
        self._poller.loop.call_later(CLOSE_S, self.abort)

    def _set_interest(self) -> None:
        interest = HUNG_UP
        if self._queue is not None:
            interest |= WRITABLE
        if self._receive is not None:
            interest |= READABLE
        if self._socket is not None:
            self._poller.readiness.modify(self._socket, interest)


def _nothing() -> None:
    pass


class SocketPoller:
    """All client sockets of this process, under one `hub.delivery.readiness`. Belongs to the event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._sockets: dict[int, ClientSocket] = {}  # by descriptor
        self.readiness = readiness(self.loop, RoundRobin(self._ready, self._serve).turn)

    def adopt(self, raw: socket.socket, first: bytes, limit: int, on_close: OnClose) -> ClientSocket:
        """Own a connected, non-blocking socket. ``first`` is sent at once, over the limit if need be.

        ``on_close`` is called once, whichever side ends the connection.
        """
        adopted = ClientSocket(self, raw, limit, on_close)
        self._sockets[raw.fileno()] = adopted
        self.readiness.register(raw, HUNG_UP)
        if first:
            adopted.write(first)
        return adopted

    def unregister(self, raw: socket.socket) -> None:
        self.readiness.unregister(raw)
        del self._sockets[raw.fileno()]

    def _ready(self) -> list[tuple[ClientSocket, int]]:
        return [(self._sockets[number], happened) for number, happened in self.readiness.poll()]

    def _serve(self, ready: tuple[ClientSocket, int]) -> None:
        client, happened = ready
        try:
            if happened & READABLE:
                # What a client sent before it closed counts.
                client.on_readable()
            elif happened & HUNG_UP:
                client.abort()
            if happened & WRITABLE:
                client.on_writable()
        except Exception:
            logger.exception("a connection could not be served, and is closed")
            client.abort()
