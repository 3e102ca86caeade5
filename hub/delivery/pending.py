"""Events of one topic that wait for the next tick, where a policy has them coalesced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from hub.delivery import texts
from hub.delivery.texts import Text
from hub.events import Encoded, Event, value_key
from hub.log.arrivals import expires, has_expired
from hub.policies.current import policy_of

EVENT_BYTES = 512  # estimated overhead of one that waits


@dataclass(slots=True)
class PendingEvent:
    """``serial`` counts all events that wait, in the order received. A later one of the same ``key`` replaces
    it; its text may be joined if it ``joins``. One with neither passes as it is."""

    serial: int
    event: Event
    encoded: Encoded
    key: str
    joins: bool
    expires: bool
    _text: Text | None = None

    @property
    def text(self) -> Text | None:
        """That may be joined; found once it has a neighbour."""
        if self.joins and self._text is None:
            self._text = texts.parse(self.event)
            self.joins = self._text is not None
        return self._text


class Current(NamedTuple):
    """``received`` events, without those that a later one replaces."""

    events: list[PendingEvent]
    received: int


class Pending:
    """``rule`` and ``interval_ms`` are of the topic's policy. ``bytes`` estimates the memory in use,
    ``bundle_bytes`` is what a reader would be sent."""

    __slots__ = ("_current", "_sizes", "bundle_bytes", "bytes", "events", "interval_ms", "rule")

    def __init__(self, rule: str, interval_ms: int) -> None:
        self.rule = rule
        self.interval_ms = interval_ms
        self.events: list[PendingEvent] = []
        self.bytes = self.bundle_bytes = 0
        self._sizes: dict[str, int] = {}  # of the last event of each key
        self._current: dict[tuple[int, int], Current] = {}

    @classmethod
    def of(cls, topic: str) -> Pending | None:
        """None where no policy has the topic's events coalesced."""
        policy = policy_of(topic)
        return cls(policy.coalesce, policy.coalesce_ms) if policy and policy.coalesce_ms else None

    def same_rule(self, other: Pending | None) -> bool:
        return other is not None and (self.rule, self.interval_ms) == (other.rule, other.interval_ms)

    def add(self, serial: int, event: Event, encoded: Encoded) -> None:
        expiring = expires(event.body)
        # What expires replaces nothing: afterwards the value before it holds again.
        key = value_key(event.body) if self.rule == "last" and not expiring else ""
        self.events.append(PendingEvent(serial, event, encoded, key, self.rule == "join", expiring))
        size = len(encoded.payload)
        self.bytes += size + EVENT_BYTES
        self.bundle_bytes += size
        if key:
            self.bundle_bytes -= self._sizes.get(key, 0)
            self._sizes[key] = size
        self._current.clear()

    def after(self, serial: int, position: int) -> list[PendingEvent]:
        """What waits from beyond both, without what has expired."""
        return [
            one
            for one in self.events
            if one.serial > serial
            and one.event.position > position
            and not (one.expires and has_expired(one.event.body))
        ]

    def current(self, serial: int, position: int) -> Current:
        """The same, coalesced by ``last``; found once for all readers."""
        if not self.events or self.events[-1].serial <= serial:
            return Current([], 0)
        if self.events[0].serial > serial:
            serial = 0
        if self.events[0].event.position > position:
            position = 0
        if len(self.events) == 1:
            waiting = self.after(serial, position)
            return Current(waiting, len(waiting))
        found = self._current.get((serial, position))
        if found is None:
            waiting = self.after(serial, position)
            last = {one.key: one.serial for one in waiting}
            events = [one for one in waiting if not one.key or last[one.key] == one.serial]
            found = self._current[serial, position] = Current(events, len(waiting))
        return found

    def forget(self, gone: Callable[[Encoded], bool]) -> None:
        self.events = [one for one in self.events if not gone(one.encoded)]
        self._current.clear()

    def clear(self) -> None:
        self.events.clear()
        self.bytes = self.bundle_bytes = 0
        self._sizes.clear()
        self._current.clear()
