"""What was committed and is not yet in the log goes there: at once, or by any instance's relay.

A row that no event can carry, or that the log refuses for itself, is given up by itself: it gets a final
state, and the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub import topics
from hub.events import Draft
from hub.log import LogAway, LogRefused
from hub.log.current import shared_log
from hub.support.threads import in_thread
from notifications import serialization
from notifications.access import names
from notifications.models import MAX_FAILURE, UNSAYABLE, Notification

RELAY_S = 1.0
GRACE = timedelta(seconds=2)  # whoever committed a row publishes it within this, if alive
BATCH = 200
MANY = 10_000
AWAY = (OperationalError, InterfaceError, InternalError)  # it is not about a row
NOWHERE = 0  # the position of what is in no log and never will be

logger = logging.getLogger(__name__)


class GivenUp:
    """How many rows this process has given up."""

    times = 0


given_up = GivenUp()


def publish_now(rows: Sequence[Notification]) -> None:
    """Publish rows that were just committed; those the log does not take now, the relay will. Never raises.

    Of very many too: whoever sends them does not wait for all.
    """
    now = timezone.now()
    due = [row for row in rows if row.due_at <= now or row.recalled_at]
    try:
        publish(due[:BATCH])
    except LogAway as error:
        logger.warning("the log is away, %d rows wait for the relay: %s", len(due), error)
    except Exception:
        logger.exception("%d rows were not published, and wait for the relay", len(due))


def publish(rows: Sequence[Notification]) -> None:
    """Append in order, and note each position in its row; raise `LogAway`.

    Twice does no harm: the log knows each row by its id.
    """
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        names.name(some)
        drafted = []
        for row in some:
            try:
                drafted.append((row, _draft(row)))
            except AWAY:
                raise
            except Exception as error:
                _give_up(row, error)
        _append(drafted)


def relay_once() -> int:
    """Publish some of what stayed behind; give how many. Rows another relay holds are its own."""
    waiting = Notification.objects.unpublished(GRACE)
    if not waiting.exists():
        return 0
    try:
        with transaction.atomic():
            # With their sendings, which know whose key sent them.
            known = waiting.select_related("sending")
            rows = list(known.select_for_update(skip_locked=True, of=("self",))[:BATCH])
            publish(rows)
        return len(rows)
    except LogAway:
        raise
    except Exception:
        logger.exception("a batch of the relay failed, trying its rows one by one")
    ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    return sum(map(_relay_one, ids))


async def backlog() -> int:
    """How many rows wait for a relay; counted up to `MANY`, so that a great many cost no more."""
    return await in_thread(lambda: Notification.objects.unpublished(GRACE)[:MANY].count())


async def relay() -> None:
    """Relay until cancelled."""
    while True:
        try:
            published = await in_thread(relay_once)
        except LogAway:
            published = 0
        except Exception:
            logger.exception("the relay failed, trying again")
            published = 0
        if published < BATCH:
            await asyncio.sleep(RELAY_S * random.uniform(0.7, 1.3))  # noqa: S311


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
        if len(published) == 1:
            _still(recalled).filter(pk=published[0].pk).update(position=published[0].position)
        elif published:
            _still(recalled).bulk_update(published, ["position"])


def _still(recalled: bool) -> QuerySet[Notification]:
    """A row that was recalled in the meantime waits for the position of its recall."""
    return Notification.objects.filter(recalled_at__isnull=not recalled)


def _relay_one(id: UUID) -> int:
    """Publish a row alone; give it up if it cannot even be read. Raises if log or database are away."""
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
        # Where it lies, it would hide all else that lies there.
        _note(alone, id, error, recalled_at=timezone.now(), recall_reason="unreadable")
        return 1


def _unreadable(alone: QuerySet[Notification]) -> bool:
    """Whether the database gives the id of a row, and never the row."""
    try:
        alone.first()
    except Exception:
        return alone.only("pk").exists()
    return False


def _give_up(row: Notification, error: Exception) -> None:
    _note(_still(bool(row.recalled_at)).filter(pk=row.pk, position=None), row.pk, error)
    row.position = NOWHERE


def _note(row: QuerySet[Notification], id: UUID, error: Exception, **more: Any) -> None:
    failure = UNSAYABLE.sub("", f"{type(error).__name__}: {error}")[:MAX_FAILURE]
    if row.update(position=NOWHERE, failed_at=timezone.now(), failure=failure, **more):
        given_up.times += 1
        logger.error("notification %s cannot be published: %s", id, failure)
