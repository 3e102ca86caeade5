"""Recalls: a notification leaves inboxes when this is committed, and open screens a moment later."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from hub.support import transactions
from hub.support.threads import off_loop
from notifications.models import Notification
from notifications.models.signals import notification_recalled
from notifications.sending import outbox

NEVER_PUBLISHED = 0  # the position of a row that was recalled before it was due


@off_loop("arecall")
@transactions.transactional
def recall(id: UUID, by: str = "", reason: str = "") -> Notification:
    """Recall one; a second time changes nothing. Raises a `Problem` of 404."""
    row = Notification.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise Problem(404, "There is no such notification.")
    if row.recalled_at is None:
        withdraw([row], by, reason)
    return row


async def arecall(id: UUID, by: str = "", reason: str = "") -> Notification:
    """`recall` for async code."""
    return await sync_to_async(recall)(id, by, reason)


@transactions.transactional
def recall_sending(sending: UUID, by: str, reason: str) -> int:
    """Recall all rows of a sending that are not recalled yet, and return how many."""
    rows = list(_not_recalled(sending))
    withdraw(rows, by, reason)
    return len(rows)


@transactions.transactional
def stop(sending: UUID, by: str, reason: str) -> int:
    """Recall the rows of a sending that are not published yet, and return how many."""
    rows = list(_not_recalled(sending).filter(position=None))
    withdraw(rows, by, reason)
    return len(rows)


def withdraw(rows: Sequence[Notification], by: str, reason: str) -> None:
    """Recall rows that this transaction has locked, and publish that when it commits."""
    now = timezone.now()
    for row in rows:
        # A row that is not due is not in the log, and the lock on it keeps relays away.
        position = NEVER_PUBLISHED if row.position is None and row.due_at > now else None
        row.former_position = row.position
        row.recalled_at, row.recalled_by, row.recall_reason, row.position = now, by, reason, position
    fields = ["recalled_at", "recalled_by", "recall_reason", "position", "former_position"]
    Notification.objects.bulk_update(rows, fields, batch_size=500)
    visible = [row for row in rows if row.position is None]
    if visible:
        transactions.after_commit(outbox.publish_now, visible)
    if rows:
        transactions.after_commit(_signal, rows, by, reason)


def _signal(rows: Sequence[Notification], by: str, reason: str) -> None:
    notification_recalled.send_robust(Notification, notifications=list(rows), by=by, reason=reason)


def _not_recalled(sending: UUID) -> QuerySet[Notification]:
    # Waits for a relay that is publishing some of them.
    return Notification.objects.select_for_update().filter(sending=sending, recalled_at=None).order_by("pk")
