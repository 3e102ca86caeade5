"""The outbox: committed rows are appended to the log at once, or later by any instance's relay.

A row that no event can carry, or that the log refuses, is given up alone: it gets a final state, and the
others are published.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub import topics
from hub.events import Draft
from hub.log import LogAway, LogRefused
from hub.log.current import shared_log
from hub.support.outages import DATABASE_AWAY
from hub.support.threads import in_thread
from notifications import serialization
from notifications.access import names
from notifications.models import MAX_FAILURE, UNSAYABLE, Notification
from notifications.sending.rows import set_positions

GRACE = timedelta(seconds=2)  # a process that committed a row publishes it within this, if alive
BATCH_SIZE = 200  # rows
MAX_PUBLISHED_NOW = 1000  # rows of a sending, before its sender is answered
MAX_COUNTED = 10_000  # rows of the backlog
NEVER_PUBLISHED = 0  # the position of a row that is in no log and never will be

logger = logging.getLogger(__name__)


class GivenUp:
    """Counts the rows that this process has given up."""

    times = 0


given_up = GivenUp()


def publish_now(rows: Sequence[Notification]) -> None:
    """Publish the first of the rows that were just committed; the relay publishes the rest, and what fails.
    Never raises."""
    now = timezone.now()
    due = [row for row in rows if row.due_at <= now or row.recalled_at]
    try:
        publish(due[:MAX_PUBLISHED_NOW])
    except LogAway as error:
        logger.warning("the log is away, %d rows wait for the relay: %s", len(due), error)
    except Exception:
        logger.exception("%d rows were not published, and wait for the relay", len(due))


def publish(rows: Sequence[Notification]) -> None:
    """Append in order, and store each position in its row. Raises `LogAway`.

    Publishing a row twice does no harm: its id is its idempotency key.
    """
    rows = _unexpired(rows)
    for start in range(0, len(rows), BATCH_SIZE):
        batch = rows[start : start + BATCH_SIZE]
        names.name(batch)
        drafted = []
        for row in batch:
            try:
                drafted.append((row, _draft(row)))
            except DATABASE_AWAY:
                raise
            except Exception as error:
                _give_up(row, error)
        _append(drafted)


def relay_once() -> int:
    """Publish a batch of the rows that are not published, but for those another relay has locked. Returns
    how many."""
    waiting = Notification.objects.unpublished(GRACE)
    if not waiting.exists():
        return 0
    try:
        with transaction.atomic():
            # With their sendings, which know the API key that sent them.
            locked = waiting.select_related("sending").select_for_update(skip_locked=True, of=("self",))
            rows = list(locked[:BATCH_SIZE])
            publish(rows)
        return len(rows)
    except LogAway:
        raise
    except Exception:
        logger.exception("a batch of the relay failed, trying its rows one by one")
    ids = list(waiting.values_list("pk", flat=True)[:BATCH_SIZE])
    return sum(map(_relay_one, ids))


async def backlog() -> int:
    """How many rows wait for a relay, counted up to `MAX_COUNTED`."""
    return await in_thread(lambda: Notification.objects.unpublished(GRACE)[:MAX_COUNTED].count())


def _unexpired(rows: Sequence[Notification]) -> list[Notification]:
    """The rows without those that expired before they were published, which never are."""
    now = timezone.now()
    expired = [row.pk for row in rows if row.expires_at and row.expires_at <= now and not row.recalled_at]
    if expired:
        _unchanged(False).filter(pk__in=expired, position=None).update(position=NEVER_PUBLISHED)
    return [row for row in rows if row.pk not in expired]


def _draft(row: Notification) -> Draft:
    topics.check(row.topic)
    if topics.is_hubs(row.topic) or topics.is_room(row.topic):
        raise topics.BadTopic(f"{row.topic!r} carries no notifications.")
    return serialization.draft(row)


def _append(drafted: Sequence[tuple[Notification, Draft]]) -> None:
    if not drafted:
        return
    try:
        positions = shared_log().append([draft for _, draft in drafted])
    except LogRefused as refused:
        if len(drafted) == 1:
            return _give_up(drafted[0][0], refused)
        half = len(drafted) // 2
        _append(drafted[:half])
        return _append(drafted[half:])
    for (row, _), position in zip(drafted, positions, strict=True):
        row.position = position
    for recalled in (False, True):
        published = [row for row, _ in drafted if bool(row.recalled_at) is recalled]
        if published:
            set_positions(published, recalled=recalled)


def _unchanged(recalled: bool) -> QuerySet[Notification]:
    """The rows that are still recalled, or still not; one recalled meanwhile gets its recall's position."""
    return Notification.objects.filter(recalled_at__isnull=not recalled)


def _relay_one(id: UUID) -> int:
    """Publish one row; give it up if it cannot even be read. Returns how many were done. Raises `LogAway`."""
    alone = Notification.objects.filter(pk=id, position=None).select_related("sending")
    try:
        with transaction.atomic():
            rows = list(alone.select_for_update(skip_locked=True, of=("self",)))
            publish(rows)
        return len(rows)
    except LogAway:
        raise
    except Exception as error:
        if not _unreadable(alone):
            logger.exception("notification %s was not published, trying again", id)
            return 0
        # It would hide the rest of every inbox it is in.
        _set_failed(alone, id, error, recalled_at=timezone.now(), recall_reason="unreadable")
        return 1


def _unreadable(alone: QuerySet[Notification]) -> bool:
    """Whether the database returns the id of a row, but fails on the row itself."""
    try:
        alone.first()
    except Exception:
        return alone.only("pk").exists()
    return False


def _give_up(row: Notification, error: Exception) -> None:
    _set_failed(_unchanged(bool(row.recalled_at)).filter(pk=row.pk, position=None), row.pk, error)
    row.position = NEVER_PUBLISHED


def _set_failed(row: QuerySet[Notification], id: UUID, error: Exception, **more: Any) -> None:
    failure = UNSAYABLE.sub("", f"{type(error).__name__}: {error}")[:MAX_FAILURE]
    if row.update(position=NEVER_PUBLISHED, failed_at=timezone.now(), failure=failure, **more):
        given_up.times += 1
        logger.error("notification %s cannot be published: %s", id, failure)
