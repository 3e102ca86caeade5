from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from notifications.access.roles import PERMISSIONS, Role

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    """Somebody who was here before anything was sent."""

    def make(name: str) -> User:
        return User.objects.create_user(name, date_joined=LONG_AGO)

    return make


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """The browser of somebody on the staff who has these roles."""

    def make(name: str, *roles: Role) -> Client:
        user = User.objects.create_user(name, is_staff=True, date_joined=LONG_AGO)
        user.user_permissions.set(
            Permission.objects.filter(codename__in=[PERMISSIONS[role] for role in roles])
        )
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def viewer(staff: Callable[..., Client]) -> Client:
    return staff("viewer", "view")


@pytest.fixture
def sender(staff: Callable[..., Client]) -> Client:
    return staff("sender", "view", "send")


@pytest.fixture
def broadcaster(staff: Callable[..., Client]) -> Client:
    return staff("broadcaster", "view", "send", "broadcast")


@pytest.fixture
def manager(staff: Callable[..., Client]) -> Client:
    return staff("manager", "view", "manage")
