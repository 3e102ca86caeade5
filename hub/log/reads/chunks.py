"""Long stretches of one topic, read and encoded once for all who are sent them at the same time."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate

from hub.events import Encoded, Event
from hub.log import Log
from hub.log.arrivals import expires

MAX_EVENTS = 2048  # of a chunk; read at once, so that Redis makes nobody wait for long
CHUNK_BYTES = 512 * 1024  # about as many as one has
MAX_CHUNKS = 16  # that are kept …
KEPT_S = 2.0  # … for so long

Encode = Callable[[Event], Encoded]


class Chunk:
    """All events of a topic after a position, up to that of the last of them, as bytes. ``more`` follow."""

    __slots__ = ("_ends", "_payload", "_positions", "after", "more")

    def __init__(self, after: int, events: Sequence[Event], encode: Encode, *, more: bool) -> None:
        self.after = after
        self.more = more
        payloads = [encode(event).payload for event in events]
        self._positions = [event.position for event in events]
        self._ends = [0, *accumulate(map(len, payloads))]
        self._payload = b"".join(payloads)

    @property
    def upto(self) -> int:
        return self._positions[-1]

    def number(self, after: int, upto: int) -> int:
        """How many events are between two positions."""
        return bisect_right(self._positions, upto) - bisect_right(self._positions, after)

    def payload(self, after: int, upto: int) -> bytes:
        """Those between two positions; no copy if they are all."""
        begin, end = (self._ends[bisect_right(self._positions, position)] for position in (after, upto))
        return self._payload[begin:end]

    def payloads(self, after: int, upto: int) -> Iterator[tuple[int, bytes]]:
        """The same one by one, each with its position."""
        for index in range(bisect_right(self._positions, after), bisect_right(self._positions, upto)):
            yield self._positions[index], self._payload[self._ends[index] : self._ends[index + 1]]


class Chunks:
    """Belongs to one event loop. For topics from which nothing is removed, and of which all are sent the
    same: a chunk is kept for a while."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._reading: dict[str, asyncio.Task[Chunk | None]] = {}  # one of each topic at a time
        self._kept: dict[tuple[str, int], Chunk] = {}  # by topic and the position after which it begins

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    async def of(self, topic: str, after: int, event_bytes: int, encode: Encode) -> Chunk | None:
        """One that has what follows a position; None if some of it is gone, or expires, or there is nothing.

        An event has about ``event_bytes``. Raises `LogAway`, to all who wait for the same read.
        """
        while (chunk := self._find(topic, after)) is None:
            reading = self._reading.get(topic)
            if reading is not None:
                await asyncio.shield(reading)
                continue
            limit = max(1, min(MAX_EVENTS, CHUNK_BYTES // max(1, event_bytes)))
            reading = asyncio.create_task(self._read(topic, after, limit, encode))
            self._reading[topic] = reading
            reading.add_done_callback(partial(self._done, topic))
            return await asyncio.shield(reading)
        return chunk

    async def _read(self, topic: str, after: int, limit: int, encode: Encode) -> Chunk | None:
        page = await self._log.read({topic: after}, limit)
        if page.gaps or not page.events or any(expires(event.body) for event in page.events):
            return None
        chunk = Chunk(after, page.events, encode, more=page.more)
        self._keep(topic, chunk)
        return chunk

    def _done(self, topic: str, reading: asyncio.Task[Chunk | None]) -> None:
        del self._reading[topic]
        if not reading.cancelled():
            reading.exception()  # retrieved, because who waits for it may have left

    def _find(self, topic: str, after: int) -> Chunk | None:
        for (name, begin), chunk in self._kept.items():
            if name == topic and begin <= after < chunk.upto:
                return chunk
        return None

    def _keep(self, topic: str, chunk: Chunk) -> None:
        if len(self._kept) >= MAX_CHUNKS:
            del self._kept[next(iter(self._kept))]
        self._kept[topic, chunk.after] = chunk
        asyncio.get_running_loop().call_later(KEPT_S, self._drop, topic, chunk)

    def _drop(self, topic: str, chunk: Chunk) -> None:
        if self._kept.get((topic, chunk.after)) is chunk:
            del self._kept[topic, chunk.after]
