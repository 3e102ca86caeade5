"""State of one topic in this process: its subscribers, the verified position, and the latest events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from hub.delivery.pending import Pending
from hub.delivery.readers import Readers, close_failed
from hub.delivery.subscriber import Subscriber
from hub.events import Encoded, Event
from hub.ports import Person

# The tail: what a returning subscriber is sent from memory, per topic.
MAX_TAIL_EVENTS = 256
MAX_TAIL_BYTES = 256 * 1024


class TopicState(Readers):
    """Everything on the topic up to ``verified`` was delivered; None until that is known.

    ``encode`` makes an event's bytes once for all subscribers: they speak one dialect. Events wait in
    ``pending`` where a policy has them coalesced.
    """

    __slots__ = (
        "early",
        "empty_since",
        "encode",
        "flushes_ahead",
        "pending",
        "tail",
        "tail_bytes",
        "tail_from",
        "verified",
    )

    def __init__(self, encode: Callable[[Event], Encoded], pending: Pending | None = None) -> None:
        super().__init__()
        self.encode = encode
        self.pending = pending
        # Before an event of this topic they are sent what waits on their coalesced ones.
        self.flushes_ahead: dict[Subscriber, None] = {}
        self.verified: int | None = None
        self.early = 0  # the last position received before ``verified`` was known
        self.empty_since: float | None = None  # by the event loop's clock
        # All events after ``tail_from`` are in ``tail``, in order.
        self.tail: list[tuple[int, Encoded]] = []
        self.tail_bytes = 0
        self.tail_from = 0

    def people(self) -> Iterator[Person]:
        """Who is subscribed here, once per connection."""
        return (subscriber.person for subscriber in chain(self.direct, self.buffered))

    def open(self, head: int) -> None:
        """The log's ``head`` was read after the subscription: from here on events are verified."""
        self.verified = self.tail_from = max(head, self.early)

    def deliver(self, position: int, encoded: Encoded) -> None:
        buffered = list(self.buffered)  # without those of whom the socket fills now, with this event
        if position > self.replayed_to:
            self.send(encoded.framed)
        else:
            self._deliver_to(list(self.direct), position, encoded)
        self._deliver_to(buffered, position, encoded)

    @staticmethod
    def _deliver_to(subscribers: list[Subscriber], position: int, encoded: Encoded) -> None:
        for subscriber in subscribers:
            try:
                subscriber.deliver(position, encoded)
            except Exception:
                close_failed(subscriber)

    def keep(self, position: int, encoded: Encoded) -> None:
        """Add an event to the tail."""
        self.tail.append((position, encoded))
        self.tail_bytes += len(encoded.payload)
        if len(self.tail) > 2 * MAX_TAIL_EVENTS or self.tail_bytes > 2 * MAX_TAIL_BYTES:
            self._trim()

    def prepend(self, earlier: list[tuple[int, Encoded]], since: int) -> None:
        """Extend the tail back to ``since``: ``earlier`` are all events from there, and perhaps some of the
        tail again."""
        if since < self.tail_from:
            self.tail[:0] = [kept for kept in earlier if kept[0] <= self.tail_from]
            self.tail_from = since
            self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)
            self._trim()

    def forget(self, gone: Callable[[Encoded], bool]) -> None:
        """Drop events from the tail, from what waits, and from what held subscribers have queued."""
        self.tail = [kept for kept in self.tail if not gone(kept[1])]
        self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)
        if self.pending is not None:
            self.pending.forget(gone)
        for subscriber in self.buffered:
            subscriber.forget(gone)

    def replace(self, events: Mapping[int, Event | None]) -> None:
        """Keep these in the tail instead of what it has at their positions, or nothing; subscribers who are
        catching up are not sent what was there."""
        stale = [encoded for position, encoded in self.tail if position in events]
        if stale:
            kept = {position: self.encode(event) for position, event in events.items() if event is not None}
            tail = [
                (at, kept.get(at, encoded)) for at, encoded in self.tail if at in kept or at not in events
            ]
            self.tail, self.tail_bytes = tail, sum(len(encoded.payload) for _, encoded in tail)
            for subscriber in self.buffered:
                subscriber.forget(lambda encoded: encoded in stale)

    def lose(self, upto: int) -> list[Subscriber]:
        """Something is missing before ``upto``: drop the tail, and return the subscribers to notify."""
        self.tail.clear()
        self.tail_bytes = 0
        self.tail_from = upto
        return [*self.direct, *self.buffered]

    def since(self, position: int) -> list[tuple[int, Encoded]] | None:
        """The events after a position; None if the tail does not reach back to it."""
        if position < self.tail_from:
            return None
        if not self.tail or self.tail[-1][0] <= position:
            return []
        return [kept for kept in self.tail if kept[0] > position]

    def _trim(self) -> None:
        # Half of it at once, so that this is rare.
        while len(self.tail) > MAX_TAIL_EVENTS or self.tail_bytes > MAX_TAIL_BYTES:
            cut = max(1, len(self.tail) // 2)
            self.tail_from = self.tail[cut - 1][0]
            del self.tail[:cut]
            self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)
