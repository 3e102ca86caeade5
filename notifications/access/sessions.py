"""Sessions that still hold: of after the last sign-out everywhere, and under the password of today."""

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

SIGNED_IN_AT = "hub.signed_in_at"  # a Unix time, in the session


class Authentication(AuthenticationMiddleware):
    """As Django's, but that a session which ended everywhere is none, in the one question for the person."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _reader(request))  # type: ignore[assignment]
        request.auser = lambda: sync_to_async(_reader)(request)


def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Note when it was, as a receiver of Django's signal."""
    request.session[SIGNED_IN_AT] = endings.after(time.time(), endings.of_sessions(user.pk))


def signed_in_at(session: Mapping[str, Any]) -> float:
    """When (Unix time) this session began; 0.0 if it does not say."""
    at: float = session.get(SIGNED_IN_AT, 0.0)
    return at


def holds(user: User, session: Mapping[str, Any], ended_at: datetime | None) -> bool:
    """Whether a person is still signed in by what a session bears, as `django.contrib.auth.get_user` decides
    it; those that began up to ``ended_at`` have ended."""
    return stamped(user, session.get(HASH_SESSION_KEY, "")) and not endings.ended(
        signed_in_at(session), ended_at
    )


def stamped(user: User, stamp: str) -> bool:
    """Whether this was made under their password of now, by the secret of now or one still believed."""
    stamps = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(stamp, known) for known in stamps)


def _reader(request: HttpRequest) -> User | AnonymousUser:
    session = request.session
    if SESSION_KEY not in session:
        return AnonymousUser()
    here = User.objects.filter(is_active=True).annotate(ended_at=F("ending__sessions_at"))
    user = here.filter(pk=int(session[SESSION_KEY])).first()
    if user is None:
        return AnonymousUser()
    if not holds(user, session, user.ended_at):
        session.flush()
        return AnonymousUser()
    stamp = user.get_session_auth_hash()
    if session[HASH_SESSION_KEY] != stamp:
        # Made under a secret that another has followed; it outlives that one now.
        session[HASH_SESSION_KEY] = stamp
    return user
