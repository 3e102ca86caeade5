"""How much the log keeps of a topic: what the settings say, or the topic's policy."""

from __future__ import annotations

from typing import NamedTuple

from hub.log import MAX_TOPIC_BYTES, MICROSECONDS
from hub.policies.current import table

VALUES_TTL_S = 24 * 3600  # that the last event of a key is kept, where the policy names no age
MAX_VALUES = 10_000  # of a topic; beyond it, or beyond …
MAX_VALUES_BYTES = 4 * 1024 * 1024  # … the oldest ones go


class Retention(NamedTuple):
    """At most so many ``events`` of a topic, and ``bytes`` of them: the oldest go first. In microseconds: the
    ``age`` beyond which an event is not read, and the ``lifetime`` for which a silent topic is remembered,
    to know what was lost of it. The last event of each key is kept for ``values``, whatever the limits of the
    history; 0: it is not."""

    events: int
    bytes: int
    age: int
    lifetime: int
    values: int = 0


def policed(topic: str, default: Retention) -> Retention | None:
    """What the policy of a topic says, and where it says nothing the default; None if there is no policy."""
    policy = table.of(topic)
    if policy is None:
        return None
    age = default.age if policy.max_age_s is None else policy.max_age_s * MICROSECONDS
    values = max(age, VALUES_TTL_S * MICROSECONDS) if policy.max_age_s is None else age
    if not policy.latest:
        values = 0
    return Retention(
        default.events if policy.max_events is None else policy.max_events,
        default.bytes if policy.max_history_bytes is None else min(policy.max_history_bytes, MAX_TOPIC_BYTES),
        age,
        # A topic is remembered with its values, or they could not be told from outdated ones.
        max(default.lifetime, age, values),
        values,
    )


def retention(topic: str, default: Retention) -> Retention:
    """The same; the default if there is no policy."""
    return policed(topic, default) or default
