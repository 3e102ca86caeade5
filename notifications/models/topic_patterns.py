"""A topic, or the beginning of topics and ``*``: what grants open, and what keys may write to."""

from __future__ import annotations

from hub import topics


def check(pattern: str) -> str:
    """Return ``pattern`` if it is one; raise `hub.topics.BadTopic`."""
    try:
        return topics.check(pattern.removesuffix("*")) and pattern
    except topics.BadTopic:
        raise topics.BadTopic(
            f"{pattern[:60]!r} is neither a topic nor the beginning of some: write job-42, or job-* for all "
            "that begin so.",
            "bad_pattern",
            name=pattern[:60],
        ) from None


def covers(pattern: str, topic: str) -> bool:
    if pattern.endswith("*"):
        return topic.startswith(pattern[:-1])
    return topic == pattern
