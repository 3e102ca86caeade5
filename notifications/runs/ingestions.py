"""The bodies that producers stream to this instance, to be bounded, and to be ended when it leaves."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from hub.errors import Problem
from hub.support.asgi import Receive
from notifications.models import ApiKey
from notifications.runs.ingestion import Ingestion, Received
from notifications.runs.lifecycle import MAX_OPEN_RUNS

ANSWER_S = 1.0  # in which they are answered when it leaves

logger = logging.getLogger(__name__)


class Ingestions:
    """Those that this instance serves. Belongs to one event loop."""

    def __init__(self) -> None:
        self._open: set[Ingestion] = set()
        self._by_key: Counter[int] = Counter()
        self._idle = asyncio.Event()

    async def run(
        self, one: Ingestion, key: ApiKey, receive: Receive, ended: Callable[[float], Awaitable[None]]
    ) -> Received | None:
        """`Ingestion.run`, if the key has not too many open. Raises a `Problem` of 429."""
        if self._by_key[key.pk] >= MAX_OPEN_RUNS:
            raise Problem(429, f"This API key streams to {MAX_OPEN_RUNS} runs: end some.", retry_after=2)
        self._open.add(one)
        self._by_key[key.pk] += 1
        self._idle.clear()
        try:
            return await one.run(receive, ended)
        finally:
            self._open.discard(one)
            self._by_key[key.pk] -= 1
            if not self._by_key[key.pk]:
                del self._by_key[key.pk]
            if not self._open:
                self._idle.set()

    async def leave(self) -> None:
        """Have their producers go on at other instances; returns once each is answered, or not in time."""
        for one in list(self._open):
            one.leave()
        if not self._open:
            return
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._idle.wait()
        except TimeoutError:
            logger.warning("%d producers were not sent elsewhere in time", len(self._open))


ingestions = Ingestions()
