"""Two-factor authentication: time-based codes of an authenticator app (TOTP), and recovery codes.

Each recovery code works once, for people who have lost the app.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import segno
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django_otp import DEVICE_ID_SESSION_KEY

from notifications import user_model
from notifications.user_model import User

RECOVERY_CODES = 10
DIGITS = 6


@cache
def installed() -> bool:
    """Whether the project has django-otp's apps, which keep the devices."""
    return all(apps.is_installed(f"django_otp.plugins.{name}") for name in ("otp_totp", "otp_static"))


def enabled() -> bool:
    """Whether `HUB_SECOND_FACTOR` allows second factors, and the project has them."""
    return bool(settings.HUB_SECOND_FACTOR != "off") and installed()


def _totp() -> Any:
    return apps.get_model("otp_totp", "TOTPDevice")


def _static(name: str = "StaticDevice") -> Any:
    return apps.get_model("otp_static", name)


def enrolled(user: User) -> bool:
    """Whether this user has a confirmed second factor, and it is enabled."""
    return enabled() and _totp().objects.filter(user=user, confirmed=True).exists()


def needed() -> bool:
    """Whether `HUB_SECOND_FACTOR` requires one of staff."""
    return bool(settings.HUB_SECOND_FACTOR == "staff") and installed()


def required(request: HttpRequest) -> bool:
    """Whether this session still has to pass the second factor that `HUB_SECOND_FACTOR` requires of staff."""
    user: Any = request.user
    if not needed() or not user_model.is_staff(user):
        return False
    device_id = str(request.session.get(DEVICE_ID_SESSION_KEY, ""))
    model, _, id = device_id.partition("/")
    devices = {"otp_totp.totpdevice": _totp(), "otp_static.staticdevice": _static()}.get(model)
    return devices is None or not devices.objects.filter(pk=id, user=user, confirmed=True).exists()


def pending_device(user: User) -> Any:
    """The unconfirmed device that a user is about to enrol; the same one until they do."""
    device, _ = _totp().objects.get_or_create(user=user, confirmed=False, defaults={"name": "app"})
    return device


def qr_code(device: Any) -> str:
    """The QR code for the app, as inline SVG."""
    drawn: str = segno.make(device.config_url, micro=False).svg_inline(
        border=3, light="#fff", svgclass="code", lineclass=None, omitsize=True
    )
    return drawn


@transaction.atomic
def enrol(user: User, code: str) -> tuple[Any, list[str]] | None:
    """The confirmed device and the recovery codes, which are not stored; None for a wrong code."""
    device = _totp().objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(_plain(code)):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    _totp().objects.filter(user=user).exclude(pk=device.pk).delete()
    return device, renew(user)


@transaction.atomic
def renew(user: User) -> list[str]:
    """New recovery codes; the old ones stop working."""
    _static().objects.filter(user=user).delete()
    paper = _static().objects.create(user=user, name="paper")
    token = _static("StaticToken")
    codes: list[str] = [token.random_token() for _ in range(RECOVERY_CODES)]
    token.objects.bulk_create(token(device=paper, token=code) for code in codes)
    return codes


@transaction.atomic
def verify(user: User, code: str) -> Any:
    """The device of this code, which is used up; None for a wrong code."""
    plain = _plain(code)
    device: Any
    for devices in (_totp(),) if plain.isdecimal() and len(plain) == DIGITS else (_static(),):
        device = devices.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is not None and device.verify_token(plain):
            return device
    return None


@transaction.atomic
def remove(user: User) -> bool:
    """Delete the second factor; return whether there was one."""
    if not installed():
        return False
    had: bool = _totp().objects.filter(user=user, confirmed=True).exists()
    for devices in (_totp(), _static()):
        devices.objects.filter(user=user).delete()
    return had


def _plain(code: str) -> str:
    """The code as stored, without spaces, dashes and capitals."""
    return "".join(code.split()).replace("-", "").lower()[:16]
