"""Which sessions are valid: signed in after the last sign-out everywhere, under the current password."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from notifications import user_model
from notifications.access import endings
from notifications.access.lookups import session_data
from notifications.models import RevokedToken
from notifications.user_model import Key, User

SIGNED_IN_AT = "hub.signed_in_at"  # session key: a Unix time
MAX_ENDING_ID = 100  # characters, as of a token's id


class Authentication(AuthenticationMiddleware):
    """Django's middleware, except that a session which was ended everywhere is anonymous; in one query."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]
        request.auser = lambda: sync_to_async(_user)(request)


def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`: records the time in the session."""
    request.session[SIGNED_IN_AT] = endings.issue_time(time.time(), endings.sessions_ended_at(user.pk))


def signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Receiver of `user_logged_out`: ends a session that is in no table, and so goes without a signal; one in
    a cookie would even stay valid."""
    if user is None or session_data.model() is not None:
        return
    if session_id := ending_id(user.pk, request.session):
        until = timezone.now() + timedelta(seconds=request.session.get_expiry_age())
        endings.end_token(session_id, user.pk, until)


def ending_id(user: Key, session: Mapping[str, Any]) -> str:
    """What a session that is in no table is ended by; empty if it began before the hub was there."""
    at = signed_in_at(session)
    return f"session-{user}-{at!r}"[:MAX_ENDING_ID] if at else ""


def alive(people: Mapping[str, Key]) -> set[str]:
    """Those of these sessions (by key, with the key of their user) that have neither expired nor ended."""
    model = session_data.model()
    if model is not None:
        rows = model.objects.filter(session_key__in=people.keys(), expire_date__gt=timezone.now())
        return set(rows.values_list("session_key", flat=True))
    found = session_data.of(people.keys())
    ended = ended_ones((people[key], session) for key, session in found.items())
    return {key for key, session in found.items() if ending_id(people[key], session) not in ended}


def ended_ones(sessions: Iterable[tuple[Key, Mapping[str, Any]]]) -> set[str]:
    """The `ending_id` of those of these sessions that were ended; no query for sessions in a table."""
    if session_data.model() is not None:
        return set()
    ids = [id for user, session in sessions if (id := ending_id(user, session))]
    return set(RevokedToken.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def signed_in_at(session: Mapping[str, Any]) -> float:
    """The Unix time at which this session began; 0.0 if unknown."""
    at: float = session.get(SIGNED_IN_AT, 0.0)
    return at


def is_valid(user: User, session: Mapping[str, Any], ended_at: datetime | None) -> bool:
    """Whether this session data still signs the user in, by the rule of `django.contrib.auth.get_user`;
    sessions that began up to ``ended_at`` have ended."""
    return (
        hash_matches(user, session.get(HASH_SESSION_KEY, ""))
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and not endings.ended(signed_in_at(session), ended_at)
    )


def hash_matches(user: User, session_hash: str) -> bool:
    """Whether the hash is of the current password, by `SECRET_KEY` or one of its fallbacks."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(session_hash, accepted) for accepted in hashes)


def _user(request: HttpRequest) -> User | AnonymousUser:
    session = request.session
    if SESSION_KEY not in session:
        return AnonymousUser()
    active: Any = user_model.active_users().annotate(ended_at=F("ending__sessions_at"))
    user: User | None = active.filter(pk=user_model.key_of(session[SESSION_KEY])).first()
    if user is None:
        return AnonymousUser()
    ended_at: datetime | None = getattr(user, "ended_at")  # noqa: B009
    if not is_valid(user, session, ended_at) or ended_ones([(user.pk, session)]):
        session.flush()
        return AnonymousUser()
    current = user.get_session_auth_hash()
    if session[HASH_SESSION_KEY] != current:
        # Made with a fallback of the secret: renewed, so that it outlives the fallback.
        session[HASH_SESSION_KEY] = current
    return user
