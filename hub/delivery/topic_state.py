"""A topic that is heard here: who reads it, how far it is proved, and what came last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain

from hub.delivery import sockets
from hub.delivery.subscriber import Send, Subscriber
from hub.events import Encoded, Event
from hub.ports import Person

TAIL_EVENTS = 256  # what a returning reader is given from memory …
TAIL_BYTES = 256 * 1024  # … a topic

logger = logging.getLogger(__name__)


class Watch:
    """Everything on the topic up to ``verified`` was delivered; None until that is known.

    ``encode`` makes an event's bytes for all readers: they speak one dialect.

    Readers whose socket takes bytes at once are in ``flowing``, with its ``send``; the rest, held or
    backed up or on a server that gives no sockets, in ``others``.
    """

    __slots__ = (
        "early",
        "empty_since",
        "encode",
        "flowing",
        "others",
        "settled",
        "tail",
        "tail_bytes",
        "tail_from",
        "verified",
    )

    def __init__(self, encode: Callable[[Event], Encoded]) -> None:
        self.encode = encode
        # Dicts keep the order of arrival.
        self.flowing: dict[Subscriber, Send] = {}
        self.others: dict[Subscriber, None] = {}
        self.verified: int | None = None
        self.early = 0  # the last position heard before ``verified`` was known
        self.settled = 0  # no reader in ``flowing`` was replayed beyond this
        self.empty_since: float | None = None
        # Everything after ``tail_from`` is in ``tail``, in order.
        self.tail: list[tuple[int, Encoded]] = []
        self.tail_bytes = 0
        self.tail_from = 0

    def __len__(self) -> int:
        return len(self.flowing) + len(self.others)

    def opened(self, head: int) -> None:
        self.verified = self.tail_from = max(head, self.early)

    def lost(self, upto: int) -> list[Subscriber]:
        """Something is missing before ``upto``; who has to be told."""
        self.tail.clear()
        self.tail_bytes = 0
        self.tail_from = upto
        return [*self.flowing, *self.others]

    def people(self) -> Iterator[Person]:
        """Who reads the topic here, once for each connection."""
        return (subscriber.person for subscriber in chain(self.flowing, self.others))

    def deliver(self, position: int, encoded: Encoded) -> None:
        """The hot path: one `send` a reader, and little else."""
        if position > self.settled:
            chunk = encoded.framed
            whole = len(chunk)
            short: dict[Send, int] = {}
            # The subscribers themselves are not touched: that would cost a cache miss each.
            for send in self.flowing.values():
                try:
                    sent = send(chunk)
                except BlockingIOError:
                    sent = 0
                except OSError:
                    sent = sockets.LOST
                if sent != whole:
                    short[send] = sent
            sockets.direct += len(self.flowing)
            if short:
                for subscriber, send in list(self.flowing.items()):
                    if send in short:
                        try:
                            subscriber.queue_rest(chunk, short[send])
                        except Exception:
                            close_failed(subscriber)
        else:
            self._deliver_to(list(self.flowing), position, encoded)
        self._deliver_to(list(self.others), position, encoded)

    @staticmethod
    def _deliver_to(subscribers: list[Subscriber], position: int, encoded: Encoded) -> None:
        for subscriber in subscribers:
            try:
                subscriber.deliver(position, encoded)
            except Exception:
                close_failed(subscriber)

    def keep(self, position: int, encoded: Encoded) -> None:
        self.tail.append((position, encoded))
        self.tail_bytes += len(encoded.payload)
        if len(self.tail) > 2 * TAIL_EVENTS or self.tail_bytes > 2 * TAIL_BYTES:
            self._trim()

    def remember(self, earlier: list[tuple[int, Encoded]], since: int) -> None:
        """What stands between ``since`` and the tail, and perhaps some of the tail again."""
        if since < self.tail_from:
            self.tail[:0] = [kept for kept in earlier if kept[0] <= self.tail_from]
            self.tail_from = since
            self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)
            self._trim()

    def forget(self, gone: Callable[[Encoded], bool]) -> None:
        """Keep no more what is gone, neither here nor for those who hold it."""
        self.tail = [kept for kept in self.tail if not gone(kept[1])]
        self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)
        for subscriber in self.others:
            subscriber.forget(gone)

    def since(self, position: int) -> list[tuple[int, Encoded]] | None:
        """What came after a position; None if the tail does not reach back to it."""
        if position < self.tail_from:
            return None
        if not self.tail or self.tail[-1][0] <= position:
            return []
        return [kept for kept in self.tail if kept[0] > position]

    def remove(self, subscriber: Subscriber) -> bool:
        """Whether it was there."""
        was = self.flowing.pop(subscriber, None) is not None
        return self.others.pop(subscriber, subscriber) is None or was

    def flow(self, subscriber: Subscriber, send: Send | None) -> None:
        """Its socket takes bytes at once from now on; with no ``send``, no longer."""
        if send is not None:
            self.settled = max(self.settled, subscriber.after)
            self.others.pop(subscriber, None)
            self.flowing[subscriber] = send
        elif self.flowing.pop(subscriber, None) is not None:
            self.others[subscriber] = None

    def _trim(self) -> None:
        # Half at once, so that it is seldom.
        while len(self.tail) > TAIL_EVENTS or self.tail_bytes > TAIL_BYTES:
            cut = max(1, len(self.tail) // 2)
            self.tail_from = self.tail[cut - 1][0]
            del self.tail[:cut]
            self.tail_bytes = sum(len(encoded.payload) for _, encoded in self.tail)


def close_failed(subscriber: Subscriber) -> None:
    """It lacks something now: closed, it comes back and is given what it missed. The others go on."""
    logger.exception("connection %d of %s failed", subscriber.number, subscriber.person.id)
    with suppress(Exception):
        subscriber.close("error")
