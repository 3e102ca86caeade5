"""API keys: what a program shows to publish."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hub.problems import Problem
from notifications.models import ApiKey
from notifications.tokens import digest

SCOPES = ("send", "publish", "tokens", "read")
# A program that publishes all the time is asked about once in so long, which is also how long a revoked
# key still works.
KNOWN_S = 1.0
known: dict[str, tuple[ApiKey, float]] = {}  # by digest; as many as there are keys
NOTED = timedelta(minutes=1)  # how exactly the last use of a key is known


class BadKey(ValueError):
    """A key that cannot be made or revoked; the text says what to do."""


def create(name: str, scopes: Collection[str], text: str = "") -> str:
    """Make a key and give its text (``text``, if given), which is kept nowhere; raise `BadKey`."""
    unknown = sorted(set(scopes).difference(SCOPES))
    if unknown or not scopes:
        raise BadKey(f"Give scopes out of {', '.join(SCOPES)}, not {', '.join(unknown) or 'none'}.")
    if not name.isprintable() or not 1 <= len(name) <= 100:
        raise BadKey("Give a name of 1 to 100 printable characters.")
    if ApiKey.objects.filter(name=name).exists():
        raise BadKey(f"There is or was a key named {name!r}: give another name.")
    text = text or f"hub_{secrets.token_urlsafe(32)}"
    ApiKey.objects.create(name=name, digest=digest(text), scopes=[s for s in SCOPES if s in scopes])
    return text


def revoke(name: str) -> None:
    """End a key for ever, everywhere within `KNOWN_S`; raise `BadKey` if none has this name and works."""
    if not ApiKey.objects.filter(name=name, revoked_at=None).update(revoked_at=timezone.now()):
        raise BadKey(f"No key that works is named {name!r}: see the list.")
    known.clear()


def check(text: str, scope: str) -> ApiKey:
    """The key with this text, if it has the scope; raise a `Problem` of 401 or 403."""
    wanted = digest(text)
    key, until = known.get(wanted, (None, 0.0))
    if key is None or until < time.monotonic():
        key = ApiKey.objects.filter(digest=wanted, revoked_at=None).first()
        if key is None or not constant_time_compare(key.digest, wanted):
            known.pop(wanted, None)
            raise Problem(401, "This key is unknown or revoked: ask for another.")
        known[wanted] = key, time.monotonic() + KNOWN_S
    if scope not in key.scopes:
        raise Problem(403, f"This key lacks the scope {scope}: ask for one that has it.")
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - NOTED:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED)
        ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return key
