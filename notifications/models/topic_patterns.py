"""Patterns of topics in grants and API keys: a topic, or a prefix with ``*``."""

from __future__ import annotations

from collections.abc import Collection

from hub import topics


def check(pattern: str) -> str:
    """Return ``pattern`` if it is valid; raise `hub.topics.BadTopic`."""
    try:
        topics.check(pattern.removesuffix("*"))
    except topics.BadTopic:
        raise topics.BadTopic(
            f"{pattern[:60]!r} is neither a topic nor a prefix with *: use job-42, or job-* for all topics "
            "that begin with job-.",
            "bad_pattern",
            name=pattern[:60],
        ) from None
    return pattern


def covers(pattern: str, topic: str) -> bool:
    """Whether the pattern matches this topic."""
    if pattern.endswith("*"):
        return topic.startswith(pattern[:-1])
    return topic == pattern


def any_covers(patterns: Collection[str], topic: str) -> bool:
    """Whether one of the patterns matches this topic, or there are none, which stands for all topics."""
    return not patterns or any(covers(pattern, topic) for pattern in patterns)
