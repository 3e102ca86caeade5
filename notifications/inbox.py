"""What a person finds: the list, its counts, and the same rows as events."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q
from django.utils import timezone

from hub import events
from hub.events import Draft, Event
from hub.log import LogAway
from hub.log.shared import shared_log
from hub.people import Person
from hub.problems import Problem
from hub.threads import in_thread
from notifications.models import Notification, Reading, visible

RECOVER = 500  # rows a page of recovery


def item(row: Notification, reading: Reading | None = None) -> dict[str, Any]:
    """A notification as INTERFACE shows it, in the list and in its event."""
    return {
        "id": str(row.pk),
        "topic": row.topic,
        "title": row.title,
        "body": row.body,
        "url": row.url,
        "category": row.category,
        "severity": row.severity,
        "created_at": events.stamp(row.due_at),  # when it came to the reader, not when it was written
        "position": str(row.position) if row.position else None,
        "seen_at": _stamp(reading.seen_at if reading else None),
        "read_at": _stamp(reading.read_at if reading else None),
        "archived_at": _stamp(reading.archived_at if reading else None),
    }


def draft(row: Notification) -> Draft:
    """The event of a row: that it is there, or that it was recalled."""
    if row.recalled_at:
        return events.draft(row.topic, "recalled", {"id": str(row.pk)}, key=f"recalled-{row.pk}")
    data = item(row)
    del data["position"]  # the event's id says it
    return events.draft(row.topic, "notification", data, at=row.due_at, key=str(row.pk))


def find(
    user: User,
    own: Sequence[str],
    which: str = "all",
    *,
    category: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a person's inbox, the latest first, and the ``before`` of the next page if there is one.

    ``which`` is ``unread``, ``all`` (read or unread, but not put away) or ``archived``. Raises a
    `Problem` of 422 for a ``before`` that is not on these topics.
    """
    rows = Notification.objects.inbox(own, user.date_joined)
    mine = Reading.objects.filter(user=user)
    away = Exists(mine.filter(notification=OuterRef("pk"), archived_at__isnull=False))
    rows = rows.filter(away if which == "archived" else ~away)
    if which == "unread":
        rows = rows.filter(~Exists(mine.filter(notification=OuterRef("pk"), read_at__isnull=False)))
    if category:
        rows = rows.filter(category=category)
    if before:
        last = Notification.objects.filter(pk=before, topic__in=own).values_list("due_at", "pk").first()
        if last is None:
            raise Problem(422, "There is no such notification here: begin without before.", field="before")
        rows = rows.filter(Q(due_at__lt=last[0]) | Q(due_at=last[0], pk__lt=last[1]))
    found = list(rows.prefetch_related(Prefetch("readings", mine))[: limit + 1])
    items = [item(row, *row.readings.all()) for row in found[:limit]]
    return items, items[-1]["id"] if len(found) > limit else None


async def recover(holes: Mapping[str, int]) -> tuple[list[Event], bool]:
    """The first rows after a position of each topic, and whether there are more."""
    return await in_thread(_recover, holes)


async def counts(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    return await in_thread(count_all, people)


def count(user: User, own: Sequence[str]) -> dict[str, int]:
    """What `count_all` says of one person."""
    id = str(user.pk)
    return count_all([Person(id, user.get_username(), tuple(own))])[id]


def count_all(people: Sequence[Person]) -> dict[str, dict[str, int]]:
    """By person's id: ``unread``, ``unseen``, and the ``version`` of both, in three queries.

    What lies on a topic is counted once for all its readers; what each of them has read is taken
    off. The version is the log's position from before the question: whatever was published after
    it asks for a new count, with a higher version.
    """
    version = _version()
    now = timezone.now()
    topics = {topic for person in people for topic in person.own}
    ids = {int(person.id) for person in people}
    since = dict(User.objects.filter(pk__in=ids).values_list("pk", "date_joined"))
    lying = _lying(topics, now)
    done = _done(ids, topics, now)
    answer = {}
    for person in people:
        id = int(person.id)
        unread = unseen = 0
        for topic in person.own:
            times = lying.get(topic, ())
            there = len(times) - bisect_left(times, since[id]) if id in since else 0
            read, seen = done.get((id, topic), (0, 0))
            unread += there - read
            unseen += there - seen
        answer[person.id] = {"unread": unread, "unseen": unseen, "version": version}
    return answer


async def trouble() -> str:
    """Why this instance cannot use the database; empty if it can."""
    try:
        async with asyncio.timeout(3):
            return await in_thread(_trouble)
    except TimeoutError:
        return "does not answer within 3 s"


def _recover(holes: Mapping[str, int]) -> tuple[list[Event], bool]:
    after = Q()
    for position in set(holes.values()):
        names = [topic for topic, at in holes.items() if at == position]
        after |= Q(topic__in=names, position__gt=position)
    live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = list(Notification.objects.filter(after, live).order_by("position")[: RECOVER + 1])
    found = []
    for row in rows[:RECOVER]:
        assert row.position is not None  # noqa: S101
        made = draft(row)
        found.append(Event(row.position, 0, row.topic, made.type, made.body))
    return found, len(rows) > RECOVER


def _lying(topics: Collection[str], now: datetime) -> dict[str, list[datetime]]:
    """When each notification that lies on these topics came, in order."""
    lying: dict[str, list[datetime]] = {}
    rows = Notification.objects.filter(visible(now), topic__in=topics).order_by("due_at")
    for topic, due_at in rows.values_list("topic", "due_at"):
        lying.setdefault(topic, []).append(due_at)
    return lying


def _done(
    ids: Collection[int], topics: Collection[str], now: datetime
) -> dict[tuple[int, str], tuple[int, int]]:
    """Of what lies there, how many each person has read or put away, and how many seen."""
    read = Q(read_at__isnull=False) | Q(archived_at__isnull=False)
    rows = (
        Reading.objects.filter(
            visible(now, "notification__"),
            user__in=ids,
            notification__topic__in=topics,
            notification__due_at__gte=F("user__date_joined"),
        )
        .values_list("user_id", "notification__topic")
        .annotate(reads=Count("pk", filter=read), seens=Count("pk", filter=read | Q(seen_at__isnull=False)))
    )
    return {(user, topic): (read, seen) for user, topic, read, seen in rows}


def _version() -> int:
    try:
        return shared_log().head()
    except LogAway:
        # Positions are microseconds: the clock goes on about where the log stopped.
        return time.time_ns() // 1000


def _stamp(moment: datetime | None) -> str | None:
    return events.stamp(moment) if moment else None


def _trouble() -> str:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are not applied: run manage.py migrate"
    except DatabaseError as error:
        return f"cannot be reached: {type(error).__name__}"
    return ""
