"""A row that no event can carry is given up by itself: its neighbours go out, and it is said of it why."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from hub import events
from hub.events import Draft
from hub.log import Log, LogAway, LogRefused
from notifications import serialization
from notifications.access import judge
from notifications.inbox import listing
from notifications.models import Notification
from notifications.sending import outbox, recalls
from notifications.sending.errors import BadNotification
from notifications.sending.notify import notify
from notifications.tracking import explain, progress
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(minutes=1)
SHORT, LONG = "topic:a", "topic:" + "a" * 200


def body_that_fits(topic: str) -> str:
    """The longest there can be on this topic."""
    said = serialization.item(Notification(topic=topic, title="t", severity="info"))
    del said["position"]
    return "x" * (events.MAX_DATA_BYTES - len(events.encode(said)))


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", date_joined=timezone.now() - timedelta(days=1))


def waiting(alice: User, title: str, **more: object) -> Notification:
    """Committed a while ago by somebody who had no time to publish it."""
    at = timezone.now() - LONG_AGO
    (row,) = notify(["user:alice"], title, send_at=timezone.now() + timedelta(hours=1))
    Notification.objects.filter(pk=row.pk).update(created_at=at, due_at=at, **more)
    return row


def relay() -> None:
    while outbox.relay_once():
        pass


def titles(log: Log, alice: User) -> list[str]:
    return [event["data"]["title"] for event in events_on(log, f"user-{alice.pk}")]


def test_one_byte_too_many_for_the_longest_topic_is_refused_and_no_row_is_made(live_log: Log) -> None:
    fits = body_that_fits("a" * 200)

    with pytest.raises(events.TooLarge) as refused:
        notify([SHORT, LONG], "t", body=fits + "x")

    assert isinstance(refused.value, BadNotification)
    assert refused.value.field == "body"
    assert not Notification.objects.exists()
    assert len(notify([SHORT, LONG], "t", body=fits)) == 2


def test_a_group_may_come_to_be_named_otherwise(live_log: Log, alice: User) -> None:
    group = Group.objects.create(name="ops")
    alice.groups.add(group)
    fits = body_that_fits(f"group-{group.pk}")

    with pytest.raises(events.TooLarge):
        notify(["group:ops"], "t", body=fits)
    (row,) = notify(["group:ops"], "t", body=fits[:-1000], send_at=timezone.now() + timedelta(hours=1))
    Group.objects.update(name="\x01" * 150)
    Notification.objects.filter(pk=row.pk).update(due_at=timezone.now() - LONG_AGO)
    relay()

    assert len(events_on(live_log, f"group-{group.pk}")) == 1


def test_a_sending_that_cannot_be_read_delays_no_other(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison")
    waiting(alice, "after it")
    with connection.cursor() as cursor:
        half = "UPDATE hub_notifications_sending SET sender = CAST(x'ff' AS TEXT) WHERE id = %s"
        cursor.execute(half, [poison.sending_id.hex if poison.sending_id else ""])

    relay()

    assert titles(live_log, alice) == ["after it"]


def test_an_oversized_row_delays_no_other(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison", body="x" * events.MAX_DATA_BYTES)
    waiting(alice, "after it")

    relay()

    assert titles(live_log, alice) == ["after it"]
    poison.refresh_from_db()
    assert poison.position == 0
    assert poison.failed_at is not None
    assert "bytes" in poison.failure


def test_a_row_on_no_topic_delays_no_other(live_log: Log, alice: User) -> None:
    for topic in ("hub.control", "room-1", "two words", "\n", "", "staff-rooms"):
        waiting(alice, "poison", topic=topic)
    waiting(alice, "after them")

    relay()

    assert titles(live_log, alice) == ["after them"]
    assert Notification.objects.exclude(failed_at=None).count() == 6


def test_a_row_that_cannot_be_read_delays_no_other(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison")
    waiting(alice, "after it")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            half = "UPDATE hub_notifications_notification SET title = CAST(x'ff' AS TEXT) WHERE id = %s"
        else:
            half = "UPDATE hub_notifications_notification SET due_at = '-infinity' WHERE id = %s"
        cursor.execute(half, [poison.pk.hex])

    relay()

    assert titles(live_log, alice) == ["after it"]
    assert Notification.objects.filter(pk=poison.pk, position=0).exclude(failed_at=None).exists()
    assert [item["title"] for item in listing.find(alice, judge.own_topics(alice))[0]] == ["after it"]


class Refusing:
    """A log that refuses one topic's events and takes the others."""

    def __init__(self, log: Log, topic: str) -> None:
        self._log = log
        self._topic = topic
        self.asked = 0

    def append(self, drafts: Sequence[Draft]) -> list[int]:
        self.asked += 1
        if any(draft.topic == self._topic for draft in drafts):
            raise LogRefused("WRONGTYPE")
        return self._log.append(drafts)


def test_a_row_that_the_log_refuses_for_itself_delays_no_other(
    live_log: Log, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = Refusing(live_log, "x")
    monkeypatch.setattr(outbox, "shared_log", lambda: refusing)
    rows = [waiting(alice, f"{n}") for n in range(20)]
    Notification.objects.filter(pk=rows[7].pk).update(topic="x")

    relay()

    assert titles(live_log, alice) == [f"{n}" for n in range(20) if n != 7]
    assert Notification.objects.exclude(failed_at=None).get().pk == rows[7].pk
    assert refusing.asked < 15


def test_a_log_that_is_away_gives_up_nothing(
    live_log: Log, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def append(self, drafts: Sequence[Draft]) -> list[int]:
            raise LogAway("away")

    waiting(alice, "patient")
    monkeypatch.setattr(outbox, "shared_log", Away)

    with pytest.raises(LogAway):
        outbox.relay_once()

    assert Notification.objects.get().position is None
    assert Notification.objects.get().failed_at is None


def test_it_is_counted_and_logged_once(live_log: Log, alice: User, caplog: pytest.LogCaptureFixture) -> None:
    poison = waiting(alice, "poison", body="x" * events.MAX_DATA_BYTES)
    before = outbox.given_up.times

    with caplog.at_level(logging.ERROR, logger="notifications.sending.outbox"):
        relay()
        relay()

    assert outbox.given_up.times == before + 1
    assert [str(poison.pk) in record.getMessage() for record in caplog.records] == [True]


def test_the_committer_publishes_what_was_committed_with_it(live_log: Log, alice: User) -> None:
    rows = [waiting(alice, "good"), waiting(alice, "poison"), waiting(alice, "good too")]
    rows[1].body = "x" * events.MAX_DATA_BYTES
    for row in rows:
        row.due_at = timezone.now()

    outbox.publish_now(rows)

    assert titles(live_log, alice) == ["good", "good too"]


def test_a_fault_while_publishing_is_logged_and_the_relay_makes_it_good(
    live_log: Log, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        monkeypatch.context() as broken,
        caplog.at_level(logging.ERROR, logger="notifications.sending.outbox"),
    ):
        broken.setattr(outbox, "publish", lambda rows: 1 / 0)
        (row,) = notify(["user:alice"], "later")
        assert titles(live_log, alice) == []

    Notification.objects.filter(pk=row.pk).update(due_at=timezone.now() - LONG_AGO)
    relay()

    assert titles(live_log, alice) == ["later"]
    assert "ZeroDivisionError" in caplog.text


def test_its_recall_is_published(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison", body="x" * events.MAX_DATA_BYTES)
    relay()

    recalls.recall(poison.pk)

    assert [event["type"] for event in events_on(live_log, f"user-{alice.pk}")] == ["recalled"]


def test_a_recall_that_came_first_is_published_all_the_same(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison", body="x" * events.MAX_DATA_BYTES)
    seen_before = Notification.objects.get(pk=poison.pk)
    Notification.objects.filter(pk=poison.pk).update(recalled_at=timezone.now())

    outbox.publish([seen_before])

    assert Notification.objects.get(pk=poison.pk).position is None


def test_the_sending_is_shown_as_failed_with_the_reason(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison", body="x" * events.MAX_DATA_BYTES)
    relay()
    poison.refresh_from_db()
    assert poison.sending_id is not None

    numbers = progress.of(poison.sending_id)

    assert numbers is not None
    assert (numbers["state"], numbers["failed"], numbers["published"]) == ("failed", 1, 0)
    assert "bytes" in numbers["failure"]


def test_why_says_that_it_could_not_be_published(live_log: Log, alice: User) -> None:
    poison = waiting(alice, "poison", body="x" * events.MAX_DATA_BYTES)
    relay()

    answer = explain.find(alice, poison.pk, timezone.now())
    assert answer is not None

    assert (answer.status, answer.reason) == ("listed", "unpublishable")
