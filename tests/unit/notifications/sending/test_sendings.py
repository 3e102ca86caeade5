"""What is sent by one act is known as one, and stopped, undone and taken back as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from hub import topics
from hub.log import Log
from notifications.models import Notification, Sending, time_ordered_id
from notifications.sending import outbox, recalls, segments
from notifications.sending.addresses import MAX_SEGMENT
from notifications.sending.errors import BadNotification
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import events_on

pytestmark = pytest.mark.django_db(transaction=True)

LATER = timedelta(seconds=10)


@pytest.fixture
def people() -> list[User]:
    return [User.objects.create_user(f"user{n}") for n in range(3)]


@pytest.fixture
def crowd(people: list[User]) -> Iterator[str]:
    @segments.segment("a-crowd", "Those of this test.")
    def crowd() -> QuerySet[User]:
        return User.objects.filter(username__startswith="user")

    yield "segment:a-crowd"
    segments.unregister("a-crowd")


def due(rows: list[Notification]) -> None:
    """Their time has come."""
    ids = [row.pk for row in rows]
    Notification.objects.filter(pk__in=ids).update(due_at=timezone.now() - timedelta(milliseconds=1))


def test_a_sending_names_its_sender_title_and_addresses(live_log: Log, people: list[User]) -> None:
    rows = notify(["user:user0", "everyone"], "hello", sender="admin")

    sending = Sending.objects.get()
    assert (sending.sender, sending.to, sending.title) == ("admin", ["user:user0", "everyone"], "hello")
    assert {row.sending_id for row in rows} == {sending.pk}


def test_a_sending_is_made_once_under_its_id(live_log: Log, people: list[User]) -> None:
    id = time_ordered_id()
    notify(["everyone"], "once", sending_id=id)

    with pytest.raises(IntegrityError):
        notify(["everyone"], "twice", sending_id=id)

    assert [row.title for row in Notification.objects.all()] == ["once"]


def test_a_segment_is_a_row_for_each_of_its_people(live_log: Log, people: list[User], crowd: str) -> None:
    rows = notify([crowd], "to a crowd")

    assert sorted(row.topic for row in rows) == sorted(topics.user(user.pk) for user in people)


def test_an_empty_segment_reaches_no_one(live_log: Log, crowd: str) -> None:
    User.objects.all().delete()

    with pytest.raises(BadNotification, match="segment is empty"):
        notify([crowd], "to nobody")

    assert not Sending.objects.exists()


def test_a_segment_of_too_many_is_refused(live_log: Log, crowd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.sending.addresses.MAX_SEGMENT", 2)

    with pytest.raises(BadNotification, match="Use a group, a topic or everyone"):
        notify([crowd], "to too many")

    assert MAX_SEGMENT == 10_000
    assert not Sending.objects.exists()


def test_what_is_recalled_before_it_is_due_was_never_there(live_log: Log, people: list[User]) -> None:
    (row,) = notify(["everyone"], "a mistake", send_at=timezone.now() + LATER)

    taken = recalls.recall_sending(row.sending_id, "admin", "undone")  # type: ignore[arg-type]
    due([row])
    relayed = outbox.relay_once()

    row.refresh_from_db()
    assert (taken, relayed) == (1, 0)
    assert (row.position, row.recalled_by, row.recall_reason) == (0, "admin", "undone")


def test_what_was_published_is_recalled_by_an_event_that_takes_its_place(live_log: Log) -> None:
    (row,) = notify(["everyone"], "a mistake")

    recalls.recall_sending(row.sending_id, "admin", "wrong people")  # type: ignore[arg-type]

    assert [event["type"] for event in events_on(live_log, "everyone")] == ["recalled"]


def test_recalling_twice_changes_nothing(live_log: Log) -> None:
    (row,) = notify(["everyone"], "a mistake")
    recalls.recall_sending(row.sending_id, "admin", "first")  # type: ignore[arg-type]

    again = recalls.recall_sending(row.sending_id, "bob", "second")  # type: ignore[arg-type]

    row.refresh_from_db()
    assert again == 0
    assert row.recalled_by == "admin"


def test_stopping_leaves_what_is_published(live_log: Log, people: list[User], crowd: str) -> None:
    rows = notify([crowd], "to a crowd", send_at=timezone.now() + LATER)
    due(rows[:1])
    assert outbox.relay_once() == 1

    stopped = recalls.stop(rows[0].sending_id, "admin", "enough")  # type: ignore[arg-type]
    due(rows)

    assert stopped == 2
    assert outbox.relay_once() == 0
    assert Notification.objects.filter(recalled_at=None).count() == 1


def test_of_very_many_the_sender_waits_for_some_and_the_relay_sends_the_rest(
    live_log: Log, people: list[User], crowd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_PUBLISHED_NOW", 2)
    rows = notify([crowd], "to a crowd")
    waiting = Notification.objects.filter(position=None)
    assert waiting.count() == 1

    Notification.objects.update(due_at=timezone.now() - 2 * outbox.GRACE)
    relayed = outbox.relay_once()

    assert relayed == 1
    assert len(rows) == 3
    assert not waiting.exists()


def test_what_is_scheduled_is_relayed_as_soon_as_it_is_due(live_log: Log) -> None:
    rows = notify(["everyone"], "on time", send_at=timezone.now() + LATER)
    Notification.objects.update(created_at=timezone.now() - LATER)

    early = outbox.relay_once()
    due(rows)

    assert early == 0
    assert outbox.relay_once() == 1


def test_nothing_of_a_sending_is_left_when_its_transaction_rolls_back(live_log: Log) -> None:
    with suppress(RuntimeError), transaction.atomic():
        notify(["everyone"], "never happened")
        raise RuntimeError

    assert not Sending.objects.exists()
    assert events_on(live_log, "everyone") == []
