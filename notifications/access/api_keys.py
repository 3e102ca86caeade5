"""API keys: what a program shows to publish."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hub.errors import Problem, Refusal
from hub.topics import BadTopic, is_group
from hub.topics import user as user_topic
from notifications.access import held_sendings, names, users
from notifications.access.tokens import digest
from notifications.models import ApiKey, topic_patterns

SCOPES = ("send", "publish", "tokens", "read")
# A program that publishes all the time is asked about once in so long, which is also how long a revoked key
# still works where nothing tells of it.
KNOWN_S = 1.0
MAX_TOPICS = 100  # that one key names
TOLD = 20  # of the topics that are refused
known: dict[str, tuple[ApiKey, float]] = {}  # by digest; as many as there are keys
NOTED = timedelta(minutes=1)  # how exactly the last use of a key is known


class BadKey(Refusal, ValueError):
    """A key that cannot be made or revoked; the text says what to do."""


def create(
    name: str,
    scopes: Collection[str],
    text: str = "",
    topics: Collection[str] = (),
    *,
    opens_private: bool = True,
    may_broadcast: bool = True,
) -> str:
    """Make a key and give its text (``text``, if given), which is kept nowhere; raise `BadKey`.

    It is for these topics, or beginnings and ``*``, and the inboxes of people (``user:alice``); for all if
    there is none. What it opens and how far it sends besides: see `ApiKey`.
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
    ApiKey.objects.create(
        name=name,
        digest=digest(text),
        scopes=ordered,
        topics=named,
        opens_private=opens_private,
        may_broadcast=may_broadcast,
    )
    return text


def revoke(name: str, by: str = "") -> int:
    """End a key for ever, everywhere at once or within `KNOWN_S`, and hold what it had scheduled; give how
    many sendings that are. Raise `BadKey` if none has this name and works."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(name=name, revoked_at=None).first()
        if key is None:
            raise BadKey(f"No key that works is named {name!r}: see the list.", "no_such_key", name=name)
        held = held_sendings.hold(key, by)
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        transaction.on_commit(known.clear)
    return held


def forget_cached() -> None:
    """Look every key up again: someone's rights may have ended, perhaps a key's."""
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


def still_works(key: ApiKey) -> bool:
    """Whether a key works, asked in a transaction: until it ends nobody revokes the key."""
    return ApiKey.objects.select_for_update().filter(pk=key.pk, revoked_at=None).exists()


def check_inbox(key: ApiKey, user: User) -> None:
    """Raise a `Problem` of 403 if the key does not open the inbox of this person."""
    if not key.opens_inbox(user.pk):
        name = user.get_username()
        raise Problem(403, f"This key does not open {name}'s inbox: ask for one that names user:{name}.")


def check_topics(key: ApiKey, topics: Iterable[str]) -> None:
    """Raise a `Problem` of 403 that names those of these topics which the key may not write to.

    Rooms are given as people write them: a key may name one that it is to make.
    """
    if not key.topics:
        return
    written = names.written(topics)
    outside = [topic for topic in written if not key.covers(topic, written[topic])]
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
        # Of a group that is there, whatever it will be called; a beginning and * is of names.
        meant = [topic_patterns.check(_meant(topic)) for topic in names.groups_meant(list(topics))]
    except BadTopic as bad:
        raise BadKey(str(bad), bad.reason, **bad.values) from None
    there = names.groups(meant)
    for topic in meant:
        if is_group(topic) and topic not in there and not topic.endswith("*"):
            raise BadKey(
                f"There is no group for {topic!r}: make it first, or name a beginning and *.",
                "no_group",
                name=topic,
            )
    return list(dict.fromkeys(meant))


def _meant(said: str) -> str:
    """The topic of a person who is named as an address; anything else is a topic as it stands."""
    kind, _, name = said.partition(":")
    if kind not in ("user", "group") or not name:
        return said
    if kind == "user" and (user := users.named(name)) is not None:
        return user_topic(user.pk)
    raise BadKey(f"Unknown recipient {said[:80]!r}.", "unknown_recipient", name=said[:80])
