"""Patterns of policies: a live topic, or a prefix of live topics with ``*``."""

from __future__ import annotations

from hub import topics
from hub.errors import Refusal

# What begins with one of these has rules of its own: inboxes, rooms, and the topics of the hub itself.
RESERVED = (topics.EVERYONE, "user-", "group-", "room-", "staff-", "hub.")


class BadPattern(Refusal, ValueError):
    """Not a pattern that a policy may have; the text says what to do."""


def check(pattern: str) -> str:
    """Return ``pattern``. Raises `BadPattern`."""
    prefix = pattern.removesuffix("*")
    try:
        topics.check(prefix)
    except topics.BadTopic:
        raise BadPattern(
            f"{pattern[:60]!r} is neither a topic nor a prefix with * at its end: use job-42, or job-* "
            "for all topics that begin with job-.",
            "bad_pattern",
            name=pattern[:60],
        ) from None
    for reserved in RESERVED:
        if _meets(pattern, prefix, reserved):
            raise BadPattern(
                f"{pattern[:60]!r} covers {reserved}…, which is reserved for inboxes, rooms and the hub "
                "itself: use a name of your own.",
                "reserved_pattern",
                name=pattern[:60],
            )
    return pattern


def _meets(pattern: str, prefix: str, reserved: str) -> bool:
    """Whether a topic may match the pattern and be a reserved one."""
    if pattern != prefix and reserved.startswith(prefix):
        return True
    return pattern == reserved if reserved == topics.EVERYONE else prefix.startswith(reserved)
