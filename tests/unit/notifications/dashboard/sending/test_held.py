"""What a revoked key had scheduled waits on the page Scheduled for somebody to decide."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from hub.log import Log
from notifications.access import api_keys
from notifications.models import ApiKey, AuditEntry, Notification, Sending
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import text

PATH = "/dashboard/scheduled/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held() -> UUID:
    User.objects.create_user("alice")
    api_keys.create("ci", ["send"])
    send_at = timezone.now() + timedelta(hours=1)
    (row,) = notify(
        ["user:alice"], "Later", send_at=send_at, sender="key:ci", api_key=ApiKey.objects.get(name="ci")
    )
    api_keys.revoke("ci", "boss")
    assert row.sending_id
    return row.sending_id


@pytest.mark.usefixtures("held")
def test_it_is_shown_with_who_revoked_the_key_and_when_it_was_planned(sender: Client) -> None:
    notify(["user:alice"], "Another", send_at=timezone.now() + timedelta(hours=2))

    content = text(sender.get(PATH))

    assert content.index("On hold") < content.index("Later") < content.index("Another")
    assert "key:ci" in content
    assert "revoked by boss" in content
    assert "Release" in content


def test_every_page_says_that_it_is_held(sender: Client, held: UUID) -> None:
    assert "On hold" in text(sender.get(f"/dashboard/sent/{held}/"))
    assert "On hold" in text(sender.get("/dashboard/sent/"))


def test_it_goes_out_when_it_was_planned_and_that_is_audited(
    live_log: Log, sender: Client, held: UUID
) -> None:
    Sending.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    answer = sender.post(f"{PATH}{held}/release", follow=True)

    assert "Released. It is sent as planned" in text(answer)
    assert Notification.objects.get().position
    entry = AuditEntry.objects.get(act="release")
    assert (entry.actor, entry.target) == ("sender", str(held))


def test_it_is_recalled_and_that_is_audited(sender: Client, held: UUID) -> None:
    answer = sender.post(f"{PATH}{held}/recall", follow=True)

    assert "On hold" not in text(answer)
    assert Notification.objects.get().recalled_by == "sender"
    assert AuditEntry.objects.get(act="recall").actor == "sender"


@pytest.mark.parametrize("act", ["release", "recall"])
def test_a_second_time_is_reported_and_not_recorded(sender: Client, held: UUID, act: str) -> None:
    sender.post(f"{PATH}{held}/{act}")
    entries = AuditEntry.objects.count()

    answer = sender.post(f"{PATH}{held}/{act}", follow=True)

    assert "no longer scheduled" in text(answer)
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize("act", ["release", "recall"])
def test_without_the_role_to_send_it_stays(viewer: Client, held: UUID, act: str) -> None:
    assert viewer.post(f"{PATH}{held}/{act}").status_code == 403
    assert Sending.objects.get().held_at is not None
    assert not AuditEntry.objects.exists()


def test_why_a_person_did_not_get_it_says_that_it_is_held(viewer: Client, held: UUID) -> None:
    content = text(viewer.get("/dashboard/why/", {"person": "alice"}))

    assert "The API key that scheduled it was revoked" in content
    assert "9999" not in content
