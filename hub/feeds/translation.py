"""What another application of the process asks of a feed: to have it in other words."""

from __future__ import annotations

from typing import Protocol

from hub.events import Encoded
from hub.feeds.transports import Headers

EXTENSION = "hub.translation"  # of the scope of a request for a feed: its `Translation`


class Translation(Protocol):
    """What the client of one feed reads in place of the feed's blocks.

    An ``empty`` one is answered 204, once its client is admitted. After ``over`` the response ends. A client
    that is not ``resumable`` cannot return to where it was: it stays however old it is, and through a drain,
    and any end but its own cuts the response short, so that no client takes it for whole. While it is
    ``incomplete`` it keeps what it is given, and `complete` makes up for what the log has lost.
    """

    empty: bool
    resumable: bool
    incomplete: bool
    over: bool

    def fields(self, headers: Headers, /) -> Headers:
        """The headers of the response, made of those of a feed."""

    def translate(self, payload: bytes, /) -> Encoded:
        """What is sent now for whole blocks of the feed; it may be nothing."""

    def translate_chunk(self, chunk: bytes, /) -> bytes | None:
        """The same for a chunk, framed, where that is simple; else None, and nothing is done."""

    async def translate_poll(self, payload: bytes, /) -> bytes:
        """The whole answer to a poll. Raises as `complete` does."""

    async def complete(self) -> Encoded:
        """What is sent for what was kept. Raises `LogAway`, and what the database raises."""
