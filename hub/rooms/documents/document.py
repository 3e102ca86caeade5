"""A document that is open in this process: what is known of it, and who has it open."""

from __future__ import annotations

import asyncio
import time

from hub.rooms.documents import content
from hub.rooms.documents.awareness import Awareness
from hub.rooms.documents.connection import DocumentConnection
from hub.rooms.documents.protocol import NOTHING_NEW

MAX_TAIL = 200  # updates beyond the snapshot, or …
MAX_TAIL_BYTES = 256 * 1024  # … so many bytes of them: then they are folded into it
SAVE_S = 1.0  # from a change to the row …
SAVE_S_PER_BYTE = 1 / (256 * 1024)  # … and longer for a large document, whose row is written as a whole
OTHERS_SAVE = 3  # times as long, where another instance appended the change and is to save it


class Document:
    """A snapshot and the updates that came after it: no CRDT is held, a thread makes one where it is needed.

    Updates commute, and one that is applied twice changes nothing: what is received early, or again, is added
    like any other. ``position`` is that up to which everything is in it; while ``complete``, so is all that
    is received later. ``stored`` is the position of the row that it began with, or that was last stored.
    """

    def __init__(self, name: str, topic: str) -> None:
        self.name = name
        self.topic = topic
        self.connections: dict[DocumentConnection, None] = {}
        self.awareness = Awareness()
        self.position = self.stored = 0
        self.complete = False
        self.departures = 0  # how often the last one who had it open left
        self.save_at: float | None = None  # by the monotonic clock; None: the row has everything
        self.unsaved_since = 0.0
        self.appended_here = False  # something that is not saved yet
        self._snapshot = NOTHING_NEW
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._folding = asyncio.Lock()

    @property
    def size(self) -> int:
        """In bytes; at least what it will be once it is folded."""
        return len(self._snapshot) + self._tail_bytes

    @property
    def fold_is_due(self) -> bool:
        too_long = len(self._tail) > MAX_TAIL or self._tail_bytes > MAX_TAIL_BYTES
        return too_long and not self._folding.locked()

    def add(self, update: bytes) -> None:
        self._tail.append(update)
        self._tail_bytes += len(update)

    def changed(self, *, here: bool) -> None:
        """There is something to save; ``here`` it was appended."""
        now = time.monotonic()
        self.appended_here |= here
        if self.save_at is None:
            self.unsaved_since = now
        delay_s = SAVE_S + self.size * SAVE_S_PER_BYTE
        due = now + (delay_s if here else OTHERS_SAVE * delay_s)
        self.save_at = due if self.save_at is None else min(self.save_at, due)

    async def fold(self) -> bytes:
        """The snapshot, with everything that had been added when this was called."""
        async with self._folding:
            tail, size = list(self._tail), self._tail_bytes
            if tail:
                self._snapshot = await content.in_thread(content.fold, self._snapshot, tail)
                del self._tail[: len(tail)]
                self._tail_bytes -= size
            return self._snapshot

    async def vector(self) -> bytes:
        """The state vector."""
        return await content.in_thread(content.vector, await self.fold())

    async def missing(self, known: bytes) -> bytes:
        """What it has that a state vector does not."""
        return await content.in_thread(content.missing, await self.fold(), known)

    async def addition(self, update: bytes) -> bytes:
        """What an update adds to it. Raises `Malformed`."""
        return await content.in_thread(content.addition, self._snapshot, list(self._tail), update)
