"""How much the log keeps of a topic: what the settings say, or the topic's policy."""

from __future__ import annotations

from typing import NamedTuple

from hub.log import MAX_TOPIC_BYTES
from hub.log.accounts import MICROSECONDS
from hub.policies.current import table


class Retention(NamedTuple):
    """At most so many ``events`` of a topic, and ``bytes`` of them: the oldest go first. In microseconds: the
    ``age`` beyond which an event is not read, and the ``lifetime`` for which a silent topic is remembered,
    to know what was lost of it."""

    events: int
    bytes: int
    age: int
    lifetime: int


def policed(topic: str, default: Retention) -> Retention | None:
    """What the policy of a topic says, and where it says nothing the default; None if there is no policy."""
    policy = table.of(topic)
    if policy is None:
        return None
    age = default.age if policy.max_age_s is None else policy.max_age_s * MICROSECONDS
    return Retention(
        default.events if policy.max_events is None else policy.max_events,
        default.bytes if policy.max_history_bytes is None else min(policy.max_history_bytes, MAX_TOPIC_BYTES),
        age,
        max(default.lifetime, age),
    )


def retention(topic: str, default: Retention) -> Retention:
    """The same; the default if there is no policy."""
    return policed(topic, default) or default
