"""Something that a person has, beside the password they know: an app that tells codes of the time.

Beside it stand codes on paper, each of which works once: for whoever has lost the app.
"""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

CODES = 10  # on paper
DIGITS = 6


def on() -> bool:
    return bool(settings.HUB_SECOND_FACTOR != "off")


def enrolled(user: User) -> bool:
    """Whether this person has a second factor, and is asked for it."""
    return on() and TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def owed(request: HttpRequest) -> bool:
    """Whether this session has yet to show what `HUB_SECOND_FACTOR` demands of staff."""
    user: Any = request.user
    if settings.HUB_SECOND_FACTOR != "staff" or not user.is_staff:
        return False
    shown = str(request.session.get(DEVICE_ID_SESSION_KEY, ""))
    model, _, id = shown.partition("/")
    devices: Any = {"otp_totp.totpdevice": TOTPDevice, "otp_static.staticdevice": StaticDevice}.get(model)
    return devices is None or not devices.objects.filter(pk=id, user=user, confirmed=True).exists()


def begun(user: User) -> TOTPDevice:
    """What a person is about to enrol; the same until they have."""
    device: TOTPDevice
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "app"})
    return device


def picture(device: TOTPDevice) -> str:
    """What an app's camera reads, as an SVG to put into a page."""
    drawn: str = segno.make(device.config_url, micro=False).svg_inline(
        border=3, light="#fff", svgclass="code", lineclass=None, omitsize=True
    )
    return drawn


@transaction.atomic
def enrol(user: User, code: str) -> tuple[TOTPDevice, list[str]] | None:
    """The device, if it tells this code, and the codes for paper, which are never shown again."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(_plain(code)):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
    return device, renew(user)


@transaction.atomic
def renew(user: User) -> list[str]:
    """New codes for paper; those before work no more."""
    StaticDevice.objects.filter(user=user).delete()
    paper = StaticDevice.objects.create(user=user, name="paper")
    codes = [StaticToken.random_token() for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=paper, token=code) for code in codes)
    return codes


@transaction.atomic
def verified(user: User, code: str) -> Any:
    """The device that this code is of; it works no second time."""
    plain = _plain(code)
    for devices in (TOTPDevice,) if plain.isdecimal() and len(plain) == DIGITS else (StaticDevice,):
        device: Any = devices.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is not None and device.verify_token(plain):
            return device
    return None


@transaction.atomic
def remove(user: User) -> bool:
    """Whether there was one."""
    had: bool = TOTPDevice.objects.filter(user=user, confirmed=True).exists()
    for devices in (TOTPDevice, StaticDevice):
        devices.objects.filter(user=user).delete()
    return had


def _plain(code: str) -> str:
    """As it is kept, however it was typed off."""
    return "".join(code.split()).replace("-", "").lower()[:16]
