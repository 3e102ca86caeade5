"""Records sign-ins, sign-outs, failed sign-ins and password changes in the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.http import HttpRequest

from notifications import user_model
from notifications.access import actor, audit, users
from notifications.user_model import User


def connect_signals() -> None:
    user_logged_in.connect(_in, dispatch_uid="hub.audit.in")
    user_logged_out.connect(_out, dispatch_uid="hub.audit.out")
    user_login_failed.connect(_failed, dispatch_uid="hub.audit.failed")
    post_save.connect(_saved, sender=get_user_model(), dispatch_uid="hub.audit.password")


def _in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    if address := _address(request):
        device = getattr(user, "otp_device", None)
        how = {"second_factor": device.name} if device else {}
        audit.note("login", actor=user, address=address, **how)


def _out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None and (address := _address(request)):
        audit.note("logout", actor=user, address=address)


def _failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if address := _address(request):
        # An unknown username may be a password in the wrong field: not recorded.
        name = str(credentials.get("username") or credentials.get(user_model.name_field(), ""))
        known = users.named(name) is not None
        audit.sample("login-failed", name if known else "", address=address)


def _saved(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    # Django sets `_password` when a new password is saved, but not when it only upgrades the hash.
    if not created and getattr(instance, "_password", None) is not None:
        audit.note(
            "change-password", instance.get_username(), person=user_model.in_json(instance.pk), **actor.who()
        )


def _address(request: HttpRequest | None) -> str:
    """The client's address; "" when a program signs someone in without a request."""
    return "" if request is None else str(request.META.get("REMOTE_ADDR", ""))
