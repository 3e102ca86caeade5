"""Who is in the rooms of this process, on all instances: leases renewed, joins and leaves announced."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence

from hub.log import LogAway
from hub.rooms.presence import GRACE_S, LEASE_S, RENEW_S, Presence
from hub.rooms.room import Room
from hub.support.debounce import Debounce
from hub.support.faults import malformed

COUNT_EVERY_S = 1.0  # where people are not listed, their number is announced at most this often
LEAVE_BATCH_SIZE = 50  # leaves written to Redis at once
GATHER_S = 0.2  # changes within this time are looked up together
RETRY_S = 2.0

logger = logging.getLogger(__name__)


class Roster:
    """``announce(topic)`` is called after someone joined or left here, once other instances can see it.

    ``rooms`` are those open in this process, by topic.
    """

    def __init__(
        self, presence: Presence, rooms: Mapping[str, Room], announce: Callable[[str], None]
    ) -> None:
        self._presence = presence
        self._rooms = rooms
        self._announce = announce
        # Room's topic and person's id.
        self._leaving: Debounce[tuple[str, str]] = Debounce(
            self._end_leases, _not_ended, gather_s=GATHER_S, retry_s=RETRY_S, batch_size=LEAVE_BATCH_SIZE
        )
        # Rooms whose people may have changed, …
        self._stale = Debounce(self._look_up, self._not_looked_up, gather_s=GATHER_S, retry_s=RETRY_S)
        self._changed: set[str] = set()  # … and those where they have, here

    async def people(self, topic: str) -> dict[str, str]:
        """Names by id of everyone in a room; empty while the log is away."""
        try:
            return (await self._presence.present([topic]))[topic]
        except LogAway:
            return {}

    def join(self, room: Room, id: str, name: str) -> None:
        room.local_connections[id] += 1
        if room.local_connections[id] == 1:
            room.add_person(id, name)
            self._mark_changed(room.topic)

    def leave(self, room: Room, id: str) -> None:
        room.local_connections[id] -= 1
        if not room.local_connections[id]:
            del room.local_connections[id]
            self._leaving.add([(room.topic, id)])

    def refresh(self, topics: Iterable[str]) -> None:
        """Look up again who is in these rooms."""
        self._stale.add(topics)

    async def run(self) -> None:
        await asyncio.gather(self._renew(), self._stale.run(), self._leaving.run(), self._announce_counts())

    async def _end_leases(self, leaving: Sequence[tuple[str, str]]) -> None:
        """Unless they return, here or elsewhere, people who left are gone after the grace."""
        gone = [(topic, id) for topic, id in leaving if not self._is_here(topic, id)]
        leaves = (self._presence.leave(*item, GRACE_S) for item in gone)
        results = await asyncio.gather(*leaves, return_exceptions=True)
        for item, result in zip(gone, results, strict=True):
            if isinstance(result, Exception):
                _not_ended(item, result)
        for topic in {topic for topic, _ in gone}:
            asyncio.get_running_loop().call_later(GRACE_S + GATHER_S, self._mark_changed, topic)

    def _is_here(self, topic: str, id: str) -> bool:
        room = self._rooms.get(topic)
        return room is not None and id in room.local_connections

    def _mark_changed(self, topic: str) -> None:
        self._changed.add(topic)
        self.refresh([topic])

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S * random.uniform(0.8, 1.2))  # noqa: S311
            self.refresh(self._rooms)

    async def _look_up(self, topics: Sequence[str]) -> None:
        """Renew the leases of the people who are here, and read those of all instances."""
        rooms = [self._rooms[topic] for topic in topics if topic in self._rooms]
        here = {room.topic: {id: room.people.get(id, "") for id in room.local_connections} for room in rooms}
        await self._presence.renew(here, LEASE_S)
        self._update(rooms, await self._presence.present(list(here)))
        # Only now can other instances find the lease. A room that closed here while its last people had
        # their grace has no lease to wait for.
        changed = {topic for topic in self._changed if topic in here or topic not in self._rooms}
        self._changed -= changed
        for topic in changed:
            self._announce(topic)

    def _not_looked_up(self, topic: str, error: Exception) -> None:
        if isinstance(error, LogAway):
            return logger.info("presence in rooms could not be read: %s", error)
        malformed.record("presence", topic, error)
        if topic in self._rooms:
            self._update([self._rooms[topic]], {})

    def _update(self, rooms: Iterable[Room], present: Mapping[str, Mapping[str, str]]) -> None:
        for room in rooms:
            try:
                # Whoever joined during the lookup is not in its result.
                local = {id: room.people[id] for id in room.local_connections if id in room.people}
                room.set_people({**present.get(room.topic, {}), **local})
            except Exception as error:
                malformed.record("presence", room.topic, error)

    async def _announce_counts(self) -> None:
        while True:
            await asyncio.sleep(COUNT_EVERY_S)
            for room in list(self._rooms.values()):
                try:
                    room.announce_count()
                except Exception as error:
                    malformed.record("count of people", room.topic, error)


def _not_ended(item: tuple[str, str], error: Exception) -> None:
    # While the log is away, leases expire by themselves.
    if not isinstance(error, LogAway):
        malformed.record("leave", item[0], error)
