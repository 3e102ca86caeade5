"""Marking notifications as seen, read, clicked or archived, for one person. Every action is idempotent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from hub import events
from hub.errors import Problem
from hub.support import transactions
from notifications.access import belongings, judge
from notifications.inbox import sync, watermarks
from notifications.models import Notification, Reading, Watermark, user_numbers
from notifications.models.signals import notification_read
from notifications.user_model import Key, User

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
    transactions.run(partial(_mark_all, user, "read_at", "seen_at"))


def see_all(user: User) -> None:
    """Mark all that is not archived as seen, in a constant number of queries."""
    transactions.run(partial(_mark_all, user, "seen_at"))


def _mark(user: User, id: UUID, *fields: str) -> None:
    now = timezone.now()
    row = _find(user, id)
    if all(getattr(row, field) for field in fields):
        return
    with transaction.atomic():
        reading = _reading(user, row)
        missing = [field for field in fields if getattr(reading, field) is None]
        if missing:
            _save(reading, dict.fromkeys(missing, now))


def _clear(user: User, id: UUID, field: str) -> None:
    row = _find(user, id)
    if getattr(row, field) is None:
        return
    with transaction.atomic():
        reading = _reading(user, row)
        if getattr(reading, field) is not None:
            _save(reading, {field: None})


def _reading(user: User, row: Notification) -> Reading:
    """The row of a read state, locked; a new one begins with what watermarks say."""
    begin = {field: getattr(row, field) for field in ("seen_at", "read_at")}
    reading, _ = Reading.objects.select_for_update().get_or_create(
        user=user, notification=row, defaults=begin
    )
    return reading


def _save(reading: Reading, values: Mapping[str, datetime | None]) -> None:
    for field, value in values.items():
        setattr(reading, field, value)
    reading.save(update_fields=list(values))
    _notify(reading.user_id, str(reading.notification_id), {f: getattr(reading, f) for f in FIELDS})
    if values.get("read_at"):
        transactions.after_commit(_signal, reading.user_id, [reading.notification_id])


def _mark_all(user: User, *fields: str) -> None:
    """Set watermarks, and read states of what has no position, or has one already."""
    now = timezone.now()
    since = belongings.since(user)
    before = watermarks.latest(user)
    inbox = Notification.objects.inbox(tuple(since), user).order_by()
    readings = Reading.objects.filter(user=user, notification=OuterRef("pk"))
    fresh = inbox.filter(~Exists(readings), watermarks.above(before, fields[0]))
    moments = dict.fromkeys(fields, now)
    # Before the watermarks: what gets a position meanwhile has a row. Always in the same order, so that two
    # at once cannot deadlock.
    others = fresh.exclude(position__gt=0).order_by("pk").values_list("pk", flat=True)
    made = [Reading(user=user, notification_id=pk, **moments) for pk in others]
    Reading.objects.bulk_create(made, ignore_conflicts=True)
    reached = fresh.filter(position__gt=0).values_list("topic").annotate(Max("position")).order_by("topic")
    marks = [
        Watermark(
            user=user,
            topic=topic,
            read="read_at" in fields,
            after=before.get(topic, watermarks.NOTHING).of(fields[0]),
            upto=upto,
            since=since[topic],
            at=now,
        )
        for topic, upto in reached
    ]
    if marks:
        user_numbers.of(user.pk)  # progress counts people by it
        Watermark.objects.bulk_create(marks, ignore_conflicts=True)
    marked = Reading.objects.filter(
        user=user, notification__in=inbox, archived_at=None, **{fields[0]: None}
    ).update(**{field: Coalesce(field, Value(now)) for field in fields})
    if marks or made or marked:
        _notify(user.pk, "all", moments)
        if "read_at" in fields:
            transactions.after_commit(_signal, user.pk, None)


def _find(user: User, id: UUID) -> Notification:
    inbox = Notification.objects.inbox(judge.own_topics(user), user)
    row = watermarks.with_read_state(inbox.filter(pk=id), user).first()
    if row is None:
        raise Problem(404, "No such notification in this inbox.")
    return row


def _notify(user_id: Any, id: str, moments: Mapping[str, datetime | None]) -> None:
    """Notify the person's open pages. With ``all`` for an id, ``moments`` fill in what has none."""
    data = {"id": id, **{field: at and events.stamp(at) for field in FIELDS for at in [moments.get(field)]}}
    sync.notify_after_commit(user_id, "reading", data)


def _signal(user: Key, ids: list[UUID] | None) -> None:
    notification_read.send_robust(Notification, user=user, ids=ids)
