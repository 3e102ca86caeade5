"""Who asks, as Django finds it, but for a session that was signed in under the secret before."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject


def stamped(user: User, stamp: str) -> bool:
    """Whether a session bears this person's stamp, by the secret of now or one that is still believed."""
    stamps = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(stamp, known) for known in stamps)


class Authentication(AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SECRET_KEY_FALLBACKS:
            request.user = SimpleLazyObject(partial(_user, request))  # type: ignore[assignment]


def _user(request: HttpRequest) -> Any:
    """Django would give the session another key, which ends every stream that is open by it."""
    session = request.session
    stamp, id = session.get(HASH_SESSION_KEY, ""), session.get(SESSION_KEY)
    user = User.objects.filter(pk=id).first() if stamp and id else None
    if user is not None and stamped(user, stamp) and stamp != user.get_session_auth_hash():
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    return get_user(request)
