"""One timer for all feeds: heartbeats in turn, and the end of those whose time has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from hub.events import Piece
from hub.subscriber import Subscriber

HEARTBEAT = Piece(b": heartbeat\n\n")


class Wheel:
    """The open feeds, spread over the seconds of a heartbeat so that no second beats for all."""

    def __init__(self, heartbeat_s: float, ended: Callable[[Subscriber], None]) -> None:
        self._turns: list[set[Subscriber]] = [set() for _ in range(max(1, round(heartbeat_s)))]
        self._step_s = heartbeat_s / len(self._turns)
        self._ended = ended
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
                        self._ended(subscriber)
                for subscriber in list(turn):
                    subscriber.put(HEARTBEAT)
