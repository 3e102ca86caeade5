"""Which sessions are valid: signed in after the last sign-out everywhere, under the current password."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from notifications.access import endings

SIGNED_IN_AT = "hub.signed_in_at"  # session key: a Unix time


class Authentication(AuthenticationMiddleware):
    """Django's middleware, except that a session which was ended everywhere is anonymous; in one query."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]
        request.auser = lambda: sync_to_async(_user)(request)


def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`: records the time in the session."""
    request.session[SIGNED_IN_AT] = endings.issue_time(time.time(), endings.sessions_ended_at(user.pk))


def signed_in_at(session: Mapping[str, Any]) -> float:
    """The Unix time at which this session began; 0.0 if unknown."""
    at: float = session.get(SIGNED_IN_AT, 0.0)
    return at


def is_valid(user: User, session: Mapping[str, Any], ended_at: datetime | None) -> bool:
    """Whether this session data still signs the user in, by the rule of `django.contrib.auth.get_user`;
    sessions that began up to ``ended_at`` have ended."""
    return hash_matches(user, session.get(HASH_SESSION_KEY, "")) and not endings.ended(
        signed_in_at(session), ended_at
    )


def hash_matches(user: User, session_hash: str) -> bool:
    """Whether the hash is of the current password, by `SECRET_KEY` or one of its fallbacks."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(session_hash, accepted) for accepted in hashes)


def _user(request: HttpRequest) -> User | AnonymousUser:
    session = request.session
    if SESSION_KEY not in session:
        return AnonymousUser()
    active = User.objects.filter(is_active=True).annotate(ended_at=F("ending__sessions_at"))
    user = active.filter(pk=int(session[SESSION_KEY])).first()
    if user is None:
        return AnonymousUser()
    if not is_valid(user, session, user.ended_at):
        session.flush()
        return AnonymousUser()
    current = user.get_session_auth_hash()
    if session[HASH_SESSION_KEY] != current:
        # Made with a fallback of the secret: renewed, so that it outlives the fallback.
        session[HASH_SESSION_KEY] = current
    return user
