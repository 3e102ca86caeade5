"""What is kept for so long and no longer. Never what is still to be published, and never the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.models import (
    Delivery,
    IdempotentRequest,
    Line,
    Notification,
    PreferenceChange,
    Reading,
    Sending,
    Ticket,
)

BATCH = 500  # rows a transaction, so that nobody waits for one
GONE = timedelta(days=30)  # how long it can be told of what has expired or was taken back
KEY_VALID = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trimmed:
    what: str
    rows: int


def trim(older_than: timedelta, *, dry_run: bool = False) -> Iterator[Trimmed]:
    """Remove, in small transactions, what is older; tell of each kind how many rows went, or would go."""
    now = timezone.now()
    old = now - older_than
    gone = Q(expires_at__lt=now - GONE) | Q(recalled_at__lt=now - GONE)
    # Its row is the outbox: what has no position yet is still to be published, however old.
    notifications = Notification.objects.filter(Q(due_at__lt=old) | gone).exclude(position=None)
    if dry_run:
        yield Trimmed("notifications", notifications.count())
        yield Trimmed("readings", Reading.objects.filter(notification__in=notifications).count())
        yield Trimmed("deliveries", _deliveries(old, notifications).count())
    else:
        counts = {"notifications": 0, "readings": 0, "deliveries": 0}
        for ids in _batches(notifications):
            for name, rows in _remove_notifications(ids).items():
                counts[name] += rows
        counts["deliveries"] += _remove(_deliveries(old, Notification.objects.none()))
        for name, rows in counts.items():
            yield Trimmed(name, rows)
    for what, past in _others(now, old).items():
        yield Trimmed(what, past.count() if dry_run else _remove(past))


def _others(now: datetime, old: datetime) -> dict[str, QuerySet[Any]]:
    left = Notification.objects.filter(sending=OuterRef("pk"))
    later = PreferenceChange.objects.filter(user=OuterRef("user"), at__gt=OuterRef("at"), at__lte=old)
    return {
        "sendings": Sending.objects.filter(~Exists(left), due_at__lt=min(old, now - GONE)),
        "lines in rooms": Line.objects.filter(at__lt=old),
        # What a person had chosen at that time is told by the last one before it.
        "changes of preferences": PreferenceChange.objects.filter(Exists(later), at__lt=old),
        "idempotency keys": IdempotentRequest.objects.filter(created_at__lt=now - KEY_VALID),
        "tickets": Ticket.objects.filter(expires_at__lt=now),
        "sessions": Session.objects.filter(expire_date__lt=now),
    }


def _deliveries(old: datetime, notifications: QuerySet[Notification]) -> QuerySet[Delivery]:
    """Of these notifications, and of those that were removed before they were written down."""
    known = Notification.objects.filter(pk=OuterRef("notification_id"))
    return Delivery.objects.filter(Q(notification__in=notifications) | Q(~Exists(known), at__lt=old))


def _remove_notifications(ids: list[Any]) -> dict[str, int]:
    with transaction.atomic():
        # Taken back meanwhile, it is to be published again, and stays until that is done.
        kept = Notification.objects.select_for_update().filter(pk__in=ids).exclude(position=None)
        ids = list(kept.values_list("pk", flat=True))
        return {
            "readings": _gone(Reading.objects.filter(notification__in=ids)),
            "deliveries": _gone(Delivery.objects.filter(notification__in=ids)),
            "notifications": _gone(Notification.objects.filter(pk__in=ids)),
        }


def _remove(rows: QuerySet[Any]) -> int:
    return sum(_gone(rows.model._default_manager.filter(pk__in=ids)) for ids in _batches(rows))


def _batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Their keys, in order; each is looked for after the one before, so that rows which stay cost once."""
    left = rows = rows.order_by("pk")
    while ids := list(left.values_list("pk", flat=True)[:BATCH]):
        yield ids
        left = rows.filter(pk__gt=ids[-1])


def _gone(rows: QuerySet[Any]) -> int:
    # Straight in the database: nothing here has signals or files to see to.
    return int(models.QuerySet._raw_delete(rows, rows.db))
