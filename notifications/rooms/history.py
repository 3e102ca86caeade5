"""What is said in rooms whose kind is kept, as rows: a copy of the log that any instance may make.

The log comes first, so a database that is slow or away stalls no room; the rows follow it, and however
often and by however many a line is copied, it is one row.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Sequence

from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.db.models import OuterRef, QuerySet, Subquery

from hub import events, topics
from hub.events import Event
from hub.log import Log, Page
from hub.rooms import kinds, protocol
from hub.support import strict_json
from hub.support.debounce import Debounce
from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications import timestamps
from notifications.models import UNSAYABLE, Line, Room

GATHER_S = 0.2  # what is said within this time is copied together
ROUND_S = 30.0  # within which is found what an instance did not copy before it was killed
RETRY_S = 1.0
TOGETHER = 100  # topics read at once
AWAY = (OperationalError, InterfaceError, InternalError)  # it is not about a row
MOST = {"sender": 64, "name": 150, "line_id": protocol.MAX_ID}  # characters of a row's

logger = logging.getLogger(__name__)


class Copying:
    """From the log to the rows. All of it belongs to one event loop."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.pending = Debounce(
            self._copy, _not_copied, gather_s=GATHER_S, retry_s=RETRY_S, batch_size=TOGETHER
        )
        self._ends: dict[str, int | None] = {}  # up to where a topic is copied; None: it is not kept

    def keep(self, topic: str) -> None:
        """Something new stands on the topic: copy it soon. Never waits, never raises."""
        if self._ends.get(topic, 0) is not None:
            self.pending.add([topic])

    async def run(self) -> None:
        """Copy until cancelled."""
        await asyncio.gather(self.pending.run(), self._look_round())

    async def copy(self) -> None:
        """Copy all that is to be kept now; raise if the log or the database is away, and nothing is lost."""
        await self.pending.flush()

    async def _look_round(self) -> None:
        while True:
            try:
                kept = await in_thread(_kept_topics)
            except Exception as error:
                logger.warning("the rooms could not be listed: %s: %s", type(error).__name__, error)
            else:
                # Of the others another may be made, of another kind.
                self._ends = {topic: end for topic, end in self._ends.items() if topic in kept}
                self.pending.add(kept)
            await asyncio.sleep(ROUND_S * random.uniform(0.8, 1.2))  # noqa: S311

    async def _copy(self, names: Sequence[str]) -> None:
        unknown = set(names) - self._ends.keys()
        if unknown:
            ends = await in_thread(_ends, unknown)
            self._ends.update((topic, ends.get(topic)) for topic in unknown)
        after = {topic: end for topic in names if (end := self._ends.get(topic)) is not None}
        more = bool(after)
        while more:
            page = await self._log.read(after)
            if page.events:
                await in_thread(_insert, page.events)
            self._warn(page, after, unknown)
            after = dict.fromkeys(after, page.upto)
            self._ends.update(after)
            unknown = set()
            more = page.more

    def _warn(self, page: Page, after: dict[str, int], unknown: set[str]) -> None:
        # After a silence of the time to live the log cannot prove that nothing was said: then it is asked
        # about only where something was.
        said = {event.topic for event in page.events if after[event.topic]}
        if missing := sorted(page.gaps & (said | after.keys() - unknown)):
            logger.warning("the log no longer reaches back to the rows of %s", ", ".join(missing))


def _not_copied(topic: str, error: Exception) -> None:
    logger.warning("messages of %s wait to be copied: %s: %s", topic, type(error).__name__, error)


async def told(topic: str, most: int) -> list[Event]:
    """The last lines of a room's topic, at most so many, the oldest first."""
    return await in_thread(_told, topic, most)


def event(line: Line) -> Event:
    """The event that a row is a copy of; what stood before it is not said."""
    sender = {"id": line.sender, "name": line.name}
    body = protocol.said_body(sender, line.line_id, line.body, events.stamp(line.at))
    return Event(line.position, 0, topics.room(line.room_id), "said", body)


def tellable(line: Line) -> Event | None:
    """The event that a row is a copy of; None if no event can carry it."""
    try:
        return event(line)
    except events.BadEvent as error:
        malformed.record("row", topics.room(line.room_id), error)
        return None


def kept_rooms() -> QuerySet[Room]:
    """Those whose lines are rows as well."""
    return Room.objects.filter(kind__in=[kind for kind in kinds.kinds() if kinds.kind(kind).kept])


def _told(topic: str, most: int) -> list[Event]:
    rows = Line.objects.filter(room=topics.room_id(topic)).order_by("-position")[:most]
    return [one for row in reversed(rows) if (one := tellable(row))]


def _kept_topics() -> set[str]:
    return {topics.room(id) for id in kept_rooms().values_list("pk", flat=True)}


def _ends(names: Collection[str]) -> dict[str, int]:
    """Of those of these topics that are kept, where their rows end; 0 if there are none."""
    last = Line.objects.filter(room=OuterRef("pk")).order_by("-position").values("position")[:1]
    rooms = kept_rooms().filter(pk__in=[topics.room_id(topic) for topic in names])
    found = rooms.annotate(end=Subquery(last)).values_list("pk", "end")
    return {topics.room(id): end or 0 for id, end in found}


def _insert(said: Sequence[Event]) -> None:
    rows = []
    rooms = {one.topic: topics.room_id(one.topic) or 0 for one in said}
    # One that was deleted meanwhile must not cost the others theirs.
    here = set(Room.objects.filter(pk__in=rooms.values()).values_list("pk", flat=True))
    for one in said:
        if rooms[one.topic] not in here:
            continue
        try:
            rows.append(_row(one, rooms[one.topic]))
        except Exception as error:
            malformed.record("message of a room", one.topic, error)
    try:
        _keep(rows)
    except AWAY:
        raise
    except Exception:
        for row in rows:
            _keep_alone(row)


def _keep(rows: Sequence[Line]) -> None:
    # Another instance may have copied them, or we did before the database went away.
    with transaction.atomic():
        Line.objects.bulk_create(rows, ignore_conflicts=True)


def _keep_alone(row: Line) -> None:
    try:
        _keep([row])
    except AWAY:
        raise
    except Exception as error:
        malformed.record("message of a room", topics.room(row.room_id), error)


def _row(event: Event, room: int) -> Line:
    """What a message is kept as; raise what may be for one that is none, or can be kept by no database."""
    if event.type != "said":
        raise ValueError(f"{event.type!r} is no message")
    said = strict_json.read(event.body)
    sender = said["from"]
    texts = {"sender": sender["id"], "name": sender["name"], "line_id": said["id"]}
    for name, value in texts.items():
        if len(value) > MOST[name] or UNSAYABLE.search(value):
            raise ValueError(f"{name} cannot be kept: {value[:60]!r}")
    at = timestamps.parse(said["at"])
    return Line(room_id=room, position=event.position, body=said["body"], at=at, **texts)
