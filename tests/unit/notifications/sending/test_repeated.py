"""A recall or a new time that the database rolls back for the sake of another transaction is done again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from hub.log import Log
from notifications.access import api_keys
from notifications.models import ApiKey, Notification, Sending
from notifications.sending import recalls
from notifications.sending.notify import notify
from notifications.sending.reschedule import release, reschedule
from tests.unit.notifications.conftest import Caller, events_on
from tests.unit.notifications.refusals import refused_updates

pytestmark = pytest.mark.django_db(transaction=True)


def sent(later: timedelta | None = None, key: ApiKey | None = None) -> Notification:
    send_at = timezone.now() + later if later else None
    (row,) = notify(["everyone"], "disk", send_at=send_at, api_key=key)
    return row


def sending(row: Notification) -> UUID:
    assert row.sending_id is not None
    return row.sending_id


@pytest.mark.parametrize(
    "recall",
    [
        lambda row: recalls.recall(row.pk),
        lambda row: recalls.recall_sending(sending(row), "boss", "wrong"),
        lambda row: recalls.stop(sending(row), "boss", "wrong"),
    ],
)
def test_a_recall_is(live_log: Log, recall: Callable[[Notification], object]) -> None:
    row = sent(timedelta(hours=1))

    with refused_updates(2) as refused:
        recall(row)

    assert len(refused) == 2
    assert Notification.objects.get().recalled_at is not None


def test_a_recall_of_the_api_is_and_is_published_once(live_log: Log, program: Caller) -> None:
    row = sent()

    with refused_updates(2):
        answer = program.delete(f"notifications/{row.pk}")

    assert answer.status == 200
    assert [event["type"] for event in events_on(live_log, "everyone")] == ["recalled"]


def test_a_new_time_is(live_log: Log) -> None:
    row = sent(timedelta(hours=1))
    later = timezone.now() + timedelta(hours=2)

    with refused_updates(2):
        reschedule(sending(row), later)

    assert Notification.objects.get().due_at == later
    assert Sending.objects.get().due_at == later


def test_a_release_is(live_log: Log) -> None:
    User.objects.create_user("alice")
    api_keys.create("ci", ["send"])
    row = sent(timedelta(hours=1), ApiKey.objects.get())
    api_keys.revoke("ci", "boss")

    with refused_updates(2):
        release(sending(row))

    assert Sending.objects.get().held_at is None


def test_it_is_given_up_in_the_end_and_nothing_is_half_done(live_log: Log, program: Caller) -> None:
    row = sent(timedelta(hours=1))

    with refused_updates(100):
        answer = program.delete(f"notifications/{row.pk}")

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert Notification.objects.get().recalled_at is None
