"""One open connection's mailbox in this process."""

from __future__ import annotations

import asyncio
import random

from hub.events import control
from hub.people import Person

SLOW = control("stream-error", {"reason": "slow", "retry": True})


class Subscriber:
    """Bytes for one reader, bounded; a reader that lets them pile up is closed, nobody else waits.

    It begins held: what is delivered is kept aside until `release` says up to where the replay
    reached. `take` gives everything that waits, joined.
    """

    __slots__ = (
        "_after",
        "_held",
        "_limit",
        "_mailbox",
        "_size",
        "_waiter",
        "closed",
        "person",
        "topics",
        "turn",
    )

    def __init__(self, person: Person, topics: tuple[str, ...], limit: int) -> None:
        self.person = person
        self.topics = topics
        self.turn = random.getrandbits(16)  # whose heartbeat is when
        self.closed = ""  # why, once it is
        self._limit = limit
        self._held: list[tuple[int, bytes]] | None = []
        self._after = 0  # up to here the replay reached; hearing may lag behind it
        self._mailbox: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None

    @property
    def live(self) -> bool:
        return self._held is None

    def deliver(self, position: int, data: bytes) -> None:
        """An event of the log. Held until the replay is over."""
        if self._held is None:
            if position > self._after:
                self.put(data)
        elif self._fits(data):
            self._held.append((position, data))

    def put(self, data: bytes) -> None:
        """Bytes outside the log's order (a count, a heartbeat)."""
        if not self.closed and self._fits(data):
            self._mailbox.append(data)
            self._wake()

    def release(self, upto: int, first: bytes = b"") -> None:
        """Go live: ``first``, then what was held and stands after ``upto``."""
        held, self._held, self._after = self._held or [], None, upto
        self._size -= sum(len(data) for _, data in held)
        if first:
            self.put(first)
        for position, data in held:
            if position > upto:
                self.put(data)

    def close(self, reason: str, last: bytes = b"") -> None:
        """End the stream; ``last`` goes after what waits already. The first reason stands."""
        if not self.closed:
            self.closed = reason
            if last:
                self._mailbox.append(last)
            self._wake()

    async def take(self) -> bytes:
        """Everything that waits, once something does; empty when closed and drained."""
        if not self._mailbox and not self.closed:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data = self._mailbox[0] if len(self._mailbox) == 1 else b"".join(self._mailbox)
        self._mailbox.clear()
        self._size = 0
        return data

    def _fits(self, data: bytes) -> bool:
        self._size += len(data)
        if self._size <= self._limit:
            return True
        self._mailbox.clear()
        self._held = self._held and []
        self.close("slow", SLOW)
        return False

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
