"""API keys, with which programs publish and read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hub.errors import Problem, Refusal
from hub.topics import BadTopic, is_group
from hub.topics import user as user_topic
from notifications.access import held_sendings, names, users
from notifications.access.tokens import digest
from notifications.models import ApiKey, topic_patterns
from notifications.user_model import User

SCOPES = ("send", "publish", "tokens", "read", "people", "manage")
# How long a key is trusted without a query: also how long a revoked key still works on an instance that has
# not received the `recheck`.
CACHE_S = 1.0
MAX_TOPICS = 100  # per key
MAX_TOPICS_LISTED = 20  # in a refusal
LAST_USED_RESOLUTION = timedelta(minutes=1)


class BadKey(Refusal, ValueError):
    """A key that cannot be created or revoked; the text says what to do."""


class KeyCache:
    """The keys that were looked up within `CACHE_S`, by digest; as many as there are keys."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[ApiKey, float]] = {}

    def get(self, digest: str) -> ApiKey | None:
        """The key, unless it has to be looked up (again)."""
        key, until = self._keys.get(digest, (None, 0.0))
        return key if until >= time.monotonic() else None

    def put(self, key: ApiKey) -> None:
        self._keys[key.digest] = key, time.monotonic() + CACHE_S

    def forget(self, digest: str) -> None:
        self._keys.pop(digest, None)

    def clear(self) -> None:
        self._keys.clear()


cache = KeyCache()


def create(
    name: str,
    scopes: Collection[str],
    text: str = "",
    topics: Collection[str] = (),
    *,
    opens_private: bool = True,
    may_broadcast: bool = True,
) -> str:
    """Create a key and return its text (``text``, if given), which is not stored; raise `BadKey`.

    ``topics`` are topics, prefixes with ``*``, and people (``user:alice``) whose inboxes it opens; none: all.
    For ``opens_private`` and ``may_broadcast`` see `ApiKey`.
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
    patterns = _patterns(topics)
    text = text or f"hub_{secrets.token_urlsafe(32)}"
    ordered = [scope for scope in SCOPES if scope in scopes]
    fields = {
        "digest": digest(text),
        "scopes": ordered,
        "topics": patterns,
        "opens_private": opens_private,
        "may_broadcast": may_broadcast,
    }
    _, made = ApiKey.objects.get_or_create(name=name, defaults=fields)
    if not made:
        raise BadKey(f"There is or was a key named {name!r}: give another name.", "key_name_taken", name=name)
    return text


def revoke(name: str, by: str = "") -> int:
    """Revoke a key for good, on all instances at once or within `CACHE_S`, and hold what it had scheduled.

    Returns the number of sendings held. Raises `BadKey` if no active key has this name.
    """
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(name=name, revoked_at=None).first()
        if key is None:
            raise BadKey(f"There is no active key named {name!r}: see the list.", "no_such_key", name=name)
        held = held_sendings.hold(key, by)
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        transaction.on_commit(cache.clear)
    return held


def forget_cached() -> None:
    """Look every key up again: someone's rights may have ended, perhaps a key's."""
    cache.clear()


def check(text: str, scope: str) -> ApiKey:
    """The key with this text, if it has the scope; raise a `Problem` of 401 or 403."""
    key_digest = digest(text)
    key = cache.get(key_digest) or _look_up([key_digest]).get(key_digest)
    if key is None:
        raise Problem(401, "This API key is unknown or revoked: use another one.")
    check_scope(key, scope)
    if _used_long_ago(key):
        now = timezone.now()
        long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
        ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return key


def check_each(texts: Collection[str], scope: str) -> dict[str, ApiKey | Problem]:
    """What `check` returns or raises, by text; one query looks all keys up."""
    _look_up([digest(text) for text in texts])
    found: dict[str, ApiKey | Problem] = {}
    for text in texts:
        try:
            found[text] = check(text, scope)
        except Problem as refused:
            found[text] = refused
    return found


def known(text: str, scope: str) -> ApiKey | None:
    """The key with this text, if it was looked up within `CACHE_S` and its use is recorded, without a query;
    raise a `Problem` of 403 if it does not have the scope."""
    key = cache.get(digest(text))
    if key is None or _used_long_ago(key):
        return None
    check_scope(key, scope)
    return key


def check_scope(key: ApiKey, scope: str) -> None:
    """Raise a `Problem` of 403 if a key does not have a scope."""
    if scope not in key.scopes:
        raise Problem(403, f"This API key does not have the scope {scope}: use one that has it.")


def still_works(key: ApiKey) -> bool:
    """Whether a key is active; locks it, so that it is not revoked before the transaction ends."""
    return ApiKey.objects.select_for_update().filter(pk=key.pk, revoked_at=None).exists()


def check_inbox(key: ApiKey, user: User) -> None:
    """Raise a `Problem` of 403 if the key does not open the inbox of this person."""
    if not key.opens_inbox(user.pk):
        name = user.get_username()
        raise Problem(403, f"This API key does not open {name}'s inbox: use one that includes user:{name}.")


def check_topics(key: ApiKey, topics: Iterable[str]) -> None:
    """Raise a `Problem` of 403 that lists the topics which the key may not publish to.

    Rooms are given by name: a key may include one that does not exist yet.
    """
    if not key.topics:
        return
    written = names.written(topics)
    outside = [topic for topic in written if not key.covers(topic, written[topic])]
    if outside:
        raise Problem(
            403,
            "This API key may not publish to these topics: use one that may.",
            topics=outside[:MAX_TOPICS_LISTED],
        )


def _patterns(topics: Collection[str]) -> list[str]:
    if len(topics) > MAX_TOPICS:
        raise BadKey(
            f"At most {MAX_TOPICS} topics per key: use a prefix with *.", "many_key_topics", most=MAX_TOPICS
        )
    try:
        # A group is stored by id, and so survives a rename; a prefix with * matches names.
        patterns = [topic_patterns.check(_resolved(topic)) for topic in names.groups_meant(list(topics))]
    except BadTopic as bad:
        raise BadKey(str(bad), bad.reason, **bad.values) from None
    existing = names.groups(patterns)
    for topic in patterns:
        if is_group(topic) and topic not in existing and not topic.endswith("*"):
            raise BadKey(
                f"There is no group for {topic!r}: create it first, or use a prefix with *.",
                "no_group",
                name=topic,
            )
    return list(dict.fromkeys(patterns))


def _resolved(address: str) -> str:
    """The topic of a person's address (``user:alice``); anything else is a topic already."""
    kind, _, name = address.partition(":")
    if kind not in ("user", "group") or not name:
        return address
    if kind == "user" and (user := users.named(name)) is not None:
        return user_topic(user.pk)
    raise BadKey(f"Unknown recipient {address[:80]!r}.", "unknown_recipient", name=address[:80])


def _look_up(digests: Collection[str]) -> dict[str, ApiKey]:
    """The active keys with these digests, which are cached from now on; the others no longer."""
    found = {key.digest: key for key in ApiKey.objects.filter(digest__in=digests, revoked_at=None)}
    for key_digest in digests:
        if key_digest in found:
            cache.put(found[key_digest])
        else:
            cache.forget(key_digest)
    return found


def _used_long_ago(key: ApiKey) -> bool:
    return key.last_used_at is None or key.last_used_at < timezone.now() - LAST_USED_RESOLUTION
