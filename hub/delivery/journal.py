"""To whom this instance gave which notification: noted as it happens, written down a moment later."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TypeVar

from django.db import Error as DatabaseError

from hub.delivery.replay_notes import Noted
from hub.delivery.subscriber import Subscriber
from hub.delivery.topic_state import Watch
from hub.events import Event
from hub.ports import Caught, Given, Record, Span
from hub.support.faults import malformed

GATHER_S = 1.0
MOST = 20_000  # notes kept while they cannot be written; beyond it the oldest are lost
AWAY = (DatabaseError, OSError, TimeoutError)  # what fails now and may not the next time

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Deliveries:
    def __init__(self, watches: Mapping[str, Watch], record: Record) -> None:
        self._watches = watches
        self._record = record
        self._given: list[Given] = []
        self._caught: list[Caught] = []
        self._noted = Noted()
        self._wake = asyncio.Event()
        self._failing = False
        self.lost = 0

    def tap(self, event: Event) -> None:
        if event.type != "notification":
            return
        watch = self._watches[event.topic]
        # Staff may listen to other people's topics; it is given to those whose inbox it is.
        readers = (subscriber.person for subscriber in chain(watch.flowing, watch.others))
        people = frozenset(person.id for person in readers if event.topic in person.own)
        id = json.loads(event.body)["data"]["id"] if people else None
        if isinstance(id, str):
            self._given.append(Given(id, time.time(), people))
            self._wake.set()

    def caught(self, subscriber: Subscriber, spans: Sequence[Span]) -> None:
        """A reader who came back was given this. What is noted of it already is not noted again."""
        person = subscriber.person
        for span in spans:
            own = tuple(topic for topic in span.topics if topic in person.own)
            rest = self._noted.rest(person.id, Span(own, span.after, span.upto)) if own else None
            if rest is not None:
                self._caught.append(Caught(person.id, own, rest.after, rest.upto, time.time()))
                self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            try:
                await self.write()
            except Exception as error:
                if not self._failing:
                    logger.warning("who was given what could not be written down, trying again: %r", error)
                self._failing = True

    async def write(self) -> None:
        """Write down what was noted; what cannot be is kept for the next time."""
        self._wake.clear()
        given, self._given = self._given, []
        caught, self._caught = self._caught, []
        try:
            if given or caught:
                await self._record(given, caught)
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, AWAY):
                # A fault of ours: it would fail again, and hold up all that comes after.
                self.lost += len(given) + len(caught)
                malformed.note("delivery", "notes", error)
                return
            self._given = self._newest(given + self._given)
            self._caught = self._newest(caught + self._caught)
            self._wake.set()
            raise
        self._failing = False
        for one in caught:
            self._noted.add(one)

    def _newest(self, notes: list[T]) -> list[T]:
        self.lost += max(0, len(notes) - MOST)
        return notes[-MOST:]
