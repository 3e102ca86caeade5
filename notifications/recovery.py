"""What the log no longer holds, from the rows; and whether the rows can be read at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import merge
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.utils import timezone

from hub import topics
from hub.events import BadEvent, Event
from hub.support.faults import malformed
from hub.support.threads import in_thread
from notifications import serialization
from notifications.access import names
from notifications.models import Line, Notification
from notifications.rooms import history

RECOVER = 500  # rows a page of recovery …
BYTES = 1024 * 1024  # … and what their events are together, by the first that passes it

_applied = False  # whether all migrations were seen to be


async def recover(holes: Mapping[str, int]) -> tuple[list[Event], bool, frozenset[str]]:
    """The first rows after a position of each topic, whether there are more, and the rooms without rows."""
    return await in_thread(_recover, holes)


async def trouble() -> str:
    """Why this instance cannot use the database; empty if it can."""
    return await in_thread(_trouble)


def _recover(holes: Mapping[str, int]) -> tuple[list[Event], bool, frozenset[str]]:
    rooms = {id: after for topic, after in holes.items() if (id := topics.room_id(topic)) is not None}
    kept = set(history.kept_rooms().filter(pk__in=rooms).values_list("pk", flat=True)) if rooms else set()
    lost = frozenset(topic for topic in holes if topics.is_room(topic) and topics.room_id(topic) not in kept)
    inboxes = {topic: after for topic, after in holes.items() if not topics.is_room(topic)}
    said = {id: rooms[id] for id in kept}
    found = merge(_notifications(inboxes), _lines(said), key=lambda event: event.position)
    events: list[Event] = []
    size = position = 0
    for number, event in enumerate(found):
        if number == RECOVER or size > BYTES:
            if events:
                return events, True, lost
            return _recover({topic: max(after, position) for topic, after in holes.items()})
        position = event.position
        if event.body:
            events.append(event)
            size += len(event.body)
    return events, False, lost


def _notifications(holes: Mapping[str, int]) -> Iterator[Event]:
    if not holes:
        return
    live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = list(Notification.objects.filter(_after("topic", holes), live).order_by("position")[: RECOVER + 1])
    names.name(rows)
    for row in rows:
        assert row.position is not None  # noqa: S101
        try:
            made = serialization.draft(row)
            yield Event(row.position, 0, row.topic, made.type, made.body)
        except BadEvent as error:
            malformed.record("row", row.topic, error)
            yield _nothing(row.topic, row.position)


def _lines(holes: Mapping[int, int]) -> Iterator[Event]:
    if holes:
        for row in Line.objects.filter(_after("room", holes)).order_by("position")[: RECOVER + 1]:
            yield history.event_or_none(row) or _nothing(topics.room(row.room_id), row.position)


def _nothing(topic: str, position: int) -> Event:
    """In the place of a row that no event can carry: counted among the others, and told to nobody."""
    return Event(position, 0, topic, "", b"")


def _after(field: str, holes: Mapping[Any, int]) -> Q:
    after = Q()
    for position in set(holes.values()):
        there = [one for one, at in holes.items() if at == position]
        after |= Q(**{f"{field}__in": there, "position__gt": position})
    return after


def _trouble() -> str:
    global _applied
    try:
        if not _applied:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations are not applied: run manage.py migrate"
            # For good: who takes a migration back stops the instances first.
            _applied = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"cannot be reached: {type(error).__name__}"
    return ""
