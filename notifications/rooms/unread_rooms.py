"""Unread messages of rooms on open feeds: an event when their number changes, on every instance."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from hub import topics
from hub.events import Event
from hub.feeds.sse import control
from hub.log import LogAway
from hub.log.current import shared_log
from hub.ports import Feed
from hub.support.debounce import Debounce
from hub.support.faults import malformed
from hub.support.outages import DATABASE_AWAY
from hub.support.threads import in_thread
from notifications import user_model
from notifications.rooms import marks
from notifications.rooms.marks import Unread

GATHER_S = 0.2
RETRY_S = 2.0
MAX_PEOPLE_PER_QUERY = 500
MAX_KNOWN = 100_000  # people in rooms that are known to have a mark

EVENT = "room-unread"

T = TypeVar("T", bound=Hashable)


class UnreadRooms:
    """Keeps open feeds, by person's id, informed; and follows rooms for those who enter them."""

    def __init__(self, feeds: Mapping[str, Collection[Feed]]) -> None:
        self._feeds = feeds
        self._known: dict[tuple[str, str], None] = {}
        self._stored: Debounce[int] = _debounce(self._report)
        self._changed: Debounce[int] = _debounce(self._send_rooms)
        self._read: Debounce[tuple[str, int]] = _debounce(self._send_people)
        self._entered: Debounce[tuple[str, str]] = _debounce(self._follow)

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(*(one.run() for one in (self._stored, self._changed, self._read, self._entered)))

    def stored(self, rooms: Collection[int]) -> None:
        """Messages of rooms were stored here: have every instance count them."""
        self._stored.add(rooms)

    def entered(self, person: str, topic: str) -> None:
        """From the first time that a person enters a room they follow it."""
        if (person, topic) in self._known:
            return
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[person, topic] = None
        self._entered.add([(person, topic)])

    def event_received(self, event: Event) -> None:
        """Called with every event that this instance receives."""
        if event.topic != topics.CONTROL:
            return
        if event.type == marks.STORED:
            self._changed.add(event.data["rooms"])
        elif event.type == marks.READ and event.data["person"] in self._feeds:
            self._read.add([(event.data["person"], event.data["room"])])

    async def _report(self, rooms: Sequence[int]) -> None:
        await in_thread(shared_log().append, [marks.stored(rooms)])

    async def _follow(self, entered: Sequence[tuple[str, str]]) -> None:
        await in_thread(marks.follow, entered)

    async def _send_rooms(self, rooms: Sequence[int]) -> None:
        people = list(self._feeds)
        for start in range(0, len(people), MAX_PEOPLE_PER_QUERY):
            await self._send(people[start : start + MAX_PEOPLE_PER_QUERY], rooms)

    async def _send_people(self, read: Sequence[tuple[str, int]]) -> None:
        for person, room in read:
            await self._send([person], [room])

    async def _send(self, people: Sequence[str], rooms: Sequence[int]) -> None:
        """The unread messages of these rooms, to those of these people who follow them."""
        ids = {key: id for id, key in user_model.keys_of(people).items()}
        version, found = await in_thread(_versioned, list(ids), rooms)
        for key, unread in found.items():
            encoded = control(EVENT, {"rooms": [one.item() for one in unread], "version": version})
            for feed in self._feeds.get(ids[key], ()):
                feed.put(encoded)


def _versioned(
    people: Collection[user_model.Key], rooms: Collection[int]
) -> tuple[int, dict[user_model.Key, list[Unread]]]:
    """From before they are read, as of counts."""
    return shared_log().version(), marks.unread(people, rooms)


def _debounce(act: Callable[[Sequence[T]], Awaitable[None]]) -> Debounce[T]:
    return Debounce(act, _not_sent, gather_s=GATHER_S, retry_s=RETRY_S)


def _not_sent(item: object, error: Exception) -> None:
    if not isinstance(error, (LogAway, *DATABASE_AWAY)):
        malformed.record("unread messages of rooms", str(item), error)
