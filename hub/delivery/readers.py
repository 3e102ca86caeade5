"""Subscribers that are sent the same bytes."""

from __future__ import annotations

import logging
from contextlib import suppress

from hub.delivery import sockets
from hub.delivery.subscriber import Send, Subscriber

logger = logging.getLogger(__name__)


class Readers:
    """Those whose socket accepts bytes at once are in ``direct``, each with its ``send``; the rest in
    ``buffered``: held, or slow, or on a server that gives no sockets away."""

    __slots__ = ("buffered", "direct", "replayed_to")

    def __init__(self) -> None:
        # Dicts keep the order of arrival.
        self.direct: dict[Subscriber, Send] = {}
        self.buffered: dict[Subscriber, None] = {}
        self.replayed_to = 0  # no subscriber in ``direct`` was sent a replay beyond this

    def __len__(self) -> int:
        return len(self.direct) + len(self.buffered)

    def send(self, framed: bytes) -> None:
        """The hot path: one `send` for each in ``direct``, and little else."""
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


def close_failed(subscriber: Subscriber) -> None:
    """An event did not reach it. Closed, it returns and is sent what it missed; the others go on."""
    logger.exception("connection %d of %s failed", subscriber.number, subscriber.person.id)
    with suppress(Exception):
        subscriber.close("error")
