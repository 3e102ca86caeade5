"""Coalesces events by the policies of their topics, once for all readers of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from itertools import chain

from hub.delivery.pending import Pending
from hub.delivery.reader_group import Deliveries, ReaderGroup
from hub.delivery.readers import close_failed
from hub.delivery.subscriber import Send, Subscriber
from hub.delivery.topic_state import TopicState
from hub.events import Encoded, Event
from hub.policies.current import table as policies

# Beyond these what waits goes out before its tick.
MAX_PENDING_BYTES = 16 * 1024 * 1024  # of all topics
MAX_BUNDLE_BYTES = 256 * 1024  # to a reader at once, or half its mailbox …
CHECK_BYTES = 16 * 1024  # … looked at after so many on a topic


class Coalescer:
    """Belongs to a topic table, which gives it what is received on topics whose policy has ``coalesce_ms``.

    Such an event waits for the next tick of its topic, a multiple of that time, so that topics with the same
    policy go out together. Readers with the same coalesced topics are a `ReaderGroup`. A reader that is to be
    sent an event of another topic is sent what waits for it before that; others do not notice.
    """

    def __init__(self, topics: Mapping[str, TopicState], deliveries: Deliveries) -> None:
        self.policies_version = 0  # by which topics wait
        self._topics = topics
        self._deliveries = deliveries
        self._serial = 0  # of the last event that waited
        self._groups: dict[frozenset[str], ReaderGroup] = {}
        self._group_of: dict[Subscriber, ReaderGroup] = {}
        self._groups_on: dict[str, dict[ReaderGroup, None]] = {}
        self._due: dict[int, dict[str, Pending]] = {}  # by interval in ms: where something waits
        self._pending_bytes = 0

    def __len__(self) -> int:
        """How many groups of readers there are."""
        return len(self._groups)

    def add(self, subscriber: Subscriber) -> None:
        """Once its topics have it."""
        if subscriber in self._group_of:
            return
        states = {topic: self._topics[topic] for topic in subscriber.topics}
        waiting = {topic: state.pending for topic, state in states.items() if state.pending is not None}
        if not waiting:
            return
        key = frozenset(waiting)
        group = self._groups.get(key)
        if group is None:
            max_bytes = min(MAX_BUNDLE_BYTES, subscriber.mailbox_bytes // 2)
            group = ReaderGroup(waiting, subscriber.dialect, self._deliveries, max_bytes)
            self._groups[key] = group
            for topic in key:
                self._groups_on.setdefault(topic, {})[group] = None
        self._group_of[subscriber] = group
        group.buffered[subscriber] = None
        for state in states.values():
            if send := state.direct.get(subscriber):
                group.set_direct(subscriber, send)
            if state.pending is None:
                state.flushes_ahead[subscriber] = None

    def remove(self, subscriber: Subscriber) -> None:
        """While it still has the topics that it was added with."""
        group = self._group_of.pop(subscriber, None)
        if group is None:
            return
        group.remove(subscriber)
        for topic in subscriber.topics:
            if state := self._topics.get(topic):
                state.flushes_ahead.pop(subscriber, None)
        if not group:
            del self._groups[frozenset(group.topics)]
            for topic in group.topics:
                del self._groups_on[topic][group]
                if not self._groups_on[topic]:
                    del self._groups_on[topic]

    def set_direct(self, subscriber: Subscriber, send: Send | None) -> None:
        """Its socket accepts bytes at once by ``send``, or with None no longer."""
        if group := self._group_of.get(subscriber):
            group.set_direct(subscriber, send)

    def mark_replayed(self, subscriber: Subscriber) -> None:
        """All that waits now is in the subscriber's replay."""
        if group := self._group_of.get(subscriber):
            group.mark_replayed(subscriber, self._serial)

    def accept(self, pending: Pending, event: Event, encoded: Encoded) -> None:
        """An event of the log, on a topic whose events wait."""
        if event.topic not in self._groups_on:
            return
        self._serial += 1
        bytes, bundle_bytes = pending.bytes, pending.bundle_bytes
        pending.add(self._serial, event, encoded)
        self._pending_bytes += pending.bytes - bytes
        due = self._due.get(pending.interval_ms)
        if due is None:
            due = self._due[pending.interval_ms] = {}
            loop, interval_s = asyncio.get_running_loop(), pending.interval_ms / 1000
            loop.call_at((loop.time() // interval_s + 1) * interval_s, self._tick, pending.interval_ms)
        due[event.topic] = pending
        if self._pending_bytes > MAX_PENDING_BYTES:
            self.flush()
        elif pending.bundle_bytes // CHECK_BYTES > bundle_bytes // CHECK_BYTES:
            self._flush_large(event.topic)

    def flush_ahead(self, subscribers: Iterable[Subscriber]) -> None:
        """Send these what waits for them; they are sent an event of another topic next."""
        if self._pending_bytes:
            for subscriber in list(subscribers):
                if group := self._group_of.get(subscriber):
                    group.flush_ahead(subscriber, self._serial)

    def flush(self) -> None:
        """Send everything that waits."""
        for due in self._due.values():
            self._flush(due)
            due.clear()

    def apply_policies(self) -> None:
        """After the policies changed: what waits goes out, and the topics wait by the new ones."""
        self.policies_version = policies.version
        changed = {
            topic: (state, pending)
            for topic, state in self._topics.items()
            if (pending := Pending.of(topic)) is not state.pending
            and not (pending and pending.same_rule(state.pending))
        }
        if not changed:
            return
        self.flush()
        readers: dict[Subscriber, None] = {}
        for state, _ in changed.values():
            readers |= dict.fromkeys(chain(state.direct, state.buffered))
        for subscriber in readers:
            self.remove(subscriber)
        for state, pending in changed.values():
            state.pending = pending
        for subscriber in readers:
            self.add(subscriber)

    def _flush_large(self, topic: str) -> None:
        """Flush the topics of readers of this one who would be sent too much at once."""
        for group in list(self._groups_on[topic]):
            if group.bundle_bytes > group.max_bytes:
                for due in self._due.values():
                    self._flush({name: due.pop(name) for name in group.topics if name in due})

    def _tick(self, interval_ms: int) -> None:
        self._flush(self._due.pop(interval_ms))

    def _flush(self, due: dict[str, Pending]) -> None:
        groups = chain.from_iterable(self._groups_on.get(topic, ()) for topic in due)
        for group in dict.fromkeys(groups):
            try:
                group.flush(self._serial)
            except Exception:
                for subscriber in [*group.direct, *group.buffered]:
                    close_failed(subscriber)
        for pending in due.values():
            self._pending_bytes -= pending.bytes
            pending.clear()
