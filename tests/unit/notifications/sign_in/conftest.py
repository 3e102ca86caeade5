from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from notifications.access.roles import PERMISSIONS

PASSWORD = "correct-horse-battery"
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def boss(db: None) -> User:
    """Staff with every role."""
    user = User.objects.create_user("boss", password=PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS.values()))
    return user


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the time on for whoever counts attempts."""
    from django.utils import timezone

    from notifications.sign_in import attempts

    moved = [0.0]
    now = timezone.now

    class Clock:
        @staticmethod
        def now() -> Any:
            return now() + timezone.timedelta(seconds=moved[0])  # type: ignore[attr-defined]

    monkeypatch.setattr(attempts, "timezone", Clock)

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


def sign_in(
    client: Client, password: str = PASSWORD, *, name: str = "alice", at: str = HERE, **more: Any
) -> HttpResponse:
    form = {"username": name, "password": password}
    answer: HttpResponse = client.post("/accounts/login/", form, REMOTE_ADDR=at, **more)  # type: ignore[assignment]
    return answer


def enrol(user: User) -> TOTPDevice:
    device: TOTPDevice = TOTPDevice.objects.create(user=user, name="app", confirmed=True)
    return device


def code(device: TOTPDevice, later: int = 0) -> str:
    """What the app shows now, or some steps later; never one that was used."""
    import time

    device.refresh_from_db()
    now = int(time.time()) // device.step
    step = max(now, device.last_t + 1) + later
    return f"{totp(device.bin_key, step=1, t0=0, drift=step - int(time.time())):06d}"
