"""What expires leaves the counts of open feeds, and is not published once it has."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from hub.log import Log
from notifications.inbox import expiry
from notifications.inbox.unread_counts import UnreadCounts
from notifications.models import Notification
from notifications.sending import outbox
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


class Counts(UnreadCounts):
    """Records whose counts turn stale."""

    topics = frozenset({"user-7"})

    def __init__(self) -> None:
        self.changed: list[str] = []

    def topic_changed(self, topic: str) -> None:
        self.changed.append(topic)


def expiring(topic: str, left: timedelta) -> Notification:
    (row,) = notify([f"topic:{topic}"], "soon gone", expires_at=timezone.now() + 60 * SECOND)
    Notification.objects.filter(pk=row.pk).update(expires_at=timezone.now() + left)
    return row


async def run_until(counts: Counts, topic: str) -> None:
    running = asyncio.create_task(expiry.run(counts))
    try:
        async with asyncio.timeout(20):
            while topic not in counts.changed:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def test_topics_are_found_once_when_something_expires(live_log: Log) -> None:
    now = timezone.now()
    for topic, left in (
        ("gone", -SECOND),
        ("gone", -2 * SECOND),
        ("long-gone", -60 * SECOND),
        ("live", SECOND),
    ):
        expiring(topic, left)

    assert expiry.expired_topics(now - 10 * SECOND, now) == ["gone"]


def test_what_was_recalled_does_not_expire(live_log: Log) -> None:
    row = expiring("gone", -SECOND)
    Notification.objects.filter(pk=row.pk).update(recalled_at=timezone.now())

    assert expiry.expired_topics(timezone.now() - 10 * SECOND, timezone.now()) == []


def test_what_expires_during_an_outage_of_the_database_is_found_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans: list[tuple[datetime, datetime]] = []

    def found(after: datetime, upto: datetime) -> list[str]:
        spans.append((after, upto))
        if len(spans) < 3:
            raise OperationalError("away")
        return ["user-7"]

    monkeypatch.setattr(expiry, "PERIOD_S", 0.01)
    monkeypatch.setattr(expiry, "expired_topics", found)

    asyncio.run(run_until(Counts(), "user-7"))

    assert spans[0][0] == spans[1][0] == spans[2][0]


def test_what_expired_before_it_was_published_never_is(live_log: Log) -> None:
    (row,) = notify(
        ["everyone"], "soon gone", send_at=timezone.now() + SECOND, expires_at=timezone.now() + 60 * SECOND
    )
    past = timezone.now() - SECOND
    Notification.objects.filter(pk=row.pk).update(
        due_at=past - SECOND, created_at=past - 2 * SECOND, expires_at=past
    )

    outbox.relay_once()

    row.refresh_from_db()
    assert row.position == 0
    assert events_on(live_log, "everyone") == []
