"""The open connections of an endpoint: their heartbeats, and the end of those whose time is over."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator

from hub.delivery.subscriber import Subscriber

logger = logging.getLogger(__name__)


class OpenConnections:
    """A timer wheel: connections are spread over the seconds of a heartbeat, so that no second serves all."""

    def __init__(self, heartbeat_s: float) -> None:
        # The connections of each slot are by number.
        self._slots: list[dict[int, Subscriber]] = [{} for _ in range(max(1, round(heartbeat_s)))]
        self._step_s = heartbeat_s / len(self._slots)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Subscriber]:
        """A snapshot: connections may open and close during the iteration."""
        return iter([subscriber for slot in self._slots for subscriber in slot.values()])

    def __contains__(self, subscriber: object) -> bool:
        return isinstance(subscriber, Subscriber) and self.get(subscriber.number) is subscriber

    def get(self, number: int) -> Subscriber | None:
        """The open connection with this number."""
        return self._slot(number).get(number)

    def add(self, subscriber: Subscriber) -> None:
        self._slot(subscriber.number)[subscriber.number] = subscriber
        self._size += 1

    def remove(self, subscriber: Subscriber) -> None:
        del self._slot(subscriber.number)[subscriber.number]
        self._size -= 1

    def _slot(self, number: int) -> dict[int, Subscriber]:
        return self._slots[number % len(self._slots)]

    async def run(self) -> None:
        """Send heartbeats and close what has expired, until cancelled."""
        while True:
            for slot in self._slots:
                await asyncio.sleep(self._step_s)
                now = time.time()
                for_each([subscriber for subscriber in self if subscriber.ends_at <= now], _end)
                for_each(list(slot.values()), lambda subscriber: subscriber.beat())

    async def drain(self, seconds: float) -> None:
        """Retire all in shuffled slices, so that other instances are not flooded; return when all are gone
        or the time is over, with those closed that stayed until then."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        leaving = list(self)
        if not leaving:
            return
        random.shuffle(leaving)
        slices = max(1, min(len(leaving), round(seconds * 10)))
        for number in range(slices):
            for_each(leaving[number::slices], lambda subscriber: subscriber.retire())
            # The last part of the time is for readers to receive what is still queued.
            await asyncio.sleep(seconds * 0.8 / slices * random.uniform(0.5, 1))  # noqa: S311
        while self and loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        for_each(self, lambda subscriber: subscriber.close("retire"))


def for_each(subscribers: Iterable[Subscriber], act: Callable[[Subscriber], None]) -> None:
    """Apply ``act`` to each; if it fails for one, that is logged and the others follow."""
    for subscriber in subscribers:
        try:
            act(subscriber)
        except Exception:
            logger.exception("connection %d of %s failed", subscriber.number, subscriber.person.id)


def _end(subscriber: Subscriber) -> None:
    if subscriber.ends_at == subscriber.person.expires_at:
        subscriber.expire()
    else:
        subscriber.retire()
