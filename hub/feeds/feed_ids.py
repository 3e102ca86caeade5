"""The signed id of an open feed: which process holds it, under which number, and of whom it is.

A client gets it in ``stream-open``, as ``feed`` and, if it acknowledges, as ``ack``. Only that client knows
it, so any instance recognizes the client by it, without a session or a query.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from django.core import signing

from hub.delivery.subscriber import Subscriber

GRACE_S = 60.0  # after a feed's age, in which its last events are acknowledged
SALT = "hub.ack"


class BadFeedId(ValueError):
    """Not an id of a feed, or older than any feed."""


class FeedId(NamedTuple):
    """``process`` names the process that holds the feed, where it has this ``number``; ``person`` is the id
    of its person. One ``by_ticket`` was opened by a client that has no other credentials."""

    process: str
    number: int
    person: str
    by_ticket: bool = False


class FeedIds:
    """Signs the ids of this process's feeds, and reads those of all. ``max_age_s`` is the age of a feed."""

    def __init__(self, max_age_s: float) -> None:
        self.process = secrets.token_urlsafe(6)
        self._max_age_s = max_age_s + GRACE_S
        self._signer = signing.TimestampSigner(salt=SALT)

    def sign(self, subscriber: Subscriber, *, by_ticket: bool) -> str:
        fields: list[object] = [self.process, subscriber.number, subscriber.person.id]
        return self._signer.sign_object([*fields, 1] if by_ticket else fields)

    def read(self, text: str) -> FeedId:
        """Raises `BadFeedId`."""
        try:
            process, number, person, *by_ticket = self._signer.unsign_object(text, max_age=self._max_age_s)
        except (signing.BadSignature, UnicodeEncodeError):
            raise BadFeedId from None
        return FeedId(process, number, person, bool(by_ticket))
