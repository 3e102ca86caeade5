"""Taking a notification back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from hub.log import Log
from notifications.models import Notification
from notifications.sending import outbox, recalls
from notifications.sending.notify import notify
from tests.unit.notifications.conftest import Caller, events_on, refused


@pytest.mark.django_db(transaction=True)
def test_it_leaves_the_inbox_and_readers_are_notified_once(
    live_log: Log, program: Caller, reader: Caller, alice: User
) -> None:
    (row,) = notify(["user:alice"], "Oops")

    answer = program.delete(f"notifications/{row.pk}")
    first = Notification.objects.get().recalled_at
    again = program.delete(f"notifications/{row.pk}")

    assert answer.status == 200
    assert again.json == answer.json
    assert Notification.objects.get().recalled_at == first
    assert reader.get("notifications").json["items"] == []
    recalled = events_on(live_log, row.topic)
    assert [(event["type"], event["data"]) for event in recalled] == [("recalled", {"id": str(row.pk)})]
    assert answer.json == {"id": str(row.pk), "topic": row.topic, "position": recalled[0]["position"]}


def test_what_is_recalled_before_it_is_due_stands_nowhere(program: Caller, alice: User) -> None:
    (row,) = notify(["user:alice"], "Later", send_at=timezone.now() + timedelta(hours=1))

    answer = program.delete(f"notifications/{row.pk}")

    assert answer.status == 200
    assert answer.json == {"id": str(row.pk), "topic": row.topic, "position": None}


def test_what_was_never_sent_is_not_found(program: Caller) -> None:
    assert refused(program.delete(f"notifications/{uuid.uuid4()}"), 404)


def test_it_takes_the_scope(with_key: Callable[..., Caller], alice: User) -> None:
    (row,) = notify(["user:alice"], "Stays")

    assert refused(with_key("publish", "read").delete(f"notifications/{row.pk}"), 403)
    assert Notification.objects.get().recalled_at is None


@pytest.mark.django_db(transaction=True)
def test_what_is_published_after_its_recall_never_comes(live_log: Log, alice: User) -> None:
    """Whoever committed it was slow; somebody took it back meanwhile."""
    (row,) = notify(["user:alice"], "Oops", send_at=timezone.now() + timedelta(hours=1))
    Notification.objects.update(due_at=timezone.now())
    recalls.recall(row.pk)

    outbox.publish([row])

    assert [event["type"] for event in events_on(live_log, row.topic)] == ["recalled"]


@pytest.mark.django_db(transaction=True)
def test_a_whole_sending_leaves_the_log(live_log: Log, alice: User, bob: User) -> None:
    rows = notify(["everyone", "user:alice", "user:bob"], "Oops")

    recalls.recall_sending(rows[0].sending_id, "admin", "mistake")  # type: ignore[arg-type]

    for row in rows:
        assert [event["type"] for event in events_on(live_log, row.topic)] == ["recalled"]
