"""The unread count of everybody who listens here: absolute, versioned, from the server.

An event on an inbox topic makes the counts of its subscribers stale. They are asked for together, a
moment later, so a broadcast to all costs a few queries an instance and not one a reader.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from django.db import InterfaceError, OperationalError

from hub import topics
from hub.delivery.subscriber import Subscriber
from hub.events import Event
from hub.feeds.sse import control
from hub.ports import Counts, Person
from hub.support.coalesce import Batch
from hub.support.faults import malformed

GATHER_S = 0.1  # what turns stale within this time is asked for together
BATCH = 500  # people a question
RETRY_S = 2.0
AWAY = (OperationalError, InterfaceError, OSError)  # nobody's fault: told once, and not of each person


class Recount:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._asked: Batch[Person, dict[str, int]] = Batch(self._ask)
        self._subscribers: dict[str, set[Subscriber]] = {}  # by person
        self._by_topic: dict[str, set[str]] = {}  # inbox topic → people
        self._stale: set[str] = set()
        self._wake = asyncio.Event()

    def add(self, subscriber: Subscriber) -> None:
        """Count for this subscriber's person from now on, if their inbox is among its topics."""
        own = set(subscriber.person.own).intersection(subscriber.topics)
        if own:
            self._subscribers.setdefault(subscriber.person.id, set()).add(subscriber)
            for topic in own:
                self._by_topic.setdefault(topic, set()).add(subscriber.person.id)

    def remove(self, subscriber: Subscriber) -> None:
        person = subscriber.person
        left = self._subscribers.get(person.id)
        if left is None:
            return
        left.discard(subscriber)
        if not left:
            del self._subscribers[person.id]
            for topic in person.own:
                people = self._by_topic.get(topic)
                if people is not None:
                    people.discard(person.id)
                    if not people:
                        del self._by_topic[topic]

    def tap(self, event: Event) -> None:
        people = self._by_topic.get(event.topic)
        if people:
            self.stale(people)

    def stale(self, people: Iterable[str]) -> None:
        self._stale.update(people)
        self._wake.set()

    async def of(self, person: Person) -> dict[str, int] | None:
        """This person's count now; None while the database is away."""
        if not any(topics.is_inbox(topic) for topic in person.own):
            return None
        try:
            return await self._asked.get(person)
        except Exception as error:
            malformed.note("count", "all" if isinstance(error, AWAY) else person.id, error)
            return None

    async def _ask(self, people: Sequence[Person]) -> dict[Person, dict[str, int]]:
        counts = await self._counts(people)
        return {person: counts[person.id] for person in people if person.id in counts}

    async def _one_by_one(self, people: Mapping[str, Person]) -> dict[str, dict[str, int]]:
        """Of those whose count can be read; the others' is asked for again later."""
        found = await asyncio.gather(*map(self.of, people.values()))
        counts = {id: count for id, count in zip(people, found, strict=True) if count is not None}
        failing = [id for id in people if id not in counts]
        asyncio.get_running_loop().call_later(RETRY_S, self.stale, failing)
        return counts

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            stale, self._stale = [*self._stale], set()
            for start in range(0, len(stale), BATCH):
                await self._say(stale[start : start + BATCH])

    async def _say(self, ids: list[str]) -> None:
        people = {id: next(iter(self._subscribers[id])).person for id in ids if id in self._subscribers}
        if not people:
            return
        try:
            counts = await self._counts(list(people.values()))
        except Exception:
            counts = await self._one_by_one(people)
        for id, count in counts.items():
            data = control("count", count)
            for subscriber in self._subscribers.get(id, ()):
                subscriber.put(data)
