from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.access import judge
from notifications.inbox import preferences
from notifications.models import Notification, PreferenceChange
from notifications.sending.notify import notify
from notifications.tracking import acknowledgement_log, delivery_log
from notifications.tracking.acknowledgement_log import Acknowledgement
from notifications.tracking.delivery_log import LiveDelivery, ReplayDelivery
from tests.unit.hub.feeds.conftest import desk as desk

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ON = {"feed": True, "toast": True}
NO_TOAST = {"feed": True, "toast": False}
OFF = {"feed": False, "toast": False}
ALWAYS = {"start": "00:00", "end": "23:59", "zone": "UTC"}


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", date_joined=LONG_AGO)


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", date_joined=LONG_AGO)


def send(*to: str, title: str = "Hello", published: bool = True, **more: Any) -> Notification:
    """One that is in the log unless it is not ``published``."""
    row = notify(to or ("user:alice",), title, **more)[0]
    if published and row.due_at <= timezone.now():
        put_in_log([row])
    return row


def put_in_log(rows: Collection[Notification]) -> None:
    """Where the transaction around a test never commits."""
    for row in rows:
        row.position = time.time_ns() // 1000
        Notification.objects.filter(pk=row.pk).update(position=row.position)


def give(row: Notification, *people: User, after: timedelta = timedelta()) -> datetime:
    """As an instance notes it, so long after it was due; when that was."""
    at = row.due_at + after
    ids = frozenset(str(person.pk) for person in people)
    delivery_log.write([LiveDelivery(str(row.pk), at.timestamp(), ids)], [])
    return at


def acknowledge(row: Notification, *people: User, at: datetime) -> None:
    """As an instance notes it that their pages report."""
    ids = [str(person.pk) for person in people]
    acknowledgement_log.write([Acknowledgement(str(row.pk), id, at.timestamp()) for id in ids])


def catch_up(person: User, at: datetime) -> None:
    """As an instance notes it when a feed is resumed from long ago."""
    own = judge.own_topics(person)
    delivery_log.write([], [ReplayDelivery(str(person.pk), own, 0, time.time_ns() // 1000, at.timestamp())])


@pytest.fixture
def choose() -> Callable[..., None]:
    """What a person chooses, as if it were so long ago."""

    def put(
        user: User, quiet_hours: Any = None, ago: timedelta = timedelta(minutes=1), **categories: Any
    ) -> None:
        preferences.put(user, [], {"categories": categories, "quiet_hours": quiet_hours})
        latest = PreferenceChange.objects.latest("id")
        PreferenceChange.objects.filter(pk=latest.pk).update(at=timezone.now() - ago)

    return put
