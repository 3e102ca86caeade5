"""The client that blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from hub_client import publishing, run_calls, transport
from hub_client.feed import Feed
from hub_client.feed_core import FeedCore
from hub_client.publishing import Draft, Sent, Token
from hub_client.run import Run
from hub_client.runs import Runs
from hub_client.steps import (
    CallSteps,
)
from hub_client.stream import TokenSource, run


class Hub:
    """A hub at a URL, and an API key to publish with. Safe to use from several threads.

    Calls are tried again for ``deadline_s`` while the hub is away or asks to; then they raise `Unreachable`
    or `Refused`. ``client`` is an `httpx.Client` of your own, for proxies and certificates.
    """

    def __init__(
        self, url: str, key: str = "", *, deadline_s: float = 30.0, client: httpx.Client | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._deadline_s = deadline_s
        self._client = client or httpx.Client(timeout=transport.TIMEOUT)
        self.runs = Runs(self._client, self._url, key, deadline_s, self._call)

    def publish(self, topic: str, type: str, data: Any = None, key: str | None = None) -> str:
        """Publish a live event; its position."""
        position: str = self._run(publishing.publish(Draft(topic, type, data, key), self._deadline_s))
        return position

    def publish_many(self, drafts: Iterable[Draft]) -> list[str]:
        """Publish live events in order; their positions. Each 500 of them are published all or none."""
        positions: list[str] = self._run(publishing.publish_many(drafts, self._deadline_s))
        return positions

    def notify(self, to: str | Sequence[str], title: str, **fields: Any) -> list[Sent]:
        """Send a notification: ``body``, ``url``, ``category``, ``severity``, ``key``, ``expires_at`` and
        ``send_at`` as the hub's API has them."""
        sent: list[Sent] = self._run(publishing.notify(to, title, fields, self._deadline_s))
        return sent

    def token(self, user: str, topics: Sequence[str] = (), ttl: int = 3600) -> Token:
        """A token with which a person's programs read these topics for ``ttl`` seconds."""
        token: Token = self._run(publishing.issue_token(user, topics, ttl, self._deadline_s))
        return token

    def run(self, owner: str, *, title: str = "", share: Sequence[str] = (), lease_s: int = 15) -> Run:
        """A run of a user, to be entered by ``with``; ``share`` are addresses of others who read it."""
        begin = run_calls.begin(owner, title, share, lease_s, self._deadline_s)
        return Run(self._run, begin, lease_s, self._deadline_s)

    def subscribe(
        self,
        topics: Sequence[str] = (),
        last_event_id: str | None = None,
        *,
        token: TokenSource,
        own: bool = True,
    ) -> Feed:
        """A feed of these topics, and of the person's inbox unless ``own`` is false. ``token`` may be a
        function that gets one, which is called for each connection."""
        return Feed(self._client, self._url, FeedCore(topics, last_event_id, own), token)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, steps: CallSteps) -> Any:
        return self._call(steps, self._key)

    def _call(self, steps: CallSteps, bearer: str) -> Any:
        return run(self._client, self._url, steps, bearer)
