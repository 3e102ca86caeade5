"""What the log no longer holds, from the rows; and whether the rows can be read at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.utils import timezone

from hub.events import Event
from hub.threads import in_thread
from notifications.inbox import draft
from notifications.models import Notification

RECOVER = 500  # rows a page of recovery


async def recover(holes: Mapping[str, int]) -> tuple[list[Event], bool]:
    """The first rows after a position of each topic, and whether there are more."""
    return await in_thread(_recover, holes)


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


def _trouble() -> str:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are not applied: run manage.py migrate"
    except DatabaseError as error:
        return f"cannot be reached: {type(error).__name__}"
    return ""
