"""API keys: what a program shows to publish."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hub.problems import Problem, Refusal
from hub.topics import BadTopic
from notifications import patterns
from notifications.models import ApiKey
from notifications.tokens import digest

SCOPES = ("send", "publish", "tokens", "read")
# A program that publishes all the time is asked about once in so long, which is also how long a revoked
# key still works.
KNOWN_S = 1.0
MAX_TOPICS = 100  # that one key names
TOLD = 20  # of the topics that are refused
known: dict[str, tuple[ApiKey, float]] = {}  # by digest; as many as there are keys
NOTED = timedelta(minutes=1)  # how exactly the last use of a key is known


class BadKey(Refusal, ValueError):
    """A key that cannot be made or revoked; the text says what to do."""


def create(name: str, scopes: Collection[str], text: str = "", topics: Collection[str] = ()) -> str:
    """Make a key and give its text (``text``, if given), which is kept nowhere; raise `BadKey`.

    It may write to these topics, or beginnings and ``*``; to all if there is none.
    """
    unknown = sorted(set(scopes).difference(SCOPES))
    if unknown or not scopes:
        raise BadKey(
            f"Give scopes out of {', '.join(SCOPES)}, not {', '.join(unknown) or 'none'}.",
            "unknown_scopes" if unknown else "no_scope",
            known=", ".join(SCOPES),
            unknown=", ".join(unknown),
        )
    if not name.isprintable() or not 1 <= len(name) <= 100:
        raise BadKey("Give a name of 1 to 100 printable characters.", "bad_key_name")
    if ApiKey.objects.filter(name=name).exists():
        raise BadKey(f"There is or was a key named {name!r}: give another name.", "key_name_taken", name=name)
    named = _patterns(topics)
    text = text or f"hub_{secrets.token_urlsafe(32)}"
    ordered = [scope for scope in SCOPES if scope in scopes]
    ApiKey.objects.create(name=name, digest=digest(text), scopes=ordered, topics=named)
    return text


def revoke(name: str) -> None:
    """End a key for ever, everywhere within `KNOWN_S`; raise `BadKey` if none has this name and works."""
    if not ApiKey.objects.filter(name=name, revoked_at=None).update(revoked_at=timezone.now()):
        raise BadKey(f"No key that works is named {name!r}: see the list.", "no_such_key", name=name)
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


def check_topics(key: ApiKey, topics: Iterable[str]) -> None:
    """Raise a `Problem` of 403 that names those of these topics which the key may not write to."""
    outside = [topic for topic in topics if not key.covers(topic)]
    if outside:
        raise Problem(
            403, "This key may not write to these topics: ask for one that may.", topics=outside[:TOLD]
        )


def _patterns(topics: Collection[str]) -> list[str]:
    if len(topics) > MAX_TOPICS:
        raise BadKey(
            f"At most {MAX_TOPICS} topics a key: name a beginning and *.", "many_key_topics", most=MAX_TOPICS
        )
    try:
        return [patterns.check(topic) for topic in dict.fromkeys(topics)]
    except BadTopic as bad:
        raise BadKey(str(bad), bad.reason, **bad.values) from None
