"""A plain reader: httpx-sse, reconnecting with Last-Event-ID as an EventSource does. No library of ours."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from httpx_sse import aconnect_sse

# What the instance says for itself. httpx-sse gives it the id of the event before.
CONTROL = frozenset(
    {
        "stream-open",
        "stream-position",
        "stream-live",
        "stream-topics",
        "stream-reset",
        "stream-degraded",
        "stream-error",
        "count",
        "retire",
        "room-unread",
    }
)


@dataclass
class Reader:
    """Reads a feed from the first of its URLs, and after a failure from any of them, until cancelled."""

    urls: Sequence[str]
    token: str
    topics: Sequence[str] = ()
    wait_s: int = 0  # of a poll; 0 reads a stream
    received: list[tuple[str, str, Any]] = field(default_factory=list)  # (id, type, data)
    connects: int = 0
    last_id: str = ""
    live: bool = False
    away_s: list[float] = field(default_factory=list)  # from each loss of the feed to the next stream-live
    lost_at: float | None = None

    @property
    def ids(self) -> list[int]:
        """The positions of what came from the log, in order of arrival."""
        return [int(id) for id, type, _ in self.received if type not in CONTROL]

    @property
    def notifications(self) -> list[str]:
        return [data["data"]["id"] for _, type, data in self.received if type == "notification"]

    @property
    def resets(self) -> set[str]:
        return {t for _, type, data in self.received if type == "stream-reset" for t in data["topics"]}

    def events(self, topic: str) -> list[int]:
        """The positions of what came on a topic."""
        return [int(id) for id, type, data in self.received if type not in CONTROL and data["topic"] == topic]

    async def listen(self) -> None:
        urls = list(self.urls)
        params = [("topic", topic) for topic in self.topics]
        if self.wait_s:
            params.append(("wait", str(self.wait_s)))
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=30), verify=False) as client:  # noqa: S501
            while True:
                headers = {"Authorization": f"Bearer {self.token}"}
                if self.last_id:
                    headers["Last-Event-ID"] = self.last_id
                try:
                    async with aconnect_sse(
                        client, "GET", f"{urls[0]}/feed/", params=params, headers=headers
                    ) as source:
                        source.response.raise_for_status()
                        self.connects += 1
                        async for event in source.aiter_sse():
                            if event.data:  # httpx-sse also gives a lone retry
                                self._receive(event.id, event.event, event.data)
                except (httpx.HTTPError, OSError):
                    pass
                self.live = False
                self.lost_at = self.lost_at or time.monotonic()
                random.shuffle(urls)
                await asyncio.sleep(random.uniform(0.05, 0.5))

    def _receive(self, id: str, type: str, data: str) -> None:
        self.last_id = id or self.last_id
        self.live = type == "stream-live" or (self.live and type != "stream-degraded")
        if type == "stream-live" and self.lost_at is not None:
            self.away_s.append(time.monotonic() - self.lost_at)
            self.lost_at = None
        self.received.append((id, type, json.loads(data)))


async def until(condition: Any, what: str, deadline_s: float = 60) -> None:
    """Wait for a condition; say what did not come."""
    try:
        async with asyncio.timeout(deadline_s):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {deadline_s:g} s: {what}") from None
