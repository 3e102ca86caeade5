"""To whom this instance gave which notification: noted as it happens, written down a moment later."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TypeVar

from hub.events import Event
from hub.people import Caught, Given, Record, Span
from hub.subscriber import Subscriber
from hub.watch import Watch

GATHER_S = 1.0
MOST = 20_000  # notes kept while they cannot be written; beyond it the oldest are lost

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Deliveries:
    def __init__(self, watches: Mapping[str, Watch], record: Record) -> None:
        self._watches = watches
        self._record = record
        self._given: list[Given] = []
        self._caught: list[Caught] = []
        self._wake = asyncio.Event()
        self.lost = 0

    def tap(self, event: Event) -> None:
        if event.type != "notification":
            return
        watch = self._watches[event.topic]
        # Staff may listen to other people's topics; it is given to those whose inbox it is.
        readers = (subscriber.person for subscriber in chain(watch.flowing, watch.others))
        people = frozenset(person.id for person in readers if event.topic in person.own)
        if people:
            self._given.append(Given(json.loads(event.body)["data"]["id"], time.time(), people))
            self._wake.set()

    def caught(self, subscriber: Subscriber, spans: Sequence[Span]) -> None:
        """A reader who came back was given this."""
        person = subscriber.person
        for span in spans:
            own = tuple(topic for topic in span.topics if topic in person.own)
            if own:
                self._caught.append(Caught(person.id, own, span.after, span.upto, time.time()))
                self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            try:
                await self.write()
            except Exception:
                logger.exception("who was given what could not be written down, trying again")

    async def write(self) -> None:
        """Write down what was noted; what cannot be is kept for the next time."""
        self._wake.clear()
        given, self._given = self._given, []
        caught, self._caught = self._caught, []
        try:
            if given or caught:
                await self._record(given, caught)
        except BaseException:
            self._given = self._newest(given + self._given)
            self._caught = self._newest(caught + self._caught)
            self._wake.set()
            raise

    def _newest(self, notes: list[T]) -> list[T]:
        self.lost += max(0, len(notes) - MOST)
        return notes[-MOST:]
