"""The history of rooms: their messages, copied from the log to rows where the room's kind keeps them.

The log comes first, so that a slow or missing database stalls no room; the rows follow. Any instance may
copy, and a message that is copied twice is still one row. What the log dropped before it was copied is lost:
`Room.lost_upto` records where, for members who return.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Mapping, Sequence

from django.conf import settings
from django.db.models import Max, OuterRef, QuerySet, Subquery

from hub import events, topics
from hub.events import Event
from hub.log import Log, Page
from hub.rooms import kinds
from hub.support.debounce import Debounce
from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications.models import HistoryMark, Room, RoomMessage
from notifications.rooms import rows
from notifications.rooms.mentions import Notify

GATHER_S = 0.2  # messages of this time are copied together
SCAN_S = 30.0  # between looks for what an instance did not copy before it was killed
RETRY_S = 1.0
MAX_TOPICS_PER_READ = 100

logger = logging.getLogger(__name__)


class HistoryCopier:
    """Copies messages from the log to rows. It belongs to one event loop.

    ``stored`` is called with the ids of the rooms of which messages were stored, or changed; ``notify``
    notifies those whom they mention.
    """

    def __init__(
        self,
        log: Log,
        *,
        stored: Callable[[Collection[int]], None] = lambda rooms: None,
        notify: Notify | None = None,
    ) -> None:
        self._log = log
        self._stored = stored
        self._notify = notify
        self.pending = Debounce(
            self.copy, _not_copied, gather_s=GATHER_S, retry_s=RETRY_S, batch_size=MAX_TOPICS_PER_READ
        )
        self._scan_s = min(SCAN_S, max(1.0, settings.HUB_LOG_TTL_S / 4))
        self._ends: dict[str, int | None] = {}  # position up to which a topic is copied; None: it is not kept

    def message_appended(self, topic: str) -> None:
        """Copy the topic's new messages soon. Never raises."""
        if self._ends.get(topic, 0) is not None:
            self.pending.add([topic])

    async def run(self) -> None:
        """Copy until cancelled."""
        await asyncio.gather(self.pending.run(), self._scan())

    async def flush(self) -> None:
        """Copy everything now. Raises if the log or the database is away; nothing is lost then."""
        await self.pending.flush()

    async def scan(self) -> None:
        """Have every room copied soon, and record up to where all of them are."""
        known = {topic: end for topic, end in self._ends.items() if end is not None}
        try:
            kept = await in_thread(_kept_topics)
            if kept and kept <= known.keys():
                await in_thread(_store_mark, min(known[topic] for topic in kept))
        except Exception as error:
            logger.warning("the rooms could not be listed: %s: %s", type(error).__name__, error)
            # The log proves that a topic was silent for no longer than the time to live.
            self.pending.add(known)
        else:
            # A topic that is not kept may become one that is, if its room's kind changes.
            self._ends = {
                topic: end for topic, end in self._ends.items() if topic in kept and end is not None
            }
            self.pending.add(kept)

    async def messages_at(self, topic: str, positions: Sequence[int]) -> list[Event]:
        """Messages as they are now, with every change that is in the log. Raises if that or the database is
        away."""
        await self.copy([topic])
        return await in_thread(_messages_at, topic, positions)

    async def _scan(self) -> None:
        while True:
            await self.scan()
            await asyncio.sleep(self._scan_s * random.uniform(0.8, 1.2))  # noqa: S311

    async def copy(self, names: Sequence[str]) -> None:
        """Copy what the log has of these topics, and record what it lost before that. Raises if the log or
        the database is away."""
        unknown = set(names) - self._ends.keys()
        if unknown:
            ends, marked = await in_thread(_ends, unknown)
            self._ends.update((topic, ends.get(topic)) for topic in unknown)
            unknown = set() if marked else unknown
        after = {topic: end for topic in names if (end := self._ends.get(topic)) is not None}
        more = bool(after)
        while more:
            page = await self._log.read(after)
            if page.gaps and (copied := await in_thread(_copied_beyond, after, page.gaps)):
                after |= copied  # another instance has copied them meanwhile
                continue
            lost = _lost(page, after, unknown)
            if lost:
                logger.warning("the log no longer reaches back to the rows of %s", ", ".join(sorted(lost)))
            if page.events or lost:
                self._stored(await in_thread(rows.store, page.events, lost, self._notify))
            for topic in after:
                self._ends[topic] = max(self._ends.get(topic) or 0, page.upto)
            after = dict.fromkeys(after, page.upto)
            unknown = set()
            more = page.more


def _lost(page: Page, after: Mapping[str, int], unknown: Collection[str]) -> dict[str, int]:
    """The topics of which messages were lost, with the position up to which."""
    first = {event.topic: event.previous for event in reversed(page.events)}
    # After the time to live without a message the log cannot prove that there was none: of topics just
    # looked up, without a mark, only those with a message count.
    unproved = {topic for topic in unknown if topic not in first or not after[topic]}
    return {topic: first.get(topic, page.upto) for topic in page.gaps - unproved}


def record_lost(old: QuerySet[RoomMessage]) -> None:
    """Record that these messages are about to be deleted, for members who return to before them."""
    for room, upto in old.order_by("room").values_list("room").annotate(Max("position")):
        rows.store_lost(room, upto)


def _not_copied(topic: str, error: Exception) -> None:
    logger.warning("messages of %s wait to be copied: %s: %s", topic, type(error).__name__, error)


async def messages(topic: str, limit: int) -> list[Event]:
    """The last messages of a room's topic that are rows, oldest first."""
    return await in_thread(_messages, topic, limit)


def event_or_none(row: RoomMessage) -> Event | None:
    """The message of a row as it is now; None if it was removed, or, noted as malformed, if no event can
    carry it."""
    if row.removed_at is not None:
        return None
    try:
        return rows.event(row)
    except events.BadEvent as error:
        malformed.record("row", topics.room(row.room_id), error)
        return None


def kept_rooms() -> QuerySet[Room]:
    """The rooms whose messages are rows as well."""
    return Room.objects.filter(kind__in=[kind for kind in kinds.kinds() if kinds.kind(kind).kept])


def _messages(topic: str, limit: int) -> list[Event]:
    latest = of_room(topics.room_id(topic) or 0).order_by("-position")[:limit]
    return [event for row in reversed(latest) if (event := event_or_none(row))]


def _messages_at(topic: str, positions: Sequence[int]) -> list[Event]:
    found = of_room(topics.room_id(topic) or 0).filter(position__in=positions)
    return [event for row in found if (event := event_or_none(row))]


def of_room(room: int) -> QuerySet[RoomMessage]:
    """The messages of a room that were not removed."""
    return RoomMessage.objects.filter(room=room, removed_at=None)


def _kept_topics() -> set[str]:
    return {topics.room(id) for id in kept_rooms().values_list("pk", flat=True)}


def _ends(names: Collection[str]) -> tuple[dict[str, int], bool]:
    """Up to which position each of these topics that is kept is copied: its last row, or a later mark; and
    whether there is a mark."""
    last = RoomMessage.objects.filter(room=OuterRef("pk")).order_by("-position").values("position")[:1]
    rooms = kept_rooms().filter(pk__in=[topics.room_id(topic) for topic in names])
    found = rooms.annotate(end=Subquery(last)).values_list("pk", "end")
    mark = HistoryMark.objects.aggregate(position=Max("position", default=0))["position"]
    return {topics.room(id): max(end or 0, mark) for id, end in found}, mark > 0


def _store_mark(position: int) -> None:
    HistoryMark.objects.get_or_create(pk=1, defaults={"position": position})
    HistoryMark.objects.filter(position__lt=position).update(position=position)


def _copied_beyond(after: Mapping[str, int], names: Collection[str]) -> dict[str, int]:
    """Those of these topics whose rows go on after a position, with where they end."""
    ends, _ = _ends(names)
    return {topic: end for topic, end in ends.items() if end > after[topic]}
