"""Before very many are reached: the role for it, and their number typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from notifications.models import Notification
from tests.unit.notifications.dashboard.forms import acts, nothing_done, press, text


@pytest.fixture
def large_group(db: None, settings: Any) -> Group:
    """A group of three where two are still few."""
    settings.HUB_CONFIRM_ABOVE = 2
    group = Group.objects.create(name="crowd")
    for name in ("alice", "bob", "carol"):
        group.user_set.add(User.objects.create_user(name))
    return group


@pytest.mark.parametrize("typed", ["", "2", "4", "three", "-3", "3.0", "9" * 5000])
def test_a_wrong_number_sends_nothing(broadcaster: Client, large_group: Group, typed: str) -> None:
    answer = press(broadcaster, "send", to="group:crowd", confirm=typed)

    assert answer.status_code == 422
    assert "Not sent. Type 3 to confirm." in text(answer)
    assert nothing_done()


def test_the_right_number_sends(broadcaster: Client, large_group: Group) -> None:
    answer = press(broadcaster, "send", to="group:crowd", confirm=" 3 ")

    assert answer.status_code == 302
    assert Notification.objects.get().topic == f"group-{large_group.pk}"
    assert acts() == ["send"]


def test_few_need_no_number(sender: Client, large_group: Group) -> None:
    assert press(sender, "send", to="user:alice\nuser:bob").status_code == 302


def test_everyone_needs_the_number_however_few(broadcaster: Client) -> None:
    assert press(broadcaster, "send", to="everyone").status_code == 422
    assert press(broadcaster, "send", to="everyone", confirm="1").status_code == 302


@pytest.mark.parametrize("to", ["group:crowd", "everyone", "user:alice, user:bob, user:carol"])
def test_who_may_only_send_to_few_is_refused_whatever_they_type(
    sender: Client, large_group: Group, to: str
) -> None:
    people = "4" if to == "everyone" else "3"

    answer = press(sender, "send", to=to, confirm=people)

    assert answer.status_code == 403
    assert "You need the “broadcast” role" in text(answer)
    assert 'value="send"' not in answer.content.decode()
    assert nothing_done()
