"""What staff who look are told, over the log like everything else: nothing while nobody looks.

A page listens on a staff topic, whose name says all that is asked. Every so often the instance that has
such a listener asks all instances on the control topic, and each answers there. What the database knows
it is asked for by that instance alone, and tells when it has changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hub import events, topics
from hub.delivery.topic_state import Watch
from hub.events import Event
from hub.feeds.endpoint import Feeds
from hub.log import Log, LogAway
from hub.ops import connection_list
from hub.ops.instance_stats import Vitals
from hub.ports import Report
from hub.rooms.endpoint import Rooms
from hub.rooms.registry import Lobby

ASK_S = 2.0
REPORT_S = 1.0
SPARE = 9  # times what a report took, it rests: to look costs a tenth of a core at the most
AGAIN_S = 1.0  # two who ask within this time are answered once
SHOWN_ROOMS = 500
MOST_ASKED = 1000  # topics of one asking

logger = logging.getLogger(__name__)


class Answers:
    def __init__(
        self,
        instance: str,
        log: Log,
        watches: Mapping[str, Watch],
        feeds: Feeds,
        rooms: Rooms,
        lobby: Lobby,
        vitals: Vitals,
        report: Report,
    ) -> None:
        self._instance = instance
        self._log = log
        self._watches = watches
        self._feeds = feeds
        self._rooms = rooms
        self._lobby = lobby
        self._vitals = vitals
        self._report = report
        self._asked: set[str] = set()
        self._answered: dict[str, float] = {}
        self._reported: dict[str, bytes] = {}
        self._wake = asyncio.Event()

    def tap(self, event: Event) -> None:
        if event.topic == topics.CONTROL and event.type == "ask":
            self._asked.update(_staff_topics(event.data["topics"]))
            self._wake.set()

    async def run(self) -> None:
        await asyncio.gather(
            self._every(ASK_S, self._ask), self._every(REPORT_S, self._tell), self._answer_all()
        )

    async def _every(self, seconds: float, act: Callable[[list[str]], Awaitable[None]]) -> None:
        took = 0.0
        while True:
            await asyncio.sleep(max(seconds, SPARE * took))
            began = time.monotonic()
            looked_at = [name for name, watch in self._watches.items() if watch and topics.is_staff(name)]
            try:
                await act(looked_at)
            except LogAway as error:
                logger.debug("staff are not told: %s", error)
            except Exception:
                logger.exception("staff are not told, trying again")
            took = time.monotonic() - began

    async def _ask(self, looked_at: list[str]) -> None:
        asked = [topic for topic in looked_at if self._answer(topic) is not None]
        if asked:
            await self._log.place([events.draft(topics.CONTROL, "ask", {"topics": asked})])

    async def _tell(self, looked_at: list[str]) -> None:
        self._reported = {topic: told for topic, told in self._reported.items() if topic in looked_at}
        for topic in looked_at:
            if self._answer(topic) is not None:
                continue
            try:
                await self._tell_report(topic)
            except LogAway:
                raise
            except Exception:
                logger.exception("%s cannot be told, trying again", topic)

    async def _tell_report(self, topic: str) -> None:
        report = await self._report(topic)
        if report is None:
            return
        said = events.encode(report)
        if self._reported.get(topic) != said:
            self._reported[topic] = said
            # Another instance that has a listener, too, says the same once.
            key = f"{topic}:{hashlib.sha256(said).hexdigest()}"
            await self._log.place([events.draft(topic, *report, key=key)])

    async def _answer_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            asked, self._asked = self._asked, set()
            now = time.monotonic()
            self._answered = {topic: at for topic, at in self._answered.items() if now - at < AGAIN_S}
            for topic in asked - self._answered.keys():
                answer = self._answer(topic)
                if answer is not None:
                    self._answered[topic] = now
                    type, told = answer
                    await self._say(topic, type, told)

    async def _say(self, topic: str, type: str, told: Callable[[], dict[str, Any]]) -> None:
        try:
            await self._log.place([events.draft(topic, type, {"instance": self._instance, **told()})])
        except LogAway as error:
            logger.debug("staff are not told: %s", error)
        except Exception:
            logger.exception("%s cannot be told", topic)

    def _answer(self, topic: str) -> tuple[str, Callable[[], dict[str, Any]]] | None:
        """What every instance says on a topic: an event's type, and what makes its data."""
        kind, _, rest = topics.staff_name(topic).partition("-")
        match kind:
            case "instances":
                return "instance", self._vitals.take
            case "connections":
                return "connections", lambda: self._connections(rest)
            case "rooms":
                return "rooms", self._open_rooms
            case "room":
                return "room", lambda: self._room(rest)
        return None

    def _connections(self, code: str) -> dict[str, Any]:
        try:
            filter = connection_list.decode(code)
        except ValueError:
            return {"matching": 0, "connections": []}
        doors = (("feed", self._feeds.connections), ("room", self._rooms.connections))
        return connection_list.census(filter, doors, time.time())

    def _open_rooms(self) -> dict[str, Any]:
        rooms = [room for room in self._lobby.rooms.values() if room.members or room.people][:SHOWN_ROOMS]
        return {"rooms": {r.topic: {"people": len(r.people), "connections": len(r.members)} for r in rooms}}

    def _room(self, id: str) -> dict[str, Any]:
        room = self._lobby.rooms.get(topics.room(id))
        if room is None:
            return {"here": 0, "people": [], "count": 0}
        return {"here": len(room.members), "people": room.shown, "count": len(room.people)}


def _staff_topics(asked: Any) -> list[str]:
    """What an instance asks of the others; raise `ValueError` for what is none of it."""
    if not isinstance(asked, list) or len(asked) > MOST_ASKED:
        raise ValueError(f"up to {MOST_ASKED} topics are asked about, in a list")
    for topic in asked:
        if not isinstance(topic, str) or not topics.is_staff(topics.check(topic)):
            raise ValueError(f"{topic!r} is no staff topic")
    return asked
