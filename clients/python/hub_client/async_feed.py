"""A feed for asyncio."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from hub_client.async_stream import AsyncStream, TokenSource, run
from hub_client.feed_core import FeedCore
from hub_client.messages import Message


class AsyncFeed(AsyncStream[Message]):
    """An asynchronous iterator of what a feed brings, over all its connections; close it, or use it in an
    ``async with`` block. Iterated by one task; others may change its topics and close it."""

    def __init__(self, client: httpx.AsyncClient, url: str, core: FeedCore, token: TokenSource) -> None:
        super().__init__(client, url, core, token)
        self._feed = core

    @property
    def topics(self) -> tuple[str, ...]:
        """Those besides the inbox."""
        return tuple(self._feed.topics)

    async def add(self, *topics: str) -> None:
        """Raises `Refused`, with nothing changed."""
        await self.change(add=topics)

    async def remove(self, *topics: str) -> None:
        await self.change(remove=topics)

    async def change(self, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Add topics and remove others, without a gap."""
        if await run(self._client, self._url, self._feed.change(add, remove)):
            self._cut()
