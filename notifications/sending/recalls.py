"""Taking back what was sent: gone from inboxes at once, and from open screens when it is committed."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import Problem
from notifications.models import Notification
from notifications.sending import outbox

NEVER_THERE = 0  # the position of what was recalled before it was due


def recall(id: UUID, by: str = "", reason: str = "") -> Notification:
    """Take one back; a second time changes nothing. Raises a `Problem` of 404."""
    with transaction.atomic():
        row = Notification.objects.select_for_update().filter(pk=id).first()
        if row is None:
            raise Problem(404, "There is no such notification.")
        if row.recalled_at is None:
            _recall([row], by, reason)
    return row


def recall_sending(sending: UUID, by: str, reason: str) -> int:
    """Take back all of a sending that is not yet; give how many."""
    with transaction.atomic():
        rows = list(_standing(sending))
        _recall(rows, by, reason)
    return len(rows)


def stop(sending: UUID, by: str, reason: str) -> int:
    """Take back what of a sending is not yet published, and leave the rest; give how many."""
    with transaction.atomic():
        rows = list(_standing(sending).filter(position=None))
        _recall(rows, by, reason)
    return len(rows)


def _standing(sending: UUID) -> QuerySet[Notification]:
    # A relay that publishes some of them is waited for.
    return Notification.objects.select_for_update().filter(sending=sending, recalled_at=None).order_by("pk")


def _recall(rows: list[Notification], by: str, reason: str) -> None:
    now = timezone.now()
    for row in rows:
        # What is not due is in no log, and no relay may publish it while we hold it.
        position = NEVER_THERE if row.position is None and row.due_at > now else None
        row.recalled_at, row.recalled_by, row.recall_reason, row.position = now, by, reason, position
    fields = ["recalled_at", "recalled_by", "recall_reason", "position"]
    Notification.objects.bulk_update(rows, fields, batch_size=500)
    shown = [row for row in rows if row.position is None]
    if shown:
        transaction.on_commit(partial(outbox.publish_now, shown), robust=True)
