"""One log line when a connection opens and one when it closes."""

from __future__ import annotations

import logging

from hub.delivery.subscriber import Subscriber

logger = logging.getLogger("hub.connections")


def log_opened(kind: str, subscriber: Subscriber) -> None:
    """``kind`` is the endpoint's, "feed" or "room"."""
    if logger.isEnabledFor(logging.INFO):
        extra = {"address": subscriber.address, "topics": len(subscriber.topics)}
        logger.info("%s %d opened", kind, subscriber.number, extra={**_ids(kind, subscriber), **extra})


def log_closed(kind: str, subscriber: Subscriber, now: float) -> None:
    """``now`` is Unix time."""
    if logger.isEnabledFor(logging.INFO):
        reason, seconds = subscriber.closed, round(now - subscriber.opened_at, 3)
        extra = {"reason": reason, "seconds": seconds}
        logger.info(
            "%s %d closed: %s", kind, subscriber.number, reason, extra={**_ids(kind, subscriber), **extra}
        )


def _ids(kind: str, subscriber: Subscriber) -> dict[str, object]:
    return {"connection": subscriber.number, "person": subscriber.person.id, "endpoint": kind}
