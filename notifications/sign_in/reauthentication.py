"""Asks a user for their password or code again before a critical act."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from notifications.access import second_factor
from notifications.access.sessions import SIGNED_IN_AT
from notifications.sign_in import attempts

PROVED_AT = "hub.proved_at"  # session key: a Unix time


def fresh(request: HttpRequest) -> bool:
    """Whether the user signed in or was asked within the last `HUB_REAUTH_S`."""
    session = request.session
    at = max(session.get(SIGNED_IN_AT, 0.0), session.get(PROVED_AT, 0.0))
    return bool(time.time() - at < settings.HUB_REAUTH_S)


def prove(request: HttpRequest, secret: str, *, code_too: bool = True) -> bool:
    """Whether this is the user's password or a code of their second factor; raise `TooManyAttempts`."""
    user: Any = request.user
    attempt = attempts.begin("password", user.get_username(), request.META.get("REMOTE_ADDR", ""))
    # Six digits may be a code or a password: both are tried.
    right = user.check_password(secret)
    if not right and code_too and second_factor.enrolled(user):
        right = second_factor.verify(user, secret) is not None
    if not right:
        attempt.failed()
        return False
    attempt.succeeded()
    request.session[PROVED_AT] = time.time()
    return True
