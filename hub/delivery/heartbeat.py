"""One timer for all subscribers of a door: heartbeats in turn, and the end of those whose time has come."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from operator import methodcaller

from hub.delivery.subscriber import Subscriber

BEAT, RETIRE = methodcaller("beat"), methodcaller("retire")

logger = logging.getLogger(__name__)


class Wheel:
    """The open connections, spread over the seconds of a heartbeat so that no second beats for all."""

    def __init__(self, heartbeat_s: float) -> None:
        self._turns: list[set[Subscriber]] = [set() for _ in range(max(1, round(heartbeat_s)))]
        self._step_s = heartbeat_s / len(self._turns)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Subscriber]:
        """All of them as they are now: they may come and go while one goes through them."""
        return iter([subscriber for turn in self._turns for subscriber in turn])

    def __contains__(self, subscriber: object) -> bool:
        return subscriber in self._turns[hash(subscriber) % len(self._turns)]

    def add(self, subscriber: Subscriber) -> None:
        self._turns[hash(subscriber) % len(self._turns)].add(subscriber)
        self._size += 1

    def remove(self, subscriber: Subscriber) -> None:
        self._turns[hash(subscriber) % len(self._turns)].remove(subscriber)
        self._size -= 1

    async def run(self) -> None:
        while True:
            for turn in self._turns:
                await asyncio.sleep(self._step_s)
                now = time.time()
                for subscriber in self:
                    if subscriber.ends_at <= now:
                        alone(_end, subscriber)
                for subscriber in list(turn):
                    alone(BEAT, subscriber)


def alone(act: Callable[[Subscriber], None], subscriber: Subscriber) -> None:
    """One for whom it fails stops no other."""
    try:
        act(subscriber)
    except Exception:
        logger.exception("connection %d of %s failed", subscriber.number, subscriber.person.id)


def _end(subscriber: Subscriber) -> None:
    if subscriber.ends_at == subscriber.person.expires_at:
        subscriber.expire()
    else:
        subscriber.retire()
