"""Recovers events from rows when the log no longer holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import merge
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from hub import topics
from hub.events import BadEvent, Event
from hub.ports import Recovered
from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications import serialization
from notifications.access import names
from notifications.models import Notification, RoomDocument, RoomMessage
from notifications.rooms import history, rows

PAGE_ROWS = 500
RECENT_ROWS = 100  # that are looked at for the highest position
PAGE_BYTES = 1024 * 1024  # of events; the event that passes it is the last


async def recover(holes: Mapping[str, int]) -> Recovered:
    """The first events after a position of each topic. Lost are rooms whose messages are not stored, and
    those of which the log dropped messages before they were."""
    return await in_thread(page, holes)


def page(holes: Mapping[str, int]) -> Recovered:
    """`recover`, in a thread that may use the database."""
    rooms = {id: after for topic, after in holes.items() if (id := topics.room_id(topic)) is not None}
    kept = dict(history.kept_rooms().filter(pk__in=rooms).values_list("pk", "lost_upto")) if rooms else {}
    lost = frozenset(
        topic
        for topic, after in holes.items()
        if topics.is_room(topic) and ((id := topics.room_id(topic)) not in kept or after < kept[id])
    )
    inboxes = {topic: after for topic, after in holes.items() if not topics.is_room(topic)}
    stored = {id: rooms[id] for id in kept}
    found = merge(_notifications(inboxes), _messages(stored), key=lambda event: event.position)
    events: list[Event] = []
    size = position = 0
    for number, event in enumerate(found):
        if number == PAGE_ROWS or size > PAGE_BYTES:
            if events:
                return Recovered(events, True, lost)
            return page({topic: max(after, position) for topic, after in holes.items()})
        position = event.position
        if event.body:
            events.append(event)
            size += len(event.body)
    return Recovered(events, False, lost)


async def highest_position() -> int:
    """The highest position of recent rows, which is that of all but for rows that were published late."""
    return await in_thread(_highest_position)


def _highest_position() -> int:
    published = Notification.objects.filter(position__gt=0).order_by("-id")
    messages = RoomMessage.objects.order_by("-id")
    documents = RoomDocument.objects.order_by("-position")
    recent = [*_positions(published), *_positions(messages), *_positions(documents)]
    return max(recent, default=0)


def _positions(rows: QuerySet[Any]) -> list[int]:
    return list(rows.values_list("position", flat=True)[:RECENT_ROWS])


def _notifications(holes: Mapping[str, int]) -> Iterator[Event]:
    if not holes:
        return
    live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    found = list(
        Notification.objects.filter(_after("topic", holes), live).order_by("position")[: PAGE_ROWS + 1]
    )
    names.name(found)
    for row in found:
        assert row.position is not None  # noqa: S101
        try:
            made = serialization.draft(row)
            yield Event(row.position, 0, row.topic, made.type, made.body)
        except BadEvent as error:
            malformed.record("row", row.topic, error)
            yield _placeholder(row.topic, row.position)


def _messages(holes: Mapping[int, int]) -> Iterator[Event]:
    if holes:
        messages = RoomMessage.objects.filter(_after("room", holes)).order_by("position")[: PAGE_ROWS + 1]
        changed = RoomMessage.objects.filter(_changed_after(holes)).order_by("changed")[: PAGE_ROWS + 1]
        yield from merge(map(_message, messages), map(_changed, changed), key=lambda event: event.position)


def _message(row: RoomMessage) -> Event:
    return history.event_or_none(row) or _placeholder(topics.room(row.room_id), row.position)


def _changed(row: RoomMessage) -> Event:
    """What has become of a message that its readers know from before."""
    try:
        return rows.changed_event(row)
    except BadEvent as error:
        malformed.record("row", topics.room(row.room_id), error)
        return _placeholder(topics.room(row.room_id), row.changed)


def _placeholder(topic: str, position: int) -> Event:
    """A placeholder for a row that no event can hold: counted, but not sent."""
    return Event(position, 0, topic, "", b"")


def _changed_after(holes: Mapping[int, int]) -> Q:
    after = Q()
    for room, position in holes.items():
        after |= Q(room=room, position__lte=position, changed__gt=position)
    return after


def _after(field: str, holes: Mapping[Any, int]) -> Q:
    after = Q()
    for position in set(holes.values()):
        there = [one for one, at in holes.items() if at == position]
        after |= Q(**{f"{field}__in": there, "position__gt": position})
    return after
