"""Rescheduling a sending that has not been sent yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from hub.errors import Problem
from hub.support import transactions
from notifications.models import Notification, Sending
from notifications.sending import outbox, replacement


@transactions.transactional
def reschedule(id: UUID, due_at: datetime) -> int:
    """Send it at that time, or now if that is past, even if it is on hold; return how many rows it has.

    Raises a `Problem` of 404, of 409 if it is no longer scheduled, or of 422 if it would expire before.
    """
    now = timezone.now()
    due_at = max(due_at, now)
    sending = Sending.objects.select_for_update().filter(pk=id).first()
    if sending is None:
        raise Problem(404, "This send does not exist.", reason="no_such_sending")
    current = Notification.objects.select_for_update().filter(sending=id, recalled_at=None).order_by("pk")
    waits = sending.due_at > now or sending.held_at is not None
    rows = list(current.filter(position=None)) if waits else []
    if not rows:
        raise Problem(409, "It is no longer scheduled: it was sent or recalled.", reason="not_waiting")
    expires_at = rows[0].expires_at
    if expires_at is not None and expires_at <= due_at:
        raise Problem(
            422,
            "The expiry must be after the send time. Choose an earlier send time.",
            reason="sent_too_late",
            field="send_at",
        )
    sending.due_at, sending.held_at = due_at, None
    sending.save(update_fields=["due_at", "held_at"])
    Notification.objects.filter(sending=id, recalled_at=None, position=None).update(due_at=due_at)
    for row in rows:
        row.due_at = due_at
    if due_at <= now:
        transactions.after_commit(replacement.replace_due)
    transactions.after_commit(outbox.publish_now, rows)
    return len(rows)


def release(id: UUID) -> int:
    """Send what is on hold at its planned time, or now if that is past; return and raise as `reschedule`."""
    planned = Sending.objects.filter(pk=id).exclude(held_at=None).values_list("due_at", flat=True).first()
    if planned is None:
        raise Problem(409, "It is no longer on hold.", reason="not_waiting")
    return reschedule(id, planned)
