"""The unread count on open feeds: absolute, versioned, from the server.

An event on an inbox topic makes the counts of its readers stale. They are read together a moment later, so
that a broadcast costs an instance a few queries and not one per reader. An instance that leaves hands its
counts over (`handed_counts`): a feed opens with that of before, and those that opened so are read together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hub import topics
from hub.events import Draft, Event
from hub.feeds.sse import control
from hub.ports import Feed, Person
from hub.support.coalesce import BatchLoader
from hub.support.debounce import Debounce
from hub.support.faults import malformed
from hub.support.outages import DATABASE_AWAY
from notifications.inbox import handed_counts
from notifications.inbox.handed_counts import HandedCounts

GATHER_S = 0.1  # counts that turn stale within this time are read together
MAX_PEOPLE_PER_QUERY = 500
RETRY_S = 2.0
RENEWAL_S = 10.0  # counts that were handed over are read again together within this time
OPENING_S = 2.0  # a feed that would wait longer for its count opens without one
AWAY = (*DATABASE_AWAY, OSError)  # not about one person: logged once for all

Counts = Callable[[Sequence[Person]], Awaitable[dict[str, dict[str, int]]]]


class UnreadCounts:
    """The counts of everyone with an open feed here. `counts` reads them: by person's id, ``unread``,
    ``unseen`` and ``version``."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._reads: BatchLoader[Person, dict[str, int]] = BatchLoader(self._read)
        self.feeds: dict[str, set[Feed]] = {}  # that are open here, by person's id
        self._people: dict[str, set[str]] = {}  # ids, by inbox topic
        self._handed = HandedCounts()
        self._receiving = False
        self._stale, self._renewed = (
            Debounce(self._send, _not_counted, gather_s=s, retry_s=RETRY_S, batch_size=MAX_PEOPLE_PER_QUERY)
            for s in (GATHER_S, RENEWAL_S)
        )

    @property
    def topics(self) -> frozenset[str]:
        """The inbox topics of everyone with an open feed here."""
        return frozenset(self._people)

    async def run(self) -> None:
        """Send what turns stale, until cancelled."""
        await asyncio.gather(self._stale.run(), self._renewed.run())

    async def feed_opened(self, feed: Feed) -> dict[str, int] | None:
        """The count for a feed that opens, which is then kept up to date; None without an inbox, or while the
        database is away."""
        own = set(feed.person.own).intersection(feed.topics)
        if not own:
            return None
        id = feed.person.id
        self.feeds.setdefault(id, set()).add(feed)
        for topic in own:
            self._people.setdefault(topic, set()).add(id)
        if handed := self._handed.of(id):
            self._renewed.add([id])
            return handed
        try:
            async with asyncio.timeout(OPENING_S):
                return await self._of(feed.person)
        except TimeoutError:
            self._stale.add([id])
            return None

    def feed_closed(self, feed: Feed) -> None:
        """Send it nothing more, whether or not it had opened."""
        person = feed.person
        left = self.feeds.get(person.id)
        if left is None:
            return
        left.discard(feed)
        if not left:
            del self.feeds[person.id]
            for topic in person.own:
                people = self._people.get(topic)
                if people is not None:
                    people.discard(person.id)
                    if not people:
                        del self._people[topic]

    def feed_caught_up(self, feed: Feed) -> None:
        """It missed something, of which a count that was handed over may know nothing."""
        if self._handed.of(feed.person.id):
            self._stale.add([feed.person.id])

    def event_received(self, event: Event) -> None:
        self.topic_changed(event.topic)
        self.handed_over(event)

    def handed_over(self, event: Event) -> None:
        """Keep the counts that an event hands over, if it does. Raises for data that are no counts."""
        self._handed.event_received(event)

    def receiving(self, live: bool) -> None:
        """Whether events are received: if again, every count may have changed by one that did not arrive."""
        if live:
            self._stale.add(self.feeds)
        elif self._receiving:
            self._handed.clear()
        self._receiving = live

    def people(self) -> list[Person]:
        """Who has an open feed here, once for each."""
        return [feed.person for feeds in self.feeds.values() for feed in feeds]

    async def hand_over(self, send: Callable[[list[Draft]], Awaitable[None]]) -> None:
        """Hand the counts of everyone to other instances, to which their feeds are about to be moved."""
        people = [next(iter(feeds)).person for feeds in self.feeds.values()]
        for start in range(0, len(people), MAX_PEOPLE_PER_QUERY):
            counts = await self._counts(people[start : start + MAX_PEOPLE_PER_QUERY])
            await send(list(handed_counts.drafts(counts)))

    def topic_changed(self, topic: str) -> None:
        """Send the counts of its readers again."""
        if people := self._people.get(topic):
            self._stale.add(people)

    async def _of(self, person: Person) -> dict[str, int] | None:
        if not any(topics.is_inbox(topic) for topic in person.own):
            return None
        try:
            return await self._reads.get(person)
        except Exception as error:
            _not_counted(person.id, error)
            return None

    async def _read(self, people: Sequence[Person]) -> dict[Person, dict[str, int]]:
        counts = await self._counts(people)
        return {person: counts[person.id] for person in people if person.id in counts}

    async def _send(self, ids: Sequence[str]) -> None:
        people = [next(iter(self.feeds[id])).person for id in ids if id in self.feeds]
        counts = await self._counts(people) if people else {}
        for id, count in counts.items():
            encoded = control("count", count)
            for feed in self.feeds.get(id, ()):
                feed.put(encoded)


def _not_counted(id: str, error: Exception) -> None:
    malformed.record("count", "all" if isinstance(error, AWAY) else id, error)
