"""One open connection's mailbox in this process."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable

from hub.delivery.sockets import Wire
from hub.events import Piece, control
from hub.ports import Person

Send = Callable[[bytes], int]

_numbers = itertools.count(1)

RETRY_MS = (1000, 4000)  # a client that lost us comes back after a time of its own within these


def retry_ms() -> int:
    return random.randint(*RETRY_MS)  # noqa: S311


class Subscriber:
    """Bytes for one reader, bounded; a reader that lets them pile up is closed, nobody else waits.

    It begins held: what is delivered is kept aside until `release` says up to where the replay
    reached. Bytes go to its wire once it has one (`attach`), and until then, or on a server that gives
    none, wait for `take`. Live on a wire that takes everything at once it is said to *flow*: the
    fan-out then calls the socket's own ``send``.
    """

    # How a feed is told; a room's `Member` is told otherwise.
    SLOW = control("stream-error", {"reason": "slow", "retry": True})
    LIVE = control("stream-live", {})
    DEGRADED = control("stream-degraded", {"reason": "log"})
    EXPIRED = control("stream-error", {"reason": "expired", "retry": False})
    HEARTBEAT = Piece(b": heartbeat\n\n")
    END = b"0\r\n\r\n"  # the last chunk

    __slots__ = (
        "_held",
        "_limit",
        "_mailbox",
        "_size",
        "_waiter",
        "_wire",
        "address",
        "after",
        "came_at",
        "closed",
        "ends_at",
        "flow",
        "number",
        "person",
        "topics",
    )

    def __init__(
        self,
        person: Person,
        address: str,
        topics: tuple[str, ...],
        limit: int,
    ) -> None:
        self.person = person
        self.address = address
        self.topics = topics
        self.ends_at = float("inf")  # Unix time
        self.came_at = time.time()
        self.number = next(_numbers)  # of all in this process
        self.closed = ""  # why, once it is
        self.after = 0  # up to here the replay reached; hearing may lag behind it
        self.flow: Callable[[Subscriber, Send | None], None] | None = None  # told to the fan-out
        self._limit = limit
        self._held: list[tuple[int, Piece]] | None = []
        self._mailbox: list[bytes] | None = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._wire: Wire | None = None

    @property
    def live(self) -> bool:
        return self._held is None

    @property
    def waiting(self) -> int:
        """Bytes that this reader has not been sent yet."""
        return self._size if self._wire is None else self._wire.waiting

    def deliver(self, position: int, piece: Piece) -> None:
        """An event of the log. Held until the replay is over."""
        if self._held is None:
            if position > self.after:
                self.put(piece)
        elif self._fits(piece.bare):
            self._held.append((position, piece))

    def put(self, piece: Piece) -> None:
        """Bytes outside the log's order (a count, a heartbeat)."""
        if self.closed:
            return
        if self._wire is not None:
            if not self._wire.write(piece.chunk):
                self.close("slow", self.SLOW)
        elif self._mailbox is not None and self._fits(piece.bare):
            self._mailbox.append(piece.bare)
            self._wake()

    def fell_short(self, chunk: bytes, sent: int) -> None:
        """Of a chunk that the fan-out sent itself, the kernel took only so many bytes."""
        if self._wire is not None:
            self._wire.fell_short(chunk, sent)

    def reset(self, names: list[str], position: int, reason: str = "trimmed") -> Piece:
        """That something on these topics is gone from the log. No id: more may follow."""
        data = {"topics": names, "reason": reason, "position": str(position)}
        return control("stream-reset", data)

    def beat(self) -> None:
        """Show the reader, and whatever stands between, that this connection lives."""
        self.put(self.HEARTBEAT)

    def revoke(self, *, retry: bool) -> None:
        """Close for a right that ended; with ``retry`` they may come back with what is left."""
        self.close("revoked", control("stream-error", {"reason": "revoked", "retry": retry}))

    def retire(self) -> None:
        """Close because this instance leaves, or for old age: come back after a time of one's own."""
        self.close("retire", control("retire", {"retry": retry_ms()}))

    def expire(self) -> None:
        self.close("expired", self.EXPIRED)

    def hold(self) -> None:
        """Hold what comes from now on; what was held until now is replayed otherwise."""
        self._size -= sum(len(piece.bare) for _, piece in self._held or ())
        self._held = []

    def forget(self, gone: Callable[[Piece], bool]) -> None:
        """What is held and gone is not to be delivered any more."""
        if self._held is not None:
            self._size -= sum(len(piece.bare) for _, piece in self._held if gone(piece))
            self._held = [kept for kept in self._held if not gone(kept[1])]

    def release(self, upto: int) -> None:
        """Go live: what was held and stands after ``upto`` goes out now."""
        held, self._held, self.after = self._held or [], None, upto
        if self._wire is None:
            self._size -= sum(len(piece.bare) for _, piece in held)
        for position, piece in held:
            if position > upto:
                self.put(piece)
        self._changed()

    def attach(self, wire: Wire) -> None:
        """Write to a wire from now on; what waits goes first, as one chunk."""
        waiting = b"".join(self._mailbox or ())
        self._wire, self._mailbox = wire, None
        wire.changed = self._changed
        if waiting:
            wire.write(Piece(waiting).chunk)

    def close(self, reason: str, last: Piece | None = None) -> None:
        """End the stream; ``last`` goes after what waits already. The first reason stands."""
        if self.closed:
            return
        self.closed = reason
        if self._wire is not None:
            self._wire.end((last.chunk if last else b"") + self.END)
        elif self._mailbox is not None:
            if last:
                self._mailbox.append(last.bare)
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

    async def drained(self) -> None:
        """Return once the wire has no bytes waiting, or the stream is closed."""
        while self._wire is not None and self._wire.waiting and not self.closed:
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
        self.close("slow", self.SLOW)
        return False

    def _changed(self) -> None:
        self._wake()
        if self._wire is not None and self._held is None and self.flow is not None:
            self.flow(self, None if self.closed else self._wire.send)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
