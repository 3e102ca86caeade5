"""What was committed and is not yet in the log goes there: at once, or by any instance's relay."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from hub.log import LogAway
from hub.log.shared import shared_log
from hub.threads import in_thread
from notifications import inbox
from notifications.models import Notification

RELAY_S = 1.0
GRACE = timedelta(seconds=2)  # whoever committed a row publishes it within this, if alive
BATCH = 200
MANY = 10_000

logger = logging.getLogger(__name__)


def publish_now(rows: Sequence[Notification]) -> None:
    """Publish rows that were just committed; those the log does not take now, the relay will.

    Of very many too: whoever sends them does not wait for all.
    """
    now = timezone.now()
    due = [row for row in rows if row.due_at <= now or row.recalled_at]
    try:
        publish(due[:BATCH])
    except LogAway as error:
        logger.warning("the log is away, %d rows wait for the relay: %s", len(due), error)


def publish(rows: Sequence[Notification]) -> None:
    """Append in order, and note each position in its row; raise `LogAway`.

    Twice does no harm: the log knows each row by its id.
    """
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        for row, position in zip(some, shared_log().append([inbox.draft(row) for row in some]), strict=True):
            row.position = position
        for recalled in (False, True):
            # A row that was recalled in the meantime waits for the position of its recall.
            still = Notification.objects.filter(recalled_at__isnull=not recalled)
            published = [row for row in some if bool(row.recalled_at) is recalled]
            if len(published) == 1:
                still.filter(pk=published[0].pk).update(position=published[0].position)
            else:
                still.bulk_update(published, ["position"])


def relay_once() -> int:
    """Publish some of what stayed behind; give how many. Rows another relay holds are its own."""
    waiting = Notification.objects.unpublished(GRACE)
    if not waiting.exists():
        return 0
    with transaction.atomic():
        rows = list(waiting.select_for_update(skip_locked=True)[:BATCH])
        publish(rows)
    return len(rows)


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
