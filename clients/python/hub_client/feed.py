"""A feed that blocks."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from hub_client.feed_core import FeedCore
from hub_client.messages import Message
from hub_client.stream import Stream, TokenSource, run


class Feed(Stream[Message]):
    """An iterator of what a feed brings, over all its connections; close it, or use it in a ``with`` block.

    Iterated by one thread; others may change its topics and close it.
    """

    def __init__(self, client: httpx.Client, url: str, core: FeedCore, token: TokenSource) -> None:
        super().__init__(client, url, core, token)
        self._feed = core

    @property
    def topics(self) -> tuple[str, ...]:
        """Those besides the inbox."""
        return tuple(self._feed.topics)

    def add(self, *topics: str) -> None:
        """Raises `Refused`, with nothing changed."""
        self.change(add=topics)

    def remove(self, *topics: str) -> None:
        self.change(remove=topics)

    def change(self, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Add topics and remove others, without a gap."""
        if run(self._client, self._url, self._feed.change(add, remove)):
            self._cut()
