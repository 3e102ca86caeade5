"""A notification replaces the earlier one with its key when it is due, not before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from hub.log import Log
from notifications.models import Notification
from notifications.sending import outbox, recalls, replacement
from notifications.sending.notify import notify
from notifications.sending.reschedule import reschedule
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)

LATER = timedelta(hours=20)


def send(title: str, later: timedelta | None = None, key: str = "disk") -> Notification:
    (row,) = notify(["everyone"], title, key=key, send_at=timezone.now() + later if later else None)
    return row


def live() -> list[str]:
    """The titles of what is not recalled, oldest first."""
    rows = Notification.objects.filter(recalled_at=None).order_by("created_at")
    return list(rows.values_list("title", flat=True))


def come_due(row: Notification) -> None:
    Notification.objects.filter(pk=row.pk).update(due_at=timezone.now())
    replacement.replace_due()


def test_a_later_one_replaces_the_earlier_one(live_log: Log) -> None:
    send("90 %")
    send("95 %")

    assert live() == ["95 %"]


def test_a_scheduled_one_leaves_the_current_one(live_log: Log) -> None:
    send("90 %")
    send("again", LATER)

    assert live() == ["90 %", "again"]


def test_a_scheduled_one_replaces_the_current_one_when_it_is_due(live_log: Log) -> None:
    send("90 %")
    again = send("again", LATER)

    come_due(again)

    assert live() == ["again"]
    assert Notification.objects.get(title="90 %").recall_reason == "replaced"


def test_a_scheduled_one_that_is_sent_now_replaces_the_current_one(live_log: Log) -> None:
    send("90 %")
    again = send("again", LATER)
    assert again.sending_id is not None

    reschedule(again.sending_id, timezone.now())

    assert live() == ["again"]


def test_a_scheduled_one_that_is_recalled_leaves_the_current_one(live_log: Log) -> None:
    send("90 %")
    again = send("again", LATER)

    recalls.recall(again.pk)

    assert live() == ["90 %"]


def test_a_scheduled_one_replaces_the_one_that_waits(live_log: Log) -> None:
    send("again", LATER)
    send("tomorrow", LATER)

    assert live() == ["tomorrow"]
    assert Notification.objects.get(title="again").position == 0  # there is nothing to publish


def test_one_that_is_due_replaces_the_one_that_waits_too(live_log: Log) -> None:
    send("again", LATER)
    send("95 %")

    assert live() == ["95 %"]


def test_a_key_is_of_a_topic(live_log: Log) -> None:
    send("90 %")
    notify(["topic:rack-1"], "95 %", key="disk")

    assert live() == ["90 %", "95 %"]


def test_the_database_holds_one_current_one(live_log: Log) -> None:
    row = send("90 %")

    with pytest.raises(IntegrityError):
        Notification.objects.create(topic=row.topic, key=row.key, title="at the same time")


def test_a_key_that_fails_leaves_the_others(live_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("bad", "good"):
        send(f"{key} before", key=key)
        send(f"{key} after", LATER, key=key)
    withdraw = recalls.withdraw

    def failing(rows: list[Notification], by: str, reason: str) -> None:
        if rows[0].key == "bad":
            raise ValueError("a row that cannot be read")
        withdraw(rows, by, reason)

    monkeypatch.setattr(recalls, "withdraw", failing)
    Notification.objects.filter(pending=True).update(due_at=timezone.now())

    replacement.replace_due()

    assert live() == ["bad before", "bad after", "good after"]


def test_nothing_is_published_after_its_recall(live_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "publish_now", lambda rows: None)  # in a process that is slow
        slow = send("90 %")
    send("95 %")

    outbox.publish_now([slow])

    titles = [event["data"].get("title") for event in events_on(live_log, "everyone")]
    assert titles == [None, "95 %"]


def test_a_thousand_addresses_are_told_their_positions(live_log: Log) -> None:
    rows = notify([f"topic:job-{n}" for n in range(1000)], "to many")

    assert all(row.position for row in rows)
