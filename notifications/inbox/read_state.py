"""Marking notifications as seen, read, clicked or archived, for one person. Every action is idempotent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from hub import events
from hub.errors import Problem
from notifications.access import judge
from notifications.inbox import sync
from notifications.models import Notification, Reading
from notifications.user_model import User

FIELDS = ("read_at", "seen_at", "archived_at")  # sent to the person's open pages


def read(user: User, id: UUID) -> None:
    """Mark as read. Raises a `Problem` of 404, as all of these, for an id that is not in the inbox."""
    _mark(user, id, "read_at", "seen_at")


def click(user: User, id: UUID) -> None:
    """Record that the link was followed; that also marks as read."""
    _mark(user, id, "clicked_at", "read_at", "seen_at")


def unread(user: User, id: UUID) -> None:
    _clear(user, id, "read_at")


def archive(user: User, id: UUID) -> None:
    _mark(user, id, "archived_at", "seen_at")


def unarchive(user: User, id: UUID) -> None:
    _clear(user, id, "archived_at")


def read_all(user: User) -> None:
    """Mark all that is not archived as read, in a constant number of queries."""
    _mark_all(user, "read_at", "seen_at")


def see_all(user: User) -> None:
    """Mark all that is not archived as seen, in a constant number of queries."""
    _mark_all(user, "seen_at")


def _mark(user: User, id: UUID, *fields: str) -> None:
    now = timezone.now()
    row = _find(user, id)
    with transaction.atomic():
        reading, _ = Reading.objects.select_for_update().get_or_create(user=user, notification=row)
        missing = [field for field in fields if getattr(reading, field) is None]
        if missing:
            _save(reading, dict.fromkeys(missing, now))


def _clear(user: User, id: UUID, field: str) -> None:
    row = _find(user, id)
    with transaction.atomic():
        reading = Reading.objects.select_for_update().filter(user=user, notification=row).first()
        if reading is not None and getattr(reading, field) is not None:
            _save(reading, {field: None})


def _save(reading: Reading, values: Mapping[str, datetime | None]) -> None:
    for field, value in values.items():
        setattr(reading, field, value)
    reading.save(update_fields=list(values))
    _notify(reading.user_id, str(reading.notification_id), {f: getattr(reading, f) for f in FIELDS})


def _mark_all(user: User, *fields: str) -> None:
    now = timezone.now()
    inbox = Notification.objects.inbox(judge.own_topics(user), user)
    readings = Reading.objects.filter(user=user, notification=OuterRef("pk"))
    marks = dict.fromkeys(fields, now)
    with transaction.atomic():
        # Always in the same order, so that two at once cannot deadlock.
        fresh = inbox.filter(~Exists(readings)).order_by("pk").values_list("pk", flat=True)
        made = [Reading(user=user, notification_id=pk, **marks) for pk in fresh]
        Reading.objects.bulk_create(made, ignore_conflicts=True)
        marked = Reading.objects.filter(
            user=user, notification__in=inbox.order_by(), archived_at=None, **{fields[0]: None}
        ).update(**{field: Coalesce(field, Value(now)) for field in fields})
        if made or marked:
            _notify(user.pk, "all", marks)


def _find(user: User, id: UUID) -> Notification:
    row = Notification.objects.inbox(judge.own_topics(user), user).filter(pk=id).first()
    if row is None:
        raise Problem(404, "No such notification in this inbox.")
    return row


def _notify(user_id: Any, id: str, moments: Mapping[str, datetime | None]) -> None:
    """Notify the person's open pages. With ``all`` for an id, ``moments`` fill in what has none."""
    data = {"id": id, **{field: at and events.stamp(at) for field in FIELDS for at in [moments.get(field)]}}
    sync.notify_after_commit(user_id, "reading", data)
