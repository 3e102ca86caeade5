"""State of one topic in this process: its subscribers, the verified position, and the latest events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain

from hub.delivery import sockets
from hub.delivery.subscriber import Send, Subscriber
from hub.events import Encoded, Event
from hub.ports import Person

# The tail: what a returning subscriber is sent from memory, per topic.
MAX_TAIL_EVENTS = 256
MAX_TAIL_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


class TopicState:
    """Everything on the topic up to ``verified`` was delivered; None until that is known.

    ``encode`` makes an event's bytes once for all subscribers: they speak one dialect. Subscribers whose
    socket accepts bytes at once are in ``direct``, each with its ``send``; the rest in ``buffered``: held, or
    slow, or on a server that gives no sockets away.
    """

    __slots__ = (
        "buffered",
        "direct",
        "early",
        "empty_since",
        "encode",
        "replayed_to",
        "tail",
        "tail_bytes",
        "tail_from",
        "verified",
    )

    def __init__(self, encode: Callable[[Event], Encoded]) -> None:
        self.encode = encode
        # Dicts keep the order of arrival.
        self.direct: dict[Subscriber, Send] = {}
        self.buffered: dict[Subscriber, None] = {}
        self.verified: int | None = None
        self.early = 0  # the last position received before ``verified`` was known
        self.replayed_to = 0  # no subscriber in ``direct`` was sent a replay beyond this
        self.empty_since: float | None = None  # by the event loop's clock
        # All events after ``tail_from`` are in ``tail``, in order.
        self.tail: list[tuple[int, Encoded]] = []
        self.tail_bytes = 0
        self.tail_from = 0

    def __len__(self) -> int:
        return len(self.direct) + len(self.buffered)

    def people(self) -> Iterator[Person]:
        """Who is subscribed here, once per connection."""
        return (subscriber.person for subscriber in chain(self.direct, self.buffered))

    def open(self, head: int) -> None:
        """The log's ``head`` was read after the subscription: from here on events are verified."""
        self.verified = self.tail_from = max(head, self.early)

    def deliver(self, position: int, encoded: Encoded) -> None:
        """The hot path: one `send` per subscriber, and little else."""
        if position > self.replayed_to:
            framed = encoded.framed
            whole = len(framed)
            short: dict[Send, int] = {}
            # The subscribers themselves are not touched: that would cost a cache miss each.
            for send in self.direct.values():
                try:
                    sent = send(framed)
                except BlockingIOError:
                    sent = 0
                except OSError:
                    sent = sockets.LOST
                if sent != whole:
                    short[send] = sent
            sockets.direct += len(self.direct)
            if short:
                for subscriber, send in list(self.direct.items()):
                    if send in short:
                        try:
                            subscriber.queue_rest(framed, short[send])
                        except Exception:
                            close_failed(subscriber)
        else:
            self._deliver_to(list(self.direct), position, encoded)
        self._deliver_to(list(self.buffered), position, encoded)

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
        """Drop events from the tail, and from what held subscribers have queued."""
        self.tail = [kept for kept in self.tail if not gone(kept[1])]
        self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)
        for subscriber in self.buffered:
            subscriber.forget(gone)

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

    def remove(self, subscriber: Subscriber) -> bool:
        """Whether it was there."""
        was_direct = self.direct.pop(subscriber, None) is not None
        return self.buffered.pop(subscriber, subscriber) is None or was_direct

    def set_direct(self, subscriber: Subscriber, send: Send | None) -> None:
        """Its socket accepts bytes at once from now on; without ``send``, no longer."""
        if send is not None:
            self.replayed_to = max(self.replayed_to, subscriber.replayed_to)
            self.buffered.pop(subscriber, None)
            self.direct[subscriber] = send
        elif self.direct.pop(subscriber, None) is not None:
            self.buffered[subscriber] = None

    def _trim(self) -> None:
        # Half of it at once, so that this is rare.
        while len(self.tail) > MAX_TAIL_EVENTS or self.tail_bytes > MAX_TAIL_BYTES:
            cut = max(1, len(self.tail) // 2)
            self.tail_from = self.tail[cut - 1][0]
            del self.tail[:cut]
            self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)


def close_failed(subscriber: Subscriber) -> None:
    """An event did not reach it. Closed, it returns and is sent what it missed; the others go on."""
    logger.exception("connection %d of %s failed", subscriber.number, subscriber.person.id)
    with suppress(Exception):
        subscriber.close("error")
