"""A feed that is polled: one answer with a length, for clients whose proxies let no stream through."""

from __future__ import annotations

import asyncio
from typing import Any

from hub.delivery.catch_up import CatchUp
from hub.delivery.fanout import Fanout
from hub.delivery.subscriber import Subscriber
from hub.feeds.sse import SSE, control, opening, retry_ms
from hub.log.replay import Replay

GATHER_S = 0.2  # once there is something, what follows within this time is in the same answer
MAX_REPLAY_BYTES = 1024 * 1024  # beyond it a replay breaks off, and the next poll goes on
ANSWERED = "answered"  # why the subscriber is closed


class LongPoll:
    """What one poll is answered, by one subscriber whose dialect is `POLL`.

    It has the blocks that a stream would bring meanwhile, and the state of the log once: ``stream-live`` with
    the position that the replay reached, unless that breaks off; ``stream-degraded`` at the end. With
    ``repeats_values`` a poll that resumes is answered at once where a topic has values.
    """

    def __init__(
        self,
        fanout: Fanout,
        replay: Replay,
        subscriber: Subscriber,
        after: int | None,
        *,
        repeats_values: bool,
    ) -> None:
        self._fanout = fanout
        self._subscriber = subscriber
        self._opening: tuple[int, bool] | None = None  # position, resumed
        self._replayed = bytearray()
        self._received = b""
        self._caught_up = False
        self.catchup = CatchUp(
            fanout,
            replay,
            subscriber,
            after=after,
            resumed=after is not None,
            opening=self._open,
            write=self._write,
            repeats_values=repeats_values,
        )

    @property
    def brings(self) -> bool:
        """Whether there is anything to answer with but the state of the feed."""
        return bool(self._replayed or self._received)

    async def run(self, wait_s: float) -> None:
        """Return, with the subscriber closed, once there is something, or after so many seconds."""
        deadline = asyncio.get_running_loop().call_later(wait_s, self._subscriber.close, ANSWERED)
        try:
            await self.catchup.run()
            self._caught_up = not self._subscriber.closed
            while not (self.brings or self._subscriber.closed):
                self._received = await self._subscriber.drain()
            if not self._subscriber.closed:
                await asyncio.sleep(GATHER_S)
        finally:
            deadline.cancel()
        self._subscriber.close(ANSWERED)
        self._received += await self._subscriber.drain()
        self._fanout.leave(self._subscriber)

    def body(self, facts: dict[str, Any]) -> bytes:
        """The answer; ``facts`` are added to its ``stream-open``."""
        blocks = [b"retry: %d\n" % retry_ms()]
        if self._opening is not None:
            blocks.append(opening(self._subscriber.topics, facts, *self._opening))
        blocks.append(bytes(self._replayed))
        if self._caught_up:
            blocks.append(control("stream-live", {}, id=self.catchup.reached).payload)
        blocks.append(self._received)
        unopened = self._opening is None and self._subscriber.closed == ANSWERED
        if unopened or not self._fanout.live:
            blocks.append(SSE.degraded.payload)
        return b"".join(blocks)

    def _open(self, position: int, resumed: bool) -> bytes:
        self._opening = position, resumed
        return b""

    async def _write(self, data: bytes) -> None:
        self._replayed += data
        if len(self._replayed) > MAX_REPLAY_BYTES:
            self._subscriber.close(ANSWERED)
