"""Replacement: a notification with a key takes the place of the earlier one with that key on its topic.

One that is scheduled waits (`Notification.pending`), and replaces when it is due. Of each key and topic one
is current at most, and one waits at most: a constraint holds it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from hub.support import transactions
from notifications.models import REPLACED, Notification
from notifications.sending import key_locks, recalls

BATCH_SIZE = 500  # rows

logger = logging.getLogger(__name__)


def replace(rows: Sequence[Notification], now: datetime) -> None:
    """Recall what rows of one key replace that are about to be stored, within their transaction.

    What is due replaces what is current and what waits; what is scheduled replaces what waits.
    """
    key = rows[0].key
    recipients = [row.topic for row in rows]
    key_locks.lock(key, recipients)
    earlier = _of_key(key, recipients)
    if rows[0].due_at > now:
        earlier = earlier.filter(pending=True)
        for row in rows:
            row.pending = True
    recalls.withdraw(list(earlier), "", REPLACED)


def replace_due() -> None:
    """Have the scheduled rows that are due replace the current ones. A key that fails is retried later."""
    now = timezone.now()
    waiting = Notification.objects.filter(pending=True, recalled_at=None, due_at__lte=now).order_by("due_at")
    by_key: dict[str, list[str]] = defaultdict(list)
    for key, topic in waiting.values_list("key", "topic")[:BATCH_SIZE]:
        by_key[key].append(topic)
    for key, recipients in by_key.items():
        try:
            transactions.run(partial(_replace_due, key, recipients, now))
        except Exception:
            logger.exception("scheduled notifications with the key %r did not replace earlier ones", key)


def _replace_due(key: str, recipients: Sequence[str], now: datetime) -> None:
    key_locks.lock(key, recipients)
    waiting = _of_key(key, recipients).filter(pending=True, due_at__lte=now)
    due = dict(waiting.values_list("topic", "pk"))
    recalls.withdraw(list(_of_key(key, due).filter(pending=False)), "", REPLACED)
    Notification.objects.filter(pk__in=due.values()).update(pending=False)


def _of_key(key: str, recipients: Collection[str]) -> QuerySet[Notification]:
    rows = Notification.objects.filter(topic__in=recipients, key=key, recalled_at=None)
    return rows.select_for_update().order_by("pk")
