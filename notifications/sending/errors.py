"""Errors of senders: a notification that cannot be sent."""

from __future__ import annotations

from collections.abc import Sequence

from hub.errors import Refusal
from hub.events import TooLarge

MAX_NAMED = 10  # addresses in a text


class BadNotification(Refusal, ValueError):
    """A notification that cannot be sent; ``field`` is at fault, the text says what to do."""

    def __init__(self, field: str, text: str, reason: str, /, **values: object) -> None:
        super().__init__(text, reason, **values)
        self.field = field


class UnknownRecipients(BadNotification):
    """Addresses that name no one: ``addresses`` has all of them, as they were given."""

    def __init__(self, addresses: Sequence[str], kinds: str) -> None:
        shown = ", ".join(address[:80] for address in addresses[:MAX_NAMED])
        more = f" and {len(addresses) - MAX_NAMED} more" if len(addresses) > MAX_NAMED else ""
        kind = "recipient" if len(addresses) == 1 else "recipients"
        text = f"Unknown {kind} {shown!r}{more}: use {kinds}."
        super().__init__("to", text, "unknown_recipient", name=f"{shown}{more}")
        self.addresses = addresses


class TooLong(BadNotification, TooLarge):
    """A notification that no event can carry."""
