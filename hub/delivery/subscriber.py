"""The state of one open connection in this process: what it still has to be sent."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

from hub.delivery.dialect import Dialect
from hub.delivery.sockets import ClientSocket
from hub.events import Encoded
from hub.ports import Person

Send = Callable[[bytes], int]

_numbers = itertools.count(1)

STEP_BYTES = 256 * 1024  # of a replay, written before its reader has to have received them


class Subscriber:
    """Bytes for one reader, bounded; a reader that lets them pile up is closed, and no other waits for it.

    It begins held: events delivered are kept aside until `release` says up to which position the replay
    reached. Bytes go to its socket once it has one (`attach`); until then, or on a server that gives none
    away, they wait for `drain`. ``on_direct`` is called with the socket's own ``send`` when the fan-out may
    use it, and with None when it may no longer: the subscriber is live and nothing is queued.
    """

    __slots__ = (
        "_held",
        "_mailbox",
        "_size",
        "_socket",
        "_waiter",
        "address",
        "closed",
        "dialect",
        "ends_at",
        "mailbox_bytes",
        "number",
        "on_direct",
        "opened_at",
        "person",
        "replayed_to",
        "topics",
    )

    def __init__(
        self, person: Person, *, address: str, topics: tuple[str, ...], dialect: Dialect, mailbox_bytes: int
    ) -> None:
        self.person = person
        self.address = address
        self.topics = topics
        self.dialect = dialect
        self.ends_at = float("inf")  # Unix time
        self.opened_at = time.time()
        self.number = next(_numbers)  # unique in this process
        self.closed = ""  # the reason, once it is
        self.replayed_to = 0  # events received later but positioned up to here were in the replay
        self.on_direct: Callable[[Subscriber, Send | None], None] | None = None
        self.mailbox_bytes = mailbox_bytes
        self._held: list[tuple[int, Encoded]] | None = []
        self._mailbox: list[bytes] | None = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._socket: ClientSocket | None = None

    @property
    def live(self) -> bool:
        return self._held is None

    @property
    def finishes(self) -> bool:
        """Whether its end is that of the response; else the response is cut short."""
        return True

    @property
    def waiting(self) -> int:
        """Bytes not sent to this reader yet."""
        return self._size if self._socket is None else self._socket.waiting

    def deliver(self, position: int, encoded: Encoded) -> None:
        """An event of the log; held until the replay is over."""
        if self._held is None:
            if position > self.replayed_to:
                self.put(encoded)
        elif self._fits(encoded.payload):
            self._held.append((position, encoded))

    def put(self, encoded: Encoded) -> None:
        """Send bytes outside the log's order (a count, a heartbeat)."""
        if self.closed:
            return
        if self._socket is not None:
            if not self._socket.write(encoded.framed):
                self.close("slow", self.dialect.slow)
        elif self._mailbox is not None and self._fits(encoded.payload):
            self._mailbox.append(encoded.payload)
            self._wake()

    def queue_rest(self, framed: bytes, sent: int) -> None:
        """Handle a short write of the fan-out's own."""
        if self._socket is not None:
            self._socket.queue_rest(framed, sent)

    def beat(self) -> None:
        """Keep the connection open, for the reader and for the proxies between."""
        self.put(self.dialect.heartbeat)

    def revoke(self, *, retry: bool) -> None:
        """Close because a right ended; with ``retry`` the client may return with the rights that are left."""
        self.close("revoked", self.dialect.revoked(retry=retry))

    def retire(self) -> None:
        """Close because of age, or because this instance is leaving: the client returns after a moment."""
        self.close("retire", self.dialect.retired())

    def give_up(self) -> None:
        """Close because its client acknowledges nothing; one that is there after all returns."""
        self.close("unacknowledged", self.dialect.retired())

    def expire(self) -> None:
        """Close because the token or session expired."""
        self.close("expired", self.dialect.expired)

    def hold(self) -> None:
        """Start holding again; events held so far are dropped because the caller replays them."""
        self._size -= sum(len(encoded.payload) for _, encoded in self._held or ())
        self._held = []

    def forget(self, gone: Callable[[Encoded], bool]) -> None:
        """Drop held events that are gone from the log."""
        if self._held is not None:
            self._size -= sum(len(encoded.payload) for _, encoded in self._held if gone(encoded))
            self._held = [kept for kept in self._held if not gone(kept[1])]

    def release(self, upto: int) -> None:
        """Go live: held events after ``upto`` are sent now."""
        held, self._held, self.replayed_to = self._held or [], None, upto
        if self._socket is None:
            self._size -= sum(len(encoded.payload) for _, encoded in held)
        for position, encoded in held:
            if position > upto:
                self.put(encoded)
        self._changed()

    def rejoin(self) -> None:
        """Its topics are others: have the fan-out use the socket for them, too, if it may."""
        self._changed()

    def attach(self, socket: ClientSocket) -> None:
        """Write to a socket from now on; the mailbox goes first, as one chunk."""
        queued = b"".join(self._mailbox or ())
        self._socket, self._mailbox = socket, None
        socket.on_change = self._changed
        if queued:
            socket.write(self.dialect.frame(queued))

    def close(self, reason: str, last: Encoded | None = None) -> None:
        """End the stream, with ``last`` after everything queued. The first reason counts."""
        if self.closed:
            return
        self.closed = reason
        if self._socket is not None:
            end = self.dialect.end if self.finishes else b""
            self._socket.close((last.framed if last else b"") + end)
        elif self._mailbox is not None:
            if last:
                self._mailbox.append(last.payload)
            self._wake()

    async def drain(self) -> bytes:
        """The mailbox's payloads, joined, once there are some; empty when closed and drained."""
        if self._mailbox is None:
            raise RuntimeError("a subscriber with a socket has no mailbox")
        while not self._mailbox and not self.closed:
            await self._wait()
        data = self._mailbox[0] if len(self._mailbox) == 1 else b"".join(self._mailbox)
        self._mailbox.clear()
        self._size = 0
        return data

    async def write(self, payload: bytes) -> None:
        """Write a part of a replay to the socket, and wait for a reader that is behind."""
        for start in range(0, len(payload), STEP_BYTES):
            if self._socket is not None:
                self._socket.write(self.dialect.frame(payload[start : start + STEP_BYTES]))
                await self.flushed()

    async def flushed(self) -> None:
        """Return once the socket has nothing queued, or the stream is closed."""
        while self._socket is not None and self._socket.waiting and not self.closed:
            await self._wait()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _fits(self, payload: bytes) -> bool:
        self._size += len(payload)
        if self._size <= self.mailbox_bytes:
            return True
        if self._held is not None:
            self._held = []
        if self._mailbox is not None:
            self._mailbox.clear()
        self.close("slow", self.dialect.slow)
        return False

    def _changed(self) -> None:
        self._wake()
        if self._socket is not None and self._held is None and self.on_direct is not None:
            self.on_direct(self, None if self.closed else self._direct)

    @property
    def _direct(self) -> Send | None:
        """By which the fan-out sends, while nothing is queued."""
        return self._socket.send if self._socket is not None else None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
