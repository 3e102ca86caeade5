"""Sockets that are ours alone: what is left of a connection once its feed or its room is open.

Neither needs anything of a server any more: a feed's client says nothing, and a room's frames are parsed
by the room. So the server hands the socket over and forgets it. One `hub.delivery.readiness` watches all of
them: for the end of a client, for frames of a room's client and, behind a slow reader, for writability.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from hub.delivery.read_schedule import Rota
from hub.delivery.readiness import HUNG_UP, READABLE, WRITABLE, readiness

# Writes of all wires in this process: taken by the kernel at once, at least in part; made to wait.
direct = deferred = 0

LOST = -1  # what a `send` that failed for good counts as

HEARD = 64 * 1024  # bytes read at once
ENDING_S = 5.0  # a reader that was told goodbye has so long to read it …
IGNORED = 16 * 1024 * 1024  # … and what it goes on to say is taken from the kernel up to so many bytes

logger = logging.getLogger(__name__)


class Wire:
    """One socket. Bytes go straight to the kernel; what it does not take waits here, bounded."""

    __slots__ = (
        "_backlog",
        "_closed",
        "_ending",
        "_heard",
        "_ignored",
        "_limit",
        "_size",
        "_socket",
        "_wires",
        "changed",
    )

    def __init__(self, wires: Wires, taken: socket.socket, limit: int, closed: Callable[[], None]) -> None:
        self._wires = wires
        self._socket: socket.socket | None = taken
        self._limit = limit
        self._closed = closed
        self._backlog: list[bytes] | None = None  # None: the kernel took everything
        self._size = 0
        self._ending = False
        self._heard: Callable[[bytes], None] | None = None
        self._ignored = 0
        # Told when the kernel makes us wait, and when it no longer does.
        self.changed: Callable[[], None] = _nothing

    @property
    def send(self) -> Callable[[bytes], int] | None:
        """The socket's own `send` while nothing waits, for whoever writes to thousands: what falls
        short has to be told to `fell_short` before anything else is written."""
        if self._socket is None or self._ending or self._backlog is not None:
            return None
        return self._socket.send

    @property
    def waiting(self) -> int:
        """Bytes the kernel has not taken yet."""
        return self._size

    def write(self, data: bytes) -> bool:
        """Send, or let wait; False when too much waits already: then nothing was added.

        Never closes by itself: whoever writes may be going through all subscribers.
        """
        global direct, deferred
        if self._ending or self._socket is None:
            return True
        if self._backlog is not None:
            if self._size + len(data) > self._limit:
                return False
            self._backlog.append(data)
            self._size += len(data)
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
            self.fell_short(data, sent)
        return True

    def fell_short(self, data: bytes, sent: int) -> None:
        """Of these bytes the kernel took only so many, or the socket is `LOST`."""
        if self._socket is None:
            return
        if sent == LOST:
            self._wires.loop.call_soon(self.abort)
            return
        self._backlog = [data[sent:]]
        self._size = len(data) - sent
        self._watch()
        self.changed()

    def end(self, last: bytes) -> None:
        """Close after what waits and these bytes, or after a while, whatever still waits."""
        if self._ending or self._socket is None:
            return
        self._limit += len(last)
        self.write(last)
        self._ending = True
        if self._heard is not None:
            self._heard = self._ignore
        self.changed()
        if self._backlog is None:
            self._wires.loop.call_soon(self._ended)
        else:
            self._wires.loop.call_later(ENDING_S, self.abort)

    def abort(self) -> None:
        """Close now, whatever waits."""
        if self._socket is not None:
            taken, self._socket = self._socket, None
            closed, self._closed, self.changed = self._closed, _nothing, _nothing  # no circle is left
            self._heard = None
            self._backlog, self._size = None, 0
            self._wires.forget(taken)
            taken.close()
            closed()

    def room(self) -> None:
        """The kernel takes bytes again: all that waits goes as one write."""
        if self._socket is None or self._backlog is None:
            return
        data = self._backlog[0] if len(self._backlog) == 1 else b"".join(self._backlog)
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return self.abort()
        if sent < len(data):
            self._backlog = [data[sent:]]
            self._size = len(data) - sent
        else:
            self._backlog, self._size = None, 0
            self._watch()
            self.changed()
            if self._ending:
                self._ended()

    def read(self, heard: Callable[[bytes], None] | None) -> None:
        """Tell what the client says from now on; with None it waits in the kernel."""
        self._heard = heard
        if self._socket is not None:
            self._watch()

    def readable(self) -> None:
        if self._socket is None or self._heard is None:
            return
        try:
            data = self._socket.recv(HEARD)
        except BlockingIOError:
            return
        except OSError:
            return self.abort()
        if data:
            self._heard(data)
        else:
            self.abort()

    def _ignore(self, data: bytes) -> None:
        self._ignored += len(data)
        if self._ignored > IGNORED:
            self.read(None)

    def _ended(self) -> None:
        """All was sent. Of a client that still speaks, the kernel would throw our last words away."""
        if self._heard is None or self._socket is None:
            return self.abort()
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return self.abort()  # it has left
        self._wires.loop.call_later(ENDING_S, self.abort)

    def _watch(self) -> None:
        interest = HUNG_UP
        if self._backlog is not None:
            interest |= WRITABLE
        if self._heard is not None:
            interest |= READABLE
        if self._socket is not None:
            self._wires.watch(self._socket, interest)


def _nothing() -> None:
    pass


class Wires:
    """All wires of this process, under one `hub.delivery.readiness`."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._wires: dict[int, Wire] = {}
        self._readiness = readiness(self.loop, Rota(self._ready, self._serve).turn)

    def take(self, taken: socket.socket, waiting: bytes, limit: int, closed: Callable[[], None]) -> Wire:
        """Own a connected, non-blocking socket. ``waiting`` goes out first, over the limit if need be.

        ``closed`` is called once, whoever ends the connection.
        """
        wire = Wire(self, taken, limit, closed)
        self._wires[taken.fileno()] = wire
        self._readiness.register(taken, HUNG_UP)
        if waiting:
            wire.write(waiting)
        return wire

    def watch(self, taken: socket.socket, interest: int) -> None:
        self._readiness.modify(taken, interest)

    def forget(self, taken: socket.socket) -> None:
        self._readiness.unregister(taken)
        del self._wires[taken.fileno()]

    def _ready(self) -> list[tuple[Wire, int]]:
        return [(self._wires[number], happened) for number, happened in self._readiness.poll()]

    def _serve(self, ready: tuple[Wire, int]) -> None:
        wire, happened = ready
        try:
            if happened & READABLE:
                # What a client said before it left counts.
                wire.readable()
            elif happened & HUNG_UP:
                wire.abort()
            if happened & WRITABLE:
                wire.room()
        except Exception:
            logger.exception("a connection could not be served, and is closed")
            wire.abort()
