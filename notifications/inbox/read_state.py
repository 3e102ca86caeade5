"""What a person does with their notifications: see, read, put away. All of it may be done twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from hub import events
from hub.errors import Problem
from notifications.access import judge
from notifications.inbox import sync
from notifications.models import Notification, Reading

FIELDS = ("read_at", "seen_at", "archived_at")  # what screens show


def read(user: User, id: UUID) -> None:
    """Raises a `Problem` of 404, like all of these, for what is not in this person's inbox."""
    _mark(user, id, "read_at", "seen_at")


def click(user: User, id: UUID) -> None:
    """Its link was followed, so it was read."""
    _mark(user, id, "clicked_at", "read_at", "seen_at")


def unread(user: User, id: UUID) -> None:
    _clear(user, id, "read_at")


def archive(user: User, id: UUID) -> None:
    _mark(user, id, "archived_at", "seen_at")


def unarchive(user: User, id: UUID) -> None:
    _clear(user, id, "archived_at")


def read_all(user: User) -> None:
    """Read all that lies there and is not put away, in a number of queries that does not grow with it."""
    _mark_all(user, "read_at", "seen_at")


def see_all(user: User) -> None:
    """See all that lies there, in a number of queries that does not grow with it."""
    _mark_all(user, "seen_at")


def _mark(user: User, id: UUID, *fields: str) -> None:
    now = timezone.now()
    row = _lying(user, id)
    with transaction.atomic():
        reading, _ = Reading.objects.select_for_update().get_or_create(user=user, notification=row)
        missing = [field for field in fields if getattr(reading, field) is None]
        if missing:
            _save(reading, dict.fromkeys(missing, now))


def _clear(user: User, id: UUID, field: str) -> None:
    row = _lying(user, id)
    with transaction.atomic():
        reading = Reading.objects.select_for_update().filter(user=user, notification=row).first()
        if reading is not None and getattr(reading, field) is not None:
            _save(reading, {field: None})


def _save(reading: Reading, values: Mapping[str, datetime | None]) -> None:
    for field, value in values.items():
        setattr(reading, field, value)
    reading.save(update_fields=list(values))
    _tell(reading.user_id, str(reading.notification_id), {f: getattr(reading, f) for f in FIELDS})


def _mark_all(user: User, *fields: str) -> None:
    now = timezone.now()
    lying = Notification.objects.inbox(judge.own_topics(user), user)
    mine = Reading.objects.filter(user=user, notification=OuterRef("pk"))
    marks = dict.fromkeys(fields, now)
    with transaction.atomic():
        # In one order, so that two of these at once never wait for each other.
        fresh = lying.filter(~Exists(mine)).order_by("pk").values_list("pk", flat=True)
        made = [Reading(user=user, notification_id=pk, **marks) for pk in fresh]
        Reading.objects.bulk_create(made, ignore_conflicts=True)
        marked = Reading.objects.filter(
            user=user, notification__in=lying.order_by(), archived_at=None, **{fields[0]: None}
        ).update(**{field: Coalesce(field, Value(now)) for field in fields})
        if made or marked:
            _tell(user.pk, "all", marks)


def _lying(user: User, id: UUID) -> Notification:
    lying = Notification.objects.inbox(judge.own_topics(user), user)
    row = lying.filter(pk=id).first()
    if row is None:
        raise Problem(404, "There is no such notification in this inbox.")
    return row


def _tell(user_id: Any, id: str, moments: Mapping[str, datetime | None]) -> None:
    """Tell the person's other screens. Of ``all`` only the moments that are given hold, where none was."""
    data = {"id": id, **{field: at and events.stamp(at) for field in FIELDS for at in [moments.get(field)]}}
    sync.notify_after_commit(user_id, "reading", data)
