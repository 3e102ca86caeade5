"""Counts that an instance which leaves hands to others, so that those who come over cost no query each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hub import events, topics
from hub.events import Draft, Event
from hub.log import LogAway
from hub.log.current import shared_log
from hub.support.faults import malformed

TYPE = "counts"
KEPT_S = 30.0  # longer than a drain and the way to another instance
MAX_PEOPLE_PER_EVENT = 100
MAX_KEPT = 20_000

logger = logging.getLogger(__name__)

Count = dict[str, int]  # `unread`, `unseen`, `version`


def drafts(counts: Mapping[str, Count]) -> Iterator[Draft]:
    """Events of the control topic with these counts, by person's id."""
    items = list(counts.items())
    for start in range(0, len(items), MAX_PEOPLE_PER_EVENT):
        batch = dict(items[start : start + MAX_PEOPLE_PER_EVENT])
        yield events.draft(topics.CONTROL, TYPE, {"counts": batch})


async def receive_recent(receivers: Sequence[Callable[[Event], None]]) -> None:
    """Have these receive what was handed over just before this instance started; it may be the one that comes
    back."""
    after = int((time.time() - KEPT_S) * 1_000_000)
    try:
        found = await shared_log().read({topics.CONTROL: after})
    except LogAway as error:
        return logger.info("what was handed over is not known: %s", error)
    for event in found.events:
        for receive in receivers:
            try:
                receive(event)
            except Exception as error:
                malformed.record("handed over", event.type, error)


class HandedCounts:
    """Those that were received, each for `KEPT_S`."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[float, Count]] = {}  # by person's id: until when, and which

    def event_received(self, event: Event) -> None:
        """Keep what it hands over. Raises for data that are no counts."""
        if event.topic != topics.CONTROL or event.type != TYPE:
            return
        now = time.monotonic()
        for id, (until, _) in list(self._counts.items()):
            if until > now and len(self._counts) < MAX_KEPT:
                break
            del self._counts[id]
        for id, count in event.data["counts"].items():
            self._counts.pop(id, None)
            self._counts[str(id)] = now + KEPT_S, _checked(count)

    def of(self, id: str) -> Count | None:
        """The count of a person as of its version; None if none was handed over, or too long ago."""
        until, count = self._counts.get(id, (0.0, None))
        return count if until > time.monotonic() else None

    def clear(self) -> None:
        """Forget all: newer ones may have been missed."""
        self._counts.clear()


def _checked(count: Mapping[str, Any]) -> Count:
    return {name: int(count[name]) for name in ("unread", "unseen", "version")}
