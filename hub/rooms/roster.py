"""Who is in the rooms of this process, and on others: leases kept, arrivals and leavings told."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

from hub.log import LogAway
from hub.rooms.presence import GRACE_S, LEASE_S, RENEW_S, Presence
from hub.rooms.room import Room
from hub.support.faults import malformed

COUNT_S = 1.0  # of a crowd the number is told so often
TOGETHER = 50  # who leave, asked of Redis at once
NOTICE_S = 0.2  # what came and went within this time is asked about together

Here: TypeAlias = Mapping[str, Mapping[str, str]]  # room's topic → person's id → name

logger = logging.getLogger(__name__)


class Attendance:
    """``tell(topic)`` is called after somebody came or went here, once the others can see it.

    Rooms go by their topics.
    """

    def __init__(self, presence: Presence, rooms: Mapping[str, Room], tell: Callable[[str], None]) -> None:
        self._presence = presence
        self._rooms = rooms
        self._tell = tell
        self._leaving: set[tuple[str, str]] = set()  # room's topic and person's id
        self._over: deque[tuple[float, set[str]]] = deque()  # when the grace is over, in which rooms
        self._doubtful: set[str] = set()  # rooms whose people may have changed
        self._news: set[str] = set()  # … and those where they have, here
        self._wake = asyncio.Event()

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
            self._leaving.add((room.topic, id))

    def doubt(self, topics: Iterable[str]) -> None:
        """See again who is in these rooms."""
        self._doubtful.update(topics)
        self._wake.set()

    async def run(self) -> None:
        await asyncio.gather(self._renew(), self._every(self._look), self._every(self._part), self._count())

    async def _every(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except Exception:
                logger.exception("who is in the rooms could not be seen to")
                await asyncio.sleep(NOTICE_S)

    async def _part(self) -> None:
        """Unless they come back, here or elsewhere, those who left are gone after the grace."""
        await asyncio.sleep(NOTICE_S)
        leaving, self._leaving = self._leaving, set()
        gone = [(topic, id) for topic, id in leaving if not self._is_here(topic, id)]
        for start in range(0, len(gone), TOGETHER):
            some = gone[start : start + TOGETHER]
            leaves = (self._presence.leave(*one, GRACE_S) for one in some)
            answers = await asyncio.gather(*leaves, return_exceptions=True)
            for (topic, _), answer in zip(some, answers, strict=True):
                # While the log is away, their leases end by themselves.
                if isinstance(answer, Exception) and not isinstance(answer, LogAway):
                    malformed.note("leaving", topic, answer)
        now = asyncio.get_running_loop().time()
        if gone:
            self._over.append((now + GRACE_S + NOTICE_S, {topic for topic, _ in gone}))
        while self._over and self._over[0][0] <= now:
            for topic in self._over.popleft()[1]:
                self._notice(topic)

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

    async def _look(self) -> None:
        """Renew the leases of those who are here, and see who is."""
        await self._wake.wait()
        await asyncio.sleep(NOTICE_S)
        self._wake.clear()
        doubtful, self._doubtful = self._doubtful & self._rooms.keys(), set()
        rooms = [self._rooms[topic] for topic in doubtful]
        here = {room.topic: {id: room.people.get(id, "") for id in room.here} for room in rooms}
        try:
            present = await self._ask(here)
        except LogAway as error:
            return logger.info("who is in the rooms could not be asked: %s", error)
        for room in rooms:
            try:
                # Who came while it was asked is in neither.
                came = {id: room.people[id] for id in room.here if id in room.people}
                room.present({**present.get(room.topic, {}), **came})
            except Exception as error:
                malformed.note("presence", room.topic, error)
        # Not before the lease is there: whoever looks now shall find it. Of a room that closed here
        # while its last ones had their grace, no lease is awaited.
        news = {topic for topic in self._news if topic in here or topic not in self._rooms}
        self._news -= news
        for topic in news:
            self._tell(topic)

    async def _ask(self, here: Here) -> dict[str, dict[str, str]]:
        """Of all together; where that fails, of each, and of the failing one as it is known here."""
        try:
            await self._presence.renew(here, LEASE_S)
            return await self._presence.present(list(here))
        except LogAway:
            raise
        except Exception:
            logger.exception("who is in %d rooms could not be asked together: each by itself", len(here))
        found: dict[str, dict[str, str]] = {}
        for topic, people in here.items():
            try:
                await self._presence.renew({topic: people}, LEASE_S)
                found |= await self._presence.present([topic])
            except LogAway:
                raise
            except Exception as error:
                malformed.note("presence", topic, error)
                found[topic] = dict(people)
        return found

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNT_S)
            for room in list(self._rooms.values()):
                try:
                    room.count()
                except Exception as error:
                    malformed.note("count of people", room.topic, error)
