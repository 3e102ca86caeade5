"""A feed on its way to live: joined, told where it stands, given what it missed, released."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hub.events import Piece, control
from hub.fanout import Fanout
from hub.log import LogAway
from hub.replay import Replay, reset
from hub.subscriber import Subscriber
from hub.wheel import HEARTBEAT

RETRY_MS = (1000, 4000)  # a client that lost us comes back after a time of its own within these
BEAT_S = 1.0  # while the log is away
DEGRADED = control("stream-degraded", {"reason": "log"})
LIVE = control("stream-live", {})

logger = logging.getLogger(__name__)


class CatchUp:
    """May be interrupted by the log going away; then it says so, waits, and goes on from there.

    ``after`` is the position to resume from, None for now; ``facts`` are what `stream-open` says
    besides. Afterwards ``events`` is how many were replayed.
    """

    def __init__(
        self,
        fanout: Fanout,
        replay: Replay,
        subscriber: Subscriber,
        after: int | None,
        facts: Mapping[str, Any],
        write: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._fanout = fanout
        self._replay = replay
        self._subscriber = subscriber
        self._after = after
        self._resumed = after is not None
        self._facts = facts
        self._write = write
        self._head = b"retry: %d\n\n" % retry_ms()
        self._opened = False
        self._told: set[str] = set()
        self.events = 0

    async def run(self) -> None:
        """Return once the subscriber is live, or closed."""
        while not self._subscriber.closed:
            try:
                await self._fanout.join(self._subscriber)
                upto = await self._from_memory()
                if upto is None:
                    upto = await self._from_log()
                return self._subscriber.release(upto)
            except LogAway as error:
                logger.info("a feed waits for the log: %s", error)
                await self._write(self._first() + DEGRADED.bare)
                await self._wait()

    async def _from_memory(self) -> int | None:
        """In one write, without asking the log; None if it has to be asked."""
        if self._opened:
            return None
        replayed: list[tuple[int, Piece]] = []
        if self._after is None:
            upto = self._after = self._fanout.now(self._subscriber.topics)
            if upto is None:
                return None
        else:
            found = self._fanout.recent(self._subscriber.topics, self._after)
            if found is None:
                return None
            # Nothing of this is delivered again. A lost announcement found later by a heal may be
            # older than it, and must not be taken for something replayed.
            replayed, upto = found, self._after
        self.events += len(replayed)
        await self._write(b"".join([self._opening(), *(piece.bare for _, piece in replayed), LIVE.bare]))
        return upto

    async def _from_log(self) -> int:
        newest = await self._replay.head()
        unknown = self._after is not None and self._after > newest
        if self._after is None or unknown:
            self._after = newest
        if not self._opened:
            await self._write(self._opening())
        if unknown:
            await self._write(reset(list(self._subscriber.topics), newest, "unknown").bare)
        async for stretch in self._replay.of(self._subscriber.topics, self._after):
            lost = [topic for topic in stretch.lost if topic not in self._told]
            self._told.update(lost)
            data = [event.sse() for event in stretch.events]
            if lost:
                data.insert(0, reset(lost, stretch.upto).bare)
            if data:
                await self._write(b"".join(data))
            self._after = stretch.upto
            self.events += len(stretch.events)
        await self._write(LIVE.bare)
        return self._after

    async def _wait(self) -> None:
        hearing = asyncio.ensure_future(self._fanout.until_hearing())
        try:
            await asyncio.sleep(random.uniform(0.05, 0.25))  # noqa: S311
            while not hearing.done() and not self._subscriber.closed:
                await asyncio.wait([hearing], timeout=BEAT_S)
                await self._write(HEARTBEAT.bare)
        finally:
            hearing.cancel()

    def _first(self) -> bytes:
        head, self._head = self._head, b""
        return head

    def _opening(self) -> bytes:
        self._opened = True
        position = self._after or 0
        data = {
            "position": str(position),
            "topics": list(self._subscriber.topics),
            "resumed": self._resumed,
            **self._facts,
        }
        return self._first() + control("stream-open", data, id=position).bare


def retry_ms() -> int:
    return random.randint(*RETRY_MS)  # noqa: S311
