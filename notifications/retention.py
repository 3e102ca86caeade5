"""Deletes old rows (`manage.py trim`); never what is still to be published, and never the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications.access.lookups import session_data
from notifications.models import (
    Delivery,
    IdempotentRequest,
    Notification,
    PreferenceChange,
    Reading,
    RoomMessage,
    Sending,
    Ticket,
    Watermark,
)
from notifications.rooms import history

BATCH_SIZE = 500  # rows per transaction, to keep locks short
ENDED_KEPT = timedelta(days=30)  # of expired and recalled notifications
IDEMPOTENCY_KEY_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """How many rows of a kind were deleted, or would be in a dry run."""

    what: str
    rows: int


def trim(older_than: timedelta, *, dry_run: bool = False) -> Iterator[Trimmed]:
    """Delete older rows in small transactions, and yield the number of rows by kind."""
    now = timezone.now()
    old = now - older_than
    gone = Q(expires_at__lt=now - ENDED_KEPT) | Q(recalled_at__lt=now - ENDED_KEPT)
    # The row is the outbox: without a position it is still to be published, however old.
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
    if not dry_run:
        history.record_lost(RoomMessage.objects.filter(at__lt=old))
    for what, past in _others(now, old).items():
        yield Trimmed(what, past.count() if dry_run else _remove(past))


def _others(now: datetime, old: datetime) -> dict[str, QuerySet[Any]]:
    left = Notification.objects.filter(sending=OuterRef("pk"))
    later = PreferenceChange.objects.filter(user=OuterRef("user"), at__gt=OuterRef("at"), at__lte=old)
    found: dict[str, QuerySet[Any]] = {
        "sendings": Sending.objects.filter(~Exists(left), due_at__lt=min(old, now - ENDED_KEPT)),
        "room messages": RoomMessage.objects.filter(at__lt=old),
        # What they reach was due before them.
        "watermarks": Watermark.objects.filter(at__lt=old),
        # The last change before a moment is needed to know the preferences at that moment.
        "preference changes": PreferenceChange.objects.filter(Exists(later), at__lt=old),
        "idempotency keys": IdempotentRequest.objects.filter(created_at__lt=now - IDEMPOTENCY_KEY_KEPT),
        "tickets": Ticket.objects.filter(expires_at__lt=now),
    }
    if (sessions := session_data.model()) is not None:
        found["sessions"] = sessions.objects.filter(expire_date__lt=now)
    return found


def _deliveries(old: datetime, notifications: QuerySet[Notification]) -> QuerySet[Delivery]:
    """Deliveries of these notifications, and of those that were deleted before the delivery was written."""
    existing = Notification.objects.filter(pk=OuterRef("notification_id"))
    return Delivery.objects.filter(Q(notification__in=notifications) | Q(~Exists(existing), at__lt=old))


def _remove_notifications(ids: list[Any]) -> dict[str, int]:
    with transaction.atomic():
        # If it was recalled meanwhile, it has to be published again first.
        kept = (
            Notification.objects.select_for_update().filter(pk__in=ids).exclude(position=None).order_by("pk")
        )
        ids = list(kept.values_list("pk", flat=True))
        return {
            "readings": _delete(Reading.objects.filter(notification__in=ids)),
            "deliveries": _delete(Delivery.objects.filter(notification__in=ids)),
            "notifications": _delete(Notification.objects.filter(pk__in=ids)),
        }


def _remove(rows: QuerySet[Any]) -> int:
    return sum(_delete(rows.model._default_manager.filter(pk__in=ids)) for ids in _batches(rows))


def _batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Primary keys in order; each batch begins after the last, so that rows which stay are read once."""
    left = rows = rows.order_by("pk")
    while ids := list(left.values_list("pk", flat=True)[:BATCH_SIZE]):
        yield ids
        left = rows.filter(pk__gt=ids[-1])


def _delete(rows: QuerySet[Any]) -> int:
    # Bypasses Django's collector, which would load every row: these models have no delete signals.
    return int(models.QuerySet._raw_delete(rows, rows.db))
