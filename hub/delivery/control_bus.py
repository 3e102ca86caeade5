"""What instances send each other on the control topic, by event type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from hub import topics
from hub.delivery.taps import Taps
from hub.events import Event


class ControlBus:
    """A tap of the fan-out, to which other parts subscribe by event type.

    A handler gets the event's ``data`` and raises for data that it cannot use: the event is skipped and
    counted (`hub_malformed_total`), and the other handlers of the type are called all the same.
    """

    def __init__(self) -> None:
        self._handlers: defaultdict[str, Taps[Any]] = defaultdict(Taps)

    def on(self, type: str, handler: Callable[[Any], None]) -> None:
        """Call the handler for every event of this type, after those added before it."""
        self._handlers[type].append(handler)

    def tap(self, event: Event) -> None:
        """Raise for an event that is not JSON or has no data."""
        if event.topic == topics.CONTROL and event.type in self._handlers:
            self._handlers[event.type].call(event.data, f"{topics.CONTROL}/{event.type}")
