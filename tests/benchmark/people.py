"""Those who read: users, and what each of them shows at the door. Needs Django to be set up."""

from __future__ import annotations

import functools
from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from notifications.access import api_keys, tokens
from notifications.models import ApiKey, Grant

BACKEND = "django.contrib.auth.backends.ModelBackend"

_users: list[User] = []


def users(number: int) -> list[User]:
    """The first so many; those that are missing are made."""
    if number > len(_users):
        new = [User(username=f"reader-{k}", password="!") for k in range(len(_users), number)]
        _users.extend(User.objects.bulk_create(new, batch_size=1000))
    return _users[:number]


def token(user: User, topic: str) -> str:
    """As the API gives it out, without the row for the ticket that nobody will use."""
    return tokens.sign(tokens.claims(user, (topic,), 3600, key=program()))


@functools.cache
def program() -> int:
    """The key that gives tokens out, by id."""
    api_key()
    return ApiKey.objects.get(name="benchmark").pk


def sessions(some: list[User]) -> list[str]:
    """A session's key for each."""
    store = SessionStore()
    rows = []
    for user in some:
        said = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        key = f"bench{user.pk:027d}"
        until = timezone.now() + timedelta(hours=1)
        rows.append(Session(session_key=key, session_data=store.encode(said), expire_date=until))
    Session.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return [row.session_key for row in rows]


@functools.cache
def api_key() -> str:
    return api_keys.create("benchmark", api_keys.SCOPES, "benchmark-key")


@functools.cache
def boss() -> str:
    """The session of somebody who may do everything."""
    return sessions([User.objects.create_superuser("boss", password="!")])[0]


@functools.cache
def let_in() -> None:
    """Whoever is signed in may read the benchmark's topics."""
    Grant.objects.create(group=None, pattern="bench-*")
