"""To whom this instance delivered which notification: recorded as it happens, written a moment later."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from django.db import Error as DatabaseError

from hub.events import Event
from hub.ports import Feed, Span, Topic
from hub.support.debounce import burst
from hub.support.faults import malformed
from notifications.tracking.delivery_log import LiveDelivery, ReplayDelivery
from notifications.tracking.recorded_replays import RecordedReplays

GATHER_S = 1.0
MAX_RECORDS = 20_000  # kept while they cannot be written; beyond it the oldest are lost
AWAY = (DatabaseError, OSError, TimeoutError)  # what fails now and may not the next time

Write = Callable[[Sequence[LiveDelivery], Sequence[ReplayDelivery]], Awaitable[None]]
T = TypeVar("T")

logger = logging.getLogger(__name__)


class DeliveryJournal:
    """Records of deliveries that wait to be written. It belongs to one event loop."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._live: list[LiveDelivery] = []
        self._replayed: list[ReplayDelivery] = []
        self._recorded = RecordedReplays()
        self._wake = asyncio.Event()
        self._failing = False
        self.lost = 0  # records

    def event_received(self, event: Event, topic: Topic) -> None:
        """Record who is about to get a notification."""
        if event.type != "notification":
            return
        # Staff may be subscribed to other people's topics; it is delivered to those whose inbox it is.
        people = frozenset(person.id for person in topic.people() if event.topic in person.own)
        id = event.data["id"] if people else None
        if isinstance(id, str):
            self._live.append(LiveDelivery(id, time.time(), people))
            self._wake.set()

    def feed_caught_up(self, feed: Feed, spans: Sequence[Span]) -> None:
        """Record what a returning reader was sent, but not what is recorded of it already."""
        person = feed.person
        for span in spans:
            own = tuple(topic for topic in span.topics if topic in person.own)
            rest = self._recorded.rest(person.id, Span(own, span.after, span.upto)) if own else None
            if rest is not None:
                self._replayed.append(ReplayDelivery(person.id, own, rest.after, rest.upto, time.time()))
                self._wake.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await burst(self._wake, GATHER_S)
            try:
                await self.flush()
            except Exception as error:
                if not self._failing:
                    logger.warning("deliveries could not be written, trying again: %r", error)
                self._failing = True

    async def flush(self) -> None:
        """Write all records; if that fails, raise, and keep them for the next time."""
        self._wake.clear()
        live, self._live = self._live, []
        replayed, self._replayed = self._replayed, []
        try:
            if live or replayed:
                await self._write(live, replayed)
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, AWAY):
                # A fault of ours: it would fail again, and hold up all that comes after.
                self.lost += len(live) + len(replayed)
                malformed.record("delivery", "records", error)
                return
            self._live = self._newest(live + self._live)
            self._replayed = self._newest(replayed + self._replayed)
            self._wake.set()
            raise
        self._failing = False
        for one in replayed:
            self._recorded.add(one)

    def _newest(self, records: list[T]) -> list[T]:
        self.lost += max(0, len(records) - MAX_RECORDS)
        return records[-MAX_RECORDS:]
