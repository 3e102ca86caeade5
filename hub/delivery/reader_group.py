"""Readers of the same coalesced topics, who are sent what waits of these in one write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hub.delivery import texts
from hub.delivery.dialect import Dialect
from hub.delivery.pending import Pending, PendingEvent
from hub.delivery.readers import Readers, close_failed
from hub.delivery.subscriber import Subscriber
from hub.delivery.texts import Text
from hub.events import Encoded


@dataclass(slots=True)
class Deliveries:
    """Events given to subscribers, and those that coalescing spared them."""

    made: int = 0
    spared: int = 0


class Bundle(NamedTuple):
    """``number`` events in order of position, in place of ``received``."""

    encoded: Encoded
    number: int
    received: int


NOTHING = Bundle(Encoded(b"", b""), 0, 0)


class ReaderGroup(Readers):
    """All have been sent what waited of ``topics`` up to the serial ``flushed_to``; those in ``ahead`` up to
    another one.

    They are sent whatever waits at once: a reader has one position for all its topics, and may be cut off
    after any event. One that is held is given the events as they are: its replay may end between two texts.
    """

    __slots__ = (
        "_bundles",
        "_bundles_serial",
        "_deliveries",
        "_dialect",
        "ahead",
        "flushed_to",
        "max_bytes",
        "topics",
    )

    def __init__(
        self, topics: Mapping[str, Pending], dialect: Dialect, deliveries: Deliveries, max_bytes: int
    ) -> None:
        super().__init__()
        self.topics = topics
        self.max_bytes = max_bytes  # of a bundle
        self.flushed_to = 0
        self.ahead: dict[Subscriber, int] = {}
        self._dialect = dialect
        self._deliveries = deliveries
        # By the serial and the position that a reader has.
        self._bundles: dict[tuple[int, int], Bundle] = {}
        self._bundles_serial = 0

    @property
    def bundle_bytes(self) -> int:
        """What each of them would be sent now, at the most."""
        return sum(pending.bundle_bytes for pending in self.topics.values())

    def flush(self, serial: int) -> None:
        """Send what waits to all; ``serial`` is that of the last event."""
        if self.flushed_to >= serial:
            return
        buffered = list(self.buffered)  # without those of whom the socket fills now
        if self.ahead or self._first() <= self.replayed_to:
            for subscriber in list(self.direct):
                self._send(subscriber, serial)
        else:
            bundle = self._bundle(self.flushed_to, 0, serial)
            if bundle.number:
                self.send(bundle.encoded.framed)
                self._count(bundle, len(self.direct))
        for subscriber in buffered:
            self._send(subscriber, serial)
        self.flushed_to = serial
        self.ahead.clear()
        self._bundles.clear()

    def flush_ahead(self, subscriber: Subscriber, serial: int) -> None:
        """Send what waits to one of them, before an event that comes after it."""
        self._send(subscriber, serial)
        self.ahead[subscriber] = serial

    def mark_replayed(self, subscriber: Subscriber, serial: int) -> None:
        """What waits was in the subscriber's replay."""
        self.ahead[subscriber] = serial

    def remove(self, subscriber: Subscriber) -> bool:
        self.ahead.pop(subscriber, None)
        return super().remove(subscriber)

    def _send(self, subscriber: Subscriber, serial: int) -> None:
        after = max(self.flushed_to, self.ahead.get(subscriber, 0))
        if after >= serial:
            return
        try:
            if not subscriber.live:
                for one in self._waiting(after):
                    subscriber.deliver(one.event.position, one.encoded)
                return
            bundle = self._bundle(after, subscriber.replayed_to, serial)
            if bundle.number:
                subscriber.put(bundle.encoded)
                self._count(bundle, 1)
        except Exception:
            close_failed(subscriber)

    def _count(self, bundle: Bundle, readers: int) -> None:
        self._deliveries.made += bundle.number * readers
        self._deliveries.spared += (bundle.received - bundle.number) * readers

    def _first(self) -> int:
        """The lowest position that waits."""
        first = 0
        for pending in self.topics.values():
            if pending.events:
                position = pending.events[0].event.position
                first = min(first, position) if first else position
        return first

    def _waiting(self, after: int) -> list[PendingEvent]:
        found = [one for pending in self.topics.values() for one in pending.after(after, 0)]
        found.sort(key=_position)
        return found

    def _bundle(self, after: int, position: int, serial: int) -> Bundle:
        """What waits from beyond a serial and a position, made once for all who have the same."""
        if serial != self._bundles_serial:
            self._bundles.clear()
            self._bundles_serial = serial
        key = after, position if position and position >= self._first() else 0
        if key not in self._bundles:
            self._bundles[key] = self._made(*key)
        return self._bundles[key]

    def _made(self, after: int, position: int) -> Bundle:
        found: list[PendingEvent] = []
        received, join = 0, False
        for pending in self.topics.values():
            current = pending.current(after, position)
            if current.events:
                found += current.events
                received += current.received
                join = join or pending.rule == "join"
        if not found:
            return NOTHING
        if len(found) == 1:
            return Bundle(found[0].encoded, 1, received)
        found.sort(key=_position)
        payloads = list(self._joined(found)) if join else [one.encoded.payload for one in found]
        payload = b"".join(payloads)
        return Bundle(Encoded(payload, self._dialect.frame(payload)), len(payloads), received)

    def _joined(self, found: list[PendingEvent]) -> Iterator[bytes]:
        for run in texts.runs(found, _text):
            if len(run) == 1:
                yield run[0].encoded.payload
            else:
                yield self._dialect.event(
                    texts.joined([(one.event, one.text) for one in run if one.text])
                ).payload


def _position(one: PendingEvent) -> int:
    return one.event.position


def _text(one: PendingEvent) -> Text | None:
    return one.text
