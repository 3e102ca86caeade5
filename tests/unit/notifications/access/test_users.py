"""A user is found by name, and what no name can be finds none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from notifications.access import users

pytestmark = pytest.mark.django_db


def test_a_user_is_found_by_name() -> None:
    alice = User.objects.create_user("alice")

    assert users.named("alice") == users.active("alice") == alice
    assert users.named("Alice") is None


def test_a_deactivated_user_is_found_but_not_as_active() -> None:
    alice = User.objects.create_user("alice", is_active=False)

    assert users.named("alice") == alice
    assert users.active("alice") is None


@pytest.mark.parametrize("name", ["", "al\0ice", "\ud800", "a\nb", "x" * 10_000])
def test_what_no_name_can_be_finds_none(name: str) -> None:
    assert users.named(name) is None
