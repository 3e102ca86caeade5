"""The client for asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from hub_client import publishing, run_calls, transport
from hub_client.async_feed import AsyncFeed
from hub_client.async_run import AsyncRun
from hub_client.async_runs import AsyncRuns
from hub_client.async_stream import TokenSource, run
from hub_client.feed_core import FeedCore
from hub_client.publishing import Draft, Sent, Token
from hub_client.steps import (
    CallSteps,
)


class AsyncHub:
    """A hub at a URL, and an API key to publish with.

    Calls are tried again for ``deadline_s`` while the hub is away or asks to; then they raise `Unreachable`
    or `Refused`. ``client`` is an `httpx.AsyncClient` of your own, for proxies and certificates.
    """

    def __init__(
        self, url: str, key: str = "", *, deadline_s: float = 30.0, client: httpx.AsyncClient | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._deadline_s = deadline_s
        self._client = client or httpx.AsyncClient(timeout=transport.TIMEOUT)
        self.runs = AsyncRuns(self._client, self._url, key, deadline_s, self._call)

    async def publish(self, topic: str, type: str, data: Any = None, key: str | None = None) -> str:
        """Publish a live event; its position."""
        position: str = await self._run(publishing.publish(Draft(topic, type, data, key), self._deadline_s))
        return position

    async def publish_many(self, drafts: Iterable[Draft]) -> list[str]:
        """Publish live events in order; their positions. Each 500 of them are published all or none."""
        positions: list[str] = await self._run(publishing.publish_many(drafts, self._deadline_s))
        return positions

    async def notify(self, to: str | Sequence[str], title: str, **fields: Any) -> list[Sent]:
        """Send a notification: ``body``, ``url``, ``category``, ``severity``, ``key``, ``expires_at`` and
        ``send_at`` as the hub's API has them."""
        sent: list[Sent] = await self._run(publishing.notify(to, title, fields, self._deadline_s))
        return sent

    async def token(self, user: str, topics: Sequence[str] = (), ttl: int = 3600) -> Token:
        """A token with which a person's programs read these topics for ``ttl`` seconds."""
        token: Token = await self._run(publishing.issue_token(user, topics, ttl, self._deadline_s))
        return token

    def run(self, owner: str, *, title: str = "", share: Sequence[str] = (), lease_s: int = 15) -> AsyncRun:
        """A run of a user, to be entered by ``async with``; ``share`` are addresses of others who read it."""
        begin = run_calls.begin(owner, title, share, lease_s, self._deadline_s)
        return AsyncRun(self._run, begin, lease_s, self._deadline_s)

    def subscribe(
        self,
        topics: Sequence[str] = (),
        last_event_id: str | None = None,
        *,
        token: TokenSource,
        own: bool = True,
    ) -> AsyncFeed:
        """A feed of these topics, and of the person's inbox unless ``own`` is false. ``token`` may be a
        function that gets one, which is awaited for each connection."""
        return AsyncFeed(self._client, self._url, FeedCore(topics, last_event_id, own), token)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _run(self, steps: CallSteps) -> Any:
        return await self._call(steps, self._key)

    async def _call(self, steps: CallSteps, bearer: str) -> Any:
        return await run(self._client, self._url, steps, bearer)
