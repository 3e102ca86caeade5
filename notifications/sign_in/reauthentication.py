"""Asked again who one is, by somebody who has been signed in for long."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from notifications.access import second_factor
from notifications.access.sessions import SIGNED_IN_AT
from notifications.sign_in import attempts

PROVED_AT = "hub.proved_at"  # in a session: a Unix time


def fresh(request: HttpRequest) -> bool:
    """Whether it was asked no longer than `HUB_REAUTH_S` ago."""
    session = request.session
    at = max(session.get(SIGNED_IN_AT, 0.0), session.get(PROVED_AT, 0.0))
    return bool(time.time() - at < settings.HUB_REAUTH_S)


def prove(request: HttpRequest, given: str, *, code_too: bool = True) -> bool:
    """Whether this is their password, or a code of their second factor; raise `attempts.TooMany`."""
    user: Any = request.user
    attempt = attempts.begin("password", user.get_username(), request.META.get("REMOTE_ADDR", ""))
    # Codes have six digits, and a password may as well.
    right = user.check_password(given)
    if not right and code_too and second_factor.enrolled(user):
        right = second_factor.verify(user, given) is not None
    if not right:
        attempt.failed()
        return False
    attempt.succeeded()
    request.session[PROVED_AT] = time.time()
    return True
