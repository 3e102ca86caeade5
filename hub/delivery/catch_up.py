"""Brings a subscriber up to date: joins its topics, replays what it missed, and releases it live."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from hub.delivery.fanout import Fanout
from hub.delivery.subscriber import STEP_BYTES, Subscriber
from hub.events import Encoded
from hub.log import LogAway
from hub.log.arrivals import Arrivals
from hub.log.reads.values import Snapshot, topics_with_values
from hub.log.replay import Replay, Stretch
from hub.ports import Span

HEARTBEAT_S = 1.0  # while the log is away

logger = logging.getLogger(__name__)


class CatchUp:
    """One use for one subscriber. Survives outages of the log: it notifies, waits, and resumes.

    ``after`` is the position to read from, None for now; ``resumed`` says that the reader gave it. One that
    gave none is new, and misses nothing of what is gone already. ``write`` sends bytes and waits for a slow
    reader; ``preamble`` are the very first. ``opening`` makes the reader's first event, from its position and
    ``resumed``. The last event of each key of a topic that keeps them is sent before what was missed, to a
    reader that resumes only with ``repeats_values``. Afterwards ``events`` is how many were replayed, up to
    the position ``reached``; `spans` says which. Of a topic with a floor, nothing up to there is replayed.
    """

    def __init__(
        self,
        fanout: Fanout,
        replay: Replay,
        subscriber: Subscriber,
        *,
        after: int | None,
        resumed: bool,
        opening: Callable[[int, bool], bytes],
        write: Callable[[bytes], Awaitable[None]],
        preamble: bytes = b"",
        repeats_values: bool = True,
        floors: Mapping[str, int] | None = None,
    ) -> None:
        self._fanout = fanout
        self._replay = replay
        self._subscriber = subscriber
        self._dialect = subscriber.dialect
        self._after = after
        self._resumed = resumed
        self._reports_gaps = resumed or after is None
        self._opening = opening
        self._write = write
        self._preamble = preamble
        self._repeats_values = repeats_values
        self._values: Snapshot | None = None
        self._opened = False
        self._reset_topics: set[str] = set()  # reported as incomplete
        self._arrivals = Arrivals(subscriber.person, subscriber.topics, floors)
        self._since = self.reached = 0
        self._cuts: dict[str, tuple[int, int]] = {}  # of a long topic: where it breaks off, and goes on
        self.events = 0

    async def run(self) -> None:
        """Return once the subscriber is live, or closed."""
        while not self._subscriber.closed:
            self._values = None
            try:
                await self._fanout.join(self._subscriber)
                upto = await self._from_memory()
                if upto is None:
                    upto = await self._from_log()
                self._subscriber.release(upto)
                if not self._fanout.live:
                    # The log can be read, and what is appended now is not received: it is sent later.
                    self._subscriber.put(self._dialect.degraded)
                return
            except LogAway as error:
                logger.info("a subscriber waits for the log: %s", error)
                self._reports_gaps = True
                await self._write(self._first_bytes() + self._dialect.degraded.payload)
                await self._wait()

    def spans(self) -> list[Span]:
        """What was replayed: everything on a span's topics that is positioned within it."""
        bounds: dict[tuple[int, int], list[str]] = {}
        for topic in self._subscriber.topics:
            begin = self._arrivals.since(topic, self._since)
            until, again = self._cuts.get(topic, (self.reached, self.reached))
            for span in ((begin, until), (max(begin, again), self.reached)):
                if span[0] < span[1]:
                    bounds.setdefault(span, []).append(topic)
        return [Span(tuple(names), *span) for span, names in bounds.items()]

    async def _from_memory(self) -> int | None:
        """In one write, without reading the log; None if it has to be read."""
        if self._opened:
            return None
        if self._after is None or self._repeats_values:
            await self._read_values()
        replayed: list[tuple[int, Encoded]] = []
        if self._after is None:
            upto = self._fanout.now(self._subscriber.topics)
            if upto is None:
                return None
            if self._values is not None:
                upto = self._values.upto  # they were read after it had joined: it holds what came later
            self._after = upto
        else:
            found = self._fanout.recent(self._subscriber.topics, self._after, self._arrivals)
            if found is None:
                return None
            # Nothing of this is delivered again. A lost announcement found later by a heal may be
            # older than it, and must not be mistaken for a replayed event.
            replayed, upto = found, self._after
            self._subscriber.hold()  # a subscriber that joined a while ago holds some of this already
            self._fanout.topics.coalescer.mark_replayed(self._subscriber)
        self.events += len(replayed)
        self.reached = replayed[-1][0] if replayed else upto
        values = self._value_blocks(self._after)
        payloads = (encoded.payload for _, encoded in replayed)
        await self._write_all(chain([self._open()], values, payloads, [self._dialect.live.payload]))
        return upto

    async def _from_log(self) -> int:
        if self._values is None:
            await self._read_values()
        newest = await self._replay.head() if self._values is None else self._values.upto
        unknown = self._after is not None and self._after > newest
        repeats_values = self._after is None or self._repeats_values
        if self._after is None or unknown:
            self._after = newest
        if not self._opened:
            await self._write(self._open())
        if unknown:
            await self._write(self._dialect.reset(self._subscriber.topics, newest, "unknown").payload)
        if repeats_values:
            await self._write_all(self._value_blocks(self._after))
        names, encode = self._subscriber.topics, self._dialect.event
        async for stretch in self._replay.of(names, self._after, self._arrivals, encode):
            self._note_cuts(stretch)
            resets = [
                self._reset(stretch.lost, stretch.upto, "trimmed"),
                self._reset(stretch.too_long, stretch.upto, "long"),
            ]
            data = b"".join([*resets, *self._payloads(stretch)])
            if data:
                await self._write(data)
            self._after = self.reached = stretch.upto
            if self._subscriber.closed:
                break
        await self._write(self._dialect.live.payload)
        return self._after

    def _payloads(self, stretch: Stretch) -> list[bytes]:
        self.events += len(stretch.events)
        payloads = [(event.position, self._dialect.event(event).payload) for event in stretch.events]
        if stretch.chunk is not None:
            between = self._after or 0, stretch.upto
            self.events += stretch.chunk.number(*between)
            if not payloads:
                return [stretch.chunk.payload(*between)]
            payloads = sorted([*payloads, *stretch.chunk.payloads(*between)])
        return [payload for _, payload in payloads]

    async def _read_values(self) -> None:
        names = topics_with_values(self._subscriber.topics)
        self._values = await self._replay.values.of(names) if names else None

    def _value_blocks(self, position: int) -> Iterator[bytes]:
        """The values up to a position. Each is followed by that position: a reader that is cut off here would
        resume from that of the value, which may be days old."""
        if self._values is not None:
            resume = self._dialect.resume(position).payload
            for payload in self._values.payloads(self._dialect.event, position):
                yield payload + resume
            self._repeats_values = False

    async def _write_all(self, blocks: Iterable[bytes]) -> None:
        """In few writes, and not all in memory for a slow reader."""
        waiting: list[bytes] = []
        size = 0
        for block in blocks:
            waiting.append(block)
            size += len(block)
            if size >= STEP_BYTES:
                await self._write(b"".join(waiting))
                waiting.clear()
                size = 0
        if waiting:
            await self._write(b"".join(waiting))

    def _note_cuts(self, stretch: Stretch) -> None:
        """Where the long topics break off, and where they go on."""
        for topic in stretch.too_long:
            self._cuts[topic] = self._after or 0, sys.maxsize
        if self._cuts:
            for event in reversed(stretch.events):
                until, again = self._cuts.get(event.topic, (0, 0))
                if until < event.position <= again:
                    self._cuts[event.topic] = until, event.position - 1

    def _reset(self, names: Sequence[str], upto: int, reason: str) -> bytes:
        fresh = [topic for topic in names if topic not in self._reset_topics] if self._reports_gaps else []
        self._reset_topics.update(fresh)
        return self._dialect.reset(fresh, upto, reason).payload if fresh else b""

    async def _wait(self) -> None:
        live = asyncio.ensure_future(self._fanout.until_live())
        try:
            await asyncio.sleep(random.uniform(0.05, 0.25))  # noqa: S311
            while not live.done() and not self._subscriber.closed:
                await asyncio.wait([live], timeout=HEARTBEAT_S)
                await self._write(self._dialect.heartbeat.payload)
        finally:
            live.cancel()

    def _first_bytes(self) -> bytes:
        preamble, self._preamble = self._preamble, b""
        return preamble

    def _open(self) -> bytes:
        self._opened = True
        self._since = self._after or 0
        return self._first_bytes() + self._opening(self._after or 0, self._resumed)
