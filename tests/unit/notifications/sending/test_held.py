"""What a key had scheduled when it was revoked is sent to nobody before somebody decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from hub.log import Log
from notifications.access import api_keys, judge
from notifications.inbox import counts, listing
from notifications.models import NEVER, ApiKey, Notification, Sending
from notifications.sending import outbox, reschedule
from notifications.sending.notify import notify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def key(db: None) -> ApiKey:
    api_keys.create("ci", ["send"])
    return ApiKey.objects.get()


def scheduled(key: ApiKey | None, hours: float = 1) -> UUID:
    send_at = timezone.now() + timedelta(hours=hours)
    (row,) = notify(["user:alice"], "Later", send_at=send_at, sender="key:ci", api_key=key)
    assert row.sending_id
    return row.sending_id


def time_passes(*sendings: UUID) -> None:
    """It is as if the moment they were to be sent had come."""
    past = timezone.now() - timedelta(hours=1)
    Sending.objects.filter(pk__in=sendings).update(due_at=past)
    Notification.objects.filter(sending__in=sendings).exclude(due_at=NEVER).update(due_at=past)


def listed(user: User) -> list[str]:
    items, _ = listing.find(user, judge.own_topics(user))
    return [item["title"] for item in items]


def revoke_in_admin(key: ApiKey) -> None:
    key.revoked_at = timezone.now()
    key.save()


@pytest.mark.parametrize(
    "end",
    [
        lambda key: api_keys.revoke("ci", "boss"),
        lambda key: key.delete(),
        lambda key: revoke_in_admin(key),
    ],
    ids=["revoked", "deleted", "revoked in the admin"],
)
def test_it_is_neither_published_nor_listed_when_its_time_comes(
    live_log: Log, alice: User, key: ApiKey, end: Callable[[ApiKey], object]
) -> None:
    held = scheduled(key)

    end(key)
    time_passes(held)
    published = outbox.relay_once()

    assert published == 0
    assert listed(alice) == []
    assert counts.of(alice, judge.own_topics(alice))["unread"] == 0
    assert Sending.objects.get().held_at is not None


def test_who_revoked_it_is_recorded_and_the_number_held_returned(
    live_log: Log, alice: User, key: ApiKey
) -> None:
    for _ in range(3):
        scheduled(key)

    assert api_keys.revoke("ci", "boss") == 3
    assert set(Sending.objects.values_list("held_by", flat=True)) == {"boss"}


def test_what_others_scheduled_goes_out(live_log: Log, alice: User, key: ApiKey) -> None:
    api_keys.create("other", ["send"])
    others = [scheduled(None), scheduled(ApiKey.objects.get(name="other"))]
    held = scheduled(key)

    api_keys.revoke("ci")
    time_passes(*others, held)

    assert outbox.relay_once() == 2
    assert set(Sending.objects.filter(held_at=None).values_list("pk", flat=True)) == set(others)


def test_what_was_due_before_goes_out(live_log: Log, alice: User, key: ApiKey) -> None:
    due = scheduled(key)
    time_passes(due)

    assert api_keys.revoke("ci") == 0
    assert outbox.relay_once() == 1


def test_sent_as_planned_it_goes_out(live_log: Log, alice: User, key: ApiKey) -> None:
    held = scheduled(key)
    api_keys.revoke("ci")
    time_passes(held)

    reschedule.release(held)

    assert Notification.objects.get().position
    assert listed(alice) == ["Later"]
    assert Sending.objects.get().held_at is None


def test_released_before_its_time_it_waits_for_that(live_log: Log, alice: User, key: ApiKey) -> None:
    held = scheduled(key)
    planned = Sending.objects.get().due_at
    api_keys.revoke("ci")

    reschedule.release(held)

    assert Notification.objects.get().due_at == Sending.objects.get().due_at == planned
    assert Notification.objects.get().position is None
