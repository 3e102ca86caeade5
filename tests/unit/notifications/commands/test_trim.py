from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub import topics
from notifications import recovery, retention
from notifications.models import (
    ApiKey,
    AuditEntry,
    Delivery,
    IdempotentRequest,
    Notification,
    PreferenceChange,
    Reading,
    Room,
    RoomMessage,
    Sending,
    Ticket,
    Watermark,
)

pytestmark = pytest.mark.django_db

OLD, NEW = 400, 100  # days


def run(*words: str) -> dict[str, int]:
    out = StringIO()
    call_command("trim", *words, stdout=out)
    pairs = (line.strip().split("  ", 1) for line in out.getvalue().splitlines() if line.startswith(" "))
    return {what: int(rows) for rows, what in pairs}


def notification(days: int, **more: Any) -> Notification:
    at = timezone.now() - timedelta(days=days)
    sending = Sending.objects.create(to=["everyone"], title="t", created_at=at, due_at=at)
    fields = {"topic": "everyone", "title": "t", "created_at": at, "due_at": at, "position": 1}
    return Notification.objects.create(**{**fields, "sending": sending, **more})


def delivered(row: Notification) -> None:
    Delivery.objects.create(notification=row, instance="hub-1", at=row.due_at, late=False, people=b"", size=0)


def test_what_is_old_goes_with_its_readings_and_deliveries_and_the_rest_stays() -> None:
    ann = User.objects.create_user("ann")
    for row in (notification(OLD), notification(NEW)):
        Reading.objects.create(notification=row, user=ann)
        delivered(row)

    removed = run()

    assert (removed["notifications"], removed["readings"], removed["deliveries"]) == (1, 1, 1)
    assert removed["sendings"] == 1
    left = Notification.objects.get()
    assert Reading.objects.get().notification_id == Delivery.objects.get().notification_id == left.pk
    assert Sending.objects.get().pk == left.sending_id


def test_a_watermark_goes_with_what_it_reaches() -> None:
    ann = User.objects.create_user("ann")
    for days, position in ((OLD, 1), (NEW, 2)):
        at = notification(days, position=position).due_at + timedelta(hours=1)
        Watermark.objects.create(
            user=ann, topic="everyone", read=True, after=position - 1, upto=position, since=at, at=at
        )

    removed = run()

    assert (removed["notifications"], removed["watermarks"]) == (1, 1)
    assert Watermark.objects.get().upto == Notification.objects.get().position


def test_what_has_expired_or_was_recalled_goes_after_thirty_days() -> None:
    now = timezone.now()
    notification(NEW, expires_at=now - timedelta(days=31))
    notification(NEW, recalled_at=now - timedelta(days=31))
    kept = {
        notification(NEW, expires_at=now - timedelta(days=29)).pk,
        notification(NEW, recalled_at=now - timedelta(days=29)).pk,
        notification(NEW).pk,
    }

    run()

    assert set(Notification.objects.values_list("pk", flat=True)) == kept


def test_what_is_still_to_be_published_stays_however_old() -> None:
    waiting = notification(OLD, position=None)
    scheduled = notification(OLD, position=None, due_at=timezone.now() + timedelta(days=1))

    run()

    assert set(Notification.objects.all()) == {waiting, scheduled}


def test_the_audit_log_stays() -> None:
    AuditEntry.objects.create(at=timezone.now() - timedelta(days=4000), actor="ann", act="send")

    run("--older-than", "1")

    assert AuditEntry.objects.count() == 1


def test_of_the_preferences_the_last_before_the_time_stays() -> None:
    ann = User.objects.create_user("ann")
    at = [timezone.now() - timedelta(days=days) for days in (500, 450, 10)]
    for moment in at:
        PreferenceChange.objects.create(user=ann, at=moment, choices={})

    run()

    assert list(PreferenceChange.objects.order_by("at").values_list("at", flat=True)) == at[1:]


def test_what_has_had_its_time_goes() -> None:
    now = timezone.now()
    key = ApiKey.objects.create(name="ci", digest="d")
    for days in (2, 0):
        moment = now - timedelta(days=days) + timedelta(hours=1)
        IdempotentRequest.objects.create(api_key=key, key=f"k{days}", digest="", created_at=moment)
        Ticket.objects.create(digest=f"t{days}", claims=[], expires_at=moment)
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=moment)
    lobby = Room.objects.create(name="lobby")
    for days in (OLD, NEW):
        RoomMessage.objects.create(room=lobby, position=days, at=now - timedelta(days=days))

    removed = run()

    names = ("idempotency keys", "tickets", "sessions", "room messages")
    assert [removed[name] for name in names] == [1, 1, 1, 1]
    assert [m.objects.count() for m in (IdempotentRequest, Ticket, Session, RoomMessage)] == [1, 1, 1, 1]


def test_a_member_who_returns_to_before_what_was_deleted_of_a_room_is_told() -> None:
    lobby = Room.objects.create(name="lobby")
    topic = topics.room(lobby.pk)
    for position, days in ((10, OLD), (20, NEW)):
        RoomMessage.objects.create(room=lobby, position=position, at=timezone.now() - timedelta(days=days))
    run("--dry-run")
    before = recovery.page({topic: 5})

    run()

    assert before.lost == frozenset()
    assert recovery.page({topic: 5}).lost == {topic}
    assert recovery.page({topic: 10}).lost == frozenset()


def test_a_dry_run_tells_the_same_and_removes_nothing() -> None:
    delivered(notification(OLD))

    output = run("--dry-run")

    assert Notification.objects.count() == 1
    assert output.pop("sendings") == 0  # it still has its notification
    removed = run()
    assert removed.pop("sendings") == 1
    assert removed == output


def test_no_transaction_is_longer_than_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    for _ in range(5):
        notification(OLD)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        removed = run()

    deleted = [q for q in queries if q["sql"].startswith('DELETE FROM "hub_notifications_notification"')]
    assert (removed["notifications"], len(deleted)) == (5, 3)


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "soon", "99999999"])
def test_what_is_no_number_of_days_is_reported(days: str) -> None:
    with pytest.raises(CommandError, match="number of days"):
        run("--older-than", days)
