"""Who makes a key makes it no wider than they may go themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.access.roles import Role
from notifications.models import ApiKey, AuditEntry, Sending
from notifications.sending.notify import notify
from tests.unit.notifications.dashboard.forms import text

PATH = "/dashboard/keys/"

pytestmark = pytest.mark.django_db

Staff = Callable[..., Client]


def make(client: Client, *scopes: str) -> tuple[str, ApiKey | None]:
    answer = client.post(PATH, {"name": "ci", "scope": scopes, "topics": ""})
    return text(answer), ApiKey.objects.first()


@pytest.mark.parametrize(
    ("roles", "sends", "broadcasts", "opens"),
    [
        ((), False, False, False),
        (("send",), True, False, False),
        (("broadcast",), False, True, False),
        (("send", "broadcast"), True, True, True),
    ],
)
def test_it_goes_as_far_as_its_creator(
    staff: Staff, roles: tuple[Role, ...], sends: bool, broadcasts: bool, opens: bool
) -> None:
    _, key = make(staff("maker", "view", "manage", *roles), "send", "publish", "tokens", "read", "people")

    assert key is not None
    assert ("send" in key.scopes) is sends
    assert ("people" in key.scopes) is opens
    assert {"publish", "tokens", "read"} <= set(key.scopes)
    assert (key.may_broadcast, key.opens_private) == (broadcasts, opens)


def test_what_was_left_out_is_shown_and_the_audit_log_has_what_was_given(manager: Client) -> None:
    page, _ = make(manager, "send", "publish")

    assert "Left out: send." in page
    assert AuditEntry.objects.get().detail == {
        "scopes": ["publish"],
        "topics": [],
        "opens_private": False,
        "may_broadcast": False,
    }


def test_if_all_is_left_out_no_key_is_made(manager: Client) -> None:
    page, key = make(manager, "send")

    assert "No key was created" in page
    assert key is None
    assert not AuditEntry.objects.exists()


def test_the_page_says_beforehand_what_takes_another_role(manager: Client, staff: Staff) -> None:
    boss = staff("boss", "view", "send", "broadcast", "manage")

    assert "can’t open inboxes or rooms" in text(manager.get(PATH))
    assert "needs the send role" in text(manager.get(PATH))
    assert "can’t open inboxes or rooms" not in text(boss.get(PATH))


def test_staff_who_revoke_a_key_see_what_it_had_scheduled(manager: Client) -> None:
    User.objects.create_user("alice")
    key = ApiKey.objects.create(name="ci", digest="x", scopes=["send"])
    notify(["user:alice"], "Later", send_at=timezone.now() + timedelta(hours=1), api_key=key)

    answer = manager.post(f"{PATH}{key.pk}/revoke", follow=True)

    assert "Scheduled sends put on hold: 1" in text(answer)
    assert Sending.objects.get().held_by == "manager"
    assert AuditEntry.objects.get().detail == {"held": 1}
