"""One open connection's mailbox in this process."""

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
    """Bytes for one reader, bounded; a reader that lets them pile up is closed, nobody else waits.

    It begins held: what is delivered is kept aside until `release` says up to where the replay
    reached. Bytes go to its wire once it has one (`attach`), and until then, or on a server that gives
    none, wait for `take`. Live on a wire that takes everything at once it is said to *flow*: the
    fan-out then calls the socket's own ``send``.
    """

    __slots__ = (
        "_held",
        "_limit",
        "_mailbox",
        "_size",
        "_waiter",
        "_socket",
        "address",
        "after",
        "came_at",
        "closed",
        "dialect",
        "ends_at",
        "flow",
        "number",
        "person",
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
        self.came_at = time.time()
        self.number = next(_numbers)  # of all in this process
        self.closed = ""  # why, once it is
        self.after = 0  # up to here the replay reached; hearing may lag behind it
        self.flow: Callable[[Subscriber, Send | None], None] | None = None  # told to the fan-out
        self._limit = mailbox_bytes
        self._held: list[tuple[int, Encoded]] | None = []
        self._mailbox: list[bytes] | None = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._socket: ClientSocket | None = None

    @property
    def live(self) -> bool:
        return self._held is None

    @property
    def waiting(self) -> int:
        """Bytes that this reader has not been sent yet."""
        return self._size if self._socket is None else self._socket.waiting

    def deliver(self, position: int, encoded: Encoded) -> None:
        """An event of the log. Held until the replay is over."""
        if self._held is None:
            if position > self.after:
                self.put(encoded)
        elif self._fits(encoded.payload):
            self._held.append((position, encoded))

    def put(self, encoded: Encoded) -> None:
        """Bytes outside the log's order (a count, a heartbeat)."""
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
        """Show the reader, and whatever stands between, that this connection lives."""
        self.put(self.dialect.heartbeat)

    def revoke(self, *, retry: bool) -> None:
        """Close for a right that ended; with ``retry`` they may come back with what is left."""
        self.close("revoked", self.dialect.revoked(retry=retry))

    def retire(self) -> None:
        """Close because this instance leaves, or for old age: come back after a time of one's own."""
        self.close("retire", self.dialect.retired())

    def expire(self) -> None:
        self.close("expired", self.dialect.expired)

    def hold(self) -> None:
        """Hold what comes from now on; what was held until now is replayed otherwise."""
        self._size -= sum(len(encoded.payload) for _, encoded in self._held or ())
        self._held = []

    def forget(self, gone: Callable[[Encoded], bool]) -> None:
        """What is held and gone is not to be delivered any more."""
        if self._held is not None:
            self._size -= sum(len(encoded.payload) for _, encoded in self._held if gone(encoded))
            self._held = [kept for kept in self._held if not gone(kept[1])]

    def release(self, upto: int) -> None:
        """Go live: what was held and stands after ``upto`` goes out now."""
        held, self._held, self.after = self._held or [], None, upto
        if self._socket is None:
            self._size -= sum(len(encoded.payload) for _, encoded in held)
        for position, encoded in held:
            if position > upto:
                self.put(encoded)
        self._changed()

    def attach(self, socket: ClientSocket) -> None:
        """Write to a wire from now on; what waits goes first, as one chunk."""
        waiting = b"".join(self._mailbox or ())
        self._socket, self._mailbox = socket, None
        socket.on_change = self._changed
        if waiting:
            socket.write(self.dialect.frame(waiting))

    def close(self, reason: str, last: Encoded | None = None) -> None:
        """End the stream; ``last`` goes after what waits already. The first reason stands."""
        if self.closed:
            return
        self.closed = reason
        if self._socket is not None:
            self._socket.close((last.framed if last else b"") + self.dialect.end)
        elif self._mailbox is not None:
            if last:
                self._mailbox.append(last.payload)
            self._wake()

    async def take(self) -> bytes:
        """Everything that waits, joined, once something does; empty when closed and drained."""
        if self._mailbox is None:
            raise RuntimeError("what has a wire is not taken")
        if not self._mailbox and not self.closed:
            await self._wait()
        data = self._mailbox[0] if len(self._mailbox) == 1 else b"".join(self._mailbox)
        self._mailbox.clear()
        self._size = 0
        return data

    async def write(self, payload: bytes) -> None:
        """Write a part of a replay to the wire, and wait for a reader that is behind."""
        for start in range(0, len(payload), STEP_BYTES):
            if self._socket is not None:
                self._socket.write(self.dialect.frame(payload[start : start + STEP_BYTES]))
                await self.drained()

    async def drained(self) -> None:
        """Return once the wire has no bytes waiting, or the stream is closed."""
        while self._socket is not None and self._socket.waiting and not self.closed:
            await self._wait()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _fits(self, data: bytes) -> bool:
        self._size += len(data)
        if self._size <= self._limit:
            return True
        if self._held is not None:
            self._held = []
        if self._mailbox is not None:
            self._mailbox.clear()
        self.close("slow", self.dialect.slow)
        return False

    def _changed(self) -> None:
        self._wake()
        if self._socket is not None and self._held is None and self.flow is not None:
            self.flow(self, None if self.closed else self._socket.send)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
