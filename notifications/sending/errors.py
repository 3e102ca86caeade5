"""Errors of senders: a notification that cannot be sent."""

from __future__ import annotations

from hub.errors import Refusal
from hub.events import TooLarge


class BadNotification(Refusal, ValueError):
    """A notification that cannot be sent; ``field`` is at fault, the text says what to do."""

    def __init__(self, field: str, text: str, reason: str, /, **values: object) -> None:
        super().__init__(text, reason, **values)
        self.field = field


class TooLong(BadNotification, TooLarge):
    """A notification that no event can carry."""
