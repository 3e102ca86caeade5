"""Publishes live status on staff topics, only while someone is subscribed to them.

A dashboard page subscribes to a staff topic, whose name holds the whole query. Every `ASK_S` seconds an
instance that has such a subscriber asks all instances on the control topic, and each publishes its own status
on the staff topic. What the database knows is queried by the asking instance alone, and published when it
changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from hub import events, topics
from hub.delivery.fanout import Fanout
from hub.feeds.endpoint import Feeds
from hub.log import Log, LogAway
from hub.ops import connection_list
from hub.ops.instance_stats import InstanceStats
from hub.ports import Application
from hub.rooms.endpoint import Rooms
from hub.rooms.registry import RoomRegistry
from hub.support.debounce import Debounce

ASK_S = 2.0
REPORT_S = 1.0
REST_FACTOR = 9  # times the duration of a report until the next: at most a tenth of a core
REPEAT_S = 1.0  # several instances that ask within this time get one answer
MAX_ROOMS_LISTED = 500
MAX_TOPICS_ASKED = 1000

logger = logging.getLogger(__name__)

Status: TypeAlias = tuple[str, Callable[[], dict[str, Any]]]  # an event's type, and what makes its data


class LiveStatus:
    """Asks, while a staff topic has a subscriber here, and answers what any instance asks.

    ``report`` gives what the database knows about a staff topic, as an event's type and data, or None.
    """

    def __init__(
        self,
        log: Log,
        fanout: Fanout,
        *,
        instance: str,
        feeds: Feeds,
        rooms: Rooms,
        registry: RoomRegistry,
        stats: InstanceStats,
        application: Application,
    ) -> None:
        self._log = log
        self._topics = fanout.topics
        self._instance = instance
        self._feeds = feeds
        self._rooms = rooms
        self._registry = registry
        self._stats = stats
        self._application = application
        self._asked = Debounce(self._publish, _not_published, gather_s=0, retry_s=None, batch_size=1)
        self._answered: dict[str, float] = {}
        self._reported: dict[str, bytes] = {}
        fanout.control.on("ask", self._accept)

    async def run(self) -> None:
        await asyncio.gather(
            self._every(ASK_S, self._ask), self._every(REPORT_S, self._publish_reports), self._asked.run()
        )

    async def _every(self, seconds: float, act: Callable[[list[str]], Awaitable[None]]) -> None:
        duration_s = 0.0
        while True:
            await asyncio.sleep(max(seconds, REST_FACTOR * duration_s))
            began = time.monotonic()
            subscribed = [name for name, state in self._topics.items() if state and topics.is_staff(name)]
            try:
                await act(subscribed)
            except LogAway as error:
                logger.debug("live status not published: %s", error)
            except Exception:
                logger.exception("live status not published, trying again")
            duration_s = time.monotonic() - began

    async def _ask(self, subscribed: list[str]) -> None:
        asked = [topic for topic in subscribed if self._status(topic) is not None]
        if asked:
            await self._log.append_if([events.draft(topics.CONTROL, "ask", {"topics": asked})])

    async def _publish_reports(self, subscribed: list[str]) -> None:
        self._reported = {topic: data for topic, data in self._reported.items() if topic in subscribed}
        for topic in subscribed:
            if self._status(topic) is not None:
                continue
            try:
                await self._publish_report(topic)
            except LogAway:
                raise
            except Exception:
                logger.exception("report of %s not published, trying again", topic)

    async def _publish_report(self, topic: str) -> None:
        report = await self._application.live_report(topic)
        if report is None:
            return
        encoded = events.encode(report)
        if self._reported.get(topic) != encoded:
            self._reported[topic] = encoded
            # Another instance that has a subscriber too publishes the same report: it is appended once.
            key = f"{topic}:{hashlib.sha256(encoded).hexdigest()}"
            await self._log.append_if([events.draft(topic, *report, key=key)])

    def _accept(self, data: dict[str, Any]) -> None:
        """An instance asks about these staff topics."""
        now = time.monotonic()
        self._answered = {topic: at for topic, at in self._answered.items() if now - at < REPEAT_S}
        asked = set(_staff_topics(data["topics"])) - self._answered.keys()
        self._answered |= dict.fromkeys(asked, now)
        self._asked.add(topic for topic in asked if self._status(topic) is not None)

    async def _publish(self, asked: Sequence[str]) -> None:
        for topic in asked:
            status = self._status(topic)
            if status is not None:
                type, data = status
                await self._log.append_if([events.draft(topic, type, {"instance": self._instance, **data()})])

    def _status(self, topic: str) -> Status | None:
        """What this instance publishes on a staff topic; None if that is a report."""
        kind, _, rest = topics.staff_name(topic).partition("-")
        match kind:
            case "instances":
                return "instance", self._stats.measure
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
        connections = (("feed", self._feeds.connections), ("room", self._rooms.connections))
        return connection_list.matching(filter, connections, time.time())

    def _open_rooms(self) -> dict[str, Any]:
        rooms = [room for room in self._registry.rooms.values() if room.connections or room.people]
        counts = {
            room.topic: {"people": len(room.people), "connections": len(room.connections)}
            for room in rooms[:MAX_ROOMS_LISTED]
        }
        return {"rooms": counts}

    def _room(self, id: str) -> dict[str, Any]:
        room = self._registry.rooms.get(topics.room(id))
        if room is None:
            return {"here": 0, "people": [], "count": 0}
        return {"here": len(room.connections), "people": room.listed_people, "count": len(room.people)}


def _not_published(topic: str, error: Exception) -> None:
    if isinstance(error, LogAway):
        logger.debug("status of %s not published: %s", topic, error)
    else:
        logger.error("status of %s not published: %r", topic, error)


def _staff_topics(asked: Any) -> list[str]:
    """The topics of an `ask` event; raise `ValueError` for anything else."""
    if not isinstance(asked, list) or len(asked) > MAX_TOPICS_ASKED:
        raise ValueError(f"up to {MAX_TOPICS_ASKED} topics are asked about, in a list")
    for topic in asked:
        if not isinstance(topic, str) or not topics.is_staff(topics.check(topic)):
            raise ValueError(f"{topic!r} is no staff topic")
    return asked
