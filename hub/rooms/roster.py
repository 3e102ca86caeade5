"""Who is in the rooms of this process, and on others: leases kept, arrivals and leavings told."""

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

COUNT_S = 1.0  # of a crowd the number is told so often
TOGETHER = 50  # who leave, asked of Redis at once
NOTICE_S = 0.2  # what came and went within this time is asked about together
RETRY_S = 2.0

logger = logging.getLogger(__name__)


class Attendance:
    """``tell(topic)`` is called after somebody came or went here, once the others can see it.

    Rooms go by their topics.
    """

    def __init__(self, presence: Presence, rooms: Mapping[str, Room], tell: Callable[[str], None]) -> None:
        self._presence = presence
        self._rooms = rooms
        self._tell = tell
        # Room's topic and person's id.
        self._leaving: Debounce[tuple[str, str]] = Debounce(
            self._part, _not_left, gather_s=NOTICE_S, retry_s=RETRY_S, batch_size=TOGETHER
        )
        # Rooms whose people may have changed, …
        self._doubtful = Debounce(self._look, self._unseen, gather_s=NOTICE_S, retry_s=RETRY_S)
        self._news: set[str] = set()  # … and those where they have, here

    async def of(self, topic: str) -> dict[str, str]:
        """Everybody in a room, by id; nobody while it cannot be asked."""
        try:
            return (await self._presence.present([topic]))[topic]
        except LogAway:
            return {}

    def came(self, room: Room, id: str, name: str) -> None:
        room.here[id] += 1
        if room.here[id] == 1:
            room.came(id, name)
            self._notice(room.topic)

    def left(self, room: Room, id: str) -> None:
        room.here[id] -= 1
        if not room.here[id]:
            del room.here[id]
            self._leaving.add([(room.topic, id)])

    def doubt(self, topics: Iterable[str]) -> None:
        """See again who is in these rooms."""
        self._doubtful.add(topics)

    async def run(self) -> None:
        await asyncio.gather(self._renew(), self._doubtful.run(), self._leaving.run(), self._count())

    async def _part(self, leaving: Sequence[tuple[str, str]]) -> None:
        """Unless they come back, here or elsewhere, those who left are gone after the grace."""
        gone = [(topic, id) for topic, id in leaving if not self._is_here(topic, id)]
        leaves = (self._presence.leave(*one, GRACE_S) for one in gone)
        answers = await asyncio.gather(*leaves, return_exceptions=True)
        for item, answer in zip(gone, answers, strict=True):
            if isinstance(answer, Exception):
                _not_left(item, answer)
        for topic in {topic for topic, _ in gone}:
            asyncio.get_running_loop().call_later(GRACE_S + NOTICE_S, self._notice, topic)

    def _is_here(self, topic: str, id: str) -> bool:
        room = self._rooms.get(topic)
        return room is not None and id in room.here

    def _notice(self, topic: str) -> None:
        self._news.add(topic)
        self.doubt([topic])

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S * random.uniform(0.8, 1.2))  # noqa: S311
            self.doubt(self._rooms)

    async def _look(self, topics: Sequence[str]) -> None:
        """Renew the leases of those who are here, and see who is."""
        rooms = [self._rooms[topic] for topic in topics if topic in self._rooms]
        here = {room.topic: {id: room.people.get(id, "") for id in room.here} for room in rooms}
        await self._presence.renew(here, LEASE_S)
        self._show(rooms, await self._presence.present(list(here)))
        # Not before the lease is there: whoever looks now shall find it. Of a room that closed here
        # while its last ones had their grace, no lease is awaited.
        news = {topic for topic in self._news if topic in here or topic not in self._rooms}
        self._news -= news
        for topic in news:
            self._tell(topic)

    def _unseen(self, topic: str, error: Exception) -> None:
        if isinstance(error, LogAway):
            return logger.info("who is in the rooms could not be asked: %s", error)
        malformed.record("presence", topic, error)
        if topic in self._rooms:
            self._show([self._rooms[topic]], {})

    def _show(self, rooms: Iterable[Room], present: Mapping[str, Mapping[str, str]]) -> None:
        for room in rooms:
            try:
                # Who came while it was asked is in neither.
                came = {id: room.people[id] for id in room.here if id in room.people}
                room.present({**present.get(room.topic, {}), **came})
            except Exception as error:
                malformed.record("presence", room.topic, error)

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNT_S)
            for room in list(self._rooms.values()):
                try:
                    room.count()
                except Exception as error:
                    malformed.record("count of people", room.topic, error)


def _not_left(item: tuple[str, str], error: Exception) -> None:
    # While the log is away, their leases end by themselves.
    if not isinstance(error, LogAway):
        malformed.record("leaving", item[0], error)
